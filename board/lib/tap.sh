# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Writing test results: TAP version 13 on standard output.

TAP_COUNT=0
TAP_FAILED=0

ok() {
	echo "ok $((++TAP_COUNT)) - $1"
}

# not_ok NAME [DETAILS]: DETAILS may have several lines.
not_ok() {
	echo "not ok $((++TAP_COUNT)) - $1"
	[ -z "${2:-}" ] || tap_note "$2"
	TAP_FAILED=1
}

skip() {
	echo "ok $((++TAP_COUNT)) - $1 # SKIP $2"
}

tap_note() {
	printf '%s\n' "$1" | sed 's/^/# /'
}

# check NAME COMMAND [ARG…]: a test that passes when COMMAND does, and that
# shows what it wrote when it does not.
check() {
	local name=$1 output status=0
	shift
	output=$("$@" 2>&1) || status=$?
	if [ "$status" = 0 ]; then
		ok "$name"
	else
		not_ok "$name" "${output:-status $status}"
	fi
}

# silent NAME COMMAND [ARG…]: a test that passes when COMMAND succeeds and has
# nothing to say.
silent() {
	local name=$1 output status=0
	shift
	output=$("$@" 2>&1) || status=$?
	if [ "$status" = 0 ] && [ -z "$output" ]; then
		ok "$name"
	else
		not_ok "$name" "${output:-status $status}"
	fi
}

tap_end() {
	echo "1..$TAP_COUNT"
	exit "$TAP_FAILED"
}
