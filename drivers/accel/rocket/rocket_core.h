/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_CORE_H__
#define __ROCKET_CORE_H__

#include <drm/rocket_accel.h>
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/completion.h>
#include <linux/dma-fence.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "rocket_busy.h"
#include "rocket_coredump.h"
#include "rocket_hw.h"
#include "rocket_kjob.h"
#include "rocket_scrub.h"

struct device_node;
struct iommu_domain;
struct iommu_group;
struct platform_device;
struct rocket_device;
struct rocket_job;
struct rocket_vm;

/**
 * struct rocket_core_counts - What a core has done, and what went wrong, since the
 * device came.
 *
 * For debugfs and perf. Written by one at a time, under &rocket_core.lock if nothing
 * else is said, by way of rocket_core_count(); read by anybody.
 */
struct rocket_core_counts {
	/** @jobs: Jobs that were started and have ended, however. */
	u64 jobs;

	/** @tasks: Tasks that have ended by themselves, those of chains included. */
	u64 tasks;

	/** @switches: Attached to a VM's page tables; by &rocket_core.attach_lock. */
	u64 switches;

	/** @scrubs: Clients that were erased; by who may attach the core. */
	u64 scrubs;

	/** @scrub_ns: Time that this took, in ns; as @scrubs. */
	u64 scrub_ns;

	/** @resets: Resets that had an effect; by &rocket_core.attach_lock. */
	u64 resets;

	/** @spurious: Interrupts that meant nothing, as far as that can be told. */
	u64 spurious;

	/** @lost: Tasks that had ended, but whose interrupt did not come. */
	u64 lost;

	/** @hangs: Jobs that were killed because their time was up. */
	u64 hangs;

	/** @faults: Page faults. */
	u64 faults;

	/** @power_cycles: Resets that needed one. */
	u64 power_cycles;

	/** @wakeups: Times that it was powered up; by runtime PM. */
	u64 wakeups;
};

/**
 * struct rocket_doubt - An interrupt that the counter of tasks contradicts.
 *
 * Protected by &rocket_core.lock.
 */
struct rocket_doubt {
	/**
	 * @timer: Looks again; the line is masked meanwhile. What it finds may be
	 * nothing, or another job.
	 */
	struct hrtimer timer;

	/** @active: There is one. */
	bool active;

	/** @progress: What the counter said last. */
	u32 progress;

	/** @moved: When that had changed, in ns. */
	u64 moved;

	/** @wait: How long until the next look, in ns. */
	u64 wait;
};

/**
 * struct rocket_blind - A task whose end nobody tells.
 *
 * Protected by &rocket_core.lock.
 */
struct rocket_blind {
	/** @timer: Looks whether it is through; what it finds may be another one. */
	struct hrtimer timer;

	/** @active: There is one. */
	bool active;

	/** @raised: What it has said so far. */
	u32 raised;

	/** @moved: When that had changed, in ns. */
	u64 moved;
};

/**
 * struct rocket_power_watch - Who is told of one of a core's power domains.
 */
struct rocket_power_watch {
	/** @core: The core. */
	struct rocket_core *core;

	/** @block: What the domain calls. */
	struct notifier_block block;
};

/**
 * struct rocket_core - One core: its hardware, its IOMMU, its job.
 *
 * Lock order: @attach_lock, then @lock, then &rocket_fair.lock. All may be taken by code
 * that a fence waits for; nothing is allocated under them, save by the interrupt and
 * IOMMU layers below, see rocket_runq_prepare_core().
 */
struct rocket_core {
	/** @rdev: The device this is a part of. */
	struct rocket_device *rdev;

	/**
	 * @index: Number of the core in the SoC, 0 based, by the order of the
	 * devicetree. Never changes.
	 */
	unsigned int index;

	/**
	 * @recover_wq: Runs @recover_work and @timeout_work, one after the
	 * other: recoveries of a core never overlap.
	 */
	struct workqueue_struct *recover_wq;

	/** @recover_work: Resets the core after a fault. */
	struct work_struct recover_work;

	/** @timeout_work: Looks after a job whose time is up. */
	struct work_struct timeout_work;

	/**
	 * @clock: Expires at @deadline, as long as a job runs, and queues
	 * @timeout_work. Started and cancelled under @lock.
	 */
	struct hrtimer clock;

	/*
	 * The hardware. Set while the core is bound, before @online is, and
	 * valid until rocket_core_unbind() returns.
	 */

	/** @hw: Registers, clocks, resets, interrupt, and what is known of them. */
	struct rocket_hw hw;

	/** @mmu_node: Devicetree node of the core's IOMMU, a reference. */
	struct device_node *mmu_node;

	/** @group: The core's IOMMU group, a reference. */
	struct iommu_group *group;

	/** @empty: Page tables with nothing, see rocket_attach_reset_to_default(). */
	struct iommu_domain *empty;

	/** @kjobs: What the kernel's own jobs need. */
	struct rocket_kjobs kjobs;

	/** @power_watch: Called when one of the power domains is switched on or off. */
	struct rocket_power_watch power_watch[ROCKET_SOC_DOMAINS];

	/** @powered: Those of the power domains that may be on; bit 0 is its own. */
	unsigned long powered;

	/** @offs: How often its own has been switched off; by that domain's lock. */
	unsigned int offs;

	/**
	 * @power_cycle: A recovery switches the core off and on: it stays in its
	 * VM. Written by @recover_wq only.
	 */
	bool power_cycle;

	/**
	 * @ran: Something was run since the power domain was on. Set under @lock, cleared
	 * while the domain is off.
	 */
	bool ran;

