/*
 * Several cores, linked by dnchat or federated with each other: what one says
 * the other hears. Nobody is there twice, whatever the links.
 */
#include "fed_story.h"

#define NODES 3
#define WIRES 6

/* A link between two nodes: the connection that each knows it by; 0: down. */
struct wire {
	unsigned node[2];
	uint64_t conn[2];
};

struct net {
	struct story nodes[NODES];
	size_t at[NODES]; /* how far its records have been read */
	struct wire wires[WIRES];
	unsigned wire_count;
	uint64_t conn_last;
};

static struct wire *
wire_of(struct net *net, unsigned node, uint64_t conn, unsigned *end)
{
	unsigned i;

	for (i = 0; i < net->wire_count; i++)
		for (*end = 0; *end < 2; (*end)++)
			if (net->wires[i].node[*end] == node &&
			    net->wires[i].conn[*end] == conn)
				return &net->wires[i];
	return NULL;
}

/* Where what 'node' says on 'conn' is heard, and as what. */
static struct story *
hearer(struct net *net, unsigned node, uint64_t conn, uint64_t *heard_on)
{
	unsigned end;
	struct wire *wire = wire_of(net, node, conn, &end);

	if (wire == NULL || wire->conn[!end] == 0)
		return NULL;
	*heard_on = wire->conn[!end];
	return &net->nodes[wire->node[!end]];
}

static void
hear_reply(struct net *net, unsigned node, const struct ipc_reply *reply)
{
	uint64_t conn;
	struct story *other = hearer(net, node, reply->conn, &conn);

	if (other != NULL)
		UP(other, call, .conn = conn, .verb = reply->verb,
		    .about = reply->about, .result = reply->result,
		    .name = reply->name, .room = reply->room,
		    .text = reply->text);
}

static void
hear_close(struct net *net, unsigned node, uint64_t conn)
{
	unsigned end;
	struct wire *wire = wire_of(net, node, conn, &end);
	uint64_t other;

	if (wire == NULL)
		return;
	other = wire->conn[!end];
	wire->conn[0] = wire->conn[1] = 0;
	if (other != 0)
		UP(&net->nodes[wire->node[!end]], closed, .conn = other,
		    .code = 1000);
}

static void
hear(struct net *net, unsigned node, unsigned type, struct dn_rd *rd)
{
	struct ipc_announce announce;
	struct ipc_withdraw withdraw;
	struct ipc_reply reply;
	struct ipc_close close;
	struct story *other;
	uint64_t conn;

	if (type == IPC_announce) {
		assert_true(ipc_get_announce(rd, &announce));
		other = hearer(net, node, announce.conn, &conn);
		if (other != NULL)
			UP(other, arrv, .conn = conn,
			    .number = announce.number, .hops = announce.hops,
			    .name = announce.name,
			    .description = announce.description);
	} else if (type == IPC_withdraw) {
		assert_true(ipc_get_withdraw(rd, &withdraw));
		other = hearer(net, node, withdraw.conn, &conn);
		if (other != NULL)
			UP(other, left, .conn = conn,
			    .number = withdraw.number);
	} else if (type == IPC_reply) {
		assert_true(ipc_get_reply(rd, &reply));
		hear_reply(net, node, &reply);
	} else if (type == IPC_close) {
		assert_true(ipc_get_close(rd, &close));
		hear_close(net, node, close.conn);
	}
}

/* Takes one record of 'node'; false: there is none. */
static bool
hear_next(struct net *net, unsigned node)
{
	struct story *story = &net->nodes[node];
	unsigned char *copy;
	struct ipc_header header;
	struct dn_rd rd;
	long size;

	size = ipc_peek(story->down.data + net->at[node],
	    story->down.size - net->at[node], &header);
	if (size == 0)
		return false;
	/* More may be said meanwhile. */
	copy = malloc((size_t)size);
	assert_non_null(copy);
	memcpy(copy, story->down.data + net->at[node], (size_t)size);
	net->at[node] += (size_t)size;
	rd = dn_rd_of(copy + IPC_HEADER_BYTES, header.size);
	hear(net, node, header.type, &rd);
	free(copy);
	return true;
}

/* All that is said is heard; then time passes. */
static void
settle(struct net *net)
{
	bool is_busy = true;
	unsigned i, round;

	for (round = 0; round < 8; round++) {
		for (is_busy = true; is_busy; )
			for (is_busy = false, i = 0; i < NODES; i++)
				while (hear_next(net, i))
					is_busy = true;
		for (i = 0; i < NODES; i++)
			story_wait(&net->nodes[i], 500);
	}
	for (i = 0; i < NODES; i++)
		story_forget(&net->nodes[i]);
}

static struct wire *
wire_new(struct net *net, unsigned a, unsigned b)
{
	struct wire *wire = &net->wires[net->wire_count++];

	assert_true(net->wire_count <= WIRES);
	*wire = (struct wire){{a, b},
	    {net->conn_last + 1, net->conn_last + 2}};
	net->conn_last += 2;
	return wire;
}

