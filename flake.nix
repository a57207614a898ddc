# SPDX-License-Identifier: GPL-2.0-only
{
  description = "The driver for the NPU of the Rockchip RK3588, for NixOS";

  outputs = { self }: {
    nixosModules.default = import ./nix/module.nix;
  };
}
