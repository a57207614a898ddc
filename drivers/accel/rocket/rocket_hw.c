// SPDX-License-Identifier: GPL-2.0-only

#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/cleanup.h>
#include <linux/interrupt.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/platform_device.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>
#include <linux/property.h>
#include <linux/regulator/consumer.h>

#include "rocket_hw.h"

/**
 * DOC: The end of a task
 *
 * A task has ended when RAW_STATUS has a bit of the block that writes last, which the
 * start has cleared: that is what mainline's driver goes by on silicon. DPU or PPU,
 * because a program may end in either; with the program controller in charge only the
 * last task of a chain raises them.
 *
 * The counter of tasks can contradict, never confirm, and only on a core where it was
 * seen to count (&enum rocket_counter): in the middle of a chain, and for a single task
 * where it was there before the interrupt. Then the task is looked at again.
 */

/**
 * rocket_hw_start() - Have the core execute a command stream.
 * @hw: The core, powered; it runs nothing.
 * @task: The stream, in the domain that the core is attached to, and how many
 *	tasks to run: each stream names the next one.
 * @unmask: What may raise the line, ROCKET_PC_INTERRUPT_*, or 0.
 *
 * The sequence is that of the mainline and vendor drivers, including the write
 * of PC_SEL before the block pointers.
 */
void rocket_hw_start(struct rocket_hw *hw, const struct rocket_task *task, u32 unmask)
{
	u32 pointer = ROCKET_S_POINTER_PING_PONG | ROCKET_S_POINTER_CORE(hw->index);

	writel_relaxed(ROCKET_PC_BASE_ADDRESS_PC_SEL, hw->pc + ROCKET_PC_BASE_ADDRESS);
	writel_relaxed(pointer, hw->cna + ROCKET_S_POINTER);
	writel_relaxed(pointer, hw->core + ROCKET_S_POINTER);

	writel_relaxed(task->regcmd, hw->pc + ROCKET_PC_BASE_ADDRESS);
	/* Commands are fetched in pairs; the register holds pairs less one. */
	writel_relaxed((task->regcmd_count + 1) / 2 - 1,
		       hw->pc + ROCKET_PC_REGISTER_AMOUNTS);

	writel_relaxed(hw->soc->events, hw->pc + ROCKET_PC_INTERRUPT_CLEAR);
	writel_relaxed(unmask, hw->pc + ROCKET_PC_INTERRUPT_MASK);

	writel_relaxed(hw->soc->task_con | ROCKET_PC_TASK_CON_TASK_NUMBER(task->chain_count),
		       hw->pc + ROCKET_PC_TASK_CON);
	writel_relaxed(0, hw->pc + ROCKET_PC_TASK_DMA_BASE_ADDR);

	/* Not relaxed: page tables and streams must be in memory before. */
	writel(ROCKET_PC_OPERATION_ENABLE_OP_EN, hw->pc + ROCKET_PC_OPERATION_ENABLE);
}

/**
 * rocket_hw_stop() - Expect nothing any more until the next start.
 * @hw: The core, powered. What runs is not stopped by it: only a reset does that.
 */
void rocket_hw_stop(struct rocket_hw *hw)
{
	rocket_hw_disable(hw);
	writel_relaxed(0, hw->pc + ROCKET_PC_INTERRUPT_MASK);
	writel(hw->soc->events, hw->pc + ROCKET_PC_INTERRUPT_CLEAR);
}

static u32 rocket_hw_field(u32 word, u32 field)
{
	return field ? (word & field) >> __ffs(field) : 0;
}

/**
 * rocket_hw_count() - How many tasks the last start has ended.
 * @hw: The core, powered.
 *
 * Return: What the counter says; what that means is in &rocket_facts.counter. Never 0
 * while another counter says that a task has begun.
 */
u32 rocket_hw_count(struct rocket_hw *hw)
{
	u32 word = rocket_hw_progress(hw);
	u32 ended = rocket_hw_field(word, hw->soc->ended);

	return ended ?: !!rocket_hw_field(word, hw->soc->started);
}

/**
 * rocket_hw_ended() - Whether a task that says so has ended.
 * @hw: The core, powered; RAW_STATUS has the bit.
 * @tasks: How many the start was told to run.
 *
 * Return: %true when it has, with all that is chained to it. %false when the count
 * contradicts, which is to be asked again. That is all that a count can do: one that was
 * always there in time when the core was bound may come too late on another day.
 */
