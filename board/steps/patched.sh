# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The kernel of step debug with the patches of docs/iommu-series, and the same driver:
# DIR/Image and DIR/modules. Built in a copy of the objects; the tree gets its files
# back as they were, times included, so that step debug has nothing to compile anew.

# shellcheck disable=SC2034
patched_needs=(tools debug)

PATCHES=docs/iommu-series

patched_key() {
	hash_sources "$PATCHES"
}

patched_build() (
	local work=$TOOLS/build/work/debug patch
	debug_compile "$work"
	rm -rf "$work/out-patched"
	cp -a "$work/out" "$work/out-patched"
	trap 'patched_restore "$work"' EXIT
	patched_keep "$work"
	for patch in "$ROOT/$PATCHES"/000[1-9]-*.patch; do
		patch -s --no-backup-if-mismatch -d "$work/linux" -p1 <"$patch"
	done
	OUT=out-patched debug_make "-j$(nproc)" Image modules
	OUT=out-patched debug_install "$1"
	rm -rf "$work/out-patched"
)

# Where the files that the patches touch are kept; debug_unpack looks for it.
patched_keep() {
	local files
	rm -rf "$1/unpatched.tmp"
	mkdir "$1/unpatched.tmp"
	mapfile -t files < <(sed -n 's|^+++ b/||p' "$ROOT/$PATCHES"/000[1-9]-*.patch | sort -u)
	(cd "$1/linux" && cp -p --parents "${files[@]}" "$1/unpatched.tmp/")
	mv "$1/unpatched.tmp" "$1/unpatched"
}

patched_restore() {
	[ ! -d "$1/unpatched" ] || cp -a "$1/unpatched/." "$1/linux/"
	rm -rf "$1/unpatched"
}
