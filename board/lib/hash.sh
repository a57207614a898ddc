# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Content keys, and copies of sources that keep what did not change.

# What editors and in-tree builds leave behind is no input of anything.
SOURCE_NOISE=(! -name '*.o' ! -name '*.ko' ! -name '*.mod' ! -name '*.mod.c'
	! -name '.*.cmd' ! -name 'modules.order' ! -name 'Module.symvers'
	! -name '*.swp' ! -name '*~' ! -name '*.pyc')

# source_files PATH…: the source files below PATHs of the checkout, sorted,
# each ended by NUL.  A PATH that does not exist has none.
source_files() {
	local path
	for path; do
		[ -e "$ROOT/$path" ] || continue
		(cd "$ROOT" && find "$path" -type f "${SOURCE_NOISE[@]}" -print0)
	done | sort -z
}

# hash_sources PATH…: names, modes and contents of the source files as text,
# to be hashed with other things.
hash_sources() {
	source_files "$@" | (cd "$ROOT" && xargs -0r sha256sum)
	source_files "$@" | (cd "$ROOT" && xargs -0r stat -c '%A %n')
}

# short_hash: a key out of standard input.
short_hash() {
	sha256sum | cut -c1-16
}

# same_file A B: same content and same mode.
same_file() {
	cmp -s "$1" "$2" && [ "$(stat -c %a "$1" "$2" | uniq | wc -l)" = 1 ]
}

# copy_sources DIR PATH…: makes DIR hold exactly the source files below PATHs
# (and whatever a build put beside them): changed ones are copied, gone ones
# removed, the others keep their time stamps, so that make rebuilds only what
# it must.
copy_sources() {
	local dir=$1 file
	shift
	mkdir -p "$dir"
	touch "$dir/.sources"
	source_files "$@" | while IFS= read -r -d '' file; do
		same_file "$ROOT/$file" "$dir/$file" && continue
		mkdir -p "$(dirname "$dir/$file")"
		cp -p "$ROOT/$file" "$dir/$file"
		touch "$dir/$file"
	done
	source_files "$@" | tr '\0' '\n' >"$dir/.sources.new"
	while IFS= read -r file; do
		rm -f "$dir/$file"
	done < <(grep -vxFf "$dir/.sources.new" "$dir/.sources")
	mv "$dir/.sources.new" "$dir/.sources"
}
