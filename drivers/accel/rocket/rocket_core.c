// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cleanup.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/iommu.h>
#include <linux/ktime.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/regulator/consumer.h>

#include "rocket_core.h"
#include "rocket_device.h"
#include "rocket_job.h"
#include "rocket_mmu.h"
#include "rocket_race.h"
#include "rocket_recover.h"
#include "rocket_reset.h"
#include "rocket_regs.h"
#include "rocket_trace.h"
#include "rocket_usage.h"
#include "rocket_vm.h"

/*
 * How long an idle core stays powered, in ms. Inference comes in frames: with
 * three frames of a 60 Hz pipeline the core stays up as long as it runs.
 */
#define ROCKET_AUTOSUSPEND_MS 50

/**
 * DOC: Running a job
 *
 * rocket_core_start() writes the registers of the first task. The interrupt
 * handler starts each further task itself, and after the last one signals the
 * job's fence, all in hard interrupt context and without a detour through a
 * thread. From start to signal nothing allocates or sleeps.
 *
 * A core runs one job at a time. &rocket_core.job says which; whoever sets it
 * to %NULL under &rocket_core.lock signals the fence: the interrupt handler when
 * the job is done, the recovery when its interrupt was lost or it has to be killed.
 */

/**
 * rocket_core_start_stream() - Have the core execute a command stream.
 * @core: The core, powered; it runs nothing.
 * @task: The stream, in the domain that the core is attached to, and how many
 *	tasks to run: each stream names the next one.
 * @interrupts: Which to raise at the end, ROCKET_PC_INTERRUPT_*, or 0.
 *
 * The sequence is that of the mainline and vendor drivers, including the write
 * of PC_SEL before the block pointers.
 */
void rocket_core_start_stream(struct rocket_core *core, const struct rocket_task *task,
			      u32 interrupts)
{
	u32 pointer = ROCKET_S_POINTER_POINTER_PP_EN |
		      ROCKET_S_POINTER_EXECUTER_PP_EN |
		      ROCKET_S_POINTER_POINTER_PP_MODE |
		      ROCKET_S_POINTER_CORE(core->index);

	writel_relaxed(ROCKET_PC_BASE_ADDRESS_PC_SEL, core->pc + ROCKET_PC_BASE_ADDRESS);
	writel_relaxed(pointer, core->cna + ROCKET_S_POINTER);
	writel_relaxed(pointer, core->core + ROCKET_S_POINTER);

	writel_relaxed(task->regcmd, core->pc + ROCKET_PC_BASE_ADDRESS);
	/* Commands are fetched in pairs; the register holds pairs less one. */
	writel_relaxed((task->regcmd_count + 1) / 2 - 1,
		       core->pc + ROCKET_PC_REGISTER_AMOUNTS);

	writel_relaxed(interrupts, core->pc + ROCKET_PC_INTERRUPT_MASK);
	writel_relaxed(ROCKET_PC_INTERRUPT_DPU, core->pc + ROCKET_PC_INTERRUPT_CLEAR);

	writel_relaxed(ROCKET_PC_TASK_CON_RESERVED_14 |
		       ROCKET_PC_TASK_CON_TASK_COUNT_CLEAR |
		       ROCKET_PC_TASK_CON_TASK_PP_EN |
		       ROCKET_PC_TASK_CON_TASK_NUMBER(task->chain_count),
		       core->pc + ROCKET_PC_TASK_CON);
	writel_relaxed(0, core->pc + ROCKET_PC_TASK_DMA_BASE_ADDR);

	/* Not relaxed: page tables and streams must be in memory before. */
	writel(ROCKET_PC_OPERATION_ENABLE_OP_EN, core->pc + ROCKET_PC_OPERATION_ENABLE);
}

/**
 * rocket_core_start_task() - Hand the core the next task of its job.
 * @core: The core; &rocket_core.lock held, powered, attached to the job's VM.
 */
