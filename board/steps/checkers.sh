# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What looks at the driver from outside: DIR/root, a chroot with two compilers,
# the analysers that Debian has, the kernel headers that the archive carries,
# and the kernel sources, each less what a build of one driver does not read.
#
# A chroot of its own, because nobody who only runs the board needs it.

# shellcheck disable=SC2034
checkers_needs=(tools)

CHECKERS_PACKAGES=(
	gcc libc6-dev gcc-aarch64-linux-gnu make bc bison flex cpio kmod xz-utils
	libelf-dev libssl-dev pahole perl python3 clang lld llvm
	coccinelle libpython3.13 device-tree-compiler dt-schema
)

# Kernels without the accel subsystem's first users have other interfaces: the
# series that started with 6.18 is what mainline's driver came with.
CHECKERS_OLDEST=6.18

# A build of drivers/accel/rocket/ reads headers, makefiles, Kconfig files, and
# the code that the kernel's own constants and tools are made from.
CHECKERS_WITHOUT=(
	'*/drivers/*.c' '*/drivers/*.S' '*/drivers/gpu/drm/amd/include/*'
	'*/sound/*.[ch]' '*/fs/*.c' '*/net/*.c' '*/arch/*/boot/dts/*'
	'*/Documentation/[a-ce-z]*/*' '*/tools/testing/*' '*/tools/perf/*'
)

checkers_key() {
	echo "${CHECKERS_PACKAGES[*]} $CHECKERS_OLDEST ${CHECKERS_WITHOUT[*]}"
}

checkers_build() {
	local mirror dir=$1/root
	mirror=$(host_mirror)
	bootstrap "$dir" --variant=apt --architectures=amd64,arm64 \
		--include="$(IFS=,; echo "${CHECKERS_PACKAGES[*]}")" \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--customize-hook="sh '$ROOT/board/steps/checkers-fetch.sh' \"\$1\" \
			'$CHECKERS_OLDEST' ${CHECKERS_WITHOUT[*]@Q}" \
		trixie @DIR@ \
		"deb $mirror trixie main" \
		"deb $mirror trixie-backports main"
	mkdir -p "$dir/src" "$dir/build"
}
