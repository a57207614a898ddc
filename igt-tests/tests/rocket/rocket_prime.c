// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/udmabuf.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_job.h"
#include "igt_rocket_signal.h"
#include "igt_rocket_trace.h"

IGT_TEST_DESCRIPTION("PRIME: buffers shared with udmabuf, vgem and other files, without copies");

#define PROBE_ADDR	0x10000000u
#define BASE		0x20000000u
#define PAGES		16u
#define SIZE		(PAGES * ROCKET_PAGE)
#define SEED		0x1000u

static int export(int fd, uint32_t handle)
{
	int dmabuf;

	igt_assert_eq(drmPrimeHandleToFD(fd, handle, DRM_CLOEXEC | DRM_RDWR, &dmabuf), 0);
	return dmabuf;
}

static uint32_t import(int fd, int dmabuf)
{
	uint32_t handle;

	igt_assert_eq(drmPrimeFDToHandle(fd, dmabuf, &handle), 0);
	return handle;
}

static void *map_dmabuf(int dmabuf)
{
	void *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, dmabuf, 0);

	igt_assert(map != MAP_FAILED);
	return map;
}

static void cpu_access(int dmabuf, uint64_t flags)
{
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_RW | flags };

	do_ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync);
}

static void fill(uint8_t *map, uint32_t seed)
{
	for (unsigned int i = 0; i < PAGES; i++)
		rocket_pattern(map + i * ROCKET_PAGE, seed + i);
}

/*
 * What the CPU writes through @map the NPU reads through @handle, and back; CPU
 * access is announced at @dmabuf.
 */
static void check_shared(int fd, uint32_t handle, int dmabuf, uint8_t *map)
{
	struct rocket_probe probe;

	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, PAGES);
	rocket_vm_map(fd, 0, handle, 0, BASE, SIZE);
	for (uint32_t round = 0; round < 3; round++) {
		cpu_access(dmabuf, DMA_BUF_SYNC_START);
		fill(map, SEED + round * PAGES);
		cpu_access(dmabuf, DMA_BUF_SYNC_END);
		for (unsigned int i = 0; i < PAGES; i += 5)
			rocket_probe_expect(&probe, BASE + i * ROCKET_PAGE,
					    SEED + round * PAGES + i);
		igt_assert_eq(rocket_probe_copy(&probe, BASE, BASE + 3 * ROCKET_PAGE), 0);
		cpu_access(dmabuf, DMA_BUF_SYNC_START);
		igt_assert(rocket_is_pattern(map + 3 * ROCKET_PAGE, SEED + round * PAGES));
		igt_assert(rocket_is_pattern(map + 4 * ROCKET_PAGE, SEED + round * PAGES + 4));
		cpu_access(dmabuf, DMA_BUF_SYNC_END);
	}
	rocket_vm_unmap(fd, 0, BASE, SIZE);
	rocket_probe_expect_fault(&probe, BASE);
	rocket_probe_fini(&probe);
}

/*
 * udmabuf
 */

struct udmabuf {
	int memory;	/* the memfd */
	int dmabuf;
	uint8_t *map;	/* of the memfd */
};

static int open_udmabuf(void)
{
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);

	igt_require_f(device >= 0, "no /dev/udmabuf: modprobe udmabuf, be root\n");
	return device;
}

/* Memory, not a buffer yet. */
static struct udmabuf make_memory(uint64_t size)
{
	struct udmabuf u = {
		.memory = memfd_create("rocket", MFD_ALLOW_SEALING | MFD_CLOEXEC),
	};

	igt_assert_fd(u.memory);
	igt_assert_eq(ftruncate(u.memory, size), 0);
	igt_assert_eq(fcntl(u.memory, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	u.map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, u.memory, 0);
	igt_assert(u.map != MAP_FAILED);
	return u;
}

static struct udmabuf make_udmabuf(void)
{
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC, .size = SIZE };
	int device = open_udmabuf();
	struct udmabuf u = make_memory(SIZE);

	create.memfd = u.memory;
	u.dmabuf = ioctl(device, UDMABUF_CREATE, &create);
	igt_assert_fd(u.dmabuf);
	close(device);
	return u;
}

static void test_import_udmabuf(int fd)
{
	struct udmabuf u = make_udmabuf();

	check_shared(fd, import(fd, u.dmabuf), u.dmabuf, u.map);
}

