# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The kernel of step debug with the driver built in: DIR/Image. Only the driver
# is compiled for it, in a copy of the objects.

# shellcheck disable=SC2034
builtin_needs=(tools debug)

builtin_key() {
	:
}

builtin_build() {
	local work=$TOOLS/build/work/debug
	# Another checkout may have built there since.
	debug_compile "$work"
	rm -rf "$work/out-builtin"
	cp -a "$work/out" "$work/out-builtin"
	sed -i -e 's/^CONFIG_DRM_ACCEL_ROCKET=m/CONFIG_DRM_ACCEL_ROCKET=y/' \
		-e '/^CONFIG_DRM_ACCEL_ROCKET_KUNIT_TEST=/d' "$work/out-builtin/.config"
	OUT=out-builtin debug_make -s olddefconfig
	grep -qx CONFIG_DRM_ACCEL_ROCKET=y "$work/out-builtin/.config"
	OUT=out-builtin debug_make "-j$(nproc)" Image
	cp "$work/out-builtin/arch/arm64/boot/Image" "$work/out-builtin/.config" "$1/"
	rm -rf "$work/out-builtin"
}
