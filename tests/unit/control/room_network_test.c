/*
 * Rooms in a network of cores: users join and leave rooms of other servers
 * while they and links come and go. What every dnchatd has been told of its
 * rooms' members is at all times what should be: who has joined and not left,
 * as long as he is known there; an account of the room's own server longer.
 */
#include "network_life.h"

#define JOINED_MAX 64

static const unsigned homes[ROOMS] = {0, 2};

/* A member as the room's dnchatd has him, and as he should be. */
struct place {
	enum ipc_membership told;
	bool joined; /* said /join, and not /leave, since he was here last */
	bool kept;   /* as an account of the room's server */
};

static struct place places[ENTRIES][ENTRIES];

/* Members whom JOINED or HISTORY is still to come of. */
static struct {
	unsigned node;
	uint64_t room, user, order;
} waiting[JOINED_MAX];
static size_t waiting_count;

static void
wait_for(unsigned node, uint64_t room, uint64_t user, uint64_t order)
{
	assert_true(waiting_count < JOINED_MAX);
	waiting[waiting_count].node = node;
	waiting[waiting_count].room = room;
	waiting[waiting_count].user = user;
	waiting[waiting_count++].order = order;
}

static void
take_hidden(struct network *net, unsigned node, uint64_t user)
{
	struct place *place;
	unsigned room;

	for (room = USERS + 1; room < ENTRIES; room++) {
		place = &places[room][user];
		if (!net->nodes[node].rooms[room])
			continue;
		/* Who is hidden has been sent away before. */
		assert_int_equal(place->told, IPC_MEMBER_GONE);
		place->joined = false;
	}
}

static void
take_shown(struct network *net, unsigned node, uint64_t user)
{
	unsigned room;

	for (room = USERS + 1; room < ENTRIES; room++)
		if (net->nodes[node].rooms[room] &&
		    net->nodes[node].conns[user] != 0 && user % 2 == 1 &&
		    places[room][user].kept)
			places[room][user].joined = true;
}

static void
take_record(struct network *net, unsigned node,
    const struct ipc_header *header, struct dn_rd rd)
{
	struct ipc_member member;
	struct ipc_show show;
	struct ipc_hide hide;

	if (header->type == IPC_member) {
		assert_true(ipc_get_member(&rd, &member));
		assert_true(net->nodes[node].rooms[member.room]);
		assert_true(net->nodes[node].entries[member.user].is_shown);
		places[member.room][member.user].told =
		    (enum ipc_membership)member.membership;
		if (member.membership == IPC_MEMBER_JOINING)
			wait_for(node, member.room, member.user, 0);
	} else if (header->type == IPC_show) {
		assert_true(ipc_get_show(&rd, &show));
		take_shown(net, node, show.number);
	} else if (header->type == IPC_hide) {
		assert_true(ipc_get_hide(&rd, &hide));
		take_hidden(net, node, hide.number);
	}
}

/* One of those who wait gets what he waits for. */
static void
answer_one(struct network *net)
{
	const struct request *request;
	size_t which = below(net, (uint32_t)waiting_count);
	unsigned node = waiting[which].node;
	uint64_t room = waiting[which].room, user = waiting[which].user;
	uint64_t order = waiting[which].order;
	struct story *story = &net->nodes[node].story;

	waiting[which] = waiting[--waiting_count];
	if (order != 0) {
		NET_DO(net, node, EVENT, history, .id = order);
		return;
	}
	NET_DO(net, node, IPC, joined, .room = room, .user = user);
	request = story->updates.requests;
	if (story->updates.request_count > 0 && below(net, 4) > 0)
		wait_for(node, room, user, request->id);
}

static void
say_something(struct network *net)
{
	unsigned room = USERS + 1 + below(net, ROOMS);
	unsigned user = 1 + below(net, USERS), node = homes[room - USERS - 1];
	struct place *place = &places[room][user];
	bool is_join = below(net, 3) > 0, is_account;

	if (!net->nodes[node].entries[user].is_shown)
		return;
	/* One of the same name who comes from elsewhere is not the account,
	 * and does not change what it is a member of. */
	is_account = net->nodes[node].conns[user] != 0 && user % 2 == 1;
	if (is_account)
		place->kept = is_join;
	place->joined = is_join;
	NET_DO(net, node, IPC, command, .room = room, .user = user,
	    .text = S(is_join ? "/join" : "/leave"));
}

static void
check_members(void)
{
	unsigned room, user;

	for (room = USERS + 1; room < ENTRIES; room++)
		for (user = 1; user <= USERS; user++)
			assert_int_equal(places[room][user].told !=
			    IPC_MEMBER_GONE, places[room][user].joined);
}

static void
rooms_happen(struct network *net)
{
	if (waiting_count > 0 && (below(net, 2) == 0 ||
	    waiting_count > JOINED_MAX / 2))
		answer_one(net);
	else
		say_something(net);
	check_members();
}

/* All that was waited for has come, or will not any more. */
static void
rooms_at_rest(struct network *net)
{
	unsigned room, user;

	while (waiting_count > 0)
		answer_one(net);
	while (next_deadline(net) != UINT64_MAX)
		pass_time(net, next_deadline(net) - net->now);
	check_members();
	for (room = USERS + 1; room < ENTRIES; room++)
		for (user = 1; user <= USERS; user++)
			assert_int_not_equal(places[room][user].told,
			    IPC_MEMBER_JOINING);
}

static void
rooms_begin(struct network *net)
{
	char name[16];
	unsigned i;

	memset(places, 0, sizeof(places));
	waiting_count = 0;
	net->more = rooms_happen;
	net->take = take_record;
	net->rest = rooms_at_rest;
	for (i = 0; i < ROOMS; i++) {
		(void)snprintf(name, sizeof(name), "room%u", i);
		net->nodes[homes[i]].rooms[USERS + 1 + i] = true;
		NET_DO(net, homes[i], EVENT, room, .name = S(name),
		    .number = USERS + 1 + i);
	}
}

static void
rooms_in_a_line(void **state)
{
	struct network net;
	unsigned seed, i;

	(void)state;
	for (seed = 1; seed <= seed_count(); seed++) {
		network_init(&net, 4, 5000 + seed);
		for (i = 0; i + 1 < 4; i++)
			connect_nodes(&net, i, i + 1);
		rooms_begin(&net);
		live_through(&net);
		network_deinit(&net);
	}
}

static void
rooms_in_a_ring(void **state)
{
	struct network net;
	unsigned seed, i;

	(void)state;
	for (seed = 1; seed <= seed_count(); seed++) {
		network_init(&net, 5, 6000 + seed);
		for (i = 0; i < 5; i++)
			connect_nodes(&net, i, (i + 1) % 5);
		rooms_begin(&net);
		live_through(&net);
		network_deinit(&net);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rooms_in_a_line),
		cmocka_unit_test(rooms_in_a_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
