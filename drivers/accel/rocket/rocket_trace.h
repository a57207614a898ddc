/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rocket

#if !defined(__ROCKET_TRACE_H__) || defined(TRACE_HEADER_MULTI_READ)
#define __ROCKET_TRACE_H__

#include <linux/dma-fence.h>
#include <linux/tracepoint.h>
#include <linux/types.h>

/* Of a job that no core has picked. */
#define ROCKET_NO_CORE	U32_MAX

struct rocket_core;
struct rocket_job;
struct rocket_vm;

/**
 * DOC: Trace events
 *
 * Names and fields of these events stay as they are. What they have in common:
 *
 * * ``core``: number of the core, as in the UAPI; 4294967295 for a job that none has
 *   picked.
 * * ``client``, ``vm``: the file, by &drm_file.client_id, and its name for the VM.
 *   Client 0 is nobody. An id can be given to another VM when one is destroyed.
 * * ``fence``: context and sequence number of the fence that signals when the job
 *   has ended, as in the events of the system gpu_scheduler.
 *
 * Most are emitted where a fence waits for the code, many in hard interrupt context:
 * nothing here may allocate or sleep.
 */

DECLARE_EVENT_CLASS(rocket_job,
		    TP_PROTO(const struct rocket_job *job),
		    TP_ARGS(job),
		    TP_STRUCT__entry(__field(u64, client)
				     __field(u64, fence_context)
				     __field(u64, fence_seqno)
				     __field(u64, user_data)
				     __field(u32, vm)
				     __field(u32, core)
				     __field(u32, tasks)
				     __field(u32, priority)
		    ),
		    TP_fast_assign(__entry->client = job->vm->owner;
				   __entry->fence_context = job->base.s_fence->finished.context;
				   __entry->fence_seqno = job->base.s_fence->finished.seqno;
				   __entry->user_data = job->user_data;
				   __entry->vm = job->vm->id;
				   __entry->core = job->core ? job->core->index : ROCKET_NO_CORE;
				   __entry->tasks = job->task_count;
				   __entry->priority = job->priority;
		    ),
		    TP_printk("core=%u client=%llu vm=%u fence=%llu:%llu tasks=%u priority=%u user_data=0x%llx",
			      __entry->core, __entry->client, __entry->vm, __entry->fence_context,
			      __entry->fence_seqno, __entry->tasks, __entry->priority,
			      __entry->user_data)
);

/* A job got its place in the order. In the process that submits it. */
DEFINE_EVENT(rocket_job, rocket_job_queue,
	     TP_PROTO(const struct rocket_job *job),
	     TP_ARGS(job)
);

/* The first task of a job is about to be started. */
DEFINE_EVENT(rocket_job, rocket_job_run,
	     TP_PROTO(const struct rocket_job *job),
	     TP_ARGS(job)
);

/*
 * A job has ended: its last task is done, it was killed, or it will never run. Its
 * fence signals next, or has done so if the job has not been started.
 */
TRACE_EVENT(rocket_job_done,
	    TP_PROTO(const struct rocket_job *job, u64 ns, int error),
	    TP_ARGS(job, ns, error),
	    TP_STRUCT__entry(__field(u64, client)
			     __field(u64, fence_context)
			     __field(u64, fence_seqno)
			     __field(u64, ns)
			     __field(u32, vm)
			     __field(u32, core)
			     __field(u32, tasks)
			     __field(int, error)
	    ),
	    TP_fast_assign(__entry->client = job->vm->owner;
			   __entry->fence_context = job->base.s_fence->finished.context;
			   __entry->fence_seqno = job->base.s_fence->finished.seqno;
			   __entry->ns = ns;
			   __entry->vm = job->vm->id;
			   __entry->core = job->core ? job->core->index : ROCKET_NO_CORE;
			   __entry->tasks = job->next_task;
			   __entry->error = error;
	    ),
	    TP_printk("core=%u client=%llu vm=%u fence=%llu:%llu tasks=%u ns=%llu error=%d",
		      __entry->core, __entry->client, __entry->vm, __entry->fence_context,
		      __entry->fence_seqno, __entry->tasks, __entry->ns, __entry->error)
);

/* A range was mapped: the page tables lead there now. */
TRACE_EVENT(rocket_bind,
	    TP_PROTO(const struct rocket_vm *vm, u64 addr, u64 range, u64 offset, bool readonly),
	    TP_ARGS(vm, addr, range, offset, readonly),
	    TP_STRUCT__entry(__field(u64, client)
			     __field(u64, addr)
			     __field(u64, range)
			     __field(u64, offset)
			     __field(u32, vm)
			     __field(bool, readonly)
	    ),
	    TP_fast_assign(__entry->client = vm->owner;
			   __entry->addr = addr;
			   __entry->range = range;
			   __entry->offset = offset;
			   __entry->vm = vm->id;
			   __entry->readonly = readonly;
	    ),
	    TP_printk("client=%llu vm=%u addr=0x%llx range=0x%llx offset=0x%llx readonly=%d",
		      __entry->client, __entry->vm, __entry->addr, __entry->range,
		      __entry->offset, __entry->readonly)
);

