# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the series adds to the devicetree binding of the NPU's cores, which is the kernel's:
# operating points, by which the driver chooses a rate, and cooling.

# shellcheck disable=SC2034 # for who sources this
readonly NPU_BINDING=Documentation/devicetree/bindings/npu/rockchip,rk3588-rknn-core.yaml

# binding_extend FILE: writes it to stdout as it is after the series.
binding_extend() {
	awk '
		/^  \$nodename:$/ {
			nodename = 1
		}
		nodename && /^$/ {
			nodename = 0
			print "\n  \047#cooling-cells\047:"
			print "    const: 2"
			done++
		}
		/^  power-domains:$/ {
			print "  operating-points-v2:"
			print "    description:"
			print "      Rates of the clock npu, each with the least voltage that npu-supply and sram-supply"
			print "      must have for it. Clock and supplies serve all cores, so all cores that are enabled"
			print "      name the same table, which is shared. Without a table a core runs at what its"
			print "      supplies are known to be enough for.\n"
			done++
		}
		{ print }
		/^        npu-supply = / {
			print "        operating-points-v2 = <&npu_opp_table>;"
			print "        #cooling-cells = <2>;"
			done++
		}
		END { exit done != 3 }
	' "$1" || die "$1 is not as expected: see series/lib/binding.sh"
}
