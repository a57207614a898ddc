# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The kernels of board/kernels, and one newer than the stock kernel if the archive has
# one. For each series:
#
#   DIR/SERIES/Image, modules, .config  as board/run --kernel wants them
#   DIR/SERIES/version   what it calls itself
#   DIR/SERIES/source    where the source is from
#   DIR/SERIES/missing   instead of all that: why it cannot be had
#
# and DIR/newest, the newest series that the archive has. The trees stay in
# /build/work/kernels, with the objects (out), which modules are built with.

. "$ROOT/board/lib/kconfig.sh"

# shellcheck disable=SC2034
kernels_needs=(tools)

kernels_key() {
	cat "$ROOT/board/steps/kernels-fetch.sh"
	hash_sources board/kernels board/kernel.config board/kernels.config
}

# kernels_series: those of board/kernels.
kernels_series() {
	sed 's/#.*//' "$ROOT/board/kernels" | awk 'NF { print $1 }'
}

# kernels_make SERIES ARG…: make in that kernel's tree.
kernels_make() {
	local series=$1
	shift
	in_tools env PATH="$PATH:/build/work/kernels/bc/usr/bin" \
		make -C "/build/work/kernels/$series/linux" "O=/build/work/kernels/$series/out" \
		ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- "$@"
}

kernels_build() {
	local work=$TOOLS/build/work/kernels series list
	mapfile -t list < <(kernels_series)
	mkdir -p "$work"
	in_tools sh /src/board/steps/kernels-fetch.sh /build/work/kernels "$(host_mirror)" \
		"$(tools_version source)" "${list[@]}"
	cp "$work/newest" "$1/"
	[ ! -d "$work/$(cat "$work/newest")/linux" ] || list+=("$(cat "$work/newest")")
	for series in $(printf '%s\n' "${list[@]}" | sort -Vu); do
		mkdir "$1/$series"
		if [ -e "$work/$series/missing" ]; then
			cp "$work/$series/missing" "$1/$series/"
			# Another day it may be there.
			rm -r "${work:?}/$series"
			continue
		fi
		kernels_compile "$series" "$work/$series"
		kernels_install "$series" "$work/$series" "$1/$series"
	done
}

kernels_compile() {
	local unlike
	mkdir -p "$2/out"
	cat "$ROOT/board/kernel.config" "$ROOT/board/kernels.config" >"$2/fragment.new"
	# Only when it has to be: a new .config makes make look at everything.
	if ! cmp -s "$2/fragment.new" "$2/fragment" || [ ! -e "$2/out/.config" ]; then
		rm -f "$2/fragment"
		kernels_make "$1" -s allnoconfig \
			KCONFIG_ALLCONFIG="/build/work/kernels/$1/fragment.new"
		unlike=$(kconfig_unlike "$2/fragment.new" "$2/out/.config")
		[ -z "$unlike" ] || {
			echo "error: Linux $1 cannot be configured as board/kernel.config and" \
				"board/kernels.config say: ${unlike//$'\n'/, }"
			return 1
		}
		mv "$2/fragment.new" "$2/fragment"
	fi
	kernels_make "$1" -s "-j$(nproc)" Image modules
}

kernels_install() {
	rm -rf "$2/installed"
	kernels_make "$1" -s modules_install INSTALL_MOD_PATH="/build/work/kernels/$1/installed"
	mv "$2"/installed/lib/modules/* "$3/modules"
	rm -rf "$2/installed" "$3/modules/build"
	cp "$2/out/arch/arm64/boot/Image" "$2/out/.config" "$2/source" "$3/"
	cp "$2/out/include/config/kernel.release" "$3/version"
}
