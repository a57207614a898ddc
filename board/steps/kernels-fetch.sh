#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs inside the tools chroot: fetches kernel sources and unpacks them, for
# board/steps/kernels.sh.
#
# usage: kernels-fetch.sh DIR MIRROR STOCK SERIES…
#
# For each SERIES, and for the newest that there is if it is newer than STOCK:
#
#   DIR/SERIES/linux    the source, less what no build here reads
#   DIR/SERIES/source   where it is from, a line
#   DIR/SERIES/missing  instead of both: why it cannot be had, a line
#
# and DIR/newest, the newest series. A series that is there already is left alone.
#
# Debian's package linux-source-SERIES, where a suite still has one. Otherwise the
# original tarball of the newest version of Debian's source package that the archive
# serves: it lists more than it has. The tarball alone, as Debian's changes to it (the
# .debian.tar.xz) are mostly gone.

set -eu
dir=$1 mirror=$2 stock=$3
shift 3
mkdir -p "$dir/lists/partial" "$dir/fetch"
cd "$dir/fetch"

cat >"$dir/sources.list" <<END
deb $mirror trixie main
deb $mirror trixie-backports main
deb [check-valid-until=no] $mirror sid main
deb-src $mirror trixie-backports main
END
export APT_CONFIG="$dir/apt.conf"
cat >"$APT_CONFIG" <<END
Dir::Etc::SourceList "$dir/sources.list";
Dir::Etc::SourceParts "/nonexistent";
Dir::State::Lists "$dir/lists";
APT::Sandbox::User "root";
APT::Architectures { "amd64"; };
Acquire::Languages "none";
END
apt-get -q update

# The kernel's build computes with bc, which nothing else needs.
if [ ! -d "$dir/bc" ]; then
	apt-get -q -t trixie download bc
	dpkg-deb -x bc_*.deb "$dir/bc.tmp"
	mv "$dir/bc.tmp" "$dir/bc"
fi

# From standard input, the tarball's first directory being the source.
unpack() {
	rm -rf "$dir/$1/linux.tmp"
	mkdir -p "$dir/$1/linux.tmp"
	tar -C "$dir/$1/linux.tmp" -xJ --strip-components=1 \
		--exclude='*/drivers/gpu/drm/amd/include/*' --exclude='*/Documentation/*/*' \
		--exclude='*/arch/*/boot/dts/*' --exclude='*/tools/testing/*'
	mv "$dir/$1/linux.tmp" "$dir/$1/linux"
}

# from_package SERIES
from_package() {
	apt-cache madison "linux-source-$1" 2>/dev/null | awk '/Packages/ { print $3 }' |
		sort -rVu >versions
	while read -r version; do
		apt-get -q download "linux-source-$1=$version" || continue
		dpkg-deb --fsys-tarfile linux-source-*.deb |
			tar -xO "./usr/src/linux-source-$1.tar.xz" | unpack "$1"
		echo "linux-source-$1 $version" >"$dir/$1/source"
		return 0
	done <versions
	return 1
}

# from_tarball SERIES
from_tarball() {
	apt-cache showsrc --only-source linux 2>/dev/null | sed -n 's/^Version: //p' |
		grep "^$1\." | sort -rVu >versions || true
	while read -r version; do
		apt-get -q source --download-only --tar-only --only-source \
			"linux=$version" || continue
		set -- "$1" linux_*.orig.tar.xz
		unpack "$1" <"$2"
		echo "$2" >"$dir/$1/source"
		return 0
	done <versions
	return 1
}

fetch() {
	[ ! -d "$dir/$1/linux" ] || return 0
	rm -rf "${dir:?}/$1"
	mkdir "$dir/$1"
	rm -f ./*
	echo "fetching Linux $1"
	from_package "$1" || from_tarball "$1" || {
		listed=$(wc -l <versions)
		echo "no suite has linux-source-$1, and of the $listed original tarballs" \
			"that the archive lists it serves none" >"$dir/$1/missing"
	}
}

newest=$(apt-cache search --names-only '^linux-source-[0-9.]+$' | cut -d' ' -f1 |
	sed 's/^linux-source-//' | sort -V | tail -n 1)
echo "$newest" >"$dir/newest"
[ "$(printf '%s\n' "$stock" "$newest" | sort -V | tail -n 1)" = "$stock" ] ||
	set -- "$@" "$newest"
for series; do
	fetch "$series"
done
rm -r "$dir/fetch" "$dir/lists"
