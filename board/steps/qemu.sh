# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# QEMU with the board's device models: Debian's source, built with nothing but
# what the board needs.  DIR/qemu runs it on any host, with the loader and the libraries
# DIR/lib that it was built with.
#
# The build tree stays in /build/work/qemu, so that a changed model compiles
# only itself.

# shellcheck disable=SC2034
qemu_needs=(tools)

QEMU_CONFIGURE=(
	--target-list=aarch64-softmmu
	--without-default-features --without-default-devices
	--with-devices-aarch64=rocket
	--enable-tcg --enable-fdt=system --enable-pixman
	--enable-attr --enable-virtfs
	--disable-install-blobs --disable-tools --disable-docs
	--disable-guest-agent --disable-debug-info
)

qemu_key() {
	hash_sources board/qemu board/include
	echo "${QEMU_CONFIGURE[*]}"
}

qemu_build() {
	qemu_compile
	qemu_pack /build/work/qemu/build/qemu-system-aarch64 "/build/${1##*/}"
}

# The build tree as of the sources now.
qemu_compile() {
	in_tools sh -ec '
		tree=/build/work/qemu
		if [ ! -d $tree/source ]; then
			mkdir -p $tree
			rm -rf $tree/source.tmp
			dpkg-source --no-copy -x /build/fetched/qemu_*.dsc $tree/source.tmp
			rm -rf $tree/source.tmp/roms
			mv $tree/source.tmp $tree/source
		fi
		/src/board/qemu/sync $tree/source
		mkdir -p $tree/build
		cd $tree/build
		if [ "$(cat configured 2>/dev/null)" != "$*" ]; then
			../source/configure "$@"
			echo "$*" >configured
		fi
		ninja qemu-system-aarch64
	' sh "${QEMU_CONFIGURE[@]}"
}

# qemu_pack BINARY OUT: what runs BINARY on any host, in OUT; both as the chroot
# sees them.
qemu_pack() {
	in_tools sh -ec '
		binary=$1 out=$2
		mkdir $out/lib
		strip -o $out/qemu-system-aarch64 $binary
		ldd $binary | sed -n "s/.* => \(\/[^ ]*\) .*/\1/p" |
			xargs -I{} cp -L {} $out/lib/
		cp -L /lib64/ld-linux-x86-64.so.2 $out/lib/
		printf "%s\n" "#!/bin/sh" \
			"d=\$(dirname \"\$(readlink -f \"\$0\")\")" \
			"exec \"\$d/lib/ld-linux-x86-64.so.2\" --library-path \"\$d/lib\" \
				\"\$d/qemu-system-aarch64\" \"\$@\"" >$out/qemu
		chmod +x $out/qemu
	' sh "$@"
}
