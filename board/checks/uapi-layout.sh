#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Compares what two versions of rocket_accel.h make of all that the first one
# has: ioctl numbers, struct sizes as far as they are fixed, offsets and sizes
# of fields.  Prints the differences; none means success.
#
# usage: uapi-layout.sh OLD NEW     (in the tools chroot)

set -eu
old=$1 new=$2
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT

{
	cat <<-'EOC'
		#include <stddef.h>
		#include <stdio.h>
		#include HEADER
		#define AT(type, field) printf("%s.%s at %zu, %zu bytes\n", #type, #field, \
			offsetof(struct type, field), sizeof(((struct type *)0)->field));
		#define NUMBER(name) printf("%s is %#lx\n", #name, (unsigned long)(name));
		int main(void)
		{
	EOC
	# An ioctl's number has its argument's size in it.
	sed -n 's/^#define \(DRM_IOCTL_ROCKET_[A-Z_]*\).*/NUMBER(\1)/p' "$old"
	awk '
		/^struct/ { type = $2 }
		/^}/ { type = "" }
		type != "" && $1 !~ /^[*\/]/ && /;$/ {
			sub(/;/, "", $NF)
			print "AT(" type ", " $NF ")"
		}
	' "$old"
	echo "return 0; }"
} >"$dir/show.c"

fields=$(grep -c '^AT(drm' "$dir/show.c" || true)
[ "$fields" -gt 0 ] || {
	echo "found no field in $old"
	exit 1
}
layout() {
	gcc -DHEADER="\"$1\"" -I/usr/include/drm -o "$dir/show" "$dir/show.c"
	"$dir/show"
}
layout "$old" >"$dir/old"
layout "$new" >"$dir/new"
diff -u "$dir/old" "$dir/new"
