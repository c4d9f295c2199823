/*
 * The world: made, moved on, told about, ended. What happens in it is of the
 * other sim_*.c.
 */
#include "sim_world.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../dataplane/ws.h"
#include "dnchat/ipc.h"
#include "sim_clock.h"

/* A SYN that nobody answers is given up after so long. */
#define WORLD_DIAL_USEC (3 * SIM_SEC)
/* Foreign peers dial again so often. */
#define WORLD_FOREIGN_USEC SIM_SEC
/* Servers in ten that are of other origin, in worlds that have any. */
#define WORLD_FOREIGN_PERCENT 25

struct world world;

/* ---- telling ---- */

static void
world_print(FILE *file, const char *format, va_list args)
{
	fprintf(file, "%12.6f ", (double)(sim_now() - 1000 * SIM_SEC) / 1e6);
	vfprintf(file, format, args);
	fputc('\n', file);
}

void
world_fail(const char *format, ...)
{
	va_list args;

	if (world.failed)
		return;
	world.failed = true;
	printf("violation in a world of %u servers (%s), phase %u:\n",
	    world.node_count, world.graph, world.phase_count);
	va_start(args, format);
	world_print(stdout, format, args);
	va_end(args);
}

void
world_say(const char *format, ...)
{
	va_list args;

	if (!world.verbose)
		return;
	va_start(args, format);
	world_print(stdout, format, args);
	va_end(args);
}

/* ---- dialling ---- */

struct world_dial {
	unsigned from, to;
	uint32_t dial;
	bool routing;
};

bool
world_is_ours(unsigned node)
{
	return world.foreign[node] == NULL && world.nodes[node].plane != NULL;
}

static unsigned
world_find_link(unsigned from, unsigned to)
{
	unsigned i;

	for (i = 0; i < world.link_count; i++)
		if (world.links[i].from == from && world.links[i].to == to)
			return i;
	return WIRE_NO_NODE;
}

static struct wire *
world_wire(unsigned index)
{
	const struct world_link *link = &world.links[index];
	struct wire *wire = wire_new(index);

	wire->delay_usec = link->delay_usec;
	wire->jitter_usec = link->jitter_usec;
	return wire;
}

/* 'to' takes the end that 'from' dialled; false if it does not. */
static bool
world_accept(struct wire *wire, unsigned from, unsigned to, uint8_t flags)
{
	char address[32], source[64];

	if (world.foreign[to] != NULL) {
		foreign_take(world.foreign[to], &wire->ends[1], false);
		return true;
	}
	node_address(from, address, sizeof(address));
	snprintf(source, sizeof(source), "%s:%u", address, 30000 + wire->id);
	return node_accept(&world.nodes[to], &wire->ends[1], source, flags);
}

static uint8_t
world_flags(const struct world_dial *dial)
{
	char source[64];

	node_address(dial->from, source, sizeof(source));
	strcat(source, ":1");
	return dial->routing && world.foreign[dial->to] == NULL &&
	    !node_withholds(&world.nodes[dial->to], source) ?
	    IPC_LINK_ROUTING : 0;
}

static void
world_connect(void *object, uint64_t what)
{
	struct world_dial *dial = object;
	unsigned link = world_find_link(dial->from, dial->to);
	struct wire *wire = NULL;
	uint8_t flags = 0;

	(void)what;
	sim_count(1);
	if (link != WIRE_NO_NODE && !world.links[link].is_cut &&
	    (world.foreign[dial->to] != NULL ||
	    world.nodes[dial->to].plane != NULL)) {
		wire = world_wire(link);
		flags = world_flags(dial);
		if (!world_accept(wire, dial->from, dial->to, flags)) {
			wire->ends[0].is_open = wire->ends[1].is_open = false;
			wire = NULL;
		}
	}
	world_say("n%u dials n%u: %s", dial->from, dial->to,
	    wire != NULL ? "through" : "refused");
	node_dialled(&world.nodes[dial->from], dial->dial,
	    wire != NULL ? &wire->ends[0] : NULL, flags);
	/* Who dialled may be gone by now. */
	if (wire != NULL && wire->ends[0].handle == NULL)
		wire_die(&wire->ends[0]);
	free(dial);
}

static void
world_dial(unsigned from, unsigned to, uint32_t number, bool routing)
{
	struct world_dial *dial = calloc(1, sizeof(*dial));
	unsigned link = world_find_link(from, to);
	uint64_t after_usec = 1;

	assert(dial != NULL);
	*dial = (struct world_dial){from, to, number, routing};
	if (link != WIRE_NO_NODE)
		after_usec = world.links[link].is_silent ? WORLD_DIAL_USEC :
		    2 * world.links[link].delay_usec + 1;
	sim_at(sim_now() + after_usec, world_connect, dial, 0);
}