bool rocket_hw_ended(struct rocket_hw *hw, unsigned int tasks)
{
	u32 count;

	/* One task ends the way it says, but for a counter that says so before. */
	if (hw->facts.counter == ROCKET_COUNTER_NONE ||
	    (tasks == 1 && hw->facts.counter != ROCKET_COUNTER_ENDED))
		return true;

	count = rocket_hw_count(hw);
	if (count >= tasks)
		return true;

	if (!count && hw->facts.counter == ROCKET_COUNTER_WRAPS)
		return true;

	return false;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_hw_ended);

/**
 * rocket_hw_settled() - The same, long after nothing has moved any more.
 * @hw: The core, powered; RAW_STATUS has the bit, but no interrupt came.
 * @tasks: How many the start was told to run.
 *
 * Return: As above, and for good. A chain on a core that does not count has not ended:
 * whether RAW_STATUS shows the ends of its first tasks is not known, and a chain that is
 * killed though complete does less harm than one that is taken for complete.
 */
bool rocket_hw_settled(struct rocket_hw *hw, unsigned int tasks)
{
	if (tasks > 1 && hw->facts.counter == ROCKET_COUNTER_NONE)
		return false;

	return rocket_hw_ended(hw, tasks);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_hw_settled);

/**
 * rocket_hw_page_fault() - Whether the IOMMU holds an access that it refused.
 * @hw: The core, powered, as it has got stuck.
 * @addr: Receives the address.
 * @write: Receives whether it was a write.
 *
 * For faults whose interrupt does not come: nobody has seen one on silicon. The IOMMU
 * API has no way to ask.
 *
 * Return: %true when it does.
 */
bool rocket_hw_page_fault(struct rocket_hw *hw, u32 *addr, bool *write)
{
	for (int i = 0; i < ARRAY_SIZE(hw->mmu); i++) {
		u32 status = hw->mmu[i] ? readl(hw->mmu[i] + ROCKET_MMU_STATUS) : 0;

		if (!(status & ROCKET_MMU_STATUS_PAGE_FAULT_ACTIVE))
			continue;

		*addr = readl(hw->mmu[i] + ROCKET_MMU_PAGE_FAULT_ADDR);
		*write = status & ROCKET_MMU_STATUS_PAGE_FAULT_IS_WRITE;

		return true;
	}

	return false;
}

/**
 * rocket_hw_silence() - Have neither the core nor its IOMMU raise the line.
 * @hw: A core that was given up, powered.
 *
 * What runs there and cannot be stopped may fault again and again, in an empty domain.
 * The IOMMU's driver does not claim that once nobody uses the IOMMU; it unmasks it when
 * it powers it up anew.
 */
void rocket_hw_silence(struct rocket_hw *hw)
{
	rocket_hw_stop(hw);

	for (int i = 0; i < ARRAY_SIZE(hw->mmu); i++) {
		if (hw->mmu[i])
			writel(0, hw->mmu[i] + ROCKET_MMU_INT_MASK);
	}
}

/**
 * rocket_hw_counter_name() - For people.
 * @counter: What a core was seen to do.
 *
 * Return: A word.
 */
const char *rocket_hw_counter_name(enum rocket_counter counter)
{
	switch (counter) {
	case ROCKET_COUNTER_WRAPS:
		return "wraps";
	case ROCKET_COUNTER_LATE:
		return "late";
	case ROCKET_COUNTER_ENDED:
		return "ended";
	default:
		return "not seen";
	}
}

/**
 * rocket_hw_version() - What the core says it is.
 * @hw: The core, powered.
 *
 * Return: The IP version; 1179210309 on RK3588, 1179210311 on RK3576.
 */
u32 rocket_hw_version(struct rocket_hw *hw)
{
	return readl(hw->pc + ROCKET_PC_VERSION) +
	       (readl(hw->pc + ROCKET_PC_VERSION_NUM) & ROCKET_PC_VERSION_NUM_MASK);
}

static u32 rocket_hw_cpu_weight(unsigned int cpu)
{
	struct device_node *node __free(device_node) = of_get_cpu_node(cpu, NULL);
	u32 weight = 0;

	of_property_read_u32(node, "capacity-dmips-mhz", &weight);

	return weight;
}

/**
 * rocket_hw_hint_irq() - Let the interrupt go to a fast CPU, if nobody minds.
 * @hw: The core, its interrupt requested.
 *
 * Measured on RK3588: a job that is waited for takes 51 us by a small CPU, 33 by a big
 * one. It is a hint: userspace may set the affinity as ever.
 */
