/*
 * The automorphisms of symmetry.h. The fingerprint of a state is the smallest
 * one of its images. Few of these have to be looked at: each server gets a
 * label that is made of what it is like but not of where it stands, and only
 * those images count in which the labels come in the smallest order.
 */
#include "symmetry.h"

#include "known.h"

/* A search for automorphisms: where servers and links go to. */
struct symmetry_search {
	struct symmetry *symmetry;
	const struct world_net *net;
	uint8_t server_to[WORLD_SERVERS_MAX];
	uint8_t link_to[WORLD_LINKS_MAX];
	bool is_reversed[WORLD_LINKS_MAX];
};

static bool
symmetry_is_full(const struct symmetry *symmetry)
{
	return symmetry->view_count > SYMMETRY_VIEWS_MAX;
}

static void
symmetry_add(const struct symmetry_search *search)
{
	struct symmetry *symmetry = search->symmetry;
	struct world_view *view;
	uint8_t i, end;

	if (symmetry->view_count++ == SYMMETRY_VIEWS_MAX)
		return;
	view = &symmetry->views[symmetry->view_count - 1];
	for (i = 0; i < search->net->server_count; i++)
		view->server_from[search->server_to[i]] = i;
	for (i = 0; i < 2 * search->net->link_count; i++) {
		end = 2 * search->link_to[i / 2] +
		    (i % 2 ^ search->is_reversed[i / 2]);
		view->end_from[end] = i;
		view->end_to[i] = end;
	}
}

static bool
symmetry_is_alike(const struct world_net *net, enum world_action_kind kind,
    uint8_t a, uint8_t b)
{
	return (net->allowed[kind] >> a & 1) == (net->allowed[kind] >> b & 1);
}

/* True if link 'from' can go to link 'to', where its servers go. */
static bool
symmetry_links_fit(struct symmetry_search *search, uint8_t from, uint8_t to)
{
	const struct world_net *net = search->net;
	uint8_t a = search->server_to[net->server_of[2 * from]];
	uint8_t b = search->server_to[net->server_of[2 * from + 1]];
	bool is_reversed = net->server_of[2 * to] != a;
	uint8_t end = 2 * to + is_reversed;

	search->is_reversed[from] = is_reversed;
	return net->server_of[end] == a && net->server_of[end ^ 1] == b &&
	    symmetry_is_alike(net, WORLD_BREAK, from, to) &&
	    symmetry_is_alike(net, WORLD_UP, from, to) &&
	    symmetry_is_alike(net, WORLD_DRAIN, 2 * from, end) &&
	    symmetry_is_alike(net, WORLD_DRAIN, 2 * from + 1, end ^ 1);
}

/* Tries all places for the links from 'link' on. */
static void
symmetry_place_links(struct symmetry_search *search, uint8_t link)
{
	uint8_t to, i;

	if (symmetry_is_full(search->symmetry))
		return;
	if (link == search->net->link_count) {
		symmetry_add(search);
		return;
	}
	for (to = 0; to < search->net->link_count; to++) {
		for (i = 0; i < link && search->link_to[i] != to; i++)
			;
		if (i < link || !symmetry_links_fit(search, link, to))
			continue;
		search->link_to[link] = to;
		symmetry_place_links(search, link + 1);
	}
}

static bool
symmetry_servers_fit(const struct world_net *net, uint8_t from, uint8_t to)
{
	return net->kind[from] == net->kind[to] &&
	    net->degree[from] == net->degree[to] &&
	    symmetry_is_alike(net, WORLD_ARRIVE, from, to) &&
	    symmetry_is_alike(net, WORLD_LEAVE, from, to) &&
	    symmetry_is_alike(net, WORLD_SHUT, from, to);
}

static void
symmetry_place_servers(struct symmetry_search *search, uint8_t server)
{
	uint8_t to, i;

	if (server == search->net->server_count) {
		symmetry_place_links(search, 0);
		return;
	}
	for (to = 0; to < search->net->server_count; to++) {
		for (i = 0; i < server && search->server_to[i] != to; i++)
			;
		if (i < server ||
		    !symmetry_servers_fit(search->net, server, to))
			continue;
		search->server_to[server] = to;
		symmetry_place_servers(search, server + 1);
	}
}

