# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Running programs of the tools chroot.
#
# The tools live in $TOOLS; everything that they build lives below
# $TOOLS/build, which they see as /build, so that it can be reached from inside
# and outside without mounting anything.

# in_tools COMMAND [ARG…]: runs COMMAND in the tools chroot, in its root.
#
# /proc, /dev and the checkout (at /src, read-only by agreement) are mounted in
# a private mount namespace: nothing is left on the host, whatever happens.
# Where root may not make namespaces (inside a container), a plain chroot with
# the device nodes made by mmdebstrap and a copy of the checkout has to do.
in_tools() {
	local env=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp
		LC_ALL=C.UTF-8 "TERM=${TERM:-dumb}")
	local ns=(unshare --mount)
	[ "$(id -u)" = 0 ] || ns=(unshare --user --map-root-user --mount)

	if "${ns[@]}" true 2>/dev/null; then
		# shellcheck disable=SC2016 # expanded by the inner shell
		"${ns[@]}" sh -c '
			root=$1 src=$2; shift 2
			mount --rbind /dev "$root/dev" &&
			mount --rbind /proc "$root/proc" &&
			mount --bind "$src" "$root/src" &&
			exec chroot "$root" "$@"
		' sh "$TOOLS" "$ROOT" "${env[@]}" "$@"
	elif [ "$(id -u)" = 0 ]; then
		copy_checkout
		chroot "$TOOLS" "${env[@]}" "$@"
	else
		die "this kernel lets no user make a namespace" \
			"(see kernel.unprivileged_userns_clone); run as root"
	fi
}

# chroot_enter STEP VARIABLE: makes the chroot of the step STEP if need be and sets
# VARIABLE to its root, which nobody else uses until this process ends.
chroot_enter() {
	local products lock
	local -n entered=$2
	products=$("$ROOT/board/setup" --where "$1")
	entered=$(awk -v step="$1" '$1 == step { print $2 }' <<<"$products")/root
	exec {lock}>"$entered/build/lock"
	flock "$lock"
}

# Brings the copy of the checkout in the chroot up to date, a file at a time:
# another step may be reading it just now.
copy_checkout() {
	local file new
	(cd "$ROOT" && find . \( -path ./.git -o -path ./build \) -prune -o -type f -print0) |
		while IFS= read -r -d '' file; do
			cmp -s "$ROOT/$file" "$TOOLS/src/$file" && continue
			new=$(mktemp "$TOOLS/tmp/copy.XXXXXX")
			cp -p "$ROOT/$file" "$new"
			mkdir -p "$(dirname "$TOOLS/src/$file")"
			mv "$new" "$TOOLS/src/$file"
		done
	(cd "$TOOLS/src" && find . -type f -print0) | while IFS= read -r -d '' file; do
		[ -e "$ROOT/$file" ] || rm -f "$TOOLS/src/$file"
	done
}

# bootstrap DIR ARG…: mmdebstrap into DIR, as root or not; @DIR@ in an ARG
# stands for mmdebstrap's target.
#
# Without root, the sub-uids that mmdebstrap unpacks with may not write below
# the caller's home: a tar file passes the result on, and everything becomes
# the caller's own, which is what a chroot used through a user namespace with
# a single user needs.
bootstrap() {
	local dir=$1
	shift
	mkdir -p "$dir"
	if [ "$(id -u)" = 0 ]; then
		TMPDIR=${dir%/*} mmdebstrap --mode=root --format=directory \
			"${@//@DIR@/$dir}"
	else
		mmdebstrap --mode=unshare --format=tar "${@//@DIR@/-}" |
			tar -C "$dir" -x --no-same-owner --exclude='./dev/*'
	fi
}