	/**
	 * @mmu_dead: It was reset, and its IOMMU works only when the domain has been off:
	 * see &rocket_soc.reset_needs_power. Set under @attach_lock, cleared as @ran is.
	 */
	bool mmu_dead;

	/** @scrub: Whose data is in it, and how to get rid of that. */
	struct rocket_scrub scrub;

	/**
	 * @attach_lock: Protects @vm and what the IOMMU group is attached to.
	 * Under it the IOMMU is programmed, which sleeps but waits for no fence.
	 */
	struct mutex attach_lock;

	/**
	 * @vm: The VM whose page tables the IOMMU holds, also while the core is
	 * idle; %NULL when it holds the group's default domain, where nothing
	 * is mapped, and while it is suspended, but where a reset needs power. Not a
	 * reference: a VM takes itself out of all cores before it goes
	 * (rocket_cores_leave_vm()).
	 */
	struct rocket_vm *vm;

	/**
	 * @lock: Protects the fields below; taken in hard interrupt context.
	 */
	spinlock_t lock;

	/**
	 * @online: The core is bound and takes jobs. Cleared with
	 * &rocket_device.bound_lock held as well, so that either lock keeps a
	 * core that is online from being unbound.
	 */
	bool online;

	/** @claimed: Somebody looks for a job for it, or gets it ready for one. */
	bool claimed;

	/** @stops: How many want that nobody does; see rocket_core_stop(). */
	unsigned int stops;

	/**
	 * @recovering: A fault was seen, or the core could not be reset or
	 * attached, or kept the line busy; the interrupt line is disabled and the
	 * core must not be touched until @recover_work has looked after it.
	 */
	bool recovering;

	/**
	 * @put_off: While @recovering, that waits until the system is awake again: see
	 * &rocket_device.asleep. The job stays.
	 */
	bool put_off;

	/** @error: While @recovering, what the job that runs has come to. */
	int error;

	/**
	 * @wedged: No reset had an effect: the core is out of service until it
	 * is unbound.
	 */
	bool wedged;

	/**
	 * @fault: What was seen last, when @job ends with -EFAULT. Its user_data is
	 * that of @job, if there was one.
	 */
	struct drm_rocket_vm_fault fault;

	/** @job: The job that runs. Owned by its queue, alive while here. */
	struct rocket_job *job;

	/** @fence: The fence of @job, a reference. */
	struct dma_fence *fence;

	/** @deadline: When the time of @job is up, once it was started. */
	ktime_t deadline;

	/** @doubt: Whether the last interrupt meant something. */
	struct rocket_doubt doubt;

	/** @blind: What is looked for while a task runs that may not tell its end. */
	struct rocket_blind blind;

	/** @unasked: Interrupts of the task that runs that nobody had asked for. */
	unsigned int unasked;

	/** @dma_errors: ROCKET_HW_DMA_ERRORS bits that were among them. */
	u32 dma_errors;

	/** @silent_faults: It was said that page faults raise no interrupt. */
	bool silent_faults;

	/** @counts: What it has done. */
	struct rocket_core_counts counts;

	/** @busy: For how long jobs have run. */
	struct rocket_busy busy;

	/**
	 * @idle: Woken when @job becomes %NULL, @claimed or @mmu_dead %false, @put_off
	 * %true, or @offs changes.
	 */
	wait_queue_head_t idle;

	/** @coredump: What the last failure left, on its way to userspace. */
	struct rocket_coredump coredump;
};

/**
 * struct rocket_core_ops - What cores tell the floor above them.
 *
 * Handed down when the device is made, &rocket_device.core_ops. In any context.
 */
struct rocket_core_ops {
	/** @left: Its job has left it; &rocket_core.lock is held, and @ended follows. */
	void (*left)(struct rocket_core *core);

	/** @ended: The fence of that job, which is the hardware's, has signalled. */
	void (*ended)(struct rocket_core *core, struct dma_fence *fence);

	/** @free: The core takes jobs again, or for the first time. */
	void (*free)(struct rocket_core *core);

	/** @lost: It takes none any more: it is out of service, or offline. */
	void (*lost)(struct rocket_core *core);
};

/**
 * rocket_core_is_free() - Whether a core could be claimed.
 * @core: The core.
 *
 * Return: %true or %false; without &rocket_core.lock only a hint.
 */
static inline bool rocket_core_is_free(const struct rocket_core *core)
{
	return READ_ONCE(core->online) && !READ_ONCE(core->wedged) && !READ_ONCE(core->stops) &&
	       !READ_ONCE(core->claimed) && !READ_ONCE(core->job);
}

/**
 * rocket_core_count() - Count something.
 * @count: A field of &struct rocket_core_counts; nobody else writes it now.
 * @more: How many.
 */
static inline void rocket_core_count(u64 *count, u64 more)
{
	WRITE_ONCE(*count, *count + more);
}

int rocket_core_init(struct rocket_core *core, struct rocket_device *rdev,
		     unsigned int index);
void rocket_core_fini(struct rocket_core *core);
int rocket_core_bind(struct rocket_core *core, struct platform_device *pdev,
		     u32 *version);
void rocket_core_unbind(struct rocket_core *core);
void rocket_core_shutdown(struct rocket_core *core);

bool rocket_core_claim(struct rocket_core *core);
void rocket_core_unclaim(struct rocket_core *core);
void rocket_core_stop(struct rocket_core *core);
void rocket_core_start(struct rocket_core *core);

void rocket_core_suspend(struct rocket_core *core);
void rocket_core_resume(struct rocket_core *core);
int rocket_core_runtime_suspend(struct rocket_core *core);
int rocket_core_runtime_resume(struct rocket_core *core);

#endif
