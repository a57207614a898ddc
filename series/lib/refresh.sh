# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Keeping the steps in step with the driver. series/base names the driver for which
# the steps were written last, as git trees of this repository: so what each step
# takes away can be carried over to the driver as it is now by git's three-way merge.

readonly BASE=$ROOT/series/base

# chain: the steps that change files, in the order in which they are taken away.
chain() {
	local step
	for step in $(step_names | sort -r); do
		[ -z "$(step_patch "$step")" ] || echo "$step"
	done
}

# take_new STEP: takes away what the step adds.
take_new() {
	step_paths "$1" new | (cd "$WORK" && xargs -r rm -f)
}

in_work_commit() {
	in_work git add -A
	in_work git -c user.name=series -c user.email=series@localhost \
		commit -q --allow-empty -m "$1"
}

# The trees as they were: one commit for what each step adds, one for its patch.
commit_old() {
	local old_driver old_uapi step
	old_driver=$(awk '$1 == "driver" { print $2 }' "$BASE")
	old_uapi=$(awk '$1 == "uapi" { print $2 }' "$BASE")
	mkdir -p "$WORK/$DRIVER" "$WORK/include/uapi/drm"
	git -C "$ROOT" archive "$old_driver" | tar -x -C "$WORK/$DRIVER" &&
		git -C "$ROOT" archive "$old_uapi" | tar -x -C "$WORK/include/uapi/drm" ||
		die "series/base names trees that this repository does not have"
	in_work_commit old
	for step in $(chain); do
		take_new "$step"
		in_work_commit "new $step"
		step_patch "$step" | in_work git apply -
		in_work_commit "$step"
		in_work git tag "old-$step"
	done
}

# refresh [DIR]: DIR is where one has stopped; what it stopped for is resolved there.
refresh() {
	local step stopped=
	git -C "$ROOT" rev-parse -q --verify HEAD >/dev/null || die "a refresh needs the history"
	if [ $# = 0 ]; then
		work_begin
		commit_old
		commit_new
	else
		WORK=$1
		stopped=$(cat "$WORK/.git/stopped") || die "$1 is no refresh that has stopped"
		[ -z "$(in_work git grep -lE '^(<<<<<<<|>>>>>>>) ' -- . || true)" ] ||
			die "there are conflicts left in $1: git diff"
		in_work_commit "$stopped"
		rm "$WORK/.git/stopped"
	fi
	for step in $(chain_after "$stopped"); do
		carry_over "$step"
	done
	save "$WORK"
	rm -rf "$WORK"
}

# The driver as it is now, as the only commit of a branch.
commit_new() {
	in_work git checkout -q --orphan new
	(cd "$WORK" && rm -rf "$DRIVER" include)
	mkdir -p "$WORK/${DRIVER%/*}" "$WORK/include/uapi"
	cp -r "$ROOT/$DRIVER" "$WORK/${DRIVER%/*}/"
	cp -r "$ROOT/include/uapi/drm" "$WORK/include/uapi/"
	in_work_commit new
}

# carry_over STEP: as a commit of that branch.
carry_over() {
	take_new "$1"
	in_work_commit "new $1"
	in_work git -c user.name=series -c user.email=series@localhost \
		cherry-pick --allow-empty --keep-redundant-commits "old-$1" >/dev/null 2>&1 && return
	echo "$1" >"$WORK/.git/stopped"
	say "$1 and the driver have both changed in one place." \
		"Resolve the conflicts in $WORK as the tree before that step shall be," \
		"then: series/make --refresh $WORK"
	in_work git diff --name-only --diff-filter=U >&2
	exit 1
}

# chain_after STEP: the rest of the chain; all of it without STEP.
chain_after() {
	if [ -z "$1" ]; then
		chain
	else
		chain | sed "1,/^$1\$/d"
	fi
}

# save DIR: writes the patches of the branch that is checked out there.
save() {
	local step commit text
	for step in $(chain); do
		commit=$(git -C "$1" log --format=%H -1 --grep "^$step\$")
		[ -n "$commit" ] || die "$1 has no commit $step"
		text=$(sed '/^diff --git /,$d' "$STEPS/$step")
		{
			printf '%s\n\n' "$text"
			git -C "$1" diff --no-renames --no-ext-diff "$commit^" "$commit"
		} >"$WORK.step"
		mv "$WORK.step" "$STEPS/$step"
	done
	{
		echo "# SPDX-License-Identifier: GPL-2.0-only"
		echo "# The driver that steps/ fit, see series/lib/refresh.sh"
		echo "driver $(tree_of "$DRIVER")"
		echo "uapi $(tree_of include/uapi/drm)"
	} >"$BASE"
	say "the steps are made anew for the driver as it is; look at them: git diff series"
}

# tree_of PATH: the git tree of a directory as it is now, committed or not.
tree_of() {
	local index
	index=$(mktemp -u "${TMPDIR:-/tmp}/rocket-index.XXXXXX")
	(cd "$ROOT" && export GIT_INDEX_FILE=$index && git read-tree HEAD &&
		git add -A "$1" && git rev-parse "$(git write-tree):$1")
	rm -f "$index"
}
