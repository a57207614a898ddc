#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs inside mmdebstrap, when the checkers' chroot is complete: unpacks there,
# for each series of kernels from OLDEST on, the headers of its newest version
# (below /usr/src, for arm64 and amd64) and its source (/linux-SERIES).
#
# usage: checkers-fetch.sh CHROOT OLDEST EXCLUDE…    (of the sources)

set -eu
root=$1 oldest=$2
shift 2

packages() {
	chroot "$root" apt-cache search --names-only "$1" | cut -d' ' -f1
}

# newer VERSION: whether it is the oldest that counts, or younger.
newer() {
	[ "$(printf '%s\n' "$oldest" "$1" | sort -V | head -n 1)" = "$oldest" ]
}

# The newest version of each series, as "7.3.4+deb13".
versions=$(packages '^linux-headers-[0-9.]+\+deb13-arm64$' |
	sed 's/^linux-headers-//; s/-arm64$//' | sort -rV | awk -F. '!seen[$1 "." $2]++')

# fetch PACKAGE…: downloads and unpacks, without what the packages depend on.
fetch() {
	chroot "$root" sh -ec '
		mkdir -p /build/fetch
		cd /build/fetch
		apt-get -q -o APT::Sandbox::User=root download "$@"
		for file in *.deb; do
			dpkg-deb --fsys-tarfile "$file" | tar -xf - -C /
		done
		rm -r /build/fetch
	' sh "$@"
}

for version in $versions; do
	newer "${version%%+*}" || continue
	# Below /usr/lib/modules there is a link to /usr/src.
	fetch "linux-headers-$version-arm64:arm64" "linux-headers-$version-amd64:amd64" \
		"linux-headers-$version-common" "linux-kbuild-$version"
done

for package in $(packages '^linux-source-[0-9.]+$'); do
	series=${package#linux-source-}
	newer "$series" || continue
	echo "unpacking $package"
	chroot "$root" sh -ec '
		series=$1
		shift
		mkdir -p /build/fetch "/linux-$series"
		cd /build/fetch
		apt-get -q -o APT::Sandbox::User=root download "linux-source-$series"
		for path; do
			printf "%s\n" "$path"
		done >exclude
		dpkg-deb --fsys-tarfile linux-source-*.deb |
			tar -xO "./usr/src/linux-source-$series.tar.xz" |
			tar -C "/linux-$series" -xJ --strip-components=1 --exclude-from=exclude
		rm -r /build/fetch
	' sh "$series" "$@"
done
