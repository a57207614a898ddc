// SPDX-License-Identifier: GPL-2.0-only

#include <drm/drm_gpuvm.h>
#include <drm/drm_vma_manager.h>
#include <linux/dma-mapping.h>
#include <linux/highmem.h>
#include <linux/minmax.h>

#include "rocket_coredump.h"
#include "rocket_gem.h"
#include "rocket_job.h"
#include "rocket_sg.h"
#include "rocket_vm.h"
#include "rocket_vma.h"

/* What a dump holds at most; the documentation of coredumps says so, too. */
#define ROCKET_COREDUMP_MAX_MAPPINGS	2048
#define ROCKET_COREDUMP_MAX_COMMANDS	16384

/* The CPU has read ahead, in its own mapping, of what was written around it. */
static void rocket_coredump_drop_cache(struct rocket_gem_object *bo, u64 offset, size_t len)
{
	/* What is mapped has one. */
	struct scatterlist *sg = rocket_sg_find(bo->index, &offset);

	dma_sync_single_for_cpu(bo->base.base.dev->dev, sg_dma_address(sg) + offset, len,
				DMA_FROM_DEVICE);
}

/* Copies what a CPU mapping of a BO shows, inside of one page. */
static bool rocket_coredump_read_bo(struct rocket_gem_object *bo, u64 offset,
				    void *to, size_t len)
{
	/* Need not be in memory that the CPU can reach. */
	if (drm_gem_is_imported(&bo->base.base))
		return false;

	/*
	 * Nobody writes through the cached mapping, so nothing is lost. In a
	 * cached BO, dropping lines would lose what the CPU has written.
	 */
	if (bo->base.map_wc)
		rocket_coredump_drop_cache(bo, offset, len);

	memcpy_from_page(to, bo->base.pages[offset >> PAGE_SHIFT], offset_in_page(offset), len);

	return true;
}

/* Copies from a VM; returns how many bytes, up to the first that is not there. */
static size_t rocket_coredump_read_vm(struct rocket_vm *vm, u64 addr, void *to, size_t len)
{
	size_t done = 0;

	while (done < len) {
		struct drm_gpuva *va = drm_gpuva_find_first(&vm->base, addr + done, 1);
		u64 skip, offset;
		size_t part;

		if (!va)
			break;

		skip = addr + done - va->va.addr;
		offset = va->gem.offset + skip;
		part = min3((u64)(len - done), va->va.range - skip,
			    (u64)(PAGE_SIZE - offset_in_page(offset)));
		if (!rocket_coredump_read_bo(to_rocket_gem(va->gem.obj), offset,
					     to + done, part))
			break;

		done += part;
	}

	return done;
}

/**
 * rocket_coredump_stream_size() - Room that a stream needs at most.
 * @count: Its length in commands.
 *
 * Return: Size in bytes.
 */
size_t rocket_coredump_stream_size(u32 count)
{
	return rocket_coredump_section_size(sizeof(u64),
					    min(count, ROCKET_COREDUMP_MAX_COMMANDS));
}

/**
 * rocket_coredump_stream() - Write a stream.
 * @writer: The dump; &rocket_vm.op_lock of its job's VM held.
 * @addr: Address of the stream.
 * @count: Its length in commands.
 *
 * Of a long stream, the part around the address that matters if that is in it,
 * else the beginning.
 */
void rocket_coredump_stream(struct rocket_coredump_writer *writer, u32 addr, u32 count)
{
	struct drm_rocket_dump_section section = {
		.type = DRM_ROCKET_DUMP_STREAM,
		.entry_size = sizeof(u64),
		.entry_count = min(count, ROCKET_COREDUMP_MAX_COMMANDS),
		.total = count,
		.address = addr,
	};
	u64 index = (writer->focus - addr) / sizeof(u64);
	size_t start = writer->used;
	size_t size;
	void *to;

	if (writer->focus >= addr && index < count && index > section.entry_count / 2)
		section.first = min(index - section.entry_count / 2,
				    (u64)count - section.entry_count);

	to = rocket_coredump_section(writer, &section);
	if (!to)
		return;

	size = rocket_coredump_read_vm(writer->job->vm, addr + section.first * sizeof(u64),
				       to, section.entry_count * sizeof(u64));

	/* Once more, with what was found. */
	section.entry_count = size / sizeof(u64);
	writer->used = start;
	rocket_coredump_section(writer, &section);
}

/**
 * rocket_coredump_mappings_size() - Room that the mappings of a VM need.
 * @vm: The VM, &rocket_vm.op_lock held.
 *
 * Return: Size in bytes.
 */
