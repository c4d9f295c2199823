/*
 * The other end of dncontrol's admin socket: a line goes there, rows come
 * back until the status line. Between main.c, which knows what to say, and
 * print.c, which shows the rows. One connection serves many lines; it is
 * opened when it is needed, and again after it broke.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <stdbool.h>

#include <jansson.h>

#include "dnchat/err.h"
#include "dnchat/limits.h"

/* A longer row is not taken; the longest that dncontrol makes is far less. */
#define CLIENT_ROW_BYTES_MAX (1u << 20)

/* How an answer ended. */
struct client_status {
	bool ok;
	char code[32];   /* as in err.h, or "usage"; "ok" if 'ok' */
	char error[512]; /* for people; "" if 'ok' */
	char hint[512];  /* what to do about it; may be "" */
};

/* Takes one row: the object, and the 'size' bytes of its text. Both are valid
 * during the call. False: no more rows are wanted, give the answer up. */
typedef bool client_row_fn(void *arg, json_t *row, const char *text,
    size_t size);

struct client;

/* A client of the socket at 'path', which gives up when nothing has come for
 * 'timeout_msec'. It connects later. Copies 'path'. Ends the program if there
 * is no memory. */
struct client *client_new(const char *path, unsigned timeout_msec);

/* Takes NULL. */
void client_free(struct client *client);

/* From now on nothing may come for so long before it gives up. */
void client_set_timeout(struct client *client, unsigned timeout_msec);

/*
 * Sends 'line' (without line feed) and hands each row to 'row' with 'arg'
 * until the status line, which fills '*status'. A stream (`watch`) may be
 * silent for any time. Returns DN_OK if there was a status line, whatever it
 * said. Errors, with '*status' telling more: DN_E_OFFLINE (cannot connect, or
 * the connection broke), DN_E_TIMEOUT, DN_E_MALFORMED (not an answer),
 * DN_E_STATE (interrupted by SIGINT), DN_E_IO ('row' gave up).
 */
enum dn_err client_ask(struct client *client, const char *line,
    bool is_stream, client_row_fn *row, void *arg,
    struct client_status *status);

/* Makes SIGINT end what client_ask() waits for, instead of the program. */
void client_catch_interrupts(void);

/* True if SIGINT came since the last call. */
bool client_was_interrupted(void);

/*
 * Writes where dncontrol's socket is to 'path' of 'size' bytes: in 'run_dir',
 * or in the default run directory if that is NULL. Errors: DN_E_TOO_LONG,
 * DN_E_REFUSED (the default directory is below the temporary one and not
 * ours: somebody else may listen there).
 */
enum dn_err client_path(const char *run_dir, char *path, size_t size);

#endif
