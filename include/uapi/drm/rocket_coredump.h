/* SPDX-License-Identifier: MIT */
#ifndef __DRM_UAPI_ROCKET_COREDUMP_H__
#define __DRM_UAPI_ROCKET_COREDUMP_H__

#include <linux/types.h>

#if defined(__cplusplus)
extern "C" {
#endif

/**
 * DOC: What the rocket driver gives to devcoredump
 *
 * When a job faults or times out, the driver may leave a dump in
 * /sys/class/devcoredump/devcd<N>/data. It begins with a &struct
 * drm_rocket_dump_header. Sections follow one another, each a &struct
 * drm_rocket_dump_section and an array of entries, padded to a multiple of 8
 * bytes. All values are little endian.
 *
 * What readers may rely on, as long as &drm_rocket_dump_header.version is 1:
 * types, fields and flags that are there keep their meaning. What may come:
 * sections of new types (skip them), longer entries (entry_size tells; read what
 * you know), a longer header (header_size tells), new flags, more registers, and
 * sections missing or in another order. There may be several sections of a type.
 */

/** %DRM_ROCKET_DUMP_MAGIC: "RKTDUMP" and a zero byte. */
#define DRM_ROCKET_DUMP_MAGIC		0x00504d5544544b52ULL

/** %DRM_ROCKET_DUMP_VERSION: Changes when older readers would be misled. */
#define DRM_ROCKET_DUMP_VERSION		1

/**
 * struct drm_rocket_dump_header - The beginning of a dump.
 */
struct drm_rocket_dump_header {
	/** @magic: %DRM_ROCKET_DUMP_MAGIC. */
	__u64 magic;

	/** @version: %DRM_ROCKET_DUMP_VERSION. */
	__u32 version;

	/** @header_size: Of this struct, in bytes; the first section follows. */
	__u32 header_size;

	/** @size: Of the whole dump, in bytes. */
	__u64 size;

	/** @time_ns: When it was taken, in ns of CLOCK_MONOTONIC. */
	__u64 time_ns;

	/** @realtime_ns: The same moment in ns of CLOCK_REALTIME. */
	__u64 realtime_ns;

	/** @ip_version: As %DRM_ROCKET_PARAM_IP_VERSION tells. */
	__u32 ip_version;

	/** @core: Number of the core that failed. */
	__u32 core;

	/**
	 * @flags: Zero or more of DRM_ROCKET_DUMP_*.
	 *
	 * %DRM_ROCKET_DUMP_VM_BUSY: The VM was being changed at that moment, so
	 * there are no mappings and no streams in the dump. It waits for nobody.
	 */
#define DRM_ROCKET_DUMP_VM_BUSY			(1 << 0)
	__u32 flags;

	/** @pad: Zero. */
	__u32 pad;

	/** @release: The kernel's release, as uname(2) tells, zero-terminated. */
	char release[64];
};

/**
 * enum drm_rocket_dump_type - What the entries of a section are.
 */
enum drm_rocket_dump_type {
	/** @DRM_ROCKET_DUMP_JOB: One &struct drm_rocket_dump_job. */
	DRM_ROCKET_DUMP_JOB = 1,

	/**
	 * @DRM_ROCKET_DUMP_FAULT: One &struct drm_rocket_dump_fault; only when
	 * the IOMMU reported a fault.
	 */
	DRM_ROCKET_DUMP_FAULT = 2,

	/** @DRM_ROCKET_DUMP_REGISTERS: &struct drm_rocket_dump_register. */
	DRM_ROCKET_DUMP_REGISTERS = 3,

	/**
	 * @DRM_ROCKET_DUMP_TASKS: The tasks of the job, all of them, as &struct
	 * drm_rocket_dump_task.
	 */
	DRM_ROCKET_DUMP_TASKS = 4,

	/**
	 * @DRM_ROCKET_DUMP_STREAM: Register commands, one __u64 each, of the
	 * stream at &drm_rocket_dump_section.address. The stream of the task that
	 * ran, and the one that the PC's address register names if that is
	 * another. They are what a CPU reads there: a stream that was not handed
	 * over with FINI_BO may look different to the NPU. It is cut where
	 * nothing is mapped, or an imported BO.
	 */
	DRM_ROCKET_DUMP_STREAM = 5,

	/**
	 * @DRM_ROCKET_DUMP_MAPPINGS: What is mapped in the VM, by address, as
	 * &struct drm_rocket_dump_mapping. In a large VM, those around the
	 * address that faulted, or around the stream.
	 */
	DRM_ROCKET_DUMP_MAPPINGS = 6,

	/**
	 * @DRM_ROCKET_DUMP_BINDS: The last changes of what is mapped in the VM, oldest
	 * first, as &struct drm_rocket_dump_bind.
	 */
	DRM_ROCKET_DUMP_BINDS = 7,
};

/**
 * struct drm_rocket_dump_section - What stands before an array of entries.
 */
struct drm_rocket_dump_section {
	/** @type: One of enum drm_rocket_dump_type. */
	__u32 type;

	/** @entry_size: Size of an entry, in bytes. */
	__u32 entry_size;

	/** @entry_count: How many entries follow. */
	__u32 entry_count;

	/**
	 * @first: Of a stream: index of the first one that follows; there are
	 * more in front of it when this is not zero. Else zero.
	 */
	__u32 first;

	/** @total: How many there were. */
	__u64 total;

	/** @address: Of a stream: where entry 0 lies in the VM. Else zero. */
	__u64 address;
};

/**
 * struct drm_rocket_dump_job - The job that failed, and who submitted it.
 */
struct drm_rocket_dump_job {
	/** @user_data: &drm_rocket_job.user_data. */
	__u64 user_data;

	/** @submitted_ns: When it was submitted, in ns of CLOCK_MONOTONIC. */
	__u64 submitted_ns;

	/** @started_ns: When its first task started. */
	__u64 started_ns;

	/** @task_started_ns: When the task that failed started. */
	__u64 task_started_ns;

	/** @error: What its fence ends with: a negative errno. */
	__s32 error;

	/** @task: Index of the task that failed. */
	__u32 task;

	/** @timeout_ms: How long it might have taken. */
	__u32 timeout_ms;

	/** @core_mask: The cores that it allowed, bit n for core n. */
	__u32 core_mask;

	/** @priority: One of enum drm_rocket_job_priority. */
	__u32 priority;

	/** @vm_id: Its VM. */
	__u32 vm_id;

	/** @client_id: Of the file, as in its fdinfo. */
	__u64 client_id;

	/** @pid: The process that submitted it, in the initial PID namespace. */
	__u32 pid;

	/** @pad: Zero. */
	__u32 pad;

	/** @comm: Name of the thread that did, zero-terminated. */
	char comm[16];
};

/**
 * struct drm_rocket_dump_fault - What the IOMMU reported.
 *
 * Its registers belong to another driver and are not read.
 */
struct drm_rocket_dump_fault {
	/** @addr: The address that was accessed. */
	__u64 addr;

	/** @time_ns: When, in ns of CLOCK_MONOTONIC. */
	__u64 time_ns;

	/**
	 * @flags: Zero or more of DRM_ROCKET_DUMP_FAULT_*.
	 *
	 * %DRM_ROCKET_DUMP_FAULT_WRITE: It was a write.
	 *
	 * %DRM_ROCKET_DUMP_FAULT_IN_TABLES: The page tables do lead to a page
	 * there, if only for reading. When the mappings say otherwise, or do not
	 * forbid the access, suspect the driver.
	 *
	 * %DRM_ROCKET_DUMP_FAULT_ATTACHED: The IOMMU held the page tables of the
	 * job's VM, as far as the driver knows. Always set, or suspect the driver.
	 */
#define DRM_ROCKET_DUMP_FAULT_WRITE		(1 << 0)
#define DRM_ROCKET_DUMP_FAULT_IN_TABLES		(1 << 1)
#define DRM_ROCKET_DUMP_FAULT_ATTACHED		(1 << 2)
	__u32 flags;

	/** @pad: Zero. */
	__u32 pad;
};

/**
 * struct drm_rocket_dump_register - A register of the core.
 *
 * Those of the blocks PC, CNA and CORE that are documented: the kernel reaches
 * no others. CNA and CORE have most of theirs twice, in two groups that take
 * turns; bit 16 of their S_POINTER names the group that executes.
 */
struct drm_rocket_dump_register {
	/** @offset: In the core's window of 64 KiB. */
	__u16 offset;

	/** @group: 0 or 1; %DRM_ROCKET_DUMP_NO_GROUP when there is only one copy. */
#define DRM_ROCKET_DUMP_NO_GROUP		0xffff
	__u16 group;

	/** @value: What it held. */
	__u32 value;
};

/**
 * struct drm_rocket_dump_task - A task of the job.
 */
struct drm_rocket_dump_task {
	/** @regcmd: &drm_rocket_task.regcmd. */
	__u32 regcmd;

	/** @regcmd_count: &drm_rocket_task.regcmd_count. */
	__u32 regcmd_count;

	/**
	 * @chain_count: &drm_rocket_task.chain_count, but at least 1. Dumps of
	 * the first drivers end before it.
	 */
	__u32 chain_count;
};

/**
 * struct drm_rocket_dump_mapping - A mapping of the VM.
 */
struct drm_rocket_dump_mapping {
	/** @addr: First address. */
	__u64 addr;

	/** @range: Size in bytes. */
	__u64 range;

	/** @bo_offset: Where in the BO it begins. */
	__u64 bo_offset;

	/** @bo_size: Size of the BO, in bytes. */
	__u64 bo_size;

	/**
	 * @bo_mmap_offset: Names the BO: its mmap offset, as CREATE_BO and
	 * GEM_CREATE returned it.
	 */
	__u64 bo_mmap_offset;

	/**
	 * @flags: Zero or more of DRM_ROCKET_DUMP_MAPPING_*.
	 *
	 * %DRM_ROCKET_DUMP_MAPPING_READONLY: The NPU cannot write there.
	 *
	 * %DRM_ROCKET_DUMP_MAPPING_KERNEL: By CREATE_BO, not by VM_BIND; with READONLY,
	 * it is the guard page behind such a mapping.
	 *
	 * %DRM_ROCKET_DUMP_MAPPING_IMPORTED: The BO is another driver's.
	 *
	 * %DRM_ROCKET_DUMP_MAPPING_PRIVATE: The BO belongs to the VM.
	 *
	 * %DRM_ROCKET_DUMP_MAPPING_WC: CPU mappings are write-combined.
	 */
#define DRM_ROCKET_DUMP_MAPPING_READONLY	(1 << 0)
#define DRM_ROCKET_DUMP_MAPPING_KERNEL		(1 << 1)
#define DRM_ROCKET_DUMP_MAPPING_IMPORTED	(1 << 2)
#define DRM_ROCKET_DUMP_MAPPING_PRIVATE		(1 << 3)
#define DRM_ROCKET_DUMP_MAPPING_WC		(1 << 4)
	__u32 flags;

	/** @pad: Zero. */
	__u32 pad;
};

/**
 * struct drm_rocket_dump_bind - A range that was mapped or unmapped in the VM.
 *
 * An operation of VM_BIND makes any number of these: MAP unmaps first what it replaces,
 * and what was mapped by itself is unmapped by itself.
 */
struct drm_rocket_dump_bind {
	/** @time_ns: When, in ns of CLOCK_MONOTONIC: when it took effect. */
	__u64 time_ns;

	/**
	 * @number: Which operation of the VM did it, counted from 1: those of VM_BIND,
	 * CREATE_BO, and the ends of its mappings.
	 */
	__u64 number;

	/** @addr: First address. */
	__u64 addr;

	/** @range: Size in bytes. */
	__u64 range;

	/** @bo_offset: Where in the BO it begins. */
	__u64 bo_offset;

	/** @bo_mmap_offset: As &drm_rocket_dump_mapping.bo_mmap_offset, at that time. */
	__u64 bo_mmap_offset;

	/** @op: What kind of operation, one of enum drm_rocket_vm_bind_op_type. */
	__u32 op;

	/**
	 * @flags: Zero or more of DRM_ROCKET_DUMP_BIND_*.
	 *
	 * %DRM_ROCKET_DUMP_BIND_UNMAPPED: It was unmapped, else mapped. By MAP: replaced.
	 *
	 * %DRM_ROCKET_DUMP_BIND_READONLY: It was mapped so that the NPU cannot write.
	 *
	 * %DRM_ROCKET_DUMP_BIND_ASYNC: By a queued operation.
	 *
	 * %DRM_ROCKET_DUMP_BIND_KERNEL: By CREATE_BO; when unmapped, because the last
	 * handle was closed and no job named the BO any more.
	 */
#define DRM_ROCKET_DUMP_BIND_UNMAPPED		(1 << 0)
#define DRM_ROCKET_DUMP_BIND_READONLY		(1 << 1)
#define DRM_ROCKET_DUMP_BIND_ASYNC		(1 << 2)
#define DRM_ROCKET_DUMP_BIND_KERNEL		(1 << 3)
	__u32 flags;
};

#if defined(__cplusplus)
}
#endif

#endif /* __DRM_UAPI_ROCKET_COREDUMP_H__ */
