# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The register-level tests of the board, which drive QEMU from outside:
# DIR/board-tests, linked statically so that it runs on any host.

# shellcheck disable=SC2034
boardtests_needs=(tools)

BOARDTESTS_SOURCES=(board/tests board/include igt-tests/lib)

boardtests_key() {
	hash_sources "${BOARDTESTS_SOURCES[@]}"
}

boardtests_build() {
	local work=$TOOLS/build/work/boardtests
	copy_sources "$work/src" "${BOARDTESTS_SOURCES[@]}"
	in_tools make -j"$(nproc)" -C /build/work/boardtests/src/board/tests \
		O=/build/work/boardtests/out LDFLAGS=-static
	cp "$work/out/board-tests" "$1/"
}
