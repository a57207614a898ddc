# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Debian's stock arm64 kernel, unpacked: DIR/vmlinuz, DIR/modules (the tree
# that is /lib/modules/VERSION on an installed system) and DIR/version.

# shellcheck disable=SC2034
kernel_needs=(tools)

kernel_key() { :; }

kernel_build() {
	local version in_dir=/build/${1##*/}
	version=$(tools_version kernel)
	in_tools sh -ec '
		for deb in /build/fetched/linux-binary-*.deb /build/fetched/linux-modules-*.deb; do
			dpkg-deb -x "$deb" "$1/unpacked"
		done
		depmod -b "$1/unpacked/usr" -m /lib/modules "$2"
	' sh "$in_dir" "$version"
	mv "$1/unpacked/usr/lib/modules/$version" "$1/modules"
	find "$1/unpacked" -name "vmlinuz*" -exec mv {} "$1/vmlinuz" \;
	[ -e "$1/vmlinuz" ] || mv "$1/modules/vmlinuz" "$1/vmlinuz"
	rm -rf "$1/unpacked"
	echo "$version" >"$1/version"
}
