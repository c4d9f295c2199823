/*
 * Clients: they log in, talk, acknowledge, leave, vanish; and they check what
 * they are told of others.
 *
 * Claimed always, for each client: no ARRV of someone who is in its list, no
 * LEFT of someone who is not, no SEND of someone who is not, nothing before
 * its OKAY but FAIL, no INVD.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../dataplane/ws.h"
#include "sim_clock.h"
#include "sim_world.h"

#define CLIENT_PAUSE_USEC (400 * SIM_MSEC)
/* A server gives up a silent client after 60 s of its own reading: surely
 * within that. */
#define CLIENT_GHOST_USEC (200 * SIM_SEC)
/* More than a client's queue and its wire take. */
#define CLIENT_FLOOD_MESSAGES 400
#define CLIENT_FLOOD_BYTES 4000

void
client_lost(struct client *client)
{
	if (client->is_on)
		client->off_usec = sim_now();
	client->end = NULL;
	client->is_on = false;
	client->paused_usec = 0;
}

/* ---- what they say ---- */

__attribute__((format(printf, 2, 3))) static void
client_write(struct client *client, const char *format, ...)
{
	char text[CLIENT_FLOOD_BYTES + 256];
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (client->end != NULL && client->end->is_open &&
	    !client->end->is_closing)
		wire_text(client->end, text, (size_t)size);
}

static void
client_send(struct client *client, uint64_t to, unsigned size)
{
	uint64_t number;
	char dest[24] = "*";

	number = ledger_send(client, to);
	if (to != 0)
		snprintf(dest, sizeof(dest), "%ju", (uintmax_t)to);
	world_say("u%u at n%u says SEND %ju to %s", client->user,
	    client->node, (uintmax_t)number, dest);
	client_write(client, "SEND %ju\r\n%s\r\n%0*u", (uintmax_t)number, dest,
	    (int)size, client->user);
}

void
client_flood(struct client *client)
{
	unsigned i;

	if (!client->is_on || client->paused_usec > sim_now())
		return;
	world_say("u%u floods", client->user);
	for (i = 0; i < CLIENT_FLOOD_MESSAGES; i++)
		client_send(client, 0, CLIENT_FLOOD_BYTES);
}

static void
client_acknowledge(struct client *client, uint64_t number)
{
	ledger_acknowledge(client, number);
	client_write(client, "ACKN %ju", (uintmax_t)number);
}

/* ---- what they are told ---- */

/* User of the number in the next line of '*text'; or WORLD_USERS_MAX. */
static unsigned
client_user(const char *text)
{
	uint64_t number = strtoull(text, NULL, 10);

	return number >= 1 && number <= world.user_count ?
	    (unsigned)(number - 1) : WORLD_USERS_MAX;
}

static const char *
client_line(const char *text)
{
	const char *next = strstr(text, "\r\n");

	return next != NULL ? next + 2 : "";
}

static void
client_arrv(struct client *client, unsigned user)
{
	if (client->lists[user])
		world_fail("u%u at n%u gets ARRV of u%u, who is in its list",
		    client->user, client->node, user);
	client->lists[user] = true;
	client->flaps[user]++;
}

static void
client_left(struct client *client, unsigned user)
{
	if (!client->lists[user])
		world_fail("u%u at n%u gets LEFT of u%u, who is not in its "
		    "list", client->user, client->node, user);
	client->lists[user] = false;
	client->flaps[user]++;
}

static void
client_okay(struct client *client, uint64_t number)
{
	if (client->is_on) {
		ledger_answer(number, true);
		return;
	}
	world_say("u%u is on at n%u", client->user, client->node);
	client->is_on = true;
	client->on_usec = sim_now();
	client->session = ++world.session_last;
	memset(client->lists, 0, sizeof(client->lists));
	memset(client->flaps, 0, sizeof(client->flaps));
	/* This may overtake the ARRV. */
	if (sim_chance(30) && world.is_talking)
		client_send(client, 0, 5);
}

static void
client_fail(struct client *client, uint64_t number)
{
	if (!client->is_on) {
		world_say("u%u is refused at n%u", client->user, client->node);
		wire_close(client->end, WS_CLOSE_NORMAL);
		return;
	}
	ledger_answer(number, false);
}

static void
client_got_send(struct client *client, uint64_t number, const char *rest)
{
	unsigned user = client_user(rest);

	if (user != client->user && (user == WORLD_USERS_MAX ||
	    !client->lists[user]))
		world_fail("u%u at n%u gets SEND %ju of u%u, who is not in "
		    "its list", client->user, client->node,
		    (uintmax_t)number, user);
	ledger_receive(client, number);
	if (sim_chance(60))
		client_acknowledge(client, number);
}

