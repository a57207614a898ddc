# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The tools chroot: Debian trixie with compilers, what QEMU is built from, and
# the packages that the later steps unpack.

# shellcheck disable=SC2034 # read by name
tools_needs=()

# The stock kernel whose modules and headers belong together, out of
# trixie-backports, and the QEMU that the device models are written for.
TOOLS_KERNEL=7.3.4+deb13-arm64
TOOLS_SOURCE=7.3
TOOLS_QEMU=1:10.0.13+ds-0+deb13u1

TOOLS_PACKAGES=(
	gcc g++ gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross
	make cpio kmod xz-utils device-tree-compiler
	# for QEMU
	ninja-build meson pkgconf python3-venv python3-pycotap flex bison
	libglib2.0-dev libpixman-1-dev libfdt-dev libattr1-dev dpkg-dev
	# for the static checks
	sparse perl python3 shellcheck
)

tools_key() {
	cat "$ROOT/board/steps/tools-fetch.sh"
	echo "$TOOLS_KERNEL $TOOLS_SOURCE $TOOLS_QEMU ${TOOLS_PACKAGES[*]}"
}

tools_build() {
	local mirror
	mirror=$(host_mirror)
	# The bzip2 program makes QEMU look for firmware images that Debian's
	# source package does not have.
	bootstrap "$1" --variant=apt --architectures=amd64,arm64 \
		--include="$(IFS=,; echo "${TOOLS_PACKAGES[*]}")" \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--customize-hook="sh '$ROOT/board/steps/tools-fetch.sh' \"\$1\" \
			'$TOOLS_KERNEL' '$TOOLS_SOURCE' '$TOOLS_QEMU'" \
		trixie @DIR@ \
		"deb $mirror trixie main" \
		"deb $mirror trixie-backports main" \
		"deb-src $mirror trixie main"
	rm -f "$1/usr/bin/bzip2"
	mkdir -p "$1/src" "$1/build"
}

# tools_version NAME: a version that the fetch settled on (kernel, source).
tools_version() {
	cat "$TOOLS/build/fetched/$1"
}
