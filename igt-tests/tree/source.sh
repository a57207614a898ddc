# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A copy of an IGT tree with our files in it, below $WORK:
#
#   src/          the copy
#   pristine/     IGT's own build files, before our lines
#   ours/         our files as this version of IGT wants them
#   stamp         what was copied

# Where tests/meson.build can take another folder: at any of its other drivers'.
readonly NEIGHBOURS='panfrost|v3d|vc4|msm|vmwgfx'
readonly TRIED='2.0 to 2.2 have it'

# The library's files, as the Makefile lists them.
read -ra LIBRARY < <(sed -n 's/^LIB := //p' "$ROOT/igt-tests/Makefile")

# fetch_debian DIR: Debian's source package, as the tools' own apt finds it; only
# the index of source packages is asked for.  Prints the reason when it fails.
fetch_debian() {
	# shellcheck disable=SC2016 # expanded inside
	in_tools sh -c '
		cd "$1" && mkdir -p lists/partial &&
		grep -h "^deb-src" /etc/apt/sources.list >sources.list &&
		exec 2>&1 >/dev/null || exit
		set -- -q -o APT::Sandbox::User=root -o Dir::State::Lists="$1/lists" \
			-o Dir::Etc::SourceList="$1/sources.list" -o Dir::Etc::SourceParts=- \
			-o Acquire::http::Timeout=20 -o Acquire::Retries=0
		apt-get "$@" update &&
		apt-get "$@" source --download-only --only-source intel-gpu-tools
	' sh "/build/${1##*/}" | grep -m 1 -E '^E:' || true
}

# Sets IGT to Debian's source; prints why when that cannot be had.
debian_igt() {
	local dir=$TOOLS/build/igt-debian reason
	IGT=$dir/src
	[ ! -d "$IGT" ] || return 0
	rm -rf "$dir.tmp"
	mkdir -p "$dir.tmp/src"
	reason=$(fetch_debian "$dir.tmp")
	if ! compgen -G "$dir.tmp/*.orig.tar.*[0-9z]" >/dev/null; then
		rm -rf "$dir.tmp"
		echo "${reason:-the archive has no source package intel-gpu-tools}"
		return 1
	fi
	# shellcheck disable=SC2016 # expanded inside
	in_tools sh -c 'tar -C "$1/src" --strip-components=1 -xf "$1"/*.orig.tar.*[0-9z]' \
		sh "/build/${dir##*/}.tmp"
	rm -rf "$dir.tmp/lists" "$dir"
	mv -T "$dir.tmp" "$dir"
}

# igt_files: what belongs to the IGT tree in the current directory, sorted, each
# ended by NUL: neither git's data nor what was built in it.
igt_files() {
	find . -type d \( -name .git -o -exec test -e '{}/build.ninja' \; \) -prune \
		-o \( -type f -o -type l \) -print0 | sort -z
}

# Sets WORK to a copy of IGT; made anew when the original has changed.
copy_igt() {
	local stamp
	WORK=$TOOLS/build/igt-tree-$(realpath "$IGT" | short_hash)
	stamp=$(cd "$IGT" && igt_files | xargs -0 sha256sum | short_hash)
	touch -c "$WORK"
	[ "$(cat "$WORK/stamp" 2>/dev/null)" != "$stamp" ] || return 0
	say "copying $IGT"
	rm -rf "$WORK" "$WORK.tmp"
	mkdir -p "$WORK.tmp"/{src,pristine/{lib,tests}}
	(cd "$IGT" && igt_files | tar --null -T - -c) | tar -C "$WORK.tmp/src" -x
	cp "$WORK.tmp/src/lib/meson.build" "$WORK.tmp/pristine/lib/"
	cp "$WORK.tmp/src/tests/meson.build" "$WORK.tmp/pristine/tests/"
	echo "$stamp" >"$WORK.tmp/stamp"
	mv -T "$WORK.tmp" "$WORK"
}

# refresh DIR FILE…: copies what has changed, so that little is compiled anew.
refresh() {
	local file to=$1
	shift
	mkdir -p "$to"
	for file; do
		cmp -s "$file" "$to/${file##*/}" || cp "$file" "$to/"
	done
}

# looks_different FILE WHAT LINES
looks_different() {
	die "$1 of this IGT looks different: it has no line $2 ($TRIED)." \
		"Add these lines to $IGT/$1 by hand and try again, they are then left" \
		"as they are: $3"
}

# Our lines in IGT's build files, unless they are there.
add_lines() {
	local name sources=() lib=$WORK/ours/lib/meson.build tests=$WORK/ours/tests/meson.build
	cp -r "$WORK/pristine/." "$WORK/ours/"
	for name in "${LIBRARY[@]}"; do
		grep -q "'$name\.c'" "$lib" || sources+=("'$name.c',")
	done
	if [ ${#sources[@]} -gt 0 ]; then
		grep -q '^lib_sources = \[' "$lib" ||
			looks_different lib/meson.build "\"lib_sources = [\"" "${sources[*]}"
		sed -i "s/^lib_sources = \[/&\n$(printf '\t%s\\n' "${sources[@]}")/" "$lib"
	fi
	if ! grep -q "^subdir('rocket')" "$tests"; then
		grep -qE "^subdir\('($NEIGHBOURS)'\)" "$tests" ||
			looks_different tests/meson.build "\"subdir('v3d')\"" "subdir('rocket')"
		sed -i -E "0,/^subdir\('($NEIGHBOURS)'\)/s//subdir('rocket')\n\n&/" "$tests"
	fi
	refresh "$WORK/src/lib" "$lib"
	refresh "$WORK/src/tests" "$tests"
}

# adapt FILE…: IGT after 2.2 writes igt_main() and igt_fixture() where older
# versions have words.
adapt() {
	local word
	for word in igt_fixture igt_subtest_group; do
		if grep -rqsE --include='*.c' "^[[:blank:]]+$word\(\)" "$WORK/src/tests"; then
			sed -i -E "s/^([[:blank:]]+)$word\b/\1$word()/" "$@"
		fi
	done
	if grep -rqsE --include='*.c' '^int igt_main\(\)' "$WORK/src/tests"; then
		sed -i 's/^igt_main$/int igt_main()/' "$@"
	fi
}

# add_files MAINLINE: our files; MAINLINE is where mainline's source is.
add_files() {
	local ours=$WORK/ours/tests/rocket name file
	rm -rf "$WORK/ours"
	mkdir -p "$ours"
	cp "$ROOT"/igt-tests/tests/rocket/* "$ours/"
	adapt "$ours"/*.c
	add_lines
	for file in "$WORK/src/tests/rocket"/*.c; do
		[ -e "$ours/${file##*/}" ] || rm -f "$file"
	done
	refresh "$WORK/src/tests/rocket" "$ours"/*
	for name in "${LIBRARY[@]}"; do
		refresh "$WORK/src/lib" "$ROOT/igt-tests/lib/$name".[ch]
	done
	refresh "$WORK/src/lib" "$ROOT/board/include/rocket_board.h"
	refresh "$WORK/src/include/drm-uapi" "$ROOT"/include/uapi/drm/rocket_*.h
	refresh "$WORK/src/tests/rocket/mainline-uapi/drm" \
		"$1/linux/include/uapi/drm/rocket_accel.h"
}
