# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The guest's userland out of Debian forky for arm64, unpacked and never run on
# the host.  It is the sysroot that the guest's programs are built against.

# shellcheck disable=SC2034
guest_needs=(tools)

# forky moves on, and has one version of each package at any time: take what
# it has.  The library that TFLite programs are linked with follows from its
# -dev package.
GUEST_PACKAGES=(
	busybox-static kmod libc6-dev libstdc++6
	libdrm-dev libtensorflow-lite-dev mesa-teflon-delegate
)

guest_key() { :; }

guest_build() {
	local mirror dir
	mirror=$(host_mirror)
	# A mirror's forky may not have been refreshed for longer than its
	# Release file says it should.
	bootstrap "$1" --variant=extract --architectures=arm64 \
		--include="$(IFS=,; echo "${GUEST_PACKAGES[*]}")" \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		forky @DIR@ \
		"deb [check-valid-until=no] $mirror forky main"
	# The links of a merged /usr, which an installed base-files would make.
	for dir in bin sbin lib; do
		[ -e "$1/$dir" ] || ln -s "usr/$dir" "$1/$dir"
	done
}
