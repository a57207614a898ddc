// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistakes that a driver can make, on request, to see that the kernel of
 * board/debug.config reports each. The name of one, written to the debugfs file
 * "crime", commits it.
 *
 * Writers may be killed for what they do, so no lock of anybody else's is held.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/dma-fence.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/rculist.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

/* What the compiler may not see through. */
static volatile unsigned int hidden;

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

static struct dentry *file;

static void use_after_free(void)
{
	unsigned int *p = kmalloc(64, GFP_KERNEL);

	kfree(p);
	hidden = READ_ONCE(*p);
}

static void out_of_bounds(void)
{
	char *p = vmalloc(100);

	hidden = 100;
	hidden = READ_ONCE(p[hidden]);
	vfree(p);
}

static void shift_too_far(void)
{
	hidden = 77;
	hidden = 1 << hidden;
}

static void index_beyond(void)
{
	static unsigned int table[4];

	hidden = 5;
	hidden = READ_ONCE(table[hidden]);
}

static void order_of_locks(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static void allocate_for_fence(void)
{
	bool cookie = dma_fence_begin_signalling();

	kfree(kmalloc(64, GFP_KERNEL));
	dma_fence_end_signalling(cookie);
}

static void rcu_list_without_lock(void)
{
	static LIST_HEAD(list);
	struct device *dev;

	list_for_each_entry_rcu(dev, &list, devres_head)
		hidden++;
}

static void sleep_in_atomic(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	might_sleep();
	spin_unlock(&lock);
}

static void this_cpu_when_preemptible(void)
{
	hidden = smp_processor_id();
}

static void unmap_what_is_not_mapped(void)
{
	struct platform_device *pdev = platform_device_register_simple("crimes", -1, NULL, 0);

	if (IS_ERR(pdev))
		return;
	pdev->dev.dma_mask = &pdev->dev.coherent_dma_mask;
	dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32));
	dma_unmap_single(&pdev->dev, 0x1000, 64, DMA_TO_DEVICE);
	platform_device_unregister(pdev);
}

/* The first NPU core stands for any device with an IOMMU. */
static void free_what_is_mapped(void)
{
	struct device *dev = bus_find_device_by_name(&platform_bus_type, NULL, "fdab0000.npu");
	struct iommu_domain *domain;
	struct page *page;

	if (!dev)
		return;
	domain = iommu_paging_domain_alloc(dev);
	put_device(dev);
	if (IS_ERR(domain))
		return;
	page = alloc_page(GFP_KERNEL);
	if (page && !iommu_map(domain, 0x10000, page_to_phys(page), PAGE_SIZE, IOMMU_READ,
			       GFP_KERNEL)) {
		__free_page(page);
		iommu_unmap(domain, 0x10000, PAGE_SIZE);
	}
	iommu_domain_free(domain);
}

static void nothing_to_do(struct timer_list *timer)
{
}

static void free_active_timer(void)
{
	struct timer_list *timer = kmalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return;
	timer_setup(timer, nothing_to_do, 0);
	mod_timer(timer, jiffies + HZ * 1000);
	kfree(timer);
}

static void no_work(struct work_struct *work)
{
}

static void free_queued_work(void)
{
	struct delayed_work *work = kmalloc(sizeof(*work), GFP_KERNEL);

	if (!work)
		return;
	INIT_DELAYED_WORK(work, no_work);
	schedule_delayed_work(work, HZ * 1000);
	kfree(work);
}

static void add_to_list_twice(void)
{
	static LIST_HEAD(list);
	static LIST_HEAD(entry);

	list_add(&entry, &list);
	list_add(&entry, &list);
}

static void reference_from_nothing(void)
{
	static refcount_t count = REFCOUNT_INIT(0);

	refcount_inc(&count);
}

/* From a slab object that is too small; to whoever writes the crime's name. */
static ssize_t copy_too_much(char __user *to)
{
	char *p = kmalloc(64, GFP_KERNEL);
	char *other = p;
	unsigned long left;

	hidden = 128;
	/* Or the compiler's own check would come first. */
	OPTIMIZER_HIDE_VAR(other);
	left = p ? copy_to_user(to, other, hidden) : 0;
	kfree(p);
	return left ? -EFAULT : 0;
}

/* Several: a stale copy of an address somewhere hides one, or two. */
static void leak(void)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		hidden = (unsigned long)kmalloc(200, GFP_KERNEL) >> 4;
}

static int sleep_for_ever(void *unused)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule();
	return 0;
}

static void hang(void)
{
	kthread_run(sleep_for_ever, NULL, "crimes-hang");
}

/* Keeps a CPU from all else. */
static void spin(void)
{
	unsigned int i;

	preempt_disable();
	for (i = 0; i < 6000; i++)
		mdelay(1);
	preempt_enable();
}

/* And a worker of that CPU from its work. */
static void spin_before_work(void)
{
	static DECLARE_WORK(work, no_work);

	preempt_disable();
	schedule_work_on(smp_processor_id(), &work);
	spin();
	preempt_enable();
}

static const struct {
	const char *name;
	void (*commit)(void);
} crimes[] = {
	{ "use-after-free", use_after_free },
	{ "out-of-bounds", out_of_bounds },
	{ "shift", shift_too_far },
	{ "index", index_beyond },
	{ "lock-order", order_of_locks },
	{ "fence-allocation", allocate_for_fence },
	{ "rcu-list", rcu_list_without_lock },
	{ "atomic-sleep", sleep_in_atomic },
	{ "preemptible", this_cpu_when_preemptible },
	{ "dma-unmap", unmap_what_is_not_mapped },
	{ "iommu-free", free_what_is_mapped },
	{ "timer-free", free_active_timer },
	{ "work-free", free_queued_work },
	{ "list", add_to_list_twice },
	{ "refcount", reference_from_nothing },
	{ "leak", leak },
	{ "hung-task", hang },
	{ "spin", spin },
	{ "spin-before-work", spin_before_work },
};

static ssize_t crime_write(struct file *unused, const char __user *data, size_t len, loff_t *pos)
{
	char name[32] = "";
	unsigned int i;

	if (len >= sizeof(name) || copy_from_user(name, data, len))
		return -EINVAL;
	strim(name);
	pr_info("crimes: %s\n", name);
	if (!strcmp(name, "usercopy"))
		return copy_too_much((char __user *)data) ?: len;
	for (i = 0; i < ARRAY_SIZE(crimes); i++) {
		if (strcmp(name, crimes[i].name))
			continue;
		crimes[i].commit();
		return len;
	}
	return -ENOENT;
}

static const struct file_operations crime_fops = {
	.owner = THIS_MODULE,
	.write = crime_write,
};

static int __init crimes_init(void)
{
	file = debugfs_create_file_unsafe("crime", 0200, NULL, NULL, &crime_fops);
	return PTR_ERR_OR_ZERO(file);
}
module_init(crimes_init);

static void __exit crimes_exit(void)
{
	debugfs_remove(file);
}
module_exit(crimes_exit);

MODULE_DESCRIPTION("Commits mistakes, to see that they are reported");
MODULE_LICENSE("GPL");
