# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Where the Debian packages are built and looked at: DIR/root, a chroot of trixie
# with debhelper, dh-dkms and lintian.  In it are also the devicetrees of the stock
# kernel's boards (/dtbs) and the kernel's devicetree bindings (/bindings), which the
# overlay is held against.

# shellcheck disable=SC2034
packaging_needs=(tools)

PACKAGING_PACKAGES=(
	build-essential debhelper dh-dkms lintian pkgconf libdrm-dev
	device-tree-compiler dt-schema
	# for the systems that the packages are tried in (lib/system.sh)
	e2fsprogs
)

packaging_key() {
	echo "${PACKAGING_PACKAGES[*]}"
}

packaging_build() {
	local mirror version
	mirror=$(host_mirror)
	version=$(tools_version kernel)
	bootstrap "$1/root" --variant=apt \
		--include="$(IFS=,; echo "${PACKAGING_PACKAGES[*]}")" \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--architectures=amd64,arm64 \
		--customize-hook="chroot \"\$1\" sh -ec '
			cd /tmp
			apt-get -q -o APT::Sandbox::User=root download linux-base-$version:arm64
			dpkg-deb -x linux-base-*.deb unpacked
			mkdir /dtbs
			find unpacked -name \"rk3588*.dtb\" -exec mv {} /dtbs/ \\;
			rm -r unpacked linux-base-*.deb
		'" \
		trixie @DIR@ \
		"deb $mirror trixie main" \
		"deb $mirror trixie-backports main"
	mkdir -p "$1/root/src" "$1/root/build"
	unpack_linux "/build/${1##*/}/root" Documentation/devicetree/bindings
	mv "$1/root/Documentation/devicetree/bindings" "$1/root/"
	rm -r "$1/root/Documentation"
}
