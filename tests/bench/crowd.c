/*
 * Logging users in and keeping count of who has been told of whom. It stands
 * between client.c, which has the connections, and traffic.c, which takes over
 * the messages once the crowd has settled.
 */
#include "crowd.h"

#include <string.h>

#include "bench.h"

/* What a server's backlog holds, five times. */
#define STORM_LANES 4000
#define WAIT_MSEC 10

static void
crowd_open(void *context, struct client *client)
{
	struct crowd *crowd = context;
	char text[512];

	client_send(&crowd->pool, client, text,
	    crowd->dialect->login(CROWD_USER(client->index), crowd->joins,
	    text, sizeof(text)));
}

/* An announcement: of a user, or of a room. */
static void
crowd_arrv(struct crowd *crowd, const struct said *said)
{
	crowd->arrv++;
	if (crowd->sign_count > 0 && crowd->sign == 0 &&
	    memmem(said->data, said->size, "\r\n#", 3) != NULL)
		crowd->sign = said->number;
}

static void
crowd_message(void *context, struct client *client, const char *data,
    size_t size)
{
	struct crowd *crowd = context;
	struct said said = crowd->dialect->read(data, size);

	if (said.kind == SAID_NOTHING) {
		return;
	} else if (said.kind == SAID_CALL) {
		dialect_answer(crowd->dialect, &crowd->pool, client, &said,
		    crowd->joins);
	} else if (said.kind == SAID_ARRIVAL) {
		crowd_arrv(crowd, &said);
	} else if (client->user == 0 && said.kind == SAID_ANSWER) {
		client->user = CROWD_USER(client->index);
		crowd->named++;
	} else if (crowd->message != NULL) {
		crowd->message(crowd->context, client, &said);
	} else {
		crowd_wrong(crowd, "an unexpected message at login");
	}
}

static void
crowd_closed(void *context, struct client *client, const char *error)
{
	(void)client;
	crowd_wrong(context, error != NULL ? error : "closed");
}

static const struct client_events crowd_events = {
	.open = crowd_open,
	.message = crowd_message,
	.closed = crowd_closed,
};

bool
crowd_init(struct crowd *crowd, uint32_t count_max,
    const struct dialect *dialect, bool joins)
{
	*crowd = (struct crowd){.dialect = dialect, .joins = joins};
	return client_pool_init(&crowd->pool, count_max, dialect->wire,
	    &crowd_events, crowd);
}

void
crowd_deinit(struct crowd *crowd)
{
	client_pool_deinit(&crowd->pool);
}

void
crowd_wrong(struct crowd *crowd, const char *error)
{
	crowd->wrong++;
	if (crowd->error == NULL)
		crowd->error = error;
}

/* 'lanes' logins are under way at a time. */
static bool
crowd_add(struct crowd *crowd, uint32_t count, const uint16_t *ports,
    unsigned port_count, uint32_t lanes, uint64_t limit_msec)
{
	uint64_t end = bench_now() + limit_msec * BENCH_MSEC;
	uint32_t goal = crowd->connected + count;

	while (crowd->named < goal && crowd->error == NULL) {
		while (crowd->connected < goal &&
		    crowd->connected - crowd->named < lanes) {
			if (client_connect(&crowd->pool, crowd->connected,
			    ports[crowd->connected % port_count]) == NULL) {
				crowd_wrong(crowd, "connect failed");
				return false;
			}
			crowd->connected++;
		}
		(void)client_turn(&crowd->pool, WAIT_MSEC);
		if (bench_now() > end)
			crowd_wrong(crowd, "logging in took too long");
	}
	return crowd->error == NULL;
}

bool
crowd_grow(struct crowd *crowd, uint32_t count, uint16_t port,
    uint64_t limit_msec)
{
	return crowd_add(crowd, count, &port, 1, crowd->dialect->lanes,
	    limit_msec);
}

bool
crowd_storm(struct crowd *crowd, uint32_t count, const uint16_t *ports,
    unsigned port_count, uint64_t limit_msec)
{
	return crowd_add(crowd, count, ports, port_count, STORM_LANES,
	    limit_msec);
}

bool
crowd_settle(struct crowd *crowd, uint64_t limit_msec)
{
	uint64_t end = bench_now() + limit_msec * BENCH_MSEC;
	uint64_t goal = crowd->dialect->arrivals(crowd->named, crowd->joins) +
	    (uint64_t)crowd->named * crowd->sign_count;

	while (crowd->arrv < goal && crowd->error == NULL) {
		(void)client_turn(&crowd->pool, WAIT_MSEC);
		if (bench_now() > end)
			crowd_wrong(crowd, "some never heard of all others");
	}
	if (crowd->arrv > goal)
		crowd_wrong(crowd, "some heard of others twice");
	return crowd->error == NULL;
}

void
crowd_rest(struct crowd *crowd, uint64_t msec)
{
	uint64_t end = bench_now() + msec * BENCH_MSEC;

	while (bench_now() < end)
		(void)client_turn(&crowd->pool, WAIT_MSEC);
}
