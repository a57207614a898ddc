# SPDX-License-Identifier: GPL-2.0-only
#
# The driver as a module for one kernel, and rocket-doctor with its jobs:
#
#   config.boot.kernelPackages.callPackage ./nix/package.nix { }
{ lib, stdenv, kernel, libdrm }:

let
  version = lib.head (builtins.match "rocket \\(([0-9.]+)\\).*"
    (builtins.readFile ../debian/changelog));
in
stdenv.mkDerivation {
  pname = "rocket";
  version = "${version}-${kernel.version}";

  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../Kbuild ../compat ../drivers ../include ../tools ../demo ../igt-tests/lib
    ];
  };

  nativeBuildInputs = kernel.moduleBuildDependencies;
  buildInputs = [ libdrm ];
  # The kernel's own flags are for the module.
  hardeningDisable = [ "pic" "format" ];

  buildPhase = ''
    runHook preBuild
    make -C ${kernel.dev}/lib/modules/${kernel.modDirVersion}/build \
      M=$PWD CONFIG_DRM_ACCEL_ROCKET=m modules
    make -C tools/doctor SYSROOT=${lib.getDev libdrm} O=$PWD/out \
      CPPFLAGS="-I. -I$PWD/include/uapi/drm -I$PWD/demo -I$PWD/igt-tests/lib \
        -I${lib.getDev libdrm}/include -I${lib.getDev libdrm}/include/libdrm"
    runHook postBuild
  '';

  installPhase = ''
    runHook preInstall
    install -D compat/rocket.ko $out/lib/modules/${kernel.modDirVersion}/updates/rocket.ko
    install -D -t $out/bin tools/doctor/rocket-doctor out/rocket-silicon
    runHook postInstall
  '';

  meta = {
    description = "Driver for the NPU of the Rockchip RK3588, with VM_BIND";
    license = lib.licenses.gpl2Only;
    platforms = [ "aarch64-linux" ];
    # docs/testing.rst says which kernels are kept.
    broken = kernel.kernelOlder "6.18";
  };
}
