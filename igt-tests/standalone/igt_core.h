/* SPDX-License-Identifier: MIT */
#ifndef IGT_CORE_H
#define IGT_CORE_H

#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#ifndef __noreturn
#define __noreturn __attribute__((noreturn))
#endif
#define __maybe_unused __attribute__((unused))

/*
 * Exit codes: IGT's, and one of our own.  A subtest here is a process, so the
 * others go on when one crashes or hangs; IGT leaves that to its runner.
 */
#define IGT_EXIT_SUCCESS	0
#define IGT_EXIT_SKIP		77
#define IGT_EXIT_INVALID	79
#define IGT_EXIT_FAILURE	98
#define IGT_EXIT_BROKEN		99	/* a subtest crashed or took too long */

extern const char *__igt_test_description __attribute__((weak));
#define IGT_TEST_DESCRIPTION(text) const char *__igt_test_description = text

#define __igt_cat2(a, b) a ## b
#define __igt_cat(a, b) __igt_cat2(a, b)
#define igt_unique(prefix) __igt_cat(prefix, __LINE__)

/*
 * Blocks.  A subtest's body runs in a process of its own, which ends where the
 * body does: igt_success(), igt_skip() and igt_fail() exit it.  A fixture's body
 * runs in the test's process; skipping or failing there jumps behind it.
 */
extern sigjmp_buf igt_fixture_jmpbuf;

bool __igt_fixture(void);
void __igt_fixture_complete(void);
#define igt_fixture \
	for (volatile int igt_unique(fixture_) = 0; \
	     igt_unique(fixture_) < 1 && __igt_fixture() && \
	     !sigsetjmp(igt_fixture_jmpbuf, 1); \
	     igt_unique(fixture_)++, __igt_fixture_complete())

bool __igt_run_subtest(const char *name, const char *file, int line);
#define igt_subtest(name) \
	for (; __igt_run_subtest(name, __FILE__, __LINE__); igt_success())
#define igt_subtest_f(...) \
	for (char igt_unique(name_)[256]; \
	     snprintf(igt_unique(name_), sizeof(igt_unique(name_)), __VA_ARGS__), \
	     __igt_run_subtest(igt_unique(name_), __FILE__, __LINE__); \
	     igt_success())

int __igt_subtest_group_save(void);
void __igt_subtest_group_restore(int saved);
#define igt_subtest_group \
	for (int igt_unique(group_) = 1, igt_unique(saved_) = __igt_subtest_group_save(); \
	     igt_unique(group_); \
	     igt_unique(group_) = 0, __igt_subtest_group_restore(igt_unique(saved_)))

