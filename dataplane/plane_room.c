/*
 * Rooms. What a member says goes to all others: those who are here share one
 * frame and one new number, under which each of them may acknowledge it; every
 * other one gets a SEND of his own. relay.c knows to whom a receipt goes.
 *
 * What is said is put together in the plane's scratch: nothing is written
 * before the turn ends.
 */
#include "plane_room.h"

#include "plane.h"
#include "room.h"
#include "said.h"
#include "utf8.h"

/* What is being said in a room. */
struct plane_speech {
	struct table_entry *room;
	struct relay_origin origin; /* number 0: nobody wants a receipt */
	struct dn_msg msg;          /* number 0 until somebody needs one */
	struct dn_msg named;        /* for protocols that write names */
	struct plane_bodies bodies; /* for those who are here */
};

uint64_t
plane_number(struct plane *plane)
{
	uint64_t number;

	do {
		number = (uint64_t)plane->ops->random(plane) << 32 |
		    plane->ops->random(plane);
		number = number >> 11;
	} while (number == 0 || number > DN_NUMBER_ASSIGNED_MAX ||
	    msgtable_is_used(plane->msgtable, number, plane->now_msec));
	return number;
}

bool
plane_is_automat(const struct table_entry *entry)
{
	return entry->role != IPC_ROLE_USER || table_is_room(entry);
}

/* ---- names ---- */

/* A room's name as doors write it, empty if 'entry' is no room. */
static struct dn_str
plane_room_name(const struct table_entry *entry)
{
	struct dn_str name = table_name(entry);

	if (!table_is_room(entry))
		return (struct dn_str){NULL, 0};
	return (struct dn_str){name.data + 1, name.size - 1};
}

/* "AUTHOR: TEXT", in the plane's scratch. Of peers both may be so long that
 * no peer would take it: then the end is cut off. */
static struct dn_str
plane_compose(struct plane *plane, struct dn_str author, struct dn_str text)
{
	struct dn_wr wr = dn_wr_of(plane->scratch, PLANE_SCRATCH_BYTES);
	struct dn_str said = {(const char *)plane->scratch, 0};

	said_put(&wr, author, text);
	said.size = wr.at;
	if (said.size > DN_TEXT_PEER_BYTES_MAX)
		said.size = utf8_clip(said, DN_TEXT_PEER_BYTES_MAX);
	return said;
}

void
plane_say_named(struct plane *plane, struct conn *conn,
    const struct dn_msg *msg)
{
	const struct table_entry *from = table_find(plane->table, msg->from);
	const struct table_entry *to = table_find(plane->table, msg->to);
	unsigned char author[DN_NAME_BYTES_MAX];
	struct dn_wr wr = dn_wr_of(author, sizeof(author));
	struct dn_msg named = *msg;

	if (msg->kind != DN_KIND_SEND || from == NULL || to == NULL)
		return;
	named.name = table_name(to);
	named.author = table_name(from);
	named.room = plane_room_name(from);
	if (named.room.size > 0) {
		/* What nobody has said there are no words for. */
		if (!said_get(&wr, msg->text, &named.text))
			return;
		named.author = (struct dn_str){(char *)author, wr.at};
	}
	conn_say(conn, &named);
}

/* ---- up ---- */

/* True if 'size' bytes more may wait for dncontrol; else they are counted. */
static bool
plane_may_copy(struct plane *plane, size_t size, enum ipc_counter counter)
{
	if (plane->copy_bytes + IPC_HEADER_BYTES + size <= DN_COPY_BYTES_MAX)
		return true;
	plane->counters[counter]++;
	return false;
}

static void
plane_command(struct plane *plane, const struct dn_msg *msg)
{
	struct ipc_command body = {msg->to, msg->from, msg->text};

	if (!plane_may_copy(plane, ipc_size_command(&body),
	    IPC_COUNTER_commands_dropped))
		return;
	plane->counters[IPC_COUNTER_commands]++;
	plane->copy_bytes += UPLINK_PUT(&plane->uplink, PLANE_CONN_COPY,
	    command, &body);
}

static void
plane_copy(struct plane *plane, const struct table_entry *room,
    const struct table_entry *author, struct dn_str text)
{
	struct ipc_copy body = {room->number, author->number,
	    table_name(author), text};

	if (plane_may_copy(plane, ipc_size_copy(&body),
	    IPC_COUNTER_copies_dropped))
		plane->copy_bytes += UPLINK_PUT(&plane->uplink,
		    PLANE_CONN_COPY, copy, &body);
}

/* ---- what is said ---- */

/* The connection of 'member', if he is a client of ours who can be told at
 * once, or NULL. */
static struct conn *
plane_client_of(const struct plane *plane, const struct table_entry *member)
{
	struct conn *conn = plane_conn(plane, member->conn);

	return conn != NULL && conn->state == CONN_CLIENT &&
	    member->state == IPC_FORWARD ? conn : NULL;
}

/* True if 'member' is where there are no receipts. */
static bool
plane_is_mute(const struct plane *plane, const struct table_entry *member)
{
	const struct conn *conn = plane_conn(plane, member->conn);

	return conn != NULL && conn->codec->wants_names &&
	    member->state == IPC_FORWARD;
}

