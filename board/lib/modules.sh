# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Which modules a board needs, and in which order.

# modules_depends FILE.ko: the names of the modules that FILE.ko says it uses.
modules_depends() {
	tr '\0' '\n' <"$1" | sed -n 's/^depends=//p' | tr ',' '\n'
}

# modules_order TREE NAME…: the files of the modules NAME and of all they use,
# relative to TREE (a /lib/modules/VERSION), in loading order.  What TREE says
# is built in needs no file; a NAME that is nowhere ends this with an error.
modules_order() {
	local tree=$1
	shift
	[ $# -gt 0 ] || return 0
	local lists=("$tree/modules.dep")
	[ ! -e "$tree/modules.builtin" ] || lists=("$tree/modules.builtin" "${lists[@]}")
	awk -v wanted="$*" '
		function name(path) {
			sub(/.*\//, "", path)
			sub(/\.ko.*/, "", path)
			gsub(/-/, "_", path)
			return path
		}
		FILENAME ~ /builtin$/ {
			done[name($1)] = 1
			next
		}
		{
			file = $1
			sub(/:$/, "", file)
			path[name(file)] = file
			uses[name(file)] = substr($0, length($1) + 1)
		}
		function put(module,  list, count, i) {
			if (module in done)
				return
			done[module] = 1
			# Last in the list is what has to be there first.
			count = split(uses[module], list, " ")
			for (i = count; i > 0; i--)
				put(name(list[i]))
			print path[module]
		}
		END {
			count = split(wanted, names, " ")
			for (i = 1; i <= count; i++) {
				if (!(name(names[i]) in path) && !(name(names[i]) in done)) {
					print "no module " names[i] " in this kernel" >"/dev/stderr"
					exit 1
				}
				put(name(names[i]))
			}
		}
	' "${lists[@]}"
}

# modules_unpacked TREE FILE: FILE of TREE without its compression, as a path.
# It is unpacked once; several boards may come here at the same time.
modules_unpacked() {
	local file=$1/$2 plain=$1/${2%.xz}
	if [ ! -e "$plain" ]; then
		in_tools xz -dc "${file#"$TOOLS"}" >"$plain.$$"
		mv "$plain.$$" "$plain"
	fi
	echo "$plain"
}
