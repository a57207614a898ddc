/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_KUNIT_H__
#define __ROCKET_KUNIT_H__

#include <kunit/test.h>

#include "../rocket_vm.h"

extern struct kunit_suite rocket_bind_queue_suite;
extern struct kunit_suite rocket_bind_suite;
extern struct kunit_suite rocket_busy_suite;
extern struct kunit_suite rocket_fair_suite;
extern struct kunit_suite rocket_hole_suite;
extern struct kunit_suite rocket_hw_suite;
extern struct kunit_suite rocket_map_suite;
extern struct kunit_suite rocket_quota_suite;
extern struct kunit_suite rocket_reserve_suite;
extern struct kunit_suite rocket_sg_suite;
extern struct kunit_suite rocket_slots_suite;
extern struct kunit_suite rocket_struct_suite;
extern struct kunit_suite rocket_submit_suite;
extern struct kunit_suite rocket_tables_suite;

struct rocket_vm *rocket_kunit_vm(struct kunit *test);

#endif
