# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Shows steps while they run: each with its elapsed time when it is done, and
# what a long one is at.

# How often a long step is mentioned where there is no terminal, in seconds.
PROGRESS_PERIOD=30

# The steps that failed, after show_progress returned non-zero.
FAILED_STEPS=()

# show_progress COMMAND [ARG…]: runs COMMAND, which writes "start STEP",
# "done STEP" and "fail STEP" to descriptor 3.
show_progress() {
	local -A since=()
	local part line='' got fifo job status=0
	fifo=$(mktemp -u "$CACHE/progress.XXXXXX")
	mkfifo "$fifo"
	# A process group of its own, so that all of it can be ended.
	set -m
	"$@" 3>"$fifo" </dev/null &
	job=$!
	set +m
	# shellcheck disable=SC2064 # the job is known now
	trap "kill -TERM -- -$job; progress_clear; exit 130" INT TERM
	exec {events}<"$fifo"
	rm "$fifo"
	while :; do
		got=0
		IFS= read -r -t 1 -u "$events" part || got=$?
		# The second may end in the middle of a line: what there was of it is kept.
		line+=$part
		if [ "$got" = 0 ]; then
			# shellcheck disable=SC2086 # what happened, and to which step
			progress_event $line
			line=
		elif [ "$got" -le 128 ]; then
			break
		fi
		progress_tick
	done
	exec {events}<&-
	wait "$job" || status=$?
	trap - INT TERM
	return "$status"
}

progress_event() {
	progress_clear
	case $1 in
	start)
		since[$2]=$EPOCHREALTIME
		;;
	done)
		say "$(printf '%-9s done in %s' "$2" "$(elapsed "${since[$2]}")")"
		unset "since[$2]"
		;;
	fail)
		say "$(printf '%-9s FAILED after %s' "$2" "$(elapsed "${since[$2]}")")"
		unset "since[$2]"
		FAILED_STEPS+=("$2")
		;;
	esac
}

# One line that rewrites itself on a terminal; elsewhere a line now and then.
progress_tick() {
	local step line=
	[ ${#since[@]} -gt 0 ] || return 0
	if [ -t 2 ]; then
		for step in "${!since[@]}"; do
			line+="$step $(elapsed "${since[$step]}"): $(progress_of "$step")  "
		done
		printf '\r\e[K%.*s' $((${COLUMNS:-80} - 1)) "$line" >&2
		return
	fi
	[ $((SECONDS - ${PROGRESS_LAST:-0})) -ge "$PROGRESS_PERIOD" ] || return 0
	PROGRESS_LAST=$SECONDS
	for step in "${!since[@]}"; do
		say "$(printf '%-9s %s: %s' "$step" "$(elapsed "${since[$step]}")" \
			"$(progress_of "$step")")"
	done
}

progress_clear() {
	[ ! -t 2 ] || printf '\r\e[K' >&2
}

# progress_of STEP: what its log said last, in at most 50 characters.
progress_of() {
	tail -c 400 "$CACHE/log/$1.log" 2>/dev/null | tr '\r' '\n' |
		tail -n 1 | cut -c1-50
}