/* Its exporter knows no ranges, and hands over all of it; what is asked for must be right. */
static void test_import_ranges(int fd)
{
	struct udmabuf u = make_udmabuf();
	struct drm_rocket_bo_range range = { 100, 5000 };
	struct drm_rocket_prep_bo_ranges prep = {
		.handle = import(fd, u.dmabuf), .range_count = 1, .ranges = (uintptr_t)&range,
	};
	struct drm_rocket_fini_bo_ranges fini = {
		.handle = prep.handle, .range_count = 1, .ranges = (uintptr_t)&range,
	};

	struct drm_rocket_gem_query query = { .handle = prep.handle };

	do_ioctl(fd, DRM_IOCTL_ROCKET_GEM_QUERY, &query);
	igt_assert_eq_u32(query.flags, DRM_ROCKET_GEM_IMPORTED);
	igt_assert_eq_u64(query.size, SIZE);
	do_ioctl(fd, DRM_IOCTL_ROCKET_PREP_BO_RANGES, &prep);
	do_ioctl(fd, DRM_IOCTL_ROCKET_FINI_BO_RANGES, &fini);
	range.size = SIZE;
	do_ioctl_err(fd, DRM_IOCTL_ROCKET_PREP_BO_RANGES, &prep, EINVAL);
	do_ioctl_err(fd, DRM_IOCTL_ROCKET_FINI_BO_RANGES, &fini, EINVAL);
	check_shared(fd, prep.handle, u.dmabuf, u.map);
}

/* dma-buf would wait for who reads it, and without end. */
static void test_import_busy(int fd)
{
	struct udmabuf u = make_udmabuf();
	uint32_t handle = import(fd, u.dmabuf);
	struct rocket_blocker blocker;
	struct drm_rocket_sync in;
	struct rocket_probe probe;
	struct drm_rocket_job job;

	rocket_vm_map(fd, 0, handle, 0, BASE, SIZE);
	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	rocket_probe_set(&probe, 0, BASE, rocket_probe_result_addr(&probe, 0));
	rocket_blocker_init(&blocker, fd);
	in = rocket_sync(blocker.syncobj, 0);
	job = rocket_probe_job(&probe, 0, 1);
	job.in_syncs = (uintptr_t)&in;
	job.in_sync_count = 1;
	job.sync_struct_size = sizeof(in);
	job.in_bo_handles = (uintptr_t)&handle;
	job.in_bo_handle_count = 1;
	rocket_submit(fd, &job, 1);
	igt_set_timeout(60, "PREP_BO of an imported BO that is read");
	igt_assert_eq(__rocket_prep_bo(fd, handle, 0), -EBUSY);
	igt_reset_timeout();
	errno = 0;
	rocket_blocker_release(&blocker);
	igt_assert_eq(__rocket_prep_bo(fd, handle, INT64_MAX), 0);
	rocket_blocker_fini(&blocker);
}

static void test_import_offset(int fd)
{
	struct udmabuf u = make_udmabuf();
	uint32_t handle = import(fd, u.dmabuf);
	struct rocket_probe probe;

	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	cpu_access(u.dmabuf, DMA_BUF_SYNC_START);
	fill(u.map, SEED);
	cpu_access(u.dmabuf, DMA_BUF_SYNC_END);
	for (unsigned int i = 0; i < PAGES; i++)
		rocket_vm_map(fd, 0, handle, (PAGES - 1 - i) * ROCKET_PAGE,
			      BASE + i * ROCKET_PAGE, ROCKET_PAGE);
	for (unsigned int i = 0; i < PAGES; i++)
		rocket_probe_expect(&probe, BASE + i * ROCKET_PAGE, SEED + PAGES - 1 - i);
	igt_assert_eq(__rocket_vm_map(fd, 0, handle, 0, BASE, SIZE + ROCKET_PAGE), -EINVAL);
}

/*
 * A buffer in very many pieces: pages side by side in it are half of the memory apart.
 */
#define MANY_PAGES	16384u
#define LIST_LIMIT	"/sys/module/udmabuf/parameters/list_limit"

/* Where page i of the buffer is in the memory. */
static uint64_t offset_of(unsigned int i)
{
	return (uint64_t)(i / 2 + i % 2 * MANY_PAGES / 2) * ROCKET_PAGE;
}

static int list_limit(void)
{
	FILE *file = fopen(LIST_LIMIT, "r");
	int limit;

	igt_require_f(file, "no %s\n", LIST_LIMIT);
	igt_assert_eq(fscanf(file, "%d", &limit), 1);
	fclose(file);
	return limit;
}

