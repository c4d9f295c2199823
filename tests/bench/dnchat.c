/*
 * dnchat's own protocol, dnchat(7): what dnchatd and the limit program speak.
 * Everybody is told of everybody, and hears what is said to all.
 */
#include "dialect.h"

#include "bench.h"
#include "websocket.h"

/* Of any message: "SEND ". */
#define WORD_SIZE 5

static size_t
dnchat_login(uint64_t user, bool joins, char *out, size_t room)
{
	(void)joins;
	return dialect_print(out, room, "AUTH %llu\r\nuser-%llu\r\n",
	    (unsigned long long)user, (unsigned long long)user);
}

static size_t
dnchat_head(const struct message *message, char *out, size_t room)
{
	if (message->target == 0)
		return dialect_print(out, room, "SEND %llu\r\n*\r\n",
		    (unsigned long long)message->number);
	return dialect_print(out, room, "SEND %llu\r\n%llu\r\n",
	    (unsigned long long)message->number,
	    (unsigned long long)message->target);
}

static enum said_kind
kind_of(char first)
{
	switch (first) {
	case 'S':
		return SAID_DELIVERY; /* SEND */
	case 'O':
		return SAID_ANSWER;   /* OKAY */
	case 'A':
		return SAID_ANSWER;   /* ACKN, as ARRV is told apart before */
	case 'L':
		return SAID_LEAVE;    /* LEFT */
	default:
		return SAID_REFUSAL;  /* FAIL, INVD */
	}
}

static struct said
dnchat_read(const char *data, size_t size)
{
	struct said said = {.kind = SAID_REFUSAL, .data = data, .size = size};

	if (size <= WORD_SIZE)
		return said;
	said.kind = data[0] == 'A' && data[1] == 'R' ? SAID_ARRIVAL :
	    kind_of(data[0]);
	said.number = bench_number(data + WORD_SIZE, size - WORD_SIZE);
	return said;
}

static uint64_t
dnchat_arrivals(uint64_t users, bool joins)
{
	(void)joins;
	return users * (users - 1);
}

const struct dialect dialect_dnchat = {
	.wire = &websocket_wire,
	.lanes = 32,
	.has_numbers = true,
	.is_answered = true,
	.end = "",
	.login = dnchat_login,
	.head = dnchat_head,
	.read = dnchat_read,
	.answer = NULL,
	.arrivals = dnchat_arrivals,
};
