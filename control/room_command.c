/* What users say to rooms that is not for the members: see room_command.h. */
#include "room_command.h"

#include <stdlib.h>

#include <utlist.h>

#include "memory.h"
#include "room_history.h"
#include "room_names.h"
#include "room_parse.h"
#include "room_say.h"

/* What was said, to whom and by whom. */
struct ask {
	struct core *core;
	struct room *room;  /* NULL: to the service */
	struct user *to;    /* which is this user */
	struct user *from;
	struct dn_str text;
	struct room_call call;
};

#define ANSWER(ask, ...) \
	room_answer((ask)->core, (ask)->to, (ask)->from, __VA_ARGS__)

/* ---- who is no member ---- */

bool
room_command_is_hinted(const struct core *core, const struct member_key *key)
{
	struct hint *hint;

	HASH_FIND_BYHASHVALUE(hh, core->rooms.hints, key, sizeof(*key),
	    hash_number(core->seed ^ key->room, key->user), hint);
	return hint != NULL;
}

static void
room_command_unhint(struct core *core, struct hint *hint)
{
	HASH_DEL(core->rooms.hints, hint);
	free(hint);
}

void
room_command_hinted(struct core *core, const struct member_key *key,
    uint64_t until_msec)
{
	struct hint *hint = memory_new(sizeof(*hint));

	hint->key = *key;
	hint->until_msec = until_msec;
	HASH_ADD_BYHASHVALUE(hh, core->rooms.hints, key, sizeof(hint->key),
	    hash_number(core->seed ^ key->room, key->user), hint);
}

void
room_command_free_all(struct core *core)
{
	while (core->rooms.hints != NULL)
		room_command_unhint(core, core->rooms.hints);
}

/* True if who said something is to be told how to do it; he then was. */
static bool
room_command_may_hint(const struct ask *ask)
{
	struct core *core = ask->core;
	struct member_key key = {ask->room != NULL ? ask->room->id : 0,
	    ask->from->number};

	while (core->rooms.hints != NULL &&
	    core->rooms.hints->until_msec <= core->now_msec)
		room_command_unhint(core, core->rooms.hints);
	if (room_command_is_hinted(core, &key) ||
	    HASH_COUNT(core->rooms.hints) >= ROOM_HINTS_MAX)
		return false;
	room_command_hinted(core, &key, core->now_msec + ROOM_HINT_MSEC);
	return true;
}

/* Something that is no command. */
static void
room_command_plain(const struct ask *ask)
{
	struct member *member = ask->room == NULL ? NULL :
	    room_member(ask->core, ask->room, ask->from);

	/* He did not wait for the answer to his /join: that is on its way, or
	 * he was no member yet when he said it. */
	if (member != NULL && member->stage == ROOM_LIVE)
		room_speak(ask->core, member, ask->text);
	else if (member != NULL && room_hold(ask->core, member, ask->text))
		return;
	else if (member != NULL)
		ANSWER(ask, "error full: nobody has heard that; say it again "
		    "once you have joined");
	else if (!room_command_may_hint(ask))
		return;
	else if (ask->room == NULL)
		ANSWER(ask, "error usage: say /help to hear what can be "
		    "said here");
	else
		ANSWER(ask, "error not-member: nobody has heard that; say "
		    "/join to join, /help for more");
}

/* ---- commands for rooms ---- */

/* The one who asks as member, or NULL, which was answered. */
static struct member *
room_command_member(const struct ask *ask)
{
	struct member *member;

	member = room_member(ask->core, ask->room, ask->from);
	if (member == NULL)
		ANSWER(ask, "error not-member: say /join to join");
	return member;
}

static void
room_command_answer_join(const struct ask *ask, enum dn_err err)
{
	if (err == DN_OK)
		room_say_joined(ask->core, ask->room, ask->from);
	else if (err == DN_E_EXISTS)
		ANSWER(ask, "error exists: you are a member already");
	else if (err == DN_E_FULL)
		ANSWER(ask, "error full: no more members are taken now; try "
		    "again later");
	else
		ANSWER(ask, "error %s: you cannot join now; try again later",
		    dn_err_code(err));
}