void rocket_core_start_task(struct rocket_core *core)
{
	struct rocket_job *job = core->job;
	const struct rocket_task *task = &job->tasks[job->next_task];

	job->task_started = ktime_get_ns();
	if (!job->next_task) {
		job->started = job->task_started;
		rocket_busy_begin(&core->busy, job->started);
		trace_rocket_job_run(job);
		rocket_core_start_clock(core);
	}
	job->next_task++;

	rocket_core_start_stream(core, task, ROCKET_PC_INTERRUPT_DPU);
}

/**
 * rocket_core_task_done() - Whether the task that was started last has ended.
 * @core: The core; &rocket_core.lock held, a job runs.
 *
 * The interrupt alone does not tell: it can be spurious, late or lost. The
 * program controller counts the tasks that ended, and the start clears the count.
 *
 * Return: It has, with all that is chained to it.
 */
bool rocket_core_task_done(struct rocket_core *core)
{
	const struct rocket_job *job = core->job;
	u32 ended;

	lockdep_assert_held(&core->lock);

	ended = readl(core->pc + ROCKET_PC_TASK_STATUS) & ROCKET_PC_TASK_STATUS_COUNT;

	return ended >= job->tasks[job->next_task - 1].chain_count;
}

/**
 * rocket_core_next_task() - Go on after the end of a task.
 * @core: The core; &rocket_core.lock held, the task that ran has ended.
 *
 * Return: %NULL when the job has another task, which was started; else what
 * rocket_core_take_job() returns.
 */
struct dma_fence *rocket_core_next_task(struct rocket_core *core)
{
	struct rocket_job *job = core->job;

	lockdep_assert_held(&core->lock);

	writel_relaxed(0, core->pc + ROCKET_PC_OPERATION_ENABLE);
	rocket_core_count(&core->counts.tasks, job->tasks[job->next_task - 1].chain_count);

	if (core->job->next_task < core->job->task_count) {
		rocket_core_start_task(core);
		return NULL;
	}

	/* Nothing is expected any more until the next start. */
	writel(0, core->pc + ROCKET_PC_INTERRUPT_MASK);

	return rocket_core_take_job(core, 0);
}

/* The job's time is over; one that waited for a recovery never had any. */
static void rocket_core_account(struct rocket_core *core, struct rocket_job *job, int error)
{
	u64 ns;

	if (!job->started)
		return;

	ns = rocket_busy_end(&core->busy, ktime_get_ns());
	job->vm->usage->busy_ns[core->index] += ns;
	rocket_core_count(&core->counts.jobs, 1);
	trace_rocket_job_done(job, ns, error);
}

/**
 * rocket_core_take_job() - Take the job off the core.
 * @core: The core; &rocket_core.lock held.
 * @error: Why it ends early, a negative errno, or 0.
 *
 * Return: The job's fence, for rocket_core_end_job().
 */
struct dma_fence *rocket_core_take_job(struct rocket_core *core, int error)
{
	struct dma_fence *fence = core->fence;

	lockdep_assert_held(&core->lock);

	rocket_core_account(core, core->job, error);

	/* Too late when it has expired; that will be noticed there. */
	hrtimer_try_to_cancel(&core->clock);
	/* Before its fence: who waits for that may submit the next job at once. */
	core->job->counted = false;
	atomic_dec(&core->load);
	core->job = NULL;
	core->fence = NULL;
	wake_up(&core->idle);

	return fence;
}

/**
 * rocket_core_end_job() - Tell the world that a job has ended.
 * @core: The core that it was taken off; the job's runtime PM reference is put.
 * @fence: From rocket_core_take_job().
 * @error: A negative errno, or 0.
 *
 * Context: Any.
 */
void rocket_core_end_job(struct rocket_core *core, struct dma_fence *fence, int error)
{
	bool cookie = dma_fence_begin_signalling();

	rocket_race_point_atomic(ROCKET_RACE_END);

	if (error)
		dma_fence_set_error(fence, error);
	dma_fence_signal(fence);
	dma_fence_end_signalling(cookie);
	dma_fence_put(fence);
	rocket_core_put_power(core);
}

