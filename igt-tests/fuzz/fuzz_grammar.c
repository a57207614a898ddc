// SPDX-License-Identifier: MIT
#include "fuzz_grammar.h"

const char fuzz_letters[FUZZ_KINDS] = {
	[FUZZ_FILE] = 'f', [FUZZ_BO] = 'b', [FUZZ_VM] = 'v', [FUZZ_SYNC] = 's',
	[FUZZ_BUF] = 'd', [FUZZ_MAP] = 'm',
};

/*
 * Dictionaries: values that make sense first, then those at limits and beyond.
 */

#define PAGE	UINT64_C(0x1000)
#define GIB4	(UINT64_C(1) << 32)
#define MAX32	UINT64_C(0xffffffff)
#define MAX64	UINT64_MAX

static const uint64_t zero[] = { 0, 1, 0x80000000, MAX32 };
static const uint64_t sizes[] = {
	PAGE, 8 * PAGE, 3 * PAGE, 0x400000, 1, PAGE + 1,
	0, PAGE - 1, 0x2000000, 0x40000000, MAX32, MAX32 - 0xffe, GIB4 - PAGE, GIB4,
	UINT64_C(1) << 40, UINT64_C(1) << 63, MAX64, MAX64 - 0xffe,
};
static const uint64_t bo_flags[] = { 1, 0, 2, 3, 8, 9, 4, 16, MAX32 };
static const uint64_t params[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, MAX32,
};
static const uint64_t flags[] = { 0, 1, 2, 3, MAX32 };
static const uint64_t timeouts[] = {
	0, 1000000, 20000000, 1, MAX64, UINT64_C(1) << 63, MAX64 >> 1,
};
static const uint64_t counts[] = { 1, 0, 32, 33, 1024, 1025, 65536, 65537, MAX32 };
/* Of arrays: 0 is what there is. */
static const uint64_t overrides[] = { 0, 1, 2, 1024, 1025, 65536, 65537, MAX32 };
/* Of structs: 0 is their own. */
static const uint64_t struct_sizes[] = { 0, 1, 4, 8, 39, 40, 41, 48, 64, 136, 4096, 4097, MAX32 };
static const uint64_t job_flags[] = { 0, 0, 1, 2, 4, 5, 7, 8, MAX32 };
static const uint64_t pieces[] = { 0, 1, 2, 16, 1024, 1025, MAX32 };
static const uint64_t piece_offsets[] = { 0, PAGE, 1, 65, 7 * PAGE, 8 * PAGE, MAX64 };
static const uint64_t piece_sizes[] = { PAGE, 1, 64, 100, 8 * PAGE, 0, MAX64 };
static const uint64_t piece_steps[] = { PAGE, 64, 100, 2 * PAGE, 1, 0, MAX64 };
static const uint64_t pointers[] = { 0, 1, 2, 3, 4 };
static const uint64_t bind_types[] = { 0, 0, 1, 2, 3, MAX32 };
static const uint64_t offsets[] = {
	0, PAGE, 2 * PAGE, 7 * PAGE, 1, 8 * PAGE, 0x400000, UINT64_C(1) << 63, MAX64 - 0xfff,
};
static const uint64_t addresses[] = {
	0x100000, 0x101000, 0x104000, 0x400000, 0x3ff000, 0x7fd000, GIB4 - PAGE,
	GIB4 - 8 * PAGE, PAGE,
	0, 0x100001, 0x100010, GIB4, GIB4 - 1, UINT64_C(1) << 63, MAX64 - 0xfff, MAX64,
};
static const uint64_t ranges[] = {
	PAGE, 8 * PAGE, 2 * PAGE, 0x400000, GIB4 - PAGE,
	0, 1, GIB4, GIB4 - 0x100000, MAX64 - 0xfff, MAX64, UINT64_C(1) << 63,
};
static const uint64_t points[] = { 0, 0, 1, 2, 5, 100, MAX64 };
static const uint64_t sync_flags[] = { 0, 0, 1, 2, MAX32 };
static const uint64_t stream_addresses[] = {
	0x100000, 0x100400, 0x101000, 0x104000, 0, 0x100008, 0xfffff000, 0xfffffff0, 0x200000,
};
static const uint64_t commands[] = { 126, 126, 1, 2, 512, 131072, 131073, 0, MAX32 };
static const uint64_t chains[] = { 0, 0, 1, 2, 3, 4095, 4096, MAX32 };
static const uint64_t cores[] = { 0, 1, 2, 3, 4, 7, 8, MAX32 };
/* No long ones: a case should not take much longer than its jobs. */
static const uint64_t job_timeouts[] = { 5, 50, 0, 1, 600001, MAX32 };
static const uint64_t priorities[] = { 0, 1, 2, 3, MAX32 };
static const uint64_t queues[] = { 0, 1, 7, 0, 8, MAX32 };
static const uint64_t wait_flags[] = { 0, 1, 2, 3, 4, 7 };
static const uint64_t waits[] = { 0, 1000000, 20000000 };
static const uint64_t prots[] = { 3, 1, 0, 7 };
static const uint64_t map_sizes[] = { 0, 1, PAGE, 0x100000 };
static const uint64_t places[] = { 0, 0x400, PAGE, 0x4000, 0xff8, 0x7ff8 };
static const uint64_t kinds[] = { 0, 0, 1, 2, 3 };
static const uint64_t seeds[] = { 1, 2, 3, 0x5eed, 0xc0ffee, 77 };
static const uint64_t streams_at[] = { 0x100000, 0x101000, 0x400000, 0, 0xfffff000 };
static const uint64_t intervals[] = { 0, 300, 100, 2000 };
static const uint64_t pauses[] = { 50, 500, 5000 };
static const uint64_t core_numbers[] = { 0, 1, 2 };
/* ROCKET_BOARD_INJ_*, and beside */
static const uint64_t inject_regs[] = {
	0x300, 0x304, 0x308, 0x30c, 0x310, 0x314, 0x318, 0x328, 0x32c, 0x320,
};
static const uint64_t inject_values[] = { 1, 2, 3 };
static const uint64_t few[] = { 1, 2, 4, 8, 16 };
static const uint64_t files[] = { 0, 1, 2, 3 };
static const uint64_t numbers[] = {
	0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x46, 0x57, 0x9f,
};
static const uint64_t ioctl_sizes[] = { 8, 16, 24, 32, 40, 64, 72, 0, 1, 256, 8191 };

