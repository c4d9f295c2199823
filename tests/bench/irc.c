/*
 * The client protocol of IRC (RFC 2812): lines. What is said to all is said in
 * one channel, which its members join; the others are reached by name.
 */
#include "dialect.h"

#include <string.h>

#define LINE_SIZE_MAX 4096

/* ---- the wire ---- */

/* Clients speak first. */
static void
irc_begin(struct client_pool *pool, struct client *client)
{
	client_opened(pool, client);
}

/* Lines end with CRLF; a lone LF ends one, too. */
static size_t
irc_take(struct client_pool *pool, struct client *client, const char *data,
    size_t size)
{
	const char *end = memchr(data, '\n', size);
	size_t line = end != NULL ? (size_t)(end - data) : size;

	if (line > LINE_SIZE_MAX) {
		client_gone(pool, client, "endless line");
		return 0;
	}
	if (end == NULL)
		return 0;
	if (client->state == CLIENT_OPEN)
		pool->events.message(pool->context, client, data,
		    line > 0 && end[-1] == '\r' ? line - 1 : line);
	return line + 1;
}

static void
irc_close(struct client_pool *pool, struct client *client)
{
	client_put(pool, client, "QUIT\r\n", 6);
}

static const struct client_wire irc_wire = {
	.begin = irc_begin,
	.take = irc_take,
	.send = client_put,
	.close = irc_close,
};

/* ---- what is said ---- */

/* The rest of it follows once the server says welcome: irc_answer(). */
static size_t
irc_login(uint64_t user, bool joins, char *out, size_t room)
{
	(void)joins;
	return dialect_print(out, room, "NICK u%llu\r\nUSER u 0 * :u\r\n",
	    (unsigned long long)user);
}

static size_t
irc_head(const struct message *message, char *out, size_t room)
{
	if (message->target == 0)
		return dialect_print(out, room, "PRIVMSG #all :");
	return dialect_print(out, room, "PRIVMSG u%llu :",
	    (unsigned long long)message->target);
}

/* True if the 'size' bytes at 'data' begin with 'word'. */
static bool
is_word(const char *data, size_t size, const char *word)
{
	size_t length = strlen(word);

	return size >= length && memcmp(data, word, length) == 0;
}

/* 'data' begins with a command of a server. */
static enum said_kind
kind_of(const char *data, size_t size)
{
	static const struct {
		const char *word;
		enum said_kind kind;
	} words[] = {
		{"PRIVMSG ", SAID_DELIVERY},
		{"JOIN ", SAID_ARRIVAL},
		{"QUIT ", SAID_LEAVE},
		{"PONG ", SAID_ANSWER},
		{"001 ", SAID_CALL},
		{"422 ", SAID_NOTHING}, /* there is no message of the day */
		{"4", SAID_REFUSAL},
		{"5", SAID_REFUSAL},
	};
	unsigned i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (is_word(data, size, words[i].word))
			return words[i].kind;
	return SAID_NOTHING;
}

static struct said
irc_read(const char *data, size_t size)
{
	struct said said = {.kind = SAID_NOTHING, .data = data, .size = size};
	const char *blank = memchr(data, ' ', size);

	if (is_word(data, size, "PING "))
		said.kind = SAID_CALL;
	else if (is_word(data, size, "ERROR "))
		said.kind = SAID_REFUSAL;
	else if (size > 0 && data[0] == ':' && blank != NULL)
		said.kind = kind_of(blank + 1,
		    size - (size_t)(blank + 1 - data));
	return said;
}

/* The PONG that ends a login comes after all that the JOIN brings. */
static size_t
irc_answer(const struct said *said, bool joins, char *out, size_t room)
{
	if (said->data[0] == 'P')
		return dialect_print(out, room, "PONG %.*s\r\n",
		    (int)(said->size - 5), said->data + 5);
	return dialect_print(out, room, "%sPING bench\r\n",
	    joins ? "JOIN #all\r\n" : "");
}

/* Each member sees himself come, and those who come later. */
static uint64_t
irc_arrivals(uint64_t users, bool joins)
{
	return joins ? users * (users + 1) / 2 : 0;
}

const struct dialect dialect_irc = {
	.wire = &irc_wire,
	/* inspircd welcomes people once a second: all who wait. */
	.lanes = 4000,
	.end = "\r\n",
	.login = irc_login,
	.head = irc_head,
	.read = irc_read,
	.answer = irc_answer,
	.arrivals = irc_arrivals,
};
