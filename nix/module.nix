# SPDX-License-Identifier: GPL-2.0-only
#
# For a NixOS configuration:
#
#   imports = [ /path/to/rocket/nix/module.nix ];
#   hardware.rocket.enable = true;
{ config, lib, pkgs, ... }:

let
  cfg = config.hardware.rocket;
  package = config.boot.kernelPackages.callPackage ./package.nix { inherit (pkgs) libdrm; };
in
{
  options.hardware.rocket = {
    enable = lib.mkEnableOption "the driver for the NPU of the RK3588";

    boLimitMiB = lib.mkOption {
      type = lib.types.ints.unsigned;
      default = 0;
      description = "Memory for buffers of one user, in MiB; 0: half of the machine's.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [{
      assertion = lib.versionAtLeast config.boot.kernelPackages.kernel.version "6.18";
      message = "hardware.rocket needs a mainline kernel, 6.18 longterm or 7.1 or newer";
    }];

    boot.extraModulePackages = [ package ];
    boot.extraModprobeConfig = "options rocket bo_limit_mb=${toString cfg.boLimitMiB}";
    # No module can add it. One that is built in could not be replaced.
    boot.kernelPatches = [{
      name = "accel";
      patch = null;
      structuredExtraConfig = with lib.kernel; {
        DRM_ACCEL = yes;
        DRM_ACCEL_ROCKET = option module;
        ROCKCHIP_IOMMU = yes;
      };
    }];

    environment.systemPackages = [ package ];
    services.udev.extraRules = ''
      SUBSYSTEM=="accel", GROUP="render", MODE="0660"
    '';
  };
}