static void
link_dnchat(struct net *net, unsigned a, unsigned b)
{
	struct wire *wire = wire_new(net, a, b);
	unsigned end;

	for (end = 0; end < 2; end++)
		UP(&net->nodes[wire->node[end]], srvr,
		    .conn = wire->conn[end], .flags = IPC_LINK_ROUTING,
		    .source = S("10.9.9.9:1"));
	settle(net);
}

/* 'a' dials 'b', which it calls "sB.com". */
static void
federate(struct net *net, unsigned a, unsigned b)
{
	struct wire *wire = wire_new(net, a, b);
	char host[16], address[32], source[40];

	(void)snprintf(host, sizeof(host), "s%u.com", b);
	(void)snprintf(address, sizeof(address), "203.0.113.%u", b);
	(void)snprintf(source, sizeof(source), "10.0.0.%u:51000", a);
	fed_dial(&net->nodes[a], host, host, 4400, address, wire->conn[0]);
	UP(&net->nodes[b], srvr, .conn = wire->conn[1],
	    .door = IPC_DOOR_CHANNELS, .source = S(source));
	settle(net);
}

/* A foreign server, whose room is x, is federated with 'node'. */
static uint64_t
federate_foreign(struct net *net, unsigned node)
{
	uint64_t conn = ++net->conn_last;

	fed_link(&net->nodes[node], "foreign.org", "foreign.org", 4400,
	    "198.51.100.1", conn);
	FED_SAYS(&net->nodes[node], conn, FEDCHANNELS, .text = S("x"));
	settle(net);
	return conn;
}

/* Node i has client ui (number 10 + i, connection 1) and room #ri. */
static void
net_begin(struct net *net)
{
	char name[8];
	unsigned i;

	memset(net, 0, sizeof(*net));
	net->conn_last = 100;
	for (i = 0; i < NODES; i++) {
		(void)snprintf(name, sizeof(name), "s%u", i);
		story_begin(&net->nodes[i], name, i + 1);
		(void)snprintf(name, sizeof(name), "r%u", i);
		DO(&net->nodes[i], room, .name = S(name), .number = 900 + i);
		(void)snprintf(name, sizeof(name), "u%u", i);
		story_login_as(&net->nodes[i], 1, 10 + i, name, IPC_DOOR_CHANNELS,
		    true);
	}
	settle(net);
}

static void
net_end(struct net *net)
{
	unsigned i;

	for (i = 0; i < NODES; i++)
		story_end(&net->nodes[i]);
}

/* How many are called 'name' at 'node'. */
static unsigned
count_named(const struct net *net, unsigned node, const char *name)
{
	struct user_view view;
	const void *user = NULL;
	unsigned count = 0;

	while ((user = core_next_user(net->nodes[node].core, user, &view)) !=
	    NULL)
		count += view.shown && dn_str_eq(view.name, S(name));
	return count;
}

static bool
has_member(const struct net *net, unsigned node, const char *room_name,
    const char *name)
{
	struct member_view view;
	const void *member = NULL, *room;
	struct room_view room_view;

	assert_int_equal(core_find_room(net->nodes[node].core, room_name,
	    &room, &room_view), DN_OK);
	while ((member = core_next_member(room, member, &view)) != NULL)
		if (dn_str_eq(view.name, S(name)))
			return true;
	return false;
}

static void
channels(struct net *net, unsigned node, const char *list)
{
	struct story *s = &net->nodes[node];

	story_forget(s);
	UP(s, call, .conn = 1, .verb = DN_VERB_CHANNELS);
	fed_expect(s, "reply 1 CHANNELS 1 name= room= text=%s\n", list);
}

static void
joins(struct net *net, unsigned node, const char *room)
{
	fed_joins(&net->nodes[node], 1, room);
	settle(net);
}

/* Two networks of ours, which have no other link. */
static void
two_of_ours_federate(void **state)
{
	struct net net;

	(void)state;
	net_begin(&net);
	federate(&net, 0, 1);
	channels(&net, 0, "r0|r1:s1.com");
	channels(&net, 1, "r0:10.0.0.0|r1");
	joins(&net, 0, "r1:s1.com");
	assert_true(has_member(&net, 1, "r1", "u0@10.0.0.0"));
	joins(&net, 1, "r0:10.0.0.0");
	assert_true(has_member(&net, 0, "r0", "u1@s1.com"));
	DO(&net.nodes[1], room_create, .name = S("new"));
	settle(&net);
	channels(&net, 0, "new:s1.com|r0|r1:s1.com");
	hear_close(&net, 0, net.wires[0].conn[0]);
	channels(&net, 1, "new|r1");
	net_end(&net);
}

