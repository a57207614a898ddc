// SPDX-License-Identifier: MIT
#include <string.h>

#include "fuzz_program.h"

/* Operations that a random one is made of, at most. */
#define PHRASES		12u

static uint64_t random_slot(struct fuzz_rng *rng)
{
	uint32_t way = fuzz_below(rng, 100);

	if (way < 88)
		return fuzz_below(rng, 3);
	if (way < 97)
		return fuzz_below(rng, FUZZ_SLOTS);
	if (way < 98)
		return FUZZ_RAW | 0;
	if (way < 99)
		return FUZZ_RAW | 0xffffffff;
	return FUZZ_RAW | (uint32_t)fuzz_next(rng);
}

static uint64_t random_number(const struct fuzz_field *field, struct fuzz_rng *rng)
{
	uint32_t way = fuzz_below(rng, 100);
	uint64_t value;

	if (way < 85)
		return field->values[fuzz_below(rng, field->usual)];
	value = field->values[fuzz_below(rng, field->count)];
	if (way < 95)
		return value;
	if (way < 98)
		return value + fuzz_below(rng, 3) - 1;
	return fuzz_next(rng) >> fuzz_below(rng, 64);
}

static uint64_t random_arg(const struct fuzz_field *field, struct fuzz_rng *rng)
{
	return field->kind == FUZZ_NUM ? random_number(field, rng) : random_slot(rng);
}

static struct fuzz_op random_op(enum fuzz_type type, struct fuzz_rng *rng)
{
	const struct fuzz_field *field = fuzz_types[type].fields;
	struct fuzz_op op = { .type = type };

	for (unsigned int i = 0; field[i].kind != FUZZ_END; i++)
		op.arg[i] = random_arg(&field[i], rng);
	return op;
}

static enum fuzz_type random_type(struct fuzz_rng *rng)
{
	uint32_t sum = 0, at;

	for (unsigned int i = 0; i < FUZZ_TYPES; i++)
		sum += fuzz_types[i].weight;
	at = fuzz_below(rng, sum);
	for (unsigned int i = 0; ; i++) {
		if (at < fuzz_types[i].weight)
			return i;
		at -= fuzz_types[i].weight;
	}
}

static void insert(struct fuzz_program *program, uint32_t at, struct fuzz_op op)
{
	if (program->count == FUZZ_MAX_OPS)
		return;
	memmove(&program->ops[at + 1], &program->ops[at],
		(program->count - at) * sizeof(op));
	program->ops[at] = op;
	program->count++;
}

static void append(struct fuzz_program *program, enum fuzz_type type, struct fuzz_rng *rng)
{
	insert(program, program->count, random_op(type, rng));
}

/* The first arguments as said, the others zero. */
static void append_fixed(struct fuzz_program *program, enum fuzz_type type,
			 uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	insert(program, program->count, (struct fuzz_op){ .type = type, .arg = { a, b, c, d } });
}

/* What most of the rest needs to get anywhere: page 0 of a BO at 0x100000. */
static void append_scene(struct fuzz_program *program)
{
	append_fixed(program, FUZZ_OPEN, 0, 0, 0, 0);
	append_fixed(program, FUZZ_GEM_CREATE, 0, 0, 0x8000, 1);
	program->ops[program->count - 1].arg[4] = FUZZ_RAW;
	append_fixed(program, FUZZ_MMAP, 0, 0, 0, 3);
	append_fixed(program, FUZZ_STREAM, 0, 0, FUZZ_STREAM_COPY, 1);
	program->ops[program->count - 1].arg[4] = 0x100000;
	append_fixed(program, FUZZ_BINDOP, 0, 0, 0, 0);
	program->ops[program->count - 1].arg[5] = 0x100000;
	program->ops[program->count - 1].arg[6] = 0x8000;
	append_fixed(program, FUZZ_VM_BIND, 0, FUZZ_RAW, 0, 0);
	append_fixed(program, FUZZ_SO_CREATE, 0, 0, 0, 0);
	append_fixed(program, FUZZ_SO_CREATE, 0, 1, 1, 0);
}

static void append_bind(struct fuzz_program *program, struct fuzz_rng *rng)
{
	uint32_t ops = 1 + fuzz_below(rng, 4);

	for (uint32_t i = 0; i < ops; i++)
		append(program, FUZZ_BINDOP, rng);
	if (fuzz_chance(rng, 30))
		append(program, FUZZ_INSYNC, rng);
	if (fuzz_chance(rng, 40))
		append(program, FUZZ_OUTSYNC, rng);
	append(program, FUZZ_VM_BIND, rng);
}

