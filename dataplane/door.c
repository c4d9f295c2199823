/*
 * What is said in rooms through doors that write names.
 */
#include "door.h"

#include <stdlib.h>
#include <string.h>

#include "door_names.h"
#include "plane.h"
#include "plane_room.h"
#include "room.h"
#include "spell.h"
#include "utf8.h"

static struct dn_str
door_federation(const struct plane *plane)
{
	return dn_str_of(plane->federation);
}

/* What the server 'conn' is called, or empty. */
static struct dn_str
door_host(const struct conn *conn)
{
	return dn_str_of(conn->host);
}

void
door_learn(struct plane *plane, const struct ipc_show *show)
{
	struct conn *conn = plane_conn(plane, show->conn);
	const char *at;

	if (conn == NULL || conn->state != CONN_LINK || conn->host != NULL ||
	    !conn->codec->wants_names || show->name.size == 0)
		return;
	if (show->role == IPC_ROLE_IMPORT)
		at = memchr(show->name.data, ':', show->name.size);
	else
		at = memrchr(show->name.data, '@', show->name.size);
	if (at != NULL)
		conn->host = strndup(at + 1, show->name.size -
		    (size_t)(at + 1 - show->name.data));
}

/* ---- what is told ---- */

/* Writes the user 'name' as a server reads him, for whom ours have a host. */
static struct dn_str
door_far_word(const struct plane *plane, struct dn_wr *wr, struct dn_str name)
{
	size_t start = wr->at;

	(void)spell_name(wr, name, "");
	if (!door_has_host(name) && plane->federation[0] != '\0') {
		dn_wr_bytes(wr, "@", 1);
		(void)spell_name(wr, door_federation(plane), "");
	}
	return (struct dn_str){(const char *)wr->data + start,
	    wr->at - start};
}

/* The names in 'said', what a room says, become words in 'wr'. */
static void
door_word_send(const struct plane *plane, enum codec_audience audience,
    struct dn_msg *said, struct dn_wr *wr)
{
	const struct table_entry *room = table_find(plane->table, said->from);

	if (room != NULL && door_is_room(room))
		said->room = door_room_word(plane->table, room, wr);
	else
		said->room = spell_name(wr, said->room, "");
	said->name = spell_name(wr, said->name, "");
	said->author = audience == AUDIENCE_PEER ?
	    door_far_word(plane, wr, said->author) :
	    spell_name(wr, said->author, "");
}

/* The same for what one of us says in a room of theirs, whose host they are
 * themselves. */
static void
door_word_say(const struct plane *plane, struct dn_msg *said,
    struct dn_wr *wr)
{
	const char *colon = memchr(said->room.data, ':', said->room.size);

	if (colon != NULL)
		said->room.size = (size_t)(colon - said->room.data);
	said->room = spell_name(wr, said->room, "");
	said->name = door_far_word(plane, wr, said->name);
}

/* door_frame() where there are names to be made words. */
static enum dn_err
door_frame_words(struct plane *plane, const struct codec *codec,
    enum codec_audience audience, const struct dn_msg *msg,
    struct frame *frame)
{
	unsigned char words[4 * DOOR_WORD_BYTES_MAX];
	struct dn_wr wr = dn_wr_of(words, sizeof(words));
	struct dn_msg said = *msg;

	if (msg->kind == DN_KIND_SEND)
		door_word_send(plane, audience, &said, &wr);
	else
		door_word_say(plane, &said, &wr);
	return codec_frame(codec, &plane->arena, audience, &said, frame);
}

enum dn_err
door_frame(struct plane *plane, const struct codec *codec,
    enum codec_audience audience, const struct dn_msg *msg,
    struct frame *frame)
{
	if (codec->wants_names && msg->room.size > 0 &&
	    (msg->kind == DN_KIND_SEND || msg->kind == DN_KIND_SAY))
		return door_frame_words(plane, codec, audience, msg, frame);
	return codec_frame(codec, &plane->arena, audience, msg, frame);
}

/* 'author' is told over 'conn' what he has said in 'room' himself. */
static void
door_echo(struct conn *conn, const struct table_entry *room,
    const struct table_entry *author, struct dn_str text)
{
	struct dn_msg echo = {.kind = DN_KIND_SEND, .from = room->number,
	    .to = author->number, .name = table_name(author),
	    .author = table_name(author), .room = table_name(room),
	    .text = text};

	conn_say(conn, &echo);
}

/* ---- clients say ---- */