/* A chain: nobody passes on what is not his. */
static void
nothing_is_passed_on(void **state)
{
	struct net net;

	(void)state;
	net_begin(&net);
	federate(&net, 0, 1);
	federate(&net, 1, 2);
	channels(&net, 0, "r0|r1:s1.com");
	channels(&net, 1, "r0:10.0.0.0|r1|r2:s2.com");
	channels(&net, 2, "r1:10.0.0.1|r2");
	net_end(&net);
}

static void
federation_within_a_network_is_refused(void **state)
{
	struct net net;

	(void)state;
	net_begin(&net);
	link_dnchat(&net, 0, 1);
	federate(&net, 0, 1);
	channels(&net, 0, "r0|r1");
	channels(&net, 1, "r0|r1");
	assert_int_equal(fed_peer_on(&net.nodes[0], "s1.com:4400").state,
	    PEER_WAITING);
	net_end(&net);
}

/* Also when the one is there before the other, and over several hops. */
static void
federation_ends_when_networks_meet(void **state)
{
	struct net net;

	(void)state;
	net_begin(&net);
	federate(&net, 0, 2);
	channels(&net, 0, "r0|r2:s2.com");
	link_dnchat(&net, 0, 1);
	link_dnchat(&net, 1, 2);
	channels(&net, 0, "r0|r1|r2");
	channels(&net, 2, "r0|r1|r2");
	net_end(&net);
}

/* All three are linked, two are federated with the same foreign server. */
static void
foreign_server_is_there_once(void **state)
{
	struct net net;
	uint64_t conn0, conn1;
	unsigned i;

	(void)state;
	net_begin(&net);
	link_dnchat(&net, 0, 1);
	link_dnchat(&net, 1, 2);
	conn0 = federate_foreign(&net, 0);
	conn1 = federate_foreign(&net, 1);
	for (i = 0; i < NODES; i++)
		assert_int_equal(count_named(&net, i, "#x:foreign.org"), 1);
	FED_SAYS(&net.nodes[0], conn0, FEDJOIN, .name = S("dora"),
	    .room = S("r0"));
	settle(&net);
	FED_SAYS(&net.nodes[1], conn1, FEDJOIN, .name = S("dora"),
	    .room = S("r1"));
	settle(&net);
	for (i = 0; i < NODES; i++)
		assert_int_equal(count_named(&net, i, "dora@foreign.org"), 1);
	assert_true(has_member(&net, 0, "r0", "dora@foreign.org"));
	assert_true(has_member(&net, 1, "r1", "dora@foreign.org"));
	/* One loses it; the network still has it through the other. */
	UP(&net.nodes[1], closed, .conn = conn1, .code = 1006);
	settle(&net);
	settle(&net);
	for (i = 0; i < NODES; i++) {
		assert_int_equal(count_named(&net, i, "#x:foreign.org"), 1);
		assert_int_equal(count_named(&net, i, "dora@foreign.org"), 1);
	}
	assert_false(has_member(&net, 1, "r1", "dora@foreign.org"));
	UP(&net.nodes[0], closed, .conn = conn0, .code = 1006);
	settle(&net);
	for (i = 0; i < NODES; i++) {
		assert_int_equal(count_named(&net, i, "#x:foreign.org"), 0);
		assert_int_equal(count_named(&net, i, "dora@foreign.org"), 0);
	}
	net_end(&net);
}

/* Both import it before they hear of one another. */
static void
networks_with_the_same_foreign_server_meet(void **state)
{
	struct net net;
	unsigned i;

	(void)state;
	net_begin(&net);
	(void)federate_foreign(&net, 0);
	(void)federate_foreign(&net, 2);
	link_dnchat(&net, 0, 1);
	link_dnchat(&net, 1, 2);
	for (i = 0; i < NODES; i++)
		assert_int_equal(count_named(&net, i, "#x:foreign.org"), 1);
	net_end(&net);
}

/* A user two hops away joins through who has the federation. */
static void
user_elsewhere_joins(void **state)
{
	struct story *s;
	struct net net;
	uint64_t conn;

	(void)state;
	net_begin(&net);
	link_dnchat(&net, 0, 1);
	link_dnchat(&net, 1, 2);
	conn = federate_foreign(&net, 0);
	s = &net.nodes[0];
	UP(s, command, .room = fed_number_of(s, "#x:foreign.org"), .user = 12,
	    .text = S("/join"));
	assert_non_null(strstr(s->text, "FEDJOIN 0 name=u2 room=x text=\n"));
	fed_answers(s, conn, "u2", "x:foreign.org", 1);
	settle(&net);
	assert_true(has_member(&net, 0, "x:foreign.org", "u2"));
	net_end(&net);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_of_ours_federate),
		cmocka_unit_test(nothing_is_passed_on),
		cmocka_unit_test(federation_within_a_network_is_refused),
		cmocka_unit_test(federation_ends_when_networks_meet),
		cmocka_unit_test(foreign_server_is_there_once),
		cmocka_unit_test(networks_with_the_same_foreign_server_meet),
		cmocka_unit_test(user_elsewhere_joins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
