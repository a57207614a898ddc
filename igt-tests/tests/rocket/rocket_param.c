// SPDX-License-Identifier: MIT
#include <unistd.h>

#include "igt.h"
#include "igt_rocket.h"
#include "igt_rocket_board.h"

IGT_TEST_DESCRIPTION("What GET_PARAM tells about driver and hardware");

#define RK3588_VERSION	1179210309u
#define RK3576_VERSION	1179210311u

static uint64_t param(uint32_t number)
{
	int fd = rocket_open();
	uint64_t value = rocket_get_param(fd, number);

	close(fd);
	return value;
}

static void test_cores(void)
{
	uint64_t mask = param(DRM_ROCKET_PARAM_CORE_MASK);

	igt_assert_neq_u64(mask, 0);
	/* The RK3588 has three. */
	igt_assert_eq_u64(mask & ~UINT64_C(7), 0);
}

static void test_board_cores(void)
{
	rocket_require_board();
	igt_assert_eq_u64(param(DRM_ROCKET_PARAM_CORE_MASK), (1u << rocket_board_cores()) - 1);
}

static void test_soc(void)
{
	uint64_t soc = param(DRM_ROCKET_PARAM_SOC);

	igt_assert(soc == 3588 || soc == 3576);
	igt_assert_eq_u64(param(DRM_ROCKET_PARAM_IP_VERSION),
			  soc == 3588 ? RK3588_VERSION : RK3576_VERSION);
	/* As wide as the field that holds it */
	igt_assert_eq_u64(param(DRM_ROCKET_PARAM_MAX_CHAIN), soc == 3588 ? 4095 : 65535);
}

static void test_address_space(void)
{
	igt_assert_eq_u64(param(DRM_ROCKET_PARAM_PAGE_SIZE), ROCKET_PAGE);
	igt_assert_eq_u64(param(DRM_ROCKET_PARAM_VA_START), ROCKET_PAGE);
	igt_assert_eq_u64(param(DRM_ROCKET_PARAM_VA_END), ROCKET_VA_END);
}

static void test_timeouts(void)
{
	uint64_t usual = param(DRM_ROCKET_PARAM_JOB_TIMEOUT_MS);

	igt_assert_neq_u64(usual, 0);
	igt_assert_lte_u64(usual, param(DRM_ROCKET_PARAM_MAX_JOB_TIMEOUT_MS));
}

static void test_limits(void)
{
	/* What the interface promises to be useful with. */
	igt_assert_lte_u64(2, param(DRM_ROCKET_PARAM_MAX_VMS));
	igt_assert_lte_u64(10000, param(DRM_ROCKET_PARAM_MAX_BIND_OPS));
}

static void test_bad_param(void)
{
	int fd = rocket_open();
	uint64_t value;

	igt_assert_eq(__rocket_get_param(fd, UINT32_MAX, &value), -EINVAL);
	igt_assert_eq(__rocket_get_param(fd, 1000, &value), -EINVAL);
	close(fd);
}

static void test_bad_pad(void)
{
	struct drm_rocket_get_param get = { .pad = 1 };
	int fd = rocket_open();

	do_ioctl_err(fd, DRM_IOCTL_ROCKET_GET_PARAM, &get, EINVAL);
	close(fd);
}

igt_main
{
	igt_fixture
		close(rocket_open());

	igt_describe("The core mask names at least one core, and none that no RK3588 has");
	igt_subtest("cores")
		test_cores();

	igt_describe("All cores of the virtual board are in service");
	igt_subtest("cores-of-board")
		test_board_cores();

	igt_describe("SoC, IP version and longest chain are those of one that is known");
	igt_subtest("soc")
		test_soc();

	igt_describe("Pages are 4 KiB; addresses go from the second page to 4 GiB");
	igt_subtest("address-space")
		test_address_space();

	igt_describe("The usual job timeout is no longer than the longest");
	igt_subtest("timeouts")
		test_timeouts();

	igt_describe("A file can have several VMs, a bind 10,000 operations");
	igt_subtest("limits")
		test_limits();

	igt_describe("An unknown parameter is EINVAL");
	igt_subtest("invalid-param")
		test_bad_param();

	igt_describe("Padding that is not zero is EINVAL");
	igt_subtest("invalid-pad")
		test_bad_pad();
}
