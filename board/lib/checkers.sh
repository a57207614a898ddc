# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the suites that use the checkers' chroot (board/steps/checkers.sh).
# Needs lib/common.sh, chroot.sh, hash.sh.

# checkers_enter: makes the chroot if need be and sets CHECKERS, its root, which
# nobody else uses until this process ends.
checkers_enter() {
	chroot_enter checkers CHECKERS
}

# in_checkers COMMAND [ARG…]: like in_tools, there.
in_checkers() {
	# shellcheck disable=SC2097,SC2098 # for the function, too
	TOOLS=$CHECKERS in_tools "$@"
}

# checkers_series: the kernel series whose sources are there, oldest first.
checkers_series() {
	local dir
	for dir in "$CHECKERS"/linux-*; do
		echo "${dir##*/linux-}"
	done | sort -V
}

# checkers_headers: the kernels whose headers are there, as VERSION-ARCH.
checkers_headers() {
	local dir
	for dir in "$CHECKERS"/usr/lib/modules/*; do
		echo "${dir##*/}"
	done | sort -V
}

# checkers_flags ARCH COMPILER: the kernel's variables for them, one per line.
checkers_flags() {
	case $1 in
	arm64) echo ARCH=arm64 ;;
	amd64) echo ARCH=x86_64 ;;
	esac
	case $1-$2 in
	*-clang) echo LLVM=1 ;;
	arm64-gcc) echo CROSS_COMPILE=aarch64-linux-gnu- ;;
	esac
}

# checkers_place SERIES: puts our driver in the place of that kernel's own.
checkers_place() {
	copy_sources "$CHECKERS/linux-$1" drivers/accel/rocket include/uapi/drm
}

# checkers_configure SERIES ARCH COMPILER VALUE: a small kernel with the driver
# as VALUE (m or y) says, in /build/out-SERIES-ARCH-COMPILER.
checkers_configure() {
	local out=/build/out-$1-$2-$3 flags
	mapfile -t flags < <(checkers_flags "$2" "$3")
	mkdir -p "$CHECKERS$out"
	{
		cat "$ROOT/board/checks/builds.config"
		echo "CONFIG_DRM_ACCEL_ROCKET=$4"
	} >"$CHECKERS$out/fragment"
	in_checkers make -s -C "/linux-$1" O="$out" "${flags[@]}" \
		KCONFIG_ALLCONFIG="$out/fragment" allnoconfig &&
		grep -qx "CONFIG_DRM_ACCEL_ROCKET=$4" "$CHECKERS$out/.config"
}

# checkers_compile SERIES ARCH COMPILER VALUE: the driver in the tree, with more
# warnings. The first time compiles what the kernel's own makefiles need.
checkers_compile() {
	local out=/build/out-$1-$2-$3 flags
	mapfile -t flags < <(checkers_flags "$2" "$3")
	checkers_configure "$@" || return
	# Warnings come from what is compiled now.
	rm -rf "$CHECKERS$out/drivers/accel/rocket"
	in_checkers nice make -s "-j$(nproc)" -C "/linux-$1" O="$out" "${flags[@]}" \
		W=1 drivers/accel/rocket/ || return
	compgen -G "$CHECKERS$out/drivers/accel/rocket/rocket_*.o" >/dev/null
}
