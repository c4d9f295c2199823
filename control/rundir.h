/*
 * The run directory: where the two daemons and dnctl meet. Between main.c and
 * the file system; the same rule as in dnchatd and dnctl.
 */
#ifndef CONTROL_RUNDIR_H
#define CONTROL_RUNDIR_H

#include <stddef.h>
#include <sys/types.h>

#include "dnchat/err.h"

/* A socket's path has to fit into its address, hence a directory has not
 * more bytes than this, NUL included. */
#define RUNDIR_BYTES_MAX 88

/* Writes the default to 'path' of RUNDIR_BYTES_MAX bytes: /run/dnchat for
 * root, else $XDG_RUNTIME_DIR/dnchat, else dnchat-UID below $TMPDIR or /tmp.
 * Errors: DN_E_TOO_LONG. */
enum dn_err rundir_default(char *path);

/*
 * Makes directory 'path' if it is missing. Where it is the default below the
 * temporary directory it must be a directory of ours that nobody else can
 * enter. Errors: DN_E_TOO_LONG, DN_E_IO (errno says why), DN_E_REFUSED (it
 * belongs to somebody else, or is open to others).
 */
enum dn_err rundir_prepare(const char *path);

/*
 * Takes the lock 'dncontrol.lock' in 'path' and writes our process id there;
 * '*fd' keeps it until it is closed. Errors: DN_E_EXISTS (process '*holder'
 * has it; 0 if that is not known), DN_E_IO (errno says why).
 */
enum dn_err rundir_lock(const char *path, int *fd, pid_t *holder);

#endif
