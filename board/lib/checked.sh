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
readonly CHECKED_MEMORY=512M
# checked_soc SOC: on the board of that SoC; ROCKET_SOC says so, too.
checked_soc() {
	CHECKED_MACHINE=$1-npu,high-ram=512M
}
checked_soc "${ROCKET_SOC:-rk3588}"

# Where the driver lies below the product of that step.
readonly CHECKED_DRIVER=modules/kernel/drivers/accel/rocket/rocket.ko

# checked_product STEP: makes the product of STEP if need be, and prints its place.
checked_product() {
	local where
	where=$("$ROOT/board/setup" --where "$1") || return
	awk -v step="$1" '$1 == step { print $2 }' <<<"$where"
}

# checked_or_skip WHAT: with SKIP_DEBUG set, writes TAP that says so, and ends.
checked_or_skip() {
	[ -n "${SKIP_DEBUG:-}" ] || return 0
	echo "ok 1 - $1 # SKIP SKIP_DEBUG is set"
	echo "1..1"
	exit
}
