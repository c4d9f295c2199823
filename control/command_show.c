/* The commands that only show something, for command.h. */
#include "command.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "service.h"
#include "show.h"

/* ---- what is shown at once ---- */

void
command_show_peers(struct console *console, const char *const *words,
    size_t count)
{
	uint64_t now_msec = net_now_msec();
	const void *peer = NULL;
	struct peer_view view;

	(void)words;
	(void)count;
	while ((peer = core_next_peer(command_core(console), peer,
	    &view)) != NULL)
		console_row_take(console, show_peer(&view, now_msec));
	console_ok(console);
}

void
command_show_route(struct console *console, const char *const *words,
    size_t count)
{
	struct user_view view;
	const void *user;

	(void)count;
	if (!command_user(console, words[0], &user, &view))
		return;
	console_rows_take(console, show_candidates(command_core(console),
	    user, &view));
	console_ok(console);
}

void
command_trace(struct console *console, const char *const *words, size_t count)
{
	struct user_view view;
	const void *user;

	(void)count;
	if (!command_user(console, words[0], &user, &view))
		return;
	console_rows_take(console, show_trace(command_core(console), user,
	    &view));
	console_ok(console);
}

void
command_map(struct console *console, const char *const *words, size_t count)
{
	if (count > 0 && strcmp(words[0], "--dot") != 0) {
		console_fail(console, "usage", "usage: map [--dot]", "");
		return;
	}
	console_rows_take(console, show_map(command_core(console),
	    count > 0));
	console_ok(console);
}

/* ---- what takes longer ---- */

static void
command_status_told(void *context, const struct dn_list *counters)
{
	struct console *console = context;
	struct archive_status status;
	json_t *row;

	console->ask = 0;
	row = show_status(command_core(console), net_now_msec(),
	    console->consoles->downlink->listening, counters);
	show_add_downlink(row, outbox_size(
	    &console->consoles->downlink->engine->outbox));
	if (console->consoles->service != NULL) {
		archive_status(console->consoles->service->archive, &status);
		show_add_store(row, &status);
	}
	console_row_take(console, row);
	console_ok(console);
}

void
command_show_status(struct console *console, const char *const *words,
    size_t count)
{
	(void)words;
	(void)count;
	console->ask = downlink_ask(console->consoles->downlink,
	    command_status_told, console);
	if (console->ask != 0)
		console_begin(console);
	else
		command_status_told(console, NULL);
}

/* A user who has just gone is known for a moment longer, but not listed. */
static bool
command_lists(enum admin_id id, const struct user_view *view)
{
	if (id == ADMIN_SHOW_ROUTES)
		return view->shown || view->hops != DN_HOPS_INFINITY;
	return view->shown && (id == ADMIN_SHOW_USERS || view->local);
}

/* Lists users, as many rows at a time as the other end takes. Who comes
 * meanwhile isn't listed, who goes is left out. */
static void
command_list(struct console *console, enum admin_id id)
{
	struct console_list *list = &console->list;
	const void *user = NULL;
	struct core_status status;
	struct user_view view;
	size_t room = 0;

	core_status(command_core(console), &status);
	*list = (struct console_list){.id = id};
	room = status.users + 16;
	list->numbers = memory_new(room * sizeof(*list->numbers));
	while ((user = core_next_user(command_core(console), user,
	    &view)) != NULL) {
		if (!command_lists(id, &view))
			continue;
		if (list->count == room) {
			room *= 2;
			list->numbers = memory_resize(list->numbers,
			    room * sizeof(*list->numbers));
		}
		list->numbers[list->count++] = view.number;
	}
	console_begin(console);
	command_list_more(console);
}

void
command_list_more(struct console *console)
{
	struct console_list *list = &console->list;
	uint64_t now_msec = net_now_msec();
	struct user_view view;
	const void *user;
	char word[24];

	if (list->id == ADMIN_SHOW_ROOMS || list->id == ADMIN_ROOM_MEMBERS) {
		command_rooms_more(console);
		return;
	}
	for (; list->at < list->count && !console->cut; list->at++) {
		if (console_is_full(console))
			return;
		snprintf(word, sizeof(word), "%ju",
		    (uintmax_t)list->numbers[list->at]);
		if (core_find_user(command_core(console), word, &user,
		    &view) != DN_OK || view.number != list->numbers[list->at]
		    || !command_lists(list->id, &view))
			continue;
		console_row_take(console, list->id == ADMIN_SHOW_USERS ?
		    show_user(&view, now_msec) :
		    list->id == ADMIN_SHOW_ROUTES ? show_route(&view) :
		    show_connection(&view, now_msec));
	}
	console_ok(console);
}

void
command_show_users(struct console *console, const char *const *words,
    size_t count)
{
	(void)words;
	(void)count;
	command_list(console, ADMIN_SHOW_USERS);
}

void
command_show_routes(struct console *console, const char *const *words,
    size_t count)
{
	(void)words;
	(void)count;
	command_list(console, ADMIN_SHOW_ROUTES);
}

void
command_show_connections(struct console *console,
    const char *const *words, size_t count)
{
	uint64_t now_msec = net_now_msec();
	const void *peer = NULL;
	struct peer_view view;

	(void)words;
	(void)count;
	while ((peer = core_next_peer(command_core(console), peer,
	    &view)) != NULL)
		if (view.conn != IPC_CONN_NONE)
			console_row_take(console, show_link(&view, now_msec));
	command_list(console, ADMIN_SHOW_CONNECTIONS);
}

void
command_watch(struct console *console, const char *const *words, size_t count)
{
	(void)words;
	(void)count;
	console->watching = !console->watching;
	if (!console->is_stdin)
		return;
	/* Rows come one by one from now on; a terminal can end that. */
	printf(console->watching ? "watch again ends it\n" : "ok\n");
	fflush(stdout);
	json_decref(console->rows);
	console->rows = NULL;
}
