/* Dialling servers, between peer.c and the shell and dnchatd that do it. */
#include "dial.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "down.h"
#include "memory.h"

#define DIAL_RESOLVE_MSEC 30000
#define DIAL_MSEC 10000
/* Design, section 4: back-off. */
#define DIAL_AGAIN_MSEC_LEAST 500
#define DIAL_AGAIN_MSEC_MOST 60000
#define DIAL_WHY_BYTES_MAX 128

void
dial_state(struct core *core, struct peer *peer, enum peer_state state,
    uint32_t length_msec)
{
	peer->state = state;
	peer->since_msec = core->now_msec;
	if (length_msec > 0)
		timer_start(&core->timers, &peer->timer, core->now_msec,
		    length_msec);
	else
		timer_stop(&core->timers, &peer->timer);
}

void
dial_why(struct peer *peer, struct dn_str why)
{
	if (why.size > DIAL_WHY_BYTES_MAX)
		why.size = DIAL_WHY_BYTES_MAX;
	/* It may be the very string that is replaced. */
	char *copy = memory_string(why);
	free(peer->why);
	peer->why = copy;
}

void
dial_start(struct core *core, struct peer *peer)
{
	struct request *request;

	if (core->incarnation == 0 || core->shutting_down) {
		dial_state(core, peer, PEER_OFFLINE, 0);
		return;
	}
	dial_state(core, peer, PEER_RESOLVING, DIAL_RESOLVE_MSEC);
	request = updates_request(core->updates, REQUEST_RESOLVE);
	request->peer = peer->id;
	request->port = peer->port;
	memcpy(request->host, peer->host, strlen(peer->host) + 1);
}

/* The next of the peer's addresses; empty: that was the last. */
static struct dn_str
dial_take_address(struct peer *peer)
{
	const char *at = peer->addresses + peer->address_at;
	struct dn_str address;

	at += strspn(at, " ");
	address = (struct dn_str){at, strcspn(at, " ")};
	peer->address_at =
	    (uint32_t)(address.data + address.size - peer->addresses);
	return address;
}

static void
dial_address(struct core *core, struct peer *peer, struct dn_str address)
{
	bool is_plain = core->now_msec < peer->plain_until_msec;

	if (++core->dial_last == 0)
		core->dial_last++;
	peer->dial = core->dial_last;
	dial_state(core, peer, PEER_DIALLING, DIAL_MSEC);
	DOWN(core, dial, .dial = peer->dial, .door = peer->door,
	    .tls = peer->is_tls,
	    .routing = peer->door == IPC_DOOR_DNCHAT && !is_plain,
	    .port = peer->port, .address = address,
	    .host = dn_str_of(peer->host));
}

/* No address of it answers: it is tried again later. */
static void
dial_failed(struct core *core, struct peer *peer, struct dn_str why)
{
	struct notice *notice;

	notice = updates_notice(core->updates, DN_LOG_INFO, "dial_failed");
	notice_add(notice, "peer", dn_str_of(peer->name));
	notice_add(notice, "why", why);
	notice_add_number(notice, "retry_msec", dial_again(core, peer, why));
}

/* Dials the next address; false: there is no more. */
static bool
dial_next_address(struct core *core, struct peer *peer)
{
	struct dn_str address = dial_take_address(peer);

	/* No address is longer; what is cannot be one. */
	while (address.size > DN_ADDRESS_BYTES_MAX)
		address = dial_take_address(peer);
	if (address.size == 0)
		return false;
	dial_address(core, peer, address);
	return true;
}

void
dial_next(struct core *core, struct peer *peer, struct dn_str why)
{
	dial_why(peer, why);
	if (!dial_next_address(core, peer))
		dial_failed(core, peer, why);
}

void
dial_resolved(struct core *core, struct peer *peer, struct dn_str addresses,
    struct dn_str why)
{
	if (peer->state != PEER_RESOLVING)
		return;
	if (addresses.size == 0) {
		dial_failed(core, peer, why);
		return;
	}
	free(peer->addresses);
	peer->addresses = memory_string(addresses);
	peer->address_at = 0;
	if (!dial_next_address(core, peer))
		dial_failed(core, peer, dn_str_of("no address"));
}

void
dial_overdue(struct core *core, struct peer *peer)
{
	switch (peer->state) {
	case PEER_RESOLVING:
		dial_failed(core, peer,
		    dn_str_of("the name was not looked up in time"));
		break;
	case PEER_DIALLING:
		DOWN(core, undial, .dial = peer->dial);
		dial_next(core, peer, dn_str_of("no answer in time"));
		break;
	case PEER_WAITING:
		dial_start(core, peer);
		break;
	case PEER_UP:
		/* It has been up for long: what failed before is forgotten. */
		peer->failures = 0;
		break;
	case PEER_ASKING:
	case PEER_DRAINING:
	case PEER_OFFLINE:
	case PEER_STATE_COUNT:
		break;
	}
}

static uint64_t
dial_random(struct core *core)
{
	core->random++;
	return hash_mix(core->random);
}

uint32_t
dial_again(struct core *core, struct peer *peer, struct dn_str why)
{
	uint32_t length = DIAL_AGAIN_MSEC_LEAST, i;

	for (i = 0; i < peer->failures && length < DIAL_AGAIN_MSEC_MOST; i++)
		length *= 2;
	if (length > DIAL_AGAIN_MSEC_MOST)
		length = DIAL_AGAIN_MSEC_MOST;
	/* Plus or minus a quarter: servers that lost each other at the same
	 * time shall not come back at the same time. */
	length = length / 4 * 3 +
	    (uint32_t)(dial_random(core) % (length / 2 + 1));
	peer->failures++;
	dial_why(peer, why);
	dial_state(core, peer, PEER_WAITING, length);
	return length;
}

void
dial_stop(struct core *core, struct peer *peer)
{
	if (peer->state == PEER_DIALLING)
		DOWN(core, undial, .dial = peer->dial);
	dial_state(core, peer, PEER_OFFLINE, 0);
}

bool
dial_lists(const char *addresses, const struct accept_address *address)
{
	struct accept_address other;
	size_t size;

	for (; *addresses != '\0'; addresses += size) {
		addresses += strspn(addresses, " ");
		size = strcspn(addresses, " ");
		if (accept_address(&other, (struct dn_str){addresses, size}) &&
		    memcmp(&other, address, sizeof(other)) == 0)
			return true;
	}
	return false;
}

struct peer *
dial_knows(const struct core *core, enum ipc_door door,
    const struct accept_address *address, const struct peer *after)
{
	struct peer *peer;

	for (peer = after == NULL ? core->peers : after->next; peer != NULL;
	    peer = peer->next)
		if (peer->wanted && peer->door == door &&
		    peer->addresses != NULL &&
		    dial_lists(peer->addresses, address))
			break;
	return peer;
}
