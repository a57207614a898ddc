#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Prints what userspace gets compiled in from rocket_accel.h: ioctl numbers (with
# struct sizes in them), offsets and sizes of fields, values of constants.
#
# usage: uapi-layout.sh HEADER [NAMES]     (in the tools chroot)
#
# NAMES: only what this other version of the header has, too.

set -eu
header=$1 names=${2:-$1}
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT

{
	cat <<-'EOC'
		#include <stddef.h>
		#include <stdio.h>
		#include HEADER
		#define AT(type, field) printf("%s.%s at %zu, %zu bytes\n", #type, #field, \
			offsetof(struct type, field), sizeof(((struct type *)0)->field));
		#define NUMBER(name) printf("%s is %#llx\n", #name, (unsigned long long)(name));
		int main(void)
		{
	EOC
	awk '
		/^#define DRM_(IOCTL_)?ROCKET_[A-Z_0-9]+[ \t]/ { print "NUMBER(" $2 ")" }
		/^enum/ { enumeration = 1 }
		enumeration && /^\t[A-Z]/ {
			sub(/,.*/, "", $1)
			print "NUMBER(" $1 ")"
		}
		/^struct/ { type = $2 }
		/^}/ { type = ""; enumeration = 0 }
		type != "" && $1 !~ /^[*\/]/ && /;$/ {
			sub(/;/, "", $NF)
			print "AT(" type ", " $NF ")"
		}
	' "$names"
	echo "return 0; }"
} >"$dir/show.c"

fields=$(grep -c '^AT(drm' "$dir/show.c" || true)
[ "$fields" -gt 0 ] || {
	echo "found no field in $names"
	exit 1
}
gcc -DHEADER="\"$header\"" -I/usr/include/drm -o "$dir/show" "$dir/show.c"
"$dir/show"
