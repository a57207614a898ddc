# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# An installed Debian trixie with the stock kernel out of trixie-backports, for
# trying the packages: DIR/root.img (lib/system.sh).

. "$ROOT/board/lib/modules.sh"
. "$ROOT/board/lib/system.sh"

# shellcheck disable=SC2034
trixie_needs=("${SYSTEM_NEEDS[@]}")

trixie_key() {
	system_key
}

trixie_build() {
	system_build "$1" trixie
}
