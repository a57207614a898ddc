# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Reading a kernel log: did the kernel complain?

# What mainline's driver warns of where a file is closed at once behind its last job: its
# drm_mm goes before the work that takes the job's BOs out of it. A fault of that driver.
# shellcheck disable=SC2034 # for those who read this
readonly MAINLINE_SAYS=drm_mm_takedown

# klog_complaints FILE [REGEX…]: prints what in the kernel log FILE is an oops,
# a warning, a complaint of a checker or of the IOMMU, or a checker that gave up,
# and that no REGEX (extended, matched against whole lines of the log) announced.
#
# A report that spans lines, from "cut here" or the first line of an oops to
# "end trace", counts as one: a REGEX may match any of its lines.
klog_complaints() {
	local file=$1
	shift
	# Backslashes would be eaten by -v.
	ANNOUNCED=$(printf '%s\n' "$@") awk '
		BEGIN {
			bad = "(WARNING: |BUG: |BUG [a-z]|Oops|Kernel panic|Internal error: |" \
				"Unable to handle kernel|Call trace:|INFO: |" \
				"rcu: .*(stall|GPs behind)|UBSAN: |KASAN: |KCSAN: |" \
				"kmemleak: [0-9]+ new|DMA-API: .*(error|warn|device driver)|" \
				"ODEBUG: |refcount_t: |list_(add|del) corruption|" \
				"(pagealloc|page_poison): |leak detector disabled|" \
				"turning off the locking correctness validator|" \
				"DMA-API: .*disabl|" \
				"scheduling while atomic|soft lockup|hard LOCKUP|" \
				"rk_iommu.*(Page fault|timed out|not functioning|BUS_ERROR|" \
				"unexpected int_status|mapping error)|" \
				"already mapped to .* cannot remap)"
			# Harmless INFO lines do not exist in the kernel; these
			# are the ones that it writes in trouble.
			info = "INFO: (task|lockdep|rcu|possible|inconsistent|trying|HARDIRQ|SOFTIRQ)"
			regexes = split(ENVIRON["ANNOUNCED"], announced, "\n")
		}
		function is_bad(line) {
			return line ~ bad && (line !~ /INFO: / || line ~ info)
		}
		function is_announced(line,  i) {
			for (i = 1; i <= regexes; i++)
				if (announced[i] != "" && line ~ announced[i])
					return 1
			return 0
		}
		function finish() {
			if (report != "" && !excused)
				printf "%s", report
			report = ""
			excused = 0
		}
		{ sub(/\r$/, "") }
		/-+\[ cut here \]-+/ || /Unable to handle kernel/ {
			if (report == "" || /cut here/)
				finish()
			inside = 1
		}
		!inside && /Internal error: / { inside = 1 }
		inside {
			report = report $0 "\n"
			if (is_announced($0))
				excused = 1
			if (/---\[ end trace/) {
				finish()
				inside = 0
			}
			next
		}
		is_bad($0) && !is_announced($0)
		END { finish() }
	' "$file"
}
