// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_program.h"

#define MAX_LINE 512

static void write_arg(const struct fuzz_field *field, uint64_t arg, FILE *file)
{
	if (field->kind == FUZZ_NUM)
		fprintf(file, " %s=0x%" PRIx64, field->name, arg);
	else if (arg < FUZZ_SLOTS)
		fprintf(file, " %s=%c%u", field->name, fuzz_letters[field->kind],
			(unsigned int)arg);
	else
		fprintf(file, " %s=0x%x", field->name, (uint32_t)arg);
}

void fuzz_write(const struct fuzz_program *program, FILE *file)
{
	fprintf(file, "threads %u stagger %u\n", program->threads, program->stagger);
	for (uint32_t i = 0; i < program->count; i++) {
		const struct fuzz_op *op = &program->ops[i];
		const struct fuzz_field *field = fuzz_types[op->type].fields;

		fputs(fuzz_types[op->type].name, file);
		for (unsigned int j = 0; field[j].kind != FUZZ_END; j++)
			write_arg(&field[j], op->arg[j], file);
		fputc('\n', file);
	}
}

static bool read_number(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	return !errno && end != text && !*end && *text != '-';
}

static bool read_arg(const struct fuzz_field *field, const char *text, uint64_t *arg)
{
	size_t length = strlen(field->name);

	if (strncmp(text, field->name, length) || text[length] != '=')
		return false;
	text += length + 1;
	if (field->kind == FUZZ_NUM)
		return read_number(text, arg);
	if (*text == fuzz_letters[field->kind])
		return read_number(text + 1, arg) && *arg < FUZZ_SLOTS;
	if (!read_number(text, arg) || *arg > UINT32_MAX)
		return false;
	*arg |= FUZZ_RAW;
	return true;
}

static bool read_op(struct fuzz_op *op, char *line)
{
	char *word = strtok(line, " ");
	const struct fuzz_field *field;
	unsigned int type = 0, i;

	while (type < FUZZ_TYPES && strcmp(fuzz_types[type].name, word))
		type++;
	if (type == FUZZ_TYPES)
		return false;
	*op = (struct fuzz_op){ .type = type };
	field = fuzz_types[type].fields;
	for (i = 0; field[i].kind != FUZZ_END; i++) {
		word = strtok(NULL, " ");
		if (!word || !read_arg(&field[i], word, &op->arg[i]))
			return false;
	}
	return !strtok(NULL, " ");
}

static bool read_head(struct fuzz_program *program, const char *line)
{
	int length = 0;

	return sscanf(line, "threads %u stagger %u%n", &program->threads, &program->stagger,
		      &length) == 2 && !line[length] && program->threads >= 1 &&
	       program->threads <= FUZZ_MAX_THREADS;
}

const char *fuzz_read(struct fuzz_program *program, FILE *file)
{
	static char complaint[MAX_LINE + 64];
	unsigned int number = 0;
	char line[MAX_LINE];

	memset(program, 0, sizeof(*program));
	while (fgets(line, sizeof(line), file)) {
		bool good;

		number++;
		line[strcspn(line, "#\n")] = '\0';
		if (!*line)
			continue;
		snprintf(complaint, sizeof(complaint), "line %u is wrong: %s", number, line);
		if (!program->threads)
			good = read_head(program, line);
		else
			good = program->count < FUZZ_MAX_OPS &&
			       read_op(&program->ops[program->count++], line);
		if (!good)
			return complaint;
	}
	return program->threads ? NULL : "there is no line \"threads N stagger N\"";
}
