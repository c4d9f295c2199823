/* The run directory: see rundir.h. */
#include "rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The default of last resort, where anybody may have been before us. */
static int
rundir_temporary(char *path)
{
	const char *top = getenv("TMPDIR");

	if (top == NULL || *top == '\0')
		top = "/tmp";
	return snprintf(path, RUNDIR_BYTES_MAX, "%s/dnchat-%ju", top,
	    (uintmax_t)geteuid());
}

enum dn_err
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

enum dn_err
rundir_prepare(const char *path)
{
	char temporary[RUNDIR_BYTES_MAX];
	struct stat info;

	if (strlen(path) >= RUNDIR_BYTES_MAX)
		return DN_E_TOO_LONG;
	/* The group of root's directory may use the admin socket. */
	if (mkdir(path, geteuid() == 0 ? 0750 : 0700) != 0 && errno != EEXIST)
		return DN_E_IO;
	if (rundir_temporary(temporary) < RUNDIR_BYTES_MAX &&
	    strcmp(temporary, path) == 0) {
		if (lstat(path, &info) != 0)
			return DN_E_IO;
		if (!S_ISDIR(info.st_mode) || info.st_uid != geteuid() ||
		    (info.st_mode & 077) != 0)
			return DN_E_REFUSED;
	}
	if (stat(path, &info) != 0)
		return DN_E_IO;
	if (!S_ISDIR(info.st_mode)) {
		errno = ENOTDIR;
		return DN_E_IO;
	}
	return DN_OK;
}

static pid_t
rundir_holder(int fd)
{
	char text[16] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	return (pid_t)strtol(text, NULL, 10);
}

enum dn_err
rundir_lock(const char *path, int *fd, pid_t *holder)
{
	char file[RUNDIR_BYTES_MAX + sizeof("/dncontrol.lock")], text[16];
	int size;

	snprintf(file, sizeof(file), "%s/dncontrol.lock", path);
	*fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return DN_E_IO;
	if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
		*holder = rundir_holder(*fd);
		close(*fd);
		*fd = -1;
		return DN_E_EXISTS;
	}
	/* For people only: where the disk is full the lock holds as well. */
	size = snprintf(text, sizeof(text), "%jd\n", (intmax_t)getpid());
	if (ftruncate(*fd, 0) == 0 && pwrite(*fd, text, (size_t)size, 0) < 0)
		errno = 0;
	return DN_OK;
}
