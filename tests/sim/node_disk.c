/*
 * The file of a node's journal, in memory: control/journal.c is linked with
 * --wrap for the calls below, which take those for paths below "/sim/" and
 * leave the others alone.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node.h"
#include "sim_clock.h"

/* Descriptors from here on are ours: the journal, and the one aside. */
#define NODE_DISK_FD 1000000

static struct node *disk_node;
static bool disk_tears;
static size_t disk_at;

int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
ssize_t __real_read(int fd, void *data, size_t size);
ssize_t __real_write(int fd, const void *data, size_t size);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_ftruncate(int fd, off_t size);
int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
ssize_t __wrap_read(int fd, void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_ftruncate(int fd, off_t size);

void
node_disk_use(struct node *node, bool tears)
{
	disk_node = node;
	disk_tears = tears;
}

struct node *
node_disk_user(void)
{
	return disk_node;
}

static bool
disk_is_ours(const char *path)
{
	return strncmp(path, "/sim/", 5) == 0;
}

static bool
disk_is_aside(const char *path)
{
	return strstr(path, "journal.new") != NULL;
}

int
__wrap_open(const char *path, int flags, ...)
{
	va_list args;
	int mode;

	if (!disk_is_ours(path)) {
		va_start(args, flags);
		mode = (flags & O_CREAT) ? va_arg(args, int) : 0;
		va_end(args);
		return __real_open(path, flags, mode);
	}
	if (flags & O_CREAT) {
		if (disk_node->is_disk_full) {
			errno = ENOSPC;
			return -1;
		}
		disk_node->aside_size = 0;
		return NODE_DISK_FD + 1;
	}
	disk_at = 0;
	if (disk_node->journal_size > 0)
		return NODE_DISK_FD;
	errno = ENOENT;
	return -1;
}

int
__wrap_close(int fd)
{
	return fd < NODE_DISK_FD ? __real_close(fd) : 0;
}

ssize_t
__wrap_read(int fd, void *data, size_t size)
{
	size_t rest;

	if (fd < NODE_DISK_FD)
		return __real_read(fd, data, size);
	rest = disk_node->journal_size - disk_at;
	if (size > rest)
		size = rest;
	memcpy(data, disk_node->journal + disk_at, size);
	disk_at += size;
	return (ssize_t)size;
}

static void
disk_append(unsigned char **bytes, size_t *used, size_t *room,
    const void *data, size_t size)
{
	if (*used + size > *room) {
		*room = (*used + size) * 2;
		*bytes = realloc(*bytes, *room);
		assert(*bytes != NULL);
	}
	memcpy(*bytes + *used, data, size);
	*used += size;
}

/* The file that was opened aside is the journal once it has been renamed;
 * journal.c writes on to the same descriptor. */
ssize_t
__wrap_write(int fd, const void *data, size_t size)
{
	struct node *node = disk_node;

	if (fd < NODE_DISK_FD)
		return __real_write(fd, data, size);
	if (node->is_disk_full) {
		errno = ENOSPC;
		return -1;
	}
	if (node->aside_size == SIZE_MAX) {
		/* Who is killed in a write() never hears of the rest. */
		disk_append(&node->journal, &node->journal_size,
		    &node->journal_room, data, disk_tears ?
		    sim_below((uint32_t)size) : size);
	} else {
		disk_append(&node->aside, &node->aside_size,
		    &node->aside_room, data, size);
	}
	return (ssize_t)size;
}

int
__wrap_rename(const char *from, const char *to)
{
	struct node *node = disk_node;

	if (!disk_is_ours(from))
		return __real_rename(from, to);
	node->journal_size = 0;
	disk_append(&node->journal, &node->journal_size, &node->journal_room,
	    node->aside, node->aside_size);
	node->aside_size = SIZE_MAX;
	return 0;
}

int
__wrap_unlink(const char *path)
{
	if (!disk_is_ours(path))
		return __real_unlink(path);
	if (!disk_is_aside(path))
		disk_node->journal_size = 0;
	return 0;
}

int
__wrap_ftruncate(int fd, off_t size)
{
	if (fd < NODE_DISK_FD)
		return __real_ftruncate(fd, size);
	if (disk_node->aside_size == SIZE_MAX)
		disk_node->journal_size = (size_t)size;
	return 0;
}
