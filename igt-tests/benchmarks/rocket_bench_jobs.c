// SPDX-License-Identifier: MIT
/*
 * What a job costs: alone, in a queue, with many tasks; through mainline's ioctls
 * and, where there are, through the younger ones.
 */
#include <stdio.h>
#include <unistd.h>
#include <xf86drm.h>

#include "bench.h"
#include "bench_client.h"
#include "igt.h"
#include "igt_rocket_job.h"

enum { JOBS = 100 };

/* The first few jobs power the core up and attach it. */
static void warm_up(struct bench_client *client)
{
	for (unsigned int i = 0; i < 3; i++) {
		bench_client_submit(client, 1);
		bench_client_wait(client);
	}
	bench_client_check(client);
}

static void each_awaited(struct bench_client *client)
{
	struct bench_counts before;

	bench_begin(&before);
	for (unsigned int i = 0; i < JOBS; i++) {
		bench_client_submit(client, 1);
		bench_client_wait(client);
	}
	bench_end(&before, "job", "each awaited", JOBS);
}

static void queued(struct bench_client *client)
{
	struct bench_counts before;

	bench_begin(&before);
	for (unsigned int i = 0; i < JOBS; i++)
		bench_client_submit(client, 1);
	bench_client_wait(client);
	bench_end(&before, "job", "100 queued", JOBS);
}

static void with_tasks(struct bench_client *client, unsigned int tasks)
{
	struct bench_counts before;
	char what[32];

	snprintf(what, sizeof(what), "%u tasks", tasks);
	bench_begin(&before);
	bench_client_submit(client, tasks);
	bench_client_wait(client);
	bench_end(&before, "tasks", what, 1);
}

static void mainline_ioctls(void)
{
	struct bench_client client;

	bench_client_open(&client);
	warm_up(&client);
	each_awaited(&client);
	queued(&client);
	with_tasks(&client, 1);
	with_tasks(&client, 64);
	with_tasks(&client, 1024);
	bench_client_check(&client);
	bench_client_close(&client);
}

#define PROBE_AT 0x10000000u

/* One entry for all tasks: the stream names itself as the next. */
static void chained(struct rocket_probe *probe, struct drm_rocket_job *job, uint32_t syncobj,
		    unsigned int tasks)
{
	struct bench_counts before;
	char what[32];

	probe->tasks[0].chain_count = tasks;
	snprintf(what, sizeof(what), "%u tasks, chained", tasks);
	bench_begin(&before);
	rocket_submit(probe->fd, job, 1);
	rocket_syncobj_wait(probe->fd, syncobj);
	bench_end(&before, "tasks", what, 1);
}

/* Without lists of BOs, by syncobj. */
static void vm_bind_ioctls(void)
{
	struct rocket_probe probe;
	struct bench_counts before;
	struct drm_rocket_job job;
	struct drm_rocket_sync out;
	int fd = rocket_open();

	rocket_probe_init(&probe, fd, 0, PROBE_AT, 1);
	rocket_probe_set(&probe, 0, PROBE_AT, rocket_probe_result_addr(&probe, 0));
	out = rocket_sync(rocket_syncobj(fd), 0);
	job = rocket_probe_job(&probe, 0, 1);
	job.out_syncs = (uintptr_t)&out;
	job.out_sync_count = 1;
	job.sync_struct_size = sizeof(out);
	for (int i = -3; i < JOBS; i++) {
		if (!i)
			bench_begin(&before);
		rocket_submit(fd, &job, 1);
		rocket_syncobj_wait(fd, out.handle);
	}
	bench_end(&before, "job", "VM_BIND, each awaited", JOBS);
	rocket_probe_chain(&probe, 0, 0);
	chained(&probe, &job, out.handle, 1);
	chained(&probe, &job, out.handle, 64);
	chained(&probe, &job, out.handle, 1024);
	drmSyncobjDestroy(fd, out.handle);
	rocket_probe_fini(&probe);
	close(fd);
}

int main(int argc, char **argv)
{
	bench_init(argc, argv);
	for (unsigned int run = 0; run < bench_runs(); run++) {
		mainline_ioctls();
		if (bench_is_ours())
			vm_bind_ioctls();
	}
	return 0;
}
