# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Mesa's delegate as Debian unstable has it, DIR/libteflon.so, where that is not the
# guest's: networks that the guest's computes wrongly can be tried with it.

# shellcheck disable=SC2034
delegate_needs=(tools guest)

delegate_key() { :; }

delegate_build() {
	local lib=usr/lib/teflon/libteflon.so
	bootstrap "$1/root" --variant=extract --architectures=arm64 \
		--include=mesa-teflon-delegate \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/*' \
		sid @DIR@ "deb [check-valid-until=no] $(host_mirror) sid main"
	cmp -s "$1/root/$lib" "${STEP_DIR[guest]}/$lib" ||
		cp -L "$1/root/$lib" "$1/"
	rm -r "$1/root"
}
