# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The cover letter: the text of series/cover, with the figures of docs/performance.rst
# as they are there now.

# cover_figures BEHIND: the first table behind a line that matches, its first three
# columns: what, mainline, ours.
cover_figures() {
	awk -v behind="$1" '
		$0 ~ behind { found = 1; next }
		found && /^==[= ]*$/ {
			if (rulers++ == 0) {
				second = index($0, " =")
				third = second + 1 + match(substr($0, second + 2), / =/)
				fourth = third + 1 + match(substr($0, third + 2) " ", / [ =]?/)
			}
			if (rulers == 3)
				exit
			next
		}
		rulers {
			what = trim(substr($0, 1, second))
			mainline = trim(substr($0, second + 1, third - second))
			ours = trim(substr($0, third + 1, fourth - third))
			printf "  %-40s %12s %14s\n", what, mainline, ours
		}
		function trim(text) {
			gsub(/\*\*|\\/, "", text)
			gsub(/^ +| +$/, "", text)
			return text
		}
	' "$ROOT/docs/performance.rst"
}

# cover_table BEHIND: the same, and an error if there is no such table.
cover_table() {
	local figures
	figures=$(cover_figures "$1")
	[ "$(wc -l <<<"$figures")" -gt 3 ] && grep -q '[0-9].* [0-9]' <<<"$figures" ||
		die "docs/performance.rst has no table behind \"$1\", which series/cover shows"
	printf '%s\n' "$figures"
}

# cover_body: series/cover, where a line "@figures REGEX@" stands for a table.
cover_body() {
	local line
	sed -e 1,4d "$ROOT/series/cover" | while IFS= read -r line; do
		case $line in
		@figures*) line=${line#@figures } && cover_table "${line%@}" ;;
		*) printf '%s\n' "$line" ;;
		esac
	done
	[ -z "${KERNEL_COMMIT:-}" ] || printf '\nbase-commit: %s\n' "$KERNEL_COMMIT"
}

# cover_fill FILE: in git's template, subject and text.
cover_fill() {
	local subject
	subject=$(sed -n 3p "$ROOT/series/cover")
	cover_body >"$WORK/.git/cover"
	sed -i -e "s|\*\*\* SUBJECT HERE \*\*\*|$subject|" \
		-e "/\*\*\* BLURB HERE \*\*\*/{
			r $WORK/.git/cover
			d
		}" "$1"
}