/**
 * rocket_core_start_clock() - Give the job its time, from its last start on.
 * @core: The core; &rocket_core.lock held, a task of the job starts or has started.
 *
 * The scheduler's own timeout is not used: it belongs to the first job of a list
 * on which one that has ended may still be, and starts anew with the usual time
 * when that is removed.
 */
void rocket_core_start_clock(struct rocket_core *core)
{
	lockdep_assert_held(&core->lock);

	/* From one look at the clock: a job that is killed was busy for all of its time. */
	core->deadline = ns_to_ktime(core->job->task_started + core->job->timeout);
	hrtimer_start(&core->clock, core->deadline, HRTIMER_MODE_ABS);
}

/**
 * rocket_core_put_power() - Let go of a runtime PM reference.
 * @core: The core; it stays up for a while.
 *
 * Context: Any.
 */
void rocket_core_put_power(struct rocket_core *core)
{
	pm_runtime_mark_last_busy(core->dev);
	pm_runtime_put_autosuspend(core->dev);
}

/**
 * rocket_core_start() - Start a job.
 * @core: A core that runs nothing, powered, attached to the job's VM. The
 *	caller's runtime PM reference passes to the job.
 * @job: The job; it stays alive until @fence signals.
 * @fence: The hardware fence, signalled when the job ends. The reference passes
 *	to the core.
 *
 * While the core recovers from a fault that no job caused the job waits; the
 * recovery starts it.
 */
void rocket_core_start(struct rocket_core *core, struct rocket_job *job,
		       struct dma_fence *fence)
{
	guard(spinlock_irqsave)(&core->lock);

	core->job = job;
	core->fence = fence;

	if (!core->recovering)
		rocket_core_start_task(core);
}

/* Nothing runs, yet the line is raised: is it us, and what for? */
static irqreturn_t rocket_core_stray_irq(struct rocket_core *core)
{
	irqreturn_t ret = IRQ_NONE;

	/* An unpowered core raises nothing, and touching it is a bus error. */
	if (pm_runtime_get_if_active(core->dev) <= 0)
		return IRQ_NONE;

	if (readl(core->pc + ROCKET_PC_INTERRUPT_RAW_STATUS) & ROCKET_PC_INTERRUPT_DPU) {
		writel(0, core->pc + ROCKET_PC_INTERRUPT_MASK);
		writel(ROCKET_PC_INTERRUPT_CLEAR_ALL, core->pc + ROCKET_PC_INTERRUPT_CLEAR);
		rocket_core_count(&core->counts.spurious, 1);
		ret = IRQ_HANDLED;
	}

	pm_runtime_put_autosuspend(core->dev);

	return ret;
}

static irqreturn_t rocket_core_irq(int irq, void *data)
{
	struct rocket_core *core = data;
	struct dma_fence *fence;
	bool done;

	scoped_guard(spinlock, &core->lock) {
		/* The line is disabled by now, but this one was on its way. */
		if (core->recovering)
			return IRQ_NONE;

		if (!core->job)
			return rocket_core_stray_irq(core);

		/* When the task has ended, nothing else has to be asked. */
		done = rocket_core_task_done(core);
		if (!done && !(readl(core->pc + ROCKET_PC_INTERRUPT_RAW_STATUS) &
			       ROCKET_PC_INTERRUPT_DPU))
			return IRQ_NONE;

		/*
		 * First cleared, then asked for the count: an end in between is
		 * counted already, a later one raises the line again.
		 */
		writel(ROCKET_PC_INTERRUPT_CLEAR_ALL,
		       core->pc + ROCKET_PC_INTERRUPT_CLEAR);
		if (!done && !rocket_core_task_done(core)) {
			rocket_core_count(&core->counts.spurious, 1);
			return IRQ_HANDLED;
		}

		fence = rocket_core_next_task(core);
	}

	if (fence)
		rocket_core_end_job(core, fence, 0);

	return IRQ_HANDLED;
}

/**
 * rocket_core_stop_sched() - Keep the scheduler from running and freeing jobs.
 * @core: The core.
 *
 * Until rocket_core_start_sched() has been called as often.
 */
