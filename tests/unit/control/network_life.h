/*
 * What happens in a network of cores, by chance, and what must hold: no table
 * may ever loop, and at rest every server shows just who can be reached, by
 * the nearest way.
 */
#ifndef TESTS_NETWORK_LIFE_H
#define TESTS_NETWORK_LIFE_H

#include "network.h"

/* ---- what must hold ---- */

/* The next server for 'number' at 'i': NODES_MAX if there is none. */
static inline unsigned
next_of(struct network *net, unsigned i, unsigned number)
{
	const struct entry *entry = &net->nodes[i].entries[number];
	struct link_ends *link;
	unsigned end;

	if (!entry->is_shown || entry->conn == 0 ||
	    entry->conn == net->nodes[i].conns[number])
		return NODES_MAX;
	link = link_of(net, i, entry->conn, &end);
	/* Nor does one lead anywhere that has gone, until it is his turn to
	 * hear of it, ... */
	if (link == NULL) {
		assert_true(core_has_slices(net->nodes[i].story.core));
		return NODES_MAX;
	}
	/* ... or whose other end is down. */
	return link->conn[!end] != 0 ? link->node[!end] : NODES_MAX;
}

static inline void
check_no_loops(struct network *net)
{
	unsigned number, i, at, steps;

	for (number = 1; number < ENTRIES; number++)
		for (i = 0; i < net->node_count; i++) {
			at = i;
			for (steps = 0; at != NODES_MAX; steps++) {
				assert_true(steps <= net->node_count);
				at = next_of(net, at, number);
			}
		}
}

/* Distances to the servers that have a client, or the room, with 'number';
 * -1: none. */
static inline void
measure(const struct network *net, unsigned number, int *distances)
{
	const struct link_ends *link;
	unsigned i, l, round;

	for (i = 0; i < net->node_count; i++)
		distances[i] = net->nodes[i].conns[number] != 0 ||
		    net->nodes[i].rooms[number] ? 0 : -1;
	for (round = 0; round < net->node_count; round++)
		for (l = 0; l < net->link_count * 2; l++) {
			link = &net->links[l / 2];
			i = link->node[l % 2];
			if (link->conn[0] == 0 || link->conn[1] == 0 ||
			    distances[link->node[!(l % 2)]] != (int)round)
				continue;
			if (distances[i] < 0)
				distances[i] = (int)round + 1;
		}
}

static inline void
check_user_at_rest(struct network *net, unsigned number)
{
	int distances[NODES_MAX];
	struct user_view view;
	const void *user;
	unsigned i, next;
	char word[16];

	measure(net, number, distances);
	(void)snprintf(word, sizeof(word), "%u", number);
	for (i = 0; i < net->node_count; i++) {
		assert_int_equal(net->nodes[i].entries[number].is_shown,
		    distances[i] >= 0);
		if (distances[i] < 0) {
			assert_int_equal(core_find_user(
			    net->nodes[i].story.core, word, &user, &view),
			    DN_E_UNKNOWN);
			continue;
		}
		assert_int_equal(core_find_user(net->nodes[i].story.core,
		    word, &user, &view), DN_OK);
		assert_int_equal(view.hops, distances[i]);
		assert_int_equal(view.state, USER_FORWARD);
		next = next_of(net, i, number);
		if (distances[i] == 0) {
			assert_int_equal(next, NODES_MAX);
			continue;
		}
		assert_true(next != NODES_MAX);
		assert_int_equal(distances[next], distances[i] - 1);
		assert_string_equal(net->nodes[i].entries[number].description,
		    net->nodes[next].entries[number].description);
	}
}

/* ---- what happens ---- */

static inline bool
deliver_one(struct network *net)
{
	unsigned start = below(net, net->link_count * 2), k, end;
	struct wire_message message;
	struct link_ends *link;
	struct wire *wire;

	for (k = 0; k < net->link_count * 2; k++) {
		link = &net->links[(start + k) / 2 % net->link_count];
		end = (start + k) % 2;
		wire = &link->to[end];
		if (wire->count == 0)
			continue;
		message = wire->messages[wire->first];
		wire->first = (wire->first + 1) % QUEUE_MAX;
		wire->count--;
		if (link->conn[end] == 0)
			return true;
		if (message.type == IPC_arrv)
			NET_DO(net, link->node[end], IPC, arrv,
			    .conn = link->conn[end], .number = message.number,
			    .hops = message.hops, .name = S(message.name),
			    .description = S(message.description));
		else
			NET_DO(net, link->node[end], IPC, left,
			    .conn = link->conn[end], .number = message.number);
		return true;
	}
	return false;
}

static inline void
pass_time(struct network *net, uint64_t msec)
{
	unsigned i;

	net->now += msec;
	for (i = 0; i < net->node_count; i++)
		if (core_deadline(net->nodes[i].story.core) <= net->now)
			NET_DO(net, i, EVENT, tick, 0);
}

/* The next users of 'i' hear of links. */
static inline void
slice_one(struct network *net, unsigned i)
{
	if (core_has_slices(net->nodes[i].story.core))
		NET_DO(net, i, EVENT, slice, 0);
}