/* A range was unmapped: neither page tables nor any IOTLB lead there any more. */
TRACE_EVENT(rocket_unbind,
	    TP_PROTO(const struct rocket_vm *vm, u64 addr, u64 range),
	    TP_ARGS(vm, addr, range),
	    TP_STRUCT__entry(__field(u64, client)
			     __field(u64, addr)
			     __field(u64, range)
			     __field(u32, vm)
	    ),
	    TP_fast_assign(__entry->client = vm->owner;
			   __entry->addr = addr;
			   __entry->range = range;
			   __entry->vm = vm->id;
	    ),
	    TP_printk("client=%llu vm=%u addr=0x%llx range=0x%llx",
		      __entry->client, __entry->vm, __entry->addr, __entry->range)
);

DECLARE_EVENT_CLASS(rocket_core_vm,
		    TP_PROTO(const struct rocket_core *core, const struct rocket_vm *vm),
		    TP_ARGS(core, vm),
		    TP_STRUCT__entry(__field(u64, client)
				     __field(u32, core)
				     __field(u32, vm)
		    ),
		    TP_fast_assign(__entry->client = vm->owner;
				   __entry->core = core->index;
				   __entry->vm = vm->id;
		    ),
		    TP_printk("core=%u client=%llu vm=%u", __entry->core, __entry->client,
			      __entry->vm)
);

/* A core was attached to the page tables of a VM. */
DEFINE_EVENT(rocket_core_vm, rocket_vm_attach,
	     TP_PROTO(const struct rocket_core *core, const struct rocket_vm *vm),
	     TP_ARGS(core, vm)
);

/* A core has left the page tables of a VM. */
DEFINE_EVENT(rocket_core_vm, rocket_vm_detach,
	     TP_PROTO(const struct rocket_core *core, const struct rocket_vm *vm),
	     TP_ARGS(core, vm)
);

/* What a client left in a core has been erased, for the client that comes. */
TRACE_EVENT(rocket_scrub,
	    TP_PROTO(const struct rocket_core *core, u64 client, u64 ns, int error),
	    TP_ARGS(core, client, ns, error),
	    TP_STRUCT__entry(__field(u64, client)
			     __field(u64, ns)
			     __field(u32, core)
			     __field(int, error)
	    ),
	    TP_fast_assign(__entry->client = client;
			   __entry->ns = ns;
			   __entry->core = core->index;
			   __entry->error = error;
	    ),
	    TP_printk("core=%u client=%llu ns=%llu error=%d", __entry->core,
		      __entry->client, __entry->ns, __entry->error)
);

/* The IOMMU refused an access; client 0 when no job ran. */
TRACE_EVENT(rocket_fault,
	    TP_PROTO(const struct rocket_core *core, const struct rocket_job *job,
		     u64 addr, bool write),
	    TP_ARGS(core, job, addr, write),
	    TP_STRUCT__entry(__field(u64, client)
			     __field(u64, addr)
			     __field(u64, fence_context)
			     __field(u64, fence_seqno)
			     __field(u32, core)
			     __field(u32, vm)
			     __field(bool, write)
	    ),
	    TP_fast_assign(__entry->client = job ? job->vm->owner : 0;
			   __entry->addr = addr;
			   __entry->fence_context = job ? job->base.s_fence->finished.context : 0;
			   __entry->fence_seqno = job ? job->base.s_fence->finished.seqno : 0;
			   __entry->core = core->index;
			   __entry->vm = job ? job->vm->id : 0;
			   __entry->write = write;
	    ),
	    TP_printk("core=%u client=%llu vm=%u fence=%llu:%llu addr=0x%llx write=%d",
		      __entry->core, __entry->client, __entry->vm, __entry->fence_context,
		      __entry->fence_seqno, __entry->addr, __entry->write)
);

/* The reset lines of a core were pulled. */
TRACE_EVENT(rocket_reset,
	    TP_PROTO(const struct rocket_core *core, bool done),
	    TP_ARGS(core, done),
	    TP_STRUCT__entry(__field(u32, core)
			     __field(bool, done)
	    ),
	    TP_fast_assign(__entry->core = core->index;
			   __entry->done = done;
	    ),
	    TP_printk("core=%u done=%d", __entry->core, __entry->done)
);

/* A core that was in trouble has been looked after. */
TRACE_EVENT(rocket_recover,
	    TP_PROTO(const struct rocket_core *core, u64 ns, int error, bool wedged),
	    TP_ARGS(core, ns, error, wedged),
	    TP_STRUCT__entry(__field(u64, ns)
			     __field(u32, core)
			     __field(int, error)
			     __field(bool, wedged)
	    ),
	    TP_fast_assign(__entry->ns = ns;
			   __entry->core = core->index;
			   __entry->error = error;
			   __entry->wedged = wedged;
	    ),
	    TP_printk("core=%u error=%d ns=%llu wedged=%d", __entry->core,
		      __entry->error, __entry->ns, __entry->wedged)
);

/* Runtime PM: the clocks of a core were switched on or off. */
TRACE_EVENT(rocket_power,
	    TP_PROTO(const struct rocket_core *core, bool on),
	    TP_ARGS(core, on),
	    TP_STRUCT__entry(__field(u32, core)
			     __field(bool, on)
	    ),
	    TP_fast_assign(__entry->core = core->index;
			   __entry->on = on;
	    ),
	    TP_printk("core=%u on=%d", __entry->core, __entry->on)
);

#endif

/* Found by way of -I, see the Makefile: in the kernel's tree and out of it. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE rocket_trace
#include <trace/define_trace.h>
