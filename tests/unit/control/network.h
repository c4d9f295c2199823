/*
 * Several cores in one process, wired with queues in memory: what the tests of
 * networks are made of. A link has two ends, which come up and go each by
 * itself; what is sent to an end that is down vanishes.
 */
#ifndef TESTS_NETWORK_H
#define TESTS_NETWORK_H

#include "story.h"

#define NODES_MAX 6
#define LINKS_MAX 16
#define USERS 6
#define ROOMS 2
/* Numbers of users, then of rooms. */
#define ENTRIES (1 + USERS + ROOMS)
#define QUEUE_MAX 4096

struct wire_message {
	unsigned type; /* IPC_arrv or IPC_left */
	uint64_t number;
	uint32_t hops;
	char name[16], description[16];
};

/* One direction of a link. */
struct wire {
	struct wire_message *messages;
	size_t first, count;
};

struct link_ends {
	unsigned node[2];
	uint64_t conn[2]; /* 0: this end is down */
	struct wire to[2]; /* to node[0], to node[1] */
};

struct entry {
	bool is_shown;
	uint64_t conn; /* 0: hold */
	char name[16], description[16];
};

struct node {
	struct story story;
	struct entry entries[ENTRIES];
	uint64_t conns[ENTRIES]; /* of clients here */
	bool rooms[ENTRIES];     /* those that live here */
};

struct network {
	unsigned node_count, link_count;
	struct node nodes[NODES_MAX];
	struct link_ends links[LINKS_MAX];
	uint64_t now, conn_last, chance;
	/* Where there is more than users and links: what else may happen, what
	 * is made of other records, what holds at rest. */
	void (*more)(struct network *net);
	void (*take)(struct network *net, unsigned node,
	    const struct ipc_header *header, struct dn_rd rd);
	void (*rest)(struct network *net);
};

static inline uint32_t
below(struct network *net, uint32_t limit)
{
	net->chance ^= net->chance << 13;
	net->chance ^= net->chance >> 7;
	net->chance ^= net->chance << 17;
	return (uint32_t)(net->chance >> 32) % limit;
}

/* The end that node 'i' knows as 'conn', or NULL. */
static inline struct link_ends *
link_of(struct network *net, unsigned i, uint64_t conn, unsigned *end)
{
	unsigned l;

	for (l = 0; l < net->link_count; l++)
		for (*end = 0; *end < 2; (*end)++)
			if (net->links[l].node[*end] == i &&
			    net->links[l].conn[*end] == conn)
				return &net->links[l];
	return NULL;
}

static inline void
copy(char *to, struct dn_str from)
{
	assert_true(from.size < 16);
	memcpy(to, from.data, from.size);
	to[from.size] = '\0';
}

/* A message from node 'i'; what is sent on a link whose other end is down
 * vanishes. */
static inline void
transmit(struct network *net, unsigned i, uint64_t conn,
    const struct wire_message *message)
{
	unsigned end;
	struct link_ends *link = link_of(net, i, conn, &end);
	struct wire *wire;

	assert_non_null(link);
	if (link->conn[!end] == 0)
		return;
	wire = &link->to[!end];
	assert_true(wire->count < QUEUE_MAX);
	wire->messages[(wire->first + wire->count++) % QUEUE_MAX] = *message;
}

static inline void
drop_queues(struct link_ends *link)
{
	link->to[0].count = 0;
	link->to[1].count = 0;
}

static inline void take_down_record(struct network *net, unsigned i,
    const struct ipc_header *header, struct dn_rd *rd);

/* Looks at what the node's last step wanted. */
static inline void
take_updates(struct network *net, unsigned i)
{
	struct story *story = &net->nodes[i].story;
	struct bytes down = {0};
	struct ipc_header header;
	struct dn_rd rd;
	size_t at = 0;
	long size;

	bytes_append(&down, story->updates.down.data,
	    story->updates.down.size);
	story_forget(story);
	for (; at < down.size; at += (size_t)size) {
		size = ipc_peek(down.data + at, down.size - at, &header);
		rd = dn_rd_of(down.data + at + IPC_HEADER_BYTES, header.size);
		take_down_record(net, i, &header, &rd);
	}
	bytes_deinit(&down);
}

static inline void
act(struct network *net, unsigned i, struct event *event)
{
	struct story *story = &net->nodes[i].story;

	story->now = net->now;
	if (event->type < EVENT_LOCAL_FIRST)
		story_up(story, event);
	else
		story_step(story, event);
	take_updates(net, i);
}