void rocket_core_stop_sched(struct rocket_core *core)
{
	guard(mutex)(&core->stop_lock);

	if (!core->stops++)
		drm_sched_wqueue_stop(&core->sched);
}

/**
 * rocket_core_start_sched() - Undo rocket_core_stop_sched().
 * @core: The core.
 */
void rocket_core_start_sched(struct rocket_core *core)
{
	guard(mutex)(&core->stop_lock);

	if (!--core->stops)
		drm_sched_wqueue_start(&core->sched);
}

/**
 * rocket_core_suspend() - Let the running job end and start no other.
 * @core: The core.
 */
void rocket_core_suspend(struct rocket_core *core)
{
	rocket_core_stop_sched(core);
	/* Bounded: a job that runs has a clock, one that waits a recovery. */
	wait_event(core->idle, !READ_ONCE(core->job));

	/* While the system goes to sleep, runtime PM cannot be asked for help. */
	if (pm_runtime_get_if_active(core->dev) > 0) {
		if (rocket_mmu_detach(core))
			rocket_recover_request(core);
		pm_runtime_put_noidle(core->dev);
	}
	flush_workqueue(core->recover_wq);
}

/**
 * rocket_core_resume() - Undo rocket_core_suspend().
 * @core: The core.
 */
void rocket_core_resume(struct rocket_core *core)
{
	rocket_core_start_sched(core);
}

/**
 * rocket_core_runtime_resume() - Switch the clocks on.
 * @core: The core; its power domain is up.
 *
 * Return: 0 or a negative errno of the clock framework.
 */
int rocket_core_runtime_resume(struct rocket_core *core)
{
	int ret = clk_bulk_prepare_enable(ARRAY_SIZE(core->clks), core->clks);

	if (!ret)
		trace_rocket_power(core, true);

	return ret;
}

/**
 * rocket_core_runtime_suspend() - Let go of the page tables, stop the clocks.
 * @core: The core.
 *
 * Here is the last moment at which the IOMMU driver surely programs the
 * hardware. Afterwards the IOMMU is not in use any more but stays powered for a
 * moment; what the driver is asked for in that moment, to drop an IOTLB line or
 * to attach another domain, it leaves to the next resume, which does not come
 * when the core is woken up first. A core without a VM has nothing to miss.
 *
 * Return: 0; -EBUSY while a job runs, or when the core ignores its reset and has
 * to be recovered first.
 */
int rocket_core_runtime_suspend(struct rocket_core *core)
{
	rocket_race_point(ROCKET_RACE_SUSPEND);

	if (!READ_ONCE(core->power_cycle)) {
		if (READ_ONCE(core->job))
			return -EBUSY;

		if (rocket_mmu_detach(core)) {
			rocket_recover_request(core);
			return -EBUSY;
		}
	}

	clk_bulk_disable_unprepare(ARRAY_SIZE(core->clks), core->clks);
	trace_rocket_power(core, false);

	return 0;
}

static int rocket_core_get_resources(struct rocket_core *core,
				     struct platform_device *pdev)
{
	static const char * const supplies[] = { "npu", "sram" };
	static const char * const clks[] = { "aclk", "hclk", "npu", "pclk" };
	static const char * const resets[] = { "srst_a", "srst_h" };
	struct device *dev = &pdev->dev;
	int ret;

	core->pc = devm_platform_ioremap_resource_byname(pdev, "pc");
	if (IS_ERR(core->pc))
		return dev_err_probe(dev, PTR_ERR(core->pc), "no registers \"pc\"\n");

	core->cna = devm_platform_ioremap_resource_byname(pdev, "cna");
	if (IS_ERR(core->cna))
		return dev_err_probe(dev, PTR_ERR(core->cna), "no registers \"cna\"\n");

	core->core = devm_platform_ioremap_resource_byname(pdev, "core");
	if (IS_ERR(core->core))
		return dev_err_probe(dev, PTR_ERR(core->core), "no registers \"core\"\n");

