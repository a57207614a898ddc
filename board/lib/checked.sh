# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034 # for those who source it
#
# How the kernel with all checkers on (board/steps/debug.sh) is booted.

# No page may be freed while an IOMMU leads there.  And the allocator keeps no sheaves
# of free objects for each CPU: where an object was taken from one its address stays,
# and kmemleak takes that for a reference.
readonly CHECKED_PARAMETERS="iommu.debug_pagealloc=1 slab_debug=F"

# Half the usual memory: kmemleak goes through what describes it.
readonly CHECKED_MACHINE=rk3588-npu,high-ram=512M CHECKED_MEMORY=512M
