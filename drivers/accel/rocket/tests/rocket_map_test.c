// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cleanup.h>
#include <linux/iommu.h>
#include <linux/mutex.h>

#include "../rocket_mmu.h"
#include "../rocket_sg.h"
#include "rocket_kunit.h"

#define PAGE	((u64)SZ_4K)
#define SPAN	((u64)ROCKET_MMU_TABLE_SPAN)
/* Where the memory is, far from what addresses in a VM look like */
#define MEMORY	(16ull * SZ_1G)

/* struct fake - An IOMMU without tables: each address leads to MEMORY + it - @start. */
struct fake {
	struct iommu_domain domain;
	struct kunit *test;
	/* @hw_lock: The lock of the VM. */
	struct mutex *hw_lock;
	/* @start: Address to which MEMORY is to be mapped. */
	u64 start;
	/* @fails: Address from which on nothing can be mapped. */
	u64 fails;
	/* @mapped: Bytes that are mapped. */
	u64 mapped;
	/* @largest: The most that was mapped or unmapped under one hold of the lock. */
	u64 largest;
	/* @held: What was since the last. */
	u64 held;
};

static struct fake *to_fake(struct iommu_domain *domain)
{
	return container_of(domain, struct fake, domain);
}

static void fake_count(struct fake *fake, u64 bytes)
{
	KUNIT_EXPECT_TRUE(fake->test, mutex_is_locked(fake->hw_lock));
	fake->held += bytes;
	fake->largest = max(fake->largest, fake->held);
}

static int fake_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t phys,
		    size_t size, size_t count, int prot, gfp_t gfp, size_t *mapped)
{
	struct fake *fake = to_fake(domain);

	KUNIT_EXPECT_EQ(fake->test, phys, MEMORY + iova - fake->start);
	KUNIT_EXPECT_FALSE(fake->test, gfpflags_allow_blocking(gfp));
	if (iova >= fake->fails)
		return -ENOMEM;

	*mapped = size * count;
	fake->mapped += *mapped;
	fake_count(fake, *mapped);

	return 0;
}

/* The core says so once at the end of each iommu_map(). */
static int fake_sync_map(struct iommu_domain *domain, unsigned long iova, size_t size)
{
	to_fake(domain)->held = 0;

	return 0;
}

static size_t fake_unmap(struct iommu_domain *domain, unsigned long iova, size_t size,
			 size_t count, struct iommu_iotlb_gather *gather)
{
	struct fake *fake = to_fake(domain);

	fake->mapped -= size * count;
	fake_count(fake, size * count);

	return size * count;
}

/* And this once at the end of each iommu_unmap(). */
static void fake_sync(struct iommu_domain *domain, struct iommu_iotlb_gather *gather)
{
	to_fake(domain)->held = 0;
}

static const struct iommu_domain_ops fake_ops = {
	.map_pages = fake_map,
	.iotlb_sync_map = fake_sync_map,
	.unmap_pages = fake_unmap,
	.iotlb_sync = fake_sync,
};

struct map_case {
	const char *what;
	u64 addr;
	u64 range;
	/* Where in the memory to begin */
	u64 offset;
	/* What can be mapped before the IOMMU fails; 0: it does not */
	u64 good;
};

static const struct map_case map_cases[] = {
	{ "a page", SPAN, PAGE, 0, 0 },
	{ "a table", SPAN, SPAN, 0, 0 },
	{ "across a boundary", 2 * SPAN - PAGE, 2 * PAGE, 0, 0 },
	{ "many tables", 16 * SPAN, 256 * SPAN, 0, 0 },
	{ "many tables, askew", 16 * SPAN + PAGE, 256 * SPAN, 3 * PAGE, 0 },
	{ "fails at once", SPAN, 4 * SPAN, 0, 1 },
	{ "fails on the way", SPAN, 4 * SPAN, 0, 2 * SPAN + PAGE },
	{ "fails at the last page", SPAN + PAGE, 4 * SPAN, 0, 4 * SPAN - PAGE },
};

KUNIT_ARRAY_PARAM_DESC(map, map_cases, what);

static struct rocket_vm *make_vm(struct kunit *test, struct fake *fake)
{
	struct rocket_vm *vm = rocket_kunit_vm(test);

	fake->domain.type = IOMMU_DOMAIN_UNMANAGED;
	fake->domain.ops = &fake_ops;
	/* As rk_iommu: single pages, as many at once as a table has. */
	fake->domain.pgsize_bitmap = SZ_8M - SZ_4K;
	fake->domain.geometry.aperture_end = SZ_4G - 1;
	fake->test = test;
	fake->hw_lock = &vm->mmu.hw_lock;
	mutex_init(&vm->mmu.hw_lock);
	vm->mmu.domain = &fake->domain;

	return vm;
}

/* Memory in one piece, as large as it may be, is mapped by one table at a time. */
static void test_map(struct kunit *test)
{
	const struct map_case *c = test->param_value;
	struct fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	struct scatterlist piece;
	struct sg_table sgt = { .sgl = &piece, .nents = 1, .orig_nents = 1 };
	struct rocket_sg_index *memory;
	struct rocket_vm *vm;
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, fake);
	vm = make_vm(test, fake);
	sg_init_table(&piece, 1);
	sg_dma_address(&piece) = MEMORY - c->offset;
	sg_dma_len(&piece) = c->range + c->offset;
	memory = rocket_sg_index_create(&sgt, true);
	KUNIT_ASSERT_NOT_NULL(test, memory);
	fake->start = c->addr;
	fake->fails = c->good ? c->addr + c->good : SZ_4G;

	guard(mutex)(&vm->op_lock);
	ret = rocket_mmu_map(&vm->mmu, c->addr, memory, c->offset, c->range, false);
	KUNIT_EXPECT_EQ(test, ret, c->good ? -ENOMEM : 0);
	KUNIT_EXPECT_EQ(test, fake->mapped, c->good ? 0 : c->range);
	KUNIT_EXPECT_LE(test, fake->largest, SPAN);
	if (!ret)
		rocket_mmu_unmap(&vm->mmu, c->addr, c->range);
	KUNIT_EXPECT_EQ(test, fake->mapped, 0);
	KUNIT_EXPECT_LE(test, fake->largest, SPAN);
	KUNIT_EXPECT_FALSE(test, mutex_is_locked(fake->hw_lock));
	rocket_sg_index_free(memory);
}

static struct kunit_case rocket_map_cases[] = {
	KUNIT_CASE_PARAM(test_map, map_gen_params),
	{}
};

struct kunit_suite rocket_map_suite = {
	.name = "rocket_map",
	.test_cases = rocket_map_cases,
};
