/* SPDX-License-Identifier: MIT */
/*
 * Copyright © 2024 Tomeu Vizoso
 * Copyright © 2026 The rocket VM_BIND authors
 */
#ifndef __DRM_UAPI_ROCKET_ACCEL_H__
#define __DRM_UAPI_ROCKET_ACCEL_H__

#include "drm.h"

#if defined(__cplusplus)
extern "C" {
#endif

/**
 * DOC: Rocket UAPI
 *
 * **Address spaces.** Every open file owns one NPU address space, the VM with
 * id 0, and can create more with &DRM_IOCTL_ROCKET_VM_CREATE.  Nothing is
 * mapped in a VM that its owner did not map.  Addresses are 32 bits wide and
 * pages are 4 KiB; [4 KiB, 4 GiB) can be bound, the first page never.
 *
 * **Two kinds of buffer objects (BOs).** &DRM_IOCTL_ROCKET_CREATE_BO maps the
 * BO in VM 0 at an address that the kernel chooses, from 1 MiB upwards,
 * for as long as the file has a handle of it or a job that
 * names it is not done.  &DRM_IOCTL_ROCKET_GEM_CREATE maps nothing: userspace
 * binds the BO where it likes, in as many VMs as it likes, with
 * &DRM_IOCTL_ROCKET_VM_BIND.  Both kinds share one address space: what VM_BIND
 * maps over a CREATE_BO mapping replaces it.
 *
 * **Synchronisation.** Jobs that list BOs in &drm_rocket_job.in_bo_handles and
 * &drm_rocket_job.out_bo_handles synchronise implicitly through them.  Jobs
 * that rely on VM_BIND need no lists and synchronise with syncobjs, see
 * &struct drm_rocket_sync.  Jobs of one VM start in the order of submission.
 *
 * **Faults.** A job that reads or writes what is not mapped in its VM, or
 * writes what is mapped read-only, ends with -EFAULT in its fence, and
 * &DRM_IOCTL_ROCKET_VM_QUERY tells where.  A job that takes too long ends with
 * -ETIMEDOUT, one whose core is unbound with -ENODEV, and one whose core cannot
 * be brought back after something went wrong there with -EIO.  Jobs of the same
 * file that wait for the fence of a failed one, by &drm_rocket_job.in_syncs, are
 * not run and end with the same error.  All others, of the same client or not,
 * are not affected.
 *
 * After a fault or a time-out the jobs of the same file, on all cores and in all
 * VMs, wait for three times as long as the failed job had its core.  With several
 * of them this adds up.
 *
 * A core that cannot be brought back is out of service until its driver is unbound
 * and bound again.  With the last one goes the uevent WEDGED=rebind of DRM.
 *
 * **Growth.** Structs that are passed in arrays carry their size with them.
 * Fields that older userspace does not know read as zero in the kernel; larger
 * structs of newer userspace, up to 4096 bytes, are accepted as long as what the
 * kernel does not know is zero.  Padding and reserved fields must be zero,
 * unknown flags are refused.  An ioctl that fails has changed nothing.
 *
 * **What a kernel has.** Mainline's driver reports version 0.0, or 1.0, and has the
 * first four ioctls. Kernels that carry their users' patches count up to 1.6: 1.1
 * has %DRM_ROCKET_JOB_BATCHED, 1.2 and 1.3 the other two flags, 1.4 chains of any
 * length of time, 1.5 the ranges. This one has all of that and reports 1.6. It is
 * told from those by &DRM_IOCTL_ROCKET_GET_PARAM, which others answer with -EINVAL:
 * %DRM_ROCKET_PARAM_FEATURES says what there is. The version's patch level only
 * counts revisions of this interface.
 *
 * **Limits.** Memory that the kernel cannot reclaim counts for the user that
 * opened the file, over all files of that user.  A BO counts with its size from
 * its creation or import until it is freed, for the file's user that did it,
 * whoever has it by then.  Page tables count 4 KiB for each VM, and for each
 * 4 MiB of its address space where something was ever bound, until the VM is
 * gone.  Mapping objects count for the file: each mapping is one, one of
 * CREATE_BO with the page behind it two, and a VM_BIND that is at work or queued
 * has up to three more for each MAP and two for each UNMAP.  At a limit, what
 * would need more is refused with -ENOSPC; UNMAP may go
 * beyond it by 131072 objects.  &DRM_IOCTL_ROCKET_GET_PARAM tells the limits and
 * what is used.
 *
 * **Errors of every ioctl** here, beside those that each one lists: -ENODEV
 * when the NPU has gone away, -EFAULT when a user pointer cannot be accessed,
 * -ENOMEM when the kernel is out of memory.  A signal restarts the ioctl
 * (-EINTR or transparently, as libdrm's drmIoctl() does).
 *
 * The first ioctl that uses VM 0 makes it, for as long as the file is open, also
 * when it fails afterwards; it returns -ENOSPC when the user may have no more page
 * tables.
 */

#define DRM_ROCKET_CREATE_BO			0x00
#define DRM_ROCKET_SUBMIT			0x01
#define DRM_ROCKET_PREP_BO			0x02
#define DRM_ROCKET_FINI_BO			0x03
#define DRM_ROCKET_PREP_BO_RANGES		0x04
#define DRM_ROCKET_FINI_BO_RANGES		0x05
/* 0x06 to 0x0f are left to mainline. */
#define DRM_ROCKET_GET_PARAM			0x10
#define DRM_ROCKET_GEM_CREATE			0x11
#define DRM_ROCKET_VM_CREATE			0x12
#define DRM_ROCKET_VM_DESTROY			0x13
#define DRM_ROCKET_VM_BIND			0x14
#define DRM_ROCKET_VM_QUERY			0x15
#define DRM_ROCKET_GEM_QUERY			0x16

#define DRM_IOCTL_ROCKET_CREATE_BO \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_ROCKET_CREATE_BO, struct drm_rocket_create_bo)
#define DRM_IOCTL_ROCKET_SUBMIT \
	DRM_IOW(DRM_COMMAND_BASE + DRM_ROCKET_SUBMIT, struct drm_rocket_submit)
#define DRM_IOCTL_ROCKET_PREP_BO \
	DRM_IOW(DRM_COMMAND_BASE + DRM_ROCKET_PREP_BO, struct drm_rocket_prep_bo)
#define DRM_IOCTL_ROCKET_FINI_BO \
	DRM_IOW(DRM_COMMAND_BASE + DRM_ROCKET_FINI_BO, struct drm_rocket_fini_bo)
#define DRM_IOCTL_ROCKET_PREP_BO_RANGES \
	DRM_IOW(DRM_COMMAND_BASE + DRM_ROCKET_PREP_BO_RANGES, struct drm_rocket_prep_bo_ranges)
#define DRM_IOCTL_ROCKET_FINI_BO_RANGES \
	DRM_IOW(DRM_COMMAND_BASE + DRM_ROCKET_FINI_BO_RANGES, struct drm_rocket_fini_bo_ranges)
#define DRM_IOCTL_ROCKET_GET_PARAM \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_ROCKET_GET_PARAM, struct drm_rocket_get_param)
#define DRM_IOCTL_ROCKET_GEM_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_ROCKET_GEM_CREATE, struct drm_rocket_gem_create)
#define DRM_IOCTL_ROCKET_VM_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_ROCKET_VM_CREATE, struct drm_rocket_vm_create)
#define DRM_IOCTL_ROCKET_VM_DESTROY \
	DRM_IOW(DRM_COMMAND_BASE + DRM_ROCKET_VM_DESTROY, struct drm_rocket_vm_destroy)
#define DRM_IOCTL_ROCKET_VM_BIND \
	DRM_IOW(DRM_COMMAND_BASE + DRM_ROCKET_VM_BIND, struct drm_rocket_vm_bind)
#define DRM_IOCTL_ROCKET_VM_QUERY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_ROCKET_VM_QUERY, struct drm_rocket_vm_query)
#define DRM_IOCTL_ROCKET_GEM_QUERY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_ROCKET_GEM_QUERY, struct drm_rocket_gem_query)

/**
 * struct drm_rocket_create_bo - Create a BO and map it in VM 0.
 *
 * The BO is mapped readable and writable at an address that the kernel
 * chooses.  The mapping goes when the file has closed all its handles of the BO
 * and the jobs that name it are done.  The page behind it belongs to the
 * mapping: the NPU reads zeroes there and cannot write.
 *
 * What queued binds (%DRM_ROCKET_VM_BIND_ASYNC) will map in VM 0 is not free, and
 * those that were queued before do not unmap the BO.
 *
 * Errors: -EINVAL when @size is 0; -ENOSPC when VM 0 has no hole of that size and
 * a page, or the user no BO memory, page table or the file no mapping object left.
 */
struct drm_rocket_create_bo {
	/**
	 * @size: Input: Size of the BO in bytes, rounded up to whole pages.
	 */
	__u32 size;

	/**
	 * @handle: Output: GEM handle for the BO.
	 */
	__u32 handle;

	/**
	 * @dma_address: Output: Address of the BO in VM 0 of this file, page
	 * aligned; at least 1 MiB, and at most 4 GiB - 2 MiB where the BO ends.
	 */
	__u64 dma_address;

	/**
	 * @offset: Output: Offset into the drm node to use for subsequent
	 * mmap call.
	 */
	__u64 offset;
};

/**
 * struct drm_rocket_prep_bo - Start CPU ownership of a BO.
 *
 * Waits for the jobs that write the BO, as far as they named it in
 * &drm_rocket_job.out_bo_handles, and for the writes of other devices that
 * share it (if it is imported, for those that read it as well); then makes
 * what the NPU wrote visible to the CPU.  Jobs that used the BO only through
 * VM_BIND must be awaited with a syncobj before.
 *
 * Errors: -EINVAL when @reserved is not 0, -ENOENT when @handle is unknown,
 * -EBUSY when @timeout_ns is not in the future and the BO is busy, -ETIMEDOUT
 * when it still was when the time had come.
 */
struct drm_rocket_prep_bo {
	/**
	 * @handle: Input: GEM handle of the buffer object.
	 */
	__u32 handle;

	/**
	 * @reserved: Reserved, must be zero.
	 */
	__u32 reserved;

	/**
	 * @timeout_ns: Input: When to give up, as absolute CLOCK_MONOTONIC time
	 * in ns.
	 */
	__s64 timeout_ns;
};

/**
 * struct drm_rocket_fini_bo - End CPU ownership of a BO.
 *
 * Makes what the CPU wrote visible to the NPU.
 *
 * Errors: -EINVAL when @reserved is not 0, -ENOENT when @handle is unknown.
 */
struct drm_rocket_fini_bo {
	/**
	 * @handle: Input: GEM handle of the buffer object.
	 */
	__u32 handle;

	/**
	 * @reserved: Reserved, must be zero.
	 */
	__u32 reserved;
};

/**
 * struct drm_rocket_bo_range - A part of a BO.
 */
struct drm_rocket_bo_range {
	/** @offset: Where it begins, in bytes; any. */
	__u64 offset;

	/** @size: Its size in bytes, not zero; any. */
	__u64 size;
};

/**
 * struct drm_rocket_prep_bo_ranges - Start CPU ownership of parts of a BO.
 *
 * As &struct drm_rocket_prep_bo, for all that the CPU is going to read: what it
 * costs is what the ranges cover.  Waits for the BO as a whole.  What is in the
 * same cache line as the end of a range, of 64 bytes, may be handed over with it.
 * An imported BO is handed over as a whole.
 *
 * Errors: those of &struct drm_rocket_prep_bo; -EINVAL when @range_count is
 * above 1024, or a range is empty, not inside the BO, or does not begin behind
 * the one before it.
 */
struct drm_rocket_prep_bo_ranges {
	/** @handle: Input: GEM handle of the buffer object. */
	__u32 handle;

	/** @range_count: Input: Number of @ranges; 0 means the whole BO. */
	__u32 range_count;

	/**
	 * @ranges: Input: Pointer to an array of struct drm_rocket_bo_range, by
	 * ascending offset, without overlaps; they may touch.
	 */
	__u64 ranges;

	/** @timeout_ns: Input: As &drm_rocket_prep_bo.timeout_ns. */
	__s64 timeout_ns;

	/** @reserved: Reserved, must be zero. */
	__u64 reserved;
};

/**
 * struct drm_rocket_fini_bo_ranges - End CPU ownership of parts of a BO.
 *
 * As &struct drm_rocket_fini_bo, for all that the CPU has written.
 *
 * Errors: as those of &struct drm_rocket_prep_bo_ranges, without what comes of
 * waiting.
 */
struct drm_rocket_fini_bo_ranges {
	/** @handle: Input: GEM handle of the buffer object. */
	__u32 handle;

	/** @range_count: Input: Number of @ranges; 0 means the whole BO. */
	__u32 range_count;

	/** @ranges: Input: As &drm_rocket_prep_bo_ranges.ranges. */
	__u64 ranges;

	/** @reserved: Reserved, must be zero. */
	__u64 reserved;
};

/**
 * struct drm_rocket_sync - A syncobj to wait for or to signal.
 */
struct drm_rocket_sync {
	/** @handle: Syncobj handle. */
	__u32 handle;

#define DRM_ROCKET_SYNC_TIMELINE		(1 << 0)
	/**
	 * @flags: %DRM_ROCKET_SYNC_TIMELINE when the syncobj is a timeline and
	 * @point counts; otherwise it is binary.
	 */
	__u32 flags;

	/**
	 * @point: Timeline point, not 0.  Must be 0 for a binary syncobj.
	 */
	__u64 point;
};

/**
 * struct drm_rocket_task - A task to be run on the NPU
 *
 * A task is the smallest unit of work that can be run on the NPU.
 */
struct drm_rocket_task {
	/**
	 * @regcmd: Input: Address of the register command stream in the job's
	 * VM, aligned to 8 bytes.  Execution begins at the 16 bytes that it lies in.
	 */
	__u32 regcmd;

	/**
	 * @regcmd_count: Input: Number of 64-bit commands in the stream,
	 * 1 to 131072.
	 */
	__u32 regcmd_count;

	/**
	 * @chain_count: Input: How many tasks the core runs from here on by
	 * itself, up to 4095.  0 and 1 both mean only this one.
	 *
	 * The stream of each task of a chain but the last ends with the address
	 * and the size of the next one's, as the hardware wants it
	 * (PC_BASE_ADDRESS and PC_REGISTER_AMOUNTS).  There is one interrupt for
	 * all of them, and a time-out and a fault end all that is left.  A chain
	 * that ends before so many tasks have is never done: its job ends with
	 * -ETIMEDOUT.  What is behind them is not run.
	 *
	 * This field and @pad are younger than the rest: with a
	 * &drm_rocket_job.task_struct_size that ends before them they read as
	 * zero.  The kernel knows them if it has %DRM_ROCKET_FEATURE_CHAINS.
	 */
	__u32 chain_count;

	/** @pad: Must be zero. */
	__u32 pad;
};

/**
 * enum drm_rocket_job_priority - How much of the NPU a job's file gets while it runs.
 *
 * Who has had least of the NPU comes next.  How much a job counts depends on its priority.
 * Among jobs of one file that could run the one with the higher priority comes first; in
 * a queue it changes nothing.
 */
enum drm_rocket_job_priority {
	/** @DRM_ROCKET_JOB_PRIORITY_NORMAL: The default. */
	DRM_ROCKET_JOB_PRIORITY_NORMAL = 0,

	/** @DRM_ROCKET_JOB_PRIORITY_LOW: Counts four times the time that it takes. */
	DRM_ROCKET_JOB_PRIORITY_LOW = 1,

	/**
	 * @DRM_ROCKET_JOB_PRIORITY_HIGH: Counts a quarter of the time that it
	 * takes.  Needs CAP_SYS_NICE.
	 */
	DRM_ROCKET_JOB_PRIORITY_HIGH = 2,
};

/**
 * struct drm_rocket_job - A job to be run on the NPU
 *
 * The kernel will schedule the execution of this job taking into account its
 * dependencies with other jobs. All tasks in the same job will be executed
 * sequentially on the same core, to benefit from memory residency in SRAM.
 *
 * All fields from @flags on are younger than the rest: with a
 * &drm_rocket_submit.job_struct_size that ends before one of them it reads as
 * zero, and zero always means what the oldest interface did.
 */
struct drm_rocket_job {
	/**
	 * @tasks: Input: Pointer to an array of struct drm_rocket_task.
	 */
	__u64 tasks;

	/**
	 * @in_bo_handles: Input: Pointer to a u32 array of the BOs that
	 * are read by the job.
	 */
	__u64 in_bo_handles;

	/**
	 * @out_bo_handles: Input: Pointer to a u32 array of the BOs that
	 * are written to by the job.
	 */
	__u64 out_bo_handles;

	/**
	 * @task_count: Input: Number of tasks passed in, 1 to 65536.
	 */
	__u32 task_count;

	/**
	 * @task_struct_size: Input: Size in bytes of the structs in the
	 * @tasks field.
	 */
	__u32 task_struct_size;

	/**
	 * @in_bo_handle_count: Input: Number of input BO handles passed in
	 * (size is that times 4), up to 65536; of all jobs of the ioctl together,
	 * with their output BO handles, up to 131072.
	 */
	__u32 in_bo_handle_count;

	/**
	 * @out_bo_handle_count: Input: Number of output BO handles passed in
	 * (size is that times 4), up to 65536.
	 */
	__u32 out_bo_handle_count;

	/**
	 * @flags: Input: Zero or more of DRM_ROCKET_JOB_*.
	 *
	 * %DRM_ROCKET_JOB_BATCHED: All tasks of the job, %DRM_ROCKET_PARAM_MAX_CHAIN
	 * at most, are one chain, as if &drm_rocket_task.chain_count of the first said so.  None
	 * may have a chain_count above 1.
	 *
	 * %DRM_ROCKET_JOB_NO_DPU_DONE: The last block to write is a DPU whose end
	 * raises nothing: on RK3576, where its output has elements wider than a
	 * byte.  There a task of the job also ends 250 us after the program
	 * controller and CORE are through with it, which a timer looks for.  On RK3588
	 * the end of any DPU is raised, and the flag changes nothing.
	 *
	 * %DRM_ROCKET_JOB_PPU_DONE: The last block to write is a PPU.  Without the
	 * flag the end of either ends a task.  With it the end of a DPU alone does
	 * so a millisecond later: a wrong hint costs that time, and nothing else.
	 */
#define DRM_ROCKET_JOB_BATCHED			(1 << 0)
#define DRM_ROCKET_JOB_NO_DPU_DONE		(1 << 1)
#define DRM_ROCKET_JOB_PPU_DONE			(1 << 2)
	__u32 flags;

	/**
	 * @vm_id: Input: The VM in which the job runs; 0 is the file's own.
	 */
	__u32 vm_id;

	/**
	 * @in_syncs: Input: Pointer to an array of struct drm_rocket_sync that
	 * the job waits for.  Each must have a fence already (-EINVAL).  If
	 * it is the fence of a job or bind of this file that failed, the job is
	 * not run and ends with that error; of a timeline point that has passed
	 * that may not be known any more.
	 */
	__u64 in_syncs;

	/**
	 * @out_syncs: Input: Pointer to an array of struct drm_rocket_sync that
	 * get the job's fence.
	 */
	__u64 out_syncs;

	/**
	 * @core_mask: Input: The cores that may run the job, bit n for core n.
	 * 0 means any.  -EINVAL when no such core is present, -EIO when those
	 * that are cannot be brought back.
	 */
	__u32 core_mask;

	/** @in_sync_count: Input: Number of @in_syncs, up to 1024. */
	__u32 in_sync_count;

	/**
	 * @sync_struct_size: Input: Size in bytes of the structs in @in_syncs
	 * and @out_syncs.  Not looked at when both counts are 0.
	 */
	__u32 sync_struct_size;

	/** @out_sync_count: Input: Number of @out_syncs, up to 1024. */
	__u32 out_sync_count;

	/**
	 * @timeout_ms: Input: How long the job may take on its core before it
	 * is killed, in ms, up to the maximum that
	 * %DRM_ROCKET_PARAM_MAX_JOB_TIMEOUT_MS tells.  0 means the default of
	 * %DRM_ROCKET_PARAM_JOB_TIMEOUT_MS.
	 */
	__u32 timeout_ms;

	/**
	 * @priority: Input: One of enum drm_rocket_job_priority.  -EPERM for
	 * %DRM_ROCKET_JOB_PRIORITY_HIGH without CAP_SYS_NICE.
	 */
	__u32 priority;

	/**
	 * @user_data: Input: Any number; the VM's fault records name the job by
	 * it.
	 */
	__u64 user_data;

	/**
	 * @queue_id: Input: Which queue of the VM, less than
	 * %DRM_ROCKET_PARAM_MAX_QUEUES.  Jobs of a queue run one after the other, in
	 * the order in which they were submitted.  Those of different queues may run
	 * at the same time, on different cores; what one of them needs of another it
	 * has to wait for, by a BO that both list or by @in_syncs.  Jobs of one ioctl
	 * that are in a queue 0 run one after the other, whatever their VMs.  A queue
	 * is there when it is first used, and goes with its VM.
	 */
	__u32 queue_id;

	/** @pad: Must be zero. */
	__u32 pad;
};

/**
 * struct drm_rocket_submit - ioctl argument for submitting commands to the NPU.
 *
 * The kernel will schedule the execution of these jobs in dependency order.
 * Either all jobs are taken or, on an error, none.
 *
 * Errors: -EINVAL for a size, count, flag, address or alignment out of range,
 * for a @job_struct_size or &drm_rocket_job.task_struct_size smaller than in
 * the first version of this interface, for a sync without a fence; -E2BIG for
 * more syncs than there may be, and when a struct is larger than the kernel
 * knows and the excess is not zero, or than 4096 bytes; -ENOENT for an unknown
 * BO handle, VM id or syncobj; -EPERM for a priority that the caller may not
 * use; -EIO when all cores that a job may run on are out of service; -ENOSPC
 * when the user would have more than %DRM_ROCKET_PARAM_MAX_QUEUED jobs and binds.
 */
struct drm_rocket_submit {
	/**
	 * @jobs: Input: Pointer to an array of struct drm_rocket_job.
	 */
	__u64 jobs;

	/**
	 * @job_count: Input: Number of jobs passed in, up to 1024.  0 does
	 * nothing.
	 */
	__u32 job_count;

	/**
	 * @job_struct_size: Input: Size in bytes of the structs in the
	 * @jobs field.
	 */
	__u32 job_struct_size;

	/**
	 * @reserved: Reserved, must be zero.
	 */
	__u64 reserved;
};

/**
 * enum drm_rocket_param - What &DRM_IOCTL_ROCKET_GET_PARAM tells.
 */
enum drm_rocket_param {
	/** @DRM_ROCKET_PARAM_FEATURES: Bits DRM_ROCKET_FEATURE_*. */
	DRM_ROCKET_PARAM_FEATURES = 0,

	/** @DRM_ROCKET_PARAM_CORE_MASK: The cores in service, bit n for core n. */
	DRM_ROCKET_PARAM_CORE_MASK = 1,

	/**
	 * @DRM_ROCKET_PARAM_IP_VERSION: The IP's version, registers VERSION +
	 * (VERSION_NUM & 0xffff); 1179210309 on the RK3588.
	 */
	DRM_ROCKET_PARAM_IP_VERSION = 2,

	/** @DRM_ROCKET_PARAM_VA_START: First address that can be bound. */
	DRM_ROCKET_PARAM_VA_START = 3,

	/** @DRM_ROCKET_PARAM_VA_END: The address behind the last one. */
	DRM_ROCKET_PARAM_VA_END = 4,

	/** @DRM_ROCKET_PARAM_PAGE_SIZE: The unit of binding, in bytes. */
	DRM_ROCKET_PARAM_PAGE_SIZE = 5,

	/**
	 * @DRM_ROCKET_PARAM_JOB_TIMEOUT_MS: How long a job may take on its core
	 * unless it says otherwise, in ms.
	 */
	DRM_ROCKET_PARAM_JOB_TIMEOUT_MS = 6,

	/**
	 * @DRM_ROCKET_PARAM_MAX_JOB_TIMEOUT_MS: The longest timeout that a job
	 * may ask for, in ms.
	 */
	DRM_ROCKET_PARAM_MAX_JOB_TIMEOUT_MS = 7,

	/** @DRM_ROCKET_PARAM_MAX_VMS: VMs that one file can have, VM 0 included. */
	DRM_ROCKET_PARAM_MAX_VMS = 8,

	/** @DRM_ROCKET_PARAM_MAX_BIND_OPS: Operations in one VM_BIND. */
	DRM_ROCKET_PARAM_MAX_BIND_OPS = 9,

	/**
	 * @DRM_ROCKET_PARAM_MAX_MAPPINGS: Mapping objects that one file can have
	 * in all its VMs.
	 */
	DRM_ROCKET_PARAM_MAX_MAPPINGS = 10,

	/** @DRM_ROCKET_PARAM_MAPPINGS: How many of them this file has. */
	DRM_ROCKET_PARAM_MAPPINGS = 11,

	/**
	 * @DRM_ROCKET_PARAM_MAX_BO_MEMORY: BOs that one user can have, in bytes,
	 * if others leave as much; not a limit for callers with CAP_IPC_LOCK.
	 */
	DRM_ROCKET_PARAM_MAX_BO_MEMORY = 12,

	/** @DRM_ROCKET_PARAM_BO_MEMORY: What this file's user has, in bytes. */
	DRM_ROCKET_PARAM_BO_MEMORY = 13,

	/**
	 * @DRM_ROCKET_PARAM_MAX_TABLE_MEMORY: Page tables that one user can have,
	 * in bytes; not a limit for callers with CAP_IPC_LOCK.
	 */
	DRM_ROCKET_PARAM_MAX_TABLE_MEMORY = 14,

	/** @DRM_ROCKET_PARAM_TABLE_MEMORY: What this file's user has, in bytes. */
	DRM_ROCKET_PARAM_TABLE_MEMORY = 15,

	/** @DRM_ROCKET_PARAM_MAX_QUEUES: Queues of jobs that each VM has. */
	DRM_ROCKET_PARAM_MAX_QUEUES = 16,

	/**
	 * @DRM_ROCKET_PARAM_MAX_QUEUED: Jobs and asynchronous binds that one user can
	 * have that are not done; the next is refused with -ENOSPC.
	 */
	DRM_ROCKET_PARAM_MAX_QUEUED = 17,

	/** @DRM_ROCKET_PARAM_QUEUED: How many of them this file's user has. */
	DRM_ROCKET_PARAM_QUEUED = 18,

	/**
	 * @DRM_ROCKET_PARAM_SOC: Number of the SoC, 3588 or 3576.  It says how the
	 * registers of command streams are laid out.
	 */
	DRM_ROCKET_PARAM_SOC = 19,

	/**
	 * @DRM_ROCKET_PARAM_MAX_CHAIN: Tasks of one chain, which the width of a
	 * register limits: 4095 on RK3588, 65535 on RK3576.
	 */
	DRM_ROCKET_PARAM_MAX_CHAIN = 20,
};

/** %DRM_ROCKET_FEATURE_VM_BIND: VMs, VM_BIND and the younger fields of jobs. */
#define DRM_ROCKET_FEATURE_VM_BIND		(1ULL << 0)
/** %DRM_ROCKET_FEATURE_CHAINS: &drm_rocket_task.chain_count. */
#define DRM_ROCKET_FEATURE_CHAINS		(1ULL << 1)
/** %DRM_ROCKET_FEATURE_JOB_FLAGS: DRM_ROCKET_JOB_*, which version 1.3 means, too. */
#define DRM_ROCKET_FEATURE_JOB_FLAGS		(1ULL << 2)
/** %DRM_ROCKET_FEATURE_BO_RANGES: PREP_BO_RANGES, FINI_BO_RANGES; so does 1.5. */
#define DRM_ROCKET_FEATURE_BO_RANGES		(1ULL << 3)
/** %DRM_ROCKET_FEATURE_GEM_QUERY: &DRM_IOCTL_ROCKET_GEM_QUERY. */
#define DRM_ROCKET_FEATURE_GEM_QUERY		(1ULL << 4)
/** %DRM_ROCKET_FEATURE_QUEUES: &drm_rocket_job.queue_id, and priorities as shares. */
#define DRM_ROCKET_FEATURE_QUEUES		(1ULL << 5)
/** %DRM_ROCKET_FEATURE_BELOW_4G: %DRM_ROCKET_GEM_BELOW_4G; not on every machine. */
#define DRM_ROCKET_FEATURE_BELOW_4G		(1ULL << 6)

/**
 * struct drm_rocket_get_param - Ask for a fact about driver and hardware.
 *
 * Errors: -EINVAL when @param is unknown or @pad is not 0.
 */
struct drm_rocket_get_param {
	/** @param: Input: One of enum drm_rocket_param. */
	__u32 param;

	/** @pad: Must be zero. */
	__u32 pad;

	/** @value: Output: The answer. */
	__u64 value;
};

/**
 * struct drm_rocket_gem_create - Create a BO that is not mapped anywhere.
 *
 * The BO reads as zeroes.
 *
 * Errors: -EINVAL when @size is 0, an unknown flag is set, @vm_id is not 0
 * without %DRM_ROCKET_GEM_VM_PRIVATE or @pad is not 0; -EOPNOTSUPP for
 * %DRM_ROCKET_GEM_BELOW_4G without %DRM_ROCKET_FEATURE_BELOW_4G; -E2BIG when @size
 * does not fit in the address space; -ENOENT when @vm_id is unknown; -ENOSPC when
 * the user has not so much BO memory left.  The same goes for the import of a
 * dma-buf, which is a BO as well.
 */
struct drm_rocket_gem_create {
	/** @size: Input: Size in bytes, rounded up to whole pages. */
	__u64 size;

	/**
	 * @flags: Input: Zero or more of DRM_ROCKET_GEM_*.
	 *
	 * %DRM_ROCKET_GEM_WC: CPU mappings are write-combined.  What the CPU
	 * writes needs no &DRM_IOCTL_ROCKET_FINI_BO, what it reads no
	 * &DRM_IOCTL_ROCKET_PREP_BO, but reading is slow.
	 *
	 * %DRM_ROCKET_GEM_VM_PRIVATE: The BO can be bound in @vm_id only and
	 * cannot be exported.  It shares the VM's reservation object.
	 *
	 * %DRM_ROCKET_GEM_BELOW_4G: All of its memory has physical addresses below
	 * 4 GiB, for devices that reach no further and get it by PRIME; the NPU
	 * reaches all memory.  It gets its memory at once (-ENOMEM).  Such BOs count
	 * as others do, and a user can have a quarter of
	 * %DRM_ROCKET_PARAM_MAX_BO_MEMORY of them, 1 GiB at most.
	 */
#define DRM_ROCKET_GEM_WC			(1 << 0)
#define DRM_ROCKET_GEM_VM_PRIVATE		(1 << 1)
#define DRM_ROCKET_GEM_BELOW_4G			(1 << 3)
	__u32 flags;

	/** @vm_id: Input: The VM of a private BO, else zero. */
	__u32 vm_id;

	/** @handle: Output: GEM handle for the BO. */
	__u32 handle;

	/** @pad: Must be zero. */
	__u32 pad;

	/** @offset: Output: Offset into the drm node for mmap. */
	__u64 offset;
};

/**
 * struct drm_rocket_gem_query - Ask what a handle stands for.
 *
 * For a BO that came by PRIME, above all.
 *
 * Errors: -EINVAL when @pad is not 0, -ENOENT when @handle is unknown.
 */
struct drm_rocket_gem_query {
	/** @handle: Input: GEM handle of the BO. */
	__u32 handle;

	/**
	 * @flags: Output: Zero or more of DRM_ROCKET_GEM_*.
	 *
	 * %DRM_ROCKET_GEM_WC, %DRM_ROCKET_GEM_VM_PRIVATE, %DRM_ROCKET_GEM_BELOW_4G:
	 * As it was created.
	 *
	 * %DRM_ROCKET_GEM_IMPORTED: The memory is another driver's.
	 */
#define DRM_ROCKET_GEM_IMPORTED			(1 << 2)
	__u32 flags;

	/** @size: Output: Size in bytes. */
	__u64 size;

	/** @offset: Output: Offset into the drm node for mmap. */
	__u64 offset;

	/**
	 * @dma_address: Output: Where CREATE_BO has mapped it in VM 0 of this file;
	 * zero for a BO that it has not, or that is not mapped so any more.
	 */
	__u64 dma_address;

	/** @pad: Must be zero. */
	__u64 pad;
};

/**
 * struct drm_rocket_vm_create - Create a further VM.
 *
 * Errors: -EINVAL when @flags is not 0, -ENOSPC when the file has
 * %DRM_ROCKET_PARAM_MAX_VMS already or the user no page table left.
 */
struct drm_rocket_vm_create {
	/** @flags: Input: Must be zero. */
	__u32 flags;

	/** @vm_id: Output: Id of the VM in this file, never 0. */
	__u32 vm_id;
};

/**
 * struct drm_rocket_vm_destroy - Destroy a VM.
 *
 * The id is free at once.  Jobs that have not started are cancelled: their
 * fences signal with -ESRCH.  A job that runs ends as it would have; the
 * mappings stay until then.
 *
 * Errors: -EINVAL when @vm_id is 0 or @pad is not 0, -ENOENT when it is
 * unknown.
 */
struct drm_rocket_vm_destroy {
	/** @vm_id: Input: The VM. */
	__u32 vm_id;

	/** @pad: Must be zero. */
	__u32 pad;
};

/**
 * enum drm_rocket_vm_bind_op_type - What an operation of VM_BIND does.
 */
enum drm_rocket_vm_bind_op_type {
	/**
	 * @DRM_ROCKET_VM_BIND_OP_MAP: Map a part of a BO.  What was mapped in
	 * the range before is unmapped first, split at the ends if need be.
	 */
	DRM_ROCKET_VM_BIND_OP_MAP = 0,

	/**
	 * @DRM_ROCKET_VM_BIND_OP_UNMAP: Unmap all that is mapped in a range,
	 * split at the ends if need be.  Nothing has to be mapped there.
	 */
	DRM_ROCKET_VM_BIND_OP_UNMAP = 1,

	/**
	 * @DRM_ROCKET_VM_BIND_OP_UNMAP_BO: Unmap all mappings of one BO,
	 * wherever in the VM they are.
	 */
	DRM_ROCKET_VM_BIND_OP_UNMAP_BO = 2,
};

/**
 * struct drm_rocket_vm_bind_op - One operation of VM_BIND.
 */
struct drm_rocket_vm_bind_op {
	/** @op: Input: One of enum drm_rocket_vm_bind_op_type. */
	__u32 op;

	/**
	 * @flags: Input: %DRM_ROCKET_VM_BIND_READONLY, for MAP only: the NPU
	 * can read but not write.
	 */
#define DRM_ROCKET_VM_BIND_READONLY		(1 << 0)
	__u32 flags;

	/** @handle: Input: GEM handle of the BO; zero for UNMAP. */
	__u32 handle;

	/** @pad: Must be zero. */
	__u32 pad;

	/**
	 * @bo_offset: Input: Where in the BO the mapping begins, in bytes, page
	 * aligned; zero for UNMAP and UNMAP_BO.
	 */
	__u64 bo_offset;

	/**
	 * @addr: Input: First address, page aligned, at least 4 KiB; zero for
	 * UNMAP_BO.
	 */
	__u64 addr;

	/**
	 * @range: Input: Size in bytes, page aligned, not zero, @addr + @range
	 * at most 4 GiB; zero for UNMAP_BO.
	 */
	__u64 range;
};

/**
 * struct drm_rocket_vm_bind - Change what is mapped in a VM.
 *
 * The operations take effect in their order, all of them or, on an error, none.
 * When they have taken effect the NPU cannot reach what was unmapped any more. A
 * job that runs meanwhile may fault where the range it uses is unmapped or
 * replaced.
 *
 * Without flags they have taken effect when the ioctl returns, whatever is
 * queued. With %DRM_ROCKET_VM_BIND_ASYNC they are queued: they wait for
 * @in_syncs and for what was queued in the VM before, take effect then, and
 * signal @out_syncs. All that can fail has failed when the ioctl returns. When
 * the VM is destroyed or the file closed before, they do not take effect, and
 * the fences end with an error.
 *
 * A mapping holds a reference to its BO, as does an operation that is queued:
 * closing the handle unmaps nothing.
 *
 * Errors: -EINVAL for an unknown operation or flag, an address, offset or
 * range that is not page aligned or out of bounds, a field that must be zero
 * and is not, a private BO of another VM, syncs without
 * %DRM_ROCKET_VM_BIND_ASYNC, a sync without a fence, or a struct size smaller
 * than in the first version; -E2BIG when @op_count is above
 * %DRM_ROCKET_PARAM_MAX_BIND_OPS, there are more syncs than there may be, the
 * operations map more than 16 GiB together, or a struct is larger than the
 * kernel knows and the excess is not zero; -ENOENT for an unknown VM, BO
 * handle or syncobj; -ENOSPC when the user has not enough page tables or the
 * file not enough mapping objects left, or the user as many jobs and binds queued
 * as %DRM_ROCKET_PARAM_MAX_QUEUED says.
 */
struct drm_rocket_vm_bind {
	/** @vm_id: Input: The VM. */
	__u32 vm_id;

	/** @flags: Input: Zero or %DRM_ROCKET_VM_BIND_ASYNC. */
#define DRM_ROCKET_VM_BIND_ASYNC		(1 << 0)
	__u32 flags;

	/** @ops: Input: Pointer to an array of struct drm_rocket_vm_bind_op. */
	__u64 ops;

	/**
	 * @op_count: Input: Number of @ops.  With 0, an asynchronous bind only
	 * waits and signals; a synchronous one does nothing.  The ranges of all
	 * MAP operations together may be up to 16 GiB, four times what can be
	 * mapped at once: no signal interrupts operations that take effect.
	 */
	__u32 op_count;

	/** @op_struct_size: Input: Size in bytes of the structs in @ops. */
	__u32 op_struct_size;

	/**
	 * @in_syncs: Input: Pointer to an array of struct drm_rocket_sync to
	 * wait for.  Each must have a fence already (-EINVAL).
	 */
	__u64 in_syncs;

	/**
	 * @out_syncs: Input: Pointer to an array of struct drm_rocket_sync that
	 * get the fence of the operations.
	 */
	__u64 out_syncs;

	/** @in_sync_count: Input: Number of @in_syncs, up to 1024. */
	__u32 in_sync_count;

	/** @out_sync_count: Input: Number of @out_syncs, up to 1024. */
	__u32 out_sync_count;

	/**
	 * @sync_struct_size: Input: Size in bytes of the structs in @in_syncs
	 * and @out_syncs.  Not looked at when both counts are 0.
	 */
	__u32 sync_struct_size;

	/** @pad: Must be zero. */
	__u32 pad;
};

/**
 * struct drm_rocket_vm_fault - A fault that ended a job.
 */
struct drm_rocket_vm_fault {
	/** @addr: The address in the VM that was accessed. */
	__u64 addr;

	/** @time_ns: When, in ns of CLOCK_MONOTONIC. */
	__u64 time_ns;

	/** @user_data: &drm_rocket_job.user_data of the job. */
	__u64 user_data;

	/** @core: The core that ran it. */
	__u32 core;

	/**
	 * @flags:
	 *
	 * %DRM_ROCKET_VM_FAULT_WRITE: It was a write.
	 *
	 * %DRM_ROCKET_VM_FAULT_NO_ADDR: Nobody knows where, and @addr is 0: the
	 * IOMMU reported nothing, the core did, when the job's time was up.
	 */
#define DRM_ROCKET_VM_FAULT_WRITE		(1 << 0)
#define DRM_ROCKET_VM_FAULT_NO_ADDR		(1 << 1)
	__u32 flags;
};

/**
 * struct drm_rocket_vm_query - Ask for the state of a VM and its faults.
 *
 * A VM keeps its first 32 fault records; those that come when it is full are
 * counted and dropped.
 *
 * Errors: -EINVAL for an unknown flag, or a @fault_struct_size smaller than in
 * the first version; -E2BIG when it is larger than 4096; -ENOENT for an unknown
 * VM.
 */
struct drm_rocket_vm_query {
	/** @vm_id: Input: The VM. */
	__u32 vm_id;

	/**
	 * @flags: Input: %DRM_ROCKET_VM_QUERY_CLEAR removes the records that
	 * are returned and zeroes @faults_dropped.
	 */
#define DRM_ROCKET_VM_QUERY_CLEAR		(1 << 0)
	__u32 flags;

	/**
	 * @faults: Input: Pointer to an array of struct drm_rocket_vm_fault,
	 * filled with the oldest records, oldest first.
	 */
	__u64 faults;

	/**
	 * @fault_count: Input: Room in @faults, in records.  Output: How many
	 * records there are; no more than there was room for are written.
	 */
	__u32 fault_count;

	/**
	 * @fault_struct_size: Input: Size in bytes of the structs in @faults;
	 * what the kernel does not know of them is zeroed.  Not looked at when
	 * there is no room.
	 */
	__u32 fault_struct_size;

	/** @faults_total: Output: Faults since the VM was created. */
	__u64 faults_total;

	/** @faults_dropped: Output: Faults for which there was no record left. */
	__u64 faults_dropped;

	/** @mapping_count: Output: Mappings in the VM. */
	__u64 mapping_count;

	/** @mapped_bytes: Output: What they cover, in bytes. */
	__u64 mapped_bytes;
};

#if defined(__cplusplus)
}
#endif

#endif /* __DRM_UAPI_ROCKET_ACCEL_H__ */