static void set_list_limit(int limit)
{
	FILE *file = fopen(LIST_LIMIT, "w");

	igt_require_f(file, "%s cannot be written: be root\n", LIST_LIMIT);
	igt_assert(fprintf(file, "%d\n", limit) > 0);
	igt_assert_eq(fclose(file), 0);
}

static struct udmabuf make_pieces(void)
{
	struct udmabuf_create_list *list;
	int device = open_udmabuf(), limit = list_limit();
	struct udmabuf u = make_memory((uint64_t)MANY_PAGES * ROCKET_PAGE);

	list = calloc(1, sizeof(*list) + MANY_PAGES * sizeof(list->list[0]));
	igt_assert(list);
	/* Pages that are made now lie side by side as they do in the file. */
	memset(u.map, 0, (uint64_t)MANY_PAGES * ROCKET_PAGE);
	list->flags = UDMABUF_FLAGS_CLOEXEC;
	list->count = MANY_PAGES;
	for (unsigned int i = 0; i < MANY_PAGES; i++) {
		list->list[i] = (struct udmabuf_create_item){
			.memfd = u.memory, .offset = offset_of(i), .size = ROCKET_PAGE };
	}
	set_list_limit(MANY_PAGES);
	u.dmabuf = ioctl(device, UDMABUF_CREATE_LIST, list);
	set_list_limit(limit);
	igt_assert_fd(u.dmabuf);
	close(device);
	free(list);
	return u;
}

static void test_import_pieces(int fd)
{
	struct udmabuf u = make_pieces();
	uint32_t handle = import(fd, u.dmabuf), addrs[64], seeds[64];
	struct rocket_probe probe;

	/* Pages side by side and far apart. */
	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, ARRAY_SIZE(addrs));
	for (unsigned int i = 0; i < ARRAY_SIZE(addrs); i++) {
		unsigned int page = i < 32 ? 48 + i : MANY_PAGES - 1 - (63 - i) * 500;

		addrs[i] = BASE + i * ROCKET_PAGE;
		seeds[i] = SEED + page;
		rocket_pattern(u.map + offset_of(page), seeds[i]);
		rocket_vm_map(fd, 0, handle, (uint64_t)page * ROCKET_PAGE, addrs[i], ROCKET_PAGE);
	}
	rocket_probe_expect_many(&probe, addrs, seeds, ARRAY_SIZE(addrs));

	/* The whole of it, which passes each of its pieces. */
	rocket_vm_unmap(fd, 0, BASE, ARRAY_SIZE(addrs) * ROCKET_PAGE);
	rocket_vm_map(fd, 0, handle, 0, BASE, (uint64_t)MANY_PAGES * ROCKET_PAGE);
	for (unsigned int i = 0; i < ARRAY_SIZE(addrs); i++)
		addrs[i] = BASE + (seeds[i] - SEED) * ROCKET_PAGE;
	rocket_probe_expect_many(&probe, addrs, seeds, ARRAY_SIZE(addrs));
}

/* Binds a page of a BO over and over. */
struct page_binds {
	struct drm_rocket_vm_bind_op ops[4096];
	int fd;
};

static void bind_pages(void *data)
{
	struct page_binds *binds = data;

	rocket_vm_bind_ops(binds->fd, 0, binds->ops, ARRAY_SIZE(binds->ops));
}

/* CPU time, in us, to bind a page so often in a process of its own. */
static uint64_t time_to_bind(int fd, uint32_t handle, unsigned int page)
{
	struct page_binds *binds = malloc(sizeof(*binds));
	struct rocket_call_end end;

	igt_assert(binds);
	binds->fd = fd;
	for (unsigned int i = 0; i < ARRAY_SIZE(binds->ops); i++)
		binds->ops[i] = rocket_op_map(handle, (uint64_t)page * ROCKET_PAGE, BASE,
					      ROCKET_PAGE);
	end = rocket_call_and_kill(bind_pages, binds, 0);
	igt_assert(!end.killed);
	free(binds);
	return end.us;
}

static void test_import_last_piece(int fd)
{
	struct udmabuf u = make_pieces();
	uint32_t handle = import(fd, u.dmabuf);
	uint64_t first, last;

	/* The first time there is more to do. */
	time_to_bind(fd, handle, 0);
	first = time_to_bind(fd, handle, 0);
	last = time_to_bind(fd, handle, MANY_PAGES - 1);
	igt_info("the first page %llu us, the last %llu us\n", (unsigned long long)first,
		 (unsigned long long)last);
	igt_assert_lt_u64(last, 3 * first);
}

