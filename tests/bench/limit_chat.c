/*
 * The semantics of dnchat for clients, and nothing beyond: no peers, no
 * passwords, no check of UTF-8, no limits on lengths. limit.c calls it with
 * each message. What it leaves out is what dnchatd pays for its safety.
 */
#include <stdlib.h>
#include <string.h>

#include "limit.h"

#define TABLE_BITS 15
#define TABLE_SIZE (1u << TABLE_BITS)
#define MESSAGES_MAX (1u << 20)
#define DESCRIPTION "on limit"

/* Open addressing; at most half full, as LIMIT_CONNS_MAX is. */
struct table {
	struct {
		uint64_t key;
		struct limit_conn *conn;
	} slots[TABLE_SIZE];
};

struct line {
	const char *data;
	size_t size;
};

static struct table numbers, names;
static struct limit_conn *users[LIMIT_CONNS_MAX];
static uint32_t user_count;
static size_t arrv_bytes;
/* Who wrote a message; newer ones push out those of equal low bits. */
static struct {
	uint64_t number;
	uint64_t author;
} messages[MESSAGES_MAX];

static uint32_t
table_home(uint64_t key)
{
	return (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >>
	    (64 - TABLE_BITS));
}

/* The slot of 'key', or the empty one where it would go. */
static uint32_t
table_slot(const struct table *table, uint64_t key)
{
	uint32_t at = table_home(key);

	while (table->slots[at].conn != NULL && table->slots[at].key != key)
		at = (at + 1) % TABLE_SIZE;
	return at;
}

static struct limit_conn *
table_get(const struct table *table, uint64_t key)
{
	return table->slots[table_slot(table, key)].conn;
}

static void
table_set(struct table *table, uint64_t key, struct limit_conn *conn)
{
	uint32_t at = table_slot(table, key);

	table->slots[at].key = key;
	table->slots[at].conn = conn;
}

static void
table_del(struct table *table, uint64_t key)
{
	uint32_t hole = table_slot(table, key), at = hole, home;

	table->slots[hole].conn = NULL;
	for (;;) {
		at = (at + 1) % TABLE_SIZE;
		if (table->slots[at].conn == NULL)
			return;
		home = table_home(table->slots[at].key);
		/* It stays if its home lies behind the hole. */
		if ((at - home) % TABLE_SIZE < (at - hole) % TABLE_SIZE)
			continue;
		table->slots[hole] = table->slots[at];
		table->slots[at].conn = NULL;
		hole = at;
	}
}

static uint64_t
name_hash(struct line name)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	size_t i;

	for (i = 0; i < name.size; i++)
		hash = (hash ^ (unsigned char)name.data[i]) *
		    UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t
parse(struct line line)
{
	uint64_t number = 0;
	size_t i;

	if (line.size == 0 || line.size > LIMIT_NUMBER_DIGITS_MAX ||
	    line.data[0] == '0')
		return 0;
	for (i = 0; i < line.size; i++) {
		if (line.data[i] < '0' || line.data[i] > '9')
			return 0;
		number = number * 10 + (uint64_t)(line.data[i] - '0');
	}
	return number;
}

/* Cuts the next line off 'rest'; the last one ends where the message does. */
static struct line
cut(struct line *rest)
{
	const char *end = memchr(rest->data, '\r', rest->size);
	struct line line = *rest;

	if (end == NULL || end + 1 == rest->data + rest->size) {
		rest->data += rest->size;
		rest->size = 0;
		return line;
	}
	line.size = (size_t)(end - rest->data);
	rest->data = end + 2;
	rest->size -= line.size + 2;
	return line;
}

static void
invalid(struct limit_conn *conn)
{
	const char *frame;
	size_t size;

	memcpy(limit_frame(6, &frame, &size), "INVD 0", 6);
	limit_queue(conn, frame, size);
	limit_drop(conn);
}

/* "VERB number", and a second line where 'line' is not empty. */
static char *
compose(const char *verb, struct line number, struct line line,
    const char **frame, size_t *size)
{
	size_t second = line.size > 0 ? line.size + 2 : 0;
	char *at = limit_frame(5 + number.size + second, frame, size);

	memcpy(at, verb, 5);
	memcpy(at + 5, number.data, number.size);
	at += 5 + number.size;
	if (second > 0) {
		memcpy(at, "\r\n", 2);
		memcpy(at + 2, line.data, line.size);
	}
	return at;
}

static void
answer(struct limit_conn *conn, const char *verb, struct line number,
    const char *reason)
{
	const char *frame;
	size_t size;

	compose(verb, number, (struct line){reason, strlen(reason)}, &frame,
	    &size);
	limit_queue(conn, frame, size);
}

static void
to_others(const struct limit_conn *conn, const char *frame, size_t size)
{
	uint32_t i;

	for (i = 0; i < user_count; i++)
		if (users[i] != conn)
			limit_queue(users[i], frame, size);
}

/* The newcomer's list, as one run. */
static void
list(struct limit_conn *conn)
{
	char *room, *at;
	uint32_t i;

	if (user_count == 0)
		return;
	room = at = limit_room(arrv_bytes);
	for (i = 0; i < user_count; i++) {
		memcpy(at, users[i]->arrv, users[i]->arrv_size);
		at += users[i]->arrv_size;
	}
	limit_queue(conn, room, (size_t)(at - room));
}