/* True if the client 'conn' may say 'text' in 'room', and has said it. */
static bool
door_is_said(struct conn *conn, struct table_entry *room, struct dn_str text)
{
	struct plane *plane = conn->plane;
	const struct table_entry *author = table_find(plane->table,
	    conn->user);

	if (room == NULL || author == NULL || utf8_has_control(text, true) ||
	    text.size > plane->text_bytes_max ||
	    !plane_speak(plane, room, author, text))
		return false;
	plane->counters[IPC_COUNTER_sends_local]++;
	/* A server's room tells him as all others. */
	if (room->role != IPC_ROLE_IMPORT)
		door_echo(conn, room, author, text);
	return true;
}

void
door_say(struct conn *conn, const struct dn_msg *msg)
{
	static const struct dn_msg refused = {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_SAY};
	struct table_entry *room = conn->state == CONN_CLIENT ?
	    door_room_find(conn->plane->table, msg->room) : NULL;

	if (!door_is_said(conn, room, msg->text))
		conn_say(conn, &refused);
}

/* ---- servers say ---- */

/* True if rooms can pass 'text' on: it may hold what is none of our users'
 * to say, but nothing that ends a line. */
static bool
door_is_text(struct dn_str text)
{
	return text.size <= DN_TEXT_PEER_BYTES_MAX &&
	    memchr(text.data, '\r', text.size) == NULL;
}

void
door_fedsay(struct conn *conn, const struct dn_msg *msg)
{
	struct plane *plane = conn->plane;
	struct table_entry *room = door_room_ours(plane->table, msg->room,
	    door_federation(plane));
	struct table_entry *author = door_import(plane->table, conn->id,
	    door_host(conn), msg->name, false);
	struct dn_msg refused = {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_FEDRESULT, .about = DN_VERB_SAY,
	    .name = msg->name, .room = msg->room};

	if (room != NULL && author != NULL && door_is_text(msg->text) &&
	    plane_speak(plane, room, author, msg->text))
		door_echo(conn, room, author, msg->text);
	else
		conn_say(conn, &refused);
}

/* The member of 'room' who is called 'name', or NULL. */
static struct table_entry *
door_member(const struct plane *plane, const struct table_entry *room,
    struct dn_str name)
{
	struct table_entry *entry = NULL;

	while ((entry = table_named(plane->table, name, entry)) != NULL)
		if (room_membership(room->room, entry->number) !=
		    IPC_MEMBER_GONE)
			break;
	return entry;
}

/* The member of 'room' whom a server calls 'word', with or without our
 * host. */
static struct table_entry *
door_member_word(const struct plane *plane, const struct table_entry *room,
    struct dn_str word)
{
	unsigned char bytes[DOOR_WORD_BYTES_MAX];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct table_entry *entry;
	struct dn_str name;

	if (!spell_read(&wr, word, &name))
		return NULL;
	entry = door_member(plane, room, name);
	if (entry == NULL && door_cut_host(&name, door_federation(plane)))
		entry = door_member(plane, room, name);
	return entry;
}

/* Writes the author of 'msg' to 'wr', which is empty, as we call him: ours as they are, others
 * with their host. Empty if that is no name. */
static struct dn_str
door_author(const struct conn *conn, const struct dn_msg *msg,
    struct dn_wr *wr)
{
	struct dn_str author, host = door_host(conn);

	if (!spell_read(wr, msg->author, &author))
		return (struct dn_str){NULL, 0};
	if (door_cut_host(&author, door_federation(conn->plane)))
		return author;
	/* One without a host is theirs, but for who hears himself. */
	if (!door_cut_host(&author, host) && (door_has_host(author) ||
	    host.size == 0 || dn_str_eq(msg->author, msg->name)))
		return author;
	wr->at = author.size;
	dn_wr_bytes(wr, "@", 1);
	dn_wr_bytes(wr, host.data, host.size);
	author.size += 1 + host.size;
	return author;
}

void
door_fedrecv(struct conn *conn, const struct dn_msg *msg)
{
	struct plane *plane = conn->plane;
	unsigned char bytes[DOOR_WORD_BYTES_MAX];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct dn_str author = door_author(conn, msg, &wr);
	struct table_entry *member = NULL, *room;

	room = door_import(plane->table, conn->id, door_host(conn),
	    msg->room, true);
	if (room != NULL)
		member = door_member_word(plane, room, msg->name);
	if (member == NULL || wr.failed || author.size == 0 ||
	    !door_is_text(msg->text) ||
	    !plane_relate(plane, room, member, author, msg->text))
		plane->counters[IPC_COUNTER_unknown_dropped]++;
}
