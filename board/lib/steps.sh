# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The set-up's steps: which are needed, in which order, and what each made.
#
# A step NAME is a file board/steps/NAME.sh that defines
#
#   NAME_needs    an array: the steps whose products it uses
#   NAME_key      prints everything else that the product depends on
#   NAME_build DIR  makes the product in the directory DIR
#
# The product's place has the hash of all that in its name, and gets that name
# when it is complete: what is there is never half done and never stale.

STEPS=(tools kernel guest image mainline qemu driver programs boardtests)
# Made only when asked for.
EXTRA_STEPS=(debug builtin patched checkers igtlibs perf sanitized docs kernelfiles packaging project trixie forky models delegate kernels)
ALL_STEPS=("${STEPS[@]}" "${EXTRA_STEPS[@]}")

# The room that they take, in MiB, with a margin for downloads.  All the usual steps
# together stand with the first.
declare -rA STEP_MIB=([tools]=4600 [debug]=2400 [builtin]=500 [patched]=500 [checkers]=2600 [igtlibs]=300 [perf]=500 [docs]=500 [packaging]=1200 [project]=700 [models]=400 [delegate]=100 [kernels]=7000
	[trixie]=3500 [forky]=4000)

declare -A STEP_DIR

for step in "${ALL_STEPS[@]}"; do
	# shellcheck source=/dev/null
	. "$ROOT/board/steps/$step.sh"
done
unset step

# step_needs NAME: the steps that NAME uses, one per line.
step_needs() {
	local -n needs=$1_needs
	printf '%s\n' ${needs[@]+"${needs[@]}"}
}

# step_lock NAME: the name of the lock under which NAME is made, empty for that of
# the usual steps.  An extra step may take long, and nobody else shall wait for it;
# but who builds in the tree of another step waits for that.
step_lock() {
	case $1 in
	debug | builtin | patched) echo debug ;;
	sanitized) ;;
	*) [[ " ${EXTRA_STEPS[*]} " != *" $1 "* ]] || echo "$1" ;;
	esac
}

# step_room NAME…: the room that making them takes, in MiB.
step_room() {
	local step sum=0
	for step; do
		sum=$((sum + ${STEP_MIB[$step]:-0}))
	done
	echo "$sum"
}

# step_locate NAME: sets STEP_DIR[NAME], for NAME and what it needs.
step_locate() {
	local need key
	[ -z "${STEP_DIR[$1]:-}" ] || return 0
	for need in $(step_needs "$1"); do
		step_locate "$need"
	done
	key=$(step_hash "$1")
	if [ "$1" = tools ]; then
		TOOLS=$CACHE/tools-$key
		STEP_DIR[tools]=$TOOLS
	else
		STEP_DIR[$1]=$TOOLS/build/$1-$key
	fi
}

# step_hash NAME: NAME's key; what it needs must be located.
step_hash() {
	local need
	{
		cat "$ROOT/board/steps/$1.sh"
		for need in $(step_needs "$1"); do
			echo "${STEP_DIR[$need]##*/}"
		done
		"$1_key"
	} | short_hash
}

# step_done NAME: whether NAME's product is there.
step_done() {
	step_locate "$1"
	[ -d "${STEP_DIR[$1]}" ]
}

# step_closure NAME…: NAMEs and all that they need, in an order that works.
step_closure() {
	local step wanted=" $* " last=
	while [ "$wanted" != "$last" ]; do
		last=$wanted
		for step in $wanted; do
			wanted+="$(step_needs "$step" | tr '\n' ' ')"
		done
		wanted=" $(tr ' ' '\n' <<<"$wanted" | sort -u | tr '\n' ' ') "
	done
	for step in "${ALL_STEPS[@]}"; do
		[[ $wanted != *" $step "* ]] || echo "$step"
	done
}

# step_run NAME: makes NAME's product.  Sources may be edited while they are
# built; then the product would not be what its name says, so do it again, unless
# that is there already: the edit may have been taken back.
step_run() {
	local name=$1 dir=${STEP_DIR[$1]} key
	while :; do
		key=$(step_hash "$name")
		rm -rf "$dir.tmp"
		mkdir -p "$dir.tmp"
		"${name}_build" "$dir.tmp"
		[ "$(step_hash "$name")" = "$key" ] && break
		echo "sources changed during the build: once more"
		unset "STEP_DIR[$name]"
		step_locate "$name"
		rm -rf "$dir.tmp"
		dir=${STEP_DIR[$name]}
		[ ! -d "$dir" ] || return 0
	done
	mv -T "$dir.tmp" "$dir"
}

# unpack_linux DIR PATH…: PATHs of the kernel's source, unchanged, below DIR, which is
# named as in the tools chroot.
unpack_linux() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_tools sh -ec '
		source=$1
		cd "$2"
		shift 2
		dpkg-deb --fsys-tarfile /build/fetched/linux-source-*.deb |
			tar -xO "./usr/src/linux-source-$source.tar.xz" |
			tar -xJ --strip-components=1 \
			$(for path; do echo "linux-source-$source/$path"; done)
	' sh "$(tools_version source)" "$@"
}

# step_prune NAME: removes what was left half done, and old products of NAME but
# for some: they may be in use by a board that starts just now, and switching
# back and forth between two states of the sources is common.
step_prune() {
	local dir=${STEP_DIR[$1]} keep=4 old
	[ "$1" != tools ] || keep=1
	touch -c "$dir"
	while IFS= read -r old; do
		rm -rf --one-file-system "$old"
	done < <(
		find "${dir%/*}" -maxdepth 1 -name "$1-*.tmp"
		find "${dir%/*}" -maxdepth 1 -name "$1-*" ! -name '*.tmp' \
			! -path "$dir" -printf '%T@ %p\n' |
			sort -rn | cut -d' ' -f2- | tail -n +$((keep + 1))
	)
}