static void
world_foreign_dials(void *object, uint64_t index)
{
	struct world_link *link = object;
	struct wire *wire;

	sim_at(sim_now() + WORLD_FOREIGN_USEC, world_foreign_dials, link,
	    index);
	if (link->is_cut || world_link_is_up((unsigned)index))
		return;
	for (wire = wires_first(); wire != NULL; wire = wire->next)
		if (wire->link == index && wire->ends[0].is_open)
			return;
	wire = world_wire((unsigned)index);
	if (!world_accept(wire, link->from, link->to, 0)) {
		wire->ends[0].is_open = wire->ends[1].is_open = false;
		return;
	}
	world_say("f%u dials n%u", link->from, link->to);
	foreign_take(world.foreign[link->from], &wire->ends[0], true);
}

/* ---- links ---- */

bool
world_wire_is_link(const struct wire *wire)
{
	unsigned i;

	if (wire->link == WIRE_NO_NODE || !wire_is_up(wire) || wire->is_lost ||
	    wire->ends[0].node == WIRE_NO_NODE)
		return false;
	for (i = 0; i < 2; i++)
		if (world.foreign[wire->ends[i].node] == NULL &&
		    !node_is_link(&wire->ends[i]))
			return false;
	return true;
}

bool
world_link_is_up(unsigned link)
{
	const struct wire *wire;

	for (wire = wires_first(); wire != NULL; wire = wire->next)
		if (wire->link == link && world_wire_is_link(wire))
			return true;
	return false;
}

/* ---- frames on their way ---- */

static void
world_see(struct wire_end *end, unsigned opcode, const unsigned char *data,
    size_t size)
{
	char text[64];
	const char *line;
	int i;

	if (opcode != WS_TEXT)
		return;
	snprintf(text, sizeof(text), "%.*s", (int)(size < 63 ? size : 63),
	    (const char *)data);
	if (strncmp(text, "ARRV", 4) == 0 || strncmp(text, "LEFT", 4) == 0)
		world.routing++;
	if (end->wire->link == WIRE_NO_NODE)
		return;
	line = strstr(text, "\r\n");
	if (strncmp(text, "SEND", 4) == 0 && line != NULL && line[2] == '*')
		ledger_cross(end, strtoull(text + 4, NULL, 10));
	for (i = 0; text[i] != '\0'; i++)
		if (text[i] == '\r' || text[i] == '\n')
			text[i] = ' ';
	world_say("%c%u > %c%u %s",
	    world.foreign[wire_other(end)->node] != NULL ? 'f' : 'n',
	    wire_other(end)->node,
	    world.foreign[end->node] != NULL ? 'f' : 'n', end->node, text);
}

/* ---- life ---- */

static const struct node_ops world_node_ops = {world_dial, check_routes};

static void
world_draw_kinds(void)
{
	unsigned i;

	world.has_foreign = world.node_count > 3 && sim_chance(25);
	for (i = 0; world.has_foreign && i < world.node_count; i++)
		if (sim_chance(WORLD_FOREIGN_PERCENT))
			world.foreign[i] = foreign_new(i,
			    (enum classic_kind)sim_below(CLASSIC_KINDS));
	if (world.has_foreign && world.foreign[0] != NULL) {
		/* Somebody has to be ours. */
		foreign_free(world.foreign[0]);
		world.foreign[0] = NULL;
	}
}

static void
world_start(unsigned i)
{
	node_init(&world.nodes[i], i, &world_node_ops);
	if (world.foreign[i] != NULL)
		return;
	/* Either plane may be the first. */
	if (sim_chance(50)) {
		node_plane_start(&world.nodes[i]);
		node_control_start(&world.nodes[i]);
	} else {
		node_control_start(&world.nodes[i]);
		node_plane_start(&world.nodes[i]);
	}
}

void
world_begin(uint64_t seed, const char *graph, unsigned node_count,
    bool verbose)
{
	unsigned i;

	memset(&world, 0, sizeof(world));
	memset(world.next, 0xff, sizeof(world.next));
	sim_clock_begin(seed);
	wires_watch(world_see);
	ledger_begin();
	world.seed = seed;
	world.verbose = verbose;
	world.node_count = node_count != 0 ? node_count : 2 + sim_below(9);
	graph_draw(graph, world.node_count);
	world_draw_kinds();
	world.user_count = world.node_count * 2;
	world.client_count = world.user_count + world.user_count / 4;
	if (world.client_count > WORLD_CLIENTS_MAX)
		world.client_count = WORLD_CLIENTS_MAX;
	if (world.user_count > world.client_count)
		world.user_count = world.client_count;
	for (i = 0; i < world.node_count; i++)
		world_start(i);
	for (i = 0; i < world.link_count; i++) {
		if (world.foreign[world.links[i].from] != NULL)
			sim_at(sim_now(), world_foreign_dials,
			    &world.links[i], i);
		else
			node_connect(&world.nodes[world.links[i].from],
			    world.links[i].to);
	}
	clients_begin();
}

void
world_end(void)
{
	unsigned i;

	for (i = 0; i < world.node_count; i++) {
		node_deinit(&world.nodes[i]);
		foreign_free(world.foreign[i]);
	}
	ledger_end();
	wires_end();
	sim_clock_end();
}

void
world_pass(uint64_t usec)
{
	uint64_t until = sim_now() + usec;

	while (!world.failed && sim_step(until))
		continue;
}
