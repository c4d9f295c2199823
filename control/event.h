/*
 * CONTRACT of the core: what can happen to it. An event is a record of ipc.h
 * that came up from dnchatd, or one of the local ones below, which the shell
 * makes. All are journaled before they are applied, hence all are records.
 *
 * Not events: AUTH and a CALL that asks to REGISTER. They hold secrets; the
 * shell looks at these and makes a LOGIN or REGISTERED of them, which hold the
 * verdict instead. Where that takes time ASKED takes the record's place, and
 * the verdict names it. Nor is COPY: the shell keeps what was said, and COPIED
 * takes its place until KEPT. No record that waits so is acknowledged, nor any
 * after it: after a crash it comes again.
 */
#ifndef CONTROL_EVENT_H
#define CONTROL_EVENT_H

#include "dnchat/err.h"
#include "dnchat/ipc.h"

#define EVENT_F_START(F) F(U64, seed)
#define EVENT_F_CONFIGURE(F)                                              \
	F(STR, name) F(STR, description) F(STR, accept_peers)             \
	F(U32, hops_max) F(U32, text_bytes_max) F(U32, link_silence_msec) \
	F(U8, srvr_any) F(U32, history_replay) F(U8, rooms_service)       \
	F(U8, channels_joined)                                            \
	F(STR, accept_federation) F(STR, federation) F(U32, slice_users)
/* 'slice_users' of CONFIGURE: DN_SLICE_USERS if it is 0.
 * 'number' of a door's LOGIN: what the account had last, or 0. 'verdict': enum
 * event_verdict. 'is_account': the secret was that of an account of this
 * server. 'asked': number of the ASKED that it answers; 0: none. */
#define EVENT_F_LOGIN(F)                                                  \
	F(U64, conn) F(U64, number) F(U8, door) F(U8, flags)              \
	F(STR, name) F(STR, source) F(U8, verdict) F(U8, is_account)      \
	F(U64, asked)
#define EVENT_F_ASKED(F) F(U64, conn)
/* 'verdict': EVENT_RIGHT, there is such an account now. 'asked' as above. */
#define EVENT_F_REGISTERED(F)                                             \
	F(U64, conn) F(STR, name) F(U8, verdict) F(U64, asked)
#define EVENT_F_KEPT(F) F(U64, upto)
#define EVENT_F_UNREGISTERED(F) F(STR, name)
#define EVENT_F_CONNECT(F) F(STR, host) F(U16, port) F(U8, tls)
/* 'written': the host as the operator wrote it, with a port or without. */
#define EVENT_F_FEDERATE(F) F(STR, host) F(U16, port) F(STR, written)
#define EVENT_F_DISCONNECT(F) F(STR, peer)
#define EVENT_F_KICK(F) F(U64, number)
#define EVENT_F_RESOLVED(F) F(U32, peer) F(STR, addresses) F(STR, why)
#define EVENT_F_PLANE_UP(F) F(U64, incarnation)
#define EVENT_F_LEVEL(F) F(U8, level)
/* 'id' is the request's; 'err' an enum dn_err. */
#define EVENT_F_STORED(F) F(U64, id) F(U8, err)
/* 'rows': for each, oldest first: id (8 bytes), time (8, milliseconds of the
 * Unix clock), author and text (strings as in records). */
#define EVENT_F_HISTORY(F) F(U64, id) F(U8, err) F(STR, rows)
#define EVENT_F_ROOM(F) F(STR, name) F(U64, number)
#define EVENT_F_ROOM_MEMBER(F) F(STR, room) F(STR, account)
#define EVENT_F_ROOM_CREATE(F) F(STR, name)
#define EVENT_F_ROOM_DELETE(F) F(STR, name)

