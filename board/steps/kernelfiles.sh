# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What a patch series for the kernel's tree touches or is checked with, out of
# Debian's kernel source and unchanged: DIR/linux.

# shellcheck disable=SC2034
kernelfiles_needs=(tools)

KERNELFILES_SOURCES=(
	drivers/accel/rocket include/uapi/drm/rocket_accel.h Documentation/accel
	MAINTAINERS scripts
)

kernelfiles_key() {
	echo "${KERNELFILES_SOURCES[*]}"
}

kernelfiles_build() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_tools sh -ec '
		dir=$1 source=$2
		shift 2
		mkdir "$dir/linux"
		cd "$dir/linux"
		dpkg-deb --fsys-tarfile /build/fetched/linux-source-*.deb |
			tar -xO "./usr/src/linux-source-$source.tar.xz" |
			tar -xJ --strip-components=1 \
			$(for path; do echo "linux-source-$source/$path"; done)
	' sh "/build/${1##*/}" "$(tools_version source)" "${KERNELFILES_SOURCES[@]}"
}
