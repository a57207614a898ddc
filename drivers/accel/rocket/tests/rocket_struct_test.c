// SPDX-License-Identifier: GPL-2.0-only

#include <drm/rocket_accel.h>
#include <linux/mman.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>

#include "../rocket_file.h"
#include "rocket_kunit.h"

/* What a kernel knows of a struct, and what the first version had of it. */
struct known {
	u32 a;
	u32 b;
	u64 younger;
};

#define FIRST	offsetof(struct known, younger)

/*
 * Two pages of user memory, the second of which cannot be read; returns what lies
 * @back bytes before it.
 */
static u64 user_end(struct kunit *test, size_t back)
{
	unsigned long addr = kunit_vm_mmap(test, NULL, 0, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
					   MAP_ANONYMOUS | MAP_PRIVATE, 0);

	KUNIT_ASSERT_NE(test, addr, 0);
	KUNIT_ASSERT_EQ(test, vm_munmap(addr + PAGE_SIZE, PAGE_SIZE), 0);

	return addr + PAGE_SIZE - back;
}

static void put(struct kunit *test, u64 addr, const void *data, size_t size)
{
	KUNIT_ASSERT_EQ(test, copy_to_user(u64_to_user_ptr(addr), data, size), 0);
}

static int get(struct known *to, u64 array, u32 index, u32 size)
{
	return rocket_copy_array_entry(to, sizeof(*to), FIRST, array, index, size);
}

static void test_same(struct kunit *test)
{
	const struct known from[2] = { { 1, 2, 3 }, { 4, 5, 6 } };
	u64 array = user_end(test, sizeof(from));
	struct known to;

	put(test, array, from, sizeof(from));
	KUNIT_EXPECT_EQ(test, get(&to, array, 1, sizeof(to)), 0);
	KUNIT_EXPECT_MEMEQ(test, &to, &from[1], sizeof(to));
	/* The entry behind the last one is not there. */
	KUNIT_EXPECT_EQ(test, get(&to, array, 2, sizeof(to)), -EFAULT);
}

/* Fields that older userspace does not know read as zero. */
static void test_older(struct kunit *test)
{
	const u32 from[] = { 1, 2, 4, 5 };
	const struct known expected = { .a = 4, .b = 5 };
	u64 array = user_end(test, sizeof(from));
	struct known to;

	put(test, array, from, sizeof(from));
	memset(&to, 0xff, sizeof(to));
	KUNIT_EXPECT_EQ(test, get(&to, array, 1, FIRST), 0);
	KUNIT_EXPECT_MEMEQ(test, &to, &expected, sizeof(to));
	/* One that ends in the middle of a field. */
	array = user_end(test, FIRST + 1);
	put(test, array, "\1\0\0\0\2\0\0\0\3", FIRST + 1);
	KUNIT_EXPECT_EQ(test, get(&to, array, 0, FIRST + 1), 0);
	KUNIT_EXPECT_EQ(test, to.younger, 3);
}

/* Newer userspace is understood as long as it uses nothing new. */
static void test_newer(struct kunit *test)
{
	struct {
		struct known known;
		u8 unknown[40];
	} from = { { 1, 2, 3 } };
	u64 array = user_end(test, sizeof(from));
	struct known to;

	put(test, array, &from, sizeof(from));
	KUNIT_EXPECT_EQ(test, get(&to, array, 0, sizeof(from)), 0);
	KUNIT_EXPECT_MEMEQ(test, &to, &from.known, sizeof(to));
	for (unsigned int i = 0; i < sizeof(from.unknown); i++) {
		from.unknown[i] = 0x80;
		put(test, array, &from, sizeof(from));
		KUNIT_EXPECT_EQ(test, get(&to, array, 0, sizeof(from)), -E2BIG);
		from.unknown[i] = 0;
	}
}

static void test_sizes(struct kunit *test)
{
	u64 array = user_end(test, PAGE_SIZE);
	struct known to;

	KUNIT_EXPECT_EQ(test, get(&to, array, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, get(&to, array, 0, FIRST - 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, get(&to, array, 0, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, get(&to, array, 0, PAGE_SIZE + 1), -E2BIG);
	KUNIT_EXPECT_EQ(test, get(&to, array, 0, U32_MAX), -E2BIG);
	/* The size comes before the memory. */
	KUNIT_EXPECT_EQ(test, get(&to, 0, 0, FIRST - 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, get(&to, 0, 0, PAGE_SIZE + 1), -E2BIG);
}

/* No address that an index leads to is the kernel's, or wraps into what is there. */
static void test_addresses(struct kunit *test)
{
	u64 array = user_end(test, PAGE_SIZE);
	struct known to;

	KUNIT_EXPECT_EQ(test, get(&to, 0, 0, sizeof(to)), -EFAULT);
	KUNIT_EXPECT_EQ(test, get(&to, array, U32_MAX, PAGE_SIZE), -EFAULT);
	KUNIT_EXPECT_EQ(test, get(&to, array - (1ull << 63), 0, sizeof(to)), -EFAULT);
	KUNIT_EXPECT_EQ(test, get(&to, (unsigned long)&to, 0, sizeof(to)), -EFAULT);
	KUNIT_EXPECT_EQ(test, get(&to, U64_MAX, 0, sizeof(to)), -EFAULT);
}

static struct kunit_case rocket_struct_cases[] = {
	KUNIT_CASE(test_same),
	KUNIT_CASE(test_older),
	KUNIT_CASE(test_newer),
	KUNIT_CASE(test_sizes),
	KUNIT_CASE(test_addresses),
	{}
};

struct kunit_suite rocket_struct_suite = {
	.name = "rocket_struct",
	.test_cases = rocket_struct_cases,
};