void rocket_hw_hint_irq(struct rocket_hw *hw)
{
	u32 least = U32_MAX, most = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		u32 weight = rocket_hw_cpu_weight(cpu);

		least = min(least, weight);
		if (weight > most)
			cpumask_clear(&hw->fast_cpus);
		most = max(most, weight);
		if (weight == most)
			cpumask_set_cpu(cpu, &hw->fast_cpus);
	}

	/* Nothing is lost when it cannot be: all of them may be offline. */
	if (least != most)
		irq_set_affinity_and_hint(hw->irq, &hw->fast_cpus);
}

/**
 * rocket_hw_unhint_irq() - Undo rocket_hw_hint_irq().
 * @hw: The core, its interrupt still requested.
 */
void rocket_hw_unhint_irq(struct rocket_hw *hw)
{
	irq_update_affinity_hint(hw->irq, NULL);
}

static int rocket_hw_map(struct rocket_hw *hw, struct platform_device *pdev)
{
	hw->pc = devm_platform_ioremap_resource_byname(pdev, "pc");
	if (IS_ERR(hw->pc))
		return dev_err_probe(hw->dev, PTR_ERR(hw->pc), "no registers \"pc\"\n");

	hw->cna = devm_platform_ioremap_resource_byname(pdev, "cna");
	if (IS_ERR(hw->cna))
		return dev_err_probe(hw->dev, PTR_ERR(hw->cna), "no registers \"cna\"\n");

	hw->core = devm_platform_ioremap_resource_byname(pdev, "core");
	if (IS_ERR(hw->core))
		return dev_err_probe(hw->dev, PTR_ERR(hw->core), "no registers \"core\"\n");

	return 0;
}

static void rocket_hw_unmap_mmu(void *bank)
{
	iounmap((__force void __iomem *)bank);
}

/* Not as a resource: that is the IOMMU driver's. Banks that cannot be had do without. */
static int rocket_hw_map_mmu(struct rocket_hw *hw)
{
	struct device_node *node __free(device_node) =
		of_parse_phandle(hw->dev->of_node, "iommus", 0);

	for (int i = 0; node && i < ARRAY_SIZE(hw->mmu); i++) {
		void __iomem *bank = of_iomap(node, i);
		int ret;

		if (!bank)
			break;

		ret = devm_add_action_or_reset(hw->dev, rocket_hw_unmap_mmu, (__force void *)bank);
		if (ret)
			return ret;
		hw->mmu[i] = bank;
	}

	return 0;
}

/*
 * The supplies feed the power domain, which is up before any runtime PM callback of
 * this driver is called: so they are on as long as the core is bound. A driver that
 * arrives late finds them switched off.
 */
static int rocket_hw_supply(struct rocket_hw *hw)
{
	static const char * const supplies[] = { "npu", "sram" };

	for (int i = 0; i < ARRAY_SIZE(supplies); i++) {
		int ret = devm_regulator_get_enable_optional(hw->dev, supplies[i]);

		if (ret && ret != -ENODEV)
			return dev_err_probe(hw->dev, ret, "cannot switch on the supply \"%s\"\n",
					     supplies[i]);
	}

	return 0;
}

static int rocket_hw_get_clks(struct rocket_hw *hw)
{
	int ret;

	for (; hw->soc->clks[hw->clk_count]; hw->clk_count++)
		hw->clks[hw->clk_count].id = hw->soc->clks[hw->clk_count];

	ret = devm_clk_bulk_get(hw->dev, hw->clk_count, hw->clks);
	if (ret)
		return dev_err_probe(hw->dev, ret, "cannot get the clocks\n");

	return 0;
}

static int rocket_hw_get_resets(struct rocket_hw *hw)
{
	int ret;

	for (; hw->soc->resets[hw->reset_count]; hw->reset_count++)
		hw->resets[hw->reset_count].id = hw->soc->resets[hw->reset_count];

	ret = devm_reset_control_bulk_get_exclusive(hw->dev, hw->reset_count, hw->resets);
	if (ret)
		return dev_err_probe(hw->dev, ret, "cannot get the resets\n");

	return 0;
}

/*
 * The driver core attaches a device's power domain if it has one. Devicetrees of the
 * RK3576 name both cores' for each core, its own first; older ones only its own.
 */
