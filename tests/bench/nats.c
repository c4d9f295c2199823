/*
 * NATS's client protocol: lines, of which MSG and PUB have a payload of a told
 * size behind them. A user is a subscription to his number, and one to what is
 * said to all; nobody gets back what he publishes ("echo": false), and nothing
 * is answered ("verbose": false), as its users have it.
 */
#include "dialect.h"

#include <string.h>
#include <sys/socket.h>

#include "bench.h"

#define PAYLOAD_SIZE_MAX 65535
#define END_SIZE 2

/* ---- the wire ---- */

/* The size of the payload that the line of 'size' bytes, a MSG, ends with. */
static size_t
payload_size(const char *line, size_t size)
{
	const char *blank = memrchr(line, ' ', size);
	uint64_t payload = bench_number(blank + 1,
	    (size_t)(line + size - blank - 1));

	return payload > PAYLOAD_SIZE_MAX ? SIZE_MAX : (size_t)payload;
}

/* The size of the first message in 'data' with its ends: 0 if more of it is to
 * come, SIZE_MAX if it is none. */
static size_t
message_size(const char *data, size_t size)
{
	const char *end = memchr(data, '\n', size);
	size_t line, payload, whole;

	if (end == NULL)
		return 0;
	line = (size_t)(end - data) + 1;
	if (line < END_SIZE + 1 || end[-1] != '\r')
		return SIZE_MAX;
	if (line < 4 || memcmp(data, "MSG ", 4) != 0)
		return line;
	payload = payload_size(data, line - END_SIZE);
	if (payload == SIZE_MAX)
		return SIZE_MAX;
	whole = line + payload + END_SIZE;
	if (size < whole)
		return 0;
	return memcmp(data + whole - END_SIZE, "\r\n", END_SIZE) == 0 ?
	    whole : SIZE_MAX;
}

/* The server speaks first: INFO. */
static void
nats_begin(struct client_pool *pool, struct client *client)
{
	(void)pool;
	(void)client;
}

static size_t
nats_take(struct client_pool *pool, struct client *client, const char *data,
    size_t size)
{
	size_t whole = message_size(data, size);

	if (whole == SIZE_MAX) {
		client_gone(pool, client, "unexpected message");
		return 0;
	}
	if (whole > 0 && client->state == CLIENT_OPENING)
		client_opened(pool, client);
	else if (whole > 0 && client->state == CLIENT_OPEN)
		pool->events.message(pool->context, client, data,
		    whole - END_SIZE);
	return whole;
}

/* There is no farewell: one stops. */
static void
nats_close(struct client_pool *pool, struct client *client)
{
	(void)pool;
	(void)shutdown(client->fd, SHUT_WR);
}

static const struct client_wire nats_wire = {
	.begin = nats_begin,
	.take = nats_take,
	.send = client_put,
	.close = nats_close,
};

/* ---- what is said ---- */

static size_t
nats_login(uint64_t user, bool joins, char *out, size_t room)
{
	return dialect_print(out, room, "CONNECT {\"verbose\":false,"
	    "\"pedantic\":false,\"echo\":false,\"protocol\":1,"
	    "\"lang\":\"c\",\"version\":\"1\",\"name\":\"user-%llu\"}\r\n"
	    "SUB u.%llu 1\r\n%sPING\r\n", (unsigned long long)user,
	    (unsigned long long)user, joins ? "SUB all 2\r\n" : "");
}

static size_t
nats_head(const struct message *message, char *out, size_t room)
{
	if (message->target == 0)
		return dialect_print(out, room, "PUB all %zu\r\n",
		    message->text_size);
	return dialect_print(out, room, "PUB u.%llu %zu\r\n",
	    (unsigned long long)message->target, message->text_size);
}

static struct said
nats_read(const char *data, size_t size)
{
	static const struct {
		char word[5];
		enum said_kind kind;
	} words[] = {
		{"MSG ", SAID_DELIVERY},
		{"PING", SAID_CALL},
		{"PONG", SAID_ANSWER},
		{"INFO", SAID_NOTHING},
		{"-ERR", SAID_REFUSAL},
	};
	struct said said = {.kind = SAID_NOTHING, .data = data, .size = size};
	unsigned i;

	for (i = 0; size >= 4 && i < sizeof(words) / sizeof(words[0]); i++)
		if (memcmp(data, words[i].word, 4) == 0) {
			said.kind = words[i].kind;
			break;
		}
	return said;
}

static size_t
nats_answer(const struct said *said, bool joins, char *out, size_t room)
{
	(void)said;
	(void)joins;
	return dialect_print(out, room, "PONG\r\n");
}

/* Nobody is told who is there. */
static uint64_t
nats_arrivals(uint64_t users, bool joins)
{
	(void)users;
	(void)joins;
	return 0;
}

const struct dialect dialect_nats = {
	.wire = &nats_wire,
	.lanes = 32,
	.end = "\r\n",
	.login = nats_login,
	.head = nats_head,
	.read = nats_read,
	.answer = nats_answer,
	.arrivals = nats_arrivals,
};
