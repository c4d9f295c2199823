/*
 * CONTRACT between dnchatd (dataplane/) and dncontrol (control/).
 *
 * dnchatd listens on RUN/dnchatd.sock and serves one dncontrol at a time.
 * A record on the wire is: size of the body (4 bytes), type (2), sequence
 * number (8), body. Every record but those of IPC_SESSION is numbered, from
 * 1, without gaps, per direction. Both sides keep what they sent until
 * the other acknowledged it (ACK: everything up to that number).
 *
 * A session: dnchatd says WELCOME (its incarnation, the last number from
 * below it applied). dncontrol answers HELLO:
 *  - resume: dncontrol has the journal of this very incarnation. Each side
 *    drops what the other has applied and sends the rest again.
 *  - reset: there is no usable journal. dnchatd closes its links and dials,
 *    starts both numberings anew at 1, and tells what it has: SYNC_CLIENT,
 *    SYNC_ENTRY, SYNCED, then the unanswered AUTHs of live connections again.
 *    Users whom SYNC_ENTRY named stay in clients' lists until dncontrol hides
 *    them. Rooms and services among them keep their role, but no members, and
 *    are on HOLD, as all of them: what is sent to them waits until dncontrol
 *    has named the members anew (MEMBER) and says ROUTE with FORWARD.
 *
 * Flow control. Up: a client's next message is not read while one of its
 * punts is unanswered; a link is never paused, but closed when its records
 * that dncontrol has not acknowledged exceed DN_LINK_QUEUE_BYTES_MAX, and no
 * more than IPC_UP_BYTES_HIGH of what links say are on their way up at once.
 * Down: dncontrol looks at nothing that comes up while more than
 * IPC_DOWN_BYTES_HIGH of its own records are unacknowledged; table exchange
 * waits for SLICED. Both marks are low, as a client who logs in meanwhile has
 * that much before him, either way.
 *
 * A record of the wrong size or an unknown type is a bug or another build:
 * whoever gets one closes the socket, and the session starts again.
 */
#ifndef DNCHAT_IPC_H
#define DNCHAT_IPC_H

#include "limits.h"
#include "msg.h"
#include "record.h"

#define IPC_VERSION 3
#define IPC_HEADER_BYTES 14
#define IPC_DOWN_BYTES_HIGH (64u << 10)
#define IPC_UP_BYTES_HIGH (8u << 10)

/* A connection's id: worker, generation of the slot, slot. Never 0, and not
 * used again before the slot's generation has gone round. */
#define IPC_CONN(worker, generation, slot)                       \
	((uint64_t)(worker) << 56 |                              \
	    (uint64_t)((generation) & 0xffffff) << 32 | (uint32_t)(slot))
#define IPC_CONN_SLOT(conn) ((uint32_t)(conn))
#define IPC_CONN_NONE UINT64_C(0)

/* State of a user's table entry. */
enum ipc_state {
	IPC_FORWARD, /* there is a next hop */
	IPC_HOLD,    /* there is none now: messages wait, within bounds */
	IPC_STATE_COUNT
};

/* What a number in the table is (SHOW). */
enum ipc_role {
	IPC_ROLE_USER,
	IPC_ROLE_ROOM,    /* a room whose home is here: SENDs go to its members */
	IPC_ROLE_IMPORT,  /* a room of a federated server, which 'conn' leads to;
			   * its members are those of ours who have joined it */
	IPC_ROLE_SERVICE, /* a user of dncontrol's: every SEND is a COMMAND */
	IPC_ROLE_COUNT
};

/* What a user is to a room (MEMBER). */
enum ipc_membership {
	IPC_MEMBER_GONE,    /* no member any more */
	IPC_MEMBER_JOINING, /* will be: what is said from now on waits for LIVE;
			     * answered by JOINED */
	IPC_MEMBER_LIVE,    /* what waited, then all that is said */
	IPC_MEMBERSHIP_COUNT
};

/* Which protocol a connection speaks (AUTH, SRVR, DIAL): the order of the
 * table of codecs. */
enum ipc_door {
	IPC_DOOR_DNCHAT,
	IPC_DOOR_CHANNELS,
	IPC_DOOR_COUNT
};

