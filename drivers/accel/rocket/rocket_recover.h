/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_RECOVER_H__
#define __ROCKET_RECOVER_H__

struct drm_rocket_vm_fault;
struct rocket_core;
struct rocket_vm;

int rocket_recover_init(struct rocket_core *core);
void rocket_recover_fini(struct rocket_core *core);

void rocket_recover_core(struct rocket_core *core, int error);
int rocket_recover_request(struct rocket_core *core);
void rocket_recover_awake(struct rocket_core *core);
void rocket_recover_report(struct rocket_core *core, int error);
struct rocket_vm *rocket_recover_report_fault(struct rocket_core *core,
					      struct drm_rocket_vm_fault *fault);

#endif
