# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Small archives in cpio's "newc" form, which the kernel unpacks one after the
# other into its first root file system.  Written here, because a bare host has
# no cpio, and because the archive of a boot is a handful of files.

# cpio_entry NAME MODE SIZE: an entry's header and name.
cpio_entry() {
	local name_size=$((${#1} + 1))
	printf '070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\0' \
		0 "$2" 0 0 1 0 "$3" 0 0 0 0 "$name_size" 0 "$1"
	cpio_pad $((110 + name_size))
}

# cpio_pad SIZE: fills what is SIZE bytes long up to a multiple of four.
cpio_pad() {
	case $(($1 % 4)) in
	1) printf '\0\0\0' ;;
	2) printf '\0\0' ;;
	3) printf '\0' ;;
	esac
}

# cpio_dir NAME…: directories.
cpio_dir() {
	local name
	for name; do
		cpio_entry "$name" $((040755)) 0
	done
}

# cpio_file NAME FILE [MODE]: FILE as NAME.
cpio_file() {
	local size
	size=$(stat -Lc %s "$2")
	cpio_entry "$1" $((0100000 | ${3:-0644})) "$size"
	cat "$2"
	cpio_pad "$size"
}

cpio_end() {
	cpio_entry 'TRAILER!!!' 0 0
}
