# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Building the documentation in its chroot (board/steps/docs.sh).
# Needs lib/common.sh, chroot.sh.

# html_enter: makes the chroot if need be and sets DOCS, its root, which nobody
# else uses until this process ends.
html_enter() {
	chroot_enter docs DOCS
}

# in_docs COMMAND [ARG…]: like in_tools, there.
in_docs() {
	# shellcheck disable=SC2097,SC2098 # for the function, too
	TOOLS=$DOCS in_tools "$@"
}

# html_build: what changed since the last time, in $DOCS/build/html. Warnings are
# errors, and all are shown. Sphinx has them only when it reads a page: so that
# none is forgotten, after one everything is read anew.
html_build() {
	in_docs env PYTHONDONTWRITEBYTECODE=1 ROCKET_KERNEL=/kernel \
		sphinx-build -q -W --keep-going -b html -d /build/doctrees \
		/src/docs /build/html || {
		rm -rf "$DOCS/build/doctrees"
		return 1
	}
}