void
room_command_joined(struct core *core, const struct room *room,
    const struct user *user, enum dn_err err)
{
	struct ask ask = {core, room_of_id(core, room->id), room->user,
	    user_find(core, user->number), {"", 0}, {0}};

	room_command_answer_join(&ask, err);
}

/* To be plain is to have no words for a welcome either. */
static enum dn_err
room_command_enter(const struct ask *ask)
{
	enum dn_err err = room_enter(ask->core, ask->room, ask->from,
	    ask->call.is_plain ? ROOM_WELCOME_NONE : ROOM_WELCOME_WORD,
	    dn_str_of(""));

	if (err == DN_OK)
		room_member(ask->core, ask->room, ask->from)->is_plain =
		    ask->call.is_plain;
	return err;
}

static void
room_command_join(const struct ask *ask)
{
	struct core *core = ask->core;

	enum dn_err err = DN_E_OFFLINE;

	if (ask->room->role == IPC_ROLE_ROOM)
		err = room_command_enter(ask);
	else if (room_member(core, ask->room, ask->from) != NULL)
		err = DN_E_EXISTS;
	else if (core->hooks.import_wanted != NULL) {
		core->hooks.import_wanted(core, ask->room, ask->from,
		    IPC_CONN_NONE);
		return;
	}
	if (err != DN_OK)
		room_command_answer_join(ask, err);
}

static void
room_command_leave(const struct ask *ask)
{
	enum dn_err err = room_exit(ask->core, ask->room, ask->from);

	if (err == DN_OK)
		ANSWER(ask, "left; say /join to come back");
	else if (err == DN_E_UNKNOWN)
		ANSWER(ask, "error not-member: you are no member");
	else
		ANSWER(ask, "error %s: you cannot leave now; try again later",
		    dn_err_code(err));
}

/* Those who are here, or those who are not. */
static void
room_command_list(const struct ask *ask, bool is_here)
{
	const struct member *member;
	struct room_list list;

	room_list_begin(&list, ask->core, ask->to, ask->from, is_here ?
	    "members here:" : "members away:");
	DL_FOREACH(ask->room->members, member)
		if ((member->stage != ROOM_AWAY) == is_here)
			room_list_add(&list, is_here ?
			    text_name(member->user->text) :
			    dn_str_of(member->keeper->name));
	room_list_end(&list);
}

static void
room_command_who(const struct ask *ask)
{
	if (room_command_member(ask) == NULL)
		return;
	room_command_list(ask, true);
	room_command_list(ask, false);
}

static void
room_command_history(const struct ask *ask)
{
	uint32_t count = ask->call.count;
	struct member *member = room_command_member(ask);
	enum dn_err err = DN_E_OFFLINE;

	if (member == NULL)
		return;
	if (count == 0)
		count = ask->core->settings.history_replay;
	if (count == 0)
		count = DN_HISTORY_REPLAY_DEFAULT;
	if (ask->room->role == IPC_ROLE_ROOM)
		err = room_history_ask(ask->core, member, count,
		    ask->call.from);
	if (err == DN_E_STATE)
		ANSWER(ask, "error state: wait for what you asked for before");
	else if (err == DN_E_OFFLINE)
		ANSWER(ask, "error offline: what was said in this room is "
		    "kept by its own server");
	else if (err != DN_OK)
		ANSWER(ask, "error %s: too many ask; try again later",
		    dn_err_code(err));
}

