// SPDX-License-Identifier: MIT
/*
 * Which descriptor is which open file.  A file is known by the number that DRM gives
 * each client and shows in fdinfo: it is the same for all descriptors of one open file,
 * however they came to be, and never used again.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "drm.h"
#include "shim_fd.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* What is known of descriptors, by number; a file may have several. */
static struct shim_file **known;
static size_t room;

/* Files, by number of client. */
static struct shim_file **files;
static size_t file_count, file_room;

/* How many times fork() has made a process out of this one's ancestors. */
static unsigned int generation;

static bool is_rocket(int fd)
{
	char name[8] = "";
	struct drm_version version = { .name = name, .name_len = sizeof(name) };

	return !shim_kernel(fd, DRM_IOCTL_VERSION, &version) && version.name_len == 6 &&
	       !memcmp(name, "rocket", 6);
}

static bool has_vm_bind(int fd)
{
	struct drm_rocket_get_param get = { .param = DRM_ROCKET_PARAM_FEATURES };

	/* Mainline's driver does not know the ioctl: -EINVAL or -ENOTTY, whatever it is. */
	if (shim_kernel(fd, DRM_IOCTL_ROCKET_GET_PARAM, &get))
		return false;
	return get.value & DRM_ROCKET_FEATURE_VM_BIND;
}

/* 0: there is none, this is no DRM device. */
static uint64_t client_of(int fd)
{
	unsigned long long client = 0;
	char path[40], line[128];
	FILE *info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = fopen(path, "re");
	if (!info)
		return 0;
	while (fgets(line, sizeof(line), info)) {
		if (sscanf(line, "drm-client-id: %llu", &client) == 1)
			break;
	}
	fclose(info);
	return client;
}

static struct shim_file *file_of(uint64_t client)
{
	for (size_t i = 0; i < file_count; i++) {
		if (files[i]->client == client)
			return files[i];
	}
	return NULL;
}

static struct shim_file *add_file(int fd, uint64_t client)
{
	struct shim_file *file;

	if (file_count == file_room) {
		size_t more = file_room ? 2 * file_room : 8;
		struct shim_file **table = realloc(files, more * sizeof(*table));

		if (!table)
			return NULL;
		files = table;
		file_room = more;
	}
	file = shim_file_new(fd, client);
	if (file) {
		file->generation = generation;
		files[file_count++] = file;
	}
	return file;
}

static bool make_room(size_t fd)
{
	size_t more = room ? room : 64;
	struct shim_file **table;

	while (more <= fd)
		more *= 2;
	if (more == room)
		return true;
	table = realloc(known, more * sizeof(*table));
	if (!table)
		return false;
	memset(table + room, 0, (more - room) * sizeof(*table));
	known = table;
	room = more;
	return true;
}

static struct shim_file *learn(int fd)
{
	struct shim_file *file;
	uint64_t client;

	if (!is_rocket(fd) || !has_vm_bind(fd) || !make_room(fd))
		return NULL;
	client = client_of(fd);
	if (!client)
		return NULL;
	file = file_of(client);
	if (!file)
		file = add_file(fd, client);
	if (file) {
		known[fd] = file;
		file->descriptors++;
	}
	return file;
}

struct shim_file *shim_fd_find(int fd, int *error)
{
	struct shim_file *file;
	int saved = errno;

	*error = 0;
	if (fd < 0)
		return NULL;
	pthread_mutex_lock(&lock);
	file = (size_t)fd < room && known[fd] ? known[fd] : learn(fd);
	if (file) {
		file->users++;
		*error = file->generation == generation ? 0 : -EOPNOTSUPP;
	}
	pthread_mutex_unlock(&lock);
	errno = saved;
	return file;
}

void shim_fd_put(struct shim_file *file)
{
	pthread_mutex_lock(&lock);
	if (!--file->users && file->closed_down)
		shim_file_free(file);
	pthread_mutex_unlock(&lock);
}

/* Whether a descriptor that nobody asked about yet names this client. */
static bool is_open(uint64_t client, unsigned int first, unsigned int last)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	bool found = false;

	while (directory && !found && (entry = readdir(directory))) {
		unsigned int fd = strtoul(entry->d_name, NULL, 10);
		struct stat status;

		if (entry->d_name[0] == '.' || (fd >= first && fd <= last))
			continue;
		found = !fstat(fd, &status) && S_ISCHR(status.st_mode) && client_of(fd) == client;
	}
	if (directory)
		closedir(directory);
	return found;
}

static void forget_file(struct shim_file *file, unsigned int first, unsigned int last)
{
	if (is_open(file->client, first, last))
		return;
	for (size_t i = 0; i < file_count; i++) {
		if (files[i] == file)
			files[i] = files[--file_count];
	}
	file->closed_down = true;
	if (!file->users)
		shim_file_free(file);
}

void shim_fd_forget(unsigned int first, unsigned int last)
{
	int saved = errno;

	pthread_mutex_lock(&lock);
	for (unsigned int fd = first; fd < room && fd <= last; fd++) {
		struct shim_file *file = known[fd];

		known[fd] = NULL;
		if (file && !--file->descriptors)
			forget_file(file, first, last);
	}
	pthread_mutex_unlock(&lock);
	errno = saved;
}

/* Nobody holds the lock in a child, whose files are the parent's. */
static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void in_parent(void)
{
	pthread_mutex_unlock(&lock);
}

/* Its other threads are gone, and with them whoever used a file. */
static void in_child(void)
{
	generation++;
	for (size_t i = 0; i < file_count; i++)
		files[i]->users = 0;
	pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void at_start(void)
{
	pthread_atfork(before_fork, in_parent, in_child);
}
