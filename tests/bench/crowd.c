/*
 * Logging users in and keeping count of who has been told of whom. It stands
 * between client.c, which has the frames, and traffic.c, which takes over the
 * messages once the crowd has settled.
 */
#include "crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* Logins that are under way at a time. */
#define LANES 32
/* What a server's backlog holds, five times. */
#define STORM_LANES 4000
#define WAIT_MSEC 10

static void
crowd_open(void *context, struct client *client)
{
	struct crowd *crowd = context;
	char text[96];
	int size = snprintf(text, sizeof(text), "AUTH %llu\r\nuser-%u\r\n",
	    (unsigned long long)CROWD_USER(client->index), client->index);

	client_send(&crowd->pool, client, text, (size_t)size);
}

/* An announcement: of a user, or of a room. */
static void
crowd_arrv(struct crowd *crowd, const char *data, size_t size)
{
	crowd->arrv++;
	if (crowd->sign_count > 0 && crowd->sign == 0 &&
	    memmem(data, size, "\r\n#", 3) != NULL)
		crowd->sign = strtoull(data + 5, NULL, 10);
}

static void
crowd_message(void *context, struct client *client, const char *data,
    size_t size)
{
	struct crowd *crowd = context;

	if (size < 6) {
		crowd_wrong(crowd, "a message too short");
	} else if (memcmp(data, "ARRV ", 5) == 0) {
		crowd_arrv(crowd, data, size);
	} else if (client->user == 0 && memcmp(data, "OKAY ", 5) == 0) {
		client->user = CROWD_USER(client->index);
		crowd->named++;
	} else if (crowd->message != NULL) {
		crowd->message(crowd->context, client, data, size);
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
crowd_init(struct crowd *crowd, uint32_t count_max)
{
	*crowd = (struct crowd){0};
	return client_pool_init(&crowd->pool, count_max, &crowd_events, crowd);
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
	return crowd_add(crowd, count, &port, 1, LANES, limit_msec);
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
	uint64_t goal = (uint64_t)crowd->named * (crowd->named - 1 +
	    crowd->sign_count);

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
