/* The commands about rooms, for command.h. */
#include "command.h"

#include <stdlib.h>

#include "memory.h"
#include "nearest.h"
#include "show.h"

/* Rooms whose names are looked through for "did you mean". */
#define COMMAND_ROOMS_MAX 1000

/* 'err' about the room 'word', and what may have been meant. */
static void
command_room_unknown(struct console *console, const char *word)
{
	const char *names[COMMAND_ROOMS_MAX], *nearest;
	char hint[2 * NEAREST_BYTES_MAX] = "show rooms lists them";
	struct room_view view;
	const void *at = NULL;
	size_t count = 0;

	while (count < COMMAND_ROOMS_MAX && (at = core_next_room(
	    command_core(console), at, &view)) != NULL)
		names[count++] = memory_string(view.name);
	nearest = nearest_word(*word == '#' ? word + 1 : word, names, count);
	if (nearest != NULL)
		snprintf(hint, sizeof(hint), "did you mean %s?", nearest);
	while (count > 0)
		free((void *)(uintptr_t)names[--count]);
	console_fail(console, dn_err_code(DN_E_UNKNOWN),
	    "there is no such room", hint);
}

/* ---- lists: who comes or goes meanwhile may be told twice or not ---- */

/* True if the next row is to be said now: those before it have been, and the
 * other end takes it. '*is_over' if not even the rest is to be looked at. */
static bool
command_is_next(struct console *console, size_t *index, bool *is_over)
{
	struct console_list *list = &console->list;

	if ((*index)++ < list->at)
		return false;
	*is_over = console->cut || console_is_full(console);
	list->at += !*is_over;
	return !*is_over;
}

static bool
command_say_rooms(struct console *console)
{
	uint64_t now_msec = net_now_msec();
	const void *at = NULL;
	struct room_view view;
	bool is_over = false;
	size_t index = 0;

	while (!is_over && (at = core_next_room(command_core(console), at,
	    &view)) != NULL)
		if (command_is_next(console, &index, &is_over))
			console_row_take(console, show_room(&view, now_msec));
	return !is_over;
}

static bool
command_say_members(struct console *console)
{
	const void *room = NULL, *at = NULL;
	struct member_view member;
	struct room_view view;
	bool is_over = false;
	size_t index = 0;

	while ((room = core_next_room(command_core(console), room,
	    &view)) != NULL && view.number != console->list.numbers[0])
		continue;
	while (room != NULL && !is_over && (at = core_next_member(room, at,
	    &member)) != NULL)
		if (command_is_next(console, &index, &is_over))
			console_row_take(console, show_member(&member));
	return !is_over;
}

void
command_rooms_more(struct console *console)
{
	bool is_done = console->list.id == ADMIN_SHOW_ROOMS ?
	    command_say_rooms(console) : command_say_members(console);

	if (is_done)
		console_ok(console);
}

static void
command_rooms_begin(struct console *console, enum admin_id id,
    uint64_t number)
{
	console->list = (struct console_list){.id = id, .count = 1,
	    .numbers = memory_new(sizeof(*console->list.numbers))};
	console->list.numbers[0] = number;
	console_begin(console);
	command_rooms_more(console);
}

void
command_show_rooms(struct console *console, const char *const *words,
    size_t count)
{
	(void)words;
	(void)count;
	command_rooms_begin(console, ADMIN_SHOW_ROOMS, 0);
}

void
command_room_members(struct console *console, const char *const *words,
    size_t count)
{
	struct room_view view;
	const void *room;

	(void)count;
	if (core_find_room(command_core(console), words[0], &room,
	    &view) == DN_OK)
		command_rooms_begin(console, ADMIN_ROOM_MEMBERS, view.number);
	else
		command_room_unknown(console, words[0]);
}

/* ---- changes ---- */

void
command_room_create(struct console *console, const char *const *words,
    size_t count)
{
	struct event event = {.type = EVENT_room_create};
	struct room_view view;
	const void *room;
	enum dn_err err;

	(void)count;
	event.body.room_create.name = dn_str_of(words[0]);
	err = command_step(console, &event, "room create", words[0]);
	if (err == DN_OK && core_find_room(command_core(console), words[0],
	    &room, &view) == DN_OK)
		console_row_take(console, show_room(&view, net_now_msec()));
	if (err == DN_OK)
		console_ok(console);
	else if (err == DN_E_MALFORMED)
		console_fail(console, dn_err_code(err),
		    "a room cannot be called so", "a name is 1 to 64 bytes "
		    "of UTF-8 in normal form C, without # and blanks at its "
		    "ends");
	else if (err == DN_E_EXISTS)
		console_fail(console, dn_err_code(err),
		    "there is a room of that name, here or in the network",
		    "show users lists it, as #NAME");
	else
		console_refuse(console, err, err == DN_E_FULL ?
		    "delete rooms that nobody needs, or wait until the "
		    "store has caught up" : "the server is shutting down");
}

void
command_room_delete(struct console *console, const char *const *words,
    size_t count)
{
	struct event event = {.type = EVENT_room_delete};
	enum dn_err err;

	(void)count;
	event.body.room_delete.name = dn_str_of(words[0]);
	err = command_step(console, &event, "room delete", words[0]);
	if (err == DN_OK)
		console_ok(console);
	else if (err == DN_E_UNKNOWN)
		command_room_unknown(console, words[0]);
	else
		console_refuse(console, err, err == DN_E_STATE ?
		    "only rooms that live here can be deleted" :
		    "wait until the store has caught up");
}
