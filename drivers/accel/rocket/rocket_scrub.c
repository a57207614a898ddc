// SPDX-License-Identifier: GPL-2.0-only

#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/string.h>

#include "rocket_attach.h"
#include "rocket_core.h"
#include "rocket_kjob.h"
#include "rocket_quota.h"
#include "rocket_scrub.h"
#include "rocket_trace.h"
#include "rocket_vm.h"

/**
 * DOC: Scrubbing
 *
 * A core keeps what a job leaves in it: features and weights in its convolution
 * buffer (CBUF), the tables of its output stage, two groups of registers in each
 * block. A stream with reuse bits computes with it, and nobody checks streams. So
 * when a core passes from one file to another it is
 *
 * 1. reset, which stops whatever was left armed, gives all registers their
 *    documented values, and makes the buffer fetch again;
 * 2. made to run two convolutions that fill the whole buffer, and the tables,
 *    with content of our own;
 * 3. reset once more, so that the next client finds the registers as after power
 *    on, and none of our addresses.
 *
 * No source says that a reset, or the loss of power, clears memories inside of the
 * NPU; reports say that a fetch can be left out when the buffer believes that it
 * has the data. So they are overwritten, and what was computed is looked at: each
 * byte of the buffer takes part in a sum, which comes out right only if it was
 * ours. A scrub that goes wrong is treated like a hang, by rocket_recover_core().
 *
 * That was never tried on silicon. So it is tried when the core is bound, and done
 * only where it worked then. Where it did not, or does not any more though the core
 * computes, the core is switched off between two clients, which is what public notes
 * recommend; where that cannot be had, the parameter residue decides. The core stays in
 * service.
 *
 * The same file's VMs may follow each other without a scrub.
 */

/* enum rocket_residue - What to do about a client's data in the NPU. */
enum rocket_residue {
	/* @ROCKET_RESIDUE_PROTECT: Erase it, or let nobody else see it. */
	ROCKET_RESIDUE_PROTECT,
	/* @ROCKET_RESIDUE_SHARE: Erase it, as far as that is possible. */
	ROCKET_RESIDUE_SHARE,
	/* @ROCKET_RESIDUE_KEEP: Do nothing. */
	ROCKET_RESIDUE_KEEP,
};

static const char * const rocket_residue_names[] = {
	[ROCKET_RESIDUE_PROTECT] = "protect",
	[ROCKET_RESIDUE_SHARE] = "share",
	[ROCKET_RESIDUE_KEEP] = "keep",
};

static enum rocket_residue rocket_residue;

static int rocket_residue_set(const char *value, const struct kernel_param *param)
{
	int which = sysfs_match_string(rocket_residue_names, value);

	if (which < 0)
		return which;

	WRITE_ONCE(rocket_residue, which);

	return 0;
}

static int rocket_residue_get(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", rocket_residue_names[READ_ONCE(rocket_residue)]);
}

static const struct kernel_param_ops rocket_residue_ops = {
	.set = rocket_residue_set,
	.get = rocket_residue_get,
};

module_param_cb(residue, &rocket_residue_ops, NULL, 0644);
__MODULE_PARM_TYPE(residue, "charp");
MODULE_PARM_DESC(residue,
		 "A client's data in the NPU, when another client's job comes: protect (default; erase it, or refuse the job), share (erase it if that is possible), keep (do not erase it; for machines whose users all trust each other)");

/*
 * Leaves the core reset, in its default domain. Its IOMMU is reset with it, so
 * its driver must be made to write the registers before something runs: a
 * change of domain does.
 */
static int rocket_scrub_erase(struct rocket_core *core)
{
	int ret;

	ret = rocket_attach_reset_to_default(core);
	if (!ret)
		ret = rocket_kjob_run(&core->kjobs, &core->hw, ROCKET_KJOB_FEATURES, NULL);
	if (!ret)
		ret = rocket_kjob_run(&core->kjobs, &core->hw, ROCKET_KJOB_WEIGHTS, NULL);

	return ret ?: rocket_attach_reset(core);
}

/**
 * rocket_scrub_learn() - See whether a core can be scrubbed, and do it.
 * @core: The core, being bound, powered; it has passed its self-test, or not.
 *
 * Says so when it cannot. After that the core must be reset: it may still run.
 */
void rocket_scrub_learn(struct rocket_core *core)
{
	struct rocket_scrub *scrub = &core->scrub;
	u64 begin = ktime_get_ns();
	int ret;

	/* What firmware or another driver left is somebody else's, too. */
	*scrub = (struct rocket_scrub){ .user = INVALID_UID };

	/* Without a reset registers stay. */
	if (!core->hw.facts.computes || core->hw.facts.reset_kills_mmu ||
	    core->hw.soc->reset_needs_power)
		return;

	ret = rocket_scrub_erase(core);
	if (ret) {
		dev_warn(core->hw.dev, "core %u: a client's data cannot be overwritten (error %d); the core will be switched off between clients instead, which takes milliseconds\n",
			 core->index, ret);
		return;
	}

	scrub->ns = ktime_get_ns() - begin;
	scrub->armed = true;
	scrub->clean = true;
}

static int rocket_scrub_core(struct rocket_core *core, struct rocket_vm *vm)
{
	u64 begin = ktime_get_ns();
	int ret = rocket_scrub_erase(core);
	u64 ns = ktime_get_ns() - begin;

	if (ret == -ETIMEDOUT)
		dev_err_ratelimited(core->hw.dev, "the job that erases a client's data hangs\n");
	else if (ret)
		dev_err_ratelimited(core->hw.dev, "a client's data has not been erased\n");

	rocket_core_count(&core->counts.scrubs, !ret);
	rocket_core_count(&core->counts.scrub_ns, ns);
	trace_rocket_scrub(core, vm->owner, ns, ret);

	return ret;
}

