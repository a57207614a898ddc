# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Our driver for the stock kernel: DIR/rocket.ko.

# shellcheck disable=SC2034
driver_needs=(tools)

DRIVER_SOURCES=(drivers/accel/rocket include/uapi compat Makefile Kbuild)

driver_key() {
	hash_sources "${DRIVER_SOURCES[@]}"
}

driver_build() {
	local work=$TOOLS/build/work/driver
	copy_sources "$work" "${DRIVER_SOURCES[@]}"
	in_tools make -C /build/work/driver modules \
		KDIR="/lib/modules/$(tools_version kernel)/build" \
		ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-
	cp "$work/build/modules/rocket.ko" "$1/"
}