bool
symmetry_init(struct symmetry *symmetry, const struct world_net *net,
    bool is_wanted)
{
	struct symmetry_search search = {.symmetry = symmetry, .net = net};
	uint8_t i;

	symmetry->view_count = 0;
	if (is_wanted) {
		symmetry_place_servers(&search, 0);
		return !symmetry_is_full(symmetry);
	}
	for (i = 0; i < net->server_count; i++)
		search.server_to[i] = i;
	for (i = 0; i < net->link_count; i++)
		search.link_to[i] = i;
	symmetry_add(&search);
	return true;
}

/* Odd numbers to multiply by. Labels need not differ for sure where servers
 * do: then there is only more to compare. */
#define SYMMETRY_A UINT64_C(0x9fb21c651e98df25)
#define SYMMETRY_B UINT64_C(0xd6e8feb86659fd93)

static uint64_t
symmetry_label_wire(const struct world_wire *wire)
{
	uint64_t sum = wire->count;
	uint8_t i;

	for (i = 0; i < wire->count; i++)
		sum = (sum + wire->messages[i]) * SYMMETRY_A;
	return sum;
}

/* What an end is like: the same wherever it stands. */
static uint64_t
symmetry_label_end(const struct world *world, const struct world_net *net,
    uint8_t server, uint8_t slot)
{
	const struct route *route = &world->routes[server];
	const struct route_link *link = &route->links[slot];
	uint8_t end = net->end_at[server][slot];
	uint64_t sum = (uint64_t)link->hops << 24 |
	    (uint64_t)link->flags << 16 | (uint64_t)world->ends[end] << 8 |
	    (uint64_t)(route->succ == slot) << 1 | world->alive[end / 2];

	sum = (sum ^ symmetry_label_wire(&world->wires[end])) * SYMMETRY_A;
	sum ^= sum >> 32;
	sum = (sum ^ symmetry_label_wire(&world->wires[end ^ 1])) *
	    SYMMETRY_B;
	return sum ^ sum >> 32;
}

static uint64_t
symmetry_label(const struct world *world, const struct world_net *net,
    uint8_t server)
{
	const struct route *route = &world->routes[server];
	uint64_t sum = (uint64_t)route->distance << 24 |
	    (uint64_t)route->wait_count << 16 |
	    (uint64_t)world->shut[server] << 2 |
	    (uint64_t)route->hold << 1 | route->local;
	uint8_t slot;

	for (slot = 0; slot < net->degree[server]; slot++)
		sum += symmetry_label_end(world, net, server, slot);
	return sum;
}

/* Compares the labels in two orders, as memcmp() does. */
static int
symmetry_compare(const uint64_t *labels, uint8_t count,
    const struct world_view *a, const struct world_view *b)
{
	uint64_t of_a, of_b;
	uint8_t i;

	for (i = 0; i < count; i++) {
		of_a = labels[a->server_from[i]];
		of_b = labels[b->server_from[i]];
		if (of_a != of_b)
			return of_a < of_b ? -1 : 1;
	}
	return 0;
}

/* Fills 'chosen' with the views in which the labels come in the smallest
 * order; returns how many that are. */
static unsigned
symmetry_choose(const struct symmetry *symmetry, const struct world *world,
    const struct world_net *net, uint16_t *chosen)
{
	uint64_t labels[WORLD_SERVERS_MAX];
	unsigned i, count = 1;
	int order;

	chosen[0] = 0;
	if (symmetry->view_count == 1)
		return 1;
	for (i = 0; i < net->server_count; i++)
		labels[i] = symmetry_label(world, net, (uint8_t)i);
	for (i = 1; i < symmetry->view_count; i++) {
		order = symmetry_compare(labels, net->server_count,
		    &symmetry->views[i], &symmetry->views[chosen[0]]);
		if (order < 0)
			count = 0;
		if (order <= 0)
			chosen[count++] = (uint16_t)i;
	}
	return count;
}

uint64_t
symmetry_fingerprint(const struct symmetry *symmetry,
    const struct world *world, const struct world_net *net, unsigned *images)
{
	uint8_t bytes[WORLD_PACKED_MAX];
	uint16_t chosen[SYMMETRY_VIEWS_MAX];
	unsigned i, same = 0;
	unsigned count = symmetry_choose(symmetry, world, net, chosen);
	uint64_t fingerprint, least = UINT64_MAX;

	for (i = 0; i < count; i++) {
		fingerprint = known_fingerprint(bytes, world_pack_view(world,
		    net, &symmetry->views[chosen[i]], bytes));
		if (fingerprint < least)
			same = 0;
		if (fingerprint <= least) {
			least = fingerprint;
			same++;
		}
	}
	/* As many automorphisms as this lead from the state to itself. */
	*images = symmetry->view_count / same;
	return least;
}
