// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fuzz_kmsg.h"

static int kmsg = -1;

/* board/lib/klog.sh knows more, and looks at all of it when the board is off. */
static const char * const bad[] = {
	"WARNING: ", "BUG: ", "Oops", "Internal error: ", "Unable to handle kernel",
	"KASAN: ", "UBSAN: ", "ODEBUG: ", "DMA-API: ", "refcount_t: ", "list_add corruption",
	"list_del corruption", "INFO: task ", "INFO: possible ", "INFO: trying ",
	"scheduling while atomic", "soft lockup", "rcu_preempt detected",
	"kmemleak: ", "already mapped to ",
};

void fuzz_kmsg_open(void)
{
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg >= 0)
		lseek(kmsg, 0, SEEK_END);
}

const char *fuzz_kmsg_complaint(void)
{
	static char first[1024];
	char record[8192];
	ssize_t length;

	*first = '\0';
	if (kmsg < 0)
		return NULL;
	/* EPIPE: records were overwritten before they were read. */
	while ((length = read(kmsg, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
		const char *text;

		if (length < 0)
			continue;
		record[length] = '\0';
		text = strchr(record, ';');
		for (unsigned int i = 0; text && !*first && i < sizeof(bad) / sizeof(bad[0]); i++) {
			if (strstr(text, bad[i]))
				strncpy(first, text + 1, sizeof(first) - 1);
		}
	}
	first[strcspn(first, "\n")] = '\0';
	return *first ? first : NULL;
}
