# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What steps/NAME says: a message, and which files come with the step.
#
#   SPDX line, SUBJECT and text of the message
#   ---
#   GLOB            files that are as they are now from this step on; "*" and "[ch]"
#                   stand for parts of a name, a "*" never for a directory
#   rest DIRECTORY  the directory as it is now: all else in it comes and goes here
#   late WORD FILE  lines of FILE that have WORD come with this step, and no sooner

readonly STEPS=$ROOT/series/steps

# step_names: in the order of the series.
step_names() {
	(cd "$STEPS" && printf '%s\n' [0-9][0-9]-*)
}

step_message() {
	sed -e 1,2d -e '/^---$/,$d' "$STEPS/$1"
}

# step_globs STEP: one per line.
step_globs() {
	sed -e '1,/^---$/d' -e '/^rest /d' -e '/^late /d' "$STEPS/$1"
}

# step_rests STEP: directories, one per line.
step_rests() {
	sed -n -e '1,/^---$/d' -e 's/^rest //p' "$STEPS/$1"
}

# step_lates STEP: "WORD FILE", one per line.
step_lates() {
	sed -n -e '1,/^---$/d' -e 's/^late //p' "$STEPS/$1"
}
