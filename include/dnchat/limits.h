/*
 * Every bound of dnchat that both planes, dnctl or the tests need to agree on.
 * A bound that only one file knows stands at the top of that file.
 */
#ifndef DNCHAT_LIMITS_H
#define DNCHAT_LIMITS_H

#include <stdint.h>

/* Where we listen and dial unless told otherwise (protocol page 1). */
#define DN_PORT_DEFAULT 42015
/* Over TLS: browsers look there. What stands before the host of a server that
 * is dialled so. */
#define DN_PORT_WSS_DEFAULT 443
#define DN_WSS_PREFIX "wss://"

/* Numbers of users and messages: what we accept, and what we assign
 * ourselves (browsers hold numbers as doubles). */
#define DN_NUMBER_MAX ((uint64_t)INT64_MAX)
#define DN_NUMBER_ASSIGNED_MAX ((UINT64_C(1) << 53) - 2)

/* What our own clients may call themselves, in bytes of UTF-8. */
#define DN_NAME_OWN_BYTES_MAX 64
#define DN_DESCRIPTION_OWN_BYTES_MAX 128
#define DN_SECRET_BYTES_MAX 1024

/* What peers may announce (design: peers are read more widely). */
#define DN_NAME_BYTES_MAX 255
#define DN_DESCRIPTION_BYTES_MAX 1024

/* Texts: our clients' limit is configurable within a range; peers' is not. */
#define DN_TEXT_BYTES_DEFAULT 4096
#define DN_TEXT_BYTES_LEAST 300
#define DN_TEXT_BYTES_MOST 65024
#define DN_TEXT_PEER_BYTES_MAX 65536

/* A WebSocket message: from a client, from a peer, and the room that a
 * message's other lines can take beside its text. */
#define DN_FRAME_CLIENT_BYTES_MAX 65536
#define DN_LINES_BYTES_MAX 2048
#define DN_FRAME_PEER_BYTES_MAX (DN_TEXT_PEER_BYTES_MAX + DN_LINES_BYTES_MAX)
/* A longer SEND of a peer is skipped and counted up to here, then 1009. */
#define DN_FRAME_SKIP_BYTES_MAX (16u << 20)

/* Hop counts. 16 and more do not exist for peers of other origin. */
#define DN_HOPS_MAX_DEFAULT 255
#define DN_HOPS_FOREIGN_INFINITY 16
#define DN_HOPS_INFINITY UINT16_MAX

/* Output queues of one connection. */
#define DN_CLIENT_QUEUE_BYTES_MAX (1u << 20)
#define DN_CLIENT_STALL_MSEC 10000
#define DN_LINK_QUEUE_BYTES_MAX (64u << 20)
#define DN_LINK_SLICE_LOW_BYTES (64u << 10)

/* Messages of one connection that are handled in one turn of the loop; a link
 * carries those of many users. */
#define DN_TURN_MESSAGES_MAX 64
#define DN_TURN_LINK_MESSAGES_MAX 1024

/* Messages that wait for a route to be recomputed: per user and in all. */
#define DN_HOLD_COUNT_MAX 64
#define DN_HOLD_BYTES_MAX (64u << 10)
#define DN_HOLD_TOTAL_BYTES_MAX (4u << 20)
/* Messages whose sender has no entry yet. */
#define DN_EARLY_MSEC 1000
#define DN_EARLY_COUNT_MAX 1024
#define DN_EARLY_BYTES_MAX (4u << 20)

/* The message table. */
#define DN_MESSAGES_MAX (1u << 20)
#define DN_MESSAGE_MSEC 300000
#define DN_DUPLICATE_MSEC 240000
#define DN_TRANSIT_MAX 4
#define DN_ACKED_BYTES_MAX (64u << 20)

/* Keep-alive (design: section 4). */
#define DN_LINK_PING_MSEC 1000
#define DN_LINK_SILENCE_MSEC 3000
#define DN_FOREIGN_PING_MSEC 30000
#define DN_FOREIGN_SILENCE_MSEC 60000
#define DN_CLIENT_PING_MSEC 30000
#define DN_CLIENT_SILENCE_MSEC 60000
#define DN_GHOST_MSEC 2000
#define DN_CLOSE_MSEC 2000
#define DN_PUNT_MSEC 10000

/* Connections that have not said who they are, per source address;
 * loopback is exempt. */
#define DN_STRANGERS_PER_ADDRESS_MAX 64

/* Links of one server, and users all told. */
#define DN_LINKS_MAX 256
#define DN_USERS_MAX 4000000u

/* Users that hear at once that a link has come up (before it is asked whether
 * it has drained) or has gone, and deadlines that are met at once. */
#define DN_SLICE_USERS 128

/* Rooms of one server, members of one room, and what waits in one room for
 * those who are joining. */
#define DN_ROOMS_MAX 8192
#define DN_ROOM_MEMBERS_MAX 65536
#define DN_ROOM_NAME_BYTES_MAX 64 /* without '#' */
/* What a joiner is told of what was said before, in lines. */
#define DN_HISTORY_REPLAY_DEFAULT 50
#define DN_HISTORY_REPLAY_MAX 500
#define DN_JOINING_COUNT_MAX 256
#define DN_JOINING_BYTES_MAX (256u << 10)
#define DN_JOINING_TOTAL_BYTES_MAX (64u << 20) /* in all rooms */
/* Messages that a room passed on, whose ACKN leads back to their author. */
#define DN_RELAYED_MAX (1u << 20)
/* COPY and COMMAND records that dncontrol has not taken over. */
#define DN_COPY_BYTES_MAX (16u << 20)

/* The channels protocol (protocol page 2): where we listen, a line of a client
 * or server, and the gap after which an unterminated message is one. */
#define DN_PORT_CHANNELS_DEFAULT 4400
#define DN_LINE_CLIENT_BYTES_MAX 65536
#define DN_LINE_PEER_BYTES_MAX (1u << 20)
#define DN_LINE_GAP_MSEC 80

/* Federation by the channels protocol: of one server, rooms and users that
 * are taken, our users whom it takes, and those of them who await its answer,
 * for how long. */
#define DN_FED_ROOMS_MAX 8192
#define DN_FED_GUESTS_MAX 65536
#define DN_FED_SEATS_MAX 65536
#define DN_FED_JOINS_MAX 1024
#define DN_FED_JOIN_MSEC 5000

/* Unix sockets. The longest record is what a door's server says in a line. */
#define DN_IPC_BODY_BYTES_MAX (DN_LINE_PEER_BYTES_MAX + 4096)
#define DN_ADMIN_LINE_BYTES_MAX 4096
#define DN_HOST_BYTES_MAX 255
#define DN_ADDRESS_BYTES_MAX 64

#endif