static int rocket_scrub_hand_over(struct rocket_core *core, struct rocket_vm *vm)
{
	struct rocket_scrub *scrub = &core->scrub;

	scrub->user = rocket_quota_uid(vm->quota);
	scrub->clean = false;
	WRITE_ONCE(scrub->owner, vm->owner);

	return rocket_attach_vm(core, vm);
}

/* While residue is kept there can be anybody's. */
static int rocket_scrub_attach_kept(struct rocket_core *core, struct rocket_vm *vm)
{
	core->scrub.user = INVALID_UID;
	core->scrub.clean = false;
	WRITE_ONCE(core->scrub.owner, 0);

	return rocket_attach_vm(core, vm);
}

/**
 * rocket_scrub_attach() - Hand a core over to a VM.
 * @core: A core that runs nothing, powered.
 * @vm: The VM of the next job.
 *
 * The VM's page tables are attached. If the core was another file's before,
 * nothing of that is left in it.
 *
 * Context: As rocket_attach_vm(), and sleeps while a scrub runs: some 100 us, or
 * as long as a job may take if it hangs.
 * Return: 0. An error means that the core has to be recovered first: -ETIMEDOUT or
 * -EIO when the scrub went wrong, -EAGAIN when it has to be switched off, or one of
 * rocket_attach_vm().
 */
int rocket_scrub_attach(struct rocket_core *core, struct rocket_vm *vm)
{
	struct rocket_scrub *scrub = &core->scrub;
	int ret;

	if (READ_ONCE(rocket_residue) == ROCKET_RESIDUE_KEEP)
		return rocket_scrub_attach_kept(core, vm);

	if (scrub->owner != vm->owner && (!scrub->clean || scrub->doubtful)) {
		ret = scrub->armed ? rocket_scrub_core(core, vm) : -EAGAIN;
		if (ret)
			return ret;
	}

	return rocket_scrub_hand_over(core, vm);
}

/**
 * rocket_scrub_attach_after_power_loss() - The same, for a core that was off.
 * @core: The core, powered; it computes.
 * @vm: The VM of the next job.
 *
 * Return: As rocket_scrub_attach(), but for -EAGAIN.
 */
int rocket_scrub_attach_after_power_loss(struct rocket_core *core, struct rocket_vm *vm)
{
	struct rocket_scrub *scrub = &core->scrub;
	int ret;

	scrub->doubtful = false;
	ret = rocket_scrub_attach(core, vm);
	if (!ret || !scrub->armed)
		return ret;

	/* It computes, yet this does not work any more: do without. */
	dev_warn(core->hw.dev, "core %u: a client's data cannot be overwritten any more (error %d); the core will be switched off between clients instead, which takes milliseconds\n",
		 core->index, ret);
	scrub->armed = false;
	scrub->clean = true;
	ret = rocket_attach_reset(core);

	return ret ?: rocket_scrub_hand_over(core, vm);
}

/**
 * rocket_scrub_attach_uncleaned() - The same, for a core that cannot be cleaned.
 * @core: The core, powered; it computes.
 * @vm: The VM of the next job.
 *
 * The owner of the machine decides: see parameter residue.
 *
 * Return: 0; -EACCES when the job must not run here; one of rocket_attach_vm().
 */
int rocket_scrub_attach_uncleaned(struct rocket_core *core, struct rocket_vm *vm)
{
	struct rocket_scrub *scrub = &core->scrub;
	kuid_t user = rocket_quota_uid(vm->quota);
	bool protect = READ_ONCE(rocket_residue) == ROCKET_RESIDUE_PROTECT;
	int ret;

	if (protect && !scrub->clean && !uid_eq(scrub->user, user) && uid_valid(scrub->user)) {
		if (!scrub->refused)
			dev_warn(core->hw.dev, "core %u: a client's data can neither be overwritten nor be erased by switching the core off; until it sleeps it serves user %u only, others' jobs end with an error; parameter residue=share lets them in\n",
				 core->index, from_kuid(&init_user_ns, scrub->user));
		scrub->refused = true;
		return -EACCES;
	}

	if (!scrub->shared)
		dev_warn(core->hw.dev, "core %u: a client's data can neither be overwritten nor be erased by switching the core off: the next client can see it\n",
			 core->index);
	scrub->shared = true;

	/* A scrub may have been tried, and may still run. */
	ret = rocket_attach_reset(core);
	/* Where only loss of power stops a core, what has said that it has ended is believed. */
	if (ret == -EAGAIN)
		ret = rocket_attach_abandon_live(core);

	return ret ?: rocket_scrub_hand_over(core, vm);
}

/**
 * rocket_scrub_power_lost() - A core was switched off.
 * @core: The core, off, and all that other power domains feed of it.
 *
 * Counts as erased where there is nothing better; where that is known not to help each
 * time, the next client's job waits for a self-test.
 *
 * Context: Any.
 */
void rocket_scrub_power_lost(struct rocket_core *core)
{
	if (core->scrub.armed)
		return;

	WRITE_ONCE(core->scrub.doubtful, core->hw.soc->power_tries > 1);
	WRITE_ONCE(core->scrub.clean, true);
}
