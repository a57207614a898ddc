# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The Debian packages: built in the chroot of board/steps/packaging.sh.
# Needs lib/common.sh, chroot.sh, hash.sh.

PACKAGE_SOURCES=(debian overlays tools/doctor compat drivers/accel/rocket include/uapi Kbuild)

# packaging_enter: makes the chroot if need be and sets PACKAGING, its root, which
# nobody else uses until this process ends.
packaging_enter() {
	chroot_enter packaging PACKAGING
}

# in_packaging COMMAND [ARG…]: like in_tools, there.
in_packaging() {
	# shellcheck disable=SC2097,SC2098 # for the function, too
	TOOLS=$PACKAGING in_tools "$@"
}

# packaging_build NAME [VERSION]: builds the packages in /build/NAME, from nothing but
# the sources.  The version is debian/changelog's, but for tests, which want a newer one,
# with a module that says so.
packaging_build() {
	local dir=$PACKAGING/build/$1
	rm -rf "$dir"
	mkdir "$dir"
	copy_sources "$dir/rocket" "${PACKAGE_SOURCES[@]}"
	rm "$dir/rocket/.sources"
	if [ -n "${2:-}" ]; then
		sed -i "1s/(.*)/($2)/" "$dir/rocket/debian/changelog"
		echo "MODULE_VERSION(\"$2\");" >>"$dir/rocket/drivers/accel/rocket/rocket_drv.c"
	fi
	# Files have the date of the changelog, whenever they were checked out.
	in_packaging sh -ec '
		cd "/build/$1/rocket"
		date=$(dpkg-parsechangelog -STimestamp)
		find . -exec touch -h -d "@$date" {} +
		SOURCE_DATE_EPOCH=$date dpkg-buildpackage -b -us -uc
	' sh "$1"
}