	for (int i = 0; i < ARRAY_SIZE(clks); i++)
		core->clks[i].id = clks[i];
	ret = devm_clk_bulk_get(dev, ARRAY_SIZE(core->clks), core->clks);
	if (ret)
		return dev_err_probe(dev, ret, "cannot get the clocks\n");

	for (int i = 0; i < ARRAY_SIZE(resets); i++)
		core->resets[i].id = resets[i];
	ret = devm_reset_control_bulk_get_exclusive(dev, ARRAY_SIZE(core->resets),
						    core->resets);
	if (ret)
		return dev_err_probe(dev, ret, "cannot get the resets\n");

	/*
	 * The supplies feed the power domain, which is up before any runtime PM
	 * callback of this driver is called: so they are on as long as the core
	 * is bound. A driver that arrives late finds them switched off.
	 */
	for (int i = 0; i < ARRAY_SIZE(supplies); i++) {
		ret = devm_regulator_get_enable_optional(dev, supplies[i]);
		if (ret && ret != -ENODEV)
			return dev_err_probe(dev, ret, "cannot switch on the supply \"%s\"\n",
					     supplies[i]);
	}

	core->irq = platform_get_irq(pdev, 0);

	return core->irq < 0 ? core->irq : 0;
}

static int rocket_core_get_iommu(struct rocket_core *core)
{
	core->group = iommu_group_get(core->dev);
	if (!core->group)
		return dev_err_probe(core->dev, -ENODEV,
				     "no IOMMU: clients could not be kept apart\n");

	core->mmu_node = of_parse_phandle(core->dev->of_node, "iommus", 0);

	return 0;
}

static void rocket_core_put_iommu(struct rocket_core *core)
{
	of_node_put(core->mmu_node);
	core->mmu_node = NULL;
	iommu_group_put(core->group);
	core->group = NULL;
}

static void rocket_core_enable_pm(struct rocket_core *core)
{
	pm_runtime_set_autosuspend_delay(core->dev, ROCKET_AUTOSUSPEND_MS);
	pm_runtime_use_autosuspend(core->dev);
	pm_runtime_enable(core->dev);
}

static void rocket_core_disable_pm(struct rocket_core *core)
{
	pm_runtime_dont_use_autosuspend(core->dev);
	pm_runtime_disable(core->dev);
	if (!pm_runtime_status_suspended(core->dev))
		rocket_core_runtime_suspend(core);
	pm_runtime_set_suspended(core->dev);
}

/**
 * rocket_core_bind() - Take a core into service.
 * @core: The slot, offline.
 * @pdev: The core's device. Its drvdata must be @core already.
 * @version: Receives the IP version.
 *
 * Return: 0 or a negative errno, which has been reported with its reason.
 */
int rocket_core_bind(struct rocket_core *core, struct platform_device *pdev,
		     u32 *version)
{
	struct device *dev = &pdev->dev;
	int ret;

	core->dev = dev;

	ret = rocket_core_get_resources(core, pdev);
	if (ret)
		return ret;

	/*
	 * Memory above 4 GiB is fine; 40 bits is what a table entry holds. But
	 * registers and streams name addresses of 32 bits, and nothing translates
	 * them for the kernel's own memory where default domains are identities.
	 */
	ret = dma_set_mask(dev, DMA_BIT_MASK(40));
	if (!ret)
		ret = dma_set_coherent_mask(dev, DMA_BIT_MASK(32));
	if (ret)
		return dev_err_probe(dev, ret, "cannot address 40 bits\n");

	ret = rocket_core_get_iommu(core);
	if (ret)
		return ret;

	ret = rocket_scrub_init(core);
	if (ret)
		goto err_put_iommu;

	rocket_reset_watch_power(core);
	rocket_core_enable_pm(core);

	ret = pm_runtime_resume_and_get(dev);
	if (ret) {
		dev_err_probe(dev, ret, "cannot be powered up\n");
		goto err_disable_pm;
	}

	*version = readl(core->pc + ROCKET_PC_VERSION) +
		   (readl(core->pc + ROCKET_PC_VERSION_NUM) & ROCKET_PC_VERSION_NUM_MASK);

	/* Whatever firmware, or the job that the last driver lost, has left. */
	ret = rocket_recover_reset(core, NULL);
	rocket_core_put_power(core);
	if (ret) {
		dev_err_probe(dev, ret, "ignores its reset; a power cycle of the board may help\n");
		goto err_disable_pm;
	}

	ret = devm_request_irq(dev, core->irq, rocket_core_irq, IRQF_SHARED,
			       dev_name(dev), core);
	if (ret) {
		dev_err_probe(dev, ret, "cannot get interrupt %d\n", core->irq);
		goto err_disable_pm;
	}

	scoped_guard(spinlock_irq, &core->lock) {
		core->wedged = false;
		core->online = true;
	}

	dev_info(dev, "Rockchip NPU core %u version: %u\n", core->index, *version);

	return 0;

err_disable_pm:
	rocket_reset_unwatch_power(core);
	rocket_core_disable_pm(core);
	rocket_scrub_fini(core);
err_put_iommu:
	rocket_core_put_iommu(core);

	return ret;
}

