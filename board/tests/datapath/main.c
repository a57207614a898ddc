// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath.h"
#include "tap.h"

int main(void)
{
	test_formats();
	test_array();
	test_stages();
	test_table();
	test_pool();
	test_compressed();
	test_weights();
	return tap_finish();
}