#define NET_DO(net, i, prefix, name_, ...)                                \
	act((net), (i), &(struct event){.type = prefix##_##name_,         \
	    .body.name_ = {__VA_ARGS__}})

/* No way leads by a link that has gone, whoever has heard of that yet. */
static inline void
check_way(struct network *net, unsigned i, uint64_t number)
{
	uint64_t conn = net->nodes[i].entries[number].conn;
	unsigned end;

	if (conn != 0 && conn != net->nodes[i].conns[number])
		assert_non_null(link_of(net, i, conn, &end));
}

static inline void
take_entry(struct network *net, unsigned i, const struct ipc_header *header,
    struct dn_rd *rd)
{
	struct ipc_show show;
	struct ipc_route route;
	struct ipc_hide hide;
	struct entry *entry;

	if (header->type == IPC_show) {
		assert_true(ipc_get_show(rd, &show));
		entry = &net->nodes[i].entries[show.number];
		assert_false(entry->is_shown);
		entry->is_shown = true;
		entry->conn = show.conn;
		copy(entry->name, show.name);
		copy(entry->description, show.description);
		check_way(net, i, show.number);
	} else if (header->type == IPC_route) {
		assert_true(ipc_get_route(rd, &route));
		entry = &net->nodes[i].entries[route.number];
		assert_true(entry->is_shown);
		assert_int_not_equal(entry->conn, route.conn);
		entry->conn = route.conn;
		check_way(net, i, route.number);
	} else {
		assert_true(ipc_get_hide(rd, &hide));
		entry = &net->nodes[i].entries[hide.number];
		assert_true(entry->is_shown);
		entry->is_shown = false;
	}
}

static inline void
close_link_end(struct network *net, unsigned i, uint64_t conn)
{
	unsigned end;
	struct link_ends *link = link_of(net, i, conn, &end);

	if (link != NULL)
		link->conn[end] = 0;
}

static inline void
take_down_record(struct network *net, unsigned i,
    const struct ipc_header *header, struct dn_rd *rd)
{
	struct wire_message message = {.type = IPC_left};
	struct ipc_announce announce;
	struct ipc_withdraw withdraw;
	struct ipc_slice slice;
	struct ipc_close close;

	if (net->take != NULL)
		net->take(net, i, header, *rd);
	switch (header->type) {
	case IPC_announce:
		assert_true(ipc_get_announce(rd, &announce));
		message.type = IPC_arrv;
		message.number = announce.number;
		message.hops = announce.hops;
		copy(message.name, announce.name);
		copy(message.description, announce.description);
		transmit(net, i, announce.conn, &message);
		break;
	case IPC_withdraw:
		assert_true(ipc_get_withdraw(rd, &withdraw));
		message.number = withdraw.number;
		transmit(net, i, withdraw.conn, &message);
		break;
	case IPC_slice:
		assert_true(ipc_get_slice(rd, &slice));
		NET_DO(net, i, IPC, sliced, .conn = slice.conn);
		break;
	case IPC_close:
		assert_true(ipc_get_close(rd, &close));
		close_link_end(net, i, close.conn);
		break;
	case IPC_show: case IPC_route: case IPC_hide:
		take_entry(net, i, header, rd);
		break;
	}
}

/* ---- making one ---- */

static inline void
connect_nodes(struct network *net, unsigned a, unsigned b)
{
	struct link_ends *link = &net->links[net->link_count++];
	unsigned end;

	assert_true(net->link_count <= LINKS_MAX);
	link->node[0] = a;
	link->node[1] = b;
	for (end = 0; end < 2; end++)
		link->to[end].messages =
		    calloc(QUEUE_MAX, sizeof(struct wire_message));
}

static inline void
network_init(struct network *net, unsigned node_count, uint64_t seed)
{
	unsigned i;
	char name[16];

	memset(net, 0, sizeof(*net));
	net->node_count = node_count;
	net->chance = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	net->now = 1000;
	net->conn_last = 100;
	for (i = 0; i < node_count; i++) {
		(void)snprintf(name, sizeof(name), "s%u", i);
		story_begin(&net->nodes[i].story, name, seed + i);
		/* Some are told of a link one by one, others at once. */
		story_configure_slices(&net->nodes[i].story, name, "",
		    (uint32_t)((seed + i) % 4));
		story_forget(&net->nodes[i].story);
	}
}

static inline void
network_deinit(struct network *net)
{
	unsigned i, l;

	for (i = 0; i < net->node_count; i++)
		story_end(&net->nodes[i].story);
	for (l = 0; l < net->link_count; l++) {
		free(net->links[l].to[0].messages);
		free(net->links[l].to[1].messages);
	}
}

#endif