/* Flags of AUTH. */
#define IPC_AUTH_LOGIN 1u /* a door's LOGIN: 'number' is 0 and dncontrol picks
			   * it; a name without an account is not registered */

/* What an upgrade request or answer said (SRVR, DIALLED). */
#define IPC_LINK_ROUTING 1u /* "dnchat-routing: 1": acknowledges LEFTs */
#define IPC_LINK_PROXIED 2u /* Origin, Forwarded, X-Forwarded-For or Via */
#define IPC_LINK_SELF 4u    /* "dnchat-node" was our own */

/* Flags of OPEN. */
#define IPC_OPEN_FOREIGN 1u /* keep-alive of a peer of other origin */
#define IPC_OPEN_DIALLED 2u /* we dialled: begin with SRVR 0 */

/* Flags of CONFIG. */
#define IPC_CONFIG_SRVR_ANY 1u /* SRVR with any number is taken */

/* ---- from dnchatd up to dncontrol ---- */

#define IPC_F_WELCOME(F)                                               \
	F(U32, version) F(U64, incarnation) F(U8, worker)              \
	F(U64, applied) F(U64, pid) F(STR, listening)
#define IPC_F_AUTH(F)                                                  \
	F(U64, conn) F(U64, number) F(U8, door) F(U8, flags)           \
	F(STR, name) F(STR, secret) F(STR, source)
#define IPC_F_SRVR(F)                                                  \
	F(U64, conn) F(U64, number) F(U8, door) F(U8, flags)           \
	F(STR, source)
#define IPC_F_DIALLED(F) F(U32, dial) F(U64, conn) F(U8, flags)
#define IPC_F_UNDIALLED(F) F(U32, dial) F(STR, why)
#define IPC_F_ARRV(F)                                                  \
	F(U64, conn) F(U64, number) F(U32, hops) F(STR, name)          \
	F(STR, description)
#define IPC_F_LEFT(F) F(U64, conn) F(U64, number)
#define IPC_F_CLOSED(F) F(U64, conn) F(U16, code) F(STR, why)
#define IPC_F_SLICED(F) F(U64, conn)
#define IPC_F_RTT(F) F(U64, conn) F(U32, usec)
/* 'verb', 'about' and 'result' as in msg.h (CALL); 'text' of REGISTER is the
 * source, as in AUTH. */
#define IPC_F_CALL(F)                                                  \
	F(U64, conn) F(U8, verb) F(U8, about) F(U8, result)            \
	F(STR, name) F(STR, secret) F(STR, room) F(STR, text)
#define IPC_F_COMMAND(F)                                               \
	F(U64, room) F(U64, user) F(STR, text)
#define IPC_F_COPY(F)                                                  \
	F(U64, room) F(U64, user) F(STR, author) F(STR, text)
#define IPC_F_JOINED(F) F(U64, room) F(U64, user)
#define IPC_F_SYNC_CLIENT(F)                                           \
	F(U64, conn) F(U64, number) F(U8, door) F(STR, name)           \
	F(STR, description) F(STR, source)
#define IPC_F_SYNC_ENTRY(F)                                            \
	F(U64, number) F(STR, name) F(STR, description) F(U8, role)
#define IPC_F_TELL(F) F(U32, ask) F(LIST, counters)

/* ---- from dncontrol down to dnchatd ---- */

#define IPC_F_HELLO(F) F(U32, version) F(U8, reset) F(U64, applied)
#define IPC_F_CONFIG(F)                                                \
	F(U32, text_bytes_max) F(U32, link_silence_msec) F(U8, flags)  \
	F(STR, federation)
#define IPC_F_NAME(F) F(U64, conn) F(U64, number)
#define IPC_F_DENY(F) F(U64, conn) F(U64, number) F(U8, reason)
#define IPC_F_OPEN(F) F(U64, conn) F(U8, flags)
#define IPC_F_REFUSE(F) F(U64, conn) F(STR, why)
#define IPC_F_CLOSE(F) F(U64, conn) F(U16, code) F(STR, why)
#define IPC_F_DIAL(F)                                                  \
	F(U32, dial) F(U8, door) F(U8, routing) F(U8, tls) F(U16, port) \
	F(STR, address) F(STR, host)
