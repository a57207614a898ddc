// SPDX-License-Identifier: GPL-2.0-only

#include <kunit/visibility.h>
#include <linux/capability.h>
#include <linux/cleanup.h>
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include <linux/xarray.h>

#include "rocket_limits.h"
#include "rocket_quota.h"

/**
 * DOC: Limits
 *
 * Memory that cannot be reclaimed counts for the user that opened the file, over
 * all files of that user: a limit for each file would be none, since a client can
 * open another one and hand its BOs over. It counts for the machine as well, which keeps
 * a part of its RAM whoever comes: how much of the rest each user gets is up to memory
 * cgroups, to which BOs are charged, and to the owner. Page tables are charged to none, so
 * a user gets half of what there may be at most.
 *
 * Mapping objects, which are charged to the caller's memory cgroup, count for the file:
 * their limit bounds how long it takes to tear a file down. There are never more
 * &struct drm_gpuvm_bo than these. Jobs and asynchronous binds, of which the scheduler's
 * part is charged to nobody, count for the user.
 *
 * What is counted is counted when it comes into being and until it is freed,
 * whoever holds it by then. Nothing is counted twice.
 */

/*
 * Page tables are not charged to a memory cgroup, because the IOMMU driver does
 * not ask for it, so they have a limit of their own: this fraction of the BOs', and half of
 * that fraction of the machine's for one user. Dense mappings need 1/1024.
 */
#define ROCKET_QUOTA_TABLE_SHARE	16

/* What BOs leave of the RAM by default: this fraction. */
#define ROCKET_QUOTA_RAM_LEFT		8

/*
 * Other devices of the machine can do with memory below 4 GiB only, and a BO is not given
 * back while somebody has it: this fraction of the BOs', and no more than a quarter of it
 * for one user, half for all.
 */
#define ROCKET_QUOTA_BELOW_4G_SHARE	4
#define ROCKET_QUOTA_BELOW_4G_MAX	((u64)SZ_1G)

/*
 * Who is at the limit can still unmap, which takes two spare mapping objects for
 * each operation; enough for the largest array.
 */
#define ROCKET_QUOTA_UNMAP_RESERVE	(2 * ROCKET_VM_BIND_MAX_OPS)

static unsigned int bo_total_mb;
module_param(bo_total_mb, uint, 0644);
MODULE_PARM_DESC(bo_total_mb,
		 "Memory for buffers of all users without CAP_IPC_LOCK, in MiB (default: 0, seven eighths of the RAM)");

static unsigned int bo_limit_mb;
module_param(bo_limit_mb, uint, 0644);
MODULE_PARM_DESC(bo_limit_mb,
		 "Memory for buffers of one user without CAP_IPC_LOCK, in MiB (default: 0, what bo_total_mb allows)");

static unsigned int mapping_limit = SZ_1M;
module_param(mapping_limit, uint, 0644);
MODULE_PARM_DESC(mapping_limit, "Mapping objects of one open file (default: 1048576)");

static unsigned int queued_limit = SZ_64K;
module_param(queued_limit, uint, 0644);
MODULE_PARM_DESC(queued_limit, "Jobs and asynchronous binds of one user that are not done (default: 65536)");

/* struct rocket_account - Memory that somebody has. */
struct rocket_account {
	/* @lock: Protects @used. */
	spinlock_t lock;
	/* @used: Bytes, by enum rocket_memory. */
	u64 used[ROCKET_MEMORY_KINDS];
};

/* struct rocket_user - A user of the NPU, as long as there is anything to count. */
struct rocket_user {
	/* @ref: One for each &struct rocket_quota. */
	refcount_t ref;
	/* @uid: Who. */
	kuid_t uid;
	/* @told: The kernel log has that something was refused. */
	bool told;
	/* @memory: What the user has. */
	struct rocket_account memory;
	/* @queued: Jobs and asynchronous binds; under the lock of @memory. */
	u32 queued;
};

/* What all users have. */
static struct rocket_account rocket_machine = {
	.lock = __SPIN_LOCK_UNLOCKED(rocket_machine.lock),
};

