#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs inside mmdebstrap, when the tools chroot is complete and its package
# lists are still there: fetches what later steps build from, into
# /build/fetched, and installs the kernel headers.
#
# usage: tools-fetch.sh CHROOT KERNEL SOURCE QEMU
#
# Archives drop old versions.  The given ones are what everything was tested
# with; where one is gone, the newest of its kind is taken and named.

set -eu
root=$1 kernel=$2 source=$3 qemu=$4
fetched=$root/build/fetched
mkdir -p "$fetched"

in_root() {
	chroot "$root" "$@"
}

available() {
	in_root apt-cache show "$1" >/dev/null 2>&1
}

# newest PATTERN PREFIX SUFFIX: the newest package name that matches, without
# PREFIX and SUFFIX.
newest() {
	in_root apt-cache search --names-only "$1" | cut -d' ' -f1 |
		sed "s/^$2//; s/$3\$//" | sort -uV | tail -n 1
}

instead() {
	[ -n "$2" ] || {
		echo "missing: the archive has no $1 at all"
		exit 1
	}
	echo "note: the archive no longer has $1, taking $2 instead"
}

if ! available "linux-headers-$kernel:arm64"; then
	new=$(newest '^linux-headers-[0-9.]+\+deb13-arm64$' linux-headers-)
	instead "kernel $kernel" "$new"
	kernel=$new
fi
if ! available "linux-source-$source"; then
	new=$(newest '^linux-source-[0-9.]+$' linux-source-)
	instead "linux-source-$source" "$new"
	source=$new
fi
in_root apt-get -q -y --no-install-recommends install \
	"linux-headers-$kernel:arm64"

download() {
	in_root sh -c 'cd /build/fetched && exec apt-get -q download "$@"' sh "$@"
}
download "linux-binary-$kernel:arm64" "linux-modules-$kernel:arm64" \
	"linux-source-$source"

fetch_qemu() {
	in_root sh -c 'cd /build/fetched &&
		exec apt-get -q source --download-only --only-source "$1"' sh "$1"
}
version=${qemu#*:}
if ! fetch_qemu "qemu=$qemu"; then
	echo "note: the archive no longer has qemu $qemu, taking its newest"
	fetch_qemu qemu || {
		echo "missing: the archive has no source package qemu"
		exit 1
	}
	version=$(sed -n 's/^Version: *\([0-9]*:\)\?//p' "$fetched"/qemu_*.dsc | head -n 1)
fi

echo "$kernel" >"$fetched/kernel"
echo "$source" >"$fetched/source"
echo "$version" >"$fetched/qemu"
