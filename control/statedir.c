/* The state directory: see statedir.h. */
#include "statedir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dnchat/rundir.h"

static int
statedir_default(char *path)
{
	const char *top = getenv("XDG_STATE_HOME");

	if (geteuid() == 0)
		return snprintf(path, STATEDIR_BYTES_MAX, "/var/lib/dnchat");
	if (top != NULL && *top == '/')
		return snprintf(path, STATEDIR_BYTES_MAX, "%s/dnchat", top);
	top = getenv("HOME");
	if (top == NULL || *top != '/')
		return -1;
	return snprintf(path, STATEDIR_BYTES_MAX, "%s/.local/state/dnchat",
	    top);
}

enum dn_err
statedir_find(char *path, const char *wanted, const char *run_dir)
{
	int size;

	if (*wanted != '\0')
		size = snprintf(path, STATEDIR_BYTES_MAX, "%s", wanted);
	else if (run_dir != NULL)
		size = snprintf(path, STATEDIR_BYTES_MAX, "%s/state",
		    run_dir);
	else
		size = statedir_default(path);
	if (size < 0)
		return DN_E_UNKNOWN;
	return size < STATEDIR_BYTES_MAX ? DN_OK : DN_E_TOO_LONG;
}

/* Makes 'path' and what it is in. */
static bool
statedir_make(const char *path)
{
	char part[STATEDIR_BYTES_MAX];
	struct stat info;
	size_t at;

	for (at = 1; path[at - 1] != '\0'; at++) {
		if (path[at] != '/' && path[at] != '\0')
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)at, path);
		if (mkdir(part, 0700) != 0 && errno != EEXIST &&
		    stat(part, &info) != 0)
			return false;
	}
	if (stat(path, &info) != 0)
		return false;
	if (S_ISDIR(info.st_mode))
		return true;
	errno = ENOTDIR;
	return false;
}

enum dn_err
statedir_take(const char *path, int *fd, pid_t *holder)
{
	char file[STATEDIR_BYTES_MAX + 16];

	*fd = -1;
	if (!statedir_make(path))
		return DN_E_IO;
	snprintf(file, sizeof(file), "%s/lock", path);
	return rundir_lock_file(file, fd, holder);
}
