// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_job.h"
#include "igt_rocket_limits.h"

IGT_TEST_DESCRIPTION("What a file and a user can have: limits, and counting that is exact");

#define MIB		(1u << 20)
#define BO_MB		8u
#define TABLES		(BO_MB * MIB / 16 / ROCKET_PAGE)
#define QUEUED		40u
#define MAPPINGS	1000u
/* Spare mapping objects of a MAP, as long as it is at work or queued. */
#define SPARE_OF_MAP	3u
#define BASE		0x20000000u
#define PROBE_ADDR	0x10000000u
#define SEED		0x1000u
#define THIRD_UID	(ROCKET_TEST_OTHER_UID + 1)

/*
 * BO memory
 */

/* With VM 0, which is there from its first use on, and its page table. */
static int open_client(void)
{
	int fd = rocket_open();

	rocket_vm_query(fd, 0);
	return fd;
}

/* All the ways to a BO; 0 or a negative errno. */
static int create(int fd, unsigned int way, uint64_t size, uint32_t *handle)
{
	struct drm_rocket_gem_create gem = { .size = size };
	struct drm_rocket_create_bo mapped = { .size = size };
	int ret;

	switch (way % 4) {
	case 0:
		ret = __rocket_create_bo(fd, &mapped);
		*handle = mapped.handle;
		return ret;
	case 1:
		gem.flags = DRM_ROCKET_GEM_WC;
		break;
	case 2:
		gem.flags = DRM_ROCKET_GEM_VM_PRIVATE;
		break;
	}
	ret = __rocket_gem_create(fd, &gem);
	*handle = gem.handle;
	return ret;
}

static void expect_no_bo(int fd, uint64_t size)
{
	struct rocket_usage before = rocket_usage(fd);
	uint64_t mapped = rocket_vm_query(fd, 0).mapping_count;
	uint32_t handle;

	for (unsigned int way = 0; way < 4; way++) {
		igt_assert_eq(create(fd, way, size, &handle), -ENOSPC);
		rocket_usage_expect(fd, before);
	}
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapping_count, mapped);
	errno = 0;
}

/* Takes all BO memory that is left, in pieces of 1 MiB. */
static unsigned int fill(int fd, uint32_t handles[BO_MB])
{
	unsigned int count = 0;

	while (count < BO_MB && !create(fd, count, MIB, &handles[count]))
		count++;
	errno = 0;
	return count;
}

static void test_bo_memory(void)
{
	int fd = open_client();
	uint32_t handles[BO_MB], page;

	igt_assert_eq_u64(rocket_get_param(fd, DRM_ROCKET_PARAM_MAX_BO_MEMORY), BO_MB * MIB);
	igt_assert_eq_u64(rocket_usage(fd).bo_memory, 0);
	expect_no_bo(fd, BO_MB * MIB + 1);
	igt_assert_eq(fill(fd, handles), BO_MB);
	igt_assert_eq_u64(rocket_usage(fd).bo_memory, BO_MB * MIB);
	expect_no_bo(fd, 1);
	for (unsigned int i = 0; i < BO_MB; i++) {
		rocket_gem_close(fd, handles[i]);
		/* The other kinds of BO can have what this one had, to the page. */
		igt_assert_eq(create(fd, i + 1, MIB - ROCKET_PAGE, &handles[i]), 0);
		igt_assert_eq(create(fd, i + 2, 1, &page), 0);
		expect_no_bo(fd, 1);
		rocket_gem_close(fd, page);
		rocket_gem_close(fd, handles[i]);
		igt_assert_eq(create(fd, i + 3, MIB, &handles[i]), 0);
	}
	for (unsigned int i = 0; i < BO_MB; i++)
		rocket_gem_close(fd, handles[i]);
	igt_assert_eq_u64(rocket_usage(fd).bo_memory, 0);
	igt_assert_eq_u64(rocket_usage(fd).mappings, 0);
	close(fd);
}

static int create_below_4g(int fd, uint64_t size, uint32_t *handle)
{
	struct drm_rocket_gem_create gem = { .size = size, .flags = DRM_ROCKET_GEM_BELOW_4G };
	int ret = __rocket_gem_create(fd, &gem);

	*handle = gem.handle;
	return ret;
}

/* A quarter of the others; what is refused there counts nowhere. */
static void test_below_4g(void)
{
	int fd = open_client(), other = open_client();
	struct rocket_usage before = rocket_usage(fd);
	uint32_t first, second, handle, handles[BO_MB];

	igt_assert_eq(create_below_4g(fd, BO_MB / 4 * MIB + 1, &handle), -ENOSPC);
	rocket_usage_expect(fd, before);
	igt_assert_eq(create_below_4g(fd, MIB, &first), 0);
	igt_assert_eq(create_below_4g(other, (BO_MB / 4 - 1) * MIB, &second), 0);
	igt_assert_eq_u64(rocket_usage(fd).bo_memory, BO_MB / 4 * MIB);
	igt_assert_eq(create_below_4g(fd, 1, &handle), -ENOSPC);
	igt_assert_eq_u64(rocket_usage(fd).bo_memory, BO_MB / 4 * MIB);
	errno = 0;
	/* Any other kind there may be, and all together are no more than the limit. */
	igt_assert_eq(fill(fd, handles), BO_MB - BO_MB / 4);
	rocket_gem_close(fd, first);
	igt_assert_eq(create(fd, 1, MIB, &handle), 0);
	igt_assert_eq(create_below_4g(fd, 1, &first), -ENOSPC);
	rocket_gem_close(fd, handle);
	igt_assert_eq(create_below_4g(fd, MIB, &first), 0);
	close(fd);
	close(other);
	fd = open_client();
	igt_assert_eq_u64(rocket_usage(fd).bo_memory, 0);
	igt_assert_eq(create_below_4g(fd, BO_MB / 4 * MIB, &first), 0);
	close(fd);
}