void
plane_pass(struct plane *plane, struct table_entry *member,
    const struct dn_msg *msg, const struct relay_origin *origin)
{
	struct dn_msg own = *msg;

	own.to = member->number;
	if (plane_client_of(plane, member) == NULL &&
	    !plane_is_mute(plane, member)) {
		own.number = plane_number(plane);
		/* Without memory only receipts are lost. */
		(void)msgtable_send(plane->msgtable, own.number, own.from,
		    own.to, plane->now_msec);
		if (origin->number != 0)
			(void)relay_put(plane->relay, own.number, own.to,
			    origin, plane->now_msec);
	}
	plane_deliver(plane, member, &own);
}

/* Gives 'speech' the number that those who are here see. */
static void
plane_speech_number(struct plane *plane, struct plane_speech *speech)
{
	if (speech->msg.number != 0)
		return;
	speech->msg.number = speech->named.number = plane_number(plane);
	(void)msgtable_send_room(plane->msgtable, speech->msg.number,
	    speech->room->number, plane->now_msec);
	if (speech->origin.number != 0)
		(void)relay_put(plane->relay, speech->msg.number, 0,
		    &speech->origin, plane->now_msec);
}

static void
plane_speech_tell(struct plane *plane, struct plane_speech *speech,
    struct table_entry *member)
{
	struct conn *conn = plane_client_of(plane, member);

	if (conn == NULL) {
		plane_pass(plane, member, &speech->msg, &speech->origin);
		return;
	}
	if (!conn->codec->wants_names)
		plane_speech_number(plane, speech);
	plane_send_body(plane, &speech->bodies, AUDIENCE_CLIENT, conn,
	    conn->codec->wants_names ? &speech->named : &speech->msg);
}

/* Keeps it for those who are joining. */
static void
plane_speech_keep(struct plane *plane, struct plane_speech *speech)
{
	struct room *room = speech->room->room;
	struct room_line line = {
		.author = speech->origin.author,
		.said = speech->origin.number,
		.text = speech->msg.text,
	};

	if (room->joining == 0)
		return;
	plane_speech_number(plane, speech);
	line.number = speech->msg.number;
	if (plane->joining_bytes >= DN_JOINING_TOTAL_BYTES_MAX) {
		plane->counters[IPC_COUNTER_joining_dropped]++;
		return;
	}
	plane->joining_bytes -= room->line_bytes;
	plane->counters[IPC_COUNTER_joining_dropped] += room_keep(room, &line);
	plane->joining_bytes += room->line_bytes;
}

/* 'author', a member of 'room', which is ours, has said 'text' as 'number', or
 * 0 if he can't be told who has received it. */
static void
plane_fan_out(struct plane *plane, struct table_entry *room,
    const struct table_entry *author, uint64_t number, struct dn_str text)
{
	struct plane_speech speech = {
		.room = room,
		.origin = {author->number, number},
		.msg = {.kind = DN_KIND_SEND, .from = room->number},
	};
	const struct room_member *members = room->room->members;
	struct table_entry *member;
	uint32_t i;

	speech.named = speech.msg;
	speech.named.room = plane_room_name(room);
	speech.named.author = table_name(author);
	speech.named.text = text;
	speech.msg.text = plane_compose(plane, table_name(author), text);
	plane_speech_keep(plane, &speech);
	for (i = 0; i < room->room->count; i++) {
		if (members[i].since != 0 ||
		    members[i].user == author->number)
			continue;
		member = table_find(plane->table, members[i].user);
		if (member != NULL)
			plane_speech_tell(plane, &speech, member);
	}
	plane_bodies_release(&speech.bodies);
	plane->counters[IPC_COUNTER_room_sends]++;
	plane_copy(plane, room, author, text);
}

/* The same for a room of a server behind a door. */
static void
plane_hand_over(struct plane *plane, const struct table_entry *room,
    const struct table_entry *author, struct dn_str text)
{
	struct conn *conn = plane_conn(plane, room->conn);
	struct dn_msg say = {
		.kind = DN_KIND_SAY,
		.to = room->number,
		.name = table_name(author),
		.room = plane_room_name(room),
		.text = text,
	};

	if (conn == NULL || conn->state != CONN_LINK) {
		plane->counters[IPC_COUNTER_room_dropped]++;
	} else if (conn_is_congested(conn)) {
		plane->counters[IPC_COUNTER_congested_dropped]++;
	} else {
		plane->counters[IPC_COUNTER_room_sends]++;
		conn_say(conn, &say);
	}
}

static void
plane_utter(struct plane *plane, struct table_entry *room,
    const struct table_entry *author, uint64_t number, struct dn_str text)
{
	if (room->role == IPC_ROLE_ROOM)
		plane_fan_out(plane, room, author, number, text);
	else
		plane_hand_over(plane, room, author, text);
}

/* ---- what comes to a room ---- */

