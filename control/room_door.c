/* Rooms for clients of doors with verbs for them: see room_door.h. */
#include "room_door.h"

#include <string.h>

#include "down.h"
#include "room_names.h"
#include "room_say.h"

/* What fits into a line, and a record, less a name and what else they hold. */
#define ROOM_DOOR_LIST_BYTES_MAX (DN_LINE_PEER_BYTES_MAX - 4096)

static void
room_door_reply(struct core *core, uint64_t conn, enum dn_verb verb,
    struct dn_str word, bool result)
{
	DOWN_LONG(core, word.size, reply, .conn = conn, .verb = (uint8_t)verb,
	    .result = result, .room = word);
}

void
room_door_joined(struct core *core, uint64_t conn, struct dn_str word,
    bool result)
{
	room_door_reply(core, conn, DN_VERB_JOIN, word, result);
}

/* True if the protocol's own marks are not in 'name'. */
static bool
room_door_is_name(struct dn_str name)
{
	size_t i;

	for (i = 0; i < name.size; i++)
		if (memchr(" @:", name.data[i], 3) != NULL)
			return false;
	return true;
}

static void
room_door_create(struct core *core, const struct session *session,
    const struct ipc_call *body)
{
	struct bytes meant = {0};
	struct dn_str name;
	bool result;

	room_say_meant(&meant, body->room);
	name = (struct dn_str){(const char *)meant.data, meant.size};
	result = session != NULL && name.size > 0 && room_door_is_name(name) &&
	    room_create(core, name, text_name(session->user->text)) == DN_OK;
	room_door_reply(core, body->conn, DN_VERB_CREATE, body->room, result);
	bytes_deinit(&meant);
}

/* True if an import's server has been asked: the answer will come from it. */
static bool
room_door_ask(struct core *core, const struct session *session,
    struct room *room)
{
	if (session == NULL || room == NULL || room->role != IPC_ROLE_IMPORT ||
	    room_member(core, room, session->user) != NULL ||
	    core->hooks.import_wanted == NULL)
		return false;
	core->hooks.import_wanted(core, room, session->user,
	    session->seat.conn);
	return true;
}

/* A room of ours answers for itself, once what was said before is there. */
static void
room_door_join(struct core *core, const struct session *session,
    const struct ipc_call *body)
{
	struct user *home = room_names_find(core, body->room);
	struct room *room = home != NULL ? room_at(core, home->number) : NULL;
	bool is_ours = room != NULL && room->role == IPC_ROLE_ROOM;
	enum dn_err err = DN_E_UNKNOWN;

	if (room_door_ask(core, session, room))
		return;
	if (session == NULL || home == NULL)
		err = DN_E_UNKNOWN;
	else if (room == NULL || room->role == IPC_ROLE_USER)
		err = room_join_remote(core, home, session->user);
	else if (is_ours)
		err = room_enter(core, room, session->user,
		    ROOM_WELCOME_REPLY, body->room);
	if (err != DN_OK || !is_ours)
		room_door_joined(core, body->conn, body->room, err == DN_OK);
}

static void
room_door_list(struct core *core, const struct session *session,
    const struct ipc_call *body)
{
	bool only_joined = core->settings.channels_joined;
	struct room_names names;
	const struct room *room;
	struct bytes text = {0};
	size_t i;

	room_names_init(&names, core);
	for (i = 0; i < names.count; i++) {
		room = room_at(core, names.names[i].user->number);
		if (only_joined && (session == NULL || room == NULL ||
		    room_member(core, room, session->user) == NULL))
			continue;
		if (text.size > ROOM_DOOR_LIST_BYTES_MAX)
			break;
		if (text.size > 0)
			bytes_append(&text, "\n", 1);
		bytes_append(&text, names.names[i].word,
		    strlen(names.names[i].word));
	}
	DOWN_LONG(core, text.size, reply, .conn = body->conn,
	    .verb = DN_VERB_CHANNELS, .result = 1,
	    .text = {(const char *)text.data, text.size});
	bytes_deinit(&text);
	room_names_deinit(&names);
}

enum dn_err
room_door_call(struct core *core, const struct event *event)
{
	const struct ipc_call *body = &event->body.call;
	const struct session *session = session_find(core, body->conn);

	if (body->verb == DN_VERB_CREATE)
		room_door_create(core, session, body);
	else if (body->verb == DN_VERB_JOIN)
		room_door_join(core, session, body);
	else if (body->verb == DN_VERB_CHANNELS)
		room_door_list(core, session, body);
	return DN_OK;
}
