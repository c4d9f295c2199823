/* The consoles of dncontrol: see admin.h. */
#include "admin.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <utlist.h>

#include "command.h"
#include "dnchat/log.h"
#include "memory.h"
#include "plain.h"
#include "show.h"

/* ---- answers ---- */

/* The end of the turn closes it; until then it takes nothing. */
static void
console_cut(struct console *console)
{
	console->cut = true;
}

static void
console_write(struct console *console, json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6));
	size_t size;

	if (text == NULL)
		abort();
	size = strlen(text);
	text[size] = '\n';
	if (net_pending(console->stream) + size >= CONSOLE_PENDING_BYTES_MAX) {
		dn_warn("admin_slow", "uid=%ju pid=%jd why=\"it does not "
		    "read\"", (uintmax_t)console->uid,
		    (intmax_t)console->pid);
		console_cut(console);
	} else {
		net_write(console->stream, text, size + 1);
	}
	free(text);
}

void
console_row_take(struct console *console, json_t *row)
{
	if (row == NULL)
		abort();
	if (console->is_stdin && console->rows != NULL) {
		if (json_array_append(console->rows, row) != 0)
			abort();
	} else if (console->is_stdin) {
		plain_print_line(stdout, row);
	} else if (!console->cut) {
		console_write(console, row);
	}
	json_decref(row);
}

void
console_rows_take(struct console *console, json_t *rows)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		console_row_take(console, json_incref(row));
	json_decref(rows);
}

bool
console_is_full(const struct console *console)
{
	return !console->is_stdin &&
	    net_pending(console->stream) > CONSOLE_SLICE_BYTES;
}

void
console_begin(struct console *console)
{
	console->busy = true;
	net_pause(console->stream, true);
}

/* The answer is complete: the next command may come. */
static void
console_end(struct console *console)
{
	free(console->list.numbers);
	console->list.numbers = NULL;
	console->ask = 0;
	json_decref(console->rows);
	console->rows = NULL;
	if (console->busy) {
		console->busy = false;
		net_pause(console->stream, false);
	}
}

void
console_ok(struct console *console)
{
	json_t *status;

	if (!console->is_stdin) {
		status = json_pack("{s:b}", "ok", 1);
		console_row_take(console, status);
	} else if (json_array_size(console->rows) > 0) {
		plain_print(stdout, console->rows);
	} else {
		printf("ok\n");
		fflush(stdout);
	}
	console_end(console);
}

void
console_fail(struct console *console, const char *code, const char *error,
    const char *hint)
{
	json_t *status;

	if (!console->is_stdin) {
		status = json_pack("{s:b, s:s, s:o, s:o}", "ok", 0,
		    "code", code, "error", show_string(dn_str_of(error)),
		    "hint", show_string(dn_str_of(hint)));
		console_row_take(console, status);
	} else {
		printf("%s%s%s\n", error, *hint != '\0' ? ": " : "", hint);
		fflush(stdout);
	}
	console_end(console);
}

void
console_refuse(struct console *console, enum dn_err err, const char *hint)
{
	console_fail(console, dn_err_code(err), dn_err_text(err), hint);
}

/* ---- lines ---- */

static void
console_line(struct console *console, const char *data, size_t size)
{
	struct admin_line line;
	const char *wrong = admin_split(&line, data, size);

	if (wrong == NULL && line.count == 0)
		return;
	if (console->is_stdin) {
		json_decref(console->rows);
		console->rows = json_array();
	}
	if (wrong != NULL)
		console_fail(console, "usage", wrong, "");
	else
		command_run(console, &line);
	/* It may hold a password. */
	explicit_bzero(&line, sizeof(line));
}

/* What came of a line that has no end yet. */
static size_t
console_partial(struct console *console, const char *data, size_t size)
{
	(void)data;
	if (console->skipping)
		return size;
	if (size < DN_ADMIN_LINE_BYTES_MAX)
		return 0;
	console->skipping = true;
	console_fail(console, "usage", "the line is too long", "");
	return size;
}

static size_t
console_input(void *context, const char *data, size_t size)
{
	struct console *console = context;
	const char *end;
	size_t at = 0;

	while (at < size && !console->busy && !console->cut) {
		/* Who watches says nothing more; a terminal may. */
		if (console->watching && !console->is_stdin)
			return size;
		end = memchr(data + at, '\n', size - at);
		if (end == NULL)
			return at + console_partial(console, data + at,
			    size - at);
		if (!console->skipping)
			console_line(console, data + at,
			    (size_t)(end - data) - at);
		console->skipping = false;
		at = (size_t)(end - data) + 1;
	}
	return console->cut ? size : at;
}