/* X(name, FIELDS, meaning) */
#define EVENT_LOCAL(X)                                                       \
	X(start, EVENT_F_START, "the first of all: where chance comes from")  \
	X(configure, EVENT_F_CONFIGURE, "the configuration, at start and on reload") \
	X(tick, DN_NO_FIELDS, "a deadline of core_deadline() may have passed") \
	X(login, EVENT_F_LOGIN, "an AUTH, and whether its secret was right") \
	X(connect, EVENT_F_CONNECT, "keep a link to that server up")         \
	X(disconnect, EVENT_F_DISCONNECT, "take a link down, and forget the server") \
	X(kick, EVENT_F_KICK, "end a local user's connection")               \
	X(resolved, EVENT_F_RESOLVED, "answer to REQUEST_RESOLVE: numeric addresses, blanks between; none and a reason if it failed") \
	X(plane_up, EVENT_F_PLANE_UP, "a dnchatd is there that knows nothing of us, or that we know nothing of: SYNC_* and SYNCED follow") \
	X(plane_down, DN_NO_FIELDS, "dnchatd died: its connections, and all that was known through them, are gone") \
	X(resumed, DN_NO_FIELDS, "after a replay: deadlines begin anew at full length; what is pending is requested again") \
	X(shutdown, DN_NO_FIELDS, "withdraw everything, then end both daemons") \
	X(level, EVENT_F_LEVEL, "log level of both daemons")                 \
	X(stored, EVENT_F_STORED, "answer to a REQUEST_ROOM_* or REQUEST_MEMBER_*") \
	X(history, EVENT_F_HISTORY, "answer to REQUEST_HISTORY")             \
	X(room, EVENT_F_ROOM, "a room that the store keeps; at the start")   \
	X(room_member, EVENT_F_ROOM_MEMBER, "a member that the store keeps; at the start") \
	X(room_create, EVENT_F_ROOM_CREATE, "the operator creates a room")   \
	X(room_delete, EVENT_F_ROOM_DELETE, "the operator deletes a room")   \
	X(federate, EVENT_F_FEDERATE, "keep a federation with that server up") \
	X(asked, EVENT_F_ASKED, "a record with a secret: its verdict takes time") \
	X(registered, EVENT_F_REGISTERED, "a CALL that asked to REGISTER, and what came of it") \
	X(copied, DN_NO_FIELDS, "a COPY, which the store is to keep")        \
	X(kept, EVENT_F_KEPT, "the store has all copies up to that number, or never will") \
	X(unregistered, EVENT_F_UNREGISTERED, "the operator deleted an account") \
	X(slice, DN_NO_FIELDS, "there is time for the next users of whom core_has_slices() tells")

enum event_type {
	EVENT_LOCAL_FIRST = 0x100,
	EVENT_BEFORE_LOCAL = EVENT_LOCAL_FIRST - 1,
#define EVENT_ENUM(name, FIELDS, meaning) EVENT_##name,
	EVENT_LOCAL(EVENT_ENUM)
#undef EVENT_ENUM
	EVENT_END
};

#define EVENT_DEFINE(name, FIELDS, meaning) DN_RECORD(event, name, FIELDS)
EVENT_LOCAL(EVENT_DEFINE)
#undef EVENT_DEFINE

enum event_verdict {
	EVENT_WRONG, /* not the right secret */
	EVENT_RIGHT,
	EVENT_BUSY,  /* it was not looked at */
	EVENT_VERDICT_COUNT
};

struct event {
	unsigned type;     /* IPC_name of an up record, or EVENT_name */
	uint64_t seq;      /* of the up record; 0 for local events */
	uint64_t now_msec; /* monotonic; never less than in the event before */
	union {
#define EVENT_MEMBER_IPC(name, FIELDS, meaning) struct ipc_##name name;
		IPC_UP(EVENT_MEMBER_IPC)
#undef EVENT_MEMBER_IPC
#define EVENT_MEMBER(name, FIELDS, meaning) struct event_##name name;
		EVENT_LOCAL(EVENT_MEMBER)
#undef EVENT_MEMBER
	} body; /* strings belong to the caller of core_step() */
};

/* Reads the body of an event of 'type' from 'rd' into '*event'; strings point
 * into the bytes read. Errors: DN_E_MALFORMED (size), DN_E_UNKNOWN (type). */
enum dn_err event_get(struct event *event, unsigned type, struct dn_rd *rd);

/* Writes the body of 'event', which is event_size() bytes long. */
void event_put(struct dn_wr *wr, const struct event *event);
size_t event_size(const struct event *event);

#endif