/* Another file is no way around, and what a file had is free when it is closed. */
static void test_bo_memory_files(void)
{
	int fd = open_client(), other = open_client();
	uint32_t handles[BO_MB];

	fill(fd, handles);
	expect_no_bo(other, 1);
	close(fd);
	igt_assert_eq_u64(rocket_usage(other).bo_memory, 0);
	igt_assert_eq(fill(other, handles), BO_MB);
	close(other);
}

static void test_bo_memory_users(void)
{
	int fd = open_client(), other;
	uint32_t handles[BO_MB];

	fill(fd, handles);
	rocket_become_user(ROCKET_TEST_OTHER_UID);
	other = open_client();
	igt_assert_eq_u64(rocket_usage(other).bo_memory, 0);
	igt_assert_eq(fill(other, handles), BO_MB);
	/* Who opened the file counts, not who uses it. */
	expect_no_bo(fd, 1);
	close(other);
	close(fd);
}

static void test_bo_memory_capable(void)
{
	int fd = open_client();
	uint32_t handles[BO_MB], more;

	fill(fd, handles);
	rocket_may_lock_memory(true);
	igt_assert_eq(create(fd, 0, MIB, &more), 0);
	igt_assert_eq_u64(rocket_usage(fd).bo_memory, (BO_MB + 1) * MIB);
	rocket_may_lock_memory(false);
	expect_no_bo(fd, 1);
	rocket_gem_close(fd, more);
	igt_assert_eq_u64(rocket_usage(fd).bo_memory, BO_MB * MIB);
	close(fd);
}

/* What one user has the other cannot have, and each is told its own. */
static void test_bo_memory_machine(void)
{
	int fd = open_client(), other;
	uint32_t handles[BO_MB], others[BO_MB];

	igt_assert_eq_u64(rocket_get_param(fd, DRM_ROCKET_PARAM_MAX_BO_MEMORY), BO_MB * MIB);
	for (unsigned int i = 0; i < BO_MB / 2; i++)
		igt_assert_eq(create(fd, i, MIB, &handles[i]), 0);
	rocket_become_user(ROCKET_TEST_OTHER_UID);
	other = open_client();
	igt_assert_eq_u32(fill(other, others), BO_MB / 2);
	igt_assert_eq_u64(rocket_usage(other).bo_memory, BO_MB / 2 * MIB);
	expect_no_bo(other, 1);
	expect_no_bo(fd, 1);
	rocket_gem_close(fd, handles[0]);
	igt_assert_eq(create(other, 0, MIB, &handles[0]), 0);
	expect_no_bo(other, 1);
	close(fd);
	close(other);
}

/*
 * Runs @test in a user namespace that @owner makes and root fills with two uids from @first
 * on, as the second of these.
 */
