// SPDX-License-Identifier: MIT
/* The command line. */
#include <fnmatch.h>
#include <getopt.h>

#include "igt_core.h"
#include "internal.h"

enum igt_mode igt_mode = IGT_RUN;
bool igt_debug_log;

static const char *pattern;

const char *igt_pattern(void)
{
	return pattern;
}

static void usage(FILE *to, const char *program)
{
	fprintf(to, "Usage: %s [OPTIONS]\n"
		"  --list-subtests\n"
		"  --run-subtest <pattern>  globs, separated by commas; !glob excludes\n"
		"  --describe[=<pattern>]\n"
		"  --help-description\n"
		"  --debug\n"
		"  --help|-h\n", program);
}

static __noreturn void help_description(void)
{
	puts(&__igt_test_description ? __igt_test_description : "(no description)");
	exit(IGT_EXIT_SUCCESS);
}

void igt_subtest_init(int argc, char **argv)
{
	enum { LIST = 1, RUN, DESCRIBE, DESCRIPTION, DEBUG };
	static const struct option options[] = {
		{ "list-subtests", no_argument, NULL, LIST },
		{ "run-subtest", required_argument, NULL, RUN },
		{ "r", required_argument, NULL, RUN },
		{ "describe", optional_argument, NULL, DESCRIBE },
		{ "help-description", no_argument, NULL, DESCRIPTION },
		{ "debug", optional_argument, NULL, DEBUG },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case LIST:
			igt_mode = IGT_LIST;
			break;
		case DESCRIBE:
			igt_mode = IGT_DESCRIBE;
			if (optarg)
				pattern = optarg;
			break;
		case RUN:
			pattern = optarg;
			break;
		case DEBUG:
			igt_debug_log = true;
			break;
		case DESCRIPTION:
			help_description();
		case 'h':
			usage(stdout, argv[0]);
			exit(IGT_EXIT_SUCCESS);
		default:
			usage(stderr, argv[0]);
			exit(IGT_EXIT_INVALID);
		}
	}
	if (optind != argc) {
		usage(stderr, argv[0]);
		exit(IGT_EXIT_INVALID);
	}
}

/* The last glob of the list that matches decides. */
bool igt_selected(const char *subtest)
{
	bool selected = !pattern || *pattern == '!';
	char *list, *rest, *glob;

	if (!pattern)
		return true;
	list = rest = strdup(pattern);
	while ((glob = strsep(&rest, ","))) {
		bool exclude = *glob == '!';

		if (!fnmatch(glob + exclude, subtest, 0))
			selected = !exclude;
	}
	free(list);
	return selected;
}