/* Ends what runs, and leaves the core reset and its scheduler stopped. */
static void rocket_core_take_offline(struct rocket_core *core)
{
	scoped_guard(mutex, &core->rdev->submit_lock) {
		scoped_guard(spinlock_irq, &core->lock)
			core->online = false;
	}

	rocket_race_point(ROCKET_RACE_UNBIND);

	/*
	 * From here on no reset is queued; one that is must end first. A clock that
	 * expires later finds the core offline.
	 */
	flush_workqueue(core->recover_wq);
	rocket_race_point(ROCKET_RACE_UNBIND_STOP);
	rocket_core_stop_sched(core);

	rocket_recover_core(core, -ENODEV);
	rocket_mmu_abandon(core);
}

/**
 * rocket_core_shutdown() - The machine is about to be switched off, or restarted.
 * @core: The core, which stays bound.
 *
 * Its IOMMU is next, and then lets all accesses pass: nothing may make any by then.
 * Jobs end with -ENODEV.
 */
void rocket_core_shutdown(struct rocket_core *core)
{
	rocket_core_take_offline(core);
	rocket_core_start_sched(core);
}

/**
 * rocket_core_unbind() - Take a core out of service.
 * @core: The core.
 *
 * The job that runs ends with -ENODEV, as do those queued behind it. On return
 * nothing touches the core or its IOMMU group any more.
 */
void rocket_core_unbind(struct rocket_core *core)
{
	rocket_core_take_offline(core);
	rocket_coredump_flush(core);

	/* The line is not only ours. */
	if (core->wedged)
		enable_irq(core->irq);
	/* Before the registers go with devres. */
	devm_free_irq(core->dev, core->irq, core);
	rocket_reset_unwatch_power(core);
	rocket_core_disable_pm(core);
	rocket_scrub_fini(core);
	rocket_core_put_iommu(core);

	rocket_core_start_sched(core);
}

/**
 * rocket_core_init() - Set up a slot, without hardware.
 * @core: The slot, zeroed.
 * @rdev: The device.
 * @index: Number of the core.
 *
 * Return: 0, -ENOMEM.
 */
int rocket_core_init(struct rocket_core *core, struct rocket_device *rdev,
		     unsigned int index)
{
	core->rdev = rdev;
	core->index = index;
	core->fence_context = dma_fence_context_alloc(1);
	mutex_init(&core->attach_lock);
	mutex_init(&core->stop_lock);
	spin_lock_init(&core->lock);
	init_waitqueue_head(&core->idle);
	rocket_busy_init(&core->busy);
	rocket_coredump_init(core);

	return rocket_recover_init(core);
}

/**
 * rocket_core_fini() - Undo rocket_core_init().
 * @core: The slot, offline, its scheduler gone.
 */
void rocket_core_fini(struct rocket_core *core)
{
	rocket_recover_fini(core);
	mutex_destroy(&core->stop_lock);
	mutex_destroy(&core->attach_lock);
}
