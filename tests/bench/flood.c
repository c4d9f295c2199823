/*
 * Peers that say what any server says to another, without acknowledging;
 * watchers; and one client who logs in and leaves, again and again. Each kind
 * has its own pool of connections, and all take turns.
 */
#include "flood.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "client.h"
#include "websocket.h"

#define USER_FIRST UINT64_C(1000000000)
#define GUEST_FIRST UINT64_C(1000000)
#define LIMIT_MSEC 120000
#define ASK_MSEC 20
/* What a peer writes ahead of its socket: little, as logins wait for that, too. */
#define AHEAD_BYTES (16u << 10)
#define TIMES_MAX 65536

struct flood {
	const struct flood_plan *plan;
	const struct server *server;
	struct client_pool peers, watchers, guests;
	uint32_t *said;       /* users that each peer has announced */
	uint64_t told_peers;  /* announcements that all peers have received */
	uint64_t told;        /* the same of all watchers, LEFTs as well */
	bool is_cut;          /* the links have gone */
	uint64_t guest;       /* number of who logs in */
	uint64_t guest_since; /* when he began */
	uint32_t times[TIMES_MAX]; /* of logins, in nanoseconds */
	size_t time_count;
	double uplink_bytes, downlink_bytes; /* the most that was seen */
	uint64_t ask_next;
	const char *error;
};

static void
fail(struct flood *flood, const char *error)
{
	if (flood->error == NULL)
		flood->error = error;
}

/* True if 'data' is a message 'kind' about a user behind a peer. */
static bool
is_about_flood(const char *kind, const char *data, size_t size)
{
	return size > 5 && memcmp(data, kind, 5) == 0 &&
	    bench_number(data + 5, size - 5) >= USER_FIRST;
}

/* ---- peers ---- */

/* Announces as many users as there is room for. */
static void
peer_say(struct flood *flood, struct client *peer)
{
	uint32_t *said = &flood->said[peer->index], user;
	char text[96];
	int size;

	while (*said < flood->plan->users && peer->out_size < AHEAD_BYTES) {
		user = peer->index * flood->plan->users + (*said)++;
		size = snprintf(text, sizeof(text), "ARRV %llu\r\nfar-%u\r\n"
		    "behind a peer\r\n0", (unsigned long long)USER_FIRST +
		    user, user);
		client_send(&flood->peers, peer, text, (size_t)size);
	}
}

static void
peer_open(void *context, struct client *peer)
{
	struct flood *flood = context;

	client_send(&flood->peers, peer, "SRVR 0", 6);
}

static void
peer_message(void *context, struct client *peer, const char *data, size_t size)
{
	struct flood *flood = context;

	(void)peer;
	flood->told_peers += is_about_flood("ARRV ", data, size);
	if (size > 5 && memcmp(data, "INVD ", 5) == 0)
		fail(flood, "a peer was refused");
}

static void
peer_closed(void *context, struct client *peer, const char *error)
{
	(void)peer;
	fail(context, error != NULL ? error : "a link was closed");
}

/* ---- watchers ---- */

static void
watcher_open(void *context, struct client *watcher)
{
	struct flood *flood = context;
	char text[64];
	int size = snprintf(text, sizeof(text), "AUTH %u\r\nwatcher-%u\r\n",
	    watcher->index + 1, watcher->index);

	client_send(&flood->watchers, watcher, text, (size_t)size);
}

static void
watcher_message(void *context, struct client *watcher, const char *data,
    size_t size)
{
	struct flood *flood = context;

	if (size > 5 && memcmp(data, "OKAY ", 5) == 0)
		watcher->user = watcher->index + 1;
	else if (size > 5 && memcmp(data, "FAIL ", 5) == 0)
		fail(flood, "a watcher was refused");
	flood->told += is_about_flood(flood->is_cut ? "LEFT " : "ARRV ", data,
	    size);
}

/* ---- the guest ---- */

