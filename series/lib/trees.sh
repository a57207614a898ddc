# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The trees after each step, as git trees of those files that the series touches, in
# a repository of their own, $WORK. The first is the kernel's; each step brings those
# files of the driver as it is that its globs name.

# shellcheck source-path=SCRIPTDIR
. "$ROOT/series/lib/binding.sh"

# The driver, its interface, documentation and binding, and who maintains them, in the kernel.
readonly DRIVER=drivers/accel/rocket
readonly DOCUMENTATION=Documentation/accel/rocket
readonly UAPI=include/uapi/drm/rocket_accel.h
readonly KERNEL_PATHS=("$DRIVER" "$DOCUMENTATION" "$UAPI" "$NPU_BINDING" MAINTAINERS)

declare -A TREE
FINAL_TREE=

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
	binding_extend "$WORK/$NPU_BINDING" >"$WORK/binding"
	mv "$WORK/binding" "$WORK/$NPU_BINDING"
	# The interface's new header has the same maintainers.
	sed -i "s|^F:\tinclude/uapi/drm/rocket_accel\.h\$|&\nF:\tinclude/uapi/drm/rocket_coredump.h|" \
		"$WORK/MAINTAINERS"
}

# step_files STEP: what the step's globs name of the driver as it is.
step_files() {
	local glob path
	while IFS= read -r glob; do
		while IFS= read -r path; do
			# shellcheck disable=SC2053 # a glob
			[[ ${path%/*} != "${glob%/*}" || ${path##*/} != ${glob##*/} ]] || echo "$path"
		done <"$WORK/.git/final"
	done < <(step_globs "$1")
}

# bring STEP: the tree after it, in $WORK.
bring() {
	local path
	step_files "$1" | while IFS= read -r path; do
		in_work git checkout -q "$FINAL_TREE" -- "$path"
	done
	step_rests "$1" | while IFS= read -r path; do
		rm -rf "${WORK:?}/$path"
		in_work git checkout -q "$FINAL_TREE" -- "$path"
	done
	step_lates "$1" | while read -r _ path; do
		in_work git checkout -q "$FINAL_TREE" -- "$path"
	done
}

# leave_later STEP: takes out of $WORK what a step behind STEP brings: lines, and files
# that are new.
leave_later() {
	local step word path rests
	rests=$(step_rests "$1")
	step_names | sed "1,/^$1\$/d" | while IFS= read -r step; do
		step_lates "$step" | while read -r word path; do
			[ ! -e "$WORK/$path" ] || sed -i "/$word/d" "$WORK/$path"
		done
		# Only a whole directory brings what it was not asked for.
		[ -z "$rests" ] || step_files "$step" | while IFS= read -r path; do
			in_work git cat-file -e "$KERNEL_TREE:$path" 2>/dev/null ||
				rm -f "${WORK:?}/$path"
		done
	done
}

# make_trees: sets TREE for each step.
make_trees() {
	local step wrong last=$KERNEL_TREE
	place_final
	FINAL_TREE=$(work_tree)
	in_work git ls-tree -r --name-only "$FINAL_TREE" >"$WORK/.git/final"
	in_work git rm -q -r --cached . && in_work git clean -q -f -d -x
	in_work git checkout -q "$KERNEL_TREE" -- .
	for step in $(step_names); do
		bring "$step"
		leave_later "$step"
		TREE[$step]=$(work_tree)
		[ "${TREE[$step]}" != "$last" ] || die "step $step changes nothing"
		last=${TREE[$step]}
	done
	wrong=$(in_work git diff --stat "$FINAL_TREE" "$last")
	[ -z "$wrong" ] || die "no step of series/steps brings: $wrong"
}

# stray_files: prints files of the driver that the kernel does not have and no glob
# names: they would come with what replaces the kernel's own.
stray_files() {
	local step path
	for step in $(step_names); do
		step_files "$step"
	done | sort -u >"$WORK/.git/named"
	for step in $(step_names); do
		step_rests "$step" | sed '/^Documentation/d' | while IFS= read -r path; do
			grep "^$path/" "$WORK/.git/final"
		done
	done | sort -u | comm -23 - "$WORK/.git/named" | while IFS= read -r path; do
		in_work git cat-file -e "$KERNEL_TREE:$path" 2>/dev/null ||
			echo "$path comes with no step of its own: name it in a file of series/steps"
	done
}

# check_steps: prints what is wrong.
check_steps() {
	local step subject
	make_trees
	stray_files
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
