# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The project's programs for the guest: DIR/programs.cpio is unpacked over the
# board's root file system.
#
# A directory of programs has a Makefile that understands
#
#   make CROSS_COMPILE=… SYSROOT=… O=DIRECTORY install DESTDIR=…
#
# and installs below $(DESTDIR)/usr.

# shellcheck disable=SC2034
programs_needs=(tools guest)

PROGRAM_DIRS=(demo igt-tests tools/doctor)
PROGRAM_SOURCES=("${PROGRAM_DIRS[@]}" include/uapi board/include)

programs_key() {
	hash_sources "${PROGRAM_SOURCES[@]}"
}

programs_build() {
	local work=$TOOLS/build/work/programs dir sysroot
	sysroot=/build/${STEP_DIR[guest]##*/}
	copy_sources "$work/src" "${PROGRAM_SOURCES[@]}"
	mkdir -p "$1/root/usr/bin"
	for dir in "${PROGRAM_DIRS[@]}"; do
		[ -e "$work/src/$dir/Makefile" ] || continue
		mkdir -p "$work/out/$dir"
		in_tools make -j"$(nproc)" -C "/build/work/programs/src/$dir" install \
			CROSS_COMPILE=aarch64-linux-gnu- \
			CC="aarch64-linux-gnu-gcc --sysroot=$sysroot" \
			SYSROOT="$sysroot" \
			O="/build/work/programs/out/$dir" \
			DESTDIR="/build/${1##*/}/root"
	done
	in_tools sh -ec 'cd "$1/root"
		find . -mindepth 1 -print0 | LC_ALL=C sort -z |
			cpio --quiet -0 -o -H newc -R 0:0 >../programs.cpio
		rm -r ../root
	' sh "/build/${1##*/}"
}