static void
guest_open(void *context, struct client *guest)
{
	struct flood *flood = context;
	char text[64];
	int size = snprintf(text, sizeof(text), "AUTH %llu\r\nguest-%llu\r\n",
	    (unsigned long long)flood->guest,
	    (unsigned long long)flood->guest);

	client_send(&flood->guests, guest, text, (size_t)size);
}

static void
guest_message(void *context, struct client *guest, const char *data,
    size_t size)
{
	struct flood *flood = context;

	if (size > 5 && memcmp(data, "FAIL ", 5) == 0)
		fail(flood, "a login was refused");
	if (size <= 5 || memcmp(data, "OKAY ", 5) != 0)
		return;
	if (flood->time_count < TIMES_MAX)
		flood->times[flood->time_count++] =
		    (uint32_t)(bench_now() - flood->guest_since);
	client_close(&flood->guests, guest);
}

static void
guest_closed(void *context, struct client *guest, const char *error)
{
	(void)guest;
	if (error != NULL)
		fail(context, error);
}

/* dncontrol tells how much dnchatd keeps for it, and it for dnchatd. */
static void
look_between(struct flood *flood)
{
	static char rows[8192];
	double bytes;

	if (bench_now() < flood->ask_next)
		return;
	if (!ask(flood->server->run_dirs[0], "show status", rows,
	    sizeof(rows))) {
		fail(flood, "no status");
		return;
	}
	bytes = ask_number(rows, "uplink_bytes");
	if (bytes > flood->uplink_bytes)
		flood->uplink_bytes = bytes;
	bytes = ask_number(rows, "downlink_bytes");
	if (bytes > flood->downlink_bytes)
		flood->downlink_bytes = bytes;
	flood->ask_next = bench_now() + ASK_MSEC * BENCH_MSEC;
}

/* The next login, once the one before has left. Between them is the time to
 * look between the daemons, as everything here waits for the answer. */
static void
guest_again(struct flood *flood)
{
	if (flood->guests.clients[0].state != CLIENT_FREE)
		return;
	look_between(flood);
	flood->guest++;
	flood->guest_since = bench_now();
	if (client_connect(&flood->guests, 0, flood->server->ports[0]) == NULL)
		fail(flood, "connect failed");
}

/* ---- turns ---- */

static bool
flood_connect(struct flood *flood, struct client_pool *pool)
{
	uint32_t i;

	for (i = 0; i < pool->count_max; i++)
		if (client_connect(pool, i, flood->server->ports[0]) == NULL)
			fail(flood, "connect failed");
	return flood->error == NULL;
}

static void
flood_turn(struct flood *flood)
{
	unsigned count;
	uint32_t i;

	for (i = 0; i < flood->peers.count_max; i++)
		if (flood->peers.clients[i].state == CLIENT_OPEN)
			peer_say(flood, &flood->peers.clients[i]);
	count = client_turn(&flood->peers, 0);
	count += client_turn(&flood->watchers, 0);
	(void)client_turn(&flood->guests, count > 0 ? 0 : 1);
}

/* All that are to be told have been. */
static bool
is_told(const struct flood *flood)
{
	const struct flood_plan *plan = flood->plan;
	uint64_t users = (uint64_t)plan->links * plan->users;

	return flood->told >= users * plan->watchers && (flood->is_cut ||
	    flood->told_peers >= users * (plan->links - 1));
}

static bool
are_watching(const struct flood *flood)
{
	uint32_t i;

	for (i = 0; i < flood->plan->watchers; i++)
		if (flood->watchers.clients[i].user == 0)
			return false;
	return true;
}

/* Turns until 'is_done'; people log in meanwhile if they 'are_guests'. */
static bool
turn_until(struct flood *flood, bool (*is_done)(const struct flood *),
    bool are_guests)
{
	uint64_t end = bench_now() + LIMIT_MSEC * BENCH_MSEC;

	while (!is_done(flood) && flood->error == NULL) {
		if (are_guests)
			guest_again(flood);
		flood_turn(flood);
		if (bench_now() > end)
			fail(flood, "it took too long");
	}
	return flood->error == NULL;
}

