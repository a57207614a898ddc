# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What other people's CMake projects are built with for the board, and run in:
#
#   DIR/host     CMake for the host, of the tools' release
#   DIR/sysroot  the guest's release for arm64: libraries with their headers, and
#                CTest. Compiled against on the host, and entered on the board.
#
# PROJECT_PACKAGES, if set, names more of Debian's packages for the sysroot.

# shellcheck disable=SC2034
project_needs=(tools)

PROJECT_SYSROOT=(
	libc6-dev linux-libc-dev libdrm-dev libstdc++6 libgomp1 libatomic1
	cmake bash coreutils dash grep sed util-linux
)

project_key() {
	echo "${PROJECT_SYSROOT[*]} ${PROJECT_PACKAGES:-}"
}

project_extract() {
	local dir=$1 architecture=$2 packages=$3
	shift 3
	bootstrap "$dir" --variant=extract --architectures="$architecture" \
		--include="$packages" \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		"$@"
	for link in bin sbin lib; do
		[ -e "$dir/$link" ] || ln -s "usr/$link" "$dir/$link"
	done
}

project_build() {
	local lib=$1/sysroot/usr/lib/aarch64-linux-gnu
	local mirror link packages=("${PROJECT_SYSROOT[@]}")
	mirror=$(host_mirror)
	# shellcheck disable=SC2206 # several names
	packages+=(${PROJECT_PACKAGES:-})
	project_extract "$1/host" amd64 cmake trixie @DIR@ "deb $mirror trixie main"
	project_extract "$1/sysroot" arm64 "$(IFS=,; echo "${packages[*]}")" \
		forky @DIR@ "deb [check-valid-until=no] $mirror forky main"
	# What alternatives would be without the scripts that set them.
	for link in "$lib"/{blas,lapack}/*.so.*; do
		[ ! -e "$link" ] || ln -sf "${link#"$lib"/}" "$lib/"
	done
	mkdir -p "$1"/sysroot/{dev,proc,sys,tmp,run,build/work}
}
