/*
 * The state directory, where the store is: what must outlive a reboot. Unlike
 * the run directory only dncontrol knows it.
 */
#ifndef CONTROL_STATEDIR_H
#define CONTROL_STATEDIR_H

#include <stdbool.h>
#include <sys/types.h>

#include "dnchat/err.h"

#define STATEDIR_BYTES_MAX 480

/*
 * Writes the directory to use to 'path' of STATEDIR_BYTES_MAX: 'wanted' if it
 * is not empty. Else, with the default run directory (NULL): /var/lib/dnchat
 * for root, $XDG_STATE_HOME/dnchat or ~/.local/state/dnchat for others. Else
 * "state" in 'run_dir', so that servers on one machine don't share one.
 * Errors: DN_E_TOO_LONG, DN_E_UNKNOWN (there is no home).
 */
enum dn_err statedir_find(char *path, const char *wanted,
    const char *run_dir);

/*
 * Makes the directory, private, with those above it, where it is missing; and
 * takes its lock, which lasts while '*fd' is open. Errors: DN_E_IO (errno says
 * why; '*fd' is -1), DN_E_EXISTS (process '*holder' has it; 0: not known).
 */
enum dn_err statedir_take(const char *path, int *fd, pid_t *holder);

#endif
