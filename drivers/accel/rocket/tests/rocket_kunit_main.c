// SPDX-License-Identifier: GPL-2.0-only

#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "rocket_kunit.h"

/**
 * rocket_kunit_vm() - Make an address space without device and page tables.
 * @test: The test, which frees it.
 *
 * Return: As much of a VM as there must be to look at addresses.
 */
struct rocket_vm *rocket_kunit_vm(struct kunit *test)
{
	struct rocket_vm *vm = kunit_kzalloc(test, sizeof(*vm), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, vm);
	vm->base.mm_start = ROCKET_VM_START;
	vm->base.mm_range = ROCKET_VM_END - ROCKET_VM_START;
	INIT_LIST_HEAD(&vm->base.rb.list);
	kref_init(&vm->base.kref);
	vm->full_to = ROCKET_VM_KERNEL_START;
	vm->claims = RB_ROOT_CACHED;
	mutex_init(&vm->op_lock);

	return vm;
}

kunit_test_suites(&rocket_bind_queue_suite, &rocket_bind_suite, &rocket_hole_suite,
		  &rocket_hw_suite, &rocket_map_suite, &rocket_quota_suite,
		  &rocket_reserve_suite, &rocket_sg_suite, &rocket_slots_suite,
		  &rocket_struct_suite, &rocket_submit_suite, &rocket_tables_suite,
		  &rocket_fair_suite, &rocket_busy_suite);

MODULE_DESCRIPTION("KUnit tests of the driver for the Rockchip NPU");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