#define LEN(a)			(sizeof(a) / sizeof((a)[0]))
#define NUM(name, values, usual)	{ name, FUZZ_NUM, values, LEN(values), usual }
#define SLOT(name, kind)	{ name, kind, 0, 0, 0 }
#define F	SLOT("f", FUZZ_FILE)
#define BO	SLOT("bo", FUZZ_BO)
#define VM	SLOT("vm", FUZZ_VM)
#define SO	SLOT("so", FUZZ_SYNC)
#define BUF	SLOT("buf", FUZZ_BUF)
#define MAP	SLOT("map", FUZZ_MAP)
#define PIECES	NUM("count", pieces, 5), NUM("offset", piece_offsets, 4), \
	NUM("size", piece_sizes, 4), NUM("step", piece_steps, 4), NUM("reserved", zero, 1), PTR
#define PTR	NUM("ptr", pointers, 1)

const struct fuzz_type_info fuzz_types[FUZZ_TYPES] = {
	[FUZZ_OPEN] = { "open", 3, { F } },
	[FUZZ_CLOSE] = { "close", 2, { F } },
	[FUZZ_DUP] = { "dup", 1, { F, SLOT("from", FUZZ_FILE) } },
	[FUZZ_FORK] = { "fork", 2, { NUM("count", few, 5) } },
	[FUZZ_KILL] = { "kill", 1, { { 0 } } },
	[FUZZ_GET_PARAM] = { "get_param", 2, { F, NUM("param", params, 16), NUM("pad", zero, 1) } },
	[FUZZ_CREATE_BO] = { "create_bo", 5, { F, BO, NUM("size", sizes, 6) } },
	[FUZZ_GEM_CREATE] = { "gem_create", 5, { F, BO, NUM("size", sizes, 6),
		NUM("flags", bo_flags, 3), VM, NUM("pad", zero, 1) } },
	[FUZZ_GEM_CLOSE] = { "gem_close", 4, { F, BO } },
	[FUZZ_GEM_QUERY] = { "gem_query", 2, { F, BO, NUM("pad", zero, 1) } },
	[FUZZ_PREP_BO] = { "prep_bo", 4, { F, BO, NUM("timeout", timeouts, 3),
		NUM("reserved", zero, 1) } },
	[FUZZ_FINI_BO] = { "fini_bo", 2, { F, BO, NUM("reserved", zero, 1) } },
	[FUZZ_PREP_RANGES] = { "prep_ranges", 2, { F, BO, PIECES } },
	[FUZZ_FINI_RANGES] = { "fini_ranges", 2, { F, BO, PIECES } },
	[FUZZ_VM_CREATE] = { "vm_create", 4, { F, VM, NUM("flags", zero, 1) } },
	[FUZZ_VM_DESTROY] = { "vm_destroy", 4, { F, VM, NUM("pad", zero, 1) } },
	[FUZZ_VM_QUERY] = { "vm_query", 3, { F, VM, NUM("flags", flags, 2),
		NUM("count", counts, 3), NUM("size", struct_sizes, 1), PTR } },
	[FUZZ_BINDOP] = { "bindop", 4, { NUM("op", bind_types, 4), NUM("flags", flags, 2), BO,
		NUM("pad", zero, 1), NUM("offset", offsets, 3), NUM("addr", addresses, 9),
		NUM("range", ranges, 4) } },
	[FUZZ_INSYNC] = { "insync", 3, { SO, NUM("flags", sync_flags, 2),
		NUM("point", points, 2) } },
	[FUZZ_OUTSYNC] = { "outsync", 3, { SO, NUM("flags", sync_flags, 2),
		NUM("point", points, 2) } },
	[FUZZ_TASK] = { "task", 2, { NUM("addr", stream_addresses, 4),
		NUM("count", commands, 3), NUM("chain", chains, 4), NUM("pad", zero, 1) } },
	[FUZZ_INBO] = { "inbo", 2, { BO } },
	[FUZZ_OUTBO] = { "outbo", 2, { BO } },
	[FUZZ_JOB] = { "job", 3, { VM, NUM("cores", cores, 5), NUM("timeout", job_timeouts, 2),
		NUM("priority", priorities, 3), NUM("flags", job_flags, 7),
		NUM("tasksize", struct_sizes, 1), NUM("tasks", overrides, 1), PTR,
		NUM("queue", queues, 4) } },
	[FUZZ_VM_BIND] = { "vm_bind", 5, { F, VM, NUM("flags", flags, 2), NUM("pad", zero, 1),
		NUM("opsize", struct_sizes, 1), NUM("count", overrides, 1),
		NUM("syncsize", struct_sizes, 1), PTR } },
	[FUZZ_SUBMIT] = { "submit", 5, { F, NUM("jobsize", struct_sizes, 1),
		NUM("count", overrides, 1), NUM("reserved", zero, 1), PTR } },
	[FUZZ_SO_CREATE] = { "so_create", 3, { F, SO, NUM("flags", flags, 2) } },
	[FUZZ_SO_DESTROY] = { "so_destroy", 2, { F, SO } },
	[FUZZ_SO_SIGNAL] = { "so_signal", 2, { F, SO, NUM("point", points, 6) } },
	[FUZZ_SO_RESET] = { "so_reset", 1, { F, SO } },
	[FUZZ_SO_WAIT] = { "so_wait", 3, { F, SO, NUM("point", points, 6), NUM("timeout", waits, 3),
		NUM("flags", wait_flags, 4) } },
	[FUZZ_SO_PASS] = { "so_pass", 2, { F, SO, SLOT("tofile", FUZZ_FILE),
		SLOT("to", FUZZ_SYNC) } },
	[FUZZ_SO_TRANSFER] = { "so_transfer", 2, { F, SO, NUM("point", points, 6),
		SLOT("from", FUZZ_SYNC), NUM("frompoint", points, 6) } },
	[FUZZ_BLOCK] = { "block", 2, { F, SO } },
	[FUZZ_UNBLOCK] = { "unblock", 2, { { 0 } } },
	[FUZZ_EXPORT] = { "export", 3, { F, BO, BUF } },
	[FUZZ_IMPORT] = { "import", 3, { F, BUF, BO } },
	[FUZZ_FOREIGN] = { "foreign", 2, { BUF, NUM("pages", few, 5) } },
	[FUZZ_BUF_CLOSE] = { "buf_close", 2, { BUF } },
	[FUZZ_MMAP] = { "mmap", 4, { F, BO, MAP, NUM("prot", prots, 2),
		NUM("more", map_sizes, 1) } },
	[FUZZ_TOUCH] = { "touch", 3, { MAP, NUM("at", places, 4), NUM("write", zero, 2) } },
	[FUZZ_MUNMAP] = { "munmap", 2, { MAP } },
	[FUZZ_STREAM] = { "stream", 4, { MAP, NUM("at", places, 4), NUM("kind", kinds, 5),
		NUM("seed", seeds, 6), NUM("base", streams_at, 3) } },
	[FUZZ_ITIMER] = { "itimer", 2, { NUM("us", intervals, 4) } },
	[FUZZ_PAUSE] = { "pause", 1, { NUM("us", pauses, 3) } },
	[FUZZ_UNBIND] = { "unbind", 1, { NUM("core", core_numbers, 3) } },
	[FUZZ_BIND] = { "bind", 1, { NUM("core", core_numbers, 3) } },
	[FUZZ_INJECT] = { "inject", 1, { NUM("core", core_numbers, 3),
		NUM("reg", inject_regs, 10), NUM("value", inject_values, 3) } },
	[FUZZ_READ] = { "read", 2, { NUM("what", files, 4) } },
	[FUZZ_RAW_IOCTL] = { "raw_ioctl", 2, { F, NUM("number", numbers, 12),
		NUM("dir", files, 4), NUM("size", ioctl_sizes, 7), NUM("seed", seeds, 6) } },
};