static void
client_message(struct client *client, const char *text)
{
	uint64_t number = strtoull(text + 4, NULL, 10);
	const char *rest = client_line(text);
	unsigned user = client_user(text + 4);

	if (!client->is_on && strncmp(text, "OKAY", 4) != 0 &&
	    strncmp(text, "FAIL", 4) != 0)
		world_fail("u%u gets \"%.20s\" before OKAY", client->user,
		    text);
	else if (strncmp(text, "OKAY", 4) == 0)
		client_okay(client, number);
	else if (strncmp(text, "FAIL", 4) == 0)
		client_fail(client, number);
	else if (strncmp(text, "SEND", 4) == 0)
		client_got_send(client, number, rest);
	else if (strncmp(text, "ACKN", 4) == 0)
		ledger_acknowledged(client, number, strtoull(rest, NULL, 10));
	else if (strncmp(text, "ARRV", 4) == 0 && user < WORLD_USERS_MAX)
		client_arrv(client, user);
	else if (strncmp(text, "LEFT", 4) == 0 && user < WORLD_USERS_MAX)
		client_left(client, user);
	else
		world_fail("u%u gets \"%.40s\"", client->user, text);
}

/* ---- their wires ---- */

static void
client_frame(struct wire_end *end, unsigned opcode, const unsigned char *data,
    size_t size)
{
	struct client *client = end->owner;
	static char text[70000];

	if (opcode == WS_PING) {
		wire_control(end, WS_PONG, data, size);
	} else if (opcode == WS_TEXT && client->end == end) {
		memcpy(text, data, size);
		text[size] = '\0';
		world_say("n%u to u%u: %.40s", client->node, client->user,
		    text);
		client_message(client, text);
	}
}

static void
client_closed(struct wire_end *end, uint16_t code)
{
	struct client *client = end->owner;

	world_say("u%u's connection is closed with %u", client->user, code);
	if (client->end == end)
		client_lost(client);
}

static void
client_gone(struct wire_end *end)
{
	client_closed(end, 0);
}

static void
client_nothing(struct wire_end *end)
{
	(void)end;
}

static const struct wire_ops client_ops = {
	client_frame, client_closed, client_gone, client_nothing,
	client_nothing
};

static void
client_login(struct client *client)
{
	struct wire *wire;
	char source[32];

	client->node = sim_chance(80) ? client->user % world.node_count :
	    sim_below(world.node_count);
	if (!world_is_ours(client->node))
		return;
	wire = wire_new(WIRE_NO_NODE);
	wire->delay_usec = 50 + sim_below(5000);
	wire->jitter_usec = sim_below(1000);
	wire->ends[0].ops = &client_ops;
	wire->ends[0].owner = client;
	snprintf(source, sizeof(source), "127.0.0.1:%u", 1024 + client->user);
	if (!node_accept(&world.nodes[client->node], &wire->ends[1], source,
	    0)) {
		wire->ends[0].is_open = wire->ends[1].is_open = false;
		return;
	}
	client->end = &wire->ends[0];
	world_say("u%u calls n%u", client->user, client->node);
	client_write(client, "AUTH %u\r\nu%u\r\nx", client->user + 1,
	    client->user);
}

void
client_vanish(struct client *client)
{
	if (client->end == NULL)
		return;
	world_say("u%u vanishes from n%u", client->user, client->node);
	client->ghost_usec = sim_now() + CLIENT_GHOST_USEC;
	client->end->wire->is_lost = true;
	wire_die(client->end);
	client_lost(client);
}

static void
client_read_on(void *object, uint64_t session)
{
	struct client *client = object;

	if (client->end != NULL && client->session == session &&
	    client->paused_usec <= sim_now())
		wire_pause(client->end, false);
}

void
client_stop_reading(struct client *client, uint64_t usec)
{
	if (!client->is_on)
		return;
	world_say("u%u does not read for %ju ms", client->user,
	    (uintmax_t)(usec / SIM_MSEC));
	client->paused_usec = sim_now() + usec;
	wire_pause(client->end, true);
	sim_at(client->paused_usec, client_read_on, client, client->session);
}

/* ---- what they do ---- */

static void
client_talk(struct client *client)
{
	uint64_t to = sim_chance(25) ? 0 : 1 + sim_below(world.user_count);

	/* Somebody who is not there, now and then; mostly one who is. */
	if (to != 0 && (to == client->user + 1 || (!client->lists[to - 1] &&
	    sim_chance(95))))
		return;
	client_send(client, to, 1 + sim_below(100));
}

static void
client_leave(struct client *client)
{
	world_say("u%u leaves n%u", client->user, client->node);
	if (sim_chance(50))
		wire_close(client->end, WS_CLOSE_NORMAL);
	else
		wire_die(client->end);
	client_lost(client);
}

static void
client_act(void *object, uint64_t what)
{
	struct client *client = object;

	(void)what;
	sim_at(sim_now() + 1 + sim_below(2 * CLIENT_PAUSE_USEC), client_act,
	    client, 0);
	if (!world.is_talking || world.failed)
		return;
	sim_count(1);
	if (client->end == NULL)
		client_login(client);
	else if (client->is_on && client->paused_usec <= sim_now() &&
	    !client->end->is_closing) {
		if (sim_chance(2))
			client_leave(client);
		else
			client_talk(client);
	}
}

void
clients_begin(void)
{
	unsigned i;

	for (i = 0; i < world.client_count; i++) {
		world.clients[i].index = i;
		world.clients[i].user = i % world.user_count;
		sim_at(sim_now() + sim_below(CLIENT_PAUSE_USEC), client_act,
		    &world.clients[i], 0);
	}
}
