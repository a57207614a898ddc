// SPDX-License-Identifier: GPL-2.0-or-later
#include "canary.h"
#include "tap.h"

#define CANARY		0xc5
#define CANARY_PAGES	16

uint64_t canary_new(struct board *b)
{
	uint64_t canary = board_pages(b, HIGH, CANARY_PAGES);

	qtest_fill(b->qt, canary, CANARY, CANARY_PAGES * PAGE);
	return canary;
}

void canary_check(struct board *b, uint64_t canary)
{
	static uint8_t bytes[CANARY_PAGES * PAGE];
	unsigned int i;

	qtest_read(b->qt, canary, bytes, sizeof(bytes));
	for (i = 0; i < sizeof(bytes); i++)
		CHECK(bytes[i] == CANARY, "byte %u of memory that no table names was written", i);
}
