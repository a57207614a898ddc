# SPDX-License-Identifier: GPL-2.0-only

.DEFAULT_GOAL := help
.SUFFIXES:

help:
	@echo 'rocket: a driver for the NPU of the RK3588, and a virtual board to run it on'
	@echo
	@echo '  make run            set up, boot the board, run the demonstration'
	@echo '                      MODEL=… IMAGE=… [LABELS=…]: classify that picture, too'
	@echo '                      SOC=rk3576: on a board of that SoC; so do shell, igt, project'
	@echo '  make check          set up, run all tests (SUITES="…": only these)'
	@echo '  make check-quick    those that take three minutes, for the time between two changes'
	@echo '  make board-test     the tests that hold the board against facts'
	@echo '  make check-debug    the IGT tests on a kernel with all checkers on: KASAN, lockdep,'
	@echo '                      kmemleak, … (TESTS="…": only these, as for igt-tests/run)'
	@echo '  make fuzz           look for calls that the driver does not survive, on that kernel'
	@echo '                      (FUZZ_SECONDS=90, FUZZ_SEED=…, FUZZ_OUT=build/fuzz)'
	@echo '  make check-builds   where the driver builds: kernels, architectures, compilers'
	@echo '  make check-kernels  the driver on each kernel that is kept: built, booted, tested: takes'
	@echo '                      long (KERNELS="…": only these, as 6.18)'
	@echo '  make check-analysis what analysers say of driver, interface, devicetree'
	@echo '  make series         patches for a kernel tree: KERNEL_DIR=…, or onto Debian'\''s source'
	@echo '  make check-series   builds each of them, boots the board with it: minutes for each'
	@echo '  make check-mutants  break the driver on purpose: which tests notice?'
	@echo '                      (MUTANTS="…": only these, of igt-tests/mutants)'
	@echo '  make bench          mainline'\''s driver and ours side by side, counted, not timed'
	@echo '                      (BENCH="…": only these of igt-tests/benchmarks; RUNS=N)'
	@echo '  make igt IGT_DIR=…  the IGT tests in a copy of that IGT tree, on the board'
	@echo '                      (TESTS="…": only these, as for igt-tests/run)'
	@echo '  make project PROJECT_DIR=…  the CTest tests of a CMake project, on the board'
	@echo '                      (UAPI=ours|mainline|FILE DRIVER=ours|mainline ARGS="-- -R regex")'
	@echo '  make docs           the documentation as HTML, in build/docs'
	@echo '  make shell          an interactive shell on the board'
	@echo '  make setup          the set-up alone'
	@echo '  make modules KDIR=… the driver for a prepared kernel tree'
	@echo '  make deb            the Debian packages, into build/deb (docs/packages.rst)'
	@echo '  make deb-test       install, boot, infer, upgrade, remove: tried in Debian systems on'
	@echo '                      the board, whose own compiler builds the driver: takes long'
	@echo '                      (SYSTEMS="…": only these of trixie, forky)'
	@echo '  make clean          remove build products from this directory'
	@echo '  make distclean      and the cache'

# The board's SoC: see board/run --help
run shell igt project: export ROCKET_SOC := $(or $(SOC),$(ROCKET_SOC))

run:
	@MODEL='$(MODEL)' IMAGE='$(IMAGE)' LABELS='$(LABELS)' demo/run-main

check:
	@board/check $(SUITES)

check-quick:
	@board/check --quick

board-test:
	@board/check board fidelity

check-debug:
	@board/checks/debug $(TESTS)

fuzz: export FUZZ_SECONDS := $(FUZZ_SECONDS)
fuzz: export FUZZ_SEED := $(FUZZ_SEED)
fuzz: export FUZZ_OUT := $(FUZZ_OUT)
fuzz:
	@board/checks/fuzz

check-builds:
	@board/checks/builds --table

check-kernels:
	@board/checks/kernels $(KERNELS)

check-analysis:
	@board/checks/analysis

series:
	@series/make '$(KERNEL_DIR)'

check-series:
	@series/try

check-mutants:
	@igt-tests/run-mutants $(MUTANTS)

bench:
	@igt-tests/benchmarks/run --runs $(or $(RUNS),3) $(BENCH)

igt:
	@test -n '$(IGT_DIR)' || { \
		echo 'igt: name a checkout of igt-gpu-tools: make igt IGT_DIR=…; without one: igt-tests/run' >&2; \
		exit 1; }
	@igt-tests/igt-tree '$(IGT_DIR)' $(TESTS)

project:
	@test -n '$(PROJECT_DIR)' || { \
		echo "project: name a CMake project with CTest tests: make project PROJECT_DIR=… [UAPI=…] [DRIVER=…] [ARGS='-- -R regex']" >&2; \
		exit 1; }
	@board/project '$(PROJECT_DIR)' $(if $(UAPI),--uapi '$(UAPI)') $(if $(DRIVER),--driver '$(DRIVER)') $(ARGS)

docs:
	@board/docs

shell:
	@board/run

setup:
	@board/setup

# The driver.  An arm64 host builds for itself, any other host crosses.

KDIR ?= /lib/modules/$(shell uname -r)/build
ifeq ($(shell uname -m),aarch64)
CROSS :=
else
CROSS := ARCH=arm64 CROSS_COMPILE=$(or $(CROSS_COMPILE),aarch64-linux-gnu-)
endif
# W and C are kbuild's: more warnings, and sparse.
KBUILD := $(MAKE) -C '$(KDIR)' M='$(CURDIR)' MO='$(CURDIR)/build/modules' \
	$(CROSS) CONFIG_DRM_ACCEL_ROCKET=m

modules:
	@test -e '$(KDIR)/Makefile' || { \
		echo 'modules: no prepared kernel tree at $(KDIR); name one: make modules KDIR=…' >&2; \
		exit 1; }
	@mkdir -p build/modules
	+$(KBUILD) modules
	@cp build/modules/compat/rocket.ko build/modules/

deb:
	@board/build-deb

deb-test:
	@board/checks/deb-test $(SYSTEMS)

clean:
	rm -rf build

distclean: clean
	@board/setup --clean

.PHONY: help run check check-quick bench board-test check-debug fuzz check-builds check-kernels check-analysis check-mutants series check-series igt project docs shell setup modules deb deb-test clean distclean
