/*
 * The one decision about a message between users: where it goes. By table and
 * message table alone; nothing is sent here. Between conn_input.c, which
 * decodes, and plane.c, which delivers.
 */
#ifndef DATAPLANE_FORWARD_H
#define DATAPLANE_FORWARD_H

#include "dnchat/ipc.h"
#include "dnchat/msg.h"
#include "msgtable.h"
#include "table.h"

/* What the decision is made from. */
struct forward {
	const struct table *table;
	struct msgtable *msgtable;
	/* True if 'conn' is a client of ours that has a name, or a door's
	 * server, whose users are ours to the network. */
	bool (*is_ours)(void *context, uint64_t conn);
	void *context;
	uint32_t text_bytes_max; /* of our clients */
	uint64_t now_msec;
};

enum forward_action {
	FORWARD_ONE,     /* to the user of 'entry' */
	FORWARD_ALL,     /* to all but its author and where it came from */
	FORWARD_FAIL,    /* not: tell the client why */
	FORWARD_SWALLOW, /* not: that is in order */
	FORWARD_DROP,    /* not: count it */
	FORWARD_EARLY    /* not yet: its sender is not in the table */
};

struct forward_verdict {
	enum forward_action action;
	enum dn_reason reason;      /* FAIL */
	enum ipc_counter counter;   /* DROP */
	struct table_entry *entry;  /* ONE */
	uint64_t author;            /* of what a client's ACKN confirms */
};

/* Judges the SEND 'msg' of our client; 'msg->from' is its user. A message
 * that is not refused is in the message table then. */
struct forward_verdict forward_send(const struct forward *forward,
    const struct dn_msg *msg);

/* Judges our client's ACKN of message 'number'. */
struct forward_verdict forward_ackn(const struct forward *forward,
    uint64_t number, const struct msgtable_acker *acker);

/* Judges the SEND or ACKN 'msg' that came over a link. */
struct forward_verdict forward_transit(const struct forward *forward,
    const struct dn_msg *msg);

#endif