size_t rocket_coredump_mappings_size(struct rocket_vm *vm)
{
	return rocket_coredump_section_size(sizeof(struct drm_rocket_dump_mapping),
					    min(vm->mapping_count, ROCKET_COREDUMP_MAX_MAPPINGS));
}

static void rocket_coredump_mapping(struct drm_rocket_dump_mapping *to, struct drm_gpuva *va)
{
	struct drm_gem_object *obj = va->gem.obj;
	struct rocket_gem_object *bo = to_rocket_gem(obj);

	to->addr = va->va.addr;
	to->range = va->va.range;
	to->bo_offset = va->gem.offset;
	to->bo_size = obj->size;
	to->bo_mmap_offset = drm_vma_node_offset_addr(&obj->vma_node);

	if (to_rocket_vma(va)->readonly)
		to->flags |= DRM_ROCKET_DUMP_MAPPING_READONLY;
	if (to_rocket_vma(va)->kernel)
		to->flags |= DRM_ROCKET_DUMP_MAPPING_KERNEL;
	if (drm_gem_is_imported(obj))
		to->flags |= DRM_ROCKET_DUMP_MAPPING_IMPORTED;
	if (bo->vm_resv)
		to->flags |= DRM_ROCKET_DUMP_MAPPING_PRIVATE;
	if (bo->base.map_wc)
		to->flags |= DRM_ROCKET_DUMP_MAPPING_WC;
}

/*
 * Where to begin, so that the address that matters is in the middle. Walks no
 * more mappings than will be written, however many there are.
 */
static struct drm_gpuva *rocket_coredump_first_mapping(struct rocket_vm *vm, u64 focus,
						       u32 count)
{
	struct list_head *list = &vm->base.rb.list;
	struct drm_gpuva *va = NULL, *last;
	u32 after = 1;

	if (focus < ROCKET_VM_END)
		va = drm_gpuva_find_first(&vm->base, focus, ROCKET_VM_END - focus);
	if (!va)
		va = list_last_entry(list, struct drm_gpuva, rb.entry);

	/* From here on to the end there may be fewer than half. */
	for (last = va; after < (count + 1) / 2; after++) {
		if (list_is_last(&last->rb.entry, list))
			break;
		last = list_next_entry(last, rb.entry);
	}

	for (u32 before = count - after; before; before--) {
		if (list_is_first(&va->rb.entry, list))
			break;
		va = list_prev_entry(va, rb.entry);
	}

	return va;
}

/**
 * rocket_coredump_mappings() - Write what is mapped in the job's VM.
 * @writer: The dump; &rocket_vm.op_lock of its job's VM held.
 */
void rocket_coredump_mappings(struct rocket_coredump_writer *writer)
{
	struct rocket_vm *vm = writer->job->vm;
	const struct drm_rocket_dump_section section = {
		.type = DRM_ROCKET_DUMP_MAPPINGS,
		.entry_size = sizeof(struct drm_rocket_dump_mapping),
		.entry_count = min(vm->mapping_count, ROCKET_COREDUMP_MAX_MAPPINGS),
		.total = vm->mapping_count,
	};
	struct drm_rocket_dump_mapping *to;
	struct drm_gpuva *va;

	to = rocket_coredump_section(writer, &section);
	if (!to || !section.entry_count)
		return;

	va = rocket_coredump_first_mapping(vm, writer->focus, section.entry_count);
	for (u32 i = 0; i < section.entry_count; i++) {
		rocket_coredump_mapping(&to[i], va);
		va = list_next_entry(va, rb.entry);
	}
}

/**
 * rocket_coredump_binds_size() - Room that the VM's history needs.
 * @vm: The VM, &rocket_vm.op_lock held.
 *
 * Return: Size in bytes.
 */
size_t rocket_coredump_binds_size(struct rocket_vm *vm)
{
	return rocket_coredump_section_size(sizeof(struct drm_rocket_dump_bind),
					    rocket_history_count(&vm->history));
}

/**
 * rocket_coredump_binds() - Write what was mapped before in the job's VM.
 * @writer: The dump; &rocket_vm.op_lock of its job's VM held.
 */
void rocket_coredump_binds(struct rocket_coredump_writer *writer)
{
	const struct rocket_history *history = &writer->job->vm->history;
	const struct drm_rocket_dump_section section = {
		.type = DRM_ROCKET_DUMP_BINDS,
		.entry_size = sizeof(struct drm_rocket_dump_bind),
		.entry_count = rocket_history_count(history),
		.total = history->total,
	};
	struct drm_rocket_dump_bind *to = rocket_coredump_section(writer, &section);

	if (to)
		rocket_history_copy(history, to);
}