#define IPC_F_UNDIAL(F) F(U32, dial)
#define IPC_F_SHOW(F)                                                  \
	F(U64, number) F(U64, conn) F(U8, state) F(U8, role)           \
	F(STR, name) F(STR, description)
#define IPC_F_ROUTE(F) F(U64, number) F(U64, conn) F(U8, state)
#define IPC_F_HIDE(F) F(U64, number)
#define IPC_F_MEMBER(F) F(U64, room) F(U64, user) F(U8, membership)
#define IPC_F_SAY(F) F(U64, from) F(U64, to) F(STR, text)
#define IPC_F_REPLY(F)                                                 \
	F(U64, conn) F(U8, verb) F(U8, about) F(U8, result)            \
	F(STR, name) F(STR, room) F(STR, text)
#define IPC_F_ANNOUNCE(F)                                              \
	F(U64, conn) F(U64, number) F(U32, hops) F(STR, name)          \
	F(STR, description)
#define IPC_F_WITHDRAW(F) F(U64, conn) F(U64, number)
#define IPC_F_SLICE(F) F(U64, conn)
#define IPC_F_PROBE(F) F(U64, conn) F(U32, msec)
#define IPC_F_WITHHOLD(F) F(U32, msec) F(STR, address)
#define IPC_F_LEVEL(F) F(U8, level)
#define IPC_F_ASK(F) F(U32, ask)
#define IPC_F_VIEWED(F) F(STR, json)
#define IPC_F_TAKEN(F) F(U64, seq)

/* ---- both ways ---- */

#define IPC_F_ACK(F) F(U64, applied)

/*
 * One row a message: X(name, FIELDS, meaning). Types on the wire count from 1
 * in this order; append, and raise IPC_VERSION when a row changes.
 */
#define IPC_UP(X)                                                            \
	X(auth, IPC_F_AUTH, "a client asks to be 'number'; held until NAME or DENY") \
	X(srvr, IPC_F_SRVR, "an accepted connection says it is a server; held until OPEN or REFUSE") \
	X(dialled, IPC_F_DIALLED, "a dial got through; held until OPEN or REFUSE") \
	X(undialled, IPC_F_UNDIALLED, "a dial failed")                       \
	X(arrv, IPC_F_ARRV, "a peer announces a user")                       \
	X(left, IPC_F_LEFT, "a peer withdraws a user")                       \
	X(closed, IPC_F_CLOSED, "a connection that was in a record before is gone") \
	X(sliced, IPC_F_SLICED, "the link's queue is low again: answer to SLICE") \
	X(rtt, IPC_F_RTT, "a link's smoothed round trip changed by a quarter or more") \
	X(stop, DN_NO_FIELDS, "dnchatd was told to end, and waits for DONE") \
	X(nothing, DN_NO_FIELDS, "in place of a record that was taken back") \
	X(sync_client, IPC_F_SYNC_CLIENT, "after a reset: a client with a name") \
	X(sync_entry, IPC_F_SYNC_ENTRY, "after a reset: another user in the clients' lists") \
	X(synced, DN_NO_FIELDS, "after a reset: that was all")               \
	X(call, IPC_F_CALL, "a door's client asks, and is held until REPLY; or a door's server says") \
	X(command, IPC_F_COMMAND, "what was sent to a room or service and is not for its members") \
	X(copy, IPC_F_COPY, "what was said in a room, for its history: dropped where too much waits") \
	X(joined, IPC_F_JOINED, "what was said before has gone up, what is said later waits for LIVE")

