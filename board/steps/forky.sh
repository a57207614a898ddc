# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# An installed Debian forky, for trying the packages: DIR/root.img (lib/system.sh).
# It has the headers of its own kernel, too.

. "$ROOT/board/lib/modules.sh"
. "$ROOT/board/lib/system.sh"

# shellcheck disable=SC2034
forky_needs=("${SYSTEM_NEEDS[@]}")

forky_key() {
	system_key
}

forky_build() {
	system_build "$1" forky linux-headers-arm64
}