static bool
plane_is_command(const struct table_entry *entry, const struct dn_msg *msg)
{
	struct dn_str text = msg->text;

	return entry->role == IPC_ROLE_SERVICE ||
	    room_membership(entry->room, msg->from) != IPC_MEMBER_LIVE ||
	    (text.size > 0 && text.data[0] == '/' &&
	    (text.size == 1 || text.data[1] != '/'));
}

static void
plane_room_send(struct plane *plane, struct table_entry *entry,
    const struct dn_msg *msg)
{
	const struct table_entry *author = table_find(plane->table,
	    msg->from);
	struct dn_str text = msg->text;

	if (author == NULL) {
		plane->counters[IPC_COUNTER_unknown_dropped]++;
	} else if (plane_is_automat(author)) {
		plane->counters[IPC_COUNTER_room_dropped]++;
	} else if (plane_is_command(entry, msg)) {
		plane_command(plane, msg);
	} else {
		if (text.size > 0 && text.data[0] == '/')
			text = (struct dn_str){text.data + 1, text.size - 1};
		plane_utter(plane, entry, author, msg->number, text);
	}
}

/* Somebody has received what a room passed on: its author is told. */
static void
plane_room_ackn(struct plane *plane, const struct dn_msg *msg)
{
	struct dn_msg ackn = {.kind = DN_KIND_ACKN, .from = msg->from};
	struct relay_origin origin;
	struct table_entry *author;

	/* Of what rooms and services say themselves nobody wants to know. */
	if (!relay_acknowledge(plane->relay, msg->number, msg->from,
	    plane->now_msec, &origin))
		return;
	author = table_find(plane->table, origin.author);
	if (author == NULL) {
		plane->counters[IPC_COUNTER_unknown_dropped]++;
		return;
	}
	ackn.number = origin.number;
	ackn.to = origin.author;
	msgtable_ackn(plane->msgtable, ackn.number, ackn.from, ackn.to,
	    plane->now_msec);
	plane_deliver(plane, author, &ackn);
}

void
plane_room_take(struct plane *plane, struct table_entry *entry,
    const struct dn_msg *msg)
{
	if (msg->kind == DN_KIND_ACKN)
		plane_room_ackn(plane, msg);
	else if (entry->state == IPC_HOLD)
		plane->counters[IPC_COUNTER_held_dropped] +=
		    held_push(&plane->held, entry, msg);
	else
		plane_room_send(plane, entry, msg);
}

/* ---- what doors and dncontrol say ---- */

/* A SEND to 'to' in the name of 'from', who did not number it: what he says in
 * a room of ours he gets no receipts for. */
static void
plane_send_as(struct plane *plane, uint64_t from, struct table_entry *to,
    struct dn_str text)
{
	struct dn_msg msg = {
		.kind = DN_KIND_SEND,
		.from = from,
		.to = to->number,
		.text = text,
	};

	if (to->role == IPC_ROLE_USER) {
		msg.number = plane_number(plane);
		(void)msgtable_send(plane->msgtable, msg.number, from,
		    to->number, plane->now_msec);
	}
	plane_deliver(plane, to, &msg);
}

void
plane_say(struct plane *plane, const struct ipc_say *say)
{
	const struct table_entry *from = table_find(plane->table, say->from);
	struct table_entry *to = table_find(plane->table, say->to);
	struct dn_str text = say->text;

	if (text.size > DN_TEXT_PEER_BYTES_MAX)
		text.size = utf8_clip(text, DN_TEXT_PEER_BYTES_MAX);
	/* Either may have gone meanwhile. */
	if (from == NULL || to == NULL)
		plane->counters[IPC_COUNTER_unknown_dropped]++;
	else
		plane_send_as(plane, say->from, to, text);
}

bool
plane_speak(struct plane *plane, struct table_entry *room,
    const struct table_entry *author, struct dn_str text)
{
	struct dn_wr wr = dn_wr_of(plane->scratch, PLANE_SCRATCH_BYTES);

	if (room_membership(room->room, author->number) != IPC_MEMBER_LIVE)
		return false;
	if (room->role != IPC_ROLE_USER) {
		plane_utter(plane, room, author, 0, text);
		return true;
	}
	if (text.size > 0 && text.data[0] == '/')
		dn_wr_bytes(&wr, "/", 1);
	if (text.size >= DN_TEXT_PEER_BYTES_MAX)
		text.size = utf8_clip(text, DN_TEXT_PEER_BYTES_MAX - 1);
	dn_wr_bytes(&wr, text.data, text.size);
	plane_send_as(plane, author->number, room,
	    (struct dn_str){(const char *)plane->scratch, wr.at});
	return true;
}

bool
plane_relate(struct plane *plane, struct table_entry *room,
    struct table_entry *member, struct dn_str author, struct dn_str text)
{
	const struct conn *conn = plane_conn(plane, member->conn);

	if (room_membership(room->room, member->number) == IPC_MEMBER_GONE)
		return false;
	if (dn_str_eq(author, table_name(member)) && (conn == NULL ||
	    !conn->codec->wants_names))
		return true;
	plane_send_as(plane, room->number, member,
	    plane_compose(plane, author, text));
	return true;
}