static void
announce(struct limit_conn *conn, struct line number, struct line name)
{
	size_t size = 5 + number.size + 2 + name.size + 2 +
	    sizeof(DESCRIPTION) - 1, frame_size;
	const char *frame;
	char *at = limit_frame(size, &frame, &frame_size);

	memcpy(at, "ARRV ", 5);
	memcpy(at + 5, number.data, number.size);
	at += 5 + number.size;
	memcpy(at, "\r\n", 2);
	memcpy(at + 2, name.data, name.size);
	memcpy(at + 2 + name.size, "\r\n" DESCRIPTION,
	    sizeof("\r\n" DESCRIPTION) - 1);
	conn->arrv = malloc(frame_size);
	if (conn->arrv == NULL)
		abort();
	memcpy(conn->arrv, frame, frame_size);
	conn->arrv_size = (uint32_t)frame_size;
	to_others(conn, frame, frame_size);
}

static void
handle_auth(struct limit_conn *conn, struct line number, struct line rest)
{
	struct line name = cut(&rest);
	uint64_t value = parse(number), hash = name_hash(name);

	if (value == 0 || conn->number != 0 || name.size == 0) {
		invalid(conn);
		return;
	}
	if (table_get(&numbers, value) != NULL) {
		answer(conn, "FAIL ", number, "NUMBER");
		return;
	}
	if (table_get(&names, hash) != NULL) {
		answer(conn, "FAIL ", number, "NAME");
		return;
	}
	announce(conn, number, name);
	answer(conn, "OKAY ", number, "");
	list(conn);
	conn->number = value;
	conn->name = hash;
	memcpy(conn->digits, number.data, number.size);
	conn->digits_size = (uint8_t)number.size;
	conn->rank = user_count;
	users[user_count++] = conn;
	arrv_bytes += conn->arrv_size;
	table_set(&numbers, value, conn);
	table_set(&names, hash, conn);
}

static void
deliver(struct limit_conn *conn, struct limit_conn *dest, struct line number,
    struct line text)
{
	size_t size = 5 + number.size + 2 + conn->digits_size + 2 + text.size;
	const char *frame;
	char *at = limit_frame(size, &frame, &size);

	memcpy(at, "SEND ", 5);
	memcpy(at + 5, number.data, number.size);
	at += 5 + number.size;
	memcpy(at, "\r\n", 2);
	memcpy(at + 2, conn->digits, conn->digits_size);
	at += 2 + conn->digits_size;
	memcpy(at, "\r\n", 2);
	memcpy(at + 2, text.data, text.size);
	if (dest != NULL)
		limit_queue(dest, frame, size);
	else
		to_others(conn, frame, size);
}

static void
handle_send(struct limit_conn *conn, struct line number, struct line rest)
{
	struct line to = cut(&rest);
	uint64_t value = parse(number);
	struct limit_conn *dest = NULL;
	bool is_all = to.size == 1 && to.data[0] == '*';

	if (value == 0 || conn->number == 0) {
		invalid(conn);
		return;
	}
	if (!is_all)
		dest = table_get(&numbers, parse(to));
	if (messages[value % MESSAGES_MAX].number == value ||
	    (dest == NULL && !is_all)) {
		answer(conn, "FAIL ", number, "NUMBER");
		return;
	}
	messages[value % MESSAGES_MAX].number = value;
	messages[value % MESSAGES_MAX].author = conn->number;
	answer(conn, "OKAY ", number, "");
	deliver(conn, dest, number, rest);
}

static void
handle_ackn(struct limit_conn *conn, struct line number)
{
	uint64_t value = parse(number);
	struct limit_conn *author = NULL;
	const char *frame;
	size_t size;

	if (value == 0 || conn->number == 0) {
		invalid(conn);
		return;
	}
	if (messages[value % MESSAGES_MAX].number == value)
		author = table_get(&numbers,
		    messages[value % MESSAGES_MAX].author);
	if (author == NULL) {
		answer(conn, "FAIL ", number, "NUMBER");
		return;
	}
	compose("ACKN ", number, (struct line){conn->digits,
	    conn->digits_size}, &frame, &size);
	limit_queue(author, frame, size);
}

void
chat_message(struct limit_conn *conn, char *data, size_t size)
{
	struct line rest = {data + 5, size - 5};
	struct line number;

	if (size < 6) {
		invalid(conn);
		return;
	}
	number = cut(&rest);
	if (memcmp(data, "SEND ", 5) == 0)
		handle_send(conn, number, rest);
	else if (memcmp(data, "ACKN ", 5) == 0)
		handle_ackn(conn, number);
	else if (memcmp(data, "AUTH ", 5) == 0)
		handle_auth(conn, number, rest);
	else
		invalid(conn);
}

void
chat_gone(struct limit_conn *conn)
{
	const char *frame;
	size_t size;

	if (conn->number == 0)
		return;
	table_del(&numbers, conn->number);
	table_del(&names, conn->name);
	arrv_bytes -= conn->arrv_size;
	users[conn->rank] = users[--user_count];
	users[conn->rank]->rank = conn->rank;
	compose("LEFT ", (struct line){conn->digits, conn->digits_size},
	    (struct line){"", 0}, &frame, &size);
	to_others(conn, frame, size);
}
