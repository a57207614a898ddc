# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A pairwise covering set: few choices, so that any two values of any two keys
# are chosen together at least once.

# pairs_cover: reads lines "KEY VALUE VALUE…", writes lines "KEY=VALUE KEY=VALUE …", each
# with all keys in that order.  The same input gives the same output.
#
# Each line begins with a pair that none had before; each further key takes the value
# that makes most new pairs with what is chosen, of equal ones the least used.
pairs_cover() {
	awk '
		function pair(a, va, b, vb) {
			return a < b ? a SUBSEP va SUBSEP b SUBSEP vb : b SUBSEP vb SUBSEP a SUBSEP va
		}
		function gain(k, v,  o, n) {
			n = 0
			for (o = 1; o <= keys; o++)
				if (o in chosen && pair(k, v, o, chosen[o]) in open)
					n++
			return n
		}
		function choose(k,  v, g, best, most) {
			most = -1
			for (v = 1; v <= values[k]; v++) {
				g = gain(k, v)
				if (g > most || (g == most && used[k, v] < used[k, best])) {
					most = g
					best = v
				}
			}
			chosen[k] = best
		}
		function seed(  a, b, va, vb) {
			for (a = 1; a <= keys; a++)
				for (b = a + 1; b <= keys; b++)
					for (va = 1; va <= values[a]; va++)
						for (vb = 1; vb <= values[b]; vb++)
							if (pair(a, va, b, vb) in open) {
								chosen[a] = va
								chosen[b] = vb
								return 1
							}
			return 0
		}
		function emit(  a, b, line) {
			for (a = 1; a <= keys; a++) {
				used[a, chosen[a]]++
				line = line (a > 1 ? " " : "") key[a] "=" value[a, chosen[a]]
				for (b = a + 1; b <= keys; b++)
					delete open[pair(a, chosen[a], b, chosen[b])]
			}
			print line
		}
		NF {
			key[++keys] = $1
			values[keys] = NF - 1
			for (i = 2; i <= NF; i++)
				value[keys, i - 1] = $i
		}
		END {
			for (a = 1; a <= keys; a++)
				for (b = a + 1; b <= keys; b++)
					for (va = 1; va <= values[a]; va++)
						for (vb = 1; vb <= values[b]; vb++)
							open[pair(a, va, b, vb)]
			while (seed()) {
				for (k = 1; k <= keys; k++)
					if (!(k in chosen))
						choose(k)
				emit()
				delete chosen
			}
		}
	'
}
