/*
 * Joining as any client does: "/join" to the room, one user after the other,
 * each of whom waits for what the room answers.
 */
#include "room.h"

#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "bench.h"

#define JOIN_NUMBER 1
#define WAIT_MSEC 10

struct room {
	struct crowd *crowd;
	uint32_t asked;
	uint32_t joined;
};

bool
room_make(struct crowd *crowd, const struct server *server)
{
	char rows[64];

	crowd->sign_count = 1;
	return ask(server->run_dirs[0], "room create bench", rows,
	    sizeof(rows));
}

static void
ask_next(struct room *room)
{
	struct crowd *crowd = room->crowd;
	char text[64];
	int size;

	if (room->asked == crowd->named)
		return;
	size = snprintf(text, sizeof(text), "SEND %u\r\n%llu\r\n/join",
	    JOIN_NUMBER + room->asked, (unsigned long long)crowd->sign);
	client_send(&crowd->pool, &crowd->pool.clients[room->asked++], text,
	    (size_t)size);
}

static void
room_message(void *context, struct client *client, const struct said *said)
{
	struct room *room = context;

	(void)client;
	if (said->kind == SAID_DELIVERY &&
	    memmem(said->data, said->size, "#bench: joined", 14) != NULL) {
		room->joined++;
		ask_next(room);
	} else if (said->kind != SAID_ANSWER) {
		crowd_wrong(room->crowd, "an unexpected answer to /join");
	}
}

bool
room_join(struct crowd *crowd, uint64_t limit_msec)
{
	uint64_t end = bench_now() + limit_msec * BENCH_MSEC;
	struct room room = {.crowd = crowd};

	if (crowd->sign == 0) {
		crowd_wrong(crowd, "the room was not announced");
		return false;
	}
	crowd->message = room_message;
	crowd->context = &room;
	ask_next(&room);
	while (room.joined < crowd->named && crowd->error == NULL) {
		(void)client_turn(&crowd->pool, WAIT_MSEC);
		if (bench_now() > end)
			crowd_wrong(crowd, "joining took too long");
	}
	crowd->message = NULL;
	return crowd->error == NULL;
}
