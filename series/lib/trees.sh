# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The trees after each step, as git trees of those files that the series touches, in
# a repository of their own, $WORK. The last is the driver as it is; the others are
# made from it, backwards, by taking away one step after the other.

# The driver, its interface, its documentation and who maintains them, in the kernel.
readonly DRIVER=drivers/accel/rocket
readonly DOCUMENTATION=Documentation/accel/rocket
readonly UAPI=include/uapi/drm/rocket_accel.h
readonly KERNEL_PATHS=("$DRIVER" "$DOCUMENTATION" "$UAPI" MAINTAINERS)

declare -A TREE

work_begin() {
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/rocket-series.XXXXXX")
	git init -q -b series "$WORK"
}

in_work() {
	(cd "$WORK" && "$@")
}

# work_tree: a tree of all that lies in $WORK.
work_tree() {
	in_work git add -A
	in_work git write-tree
}

# kernel_files KERNEL_DIR: sets KERNEL_DIR, KERNEL_TREE (of the files that matter)
# and, if it is a git tree, KERNEL_COMMIT.
kernel_files() {
	KERNEL_DIR=${1:-}
	if [ -z "$KERNEL_DIR" ]; then
		KERNEL_DIR=$("$ROOT/board/setup" --where kernelfiles |
			awk '$1 == "kernelfiles" { print $2 "/linux" }')
	fi
	[ -d "$KERNEL_DIR/$DRIVER" ] ||
		die "$KERNEL_DIR is no kernel tree with a $DRIVER in it (6.18 or later)"
	KERNEL_COMMIT=$(git -C "$KERNEL_DIR" rev-parse --verify -q HEAD 2>/dev/null || true)
	[ -e "$KERNEL_DIR/.git" ] || KERNEL_COMMIT=
	if [ -n "$KERNEL_COMMIT" ]; then
		git -C "$KERNEL_DIR" archive HEAD "${KERNEL_PATHS[@]}" | tar -x -C "$WORK"
	else
		(cd "$KERNEL_DIR" && tar -c --exclude='*.o' --exclude='*.cmd' "${KERNEL_PATHS[@]}") |
			tar -x -C "$WORK"
	fi
	KERNEL_TREE=$(work_tree)
}

# place_final: the driver as it is, in $WORK.
place_final() {
	(cd "$WORK" && rm -rf "$DRIVER" "$DOCUMENTATION" include)
	mkdir -p "$WORK/${DRIVER%/*}" "$WORK/include/uapi" "$WORK/${DOCUMENTATION%/*}"
	(cd "$ROOT" && find "$DRIVER" include/uapi/drm -name '*.[ch]' -o -path "$DRIVER*" \
		\( -name Makefile -o -name Kconfig \)) | (cd "$ROOT" && tar -c -T -) | tar -x -C "$WORK"
	cp -r "$ROOT/series/$DOCUMENTATION" "$WORK/$DOCUMENTATION"
	# The interface's new header has the same maintainers.
	sed -i "s|^F:\tinclude/uapi/drm/rocket_accel\.h\$|&\nF:\tinclude/uapi/drm/rocket_coredump.h|" \
		"$WORK/MAINTAINERS"
}

# take_away STEP: the tree before it, in $WORK. Says what does not fit.
take_away() {
	local path
	step_paths "$1" new | while IFS= read -r path; do
		rm "$WORK/$path" || return
	done || return
	step_paths "$1" kernel | while IFS= read -r path; do
		in_work git checkout -q "$KERNEL_TREE" -- "$path" || return
	done || return
	[ -z "$(step_patch "$1")" ] || step_patch "$1" | in_work git apply -C1 --whitespace=nowarn -
}

# make_trees: sets TREE for each step.
make_trees() {
	local step wrong
	place_final
	for step in $(step_names | sort -r); do
		TREE[$step]=$(work_tree)
		wrong=$(take_away "$step" 2>&1) ||
			die "step $step cannot be taken away from the driver as it is now;" \
				"see series/make --refresh: $wrong"
	done
	wrong=$(in_work git diff --stat "$KERNEL_TREE" "$(work_tree)")
	[ -z "$wrong" ] ||
		die "without the first step something is left that the kernel has not: $wrong"
}

# check_steps: prints what is wrong.
check_steps() {
	local step subject
	make_trees
	for step in $(step_names); do
		subject=$(step_message "$step" | head -n 1)
		[[ $subject == *:\ [A-Z]* ]] || echo "$step: the subject is not \"AREA: What\""
		[ ${#subject} -le 75 ] || echo "$step: the subject is too long"
		step_message "$step" | awk -v step="$step" 'length > 75 { print step ": long line: " $0 }'
		missing_headers "$step"
	done
}

# missing_headers STEP: the driver's headers that what is built includes and that
# come later.
missing_headers() {
	local source header
	in_work git show "${TREE[$1]}:$DRIVER/Makefile" | grep -o '\<rocket_[a-z_]*\.o' |
		while IFS= read -r source; do
			in_work git show "${TREE[$1]}:$DRIVER/${source%.o}.c"
		done | sed -n 's/^#include "\(rocket_[a-z_]*\.h\)"$/\1/p' | sort -u |
		while IFS= read -r header; do
			in_work git cat-file -e "${TREE[$1]}:$DRIVER/$header" 2>/dev/null ||
				echo "$1: includes $header, which comes later"
		done
}