static void append_job(struct fuzz_program *program, struct fuzz_rng *rng)
{
	uint32_t tasks = 1 + fuzz_below(rng, 2);

	if (fuzz_chance(rng, 50))
		append(program, FUZZ_STREAM, rng);
	for (uint32_t i = 0; i < tasks; i++)
		append(program, FUZZ_TASK, rng);
	if (fuzz_chance(rng, 25))
		append(program, FUZZ_INBO, rng);
	if (fuzz_chance(rng, 25))
		append(program, FUZZ_OUTBO, rng);
	if (fuzz_chance(rng, 30))
		append(program, FUZZ_INSYNC, rng);
	if (fuzz_chance(rng, 60))
		append(program, FUZZ_OUTSYNC, rng);
	append(program, FUZZ_JOB, rng);
}

static void append_phrase(struct fuzz_program *program, struct fuzz_rng *rng)
{
	uint32_t way = fuzz_below(rng, 100);

	if (way < 20) {
		append_bind(program, rng);
	} else if (way < 45) {
		append_job(program, rng);
		if (fuzz_chance(rng, 30))
			append_job(program, rng);
		append(program, FUZZ_SUBMIT, rng);
	} else {
		append(program, random_type(rng), rng);
	}
}

void fuzz_generate(struct fuzz_program *program, struct fuzz_rng *rng)
{
	uint32_t phrases = 2 + fuzz_below(rng, PHRASES);

	memset(program, 0, sizeof(*program));
	program->threads = fuzz_chance(rng, 60) ? 1 : 2 + fuzz_below(rng, FUZZ_MAX_THREADS - 1);
	program->stagger = fuzz_below(rng, 8);
	if (fuzz_chance(rng, 85))
		append_scene(program);
	for (uint32_t i = 0; i < phrases; i++)
		append_phrase(program, rng);
}

static void change_field(struct fuzz_program *program, struct fuzz_rng *rng)
{
	struct fuzz_op *op = &program->ops[fuzz_below(rng, program->count)];
	const struct fuzz_field *fields = fuzz_types[op->type].fields;
	unsigned int count = 0, i;

	while (fields[count].kind != FUZZ_END)
		count++;
	if (!count)
		return;
	i = fuzz_below(rng, count);
	op->arg[i] = random_arg(&fields[i], rng);
}

static void splice(struct fuzz_program *program, const struct fuzz_program *other,
		   struct fuzz_rng *rng)
{
	uint32_t from = fuzz_below(rng, other->count);
	uint32_t at = fuzz_below(rng, program->count + 1);
	uint32_t most = other->count - from < 10 ? other->count - from : 10;
	uint32_t count = 1 + fuzz_below(rng, most);

	for (uint32_t i = 0; i < count; i++)
		insert(program, at + i, other->ops[from + i]);
}

static void mutate_once(struct fuzz_program *program, const struct fuzz_program *other,
			struct fuzz_rng *rng)
{
	uint32_t way = fuzz_below(rng, 100);

	if (!program->count || way < 15)
		append_phrase(program, rng);
	else if (way < 30)
		insert(program, fuzz_below(rng, program->count + 1),
		       random_op(random_type(rng), rng));
	else if (way < 65)
		change_field(program, rng);
	else if (way < 75)
		fuzz_cut(program, fuzz_below(rng, program->count), 1);
	else if (way < 82)
		insert(program, fuzz_below(rng, program->count + 1),
		       program->ops[fuzz_below(rng, program->count)]);
	else if (way < 92 && other->count)
		splice(program, other, rng);
	else if (way < 96)
		program->threads = 1 + fuzz_below(rng, FUZZ_MAX_THREADS);
	else
		program->stagger = fuzz_below(rng, 8);
}

void fuzz_mutate(struct fuzz_program *program, const struct fuzz_program *other,
		 struct fuzz_rng *rng)
{
	uint32_t times = 1 + fuzz_below(rng, 5);

	for (uint32_t i = 0; i < times; i++)
		mutate_once(program, other, rng);
}

void fuzz_cut(struct fuzz_program *program, uint32_t from, uint32_t count)
{
	memmove(&program->ops[from], &program->ops[from + count],
		(program->count - from - count) * sizeof(program->ops[0]));
	program->count -= count;
}

bool fuzz_equal(const struct fuzz_program *a, const struct fuzz_program *b)
{
	if (a->threads != b->threads || a->stagger != b->stagger || a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++) {
		if (a->ops[i].type != b->ops[i].type ||
		    memcmp(a->ops[i].arg, b->ops[i].arg, sizeof(a->ops[i].arg)))
			return false;
	}
	return true;
}

void fuzz_minimise(struct fuzz_program *program, unsigned int tries,
		   bool (*keeps)(const struct fuzz_program *smaller, void *data), void *data)
{
	struct fuzz_program smaller = *program;

	if (program->threads > 1 && tries) {
		smaller.threads = 1;
		tries--;
		if (keeps(&smaller, data))
			program->threads = 1;
	}
	for (uint32_t piece = (program->count + 1) / 2; piece; piece /= 2) {
		for (uint32_t at = program->count; at >= piece && tries; ) {
			at -= piece;
			smaller = *program;
			fuzz_cut(&smaller, at, piece);
			tries--;
			if (keeps(&smaller, data))
				*program = smaller;
			if (at > program->count)
				at = program->count;
		}
	}
}
