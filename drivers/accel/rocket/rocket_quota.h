/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_QUOTA_H__
#define __ROCKET_QUOTA_H__

#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/types.h>
#include <linux/uidgid.h>

struct rocket_user;

/* Kinds of memory that counts for a user. */
enum rocket_memory {
	/* What BOs occupy, or keep another driver from giving back. */
	ROCKET_MEMORY_BOS,
	/* Page tables. */
	ROCKET_MEMORY_TABLES,
	/* The part of the BOs that must lie below 4 GiB. */
	ROCKET_MEMORY_BELOW_4G,
	ROCKET_MEMORY_KINDS,
};

/* What mapping objects are taken for, see rocket_quota_add_mapping(). */
enum rocket_mapping_use {
	ROCKET_MAPPING_FOR_MAP,
	ROCKET_MAPPING_FOR_UNMAP,
};

/**
 * struct rocket_quota - What an open file has of all that is limited.
 *
 * The file, its VMs and its BOs hold references: they may outlive the file.
 */
struct rocket_quota {
	/** @ref: See above. */
	struct kref ref;

	/** @user: Who pays, a reference. Never changes. */
	struct rocket_user *user;

	/** @uid: Who opened the file. Never changes. */
	kuid_t uid;

	/** @mappings: Mapping objects, in trees and spare. */
	atomic_t mappings;
};

struct rocket_quota *rocket_quota_create(void);
struct rocket_quota *rocket_quota_get(struct rocket_quota *quota);
void rocket_quota_put(struct rocket_quota *quota);
kuid_t rocket_quota_uid(const struct rocket_quota *quota);

int rocket_quota_charge(struct rocket_quota *quota, enum rocket_memory kind, u64 bytes);
void rocket_quota_uncharge(struct rocket_quota *quota, enum rocket_memory kind, u64 bytes);
u64 rocket_quota_used(struct rocket_quota *quota, enum rocket_memory kind);
u64 rocket_quota_limit(enum rocket_memory kind);

int rocket_quota_add_queued(struct rocket_quota *quota);
void rocket_quota_remove_queued(struct rocket_quota *quota);
u32 rocket_quota_queued(struct rocket_quota *quota);
u32 rocket_quota_queued_limit(void);

int rocket_quota_add_mapping(struct rocket_quota *quota, enum rocket_mapping_use use);
void rocket_quota_remove_mapping(struct rocket_quota *quota);
u32 rocket_quota_mapping_limit(void);

/**
 * rocket_quota_fits() - Whether something more stays within a limit.
 * @used: What there is; may be above the limit.
 * @more: What shall come.
 * @limit: The limit, which may be used up.
 *
 * Return: %true when it does; no value overflows.
 */
static inline bool rocket_quota_fits(u64 used, u64 more, u64 limit)
{
	return used <= limit && more <= limit - used;
}

#endif