#define IPC_DOWN(X)                                                          \
	X(config, IPC_F_CONFIG, "limits and switches, before all else")      \
	X(name, IPC_F_NAME, "the client is 'number': OKAY, the list, then all that happens") \
	X(deny, IPC_F_DENY, "the client is refused: FAIL, and it may try again") \
	X(open, IPC_F_OPEN, "the connection is a server link from now on")   \
	X(refuse, IPC_F_REFUSE, "INVD 0, then close")                        \
	X(close, IPC_F_CLOSE, "close with this code")                        \
	X(dial, IPC_F_DIAL, "connect to a numeric address")                  \
	X(undial, IPC_F_UNDIAL, "give that dial up")                         \
	X(show, IPC_F_SHOW, "add an entry, and tell every client ARRV")      \
	X(route, IPC_F_ROUTE, "an entry's next hop or state changes; clients see nothing") \
	X(hide, IPC_F_HIDE, "remove an entry, and tell every client LEFT")   \
	X(announce, IPC_F_ANNOUNCE, "ARRV to a peer")                        \
	X(withdraw, IPC_F_WITHDRAW, "LEFT to a peer")                        \
	X(slice, IPC_F_SLICE, "say SLICED when the link's queue is low")     \
	X(probe, IPC_F_PROBE, "ping now; close if nothing comes within 'msec'") \
	X(withhold, IPC_F_WITHHOLD, "answer no dnchat-routing to 'address' for 'msec'") \
	X(level, IPC_F_LEVEL, "log level")                                   \
	X(done, DN_NO_FIELDS, "close everything (clients with 1001) and end") \
	X(member, IPC_F_MEMBER, "a user is, will be or is no more a member of a room") \
	X(say, IPC_F_SAY, "a SEND of a room or service to a user")           \
	X(reply, IPC_F_REPLY, "a CALL's answer, or what a door's server is told")

/* Not numbered: they concern the session itself. */
#define IPC_SESSION(X)                                                       \
	X(welcome, IPC_F_WELCOME, "dnchatd's greeting")                      \
	X(hello, IPC_F_HELLO, "dncontrol's answer")                          \
	X(ack, IPC_F_ACK, "everything up to 'applied' has been taken over")  \
	X(ask, IPC_F_ASK, "what do your counters say?")                      \
	X(tell, IPC_F_TELL, "IPC_COUNTERS, in their order")                  \
	X(view, DN_NO_FIELDS, "somebody looks at the operator's page: what does the network look like?") \
	X(viewed, IPC_F_VIEWED, "peers and users by hop count, as a JSON object") \
	X(taken, IPC_F_TAKEN, "everything up to 'seq' has been looked at, though not all is acknowledged: more may come up")

enum ipc_type {
	IPC_NONE,
#define IPC_ENUM(name, FIELDS, meaning) IPC_##name,
	IPC_UP(IPC_ENUM)
	IPC_UP_END,
	IPC_DOWN_FIRST = 0x40,
	IPC_BEFORE_DOWN = IPC_DOWN_FIRST - 1,
	IPC_DOWN(IPC_ENUM)
	IPC_DOWN_END,
	IPC_SESSION_FIRST = 0x80,
	IPC_BEFORE_SESSION = IPC_SESSION_FIRST - 1,
	IPC_SESSION(IPC_ENUM)
	IPC_SESSION_END
#undef IPC_ENUM
};

#define IPC_DEFINE(name, FIELDS, meaning) DN_RECORD(ipc, name, FIELDS)
IPC_UP(IPC_DEFINE)
IPC_DOWN(IPC_DEFINE)
IPC_SESSION(IPC_DEFINE)
#undef IPC_DEFINE

/* What dnchatd counts, for `show status`. */
#define IPC_COUNTERS(X)                                                      \
	X(connections, "connections now")                                    \
	X(strangers, "connections that have not said who they are")          \
	X(clients, "connections with a user")                                \
	X(links, "links to servers")                                         \
	X(entries, "users in the table")                                     \
	X(messages_in, "messages received")                                  \
	X(messages_out, "messages sent, once for each receiver")             \
	X(sends_local, "SENDs taken from our clients")                       \
	X(acks, "ACKNs taken from our clients")                              \
	X(duplicates, "broadcasts that had been here before")                \
	X(transit_dropped, "unicasts that came by too often")                \
	X(forged_dropped, "messages of a link in the name of our users")     \
	X(unknown_dropped, "messages for or of users without an entry")      \
	X(held_dropped, "messages dropped while their route was recomputed") \
	X(congested_dropped, "messages dropped on a link that was too slow") \
	X(long_dropped, "texts of peers that were too long")                 \
	X(invalid, "connections closed with INVD")                           \
	X(slow_closed, "clients closed because they did not read")           \
	X(silent_closed, "connections closed because they fell silent")      \
	X(message_entries, "entries of the message table")                   \
	X(uplink_bytes, "bytes that dncontrol has not acknowledged")         \
	X(queue_bytes, "bytes that wait in output queues")                   \
	X(rooms, "rooms in the table")                                       \
	X(members, "members of all rooms")                                   \
	X(room_sends, "messages that rooms passed on")                       \
	X(room_dropped, "messages to rooms of rooms and services, or to a server that has gone") \
	X(joining_dropped, "messages that waited for somebody who was joining a room, and gave way") \
	X(relayed, "numbers of rooms' messages whose receipts are awaited")  \
	X(commands, "messages to rooms and services for dncontrol")          \
	X(commands_dropped, "such for which dncontrol was too slow")         \
	X(copies_dropped, "messages of rooms that history lacks for that")   \
	X(copy_bytes, "bytes of both that dncontrol has not acknowledged")