/* All users by uid, of all devices there are. Under rocket_users_lock. */
static DEFINE_XARRAY(rocket_users);
static DEFINE_MUTEX(rocket_users_lock);

/*
 * Who pays for what the current process makes. Who is in a user namespace may have as many
 * uids as it has been given; so all of the outermost namespace are one: the user who made
 * it, or, where root has made it for a container, the container's root.
 */
static kuid_t rocket_user_current(void)
{
	struct user_namespace *ns = current_user_ns();
	kuid_t root;

	if (ns == &init_user_ns)
		return current_uid();

	while (ns->parent != &init_user_ns)
		ns = ns->parent;
	if (!uid_eq(ns->owner, GLOBAL_ROOT_UID))
		return ns->owner;

	root = make_kuid(ns, 0);

	return uid_valid(root) ? root : GLOBAL_ROOT_UID;
}

static struct rocket_user *rocket_user_get_current(void)
{
	kuid_t uid = rocket_user_current();
	struct rocket_user *user;
	int ret;

	guard(mutex)(&rocket_users_lock);

	user = xa_load(&rocket_users, __kuid_val(uid));
	if (user) {
		refcount_inc(&user->ref);
		return user;
	}

	user = kzalloc_obj(*user, GFP_KERNEL_ACCOUNT);
	if (!user)
		return NULL;

	refcount_set(&user->ref, 1);
	user->uid = uid;
	spin_lock_init(&user->memory.lock);

	ret = xa_err(xa_store(&rocket_users, __kuid_val(uid), user, GFP_KERNEL_ACCOUNT));
	if (ret) {
		kfree(user);
		return NULL;
	}

	return user;
}

static void rocket_user_put(struct rocket_user *user)
{
	if (!refcount_dec_and_mutex_lock(&user->ref, &rocket_users_lock))
		return;

	for (int i = 0; i < ROCKET_MEMORY_KINDS; i++)
		WARN_ON(user->memory.used[i]);
	WARN_ON(user->queued);
	xa_erase(&rocket_users, __kuid_val(user->uid));
	mutex_unlock(&rocket_users_lock);
	kfree(user);
}

static bool rocket_account_charge(struct rocket_account *account, enum rocket_memory kind,
				  u64 bytes, u64 limit)
{
	guard(spinlock)(&account->lock);

	if (!rocket_quota_fits(account->used[kind], bytes, limit))
		return false;
	account->used[kind] += bytes;

	return true;
}

static void rocket_account_uncharge(struct rocket_account *account, enum rocket_memory kind,
				    u64 bytes)
{
	guard(spinlock)(&account->lock);

	WARN_ON(account->used[kind] < bytes);
	account->used[kind] -= bytes;
}

static u64 rocket_account_used(struct rocket_account *account, enum rocket_memory kind)
{
	guard(spinlock)(&account->lock);

	return account->used[kind];
}

/* Counts for a user and for the machine, or for neither. */
static bool rocket_user_charge(struct rocket_user *user, enum rocket_memory kind, u64 bytes,
			       u64 limit, u64 total)
{
	if (!rocket_account_charge(&rocket_machine, kind, bytes, total))
		return false;

	if (rocket_account_charge(&user->memory, kind, bytes, limit))
		return true;
	rocket_account_uncharge(&rocket_machine, kind, bytes);

	return false;
}

/**
 * rocket_quota_create() - Start to count for a file.
 *
 * Return: The quota of a file that the current user opens, to be put; %NULL
 * without memory.
 */
struct rocket_quota *rocket_quota_create(void)
{
	struct rocket_quota *quota;

	quota = kzalloc_obj(*quota, GFP_KERNEL_ACCOUNT);
	if (!quota)
		return NULL;

	kref_init(&quota->ref);
	quota->uid = current_uid();
	quota->user = rocket_user_get_current();
	if (!quota->user) {
		kfree(quota);
		return NULL;
	}

	return quota;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_quota_create);

/**
 * rocket_quota_get() - Take a reference.
 * @quota: The quota, of which the caller has one.
 *
 * Return: @quota.
 */
