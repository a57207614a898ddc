# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A kernel with all checkers on, out of Debian's kernel source, with our driver
# in its place in the tree: DIR/Image and DIR/modules, the tree that is
# /lib/modules/VERSION on an installed system. board/kernel.config and
# board/debug.config say what is in it. DIR/crimes.ko gives the checkers something
# to find.
#
# Source and objects stay in /build/work/debug, so that a changed driver
# compiles only itself.

. "$ROOT/board/lib/kconfig.sh"

# shellcheck disable=SC2034
debug_needs=(tools)

DEBUG_DRIVER=(drivers/accel/rocket include/uapi)

# A third of the kernel source is registers of graphics cards, and texts.
DEBUG_WITHOUT=('*/drivers/gpu/drm/amd/include/*' '*/Documentation/*/*')

debug_key() {
	hash_sources "${DEBUG_DRIVER[@]}" board/kernel.config board/debug.config \
		board/checks/crimes
}

debug_build() {
	local work=$TOOLS/build/work/debug
	debug_compile "$work"
	debug_install "$1"
	copy_sources "$work/crimes" board/checks/crimes
	debug_make M=/build/work/debug/crimes/board/checks/crimes modules
	cp "$work/crimes/board/checks/crimes/crimes.ko" "$1/"
}

# What was built, in DIR.
debug_install() {
	local work=$TOOLS/build/work/debug
	local out=$work/${OUT:-out}
	rm -rf "$work/installed"
	debug_make modules_install INSTALL_MOD_PATH=/build/work/debug/installed
	mv "$work"/installed/lib/modules/* "$1/modules"
	rm -rf "$work/installed" "$1/modules/build"
	cp "$out/arch/arm64/boot/Image" "$out/.config" "$1/"
}

# The build tree WORK as of the sources now.
debug_compile() {
	local covered
	mkdir -p "$1"
	debug_unpack "$1"
	debug_calculator "$1"
	copy_sources "$1/linux" "${DEBUG_DRIVER[@]}"
	debug_configure "$1"
	mapfile -t covered < <(debug_covered)
	# The kernel's own makefiles say which file they are at.
	debug_make "-j$(nproc)" "${covered[@]}" Image modules
}

# Where KCOV looks: the driver, file by file. The rest would only drown it.
debug_covered() {
	(cd "$ROOT/drivers/accel/rocket" && printf 'KCOV_INSTRUMENT_%s=y\n' rocket*.c) |
		sed 's/\.c=/.o=/'
}

# debug_make ARG…: make in the kernel's tree, with objects in the directory OUT.
debug_make() {
	in_tools nice env PATH="$PATH:/build/work/debug/bc/usr/bin" \
		make -C /build/work/debug/linux "O=/build/work/debug/${OUT:-out}" \
		ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- "$@"
}

# The source without its own rocket driver. Another version comes with other
# tools, and so never here.
debug_unpack() {
	local source exclude=() path
	# Step patched may have been cut off.
	patched_restore "$1"
	[ ! -d "$1/linux" ] || return 0
	source=$(tools_version source)
	for path in "${DEBUG_WITHOUT[@]}"; do
		exclude+=("--exclude=$path")
	done
	echo "unpacking linux-source-$source"
	rm -rf "$1/linux.tmp"
	mkdir "$1/linux.tmp"
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_tools sh -ec '
		source=$1
		shift
		dpkg-deb --fsys-tarfile /build/fetched/linux-source-*.deb |
			tar -xO "./usr/src/linux-source-$source.tar.xz" |
			tar -C /build/work/debug/linux.tmp -xJ --strip-components=1 "$@"
	' sh "$source" "${exclude[@]}"
	rm -r "$1/linux.tmp/drivers/accel/rocket"
	mv "$1/linux.tmp" "$1/linux"
}

# The kernel's build computes with bc, which nothing else needs.
debug_calculator() {
	[ ! -d "$1/bc" ] || return 0
	echo "fetching bc"
	rm -rf "$1/bc.tmp"
	mkdir -p "$1/bc.tmp/lists/partial"
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_tools sh -ec '
		cd "$1"
		set -- -q -o "Dir::State::Lists=$1/lists" -o APT::Sandbox::User=root
		apt-get "$@" update
		apt-get "$@" download bc
		dpkg-deb -x bc_*.deb .
	' sh /build/work/debug/bc.tmp
	rm -r "$1/bc.tmp/lists"
	mv "$1/bc.tmp" "$1/bc"
}

# Only when it has to be: a new .config makes make look at everything.
debug_configure() {
	local config=$1/out/.config unlike
	cat "$ROOT/board/kernel.config" "$ROOT/board/debug.config" >"$1/fragment.new"
	if ! cmp -s "$1/fragment.new" "$1/fragment" || [ ! -e "$config" ]; then
		rm -f "$1/fragment"
		debug_make -s allnoconfig KCONFIG_ALLCONFIG=/build/work/debug/fragment.new
		mv "$1/fragment.new" "$1/fragment"
	fi
	# Our driver may have come to need other options.
	debug_make -s olddefconfig
	unlike=$(kconfig_unlike "$1/fragment" "$config")
	[ -z "$unlike" ] || {
		echo "error: this kernel cannot be configured as board/kernel.config and" \
			"board/debug.config say: ${unlike//$'\n'/, }"
		rm "$1/fragment"
		return 1
	}
}