enum ipc_counter {
#define IPC_COUNTER_ENUM(name, meaning) IPC_COUNTER_##name,
	IPC_COUNTERS(IPC_COUNTER_ENUM)
#undef IPC_COUNTER_ENUM
	IPC_COUNTER_COUNT
};

static inline bool
ipc_is_up(unsigned type)
{
	return type > IPC_NONE && type < IPC_UP_END;
}

static inline bool
ipc_is_down(unsigned type)
{
	return type >= IPC_DOWN_FIRST && type < IPC_DOWN_END;
}

/* The name of record type 'type' for logs, or "?". */
static inline const char *
ipc_name(unsigned type)
{
	switch (type) {
#define IPC_NAME(name, FIELDS, meaning) case IPC_##name: return #name;
	IPC_UP(IPC_NAME)
	IPC_DOWN(IPC_NAME)
	IPC_SESSION(IPC_NAME)
#undef IPC_NAME
	}
	return "?";
}

struct ipc_header {
	uint32_t size; /* of the body, in bytes */
	uint16_t type; /* enum ipc_type */
	uint64_t seq;  /* 0 for records of the session */
};

static inline void
ipc_put_header(struct dn_wr *wr, const struct ipc_header *header)
{
	dn_wr_uint(wr, 4, header->size);
	dn_wr_uint(wr, 2, header->type);
	dn_wr_uint(wr, 8, header->seq);
}

/*
 * Looks for a whole record at the start of 'size' bytes at 'data'. Returns
 * its length with the header, and fills '*header'; 0 if more bytes are needed;
 * -1 if what stands there can't be a record (its body would be too long).
 */
static inline long
ipc_peek(const void *data, size_t size, struct ipc_header *header)
{
	struct dn_rd rd = dn_rd_of(data, size);

	if (size < IPC_HEADER_BYTES)
		return 0;
	header->size = (uint32_t)dn_rd_uint(&rd, 4);
	header->type = (uint16_t)dn_rd_uint(&rd, 2);
	header->seq = dn_rd_uint(&rd, 8);
	if (header->size > DN_IPC_BODY_BYTES_MAX)
		return -1;
	if (size - IPC_HEADER_BYTES < header->size)
		return 0;
	return (long)(IPC_HEADER_BYTES + header->size);
}

/*
 * Writes record 'name' with 'body' and number 'seq' to 'wr': IPC_PUT(&wr,
 * left, seq, &body). The writer has failed if there was no room.
 */
#define IPC_PUT(wr, name, seq_, body)                                       \
	do {                                                                \
		struct dn_wr *ipc_wr_ = (wr);                               \
		size_t ipc_at_ = ipc_wr_->at;                               \
		struct ipc_header ipc_header_ = {0, IPC_##name, (seq_)};    \
		struct dn_wr ipc_back_;                                     \
		ipc_put_header(ipc_wr_, &ipc_header_);                      \
		ipc_put_##name(ipc_wr_, body);                              \
		if (!ipc_wr_->failed) {                                     \
			ipc_back_ = dn_wr_of(ipc_wr_->data + ipc_at_, 4);   \
			dn_wr_uint(&ipc_back_, 4,                           \
			    ipc_wr_->at - ipc_at_ - IPC_HEADER_BYTES);      \
		}                                                           \
	} while (0)

#endif