static void in_namespace(unsigned int owner, unsigned int first, void (*test)(void))
{
	struct igt_helper_process child = { 0 };
	int made[2], mapped[2], map;
	char path[64], byte;

	igt_assert_eq(pipe(made), 0);
	igt_assert_eq(pipe(mapped), 0);
	igt_fork_helper(&child) {
		igt_assert_eq(setresuid(owner, owner, 0), 0);
		igt_assert_eq(unshare(CLONE_NEWUSER), 0);
		igt_assert_eq((int)write(made[1], "", 1), 1);
		igt_assert_eq((int)read(mapped[0], &byte, 1), 1);
		igt_assert_eq(setresuid(1, 1, 1), 0);
		test();
	}
	igt_assert_eq((int)read(made[0], &byte, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/uid_map", child.pid);
	map = open(path, O_WRONLY | O_CLOEXEC);
	igt_assert_fd(map);
	igt_assert_lt(0, dprintf(map, "0 %u 2", first));
	close(map);
	igt_assert_eq((int)write(mapped[1], "", 1), 1);
	igt_assert_eq(igt_wait_helper(&child), 0);
}

static void expect_full(void)
{
	int fd = open_client();

	igt_assert_eq_u64(rocket_usage(fd).bo_memory, BO_MB * MIB);
	expect_no_bo(fd, 1);
	close(fd);
}

static void expect_empty(void)
{
	int fd = open_client();
	uint32_t handles[BO_MB];

	igt_assert_eq_u64(rocket_usage(fd).bo_memory, 0);
	igt_assert_eq_u32(fill(fd, handles), BO_MB);
	close(fd);
}

/*
 * Uids that a user has from a namespace are the user's; those of a container that root has
 * made are the container's, and nobody else's.
 */
static void test_bo_memory_namespaces(void)
{
	enum { SUBUID = 200000, CONTAINER = 300000, OTHERS = 400000 };
	int fd = open_client(), container;
	uint32_t handles[BO_MB];
	struct stat node;

	igt_assert_eq(fstat(fd, &node), 0);
	/* Whom nothing but the limit keeps away. */
	igt_assert_eq(fchmod(fd, node.st_mode | 0666), 0);
	fill(fd, handles);
	in_namespace(ROCKET_TEST_UID, SUBUID, expect_full);
	in_namespace(0, CONTAINER, expect_empty);

	igt_assert_eq(setresuid(CONTAINER, CONTAINER, 0), 0);
	container = open_client();
	igt_assert_eq_u32(fill(container, handles), BO_MB);
	igt_assert_eq(seteuid(0), 0);
	rocket_may_lock_memory(false);
	rocket_become_user(ROCKET_TEST_UID);
	in_namespace(0, CONTAINER, expect_full);
	in_namespace(0, OTHERS, expect_empty);
	igt_assert_eq(fchmod(fd, node.st_mode), 0);
	close(container);
	close(fd);
}

static int export(int fd, uint32_t handle)
{
	int dmabuf;

	igt_assert_eq(drmPrimeHandleToFD(fd, handle, DRM_CLOEXEC | DRM_RDWR, &dmabuf), 0);
	return dmabuf;
}

/*
 * A BO that goes from file to file and user to user counts once, for its creator,
 * until nobody holds it: neither file, nor mapping, nor dma-buf.
 */
static void test_bo_memory_shared(void)
{
	int creator = open_client(), same = open_client(), other, dmabuf;
	struct rocket_usage none;
	uint32_t handle;

	igt_assert_eq(create(creator, 0, MIB, &handle), 0);
	dmabuf = export(creator, handle);
	igt_assert_eq(drmPrimeFDToHandle(same, dmabuf, &handle), 0);
	igt_assert_eq_u64(rocket_usage(creator).bo_memory, MIB);
	rocket_vm_map(same, 0, handle, 0, BASE, MIB);
	rocket_vm_map(same, rocket_vm_create(same), handle, 0, BASE, MIB);
	igt_assert_eq_u64(rocket_usage(creator).bo_memory, MIB);

	rocket_become_user(ROCKET_TEST_OTHER_UID);
	other = open_client();
	none = rocket_usage(other);
	igt_assert_eq(drmPrimeFDToHandle(other, dmabuf, &handle), 0);
	rocket_vm_map(other, 0, handle, 0, BASE, MIB);
	igt_assert_eq_u64(rocket_usage(other).bo_memory, none.bo_memory);
	close(creator);
	close(dmabuf);
	rocket_gem_close(other, handle);
	igt_assert_eq_u64(rocket_usage(same).bo_memory, MIB);
	rocket_become_user(ROCKET_TEST_UID);
	close(same);
	same = open_client();
	igt_assert_eq_u64(rocket_usage(same).bo_memory, MIB);
	rocket_vm_unmap(other, 0, BASE, MIB);
	igt_assert_eq_u64(rocket_usage(same).bo_memory, 0);
	close(other);
	close(same);
}

static int make_udmabuf(uint64_t size)
{
	struct udmabuf_create udmabuf = { .flags = UDMABUF_FLAGS_CLOEXEC, .size = size };
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), dmabuf;

	igt_assert_fd(device);
	udmabuf.memfd = memfd_create("rocket", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	igt_assert_eq(ftruncate(udmabuf.memfd, size), 0);
	igt_assert_eq(fcntl(udmabuf.memfd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	dmabuf = ioctl(device, UDMABUF_CREATE, &udmabuf);
	igt_assert_fd(dmabuf);
	close(udmabuf.memfd);
	close(device);
	return dmabuf;
}

static void test_bo_memory_import(void)
{
	int fd = open_client(), other = open_client(), dmabuf = make_udmabuf(MIB);
	uint32_t handle, again, handles[BO_MB];

	igt_assert_eq(drmPrimeFDToHandle(fd, dmabuf, &handle), 0);
	igt_assert_eq(drmPrimeFDToHandle(fd, dmabuf, &again), 0);
	igt_assert_eq_u32(handle, again);
	igt_assert_eq_u64(rocket_usage(fd).bo_memory, MIB);
	igt_assert_eq(fill(fd, handles), BO_MB - 1);
	/* The other file's import is another attachment. */
	igt_assert_neq(drmPrimeFDToHandle(other, dmabuf, &again), 0);
	igt_assert_eq(errno, ENOSPC);
	errno = 0;
	igt_assert_eq_u64(rocket_usage(fd).bo_memory, BO_MB * MIB);
	rocket_vm_map(fd, 0, handle, 0, BASE, MIB);
	rocket_gem_close(fd, handle);
	igt_assert_eq_u64(rocket_usage(fd).bo_memory, BO_MB * MIB);
	rocket_vm_unmap(fd, 0, BASE, MIB);
	igt_assert_eq_u64(rocket_usage(fd).bo_memory, (BO_MB - 1) * MIB);
	igt_assert_eq(drmPrimeFDToHandle(other, dmabuf, &again), 0);
	close(other);
	igt_assert_eq_u64(rocket_usage(fd).bo_memory, (BO_MB - 1) * MIB);
	close(dmabuf);
	close(fd);
}

/* A job that waits holds its BO, and so does a bind that is queued. */
static void test_bo_memory_busy(void)
{
	int fd = open_client();
	struct rocket_bo bo = rocket_bo(fd, MIB);
	struct drm_rocket_vm_bind_op op = rocket_op_map(bo.handle, 0, BASE, MIB);
	uint32_t vm = rocket_vm_create(fd);
	struct rocket_blocker blocker;
	struct drm_rocket_sync never;
	struct rocket_usage before;

	rocket_blocker_init(&blocker, fd);
	never = rocket_sync(blocker.syncobj, 0);
	before = rocket_usage(fd);
	rocket_vm_bind_async(fd, vm, &op, 1, &never, NULL);
	rocket_bo_free(fd, &bo);
	igt_assert_eq_u64(rocket_usage(fd).bo_memory, before.bo_memory);
	igt_assert_eq_u64(rocket_usage(fd).mappings, before.mappings + SPARE_OF_MAP);
	igt_assert_eq_u64(rocket_usage(fd).table_memory, before.table_memory + ROCKET_PAGE);
	/* Cancelled: all that the VM had goes. */
	rocket_vm_destroy(fd, vm);
	before.bo_memory -= MIB;
	before.table_memory -= ROCKET_PAGE;
	rocket_usage_await(fd, before);
	rocket_blocker_fini(&blocker);
	close(fd);
}

/*
 * Page tables
 */

static uint64_t table_addr(unsigned int table)
{
	return BASE + (uint64_t)table * ROCKET_TABLE_SPAN;
}

/* Binds one page for each table that there may still be. */
static unsigned int fill_tables(int fd, uint32_t vm, uint32_t handle)
{
	unsigned int count = 0;

	while (!__rocket_vm_map(fd, vm, handle, 0, table_addr(count), ROCKET_PAGE))
		count++;
	errno = 0;
	return count;
}

static void test_tables(void)
{
	int fd = open_client();
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);
	struct drm_rocket_vm_query full, query = { 0 };
	struct rocket_usage before;
	uint32_t vm;
	int other;

	igt_assert_eq_u64(rocket_get_param(fd, DRM_ROCKET_PARAM_MAX_TABLE_MEMORY),
			  TABLES * ROCKET_PAGE);
	/* VM 0's directory */
	igt_assert_eq_u64(rocket_usage(fd).table_memory, ROCKET_PAGE);
	igt_assert_eq_u32(fill_tables(fd, 0, bo.handle), TABLES - 1);
	before = rocket_usage(fd);
	full = rocket_vm_query(fd, 0);
	igt_assert_eq_u64(before.table_memory, TABLES * ROCKET_PAGE);
	igt_assert_eq(__rocket_vm_create(fd, 0, &vm), -ENOSPC);
	/* Who only opens the device needs none. */
	other = rocket_open();
	igt_assert_eq(__rocket_vm_query(other, &query), -ENOSPC);
	close(other);
	igt_assert_eq(__rocket_vm_map(fd, 0, bo.handle, 0, table_addr(TABLES), ROCKET_PAGE),
		      -ENOSPC);
	rocket_usage_expect(fd, before);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapping_count, full.mapping_count);
	errno = 0;
	/* Where tables are, binding goes on; they stay when all is unmapped. */
	rocket_vm_map(fd, 0, bo.handle, 0, table_addr(3) + ROCKET_PAGE, ROCKET_PAGE);
	rocket_vm_unmap(fd, 0, ROCKET_PAGE, ROCKET_VA_END - ROCKET_PAGE);
	rocket_vm_map(fd, 0, bo.handle, 0, table_addr(0), ROCKET_PAGE);
	igt_assert_eq_u64(rocket_usage(fd).table_memory, TABLES * ROCKET_PAGE);
	igt_assert_eq(__rocket_vm_map(fd, 0, bo.handle, 0, table_addr(TABLES), ROCKET_PAGE),
		      -ENOSPC);
	errno = 0;
	/* Mapped for the CPU, it would keep the file open. */
	rocket_bo_free(fd, &bo);
	close(fd);
	fd = open_client();
	igt_assert_eq_u64(rocket_usage(fd).table_memory, ROCKET_PAGE);
	close(fd);
}

/* A user gets half of what the machine may have, and a third one nothing. */
static void test_tables_machine(void)
{
	struct drm_rocket_vm_query query = { 0 };
	int fds[2], third;

	for (unsigned int i = 0; i < ARRAY_SIZE(fds); i++) {
		struct rocket_bo bo;

		rocket_become_user(i ? ROCKET_TEST_OTHER_UID : ROCKET_TEST_UID);
		fds[i] = open_client();
		bo = rocket_bo(fds[i], ROCKET_PAGE);
		igt_assert_eq_u64(rocket_get_param(fds[i], DRM_ROCKET_PARAM_MAX_TABLE_MEMORY),
				  TABLES / 2 * ROCKET_PAGE);
		igt_assert_eq_u32(fill_tables(fds[i], 0, bo.handle), TABLES / 2 - 1);
		rocket_bo_free(fds[i], &bo);
	}
	rocket_become_user(THIRD_UID);
	third = rocket_open();
	igt_assert_eq(__rocket_vm_query(third, &query), -ENOSPC);
	errno = 0;
	close(fds[0]);
	rocket_vm_query(third, 0);
	close(third);
	close(fds[1]);
}

static void test_tables_vms(void)
{
	int fd = open_client();
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);
	struct rocket_usage before = rocket_usage(fd);
	uint32_t vm = rocket_vm_create(fd), other = rocket_vm_create(fd);

	igt_assert_eq_u64(rocket_usage(fd).table_memory, before.table_memory + 2 * ROCKET_PAGE);
	igt_assert_eq_u32(fill_tables(fd, vm, bo.handle), TABLES - 3);
	igt_assert_eq(__rocket_vm_map(fd, other, bo.handle, 0, BASE, ROCKET_PAGE), -ENOSPC);
	errno = 0;
	rocket_vm_destroy(fd, vm);
	igt_assert_eq_u64(rocket_usage(fd).table_memory, before.table_memory + ROCKET_PAGE);
	rocket_vm_map(fd, other, bo.handle, 0, BASE, ROCKET_PAGE);
	rocket_vm_destroy(fd, other);
	rocket_usage_expect(fd, before);
	close(fd);
}

/* What does not fit as a whole takes nothing: neither tables nor mappings. */
static void test_tables_array(void)
{
	int fd = open_client();
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);
	struct drm_rocket_vm_bind_op ops[TABLES + 1];
	struct drm_rocket_sync out = rocket_sync(rocket_syncobj(fd), 0);
	struct rocket_usage before = rocket_usage(fd);
	int file;

	for (unsigned int i = 0; i <= TABLES; i++)
		ops[i] = rocket_op_map(bo.handle, 0, table_addr(i), ROCKET_PAGE);
	igt_assert_eq(__rocket_vm_bind_ops(fd, 0, ops, TABLES), -ENOSPC);
	rocket_usage_expect(fd, before);
	igt_assert_eq(__rocket_vm_bind_async(fd, 0, ops, TABLES, NULL, &out), -ENOSPC);
	igt_assert_neq(drmSyncobjExportSyncFile(fd, out.handle, &file), 0);
	rocket_usage_expect(fd, before);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapping_count, 0);
	errno = 0;
	/* A table that two operations need is one. */
	ops[TABLES - 1] = ops[0];
	ops[TABLES] = rocket_op_unmap(table_addr(TABLES), ROCKET_PAGE);
	rocket_vm_bind_ops(fd, 0, ops, TABLES + 1);
	igt_assert_eq_u64(rocket_usage(fd).table_memory, TABLES * ROCKET_PAGE);
	close(fd);
}

