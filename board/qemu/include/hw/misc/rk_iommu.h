/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rockchip IOMMU, second version (rockchip,rk3568-iommu), as it sits in front
 * of each NPU core of the RK3588 and the RK3576.  The banks of a core lie one
 * behind the other in its window, in a page each or in 0x100 bytes each.
 */
#ifndef HW_MISC_RK_IOMMU_H
#define HW_MISC_RK_IOMMU_H

#include "qom/object.h"

#define TYPE_RK_IOMMU "rk-iommu"
OBJECT_DECLARE_SIMPLE_TYPE(RkIommuState, RK_IOMMU)

#define RK_IOMMU_MAX_BANKS  2
#define RK_IOMMU_PAGE_SIZE  4096
#define RK_IOMMU_BANK_SIZE  0x100   /* registers of a bank */

typedef enum {
    RK_IOMMU_OK,
    /*
     * The access is held: by a stall, or by a page fault, which has been
     * raised already (address, write bit, status, interrupt).  Nothing was
     * transferred.  Repeat the very same access when the resume notifier
     * is called; it may be held again.
     */
    RK_IOMMU_STALLED,
    /*
     * No memory answers at the physical address, or the tables could not be
     * read (BUS_ERROR is raised then), or an injected error.  The access is
     * over; for a read, the buffer's contents are undefined.
     */
    RK_IOMMU_BUS_ERROR,
} RkIommuResult;

/*
 * One access by the core behind the IOMMU, @len <= 4096 bytes that do not
 * cross a 4 KiB page, through @bank (taken modulo the banks present).  With
 * paging disabled the IOVA is the physical address.
 *
 * Counts table walks, IOTLB hits, faults, bytes moved and bus errors, and
 * takes the injected DMA bus errors: the caller does none of that.
 */
RkIommuResult rk_iommu_access(RkIommuState *s, unsigned bank, uint32_t iova,
                              void *buf, size_t len, bool is_write);

/*
 * The core's task is over: nothing of it may be on its way any more.  Like an
 * access, this is held with RK_IOMMU_STALLED if it has to wait.
 */
RkIommuResult rk_iommu_drain(RkIommuState *s);

/*
 * @fn is called, from a timer and never from inside rk_iommu_access(), when a
 * held access shall be repeated.  It is not called for accesses that a reset
 * or a loss of power threw away.
 */
void rk_iommu_set_resume_notifier(RkIommuState *s, void (*fn)(void *opaque),
                                  void *opaque);

/* 64-bit FNV-1a hash of all tables in reach of bank 0's root; 0 if no root. */
uint64_t rk_iommu_table_hash(RkIommuState *s);

/*
 * The core calls these around each task.  While TABLE_WATCH is set they
 * compare the tables and count TABLE_CHANGES; otherwise they cost nothing.
 * A task that is thrown away needs no end.
 */
void rk_iommu_watch_begin(RkIommuState *s);
void rk_iommu_watch_end(RkIommuState *s);

#endif
