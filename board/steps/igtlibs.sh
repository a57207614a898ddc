# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The libraries that IGT needs, for arm64, with their headers: the sysroot that
# igt-tests/igt-tree builds a real IGT tree against.  Unpacked, never installed.
# Out of the guest's release, whose C library the programs run with.

# shellcheck disable=SC2034
igtlibs_needs=(tools)

# In the order of IGT's meson.build.
IGTLIBS_PACKAGES=(
	libc6-dev linux-libc-dev libdrm-dev libpciaccess-dev libkmod-dev
	libproc2-dev libdw-dev libpixman-1-dev libcairo2-dev libudev-dev
	libglib2.0-dev
)

igtlibs_key() { :; }

igtlibs_build() {
	local mirror dir
	mirror=$(host_mirror)
	bootstrap "$1" --variant=extract --architectures=arm64 \
		--include="$(IFS=,; echo "${IGTLIBS_PACKAGES[*]}")" \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		forky @DIR@ \
		"deb [check-valid-until=no] $mirror forky main"
	for dir in bin sbin lib; do
		[ -e "$1/$dir" ] || ln -s "usr/$dir" "$1/$dir"
	done
}
