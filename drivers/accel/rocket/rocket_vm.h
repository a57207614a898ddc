/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ROCKET_VM_H__
#define __ROCKET_VM_H__

#include <drm/drm_gpuvm.h>
#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/sizes.h>

#include "rocket_history.h"
#include "rocket_limits.h"
#include "rocket_mmu.h"

struct drm_device;
struct drm_file;
struct drm_gem_object;
struct rocket_bind_queue;
struct rocket_device;
struct rocket_fault_log;
struct rocket_file;
struct rocket_queue;
struct rocket_quota;
struct rocket_share;

/* The first page is never mapped, so that address 0 always faults. */
#define ROCKET_VM_START		SZ_4K
#define ROCKET_VM_END		SZ_4G
/*
 * What the kernel chooses lies between: streams have been run at low addresses, from 1 MiB
 * up; users take an end of 4 GiB for an error, and the NPU may read ahead.
 */
#define ROCKET_VM_KERNEL_START	SZ_1M
#define ROCKET_VM_KERNEL_END	(ROCKET_VM_END - SZ_2M)
/* Behind each such mapping; as far as streams are known to read over the end of a BO. */
#define ROCKET_VM_GUARD_SIZE	SZ_4K

/**
 * struct rocket_vm - An NPU address space.
 *
 * The file that created it and every job that runs in it hold a reference
 * (@ref), as does each kernel-chosen mapping (&rocket_gem_object.mapping). When
 * the last one is put, the VM leaves all cores and all its mappings go. Only
 * the memory stays until the last &struct drm_gpuvm_bo, which counts on @base,
 * is gone.
 */
struct rocket_vm {
	/**
	 * @base: The single truth about who holds which address. The tree is
	 * protected by @op_lock, each BO's list of mappings by
	 * &drm_gem_object.gpuva.lock.
	 */
	struct drm_gpuvm base;

	/** @ref: See above. */
	struct kref ref;

	/** @rdev: The device; @base keeps it. */
	struct rocket_device *rdev;

	/**
	 * @owner: &drm_file.client_id of the file that created it: never 0, and no
	 * other file's while the machine runs.
	 */
	u64 owner;

	/** @id: The file's name for it. Set before anybody can use it. */
	u32 id;

	/** @quota: Who pays for what is in it, a reference. */
	struct rocket_quota *quota;

	/**
	 * @op_lock: Protects the tree of @base and all from @mmu to @history.
	 * Nothing is allocated under it, because fences wait for it. Taken inside
	 * reservation locks; &drm_gem_object.gpuva.lock is taken inside.
	 */
	struct mutex op_lock;

	/** @mmu: The page tables. */
	struct rocket_mmu mmu;

	/**
	 * @guard: A page of zeroes, a BO without handles that the NPU can only read;
	 * %NULL until something is mapped for which the kernel chooses the address. Set
	 * once, without a lock; a reference, put when all mappings have gone.
	 */
	struct drm_gem_object *guard;

	/** @in_flight: Jobs of it that run, see rocket_flight_begin(). No lock. */
	atomic_t in_flight;

	/** @mapping_count: Mappings in the tree. */
	u64 mapping_count;

	/** @mapped_bytes: What they cover. */
	u64 mapped_bytes;

	/** @guard_count: How many of them are of @guard. */
	u64 guard_count;

	/**
	 * @full_to: From ROCKET_VM_KERNEL_START up to here everything is mapped: the
	 * end of a mapping, or that start. The search for a hole begins here.
	 */
	u64 full_to;

	/** @claims: What binds that are queued will map, by address. */
	struct rb_root_cached claims;

	/** @binds_queued: How many have ever been queued. */
	u64 binds_queued;

	/** @history: What was mapped before. */
	struct rocket_history history;

	/**
	 * @bind_lock: Protects the two fields below and the order in which
	 * asynchronous binds are queued. Memory is allocated under it.
	 */
	struct mutex bind_lock;

	/** @bind_queue: Of asynchronous binds; %NULL until there is one. */
	struct rocket_bind_queue *bind_queue;

	/** @bind_closed: The VM has been destroyed: no more of them. */
	bool bind_closed;

	/**
	 * @queue_lock: Protects @queues, and a job while it gets one. Taken inside the
	 * reservation of @base; memory is allocated under it.
	 */
	struct mutex queue_lock;

	/** @queues: Of jobs; each made when it is first used, freed with the VM. */
	struct rocket_queue *queues[ROCKET_VM_QUEUES];

	/**
	 * @closed: The VM has been destroyed: no more jobs. Written under @queue_lock
	 * and the reservation of @base, read under either.
	 */
	bool closed;

	/** @share: Of the file in the NPU; a reference. */
	struct rocket_share *share;

	/**
	 * @faults: What went wrong; has its own lock. %NULL until the VM gets its
	 * first job: before that no core can hold it. Set once, under @queue_lock;
	 * freed with the VM.
	 */
	struct rocket_fault_log *faults;
};

/**
 * struct rocket_vm_ops - What VMs ask of the floors above them.
 *
 * Handed down when the device is made, &rocket_device.vm_ops.
 */
struct rocket_vm_ops {
	/**
	 * @fault: The IOMMU refused an access; the token is the &struct rocket_device.
	 * In hard interrupt context.
	 */
	iommu_fault_handler_t fault;

	/** @close: Take no more jobs and cancel those that wait. Sleeps. */
	void (*close)(struct rocket_vm *vm);

	/** @leave: No job is left: take the page tables out of all cores. Sleeps. */
	void (*leave)(struct rocket_vm *vm);

	/** @free: After @close and @leave: free the queues of jobs. */
	void (*free)(struct rocket_vm *vm);
};

static inline struct rocket_vm *to_rocket_vm(struct drm_gpuvm *gpuvm)
{
	return container_of(gpuvm, struct rocket_vm, base);
}

struct rocket_vm *rocket_vm_create(struct rocket_file *rfile);
void rocket_vm_close(struct rocket_vm *vm);
struct rocket_vm *rocket_vm_get(struct rocket_vm *vm);
void rocket_vm_put(struct rocket_vm *vm);
bool rocket_vm_try_put(struct rocket_vm *vm);
struct rocket_vm *rocket_vm_find(struct rocket_file *rfile, u32 id);
struct rocket_vm *rocket_vm_lookup(struct rocket_file *rfile, u32 id);

void rocket_vm_open_file(struct rocket_file *rfile);
void rocket_vm_close_file(struct rocket_file *rfile);

int rocket_ioctl_vm_create(struct drm_device *ddev, void *data, struct drm_file *file);
int rocket_ioctl_vm_destroy(struct drm_device *ddev, void *data, struct drm_file *file);
int rocket_ioctl_vm_query(struct drm_device *ddev, void *data, struct drm_file *file);

#endif