/* ---- life ---- */

static void
console_free(struct console *console)
{
	struct consoles *consoles = console->consoles;

	DL_DELETE(consoles->first, console);
	consoles->count--;
	if (consoles->restarter == console)
		consoles->restarter = NULL;
	downlink_forget(consoles->downlink, console->ask);
	command_account_forget(console);
	free(console->list.numbers);
	json_decref(console->rows);
	net_close(console->stream);
	free(console);
}

static void
console_drained(void *context)
{
	struct console *console = context;

	if (console->list.numbers != NULL)
		command_list_more(console);
	command_accounts_more(console);
	if (console->ended && !console->busy && !console->watching &&
	    net_pending(console->stream) == 0)
		console_cut(console);
}

static void
console_ended(void *context, bool is_broken)
{
	struct console *console = context;

	console->ended = true;
	if (is_broken)
		console_free(console);
	else if (!console->is_stdin || !console->watching)
		console_drained(console);
}

static const struct net_stream_ops console_ops = {
	console_input, console_drained, console_ended
};

static struct console *
console_new(struct consoles *consoles)
{
	struct console *console = memory_new(sizeof(*console));

	console->consoles = consoles;
	DL_APPEND(consoles->first, console);
	consoles->count++;
	return console;
}

static void
consoles_accepted(void *context, int fd)
{
	struct consoles *consoles = context;
	struct console *console = console_new(consoles);

	console->stream = net_adopt_take(consoles->net, fd, &console_ops,
	    console);
	if (net_credentials(console->stream, &console->uid,
	    &console->pid) != DN_OK)
		console->uid = (uid_t)-1;
	if (consoles->count > CONSOLE_COUNT_MAX) {
		console_refuse(console, DN_E_FULL,
		    "other clients of the admin socket have to go first");
		net_flush(console->stream);
		console_cut(console);
	}
}

enum dn_err
consoles_init(struct consoles *consoles, struct net *net,
    struct engine *engine, struct downlink *downlink, const char *dir)
{
	char path[RUNDIR_BYTES_MAX + 16];
	struct console *console;

	memset(consoles, 0, sizeof(*consoles));
	consoles->net = net;
	consoles->engine = engine;
	consoles->downlink = downlink;
	console = console_new(consoles);
	console->is_stdin = true;
	console->uid = getuid();
	console->pid = getpid();
	console->stream = net_stdin(net, &console_ops, console);
	snprintf(path, sizeof(path), "%s/admin.sock", dir);
	return net_listen(net, path, 0660, consoles_accepted, consoles,
	    &consoles->listener);
}

void
consoles_deinit(struct consoles *consoles)
{
	net_unlisten(consoles->listener);
	consoles->listener = NULL;
	while (consoles->first != NULL) {
		if (!consoles->first->is_stdin)
			net_flush(consoles->first->stream);
		console_free(consoles->first);
	}
}

void
consoles_notice(struct consoles *consoles, const struct notice *notice)
{
	struct console *console;
	struct timespec now;
	json_t *row = NULL;

	DL_FOREACH(consoles->first, console) {
		if (!console->watching)
			continue;
		if (row == NULL) {
			clock_gettime(CLOCK_REALTIME, &now);
			row = show_notice(notice, &now);
		}
		if (console->is_stdin)
			plain_print_line(stdout, row);
		else
			console_row_take(console, json_incref(row));
	}
	json_decref(row);
}

void
consoles_turn(struct consoles *consoles)
{
	struct console *console, *next;

	DL_FOREACH_SAFE(consoles->first, console, next)
		if (console->cut)
			console_free(console);
}

bool
consoles_want_restart(const struct consoles *consoles)
{
	return consoles->restarter != NULL;
}

void
consoles_restart(struct consoles *consoles, enum dn_err err)
{
	struct console *console = consoles->restarter;

	consoles->restarter = NULL;
	if (err == DN_OK)
		console_ok(console);
	else
		console_refuse(console, err, err == DN_E_OFFLINE ?
		    "there is nothing to keep: shutdown ends dncontrol" :
		    "the journal cannot be written");
}
