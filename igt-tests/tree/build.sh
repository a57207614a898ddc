# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Building an IGT tree in $WORK for the board, against the libraries of the
# set-up's step igtlibs in $SYSROOT.

# What of IGT is built, as far as the version has that option: what the tests
# link with, and nothing that needs more libraries.
readonly IGT_OPTIONS=(tests=enabled xe_driver=disabled docs=disabled man=disabled
	sphinx=disabled testplan=disabled overlay=disabled runner=disabled
	chamelium=disabled valgrind=disabled libunwind=disabled vmtb=disabled
	libdrm_drivers=)

# A library names those that it is linked with itself: the linker need not see
# all of them.
write_cross_file() {
	local libs=/build/${SYSROOT##*/}
	cat >"$1" <<-EOT
		[binaries]
		c = ['aarch64-linux-gnu-gcc', '--sysroot=$libs']
		ar = 'aarch64-linux-gnu-ar'
		strip = 'aarch64-linux-gnu-strip'
		pkg-config = 'pkgconf'

		[properties]
		sys_root = '$libs'
		pkg_config_libdir = '$libs/usr/lib/aarch64-linux-gnu/pkgconfig:$libs/usr/share/pkgconfig'

		[built-in options]
		c_link_args = ['-Wl,--allow-shlib-undefined']

		[host_machine]
		system = 'linux'
		cpu_family = 'aarch64'
		cpu = 'aarch64'
		endian = 'little'
	EOT
}

# Once for a tree, and again when the libraries are others.
configure() {
	local dir=/build/${WORK##*/} option options=()
	write_cross_file "$WORK/arm64.new"
	if [ -e "$WORK/out/build.ninja" ] && cmp -s "$WORK/arm64.new" "$WORK/arm64.ini"; then
		return
	fi
	mv "$WORK/arm64.new" "$WORK/arm64.ini"
	rm -rf "$WORK/out"
	for option in "${IGT_OPTIONS[@]}"; do
		! grep -qs "^option('${option%%=*}'" "$WORK"/src/meson{_options.txt,.options} ||
			options+=("-D$option")
	done
	in_tools meson setup --cross-file "$dir/arm64.ini" "${options[@]}" \
		"$dir/out" "$dir/src" >"$WORK/setup.log" 2>&1 || {
		rm -rf "$WORK/out"
		tail -n 20 "$WORK/setup.log" >&2
		die "this IGT cannot be configured; see $WORK/setup.log. A library that it" \
			"misses belongs into IGTLIBS_PACKAGES of board/steps/igtlibs.sh"
	}
}

# programs: the names of our test programs, one per line.
programs() {
	local name
	for name in "$ROOT"/igt-tests/tests/rocket/*.c; do
		name=${name##*/}
		echo "${name%.c}"
	done
}

# Only our programs, and the library that they need.
build() {
	local targets
	mapfile -t targets < <(programs | sed 's,^,tests/rocket/,')
	in_tools nice ninja -C "/build/${WORK##*/}/out" "${targets[@]}" >"$WORK/build.log" 2>&1 || {
		grep -a -A 8 -E '^FAILED|error:' "$WORK/build.log" | head -n 40 >&2
		die "IGT with our tests does not build; see $WORK/build.log"
	}
}

# libraries FILE…: shared libraries that the files name, one per line.
libraries() {
	in_tools aarch64-linux-gnu-readelf -d "$@" |
		sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u
}

# collect DIR: the programs, and in DIR/lib all shared libraries but the C
# library, which the guest has.
collect() {
	local out=$WORK/out library found wanted next name
	mkdir -p "$1/lib"
	while read -r name; do
		cp "$out/tests/rocket/$name" "$1/"
	done < <(programs)
	cp -L "$out/lib/libigt.so.0" "$1/lib/"
	wanted=$(libraries "/build/${WORK##*/}/out/lib/libigt.so.0")
	while [ -n "$wanted" ]; do
		next=()
		for library in $wanted; do
			[ ! -e "$1/lib/$library" ] || continue
			case $library in
			libc.so.* | ld-linux-* | libm.so.* | librt.so.* | libdl.so.* | libpthread.so.*)
				continue
				;;
			esac
			found=$(find "$SYSROOT/usr/lib/aarch64-linux-gnu" "$SYSROOT/usr/lib" \
				-maxdepth 1 -name "$library" | head -n 1)
			[ -n "$found" ] || die "no $library in $SYSROOT"
			cp -L "$found" "$1/lib/"
			next+=("/build/${found#"$TOOLS/build/"}")
		done
		wanted=
		[ ${#next[@]} = 0 ] || wanted=$(libraries "${next[@]}")
	done
}