static inline bool
slice_all(struct network *net)
{
	bool is_any = false;
	unsigned i;

	for (i = 0; i < net->node_count; i++)
		while (core_has_slices(net->nodes[i].story.core)) {
			slice_one(net, i);
			is_any = true;
		}
	return is_any;
}

static inline uint64_t
next_deadline(const struct network *net)
{
	uint64_t least = UINT64_MAX, deadline;
	unsigned i;

	for (i = 0; i < net->node_count; i++) {
		deadline = core_deadline(net->nodes[i].story.core);
		if (deadline < least)
			least = deadline;
	}
	return least;
}

/* An end whose other end is gone hears of that. */
static inline void
notice_cuts(struct network *net)
{
	struct link_ends *link;
	unsigned l, end;
	uint64_t conn;

	for (l = 0; l < net->link_count; l++) {
		link = &net->links[l];
		for (end = 0; end < 2; end++)
			if (link->conn[end] != 0 && link->conn[!end] == 0) {
				drop_queues(link);
				conn = link->conn[end];
				NET_DO(net, link->node[end], IPC, closed,
				    .conn = conn, .code = 1006);
				link->conn[end] = 0;
			}
	}
}

static inline void
come_to_rest(struct network *net)
{
	unsigned number;

	notice_cuts(net);
	while (deliver_one(net) || slice_all(net) ||
	    next_deadline(net) != UINT64_MAX) {
		check_no_loops(net);
		if (next_deadline(net) <= net->now || below(net, 20) == 0)
			pass_time(net, 10);
		while (deliver_one(net))
			check_no_loops(net);
		if (next_deadline(net) != UINT64_MAX &&
		    next_deadline(net) > net->now)
			pass_time(net, next_deadline(net) - net->now);
		notice_cuts(net);
	}
	for (number = 1; number < ENTRIES; number++)
		check_user_at_rest(net, number);
	if (net->rest != NULL)
		net->rest(net);
}

static inline void
toggle_link(struct network *net, unsigned l)
{
	struct link_ends *link = &net->links[l];
	unsigned end = below(net, 2);
	uint64_t conn;
	char word[32];

	if (link->conn[0] == 0 && link->conn[1] == 0) {
		drop_queues(link);
		/* First both ends exist, then they speak. */
		link->conn[0] = ++net->conn_last;
		link->conn[1] = ++net->conn_last;
		for (end = 0; end < 2; end++)
			NET_DO(net, link->node[end], IPC, srvr,
			    .conn = link->conn[end], .source = S("10.0.0.1:1"),
			    .flags = IPC_LINK_ROUTING);
	} else if (link->conn[end] != 0 && below(net, 3) == 0) {
		(void)snprintf(word, sizeof(word), "10.0.0.1:1");
		NET_DO(net, link->node[end], EVENT, disconnect,
		    .peer = S(word));
	} else if (link->conn[end] != 0) {
		conn = link->conn[end];
		/* Sent bytes are lost; the other end notices later. */
		drop_queues(link);
		NET_DO(net, link->node[end], IPC, closed, .conn = conn,
		    .code = 1006);
		link->conn[end] = 0;
	}
}

static inline void
toggle_client(struct network *net, unsigned i, unsigned number)
{
	struct node *node = &net->nodes[i];
	char name[16];
	uint64_t conn;

	if (node->conns[number] != 0) {
		conn = node->conns[number];
		node->conns[number] = 0;
		NET_DO(net, i, IPC, closed, .conn = conn, .code = 1000);
		return;
	}
	if (node->entries[number].is_shown)
		return;
	(void)snprintf(name, sizeof(name), "user%u", number);
	conn = ++net->conn_last;
	node->conns[number] = conn;
	NET_DO(net, i, EVENT, login, .conn = conn, .number = number,
	    .name = S(name), .source = S("192.0.2.9:1"), .verdict = 1,
	    .is_account = number % 2);
	/* Somebody of that name is known by another number? Not here. */
	assert_true(node->entries[number].is_shown);
}

static inline void
something_happens(struct network *net)
{
	unsigned dice = below(net, 100);

	if (net->more != NULL && below(net, 4) == 0) {
		net->more(net);
	} else if (dice < 8) {
		toggle_client(net, below(net, net->node_count),
		    1 + below(net, USERS));
	} else if (dice < 11) {
		toggle_link(net, below(net, net->link_count));
	} else if (dice < 16) {
		notice_cuts(net);
	} else if (dice < 20) {
		story_reload(&net->nodes[below(net, net->node_count)].story);
	} else if (dice < 35) {
		pass_time(net, below(net, 60));
	} else if (dice < 40) {
		slice_one(net, below(net, net->node_count));
	} else {
		(void)deliver_one(net);
	}
	check_no_loops(net);
}

static inline void
live_through(struct network *net)
{
	unsigned round, l, count;

	for (l = 0; l < net->link_count; l++)
		toggle_link(net, l);
	for (round = 0; round < 4; round++) {
		for (count = 0; count < 300; count++)
			something_happens(net);
		come_to_rest(net);
	}
}

static inline unsigned
seed_count(void)
{
	return getenv("DNCHAT_SOAK") != NULL ? 500 : 40;
}

#endif
