// SPDX-License-Identifier: GPL-2.0-only

#include <drm/gpu_scheduler.h>
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>

#include "../rocket_bind_queue.h"
#include "../rocket_device.h"
#include "rocket_kunit.h"

#define LIMIT	(30 * HZ)

/* struct reader - Asks for the name of a scheduler, as for that of a fence. */
struct reader {
	/* @sched: Found under RCU. */
	const struct drm_gpu_scheduler *sched;
	/* @found: It has been. */
	struct completion found;
	/* @freed: The queue was freed since. */
	bool freed;
	/* @name: What it is called then. */
	const char *name;
	/* @read: @name is valid. */
	struct completion read;
};

static int read_name(void *data)
{
	unsigned long end = jiffies + LIMIT;
	struct reader *reader = data;

	rcu_read_lock();
	complete(&reader->found);
	while (!READ_ONCE(reader->freed) && time_before(jiffies, end))
		cpu_relax();
	reader->name = READ_ONCE(reader->sched->name);
	rcu_read_unlock();
	complete(&reader->read);

	return 0;
}

/* KASAN sees it if the memory went before. */
static void test_name(struct kunit *test)
{
	struct rocket_vm *vm = rocket_kunit_vm(test);
	struct reader *reader;

	reader = kunit_kzalloc(test, sizeof(*reader), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, reader);
	vm->rdev = kunit_kzalloc(test, sizeof(*vm->rdev), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vm->rdev);
	mutex_init(&vm->bind_lock);
	vm->bind_queue = rocket_bind_queue_create(vm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, vm->bind_queue);

	/* The scheduler is the first part of the queue. */
	reader->sched = (const struct drm_gpu_scheduler *)vm->bind_queue;
	init_completion(&reader->found);
	init_completion(&reader->read);
	rocket_bind_queue_close(vm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, kthread_run(read_name, reader, "rocket-kunit"));
	wait_for_completion(&reader->found);
	rocket_bind_queue_free(vm);
	WRITE_ONCE(reader->freed, true);
	wait_for_completion(&reader->read);
	KUNIT_EXPECT_STREQ(test, reader->name, "rocket-bind");
}

static struct kunit_case rocket_bind_queue_cases[] = {
	KUNIT_CASE(test_name),
	{}
};

struct kunit_suite rocket_bind_queue_suite = {
	.name = "rocket_bind_queue",
	.test_cases = rocket_bind_queue_cases,
};
