# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Fragments of a kernel's configuration.

# kconfig_unlike FRAGMENT CONFIG: the options of CONFIG that are not as FRAGMENT says,
# one per line.
kconfig_unlike() {
	local line
	grep '^CONFIG' "$1" | while IFS= read -r line; do
		case $line in
		*=n) ! grep -q "^${line%=n}=" "$2" || echo "${line%=n} cannot be off" ;;
		*) grep -qxF "$line" "$2" || echo "$line" ;;
		esac
	done
}