static void test_tables_create_bo(void)
{
	int fd = open_client();
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);
	struct drm_rocket_create_bo create_bo = { .size = ROCKET_PAGE };
	uint32_t vm = rocket_vm_create(fd);
	struct rocket_usage before;

	fill_tables(fd, vm, bo.handle);
	before = rocket_usage(fd);
	igt_assert_eq(__rocket_create_bo(fd, &create_bo), -ENOSPC);
	rocket_usage_expect(fd, before);
	errno = 0;
	rocket_vm_destroy(fd, vm);
	igt_assert_eq(__rocket_create_bo(fd, &create_bo), 0);
	close(fd);
}

/*
 * Mapping objects
 */

static uint64_t page_addr(unsigned int page)
{
	return BASE + (uint64_t)page * 2 * ROCKET_PAGE;
}

/* Maps pages apart from each other until the limit is met; the last is @count - 1. */
static unsigned int fill_mappings(int fd, uint32_t vm, uint32_t handle)
{
	unsigned int count = 0;

	while (!__rocket_vm_map(fd, vm, handle, 0, page_addr(count), ROCKET_PAGE))
		count++;
	errno = 0;
	return count;
}

static void test_mappings(void)
{
	int fd = open_client();
	struct rocket_bo bo = rocket_bo(fd, 4 * ROCKET_PAGE);
	struct rocket_usage before = rocket_usage(fd);
	struct drm_rocket_vm_bind_op op = rocket_op_unmap_bo(bo.handle);
	unsigned int count;

	igt_assert_eq_u64(rocket_get_param(fd, DRM_ROCKET_PARAM_MAX_MAPPINGS), MAPPINGS);
	igt_assert_eq_u64(before.mappings, 0);
	count = fill_mappings(fd, 0, bo.handle);
	/* The last one needed spare objects while it was at work. */
	igt_assert_eq_u32(count, MAPPINGS - SPARE_OF_MAP + 1);
	igt_assert_eq_u64(rocket_usage(fd).mappings, count);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapping_count, count);
	/* Not even what would replace one. */
	igt_assert_eq(__rocket_vm_map(fd, 0, bo.handle, 0, BASE, ROCKET_PAGE), -ENOSPC);
	errno = 0;
	rocket_vm_unmap(fd, 0, page_addr(3), ROCKET_PAGE);
	igt_assert_eq_u64(rocket_usage(fd).mappings, count - 1);
	rocket_vm_map(fd, 0, bo.handle, 0, page_addr(3), ROCKET_PAGE);
	igt_assert_eq(__rocket_vm_map(fd, 0, bo.handle, 0, BASE, ROCKET_PAGE), -ENOSPC);
	errno = 0;
	rocket_vm_bind_ops(fd, 0, &op, 1);
	igt_assert_eq_u64(rocket_usage(fd).mappings, 0);
	rocket_vm_map_bo(fd, 0, &bo, BASE);
	close(fd);
}