static void
room_command_help(const struct ask *ask)
{
	enum room_taker taker = ask->room != NULL ? ROOM_TAKER_ROOM :
	    ROOM_TAKER_SERVICE;
	const struct room_word_row *row;
	unsigned word;

	for (word = 0; word < ROOM_WORD_COUNT; word++) {
		row = room_word_row((enum room_word)word);
		if (row->taker & taker)
			ANSWER(ask, "help /%s%s%s: %s", row->word,
			    *row->arguments != '\0' ? " " : "",
			    row->arguments, row->help);
	}
	if (ask->room != NULL)
		ANSWER(ask, "help //TEXT: say TEXT with a slash before it");
}

/* ---- commands for the service ---- */

static void
room_command_create(const struct ask *ask)
{
	struct dn_str name = room_bare(ask->call.name);
	enum dn_err err = room_create(ask->core, name,
	    text_name(ask->from->text));

	if (err == DN_OK)
		ANSWER(ask, "created #%.*s; say /join to it to join",
		    (int)name.size, name.data);
	else if (err == DN_E_MALFORMED)
		ANSWER(ask, "error malformed: a name is 1 to %d bytes of "
		    "text, without # or blanks at its ends",
		    DN_ROOM_NAME_BYTES_MAX);
	else if (err == DN_E_EXISTS)
		ANSWER(ask, "error exists: there is a room #%.*s",
		    (int)name.size, name.data);
	else
		ANSWER(ask, "error %s: no room can be created now; try again "
		    "later", dn_err_code(err));
}

static void
room_command_rooms(const struct ask *ask)
{
	struct room_names names;
	struct room_list list;
	size_t i;

	room_names_init(&names, ask->core);
	room_list_begin(&list, ask->core, ask->to, ask->from, "rooms:");
	for (i = 0; i < names.count; i++)
		room_list_add(&list, text_name(names.names[i].user->text));
	if (names.count == 0)
		ANSWER(ask, "rooms: none; say /create NAME to have one");
	room_list_end(&list);
	room_names_deinit(&names);
}

/* ---- which command it is ---- */

static void (*const room_command_handlers[ROOM_WORD_COUNT])(
    const struct ask *ask) = {
	[ROOM_WORD_JOIN] = room_command_join,
	[ROOM_WORD_LEAVE] = room_command_leave,
	[ROOM_WORD_WHO] = room_command_who,
	[ROOM_WORD_HISTORY] = room_command_history,
	[ROOM_WORD_CREATE] = room_command_create,
	[ROOM_WORD_LIST] = room_command_rooms,
	[ROOM_WORD_HELP] = room_command_help,
};

static void
room_command_run(struct ask *ask)
{
	const struct room_word_row *row;
	enum dn_err err;

	err = room_parse(&ask->call, ask->room != NULL ? ROOM_TAKER_ROOM :
	    ROOM_TAKER_SERVICE, ask->text);
	row = room_word_row(ask->call.word);
	if (err == DN_OK)
		room_command_handlers[ask->call.word](ask);
	else if (err == DN_E_UNKNOWN)
		ANSWER(ask, "error unknown: there is no such command; say "
		    "/help for those that there are");
	else
		ANSWER(ask, "error usage: /%s %s", row->word, row->arguments);
}

enum dn_err
room_command(struct core *core, const struct event *event)
{
	const struct ipc_command *body = &event->body.command;
	struct ask ask = {.core = core, .room = room_at(core, body->room),
	    .to = user_find(core, body->room),
	    .from = user_find(core, body->user), .text = body->text};

	/* Who has gone meanwhile has nobody to hear an answer. */
	if (ask.to == NULL || ask.from == NULL || !ask.from->shown)
		return DN_OK;
	if (ask.room != NULL ? ask.room->role == IPC_ROLE_USER :
	    ask.to != room_service(core))
		return DN_OK;
	/* Rooms and services never answer one another. */
	if (room_is_sign(ask.from))
		return DN_OK;
	if (body->text.size > 0 && body->text.data[0] == '/' &&
	    !(body->text.size > 1 && body->text.data[1] == '/'))
		room_command_run(&ask);
	else
		room_command_plain(&ask);
	return DN_OK;
}
