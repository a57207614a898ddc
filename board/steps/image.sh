# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The root file system that every board starts with, DIR/rootfs.cpio: what of
# the guest's userland is needed at run time, and our init.  Modules, programs
# and the command are added for each boot.

# shellcheck disable=SC2034
image_needs=(tools guest)

image_key() {
	hash_sources board/guest
}

image_build() {
	local from=${STEP_DIR[guest]} to=$1/rootfs lib=usr/lib/aarch64-linux-gnu
	mkdir -p "$to"/{dev,mnt,proc,root,run,sys,tmp,var} "$to/usr/bin" "$to/$lib"
	cp -a "$ROOT/board/guest/etc" "$to/etc"
	printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' \
		>"$to/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$to/etc/group"
	cp -a "$from"/{bin,sbin,lib} "$to/"
	ln -s bin "$to/usr/sbin"
	ln -s ../tmp "$to/var/tmp"
	# libcrypto is there for kmod's signature checks only; busybox has the
	# commands for modules.
	find "$from/$lib" -maxdepth 1 -name '*.so*' ! -name 'libcrypto*' \
		! -name 'libssl*' -exec cp -a {} "$to/$lib/" \;
	cp -a "$from/usr/lib/teflon" "$from/usr/lib/ld-linux-aarch64.so.1" \
		"$to/usr/lib/"
	cp "$from/usr/bin/busybox" "$to/usr/bin/"
	cp "$ROOT/board/guest/init.c" "$1/"
	in_tools sh -ec 'cd "$1"
		aarch64-linux-gnu-gcc -std=gnu17 -O2 -Wall -Wextra -Werror -static \
			-s -o rootfs/init init.c
		cd rootfs
		find . -print0 | LC_ALL=C sort -z |
			cpio --quiet -0 -o -H newc -R 0:0 --reproducible >../rootfs.cpio
	' sh "/build/${1##*/}"
	rm -rf "$to" "$1/init.c"
}