static void test_import_prep(int fd)
{
	struct udmabuf u = make_udmabuf();
	uint32_t handle = import(fd, u.dmabuf);
	struct rocket_probe probe;

	/* PREP and FINI hand over an imported buffer as well as DMA_BUF_IOCTL_SYNC. */
	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	rocket_vm_map(fd, 0, handle, 0, BASE, SIZE);
	rocket_prep_bo(fd, handle);
	fill(u.map, SEED);
	rocket_fini_bo(fd, handle);
	igt_assert_eq(rocket_probe_copy(&probe, BASE, BASE + ROCKET_PAGE), 0);
	rocket_prep_bo(fd, handle);
	igt_assert(rocket_is_pattern(u.map + ROCKET_PAGE, SEED));
	rocket_fini_bo(fd, handle);
}

static void test_import_twice(int fd)
{
	struct udmabuf u = make_udmabuf();
	int other = rocket_open();

	igt_assert_eq_u32(import(fd, u.dmabuf), import(fd, u.dmabuf));
	check_shared(fd, import(fd, u.dmabuf), u.dmabuf, u.map);
	check_shared(other, import(other, u.dmabuf), u.dmabuf, u.map);
	close(other);
}

static void test_import_keeps(int fd)
{
	struct udmabuf u = make_udmabuf();
	uint32_t handle = import(fd, u.dmabuf);
	struct rocket_probe probe;

	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	fill(u.map, SEED);
	cpu_access(u.dmabuf, DMA_BUF_SYNC_START);
	cpu_access(u.dmabuf, DMA_BUF_SYNC_END);
	rocket_vm_map(fd, 0, handle, 0, BASE, SIZE);
	/* The mapping is all that is left of it. */
	rocket_gem_close(fd, handle);
	close(u.dmabuf);
	close(u.memory);
	igt_assert_eq(munmap(u.map, SIZE), 0);
	for (unsigned int i = 0; i < 8; i++)
		memset(rocket_bo(fd, SIZE).map, 0xff, SIZE);
	rocket_probe_expect(&probe, BASE + 7 * ROCKET_PAGE, SEED + 7);
}

/*
 * vgem
 */

static void test_import_vgem(int fd)
{
	struct drm_mode_create_dumb dumb = { .width = SIZE / 64 / 4, .height = 64, .bpp = 32 };
	int vgem = drm_open_driver(DRIVER_VGEM), dmabuf;

	do_ioctl(vgem, DRM_IOCTL_MODE_CREATE_DUMB, &dumb);
	igt_assert_eq_u64(dumb.size, SIZE);
	dmabuf = export(vgem, dumb.handle);
	check_shared(fd, import(fd, dmabuf), dmabuf, map_dmabuf(dmabuf));
	drm_close_driver(vgem);
}

static void test_export_vgem(int fd)
{
	struct rocket_bo bo = rocket_bo_flags(fd, SIZE, 0, 0);
	int vgem = drm_open_driver(DRIVER_VGEM), dmabuf;

	/* The way back leads to the buffer itself. */
	dmabuf = export(vgem, import(vgem, export(fd, bo.handle)));
	check_shared(fd, bo.handle, dmabuf, map_dmabuf(dmabuf));
	igt_assert_eq_u32(import(fd, dmabuf), bo.handle);
	drm_close_driver(vgem);
}

static void test_outlive(int fd)
{
	int vgem = drm_open_driver(DRIVER_VGEM);
	int own = rocket_open();
	struct rocket_bo bo = rocket_bo(own, SIZE);
	int dmabuf = export(own, bo.handle);
	uint32_t handle = import(vgem, dmabuf);
	uint8_t *map;

	rocket_bo_fill(&bo, SEED);
	rocket_vm_map_bo(own, 0, &bo, BASE);
	rocket_bo_free(own, &bo);
	close(own);
	close(dmabuf);
	/* Whose memory it was is gone; others want some. */
	for (unsigned int i = 0; i < 8; i++)
		memset(rocket_bo(fd, SIZE).map, 0xff, SIZE);
	map = map_dmabuf(export(vgem, handle));
	for (unsigned int i = 0; i < PAGES; i++)
		igt_assert(rocket_is_pattern(map + i * ROCKET_PAGE, SEED + i));
	drm_close_driver(vgem);
}