struct rocket_quota *rocket_quota_get(struct rocket_quota *quota)
{
	kref_get(&quota->ref);

	return quota;
}

static void rocket_quota_release(struct kref *ref)
{
	struct rocket_quota *quota = container_of(ref, struct rocket_quota, ref);

	WARN_ON(atomic_read(&quota->mappings));
	rocket_user_put(quota->user);
	kfree(quota);
}

/**
 * rocket_quota_uid() - Whose file it is.
 * @quota: Of a file.
 *
 * Return: Who opened it.
 */
kuid_t rocket_quota_uid(const struct rocket_quota *quota)
{
	return quota->uid;
}

/**
 * rocket_quota_put() - Put a reference.
 * @quota: The quota. What the owner of the reference had has been taken off.
 *
 * Context: Sleeps.
 */
void rocket_quota_put(struct rocket_quota *quota)
{
	kref_put(&quota->ref, rocket_quota_release);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_quota_put);

/* What all users together may have, in bytes. */
static u64 rocket_quota_total(enum rocket_memory kind)
{
	u64 total = (u64)READ_ONCE(bo_total_mb) * SZ_1M;

	if (!total) {
		u64 ram = (u64)totalram_pages() * PAGE_SIZE;

		total = ram - ram / ROCKET_QUOTA_RAM_LEFT;
	}

	if (kind == ROCKET_MEMORY_TABLES)
		return total / ROCKET_QUOTA_TABLE_SHARE;
	if (kind == ROCKET_MEMORY_BELOW_4G)
		return min(total / ROCKET_QUOTA_BELOW_4G_SHARE, 2 * ROCKET_QUOTA_BELOW_4G_MAX);

	return total;
}

/* Says where an owner looks which limit it was, once for as long as the user is there. */
static void rocket_quota_tell(struct rocket_user *user, enum rocket_memory kind, u64 bytes)
{
	if (xchg(&user->told, true))
		return;

	pr_notice_ratelimited("rocket: %s refused %llu KiB of %s to user %u: has %llu of %llu KiB, all users %llu of %llu KiB; see bo_limit_mb and bo_total_mb\n",
			      current->comm, bytes / SZ_1K,
			      kind == ROCKET_MEMORY_TABLES ? "page tables" : "buffers",
			      __kuid_val(user->uid),
			      rocket_account_used(&user->memory, kind) / SZ_1K,
			      rocket_quota_limit(kind) / SZ_1K,
			      rocket_account_used(&rocket_machine, kind) / SZ_1K,
			      rocket_quota_total(kind) / SZ_1K);
}

/**
 * rocket_quota_charge() - Count memory, before it is allocated.
 * @quota: Whose.
 * @kind: What for.
 * @bytes: How much.
 *
 * A caller with CAP_IPC_LOCK may go beyond the limits, as with all memory that is
 * locked; it counts all the same.
 *
 * Return: 0, or -ENOSPC and nothing has changed.
 */
int rocket_quota_charge(struct rocket_quota *quota, enum rocket_memory kind, u64 bytes)
{
	if (rocket_user_charge(quota->user, kind, bytes, rocket_quota_limit(kind),
			       rocket_quota_total(kind)))
		return 0;

	/* To be without it is normal, and nothing for the audit log. */
	if (ns_capable_noaudit(&init_user_ns, CAP_IPC_LOCK) &&
	    rocket_user_charge(quota->user, kind, bytes, U64_MAX, U64_MAX))
		return 0;

	rocket_quota_tell(quota->user, kind, bytes);

	return -ENOSPC;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_quota_charge);

/**
 * rocket_quota_uncharge() - Take memory off, after it was freed.
 * @quota: Whose.
 * @kind: What for.
 * @bytes: How much.
 */
void rocket_quota_uncharge(struct rocket_quota *quota, enum rocket_memory kind, u64 bytes)
{
	rocket_account_uncharge(&quota->user->memory, kind, bytes);
	rocket_account_uncharge(&rocket_machine, kind, bytes);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_quota_uncharge);