static bool
turn_for(struct flood *flood, uint64_t msec)
{
	uint64_t end = bench_now() + msec * BENCH_MSEC;

	while (bench_now() < end && flood->error == NULL) {
		guest_again(flood);
		flood_turn(flood);
	}
	return flood->error == NULL;
}

/* ---- a run ---- */

/* The links go without a word. */
static void
flood_cut(struct flood *flood)
{
	uint32_t i;

	for (i = 0; i < flood->peers.count_max; i++)
		client_cut(&flood->peers.clients[i]);
	flood->is_cut = true;
	flood->told = 0;
}

static void
take_times(struct flood *flood, double *middle_usec, double *late_usec)
{
	bench_percentiles(flood->times, flood->time_count, middle_usec,
	    late_usec);
	flood->time_count = 0;
}

static bool
measure(struct flood *flood, uint64_t msec, struct bench_sample *sample)
{
	double data_before, control_before, data, control;
	uint64_t begin;

	if (flood->plan->is_loss && (!flood_connect(flood, &flood->peers) ||
	    !turn_until(flood, is_told, false)))
		return false;
	if (!turn_for(flood, msec))
		return false;
	take_times(flood, &sample->calm_middle_usec, &sample->calm_late_usec);
	server_cpu(flood->server, &data_before, &control_before);
	begin = bench_now();
	if (flood->plan->is_loss)
		flood_cut(flood);
	else if (!flood_connect(flood, &flood->peers))
		return false;
	if (!turn_until(flood, is_told, true))
		return false;
	sample->seconds = (double)(bench_now() - begin) / 1e9;
	server_cpu(flood->server, &data, &control);
	take_times(flood, &sample->middle_usec, &sample->late_usec);
	sample->count = (double)flood->plan->links * flood->plan->users;
	sample->data_seconds = data - data_before;
	sample->control_seconds = control - control_before;
	sample->uplink_bytes = flood->uplink_bytes;
	sample->downlink_bytes = flood->downlink_bytes;
	return true;
}

static bool
flood_init(struct flood *flood)
{
	static const struct client_events peer_events = {
		peer_open, peer_message, peer_closed};
	static const struct client_events watcher_events = {
		watcher_open, watcher_message, peer_closed};
	static const struct client_events guest_events = {
		guest_open, guest_message, guest_closed};
	const struct flood_plan *plan = flood->plan;

	flood->said = calloc(plan->links, sizeof(*flood->said));
	return flood->said != NULL &&
	    client_pool_init(&flood->peers, plan->links, &websocket_wire,
	    &peer_events, flood) &&
	    client_pool_init(&flood->watchers, plan->watchers,
	    &websocket_wire, &watcher_events, flood) &&
	    client_pool_init(&flood->guests, 1, &websocket_wire,
	    &guest_events, flood);
}

bool
flood_run(const struct flood_plan *plan, uint64_t msec,
    const struct server *server, struct bench_sample *sample,
    const char **error)
{
	static struct flood flood;
	bool done;

	flood = (struct flood){.plan = plan, .server = server,
	    .guest = GUEST_FIRST, .peers.loop = -1, .watchers.loop = -1,
	    .guests.loop = -1};
	if (!flood_init(&flood))
		fail(&flood, "out of memory");
	server_precede(true);
	done = flood.error == NULL && flood_connect(&flood, &flood.watchers) &&
	    turn_until(&flood, are_watching, false) &&
	    measure(&flood, msec, sample);
	server_precede(false);
	client_pool_deinit(&flood.peers);
	client_pool_deinit(&flood.watchers);
	client_pool_deinit(&flood.guests);
	free(flood.said);
	*error = flood.error;
	return done;
}
