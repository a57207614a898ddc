/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_SCRUB_H__
#define __ROCKET_SCRUB_H__

#include <linux/types.h>
#include <linux/uidgid.h>

struct rocket_core;
struct rocket_vm;

/**
 * struct rocket_scrub - Whose data a core may hold, and how that is erased.
 *
 * Belongs to whoever may attach the core: who has claimed it, or the recovery while
 * it is stopped; before these, to who binds it. Choosing a core reads @owner without
 * a lock, as a hint; the power domain's notifier writes @clean and @doubtful while the core is off.
 */
struct rocket_scrub {
	/**
	 * @owner: Whose data may be in the core, &rocket_vm.owner of the last VM
	 * that it ran; 0 when nobody knows, no file has that. Survives the VM,
	 * the file and runtime suspend.
	 */
	u64 owner;

	/** @user: Who had opened the file of @owner. */
	kuid_t user;

	/** @armed: Overwriting was seen to work on this core. */
	bool armed;

	/** @clean: Nobody's data is in the core, whatever @owner says. */
	bool clean;

	/** @doubtful: @clean by a loss of power behind which no self-test has been passed. */
	bool doubtful;

	/** @shared: It was said that users of this core can see each other's data. */
	bool shared;

	/** @refused: It was said that this core serves one user only. */
	bool refused;

	/** @ns: How long it took when the core was bound. */
	u64 ns;
};

void rocket_scrub_learn(struct rocket_core *core);
int rocket_scrub_attach(struct rocket_core *core, struct rocket_vm *vm);
int rocket_scrub_attach_after_power_loss(struct rocket_core *core, struct rocket_vm *vm);
int rocket_scrub_attach_uncleaned(struct rocket_core *core, struct rocket_vm *vm);
void rocket_scrub_power_lost(struct rocket_core *core);

#endif