/**
 * rocket_quota_used() - What a user has.
 * @quota: The quota of one of the user's files.
 * @kind: Of what.
 *
 * Return: Bytes.
 */
u64 rocket_quota_used(struct rocket_quota *quota, enum rocket_memory kind)
{
	return rocket_account_used(&quota->user->memory, kind);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_quota_used);

/**
 * rocket_quota_limit() - What a user may have.
 * @kind: Of what.
 *
 * Return: Bytes.
 */
u64 rocket_quota_limit(enum rocket_memory kind)
{
	u64 limit = (u64)READ_ONCE(bo_limit_mb) * SZ_1M ?: U64_MAX;
	u64 total = rocket_quota_total(kind);

	if (kind == ROCKET_MEMORY_TABLES)
		return min(limit / ROCKET_QUOTA_TABLE_SHARE, total / 2);

	if (kind == ROCKET_MEMORY_BELOW_4G)
		return min3(limit / ROCKET_QUOTA_BELOW_4G_SHARE, ROCKET_QUOTA_BELOW_4G_MAX, total);

	return min(limit, total);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_quota_limit);

/**
 * rocket_quota_add_queued() - Count a job or an asynchronous bind, before it is made.
 * @quota: Of the file that owns the VM.
 *
 * Return: 0, or -ENOSPC and nothing has changed.
 */
int rocket_quota_add_queued(struct rocket_quota *quota)
{
	guard(spinlock)(&quota->user->memory.lock);

	if (quota->user->queued >= rocket_quota_queued_limit())
		return -ENOSPC;
	quota->user->queued++;

	return 0;
}

/**
 * rocket_quota_remove_queued() - It is done.
 * @quota: As it was added.
 */
void rocket_quota_remove_queued(struct rocket_quota *quota)
{
	guard(spinlock)(&quota->user->memory.lock);

	WARN_ON(!quota->user->queued);
	quota->user->queued--;
}

/**
 * rocket_quota_queued() - How many jobs and asynchronous binds a user has.
 * @quota: The quota of one of the user's files.
 *
 * Return: Their number.
 */
u32 rocket_quota_queued(struct rocket_quota *quota)
{
	guard(spinlock)(&quota->user->memory.lock);

	return quota->user->queued;
}

/**
 * rocket_quota_queued_limit() - How many of these a user may have.
 *
 * Return: The number.
 */
u32 rocket_quota_queued_limit(void)
{
	return READ_ONCE(queued_limit);
}

/**
 * rocket_quota_add_mapping() - Count a mapping object, before it is allocated.
 * @quota: Of the file that owns the VM.
 * @use: What it is for. Unmapping may go beyond the limit by a fixed number: it
 *	gives back what it takes unless it cuts a mapping in two.
 *
 * Return: 0, or -ENOSPC and nothing has changed.
 */
int rocket_quota_add_mapping(struct rocket_quota *quota, enum rocket_mapping_use use)
{
	u64 reserve = use == ROCKET_MAPPING_FOR_UNMAP ? ROCKET_QUOTA_UNMAP_RESERVE : 0;
	u64 limit = rocket_quota_mapping_limit() + reserve;
	int count = atomic_read(&quota->mappings);

	do {
		if (!rocket_quota_fits(count, 1, limit))
			return -ENOSPC;
	} while (!atomic_try_cmpxchg(&quota->mappings, &count, count + 1));

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(rocket_quota_add_mapping);

/**
 * rocket_quota_remove_mapping() - Take a mapping object off.
 * @quota: As it was added.
 */
void rocket_quota_remove_mapping(struct rocket_quota *quota)
{
	WARN_ON(atomic_dec_return(&quota->mappings) < 0);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_quota_remove_mapping);

/**
 * rocket_quota_mapping_limit() - How many mapping objects a file may have.
 *
 * Return: The number.
 */
u32 rocket_quota_mapping_limit(void)
{
	/* The counter is an int, with the reserve on top. */
	return min(READ_ONCE(mapping_limit), INT_MAX / 2);
}
EXPORT_SYMBOL_IF_KUNIT(rocket_quota_mapping_limit);
