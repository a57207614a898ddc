# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the documentation is built with: DIR/root, a chroot with sphinx, its theme,
# graphviz and what the kernel's own documentation needs (python3-yaml); and there, in /kernel, the kernel's own tools for kernel-doc, out
# of the kernel's source package. docs/conf.py uses them from there.

# shellcheck disable=SC2034
docs_needs=(tools)

DOCS_PACKAGES=(python3-sphinx furo graphviz fonts-dejavu-core python3-yaml)

DOCS_SOURCES=(Documentation/sphinx tools/lib/python)

docs_key() {
	echo "${DOCS_PACKAGES[*]} ${DOCS_SOURCES[*]}"
}

docs_build() {
	local mirror dir=$1/root
	mirror=$(host_mirror)
	bootstrap "$dir" --variant=apt \
		--include="$(IFS=,; echo "${DOCS_PACKAGES[*]}")" \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		trixie @DIR@ \
		"deb $mirror trixie main"
	mkdir -p "$dir/src" "$dir/build" "$dir/kernel"
	unpack_linux "/build/${1##*/}/root/kernel" "${DOCS_SOURCES[@]}"
}