static int rocket_hw_get_domains(struct rocket_hw *hw)
{
	/* See rocket_hw_power_up(). */
	static const struct dev_pm_domain_attach_data data = { .pd_flags = PD_FLAG_NO_DEV_LINK };
	int ret;

	if (hw->dev->pm_domain)
		return 0;

	ret = devm_pm_domain_attach_list(hw->dev, &data, &hw->domains);
	if (ret < 0)
		return dev_err_probe(hw->dev, ret, "cannot get the power domains\n");
	if (ret > ROCKET_SOC_DOMAINS)
		return dev_err_probe(hw->dev, -EINVAL, "%d power domains\n", ret);

	return 0;
}

/**
 * rocket_hw_power_devs() - How many power domains a core names.
 * @hw: The core.
 *
 * Return: The number, up to %ROCKET_SOC_DOMAINS; 1 where nothing is said of any.
 */
unsigned int rocket_hw_power_devs(const struct rocket_hw *hw)
{
	return hw->domains ? hw->domains->num_pds : 1;
}

/**
 * rocket_hw_power_dev() - What sits in one of a core's power domains.
 * @hw: The core.
 * @which: Which of them; the first is its own.
 *
 * Return: A device to ask that domain by.
 */
struct device *rocket_hw_power_dev(const struct rocket_hw *hw, unsigned int which)
{
	return hw->domains ? hw->domains->pd_devs[which] : hw->dev;
}

/* How many power domains the driver core leaves to us. */
static unsigned int rocket_hw_own_domains(const struct rocket_hw *hw)
{
	return hw->domains ? hw->domains->num_pds : 0;
}

/* Lets go of the first @count of several power domains. */
static void rocket_hw_put_domains(struct rocket_hw *hw, unsigned int count)
{
	while (count--)
		pm_runtime_put_sync(hw->domains->pd_devs[count]);
}

/**
 * rocket_hw_power_up() - Switch on what the driver core does not: several domains, clocks.
 * @hw: The core; its IOMMU is up.
 *
 * Links would let go of the domains by and by, when the core is asleep. The IOMMU falls
 * asleep then, too, and of two at the same time each may find the other awake, and leave
 * its domain on: behind a reset that no IOMMU survives it would be woken up dead.
 *
 * Return: 0 or a negative errno of the power domains or clocks.
 */
int rocket_hw_power_up(struct rocket_hw *hw)
{
	unsigned int count = rocket_hw_own_domains(hw);
	int ret;

	for (unsigned int i = 0; i < count; i++) {
		ret = pm_runtime_resume_and_get(hw->domains->pd_devs[i]);
		if (ret) {
			rocket_hw_put_domains(hw, i);
			return ret;
		}
	}

	ret = clk_bulk_prepare_enable(hw->clk_count, hw->clks);
	if (ret)
		rocket_hw_put_domains(hw, count);

	return ret;
}

/**
 * rocket_hw_power_down() - Undo rocket_hw_power_up().
 * @hw: The core.
 */
void rocket_hw_power_down(struct rocket_hw *hw)
{
	clk_bulk_disable_unprepare(hw->clk_count, hw->clks);
	rocket_hw_put_domains(hw, rocket_hw_own_domains(hw));
}

/**
 * rocket_hw_init() - Get what the devicetree names.
 * @hw: The hardware of a core that is being bound.
 * @pdev: Its device; the resources go with the device's managed ones.
 * @index: Number of the core in the SoC.
 *
 * Return: 0 or a negative errno, which has been reported with its reason.
 */
int rocket_hw_init(struct rocket_hw *hw, struct platform_device *pdev, unsigned int index)
{
	struct device *dev = &pdev->dev;
	int ret;

	*hw = (struct rocket_hw){
		.dev = dev,
		.soc = device_get_match_data(dev),
		.index = index,
	};
	hw->facts.mark = -1;
	hw->facts.counter = hw->soc->counter;

	ret = rocket_hw_map(hw, pdev);
	if (!ret)
		ret = rocket_hw_map_mmu(hw);
	if (!ret)
		ret = rocket_hw_get_clks(hw);
	if (!ret)
		ret = rocket_hw_get_resets(hw);
	if (!ret)
		ret = rocket_hw_supply(hw);
	if (!ret)
		ret = rocket_hw_get_domains(hw);
	if (ret)
		return ret;

	hw->irq = platform_get_irq(pdev, 0);

	return hw->irq < 0 ? hw->irq : 0;
}
