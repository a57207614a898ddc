# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The board's readings of the silicon, and how a running board is given others. DIR is
# a directory for files.

# The board's own list: KEYS, ANSWERS[KEY], and NUMBER[KEY] of its register. Those that
# begin with another chip's name have no effect on this one, and are only numbered.
read_list() {
	local key answers number=0
	declare -g KEYS=()
	declare -gA ANSWERS=() NUMBER=()
	"$ROOT/board/run" --silicon help >"$DIR/help"
	while IFS='=' read -r key answers; do
		NUMBER[${key#-}]=$number
		number=$((number + 1))
		ANSWERS[${key#-}]=${answers//|/ }
		[ "${key#-}" != "$key" ] || KEYS+=("$key")
	done < <(awk '/^[a-z0-9-]+=.*\|/ { key = $0; next }
		key { print (/^ *RK3576: / ? "-" : "") key; key = "" }' "$DIR/help")
	[ ${#KEYS[@]} -gt 0 ] || die "the board has no readings"
}

# The registers' addresses are the header's.
register_base() {
	sed -nE 's/^#define ROCKET_BOARD_READING\(n\)[[:space:]]+\((0x[0-9a-f]+) \+ 4.*/\1/p' \
		"$ROOT/board/include/rocket_board.h"
}

# setting KEY=VALUE: ADDRESS:NUMBER of one reading.
setting() {
	local key=${1%%=*} answer number=0
	for answer in ${ANSWERS[$key]:?no reading $key}; do
		[ "$answer" != "${1#*=}" ] || break
		number=$((number + 1))
	done
	printf '0x%x:%d' $((0x0b000000 + BASE + 4 * NUMBER[$key])) "$number"
}

# settings KEY=VALUE…: ADDRESS:NUMBER for all readings; those that are not named have
# their default.
settings() {
	local -A wanted=()
	local key
	for key; do
		[[ " ${ANSWERS[${key%%=*}]:-} " == *" ${key#*=} "* ]] || die "no reading $key"
		wanted[${key%%=*}]=${key#*=}
	done
	for key in "${KEYS[@]}"; do
		printf '%s ' "$(setting "$key=${wanted[$key]:-${ANSWERS[$key]%% *}}")"
	done
}

# split_boot: of a boot that ran several jobs, $DIR/out and $DIR/log, makes one of each for
# every job: out-NAME, log-NAME.
split_boot() {
	(cd "$DIR" && awk '$1 == "CONFIG" { file = "out-" $2 } file { print >file }' out &&
		awk '/silicon: [a-z]+[0-9]*$/ { file = "log-" $NF } file { print >file }' log)
}
