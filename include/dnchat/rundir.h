/*
 * CONTRACT of the three programs: the run directory, where they meet. Unlike
 * the other headers here this one calls the system: all three must find and
 * guard the directory by one rule.
 */
#ifndef DNCHAT_RUNDIR_H
#define DNCHAT_RUNDIR_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"

/* A socket's path has to fit into its address, hence a directory has not
 * more bytes than this, NUL included; nor a file in it. */
#define RUNDIR_BYTES_MAX 88
#define RUNDIR_FILE_BYTES_MAX (RUNDIR_BYTES_MAX + 16)

/* The default of last resort, where anybody may have been before us. */
static inline int
rundir_temporary(char *path)
{
	const char *top = getenv("TMPDIR");

	return snprintf(path, RUNDIR_BYTES_MAX, "%s/dnchat-%lu",
	    top != NULL && *top != '\0' ? top : "/tmp",
	    (unsigned long)geteuid());
}

/* Writes the default to 'path' of RUNDIR_BYTES_MAX bytes: /run/dnchat for
 * root, else $XDG_RUNTIME_DIR/dnchat, else dnchat-UID below $TMPDIR or /tmp.
 * Errors: DN_E_TOO_LONG. */
static inline enum dn_err
rundir_default(char *path)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int size;

	if (geteuid() == 0)
		size = snprintf(path, RUNDIR_BYTES_MAX, "/run/dnchat");
	else if (runtime != NULL && *runtime == '/')
		size = snprintf(path, RUNDIR_BYTES_MAX, "%s/dnchat", runtime);
	else
		size = rundir_temporary(path);
	return size < RUNDIR_BYTES_MAX ? DN_OK : DN_E_TOO_LONG;
}

static inline bool
rundir_is_temporary(const char *path)
{
	char temporary[RUNDIR_BYTES_MAX];

	return rundir_temporary(temporary) < RUNDIR_BYTES_MAX &&
	    strcmp(temporary, path) == 0;
}

/* False if 'path' is the one below the temporary directory, exists, and isn't
 * ours alone: somebody else may have been there first. */
static inline bool
rundir_is_safe(const char *path)
{
	struct stat info;

	if (!rundir_is_temporary(path) || lstat(path, &info) != 0)
		return true;
	return S_ISDIR(info.st_mode) && info.st_uid == geteuid() &&
	    (info.st_mode & 077) == 0;
}

/*
 * Makes directory 'path' if it is missing: '*is_new' tells. Errors:
 * DN_E_TOO_LONG, DN_E_IO (errno says why), DN_E_REFUSED (not safe, see
 * rundir_is_safe()).
 */
static inline enum dn_err
rundir_prepare(const char *path, bool *is_new)
{
	struct stat info;

	if (strlen(path) >= RUNDIR_BYTES_MAX)
		return DN_E_TOO_LONG;
	/* The group of root's directory may use the admin socket. */
	*is_new = mkdir(path, geteuid() == 0 && !rundir_is_temporary(path) ?
	    0750 : 0700) == 0;
	if (!*is_new && errno != EEXIST)
		return DN_E_IO;
	if (!rundir_is_safe(path))
		return DN_E_REFUSED;
	if (stat(path, &info) != 0)
		return DN_E_IO;
	if (!S_ISDIR(info.st_mode)) {
		errno = ENOTDIR;
		return DN_E_IO;
	}
	return DN_OK;
}

/* A process that was killed holds its lock until its memory is freed; who
 * starts the next one at once must not be told that it still runs. */
#define RUNDIR_LOCK_TRIES 50
#define RUNDIR_LOCK_PAUSE_NSEC 20000000

static inline bool
rundir_take_lock(int fd)
{
	const struct timespec pause = {0, RUNDIR_LOCK_PAUSE_NSEC};
	unsigned tries;

	for (tries = 0; tries < RUNDIR_LOCK_TRIES; tries++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

/*
 * Takes the lock file 'full', for which it waits a second at most, and writes
 * our process id there; '*fd' keeps it until it is closed. Errors: DN_E_EXISTS
 * (process '*holder' has it; 0 if that is not known), DN_E_IO (errno says
 * why); '*fd' is -1 then.
 */
static inline enum dn_err
rundir_lock_file(const char *full, int *fd, pid_t *holder)
{
	char text[16] = "";
	int size;

	*holder = 0;
	*fd = open(full, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return DN_E_IO;
	if (!rundir_take_lock(*fd)) {
		if (pread(*fd, text, sizeof(text) - 1, 0) > 0)
			*holder = (pid_t)strtol(text, NULL, 10);
		(void)close(*fd);
		*fd = -1;
		return DN_E_EXISTS;
	}
	/* For people only: where the disk is full the lock holds as well. */
	size = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(*fd, 0) == 0 && pwrite(*fd, text, (size_t)size, 0) < 0)
		errno = 0;
	return DN_OK;
}

/* The same with 'file' in the run directory 'path'. */
static inline enum dn_err
rundir_lock(const char *path, const char *file, int *fd, pid_t *holder)
{
	char full[RUNDIR_FILE_BYTES_MAX];

	(void)snprintf(full, sizeof(full), "%s/%s", path, file);
	return rundir_lock_file(full, fd, holder);
}

#endif
