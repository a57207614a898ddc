# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Mainline's rocket driver, built unchanged out of Debian's kernel source:
# DIR/rocket.ko.  DIR/linux keeps what the static checks need of that source.

# shellcheck disable=SC2034
mainline_needs=(tools)

# The scripts are checkpatch.pl and kernel-doc with what they read.
MAINLINE_SOURCES=(
	drivers/accel/rocket include/uapi/drm/rocket_accel.h
	scripts tools/docs tools/lib/python
)

mainline_key() {
	echo "${MAINLINE_SOURCES[*]}"
}

mainline_build() {
	local kernel source
	kernel=$(tools_version kernel)
	source=$(tools_version source)
	in_tools sh -ec '
		dir=$1 kernel=$2 source=$3
		shift 3
		mkdir "$dir/linux"
		cd "$dir/linux"
		# Not every kernel source has all of these.
		dpkg-deb --fsys-tarfile /build/fetched/linux-source-*.deb |
			tar -xO "./usr/src/linux-source-$source.tar.xz" |
			tar -xJ --strip-components=1 \
			$(for path; do echo "linux-source-$source/$path"; done) || true
		test -d drivers/accel/rocket -a -f scripts/checkpatch.pl
		mkdir ../build
		cp drivers/accel/rocket/* ../build/
		make -C "/lib/modules/$kernel/build" M="$dir/build" ARCH=arm64 \
			CROSS_COMPILE=aarch64-linux-gnu- CONFIG_DRM_ACCEL_ROCKET=m modules
		mv ../build/rocket.ko ..
		rm -r ../build
	' sh "/build/${1##*/}" "$kernel" "$source" "${MAINLINE_SOURCES[@]}"
}
