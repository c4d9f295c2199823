/* The servers as bytes and back, for save.c. */
#include "save.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "dial.h"
#include "link.h"
#include "memory.h"
#include "peer.h"
#include "user.h"

#define SAVE_PEERS_MAX (2 * DN_LINKS_MAX)

static bool
save_peer_has_link(const struct peer *peer)
{
	return peer->state == PEER_UP || peer->state == PEER_DRAINING ||
	    peer->state == PEER_ASKING;
}

/* What depends on the door. */
static bool
save_peer_fits_door(const struct peer *peer)
{
	if (peer->door == IPC_DOOR_DNCHAT)
		return peer->state != PEER_ASKING;
	return peer->door < IPC_DOOR_COUNT && !peer->foreign &&
	    peer->state != PEER_DRAINING &&
	    !peer->is_tls && peer->dialled == (peer->written != NULL);
}

/* What peer.c and dial.c rely on. */
static bool
save_peer_is_sane(const struct core *core, const struct peer *peer)
{
	if (peer->name == NULL || peer->host == NULL || peer->why == NULL ||
	    strlen(peer->host) > DN_HOST_BYTES_MAX ||
	    ((peer->wanted || peer->is_tls) && !peer->dialled) ||
	    !save_peer_fits_door(peer))
		return false;
	if (peer->dialled && save_peer_has_link(peer) &&
	    peer->addresses == NULL)
		return false;
	if (peer->state == PEER_DIALLING && (peer->addresses == NULL ||
	    peer->address_at > strlen(peer->addresses)))
		return false;
	if (!save_peer_has_link(peer))
		return peer->conn == IPC_CONN_NONE;
	if (peer->conn == IPC_CONN_NONE || link_find(core, peer->conn) != NULL)
		return false;
	return peer->door != IPC_DOOR_DNCHAT || (peer->slot < DN_LINKS_MAX &&
	    core->links[peer->slot] == NULL);
}

/* The link of a server that has been read. */
static void
save_relink(struct core *core, struct peer *peer)
{
	HASH_ADD_BYHASHVALUE(hh, core->peers_up, conn, sizeof(peer->conn),
	    hash_number(core->seed, peer->conn), peer);
	if (peer->door != IPC_DOOR_DNCHAT)
		return;
	core->links[peer->slot] = peer;
	core->naive[peer->slot] = peer->foreign;
	core->usable[peer->slot] = peer->state == PEER_UP;
}

static void
save_peer(struct save *save, struct core *core, struct peer *peer)
{
	uint8_t state = (uint8_t)peer->state;

	save_u32(save, &peer->id);
	save_u8(save, &state);
	save_bool(save, &peer->dialled);
	save_bool(save, &peer->wanted);
	save_bool(save, &peer->foreign);
	save_string(save, &peer->name);
	save_string(save, &peer->host);
	save_u16(save, &peer->port);
	save_string(save, &peer->addresses);
	save_u32(save, &peer->address_at);
	save_u32(save, &peer->dial);
	save_u64(save, &peer->conn);
	save_u16(save, &peer->slot);
	save_u64(save, &peer->since_msec);
	save_u64(save, &peer->plain_until_msec);
	save_u32(save, &peer->rtt_usec);
	save_u32(save, &peer->failures);
	save_string(save, &peer->why);
	save_bool(save, &peer->slicing);
	if (save->version >= SAVE_VERSION_ROOMS) {
		save_u8(save, &peer->door);
		save_string(save, &peer->written);
	}
	if (save->version >= SAVE_VERSION_TLS)
		save_bool(save, &peer->is_tls);
	if (!save_is_good(save) || state >= PEER_STATE_COUNT) {
		save_fail(save);
		return;
	}
	peer->state = (enum peer_state)state;
	peer->timer.owner = peer->id;
	save_timer(save, core, &peer->timer);
	if (!save_is_reading(save))
		return;
	if (!save_peer_is_sane(core, peer))
		save_fail(save);
	else if (save_peer_has_link(peer))
		save_relink(core, peer);
}

static void
save_lost(struct save *save, struct core *core, struct peer *lost)
{
	uint16_t slot = lost != NULL ? lost->slot : 0;
	char *name = lost != NULL ? memory_string(dn_str_of(lost->name)) : NULL;

	save_u16(save, &slot);
	save_string(save, &name);
	if (save_is_reading(save)) {
		if (!save_is_good(save) || name == NULL ||
		    slot >= DN_LINKS_MAX || core->links[slot] != NULL)
			save_fail(save);
		else
			lost = link_new_lost(core, slot, name);
	}
	free(name);
	if (!save_is_good(save))
		return;
	save_u64(save, &lost->conn);
	save_bool(save, &lost->foreign);
	save_u32(save, &lost->rtt_usec);
	core->naive[slot] = lost->foreign;
}

static void
save_all_lost(struct save *save, struct core *core)
{
	struct peer *lost;
	uint16_t count;

	DL_COUNT(core->lost, lost, count);
	save_u16(save, &count);
	for (lost = core->lost; count > 0 && save_is_good(save); count--) {
		save_lost(save, core, lost);
		lost = save_is_reading(save) ? NULL : lost->next;
	}
}

static void
save_read_peers(struct save *save, struct core *core, uint32_t count)
{
	uint32_t last = core->peer_last, id = 0;
	struct peer *peer;

	while (count-- > 0 && save_is_good(save)) {
		peer = peer_new(core, IPC_DOOR_DNCHAT);
		save_peer(save, core, peer);
		/* Ids grow along the list. */
		if (peer->id <= id || peer->id > last)
			save_fail(save);
		id = peer->id;
	}
	core->peer_last = last;
}

void
save_peers(struct save *save, struct core *core)
{
	struct peer *peer;
	uint32_t count = 0;

	DL_FOREACH(core->peers, peer)
		count++;
	save_u32(save, &count);
	if (save_is_reading(save)) {
		if (count > SAVE_PEERS_MAX)
			save_fail(save);
		else
			save_read_peers(save, core, count);
	} else {
		DL_FOREACH(core->peers, peer)
			save_peer(save, core, peer);
	}
	if (save_is_good(save) && save->version >= SAVE_VERSION_LOST)
		save_all_lost(save, core);
	if (save_is_reading(save))
		link_recount(core);
}

static void
save_cursor(struct save *save, const struct core *core, struct peer *peer)
{
	uint64_t number = peer->cursor != NULL ? peer->cursor->number : 0;

	save_u64(save, &number);
	if (save_is_reading(save) && number != 0 && (peer->is_lost ||
	    peer->state == PEER_UP || peer->state == PEER_DRAINING))
		peer->cursor = user_find(core, number);
}

/* Whom the cursor of a link that has gone has passed has nothing to do with
 * it any more. */
static bool
save_lost_is_sane(const struct core *core, const struct peer *lost)
{
	const struct user *user;

	for (user = core->users; user != lost->cursor; user = user->next)
		if (lost->slot < user->route.link_count &&
		    (user->route.links[lost->slot].flags & ROUTE_UP))
			return false;
	return true;
}

void
save_cursors(struct save *save, struct core *core)
{
	struct peer *peer;

	DL_FOREACH(core->peers, peer)
		save_cursor(save, core, peer);
	if (save->version < SAVE_VERSION_LOST)
		return;
	DL_FOREACH(core->lost, peer) {
		save_cursor(save, core, peer);
		if (save_is_reading(save) && !save_lost_is_sane(core, peer))
			save_fail(save);
	}
}
