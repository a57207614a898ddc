# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What a patch series for the kernel's tree touches or is checked with, out of
# Debian's kernel source and unchanged: DIR/linux. With it come the kernel's scripts,
# and what it builds its documentation with.

# shellcheck disable=SC2034
kernelfiles_needs=(tools)

KERNELFILES_SOURCES=(
	drivers/accel/rocket include/uapi/drm/rocket_accel.h Documentation/accel
	Documentation/devicetree/bindings/npu MAINTAINERS scripts
	Makefile Documentation/conf.py Documentation/images/logo.svg
	Documentation/sphinx Documentation/sphinx-includes Documentation/sphinx-static
	tools/docs tools/lib/python tools/net/ynl/pyynl
)

kernelfiles_key() {
	echo "${KERNELFILES_SOURCES[*]}"
}

kernelfiles_build() {
	mkdir "$1/linux"
	unpack_linux "/build/${1##*/}/linux" "${KERNELFILES_SOURCES[@]}"
}
