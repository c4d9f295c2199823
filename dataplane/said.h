/*
 * What a room's members get as text: "AUTHOR: TEXT". Between plane_room.c,
 * which passes it on, and protocols that have a place of its own for an
 * author.
 */
#ifndef DATAPLANE_SAID_H
#define DATAPLANE_SAID_H

#include "dnchat/buf.h"

/* Writes 'author', with ':' as %3A and '%' as %25, and 'text' to 'wr'. */
void said_put(struct dn_wr *wr, struct dn_str author, struct dn_str text);

/*
 * Reads that: writes the author to 'wr', and sets '*text' to what he said.
 * False, and '*text' stays, if nobody has said 'said', or 'wr' has no room.
 */
bool said_get(struct dn_wr *wr, struct dn_str said, struct dn_str *text);

#endif
