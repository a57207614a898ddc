// SPDX-License-Identifier: GPL-2.0-only
/* Makes the kernel complain, for tests of what watches the kernel log. */
#include <linux/module.h>

static int __init complain_init(void)
{
	WARN(1, "complaint on request\n");
	return 0;
}
module_init(complain_init);

static void __exit complain_exit(void)
{
}
module_exit(complain_exit);

MODULE_DESCRIPTION("Warns when it is loaded");
MODULE_LICENSE("GPL");
