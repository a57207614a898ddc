# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What steps/NAME says: a message; what the step adds, by name; and what it changes
# in files that were there before, as a patch that takes it away again.
#
#   SPDX line, SUBJECT and text of the message
#   ---
#   new PATH        the step adds this file
#   kernel PATH     the step replaces or removes what the kernel has there
#   diff --git …    takes away the step's part of all other files

readonly STEPS=$ROOT/series/steps

# step_names: in the order of the series.
step_names() {
	(cd "$STEPS" && printf '%s\n' [0-9][0-9]-*)
}

step_message() {
	sed -e 1,2d -e '/^---$/,$d' "$STEPS/$1"
}

# step_paths STEP new|kernel: the paths, one per line.
step_paths() {
	sed -n -e '/^---$/,/^diff --git /{' -e "s/^$2 //p" -e '}' "$STEPS/$1"
}

# step_patch STEP: the patch proper; empty if there is none.
step_patch() {
	sed -n '/^diff --git /,$p' "$STEPS/$1"
}
