/*
 * Who it is that dialled us. The protocol does not say: all that is known at
 * first is an address, and several servers may have that, as those of one
 * machine do. So
 *
 * - where we dial nobody at that address, it is a stranger, called by the
 *   address; a second one has its port behind it, where it listens if it has
 *   said so, else where it dialled from;
 * - where we do, nothing that it has is shown until it is known who it is. It
 *   is one of those that we dial if the host that it writes behind its users
 *   has that one's port, or if it answers what we asked that one; then both
 *   links are of one server. It is a stranger if that port is another, or if
 *   it offers rooms that none of them does. One that offers the same as one of
 *   them stays in doubt: what it has is there already.
 *
 * No name changes of what somebody is a member of, or who is here. Under
 * fed.c; above fed_room.c and fed_join.c.
 */
#ifndef CONTROL_FED_IDENTITY_H
#define CONTROL_FED_IDENTITY_H

#include "fed_server.h"

/* A new link: 'peer->fed' gets its server. */
void fed_identity_begin(struct core *core, struct peer *peer);

/* The server on 'peer', which is up, has offered 'fed->offers'; 'is_list' if
 * that was all that it has. */
void fed_identity_offered(struct core *core, struct peer *peer, bool is_list);

/* It has written 'host', perhaps empty, as its own. */
void fed_identity_heard(struct core *core, struct peer *peer,
    struct dn_str host);

/* It has answered for 'room' and 'user', both without hosts. */
void fed_identity_answered(struct core *core, struct peer *peer,
    struct dn_str room, struct dn_str user);

/* One that we dial can't be reached. */
void fed_identity_review(struct core *core);

/* The link to 'peer', which we dialled, is gone. */
void fed_identity_lost(struct core *core, const struct peer *peer);

/* The deadline of doubt about 'peer'. */
void fed_identity_overdue(struct core *core, struct peer *peer);

/* The link is gone, and is none of its server's any more. */
void fed_identity_end(struct core *core, struct peer *peer);

#endif