void igt_describe_f(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define igt_describe(text) igt_describe_f("%s", text)

void igt_subtest_init(int argc, char **argv);
__noreturn void igt_exit(void);
#define igt_main \
	static void __igt_tests(void); \
	int main(int argc, char **argv) \
	{ \
		igt_subtest_init(argc, argv); \
		__igt_tests(); \
		igt_exit(); \
	} \
	static void __igt_tests(void)

/* Ends of a subtest, a fixture, or a forked child. */
__noreturn void igt_success(void);
__noreturn void igt_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));
__noreturn void igt_fail(int exitcode);
__noreturn void __igt_skip_check(const char *file, int line, const char *func,
				 const char *check, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
__noreturn void __igt_fail_assert(const char *file, int line, const char *func,
				  const char *assertion, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#define __igt_failed(assertion, ...) \
	__igt_fail_assert(__FILE__, __LINE__, __func__, assertion, __VA_ARGS__)
#define igt_assert(expr) \
	do { if (!(expr)) __igt_failed(#expr, NULL); } while (0)
#define igt_assert_f(expr, ...) \
	do { if (!(expr)) __igt_failed(#expr, __VA_ARGS__); } while (0)
#define igt_fail_on(expr) igt_assert(!(expr))
#define igt_fail_on_f(expr, ...) igt_assert_f(!(expr), __VA_ARGS__)
#define igt_assert_fd(fd) igt_assert((fd) >= 0)

#define __igt_compare(type, format, cast, a, op, opposite, b) \
	do { \
		type __a = (a), __b = (b); \
		if (!(__a op __b)) \
			__igt_failed(#a " " #op " " #b, \
				     "error: " format " " #opposite " " format "\n", \
				     (cast)__a, (cast)__b); \
	} while (0)
#define igt_assert_eq(a, b) __igt_compare(int, "%d", int, a, ==, !=, b)
#define igt_assert_neq(a, b) __igt_compare(int, "%d", int, a, !=, ==, b)
#define igt_assert_lt(a, b) __igt_compare(int, "%d", int, a, <, >=, b)
#define igt_assert_lte(a, b) __igt_compare(int, "%d", int, a, <=, >, b)
#define igt_assert_eq_u32(a, b) __igt_compare(uint32_t, "%#x", uint32_t, a, ==, !=, b)
#define igt_assert_neq_u32(a, b) __igt_compare(uint32_t, "%#x", uint32_t, a, !=, ==, b)
#define igt_assert_eq_u64(a, b) \
	__igt_compare(uint64_t, "%#llx", unsigned long long, a, ==, !=, b)
#define igt_assert_neq_u64(a, b) \
	__igt_compare(uint64_t, "%#llx", unsigned long long, a, !=, ==, b)
#define igt_assert_lt_u64(a, b) \
	__igt_compare(uint64_t, "%#llx", unsigned long long, a, <, >=, b)
#define igt_assert_lte_u64(a, b) \
	__igt_compare(uint64_t, "%#llx", unsigned long long, a, <=, >, b)

#define __igt_skipped(check, ...) \
	__igt_skip_check(__FILE__, __LINE__, __func__, check, __VA_ARGS__)
#define igt_require(expr) \
	do { if (!(expr)) __igt_skipped(#expr, NULL); } while (0)
#define igt_require_f(expr, ...) \
	do { if (!(expr)) __igt_skipped(#expr, __VA_ARGS__); } while (0)
#define igt_skip_on(expr) \
	do { if (expr) __igt_skipped("!(" #expr ")", NULL); } while (0)
#define igt_skip_on_f(expr, ...) \
	do { if (expr) __igt_skipped("!(" #expr ")", __VA_ARGS__); } while (0)

/* Processes that a subtest starts: they are gone when it ends. */
bool __igt_fork(void);
void igt_waitchildren(void);
#define igt_fork(child, count) \
	for (int child = 0; child < (count); child++) \
		for (; __igt_fork(); exit(0))

struct igt_helper_process {
	bool running;
	bool use_SIGKILL;
	pid_t pid;
	int id;
};

bool __igt_fork_helper(struct igt_helper_process *proc);
int igt_wait_helper(struct igt_helper_process *proc);
void igt_stop_helper(struct igt_helper_process *proc);
#define igt_fork_helper(proc) \
	for (; __igt_fork_helper(proc); exit(0))

/* The subtest fails unless igt_reset_timeout() comes within so many seconds. */
void igt_set_timeout(unsigned int seconds, const char *op);
void igt_reset_timeout(void);

/* Whether everything is slow here, and fewer rounds will do: INTEL_SIMULATION=1. */
bool igt_run_in_simulation(void);
#define SLOW_QUICK(slow, quick) (igt_run_in_simulation() ? (quick) : (slow))

enum igt_log_level { IGT_LOG_DEBUG, IGT_LOG_INFO, IGT_LOG_WARN, IGT_LOG_CRITICAL };

void igt_log(const char *domain, enum igt_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
#define igt_debug(...) igt_log(NULL, IGT_LOG_DEBUG, __VA_ARGS__)
#define igt_info(...) igt_log(NULL, IGT_LOG_INFO, __VA_ARGS__)
#define igt_warn(...) igt_log(NULL, IGT_LOG_WARN, __VA_ARGS__)
#define igt_critical(...) igt_log(NULL, IGT_LOG_CRITICAL, __VA_ARGS__)

/* Nanoseconds since *start; the first call, with *start zeroed, starts it. */
uint64_t igt_nsec_elapsed(struct timespec *start);

#endif
