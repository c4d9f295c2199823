/* Server links, between peer.c, which decides about them, and way.c. */
#include "link.h"

#include <assert.h>

#include <utlist.h>

#include "down.h"
#include "way.h"

/* T0 of routing.md section 3, and what stands for it where a neighbour does
 * not acknowledge. */
#define LINK_HOLD_MSEC_LEAST 100
#define LINK_HOLD_MSEC_MOST 2000
#define LINK_HOLD_MSEC_NAIVE 500

struct peer *
link_find(const struct core *core, uint64_t conn)
{
	struct peer *peer;

	HASH_FIND_BYHASHVALUE(hh, core->peers_up, &conn, sizeof(conn),
	    hash_number(core->seed, conn), peer);
	return peer;
}

struct peer *
link_router(const struct core *core, uint64_t conn)
{
	struct peer *peer = link_find(core, conn);

	return peer != NULL && peer->door == IPC_DOOR_DNCHAT ? peer : NULL;
}

void
link_attach(struct core *core, struct peer *peer, uint64_t conn)
{
	assert(peer->conn == IPC_CONN_NONE);
	peer->conn = conn;
	peer->rtt_usec = 0;
	HASH_ADD_BYHASHVALUE(hh, core->peers_up, conn, sizeof(peer->conn),
	    hash_number(core->seed, conn), peer);
}

void
link_detach(struct core *core, struct peer *peer)
{
	HASH_DEL(core->peers_up, peer);
	peer->conn = IPC_CONN_NONE;
	peer->rtt_usec = 0;
}

void
link_recount(struct core *core)
{
	uint64_t longest = LINK_HOLD_MSEC_LEAST, length;
	bool is_naive = false;
	int slot;

	core->slot_end = 0;
	for (slot = 0; slot < DN_LINKS_MAX; slot++) {
		if (core->links[slot] == NULL)
			continue;
		core->slot_end = (uint16_t)(slot + 1);
		is_naive = is_naive || core->naive[slot];
		/* 1.5 x the round trip, in milliseconds. */
		length = (uint64_t)core->links[slot]->rtt_usec * 3 / 2000;
		if (length > longest)
			longest = length;
	}
	if (is_naive)
		longest = LINK_HOLD_MSEC_NAIVE;
	core->hold_msec = (uint32_t)(longest < LINK_HOLD_MSEC_MOST ?
	    longest : LINK_HOLD_MSEC_MOST);
}

/* Brings the next users up; asks to be called again if there are more. */
static void
link_slice(struct core *core, struct peer *peer)
{
	struct user *user;
	unsigned count;

	for (count = 0; count < DN_SLICE_USERS && peer->cursor != NULL;
	    count++) {
		user = peer->cursor;
		peer->cursor = user->next;
		way_link_up(core, user, peer->slot);
	}
	peer->slicing = peer->cursor != NULL;
	if (peer->slicing)
		DOWN(core, slice, .conn = peer->conn);
}

static bool
link_open(struct core *core, struct peer *peer, uint64_t conn)
{
	uint16_t slot = 0;

	while (slot < DN_LINKS_MAX && core->links[slot] != NULL)
		slot++;
	if (slot == DN_LINKS_MAX)
		return false;
	link_attach(core, peer, conn);
	peer->slot = slot;
	core->links[slot] = peer;
	core->naive[slot] = peer->foreign;
	core->usable[slot] = true;
	link_recount(core);
	DOWN(core, open, .conn = conn,
	    .flags = (uint8_t)((peer->foreign ? IPC_OPEN_FOREIGN : 0) |
	    (peer->dialled ? IPC_OPEN_DIALLED : 0)));
	peer->cursor = core->users;
	link_slice(core, peer);
	return true;
}

void
link_sliced(struct core *core, struct peer *peer)
{
	if (peer->slicing)
		link_slice(core, peer);
}

static void
link_drain(struct core *core, struct peer *peer)
{
	struct user *user, *next;

	peer->cursor = NULL;
	peer->slicing = false;
	core->usable[peer->slot] = false;
	DL_FOREACH_SAFE(core->users, user, next)
		way_link_drain(core, user, peer->slot);
}

static void
link_down(struct core *core, struct peer *peer)
{
	struct user *user, *next;
	uint16_t slot = peer->slot;

	peer->cursor = NULL;
	peer->slicing = false;
	core->usable[slot] = false;
	DL_FOREACH_SAFE(core->users, user, next)
		way_link_down(core, user, slot);
	assert(peer->routed == 0 && peer->announced == 0);
	core->links[slot] = NULL;
	core->naive[slot] = false;
	link_detach(core, peer);
	link_recount(core);
}

const struct link_kind link_kind_dnchat = {
	.open = link_open,
	.drain = link_drain,
	.down = link_down,
};

void
link_rtt(struct core *core, struct peer *peer, uint32_t usec)
{
	peer->rtt_usec = usec;
	link_recount(core);
}
