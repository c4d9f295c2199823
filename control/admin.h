/*
 * Who commands dncontrol: clients of the admin socket, and its own standard
 * input. A console is one of them. Lines come in and are cut into words here;
 * command.c does what they say and answers through console_row() and
 * console_ok() or console_fail(). The grammar is dnchat/admin.h.
 */
#ifndef CONTROL_ADMIN_H
#define CONTROL_ADMIN_H

#include <jansson.h>

#include "dnchat/admin.h"
#include "downlink.h"
#include "engine.h"
#include "net.h"

/* What may wait for a client that does not read, and clients in all. */
#define CONSOLE_PENDING_BYTES_MAX (1u << 20)
#define CONSOLE_COUNT_MAX 256
/* A long answer goes on when less than this waits. */
#define CONSOLE_SLICE_BYTES (64u << 10)

/* A long answer under way: one row for each of these users, or for rooms
 * (none in 'numbers') or the members of one (the only number). */
struct console_list {
	enum admin_id id;
	uint64_t *numbers; /* NULL: no long answer */
	size_t count, at;  /* 'at': rows so far */
};

struct command_account;

struct console {
	struct consoles *consoles;
	struct console *prev, *next;
	struct net_stream *stream;
	bool is_stdin;       /* answers are for people, on standard output */
	uid_t uid;
	pid_t pid;
	bool skipping;       /* the rest of a line that is too long */
	bool watching;
	bool ended;          /* nothing more comes in */
	bool cut;            /* to be closed at the end of the turn */
	bool busy;           /* the answer to a command is under way */
	uint32_t ask;        /* waits for dnchatd's counters; 0: no */
	struct command_account *account; /* it works for us; NULL: none */
	struct console_list list;
	json_t *rows;        /* is_stdin: those of this answer */
};

struct service;

struct consoles {
	struct net *net;
	struct engine *engine;
	struct downlink *downlink;
	struct service *service; /* NULL: there are no accounts */
	struct net_listener *listener;
	struct console *first; /* utlist */
	size_t count;
	struct console *restarter; /* waits for `restart` to be possible */
};

/* Listens on admin.sock in 'dir', and reads standard input. Errors: DN_E_IO,
 * DN_E_TOO_LONG. */
enum dn_err consoles_init(struct consoles *consoles, struct net *net,
    struct engine *engine, struct downlink *downlink, const char *dir);

/* Writes what the clients take at once, and closes them. */
void consoles_deinit(struct consoles *consoles);

/* Shows a notice to all who watch. */
void consoles_notice(struct consoles *consoles, const struct notice *notice);

/* At the end of a turn: closes those that are to be closed. */
void consoles_turn(struct consoles *consoles);

/* Whether somebody said `restart`, and the answer to that. */
bool consoles_want_restart(const struct consoles *consoles);
void consoles_restart(struct consoles *consoles, enum dn_err err);

/* ---- for command.c: answers ---- */

/* A row of the answer; takes 'row' over. */
void console_row_take(struct console *console, json_t *row);

/* All rows of array 'rows', which is taken over. */
void console_rows_take(struct console *console, json_t *rows);

/* The status line, which ends the answer. 'hint' may be "". */
void console_ok(struct console *console);
void console_fail(struct console *console, const char *code,
    const char *error, const char *hint);

/* The same with the words of 'err'. */
void console_refuse(struct console *console, enum dn_err err,
    const char *hint);

/* The answer takes more than this turn: no command is taken until
 * console_ok() or console_fail(). */
void console_begin(struct console *console);

/* Whether the answer should rest until what waits has left. */
bool console_is_full(const struct console *console);

#endif
