# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What every script of the board shares: where things are, how to say things.
# Sourced, never run.

# shellcheck disable=SC2034 # for those who source this
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck disable=SC2034
CACHE=${ROCKET_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/rocket}
ME=${0##*/}

# Names and orders must not depend on the caller's language.
export LC_ALL=C

say() {
	printf '%s: %s\n' "$ME" "$*" >&2
}

die() {
	say "$@"
	exit 1
}

# elapsed START: seconds since START (a value of EPOCHREALTIME) as "12.3 s".
elapsed() {
	local us=$((${EPOCHREALTIME/./} - ${1/./}))
	printf '%d.%d s' $((us / 1000000)) $((us / 100000 % 10))
}

# have COMMAND: whether COMMAND is on the path.
have() {
	command -v "$1" >/dev/null 2>&1
}