/*
 * Between files of our own, and by mmap
 */

static void test_export_mmap(int fd)
{
	struct rocket_bo bo = rocket_bo_flags(fd, SIZE, 0, 0);
	int dmabuf = export(fd, bo.handle);

	check_shared(fd, bo.handle, dmabuf, map_dmabuf(dmabuf));
}

static void test_export_self(int fd)
{
	struct rocket_bo bo = rocket_bo(fd, SIZE);

	igt_assert_eq_u32(import(fd, export(fd, bo.handle)), bo.handle);
}

static void test_two_files(int fd)
{
	struct rocket_bo bo = rocket_bo(fd, SIZE);
	struct rocket_probe here, there;
	int other = rocket_open();
	uint32_t handle = import(other, export(fd, bo.handle));

	/* One NPU memory, at two addresses of two clients. */
	rocket_probe_init(&here, fd, 0, PROBE_ADDR, 1);
	rocket_probe_init(&there, other, 0, PROBE_ADDR, 1);
	rocket_bo_fill(&bo, SEED);
	rocket_vm_map_bo(fd, 0, &bo, BASE);
	rocket_vm_map(other, 0, handle, 0, 0x80000000u, SIZE);
	igt_assert_eq(rocket_probe_copy(&here, BASE, BASE + ROCKET_PAGE), 0);
	rocket_probe_expect(&there, 0x80000000u + ROCKET_PAGE, SEED);
	/* What one of them unmaps, or closes, the other keeps. */
	rocket_vm_unmap(fd, 0, BASE, SIZE);
	rocket_bo_free(fd, &bo);
	rocket_probe_expect(&there, 0x80000000u + 5 * ROCKET_PAGE, SEED + 5);
	rocket_probe_expect_fault(&here, BASE);
	close(other);
}

static void test_create_bo_exported(int fd)
{
	struct rocket_bo bo = rocket_bo_mapped(fd, SIZE);
	struct rocket_probe here, there;
	int other = rocket_open();
	uint32_t handle = import(other, export(fd, bo.handle)), addr = bo.address;

	rocket_probe_init(&here, fd, 0, PROBE_ADDR, 1);
	rocket_probe_init(&there, other, 0, PROBE_ADDR, 1);
	rocket_bo_fill(&bo, SEED);
	rocket_fini_bo(fd, bo.handle);
	/* Its address is the maker's alone: the importer has to bind. */
	igt_assert_eq_u64(rocket_vm_query(other, 0).mapping_count, 1);
	rocket_vm_map(other, 0, handle, 0, BASE, SIZE);
	rocket_probe_expect(&there, BASE, SEED);
	rocket_bo_free(fd, &bo);
	rocket_probe_expect_fault(&here, addr);
	rocket_probe_expect(&there, BASE, SEED);
	close(other);
}

/* A cached BO of one page: what happens to it fits in one line. */
static uint32_t cached_page(int fd)
{
	struct drm_rocket_gem_create create = { .size = ROCKET_PAGE };

	igt_assert_eq(__rocket_gem_create(fd, &create), 0);
	return create.handle;
}

/* The board's CPU has no cache that could be stale: that it is looked after must do. */
static void test_export_cpu_access(int fd)
{
	uint32_t handle = cached_page(fd);
	int dmabuf = export(fd, handle);
	struct rocket_trace trace;

	rocket_vm_map(fd, 0, handle, 0, BASE, ROCKET_PAGE);
	rocket_trace_start(&trace, "dma/dma_sync_sg_for_cpu dma/dma_sync_sg_for_device");
	cpu_access(dmabuf, DMA_BUF_SYNC_START);
	igt_assert_eq(rocket_trace_count(&trace, "dma_sync_sg_for_cpu", NULL), 1);
	igt_assert_eq(rocket_trace_count(&trace, "dma_sync_sg_for_device", NULL), 0);
	cpu_access(dmabuf, DMA_BUF_SYNC_END);
	igt_assert_eq(rocket_trace_count(&trace, "dma_sync_sg_for_cpu", NULL), 1);
	igt_assert_eq(rocket_trace_count(&trace, "dma_sync_sg_for_device", NULL), 1);
	rocket_trace_stop(&trace);
	close(dmabuf);
}