/* Who is at the limit can unmap, whether that gives back or cuts in two. */
static void test_mappings_unmap(void)
{
	int fd = open_client();
	struct rocket_bo bo = rocket_bo(fd, 3 * ROCKET_PAGE);
	struct rocket_probe probe;
	unsigned int count;

	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	rocket_bo_fill(&bo, SEED);
	rocket_vm_map_bo(fd, 0, &bo, 0x80000000u);
	count = fill_mappings(fd, 0, bo.handle) + 2;
	rocket_vm_unmap(fd, 0, 0x80000000u + ROCKET_PAGE, ROCKET_PAGE);
	igt_assert_eq_u64(rocket_usage(fd).mappings, count + 1);
	rocket_probe_expect(&probe, 0x80000000u, SEED);
	rocket_probe_expect_fault(&probe, 0x80000000u + ROCKET_PAGE);
	rocket_probe_expect(&probe, 0x80000000u + 2 * ROCKET_PAGE, SEED + 2);
	rocket_vm_unmap(fd, 0, BASE, 0x40000000u);
	igt_assert_eq_u64(rocket_usage(fd).mappings, 3);
	rocket_vm_unmap(fd, 0, ROCKET_PAGE, ROCKET_VA_END - ROCKET_PAGE);
	igt_assert_eq_u64(rocket_usage(fd).mappings, 0);
	close(fd);
}

