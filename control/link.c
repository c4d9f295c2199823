/* Server links, between peer.c, which decides about them, and way.c. */
#include "link.h"

#include <assert.h>
#include <stdlib.h>

#include <utlist.h>

#include "down.h"
#include "memory.h"
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

/* Tells the next users. */
static void
link_tell(struct core *core, struct peer *peer,
    void (*tell)(struct core *core, struct user *user, uint16_t slot))
{
	struct user *user;
	uint32_t count;

	for (count = 0; count < core->settings.slice_users &&
	    peer->cursor != NULL; count++) {
		user = peer->cursor;
		peer->cursor = user->next;
		user = way_catch_up(core, user);
		if (user != NULL)
			tell(core, user, peer->slot);
	}
}

/* Brings the next users up; asks to be called again if there are more. */
static void
link_slice(struct core *core, struct peer *peer)
{
	link_tell(core, peer, way_link_up);
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

/* It is closed when the last LEFT has had its time, so that none is lost. */
static void
link_slice_drain(struct core *core, struct peer *peer)
{
	link_tell(core, peer, way_link_drain);
	timer_start(&core->timers, &peer->timer, core->now_msec,
	    peer->timer.length_msec);
}

static void
link_drain(struct core *core, struct peer *peer)
{
	peer->cursor = core->users;
	peer->slicing = false;
	core->usable[peer->slot] = false;
	link_slice_drain(core, peer);
}

/* No user has anything to do with it any more: another may have its slot. */
static void
link_free_lost(struct core *core, struct peer *lost)
{
	assert(lost->routed == 0 && lost->announced == 0);
	core->links[lost->slot] = NULL;
	core->naive[lost->slot] = false;
	DL_DELETE(core->lost, lost);
	free(lost->name);
	free(lost);
	link_recount(core);
}

static void
link_slice_lost(struct core *core, struct peer *lost)
{
	link_tell(core, lost, way_link_down);
	if (lost->cursor == NULL)
		link_free_lost(core, lost);
}

/* The link of 'peer' is its own from now on. */
static struct peer *
link_lose(struct core *core, struct peer *peer)
{
	struct peer *lost = link_new_lost(core, peer->slot, peer->name);

	lost->conn = peer->conn;
	lost->foreign = peer->foreign;
	lost->rtt_usec = peer->rtt_usec;
	lost->routed = peer->routed;
	lost->announced = peer->announced;
	lost->cursor = core->users;
	peer->routed = 0;
	peer->announced = 0;
	peer->cursor = NULL;
	peer->slicing = false;
	link_detach(core, peer);
	return lost;
}

static void
link_down(struct core *core, struct peer *peer)
{
	link_slice_lost(core, link_lose(core, peer));
}

struct peer *
link_new_lost(struct core *core, uint16_t slot, const char *name)
{
	struct peer *lost = memory_new(sizeof(*lost));

	lost->is_lost = true;
	lost->slot = slot;
	lost->name = memory_string(dn_str_of(name));
	DL_APPEND(core->lost, lost);
	core->links[slot] = lost;
	core->usable[slot] = false;
	return lost;
}

struct peer *
link_next_job(const struct core *core)
{
	uint16_t slot;

	if (core->lost != NULL)
		return core->lost;
	for (slot = 0; slot < core->slot_end; slot++)
		if (core->links[slot] != NULL &&
		    core->links[slot]->state == PEER_DRAINING &&
		    core->links[slot]->cursor != NULL)
			return core->links[slot];
	return NULL;
}

void
link_go_on(struct core *core)
{
	struct peer *peer = link_next_job(core);

	if (peer == NULL)
		return;
	if (peer->is_lost)
		link_slice_lost(core, peer);
	else
		link_slice_drain(core, peer);
}

void
link_forget_lost(struct core *core)
{
	while (core->lost != NULL) {
		core->lost->routed = 0;
		core->lost->announced = 0;
		link_free_lost(core, core->lost);
	}
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
