/*
 * Rooms at doors whose protocols write names where dnchat has numbers: what
 * is said in a room, by clients and by servers, and how it is told to them.
 * Between conn_lines.c, which reads, and plane_deliver.c.
 */
#ifndef DATAPLANE_DOOR_H
#define DATAPLANE_DOOR_H

#include "codec.h"
#include "dnchat/ipc.h"
#include "dnchat/msg.h"

struct conn;
struct plane;
struct table_entry;

/*
 * As codec_frame(); where 'codec' wants names, those in a SEND or SAY become
 * words as 'audience' is to read them: with their hosts, where those are not
 * its own. Errors: as codec_frame().
 */
enum dn_err door_frame(struct plane *plane, const struct codec *codec,
    enum codec_audience audience, const struct dn_msg *msg,
    struct frame *frame);

/* Writes the user, or the room, 'name' of ours as the server 'conn' reads it:
 * with our host, unless it has one. */
struct dn_str door_far_user(const struct conn *conn, struct dn_wr *wr,
    struct dn_str name);
struct dn_str door_far_room(const struct conn *conn, struct dn_wr *wr,
    struct dn_str name);

/* Room that the host in these takes at most. */
#define DOOR_HOST_BYTES_MAX (1 + 3 * DN_HOST_BYTES_MAX)

/* SAY of a client: to the members of a room, himself too. */
void door_say(struct conn *conn, const struct dn_msg *msg);

/* SAY of a server: one of its users says it in a room of ours. */
void door_fedsay(struct conn *conn, const struct dn_msg *msg);

/* RECV of a server: one of its rooms tells it a member who is here. */
void door_fedrecv(struct conn *conn, const struct dn_msg *msg);

/* The server 'conn' has said 'msg', which may tell where it can be dialled. */
void door_hear_host(struct conn *conn, const struct dn_msg *msg);

/* 'entry', whose way is new, may be a user or a room of a server, and tell its
 * name. */
void door_learn(struct plane *plane, const struct table_entry *entry);

#endif