static void test_mappings_vms(void)
{
	int fd = open_client(), other = open_client();
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE), others = rocket_bo(other, ROCKET_PAGE);
	uint32_t vm = rocket_vm_create(fd);

	fill_mappings(fd, vm, bo.handle);
	igt_assert_eq(__rocket_vm_map(fd, 0, bo.handle, 0, BASE, ROCKET_PAGE), -ENOSPC);
	errno = 0;
	/* Of this file, not of its user */
	igt_assert_eq_u64(rocket_usage(other).mappings, 0);
	rocket_vm_map_bo(other, 0, &others, BASE);
	rocket_vm_destroy(fd, vm);
	igt_assert_eq_u64(rocket_usage(fd).mappings, 0);
	rocket_vm_map_bo(fd, 0, &bo, BASE);
	close(other);
	close(fd);
}

static void test_mappings_array(void)
{
	enum { COUNT = MAPPINGS / SPARE_OF_MAP + 1 };
	int fd = open_client();
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);
	struct drm_rocket_vm_bind_op ops[COUNT];
	struct rocket_usage before = rocket_usage(fd);

	for (unsigned int i = 0; i < COUNT; i++)
		ops[i] = rocket_op_map(bo.handle, 0, page_addr(i), ROCKET_PAGE);
	igt_assert_eq(__rocket_vm_bind_ops(fd, 0, ops, COUNT), -ENOSPC);
	rocket_usage_expect(fd, before);
	igt_assert_eq_u64(rocket_vm_query(fd, 0).mapping_count, 0);
	igt_assert_eq(__rocket_vm_bind_async(fd, 0, ops, COUNT, NULL, NULL), -ENOSPC);
	rocket_usage_expect(fd, before);
	errno = 0;
	rocket_vm_bind_ops(fd, 0, ops, COUNT - 1);
	igt_assert_eq_u64(rocket_usage(fd).mappings, COUNT - 1);
	close(fd);
}

/* An array that fails for another reason gives back all that it had taken. */
static void test_failed_array(void)
{
	enum { COUNT = 12 };
	int fd = open_client();
	struct rocket_bo bo = rocket_bo(fd, ROCKET_PAGE);
	struct rocket_usage before = rocket_usage(fd);

	for (unsigned int bad = 0; bad < COUNT; bad++) {
		struct drm_rocket_vm_bind_op ops[COUNT];

		for (unsigned int i = 0; i < COUNT; i += 2) {
			ops[i] = rocket_op_map(bo.handle, 0, table_addr(i), ROCKET_PAGE);
			ops[i + 1] = rocket_op_unmap(page_addr(i), ROCKET_PAGE);
		}
		ops[bad] = rocket_op_map(bo.handle, 0, BASE, 2 * ROCKET_PAGE);
		igt_assert_eq(__rocket_vm_bind_ops(fd, 0, ops, COUNT), -EINVAL);
		rocket_usage_expect(fd, before);
		igt_assert_eq(__rocket_vm_bind_async(fd, 0, ops, COUNT, NULL, NULL), -EINVAL);
		rocket_usage_expect(fd, before);
	}
	errno = 0;
	close(fd);
}

/*
 * At the limits, all at once
 */

#define THREADS	4
#define ROUNDS	50

struct racer {
	pthread_t thread;
	int fd;
	unsigned int number;
	unsigned int refused;
	int unexpected;		/* errno, negative */
};

/* Every result is fine but errors that say that something else is wrong. */
static bool refused(struct racer *racer, int ret)
{
	if (ret == -ENOSPC)
		racer->refused++;
	else if (ret)
		racer->unexpected = ret;
	return ret;
}

static void *race(void *data)
{
	struct racer *r = data;
	uint64_t base = BASE + (uint64_t)r->number * 64 * ROCKET_TABLE_SPAN;

	for (unsigned int i = 0; i < ROUNDS && !r->unexpected; i++) {
		struct drm_rocket_vm_bind_op ops[40];
		uint32_t handle, vm;

		/* Not private ones, and none that VM 0 keeps a table of. */
		if (refused(r, create(r->fd, i | 1, 3 * MIB, &handle)))
			continue;
		if (!refused(r, __rocket_vm_create(r->fd, 0, &vm))) {
			for (unsigned int k = 0; k < ARRAY_SIZE(ops); k++)
				ops[k] = rocket_op_map(handle, 0, base + k * ROCKET_TABLE_SPAN,
						       ROCKET_PAGE);
			refused(r, __rocket_vm_bind_ops(r->fd, vm, ops, ARRAY_SIZE(ops)));
			rocket_vm_destroy(r->fd, vm);
		}
		rocket_gem_close(r->fd, handle);
	}
	return NULL;
}

