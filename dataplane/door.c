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

/* What the server 'conn' knows us as: what the configuration says, else our
 * address, with the port where we are dialled. */
static struct dn_str
door_federation(const struct conn *conn)
{
	if (conn == NULL)
		return dn_str_of("");
	if (conn->plane->federation[0] != '\0')
		return dn_str_of(conn->plane->federation);
	return dn_str_of(conn->near);
}

/* What the server 'conn' is called, or empty. */
static struct dn_str
door_host(const struct conn *conn)
{
	return dn_str_of(conn->host);
}

/* The host behind 'mark' in 'word', or empty: a channel's is behind the first
 * ':', a user's behind the last '@'. */
static struct dn_str
door_host_of(struct dn_str word, char mark)
{
	const char *at = word.size == 0 ? NULL : mark == '@' ?
	    memrchr(word.data, mark, word.size) :
	    memchr(word.data, mark, word.size);

	if (at == NULL)
		return (struct dn_str){"", 0};
	return (struct dn_str){at + 1,
	    word.size - (size_t)(at + 1 - word.data)};
}

void
door_learn(struct plane *plane, const struct table_entry *entry)
{
	struct conn *conn = plane_conn(plane, entry->conn);
	struct dn_str host, name = table_name(entry);

	if (conn == NULL || conn->state != CONN_LINK ||
	    !conn->codec->wants_names)
		return;
	host = door_host_of(name, entry->role == IPC_ROLE_IMPORT ? ':' : '@');
	/* Once it is known who it is, it may be called another way. */
	if (host.size == 0 || dn_str_eq(host, door_host(conn)))
		return;
	free(conn->host);
	conn->host = strndup(host.data, host.size);
}

/* ---- what is told ---- */

/* Writes 'name' and, unless it has one, our host behind 'mark'. */
static struct dn_str
door_far_word(const struct conn *conn, struct dn_wr *wr, struct dn_str name,
    char mark)
{
	struct dn_str host = door_federation(conn);
	size_t start = wr->at;

	(void)spell_name(wr, name, "");
	if (host.size > 0 && (name.size == 0 ||
	    memchr(name.data, mark, name.size) == NULL)) {
		dn_wr_bytes(wr, &mark, 1);
		(void)spell_name(wr, host, "");
	}
	return (struct dn_str){(const char *)wr->data + start,
	    wr->at - start};
}

struct dn_str
door_far_user(const struct conn *conn, struct dn_wr *wr, struct dn_str name)
{
	return door_far_word(conn, wr, name, '@');
}

struct dn_str
door_far_room(const struct conn *conn, struct dn_wr *wr, struct dn_str name)
{
	return door_far_word(conn, wr, name, ':');
}

