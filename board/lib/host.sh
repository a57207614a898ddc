# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What is asked of the host: a few packages, room on the disk, and the address
# of a Debian mirror, which its own apt configuration knows.

# The host packages that are missing, one per line.  "COMMAND PACKAGE" pairs:
# the command tells whether the package is needed.
host_missing() {
	local cmd pkg
	while read -r cmd pkg; do
		have "$cmd" || echo "$pkg"
	done <<-EOL
		mmdebstrap mmdebstrap
		flock util-linux
		unshare util-linux
	EOL
	# A user without root needs a range of sub-uids to unpack a chroot with.
	if [ "$(id -u)" != 0 ]; then
		have newuidmap || echo uidmap
	fi
	[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || echo debian-archive-keyring
}

# Installs what is missing where that is possible, or says what to install.
host_packages() {
	local missing
	mapfile -t missing < <(host_missing)
	[ ${#missing[@]} = 0 ] && return
	have apt-get || die "this set-up needs a Debian host (no apt-get here);" \
		"missing: ${missing[*]}"
	if [ "$(id -u)" != 0 ]; then
		die "missing host packages; install them with:" \
			"apt-get install ${missing[*]}"
	fi
	say "installing missing host packages: ${missing[*]}"
	host_install "${missing[@]}" >"$CACHE/log/host.log" 2>&1 || {
		tail -n 15 "$CACHE/log/host.log" | sed 's/^/    /' >&2
		die "could not install ${missing[*]}; see $CACHE/log/host.log"
	}
}

# A host that was just installed has no package lists yet.
host_install() {
	local install=(apt-get -q -y --no-install-recommends install "$@")
	export DEBIAN_FRONTEND=noninteractive
	"${install[@]}" || { apt-get -q update && "${install[@]}"; }
}

# host_disk MIB: dies unless the cache's file system has that much room.
host_disk() {
	local free
	free=$(df -Pm "$CACHE" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$1" ] || die "disk full: $CACHE has $free MiB free," \
		"this set-up takes up to $1 MiB; make room there or point" \
		"ROCKET_CACHE to another place"
}

# Prints the URI of the Debian archive that the host itself uses.
#
# apt-get lists its sources the same way whatever form they are written in.
# Where the host has package lists, the archive says itself that it is Debian.
# Otherwise the main archive is the one that carries the host's own release
# under its plain name; security and most third-party archives do not.
host_mirror() {
	local uri
	if [ -n "${ROCKET_MIRROR:-}" ]; then
		echo "$ROCKET_MIRROR"
		return
	fi
	uri=$(host_archive '$4 == "Debian"')
	[ -n "$uri" ] || uri=$(host_archive 1 --no-release-info)
	case $uri in
	mirror+file:*)
		# A file with one mirror a line, as cloud images have it.
		uri=${uri#mirror+file:}
		uri=$(awk '!/^#/ && NF { print $1; exit }' "${uri%/}")
		;;
	esac
	[ -n "$uri" ] || die "found no Debian archive in this host's apt" \
		"configuration; name one: ROCKET_MIRROR=http://…/debian"
	echo "${uri%/}"
}

# host_archive CONDITION [OPTION…]: the first of apt's archives that has the
# host's release, or one of Debian's standing names, and meets CONDITION.
host_archive() {
	local condition=$1 release
	shift
	release=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
	apt-get indextargets "$@" \
		--format "\$(REPO_URI)|\$(RELEASE)|\$(COMPONENT)|\$(ORIGIN)" \
		'Identifier: Packages' 2>/dev/null |
		awk -F'|' -v release="$release" '
			$3 == "main" && ($2 == release ||
			$2 ~ /^(oldstable|stable|testing|sid|unstable)$/) && ('"$condition"') && !seen {
				print $1
				seen = 1
			}'
}
