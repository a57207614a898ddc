// SPDX-License-Identifier: GPL-2.0-only

#include <linux/bitmap.h>
#include <linux/iommu.h>
#include <linux/mutex.h>

#include "../rocket_mmu.h"
#include "../rocket_quota.h"
#include "rocket_kunit.h"

#define SPAN	((u64)ROCKET_MMU_TABLE_SPAN)
#define FIRST	3
#define COUNT	5

/* struct fake - An IOMMU that has no memory for its tables now and then. */
struct fake {
	struct iommu_domain domain;
	struct kunit *test;
	struct rocket_vm *vm;
	/* @fails: So often in a row there is none for a table. */
	unsigned int fails;
	/* @left: So often for the next one. */
	unsigned int left;
	/* @tries: How often it was asked. */
	unsigned int tries;
	/* @mapped: Bytes that are mapped. */
	u64 mapped;
	/* @used: What the user had before. */
	u64 used;
};

static struct fake *to_fake(struct iommu_domain *domain)
{
	return container_of(domain, struct fake, domain);
}

static int fake_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t phys,
		    size_t size, size_t count, int prot, gfp_t gfp, size_t *mapped)
{
	struct fake *fake = to_fake(domain);

	KUNIT_EXPECT_TRUE(fake->test, mutex_is_locked(&fake->vm->mmu.hw_lock));
	KUNIT_EXPECT_FALSE(fake->test, mutex_is_locked(&fake->vm->op_lock));
	KUNIT_EXPECT_FALSE(fake->test, gfpflags_allow_blocking(gfp));
	KUNIT_EXPECT_EQ(fake->test, prot, 0);
	KUNIT_EXPECT_EQ(fake->test, iova % SPAN, 0);
	KUNIT_EXPECT_FALSE(fake->test, test_bit(iova / SPAN, fake->vm->mmu.tables));
	fake->tries++;
	if (fake->left) {
		fake->left--;
		return -ENOMEM;
	}

	fake->left = fake->fails;
	*mapped = size * count;
	fake->mapped += *mapped;

	return 0;
}

static size_t fake_unmap(struct iommu_domain *domain, unsigned long iova, size_t size,
			 size_t count, struct iommu_iotlb_gather *gather)
{
	to_fake(domain)->mapped -= size * count;

	return size * count;
}

static const struct iommu_domain_ops fake_ops = {
	.map_pages = fake_map,
	.unmap_pages = fake_unmap,
};

static struct fake *make_fake(struct kunit *test, unsigned int fails)
{
	struct fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	struct rocket_vm *vm = rocket_kunit_vm(test);

	KUNIT_ASSERT_NOT_NULL(test, fake);
	fake->domain.type = IOMMU_DOMAIN_UNMANAGED;
	fake->domain.ops = &fake_ops;
	fake->domain.pgsize_bitmap = SZ_8M - SZ_4K;
	fake->domain.geometry.aperture_end = SZ_4G - 1;
	fake->test = test;
	fake->vm = vm;
	fake->fails = fails;
	fake->left = fails;
	mutex_init(&vm->mmu.hw_lock);
	mutex_init(&vm->mmu.reserve_lock);
	vm->mmu.domain = &fake->domain;
	vm->mmu.quota = rocket_quota_create();
	KUNIT_ASSERT_NOT_NULL(test, vm->mmu.quota);
	fake->used = rocket_quota_used(vm->mmu.quota, ROCKET_MEMORY_TABLES);

	return fake;
}

static int reserve(struct fake *fake)
{
	DECLARE_BITMAP(tables, ROCKET_MMU_TABLES) = {};

	rocket_mmu_add_tables(tables, FIRST * SPAN, COUNT * SPAN);

	return rocket_mmu_reserve(&fake->vm->mmu, tables);
}

static void expect_reserved(struct fake *fake, unsigned int count)
{
	struct rocket_vm *vm = fake->vm;

	KUNIT_EXPECT_EQ(fake->test, bitmap_weight(vm->mmu.tables, ROCKET_MMU_TABLES), count);
	KUNIT_EXPECT_EQ(fake->test, vm->mmu.charged, (u64)count * ROCKET_MMU_TABLE_SIZE);
	KUNIT_EXPECT_EQ(fake->test, rocket_quota_used(vm->mmu.quota, ROCKET_MEMORY_TABLES),
			fake->used + vm->mmu.charged);
	KUNIT_EXPECT_EQ(fake->test, fake->mapped, 0);
	KUNIT_EXPECT_FALSE(fake->test, mutex_is_locked(&vm->mmu.hw_lock));
}

static void free_fake(struct fake *fake)
{
	rocket_quota_uncharge(fake->vm->mmu.quota, ROCKET_MEMORY_TABLES, fake->vm->mmu.charged);
	rocket_quota_put(fake->vm->mmu.quota);
}

static void test_all(struct kunit *test)
{
	struct fake *fake = make_fake(test, 0);

	KUNIT_EXPECT_EQ(test, reserve(fake), 0);
	KUNIT_EXPECT_EQ(test, fake->tries, COUNT);
	expect_reserved(fake, COUNT);

	/* A table that is there is not made again. */
	KUNIT_EXPECT_EQ(test, reserve(fake), 0);
	KUNIT_EXPECT_EQ(test, fake->tries, COUNT);
	free_fake(fake);
}

/* No memory just now does not mean that there is none. */
static void test_scarce(struct kunit *test)
{
	struct fake *fake = make_fake(test, 2);

	KUNIT_EXPECT_EQ(test, reserve(fake), 0);
	KUNIT_EXPECT_EQ(test, fake->tries, 3 * COUNT);
	expect_reserved(fake, COUNT);
	free_fake(fake);
}

/* It gives up in the end, and what was made stays. */
static void test_none(struct kunit *test)
{
	struct fake *fake = make_fake(test, 1000000);

	fake->left = 0;
	KUNIT_EXPECT_EQ(test, reserve(fake), -ENOMEM);
	KUNIT_EXPECT_LT(test, fake->tries, 100);
	expect_reserved(fake, 1);
	free_fake(fake);
}

static struct kunit_case rocket_reserve_cases[] = {
	KUNIT_CASE(test_all),
	KUNIT_CASE(test_scarce),
	KUNIT_CASE(test_none),
	{}
};

struct kunit_suite rocket_reserve_suite = {
	.name = "rocket_reserve",
	.test_cases = rocket_reserve_cases,
};
