/*
 * What doors ask dncontrol beside AUTH, and its answers. A client waits, for
 * DN_PUNT_MSEC at most; a server's calls go up without waiting.
 */
#include "conn.h"

#include <stdlib.h>

#include "dnchat/log.h"
#include "door.h"
#include "plane.h"
#include "spell.h"

/* No room of a client's call has a longer name, spelled, with its host. */
#define CONN_CALL_WORD_BYTES_MAX 1024

/* ---- clients ---- */

/* The answer "it could not be" to the call of 'verb' about 'room'. */
static void
conn_call_refuse(struct conn *conn, enum dn_verb verb, struct dn_str room)
{
	struct dn_msg reply = {.kind = DN_KIND_REPLY, .verb = verb,
	    .room = room};

	conn_say(conn, &reply);
}

/* True if dncontrol may be asked: if not, the answer is known. */
static bool
conn_call_is_due(const struct conn *conn, const struct dn_msg *msg)
{
	bool is_for_users = msg->verb == DN_VERB_CREATE ||
	    msg->verb == DN_VERB_JOIN;

	return (conn->state == CONN_CLIENT || !is_for_users) &&
	    msg->name.size <= SPELL_BYTES(DN_NAME_BYTES_MAX) &&
	    msg->room.size <= CONN_CALL_WORD_BYTES_MAX &&
	    msg->secret.size <= DN_SECRET_BYTES_MAX &&
	    !conn_is_crowded(conn->plane);
}

static void
conn_call_client(struct conn *conn, const struct dn_msg *msg)
{
	unsigned char bytes[SPELL_BYTES(DN_NAME_BYTES_MAX)];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct ipc_call body = {.conn = conn->id, .verb = (uint8_t)msg->verb,
	    .secret = msg->secret, .room = msg->room};

	if (msg->verb == DN_VERB_REGISTER)
		body.text = dn_str_of(conn->source);
	if (!conn_call_is_due(conn, msg) ||
	    !spell_read(&wr, msg->name, &body.name)) {
		conn_call_refuse(conn, msg->verb, msg->room);
		return;
	}
	UPLINK_PUT(&conn->plane->uplink, IPC_CONN_NONE, call, &body);
	conn->is_calling = true;
	conn->call = (uint8_t)msg->verb;
	conn_part_keep(conn, msg->room.data, msg->room.size);
	conn_hold(conn);
}

/* What 'conn' wrote as the room of its call; valid until it is answered. */
static struct dn_str
conn_call_room(const struct conn *conn)
{
	if (conn->part == NULL)
		return (struct dn_str){NULL, 0};
	return (struct dn_str){(const char *)conn->part->data,
	    conn->part->size};
}

static void
conn_call_end(struct conn *conn)
{
	conn->is_calling = false;
	conn_unhold(conn);
}

void
conn_call_fail(struct conn *conn)
{
	conn_call_refuse(conn, (enum dn_verb)conn->call,
	    conn_call_room(conn));
	conn_call_end(conn);
}

/* ---- servers ---- */

static void
conn_call_link(struct conn *conn, const struct dn_msg *msg)
{
	size_t size = msg->name.size + msg->room.size + msg->text.size;
	unsigned char *bytes = malloc(size + 1);
	struct dn_wr wr = dn_wr_of(bytes, size);
	struct ipc_call body = {.conn = conn->id, .verb = (uint8_t)msg->verb,
	    .about = (uint8_t)msg->about, .result = msg->result};

	door_hear_host(conn, msg);
	if (bytes == NULL || !spell_read(&wr, msg->name, &body.name) ||
	    !spell_read(&wr, msg->room, &body.room)) {
		conn->plane->counters[IPC_COUNTER_unknown_dropped]++;
	} else {
		body.text = spell_read_names(&wr, msg->text);
		PLANE_PUT(conn->plane, conn, call, &body);
	}
	free(bytes);
}

void
conn_call(struct conn *conn, const struct dn_msg *msg)
{
	if (conn->state == CONN_LINK)
		conn_call_link(conn, msg);
	else
		conn_call_client(conn, msg);
}

/* ---- answers ---- */

/* True if 'conn' is to be told 'reply'. */
static bool
conn_reply_is_due(const struct conn *conn, const struct ipc_reply *reply)
{
	if (conn->state == CONN_LINK)
		return reply->verb >= DN_VERB_CONFIRM;
	/* What could not be said comes late. */
	if (reply->verb == DN_VERB_SAY)
		return conn->state == CONN_CLIENT;
	return conn->is_calling && conn->call == reply->verb;
}

/* Tells a server 'reply', whose names become words in the room of 'wr'. */
static void
conn_reply_link(struct conn *conn, const struct ipc_reply *reply,
    struct dn_wr *wr)
{
	struct dn_msg msg = {.kind = DN_KIND_REPLY,
	    .verb = (enum dn_verb)reply->verb,
	    .about = (enum dn_verb)reply->about,
	    .result = reply->result != 0};

	msg.name = reply->verb == DN_VERB_FEDJOIN ?
	    door_far_user(conn, wr, reply->name) :
	    spell_name(wr, reply->name, "");
	msg.room = reply->verb == DN_VERB_FEDRESULT ?
	    door_far_room(conn, wr, reply->room) :
	    spell_name(wr, reply->room, "");
	msg.text = spell_names(wr, reply->text);
	conn_say(conn, &msg);
}

/* Tells a client 'reply'; the room is what it has asked for. */
static void
conn_reply_client(struct conn *conn, const struct ipc_reply *reply)
{
	struct dn_msg msg = {.kind = DN_KIND_REPLY,
	    .verb = (enum dn_verb)reply->verb,
	    .result = reply->result != 0,
	    .room = conn_call_room(conn),
	    .text = reply->text};

	conn_say(conn, &msg);
	if (reply->verb != DN_VERB_SAY)
		conn_call_end(conn);
}

void
conn_reply(struct conn *conn, const struct ipc_reply *reply)
{
	size_t size = SPELL_BYTES(reply->name.size + reply->room.size +
	    reply->text.size) + DOOR_HOST_BYTES_MAX;
	unsigned char *bytes;
	struct dn_wr wr;

	if (!conn_reply_is_due(conn, reply))
		return;
	if (conn->state != CONN_LINK) {
		conn_reply_client(conn, reply);
		return;
	}
	bytes = malloc(size + 1);
	if (bytes == NULL) {
		conn_cut(conn, WS_CLOSE_LATER, "out of memory");
		return;
	}
	wr = dn_wr_of(bytes, size);
	conn_reply_link(conn, reply, &wr);
	free(bytes);
}