/* One that was never bound, so that nobody has cleaned it for the NPU. */
static void test_export_clean(int fd)
{
	uint32_t handle = cached_page(fd);
	int dmabuf = export(fd, handle), vgem = drm_open_driver(DRIVER_VGEM);
	struct rocket_trace trace;

	import(vgem, dmabuf);
	rocket_trace_start(&trace, "dma/dma_sync_sg_for_device");
	rocket_fini_bo(fd, handle);
	igt_assert_eq(rocket_trace_count(&trace, "dma_sync_sg_for_device", NULL), 1);
	rocket_trace_stop(&trace);
	drm_close_driver(vgem);
	close(dmabuf);
}

static void test_fence(int fd)
{
	struct rocket_bo bo = rocket_bo(fd, SIZE);
	struct pollfd poll_write = { .fd = export(fd, bo.handle), .events = POLLIN };
	struct drm_rocket_sync in;
	struct rocket_blocker blocker;
	struct rocket_probe probe;
	struct drm_rocket_job job;

	rocket_blocker_init(&blocker, fd);
	in = rocket_sync(blocker.syncobj, 0);
	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	rocket_bo_fill(&bo, SEED);
	rocket_vm_map_bo(fd, 0, &bo, BASE);
	rocket_probe_set(&probe, 0, BASE, BASE + ROCKET_PAGE);
	job = rocket_probe_job(&probe, 0, 1);
	job.in_syncs = (uintptr_t)&in;
	job.in_sync_count = 1;
	job.sync_struct_size = sizeof(in);
	job.out_bo_handles = (uintptr_t)&bo.handle;
	job.out_bo_handle_count = 1;
	igt_assert_eq(poll(&poll_write, 1, 0), 1);
	rocket_submit(fd, &job, 1);
	/* Others see at the buffer that somebody is going to write it. */
	igt_assert_eq(poll(&poll_write, 1, 0), 0);
	rocket_blocker_release(&blocker);
	igt_assert_eq(poll(&poll_write, 1, 60000), 1);
	igt_assert(rocket_is_pattern(bo.map + ROCKET_PAGE, SEED));
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(int fd);
		const char *what;
	} tests[] = {
		{ "import-udmabuf", test_import_udmabuf,
		  "A memfd by udmabuf is the same memory for CPU and NPU" },
		{ "import-ranges", test_import_ranges,
		  "An imported buffer changes hands as a whole, whatever the ranges" },
		{ "import-busy", test_import_busy,
		  "PREP_BO keeps its deadline with an imported buffer that is read" },
		{ "import-offset", test_import_offset,
		  "Any page of an imported buffer can be bound anywhere, none beyond its end" },
		{ "import-pieces", test_import_pieces,
		  "All parts of a buffer in very many pieces are where they should be" },
		{ "import-last-piece", test_import_last_piece,
		  "To bind the last page of such a buffer costs no more than the first" },
		{ "import-prep-fini", test_import_prep,
		  "PREP_BO and FINI_BO hand over an imported buffer" },
		{ "import-twice", test_import_twice,
		  "A buffer imported twice is one handle; several files can import it" },
		{ "import-keeps", test_import_keeps,
		  "A mapping keeps an imported buffer when all else of it is gone" },
		{ "import-vgem", test_import_vgem,
		  "A vgem buffer is the same memory for CPU and NPU" },
		{ "export-vgem", test_export_vgem,
		  "An exported BO is the same memory for vgem" },
		{ "outlive-file", test_outlive,
		  "An importer may outlive the file that made the BO" },
		{ "export-mmap", test_export_mmap,
		  "An exported BO can be mapped by its dma-buf" },
		{ "export-self", test_export_self,
		  "A file that imports its own BO gets the handle it has" },
		{ "two-files", test_two_files,
		  "Two clients bind one BO each where they like, and let go of it by themselves" },
		{ "create-bo-exported", test_create_bo_exported,
		  "A CREATE_BO mapping is the maker's alone, and ends with its handle" },
		{ "export-cpu-access", test_export_cpu_access,
		  "Who announces CPU access at the dma-buf of a BO gets it handed over" },
		{ "export-clean", test_export_clean,
		  "FINI_BO hands over a BO that another device uses and the NPU does not" },
		{ "fence", test_fence,
		  "A job that lists a BO as output keeps its dma-buf busy" },
	};

	igt_fixture
		close(rocket_open());

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name)
			rocket_on_device(tests[i].test);
	}
}
