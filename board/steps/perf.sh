# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# perf and trace-cmd for the board: a directory for board/run --share, with all
# libraries that they need, and DIR/perf and DIR/trace-cmd to start them with.
# Not in the board's image, which every test loads into memory.
#
# perf comes from where the kernel does, and is of its version.

# shellcheck disable=SC2034
perf_needs=(tools)

PERF_PACKAGES=(linux-perf trace-cmd)

perf_key() { :; }

perf_build() {
	local mirror dir program
	mirror=$(host_mirror)
	bootstrap "$1" --variant=extract --architectures=arm64 \
		--include="$(IFS=,; echo "${PERF_PACKAGES[*]}")" \
		--aptopt='APT::Install-Recommends "false"' \
		--aptopt='APT::Default-Release "trixie-backports"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		trixie @DIR@ \
		"deb $mirror trixie main" \
		"deb $mirror trixie-backports main"
	# A release's libraries go with its own loader, whatever the board has.
	for program in perf trace-cmd; do
		[ -x "$1/usr/bin/$program" ]
		cat >"$1/$program" <<-'END'
			#!/bin/sh
			dir=${0%/*}
			lib=$dir/usr/lib/aarch64-linux-gnu
			exec "$lib/ld-linux-aarch64.so.1" --library-path "$lib" "$dir/usr/bin/${0##*/}" "$@"
		END
		chmod +x "$1/$program"
	done
}
