# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The board's QEMU once more, with models that AddressSanitizer and
# UndefinedBehaviorSanitizer watch: DIR/qemu, as step qemu makes it, out of the
# same build tree.

# shellcheck disable=SC2034
sanitized_needs=(tools qemu)

sanitized_key() {
	hash_sources board/tests/sanitize
}

sanitized_build() {
	local out=/build/${1##*/}
	qemu_compile
	in_tools python3 /src/board/tests/sanitize /build/work/qemu/build "$out/models"
	# Symbols make reports readable, and are not many.
	qemu_pack "$out/models/qemu-system-aarch64" "$out"
	mv "$1/models/qemu-system-aarch64" "$1/qemu-system-aarch64"
	rm -r "$1/models"
}