static void test_races(void)
{
	struct racer racers[THREADS];
	int fd = open_client();
	struct rocket_usage before = rocket_usage(fd), now;
	unsigned int refusals = 0;

	for (unsigned int i = 0; i < THREADS; i++) {
		racers[i] = (struct racer){ .number = i, .fd = i % 2 ? fd : open_client() };
		igt_assert_eq(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (unsigned int i = 0; i < THREADS * ROUNDS; i++) {
		now = rocket_usage(fd);
		igt_assert_lte_u64(now.bo_memory, BO_MB * MIB);
		igt_assert_lte_u64(now.table_memory, TABLES * ROCKET_PAGE);
		igt_assert_lte_u64(now.mappings, MAPPINGS);
	}
	for (unsigned int i = 0; i < THREADS; i++) {
		pthread_join(racers[i].thread, NULL);
		igt_assert_eq(racers[i].unexpected, 0);
		refusals += racers[i].refused;
		if (racers[i].fd != fd)
			close(racers[i].fd);
	}
	igt_info("%u times refused\n", refusals);
	igt_assert_lt(0, refusals);
	errno = 0;
	rocket_usage_await(fd, before);
	close(fd);
}

/* Has some of everything, in use and queued, and is killed. */
static void live_and_die(int pipe)
{
	int fd = open_client();
	struct rocket_bo bo = rocket_bo(fd, MIB), mapped = rocket_bo_mapped(fd, MIB);
	struct drm_rocket_vm_bind_op op = rocket_op_map(bo.handle, 0, BASE, MIB);
	struct rocket_blocker blocker;
	struct drm_rocket_sync never;
	struct rocket_probe probe;

	(void)mapped;
	rocket_blocker_init(&blocker, fd);
	never = rocket_sync(blocker.syncobj, 0);
	rocket_probe_init(&probe, fd, rocket_vm_create(fd), PROBE_ADDR, 1);
	rocket_vm_bind_async(fd, 0, &op, 1, &never, NULL);
	rocket_probe_set(&probe, 0, PROBE_ADDR, rocket_probe_result_addr(&probe, 0));
	rocket_probe_repeat(&probe, 0, 1000);
	igt_assert_eq((int)write(pipe, "", 1), 1);
	pause();
}

static void test_killed(void)
{
	int fd = open_client(), pipes[2], status;
	struct rocket_usage before = rocket_usage(fd);
	char byte;
	pid_t pid;

	igt_assert_eq(pipe(pipes), 0);
	pid = fork();
	igt_assert(pid >= 0);
	if (!pid) {
		close(fd);
		live_and_die(pipes[1]);
		_exit(1);
	}
	close(pipes[1]);
	igt_assert_eq((int)read(pipes[0], &byte, 1), 1);
	igt_assert_lte_u64(2 * MIB, rocket_usage(fd).bo_memory);
	igt_assert_lt_u64(before.table_memory + 4 * ROCKET_PAGE, rocket_usage(fd).table_memory);
	igt_assert_eq(kill(pid, SIGKILL), 0);
	igt_assert_eq(waitpid(pid, &status, 0), pid);
	rocket_usage_await(fd, before);
	close(fd);
}

/* The usual limits are enough for what the interface promises. */
static void test_defaults(void)
{
	int fd = open_client();
	uint64_t bos = rocket_get_param(fd, DRM_ROCKET_PARAM_MAX_BO_MEMORY);

	igt_assert_lte_u64((uint64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / 8 * 7,
			   bos + MIB);
	igt_assert_lte_u64(bos, (uint64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE));
	igt_assert_eq_u64(rocket_get_param(fd, DRM_ROCKET_PARAM_MAX_TABLE_MEMORY), bos / 32);
	igt_assert_lte_u64(SPARE_OF_MAP * rocket_get_param(fd, DRM_ROCKET_PARAM_MAX_BIND_OPS),
			   rocket_get_param(fd, DRM_ROCKET_PARAM_MAX_MAPPINGS));
	close(fd);
}

static int park_job(int fd, const struct rocket_probe *probe, const struct drm_rocket_sync *never)
{
	struct drm_rocket_job job = rocket_probe_job(probe, 0, 1);

	job.in_syncs = (uintptr_t)never;
	job.in_sync_count = 1;
	job.sync_struct_size = sizeof(*never);
	return __rocket_submit(fd, &job, 1);
}

static int park_bind(int fd, uint32_t vm, const struct drm_rocket_sync *never)
{
	return __rocket_vm_bind_async(fd, vm, NULL, 0, never, NULL);
}

static uint64_t queued(int fd)
{
	return rocket_get_param(fd, DRM_ROCKET_PARAM_QUEUED);
}

/* Jobs and binds of all files of a user; others have their own. */
static void test_queued(void)
{
	int fd = open_client(), second = open_client(), strangers[2];
	struct rocket_blocker blocker;
	struct drm_rocket_sync never;
	struct rocket_probe probe;
	struct igt_helper_process stranger = { 0 };
	unsigned int count = queued(fd);

	igt_assert_eq_u64(rocket_get_param(fd, DRM_ROCKET_PARAM_MAX_QUEUED), QUEUED);
	igt_assert_eq_u32(count, 0);
	rocket_probe_init(&probe, fd, 0, PROBE_ADDR, 1);
	rocket_probe_set(&probe, 0, PROBE_ADDR, rocket_probe_result_addr(&probe, 0));
	rocket_blocker_init(&blocker, fd);
	never = rocket_sync(blocker.syncobj, 0);
	for (; count < QUEUED - 1; count += 2) {
		igt_assert_eq(park_job(fd, &probe, &never), 0);
		igt_assert_eq(park_bind(fd, 0, &never), 0);
	}
	igt_assert_eq_u64(queued(second), QUEUED);
	igt_assert_eq(park_job(fd, &probe, &never), -ENOSPC);
	igt_assert_eq(park_bind(fd, 0, &never), -ENOSPC);
	igt_assert_eq(park_bind(second, 0, NULL), -ENOSPC);
	errno = 0;
	/* What waits for nothing is no exception, and what is done at once is none of it. */
	rocket_vm_unmap(fd, 0, BASE, ROCKET_PAGE);
	igt_assert_eq(pipe(strangers), 0);
	igt_fork_helper(&stranger) {
		rocket_become_user(ROCKET_TEST_OTHER_UID);
		close(fd);
		fd = rocket_open();
		igt_assert_eq_u64(queued(fd), 0);
		igt_assert_eq(park_bind(fd, 0, NULL), 0);
	}
	igt_assert_eq(igt_wait_helper(&stranger), 0);
	rocket_blocker_release(&blocker);
	/* Done by the kernel's workers. */
	while (queued(second))
		igt_assert_eq(usleep(1000), 0);
	igt_assert_eq(park_job(fd, &probe, &never), 0);
	close(fd);
	close(second);
}

static void require_below_4g(void)
{
	int fd = rocket_open();
	uint64_t features = rocket_get_param(fd, DRM_ROCKET_PARAM_FEATURES);

	close(fd);
	igt_require_f(features & DRM_ROCKET_FEATURE_BELOW_4G, "no memory below 4 GiB\n");
}

igt_main
{
	static const struct {
		const char *name;
		void (*test)(void);
		struct rocket_limits limits;
		bool udmabuf, blocker;
		const char *what;
	} tests[] = {
		{ "defaults", test_defaults, {}, false, false,
		  "By default BOs get 7/8 of the RAM, a user's tables a 32nd of that, and any array fits" },
		{ "bo-memory", test_bo_memory, { .bo_mb = BO_MB }, false, false,
		  "BOs of all kinds count to the byte; at the limit they are refused, and taken again later" },
		{ "bo-memory-files", test_bo_memory_files, { .bo_mb = BO_MB }, false, false,
		  "All files of a user share the limit" },
		{ "bo-memory-users", test_bo_memory_users, { .bo_mb = BO_MB }, false, false,
		  "A user at the limit takes nothing from another one" },
		{ "below-4g", test_below_4g, { .bo_mb = BO_MB }, false, false,
		  "BOs below 4 GiB have a limit of their own, a quarter of the others'" },
		{ "bo-memory-capable", test_bo_memory_capable, { .bo_mb = BO_MB }, false, false,
		  "With CAP_IPC_LOCK there is no limit, but it counts" },
		{ "bo-memory-machine", test_bo_memory_machine, { .total_mb = BO_MB }, false, false,
		  "All users together have a limit, too" },
		{ "bo-memory-namespaces", test_bo_memory_namespaces, { .bo_mb = BO_MB }, false,
		  false, "The uids of a user namespace have one limit together" },
		{ "bo-memory-shared", test_bo_memory_shared, { .bo_mb = BO_MB }, false, false,
		  "A BO that many share counts once, for its creator, until the last lets go" },
		{ "bo-memory-import", test_bo_memory_import, { .bo_mb = BO_MB }, true, false,
		  "A buffer of another driver counts from its import until it is let go" },
		{ "bo-memory-busy", test_bo_memory_busy, { .bo_mb = BO_MB }, false, true,
		  "What a queued bind holds counts until it is cancelled" },
		{ "tables", test_tables, { .bo_mb = BO_MB }, false, false,
		  "Page tables count until their VM goes; at the limit no new ones, but all else" },
		{ "tables-machine", test_tables_machine, { .total_mb = BO_MB }, false, false,
		  "All users together have a limit for page tables, and one of them half of it" },
		{ "tables-vms", test_tables_vms, { .bo_mb = BO_MB }, false, false,
		  "All VMs of a user share the limit for page tables" },
		{ "tables-array", test_tables_array, { .bo_mb = BO_MB }, false, false,
		  "An array that needs too many tables gets none, at once or queued" },
		{ "tables-create-bo", test_tables_create_bo, { .bo_mb = BO_MB }, false, false,
		  "A BO that needs a table too many is not created" },
		{ "mappings", test_mappings, { .mappings = MAPPINGS }, false, false,
		  "Mapping objects count; at the limit MAP is refused, and taken again later" },
		{ "mappings-unmap", test_mappings_unmap, { .mappings = MAPPINGS }, false, false,
		  "At the limit one can unmap, even if that cuts a mapping in two" },
		{ "mappings-vms", test_mappings_vms, { .mappings = MAPPINGS }, false, false,
		  "All VMs of a file share the limit, and other files do not" },
		{ "mappings-array", test_mappings_array, { .mappings = MAPPINGS }, false, false,
		  "An array that needs too many objects changes nothing, at once or queued" },
		{ "queued", test_queued, { .queued = QUEUED }, false, true,
		  "Jobs and asynchronous binds of a user count until they are done" },
		{ "failed-array", test_failed_array, { .bo_mb = BO_MB, .mappings = MAPPINGS },
		  false, false, "An array that fails anywhere leaves nothing counted" },
		{ "races", test_races, { .bo_mb = BO_MB, .mappings = MAPPINGS }, false, false,
		  "With many at the limits at once nothing goes beyond, and nothing is lost" },
		{ "killed", test_killed, { .bo_mb = BO_MB }, false, true,
		  "A client that is killed with all kinds of things leaves nothing counted" },
	};

	igt_fixture {
		close(open_client());
		rocket_limits_save();
	}

	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		igt_describe(tests[i].what);
		igt_subtest_f("%s", tests[i].name) {
			igt_require_f(!tests[i].udmabuf || !access("/dev/udmabuf", R_OK | W_OK),
				      "no /dev/udmabuf: modprobe udmabuf, be root\n");
			if (tests[i].blocker)
				rocket_require_blocker();
			igt_require_f(tests[i].test != test_bo_memory_namespaces ||
				      !access("/proc/self/ns/user", F_OK),
				      "the kernel has no user namespaces\n");
			if (tests[i].test == test_below_4g)
				require_below_4g();
			rocket_run_limited(tests[i].limits, tests[i].test);
		}
	}

	igt_fixture
		rocket_limits_restore();
}
