/*
 * What users and servers say to each other, one table of functions a
 * protocol: crowd.c, traffic.c and login.c need to know no more of it. All of
 * them but the wire are pure.
 */
#ifndef BENCH_DIALECT_H
#define BENCH_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"

enum said_kind {
	SAID_NOTHING,  /* that concerns us */
	SAID_CALL,     /* wants an answer: see 'answer' */
	SAID_ARRIVAL,  /* somebody is there now */
	SAID_LEAVE,    /* ... no longer */
	SAID_DELIVERY, /* a message of somebody */
	SAID_ANSWER,   /* to our login, or about a message of ours */
	SAID_REFUSAL
};

/* Something that a server has said. */
struct said {
	enum said_kind kind;
	uint64_t number;  /* of the message it is about, or 0 */
	const char *data; /* all of it; a delivery's ends with the text */
	size_t size;
};

/* What a user wants to have delivered. */
struct message {
	uint64_t number;
	uint64_t target; /* a user, or 0: all others */
	size_t text_size;
};

/*
 * Functions that write take 'room' bytes at 'out', and answer the size: 0 if
 * that is too little.
 */
struct dialect {
	const struct client_wire *wire;
	uint32_t lanes;   /* logins that are under way at a time */
	bool has_numbers; /* messages have one; else their text begins with it */
	bool is_answered; /* who sends a message gets a SAID_ANSWER to it */
	const char *end;  /* what follows a message's text */

	/* The login of 'user', which ends with a SAID_ANSWER. If he 'joins'
	 * he is to hear what is said to all. */
	size_t (*login)(uint64_t user, bool joins, char *out, size_t room);
	/* What stands before the text of 'message'. */
	size_t (*head)(const struct message *message, char *out, size_t room);
	/* The meaning of one message off the wire; points into 'data'. */
	struct said (*read)(const char *data, size_t size);
	/* What a user answers to a SAID_CALL; NULL if there are none. */
	size_t (*answer)(const struct said *said, bool joins, char *out,
	    size_t room);
	/* How many SAID_ARRIVAL there are once all of 'users' know who is
	 * there. */
	uint64_t (*arrivals)(uint64_t users, bool joins);
};

extern const struct dialect dialect_dnchat; /* dnchat(7), on WebSocket */
extern const struct dialect dialect_nats;   /* NATS's client protocol */
extern const struct dialect dialect_irc;    /* RFC 2812 */

/* snprintf() whose answer is 0 if it did not fit. */
__attribute__((format(printf, 3, 4)))
size_t dialect_print(char *out, size_t room, const char *format, ...);

/* Sends what 'said', a SAID_CALL, wants from 'client'. */
void dialect_answer(const struct dialect *dialect, struct client_pool *pool,
    struct client *client, const struct said *said, bool joins);

#endif
