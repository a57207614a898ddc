/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_KMSG_H
#define FUZZ_KMSG_H

/* From here on the kernel's log is looked at. */
void fuzz_kmsg_open(void);
/* The first complaint since the last call, or NULL. */
const char *fuzz_kmsg_complaint(void);

#endif
