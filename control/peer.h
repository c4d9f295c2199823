/*
 * Servers: whom we dial and when, who may dial us, and the life of links from
 * there to their end. Under core.c and life.c.
 */
#ifndef CONTROL_PEER_H
#define CONTROL_PEER_H

#include "state.h"

/* Events; errors as core_step(). */
enum dn_err peer_connect(struct core *core, const struct event *event);
enum dn_err peer_disconnect(struct core *core, const struct event *event);
enum dn_err peer_resolved(struct core *core, const struct event *event);
enum dn_err peer_dialled(struct core *core, const struct event *event);
enum dn_err peer_undialled(struct core *core, const struct event *event);
enum dn_err peer_arrv(struct core *core, const struct event *event);
enum dn_err peer_left(struct core *core, const struct event *event);
enum dn_err peer_sliced(struct core *core, const struct event *event);
enum dn_err peer_rtt(struct core *core, const struct event *event);

/* 'conn' is a link to 'peer' from now on; if no slot is left it is closed, and
 * 'peer' may be gone. */
void peer_up(struct core *core, struct peer *peer, uint64_t conn);

/* The link to 'peer' was closed by dnchatd. */
void peer_closed(struct core *core, struct peer *peer, uint16_t code,
    struct dn_str why);

/* A server that is to be dialled. */
struct peer_target {
	enum ipc_door door;
	bool is_tls;
	struct dn_str host;    /* an IPv6 address in brackets or not */
	uint16_t port;
	struct dn_str written; /* as the operator wrote it; dnchat: empty */
};

/* Keeps a link to 'target' up. Errors as core_step() has them. */
enum dn_err peer_want(struct core *core, const struct peer_target *target);

/* A server that we asked (link_kind->is_asking) has agreed. */
void peer_agreed(struct core *core, struct peer *peer);

/* Closes the link to 'peer'; 'peer' may be gone then. */
void peer_close(struct core *core, struct peer *peer, uint16_t code,
    const char *why);

/* A record of a server of 'door', on no link, OFFLINE; and its end. */
struct peer *peer_new(struct core *core, enum ipc_door door);
void peer_free(struct core *core, struct peer *peer);

/* Asks again for what an answer is outstanding of. */
void peer_resume(struct core *core, struct peer *peer);

/* Ends what goes on about 'peer' without a record to dnchatd: dnchatd died,
 * or everything ends. Accepted ones are forgotten. */
void peer_offline(struct core *core, struct peer *peer);

/* Deadlines: of the server with this id; of a user for acknowledgements. */
void peer_overdue(struct core *core, uint64_t id);
void peer_reply_overdue(struct core *core, uint64_t number);

#endif