/* The connection that leads to 'user', or NULL. */
static const struct conn *
door_way(const struct plane *plane, uint64_t user)
{
	const struct table_entry *entry = table_find(plane->table, user);

	return entry != NULL ? plane_conn(plane, entry->conn) : NULL;
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
	    door_far_user(door_way(plane, said->to), wr, said->author) :
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
	said->name = door_far_user(door_way(plane, said->to), wr, said->name);
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
	bool is_answer = msg->kind == DN_KIND_OKAY ||
	    msg->kind == DN_KIND_FAIL;

	if (codec->wants_names && msg->room.size > 0 &&
	    (msg->kind == DN_KIND_SEND || msg->kind == DN_KIND_SAY))
		return door_frame_words(plane, codec, audience, msg, frame);
	return codec_frame(codec, is_answer ? &plane->answers : &plane->arena,
	    audience, msg, frame);
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

/* True if a server that writes 'host' means us: that is any where nothing says
 * what we are called, as each knows us by what it dials. */
static bool
door_is_us(const struct plane *plane, struct dn_str host)
{
	struct dn_str ours = dn_str_of(plane->federation);
	struct dn_str bare = plane_address(ours);

	return ours.size == 0 || (host.size == ours.size &&
	    strncasecmp(host.data, ours.data, ours.size) == 0) ||
	    (host.size == bare.size &&
	    strncasecmp(host.data, bare.data, bare.size) == 0);
}

/* True if 'host' has no port, or that of 'source'. */
static bool
door_port_is(struct dn_str host, struct dn_str source)
{
	struct dn_str port = door_host_of(host, ':');
	const char *colon = memrchr(source.data, ':', source.size);

	return port.size == 0 || (colon != NULL && dn_str_eq(port,
	    (struct dn_str){colon + 1, source.size -
	    (size_t)(colon + 1 - source.data)}));
}

/* What an address of the machine itself is called everywhere. */
static bool
door_is_localhost(struct dn_str host)
{
	static const char name[] = "localhost";

	return host.size == sizeof(name) - 1 &&
	    strncasecmp(host.data, name, host.size) == 0;
}

/* True if the server 'conn' can be called 'host': as we do, or by its address,
 * with a port or without; capitals do not count. */
static bool
door_is_host(const struct conn *conn, struct dn_str host)
{
	const struct dn_str names[] = {door_host(conn),
	    plane_address(door_host(conn)), dn_str_of(conn->source),
	    plane_address(dn_str_of(conn->source))};
	struct dn_str address = plane_address(host);
	size_t i;

	if (door_is_localhost(address) && plane_is_local(names[2]) &&
	    (!conn->is_dialled || door_port_is(host, names[2])))
		return true;
	/* The port of one that dialled us tells nothing. */
	if (!conn->is_dialled && dn_str_eq(address, names[3]))
		return true;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (host.size > 0 && host.size == names[i].size &&
		    strncasecmp(host.data, names[i].data, host.size) == 0)
			return true;
	return false;
}

void
door_hear_host(struct conn *conn, const struct dn_msg *msg)
{
	struct dn_str host;

	if (conn->said_host != NULL || (msg->verb != DN_VERB_FEDJOIN &&
	    msg->verb != DN_VERB_FEDRESULT))
		return;
	host = msg->verb == DN_VERB_FEDJOIN ? door_host_of(msg->name, '@') :
	    door_host_of(msg->room, ':');
	/* Where it has dialled from is not where it listens. */
	if (plane_address(host).size < host.size &&
	    door_is_host(conn, host) &&
	    (conn->is_dialled || !dn_str_eq(host, dn_str_of(conn->source))))
		conn->said_host = strndup(host.data, host.size);
}

/* 'word', of a user or room of the server 'conn', without its host behind
 * 'mark'; another's stays. */
static struct dn_str
door_near_word(const struct conn *conn, struct dn_str word, char mark)
{
	struct dn_str host = door_host_of(word, mark);

	if (host.size > 0 && door_is_host(conn, host))
		word.size -= host.size + 1;
	return word;
}

void
door_fedsay(struct conn *conn, const struct dn_msg *msg)
{
	struct plane *plane = conn->plane;
	struct dn_str host = door_host_of(msg->room, ':');
	struct table_entry *room = door_room_ours(plane->table, msg->room,
	    door_is_us(plane, host) ? host : door_federation(conn));
	struct table_entry *author = door_import(plane->table, conn->id,
	    door_host(conn), door_near_word(conn, msg->name, '@'), false);
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

/* The member of 'room' whom a server calls 'word', with our host or without. */
static struct table_entry *
door_member_word(const struct plane *plane, const struct table_entry *room,
    struct dn_str word)
{
	unsigned char bytes[DOOR_WORD_BYTES_MAX];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct table_entry *entry;
	struct dn_str name;
	const char *at;

	if (!spell_read(&wr, word, &name))
		return NULL;
	entry = door_member(plane, room, name);
	at = entry != NULL || name.size == 0 ? NULL :
	    memrchr(name.data, '@', name.size);
	if (at == NULL || !door_is_us(plane, (struct dn_str){at + 1,
	    name.size - (size_t)(at + 1 - name.data)}))
		return entry;
	name.size = (size_t)(at - name.data);
	return door_member(plane, room, name);
}

/* Writes the author of 'msg' to 'wr', which is empty, as we call him: ours as
 * they are, others with their host. Where both servers have one address, ours
 * is who is known here. Empty if that is no name. */
static struct dn_str
door_author(const struct conn *conn, const struct dn_msg *msg,
    struct dn_wr *wr)
{
	struct dn_str author, ours, theirs, host = door_host(conn);
	bool is_ours, is_theirs;

	if (!spell_read(wr, msg->author, &author))
		return (struct dn_str){NULL, 0};
	ours = theirs = author;
	is_ours = door_cut_host(&ours, door_federation(conn));
	is_theirs = door_cut_host(&theirs, host) ||
	    door_cut_host(&theirs, dn_str_of(conn->said_host));
	if (is_ours && (!is_theirs ||
	    table_named(conn->plane->table, ours, NULL) != NULL))
		return ours;
	/* One without a host is theirs, but for who hears himself. */
	if (!is_theirs && (door_has_host(author) || host.size == 0 ||
	    dn_str_eq(msg->author, msg->name)))
		return author;
	wr->at = theirs.size;
	dn_wr_bytes(wr, "@", 1);
	dn_wr_bytes(wr, host.data, host.size);
	theirs.size += 1 + host.size;
	return theirs;
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
	    door_near_word(conn, msg->room, ':'), true);
	if (room != NULL)
		member = door_member_word(plane, room, msg->name);
	if (member == NULL || wr.failed || author.size == 0 ||
	    !door_is_text(msg->text) ||
	    !plane_relate(plane, room, member, author, msg->text))
		plane->counters[IPC_COUNTER_unknown_dropped]++;
}
