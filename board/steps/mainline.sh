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
	mkdir "$1/linux"
	# Not every kernel source has all of these.
	unpack_linux "/build/${1##*/}/linux" "${MAINLINE_SOURCES[@]}" || true
	in_tools sh -ec '
		dir=$1 kernel=$2
		cd "$dir/linux"
		test -d drivers/accel/rocket -a -f scripts/checkpatch.pl
		mkdir ../build
		cp drivers/accel/rocket/* ../build/
		make -C "/lib/modules/$kernel/build" M="$dir/build" ARCH=arm64 \
			CROSS_COMPILE=aarch64-linux-gnu- CONFIG_DRM_ACCEL_ROCKET=m modules
		mv ../build/rocket.ko ..
		rm -r ../build
	' sh "/build/${1##*/}" "$(tools_version kernel)"
}
