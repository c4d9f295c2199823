/*
 * A connection's life: what it says first, what is punted to dncontrol, the
 * first list of a client, output, keep-alive, closing. conn.c is the life
 * itself, conn_input.c what is received, conn_frames.c and conn_lines.c how it
 * comes out of bytes, conn_output.c what is sent, conn_alive.c deadlines. Between the shell, which calls what stands first
 * here, and plane.c and push.c.
 */
#ifndef DATAPLANE_CONN_H
#define DATAPLANE_CONN_H

#include "codec.h"
#include "dnchat/ipc.h"
#include "frame.h"
#include "lines.h"
#include "queue.h"
#include "table.h"
#include "wheel.h"
#include "ws_read.h"

struct plane;

/* Until the upgrade is through. */
#define CONN_UPGRADE_MSEC 10000

/* A client that does not read its answers is not read either: from and to
 * how many bytes that wait for it. */
#define CONN_OUTPUT_BYTES_HIGH (256u << 10)
#define CONN_OUTPUT_BYTES_LOW (64u << 10)

/* A link's round trip is measured at least so often. */
#define CONN_RTT_MSEC 10000

/* Lines: a stranger who says nothing of the protocol is given up after so
 * long, one who did after so long without another word. Later silence is no
 * sign of anything. */
#define CONN_MUTE_MSEC 60000
#define CONN_IDLE_MSEC 600000

/* How often a connection that blocks is looked at. */
#define CONN_PROGRESS_MSEC 1000

enum conn_state {
	CONN_UPGRADING, /* not a WebSocket yet */
	CONN_STRANGER,  /* has not said who it is, or was denied */
	CONN_ASKING,    /* its AUTH is with dncontrol */
	CONN_CLIENT,    /* has a name */
	CONN_OFFERED,   /* would be a link: SRVR or the dial is with dncontrol */
	CONN_LINK,
	CONN_CLOSING    /* of no further interest to dncontrol */
};

/* Why nothing is received. */
#define CONN_PAUSED_PUNT 1u   /* dncontrol has to answer first */
#define CONN_PAUSED_OUTPUT 2u /* it does not read its answers */
#define CONN_PAUSED_TURN 4u   /* it had its share of this turn */

/* A message that has arrived in part; ASKING: the record that asks; a CALL's
 * room, as it was written; CLOSING: the reason. */
struct conn_part {
	size_t size, room;
	unsigned char data[];
};

/* The first list of a client, while it is being sent: 'first' (OKAY, and
 * ARRVs of those who left before their turn), then the table; only then the
 * connection's own queue. */
struct conn_list {
	struct conn *conn;
	struct conn_list *next, *prev; /* others, in the plane */
	struct table_cursor cursor;
	struct queue first;
};

/* What each message needs comes first, as there are many connections, and the
 * cache is small: PLANE_HOT_BYTES. */
struct conn {
	uint64_t id;
	struct plane *plane;
	void *shell;               /* the shell's handle */
	const struct codec *codec;
	struct queue queue;        /* output */
	struct conn_list *list;    /* or NULL */
	uint64_t user;             /* ASKING, CLIENT: the number */
	uint64_t heard_msec;       /* when a byte came last */
	struct ws_reader reader;   /* of conn_frames() */
	struct conn_part *rest;    /* received, and not read yet; or NULL */
	int fd;                    /* is_ours, is_framed: the socket */
	uint8_t state;             /* enum conn_state */
	uint8_t paused;            /* CONN_PAUSED_ */
	uint8_t link_flags;        /* IPC_LINK_, from the upgrade */
	uint8_t call;              /* is_calling: enum dn_verb */
	uint8_t polled;            /* the shell polls for: EPOLLIN, EPOLLOUT */
	bool is_dialled : 1;       /* frames are masked */
	bool is_deaf : 1;          /* the shell was told to pause */
	bool is_calling : 1;       /* a CALL is with dncontrol */
	bool is_late : 1;          /* gap_msec has been put off once */
	bool is_over : 1;          /* nothing more will come; of frames: the
	                            * other end has sent CLOSE */
	bool is_tls : 1;           /* is_framed: encrypted */
	bool is_framed : 1;        /* the shell reads it for conn_frames() */
	bool is_ours : 1;          /* the socket is the shell's own */
	bool is_told : 1;          /* stood in a record: CLOSED is due */
	bool is_upgraded : 1;      /* may be sent frames, or lines */
	bool is_client : 1;        /* did not begin as a server */
	bool is_stranger : 1;      /* is counted as one */
	bool is_dirty : 1;         /* in the plane's list */
	bool is_blocked : 1;       /* plane_writable() will come */
	bool is_foreign : 1;       /* LINK: of other origin */
	bool has_ponged : 1;       /* answered a PING once */
	bool is_probed : 1;        /* PROBE is running */
	bool wants_sliced : 1;     /* SLICE is unanswered */
	bool is_ending : 1;        /* CLOSING: the shell has been told */
	uint32_t turn;             /* of the plane, that is counted in: */
	uint16_t turn_count;       /* messages in that turn */
	uint16_t stranger_slot;
	uint16_t close_code;       /* CLOSING */
	struct conn_part *part;    /* or NULL */
	struct lines *lines;       /* received; NULL where there are frames */
	uint64_t since;            /* CLIENT: msgtable_stamp() at NAME */
	uint64_t skipped;          /* bytes of a SEND too long to keep, or 0 */
	char *source;              /* "ADDRESS:PORT" */
	char *near;                /* where our end is dialled, or NULL */
	char *host;                /* LINK of names: theirs, or NULL */
	char *said_host;           /* the same as it says, with a port, or NULL */
	struct wheel_timer timer;  /* the earliest of its deadlines */
	uint64_t ping_usec;        /* the unanswered PING, or 0 */
	uint64_t pinged_msec;      /* when the last PING was sent */
	uint64_t deadline_msec;    /* of upgrade, punt, probe or closing; 0 */
	uint64_t moved_msec;       /* is_blocked: when it took bytes last */
	uint64_t progress;         /* is_blocked: see ops->progress */
	uint64_t auth_seq;         /* ASKING: number of the AUTH record */
	uint64_t gap_msec;         /* when an open line ends by itself, or 0 */
	size_t uplink_bytes;       /* LINK: records not acknowledged */
	uint32_t index;            /* in the plane's set of its kind */
	uint32_t dial;             /* OFFERED, LINK: if we dialled, which */
	uint32_t srtt_usec, rtt_told_usec;
};

/* ---- for the shell, by way of plane.h's rules ---- */

/* The upgrade is through; 'flags' as IPC_LINK_. */
void conn_upgraded(struct conn *conn, uint8_t flags);

/* Dial 'dial' got through as 'conn'; 'flags' as IPC_LINK_. */
void conn_dialled(struct conn *conn, uint32_t dial, uint8_t flags);

/*
 * A piece of a message: 'size' bytes at 'data', 'remaining' more of its frame
 * announced, 'is_last' if the message ends here. Not called while paused.
 */
void conn_receive(struct conn *conn, const void *data, size_t size,
    uint64_t remaining, bool is_last, bool is_binary);

/* Bytes that are WebSocket frames: 'size' at 'data', unmasked in place. Not
 * called while paused. */
void conn_frames(struct conn *conn, unsigned char *data, size_t size);

/* The same for a stream: 'size' bytes at 'data'. */
void conn_stream(struct conn *conn, const void *data, size_t size);

/* A stream is at its end: what has come is handled, and answered, before
 * 'conn' is closed. */
void conn_stream_end(struct conn *conn);

/* A PONG with that payload. */
void conn_pong(struct conn *conn, const void *data, size_t size);

/* The other end, or the shell, is closing: nothing more can be sent. 'code' is
 * that of the close frame, or 0. */
void conn_lost(struct conn *conn, uint16_t code, const char *why);

/* What was written has gone to the socket; more may be written. */
void conn_writable(struct conn *conn);

/* ---- conn.c ---- */

/* Frees what 'conn' holds, and 'conn'; tells nobody. */
void conn_free(struct conn *conn);

/*
 * Ends 'conn': dncontrol is told CLOSED, what waits is written, then a close
 * frame with 'code' and 'why' is sent. Does nothing if that goes on already.
 */
void conn_close(struct conn *conn, enum ws_close code, const char *why);

/* The same, but what waits is thrown away. */
void conn_cut(struct conn *conn, enum ws_close code, const char *why);

/* The same for what is not legal: INVD first, and a line in the log. */
void conn_invalid(struct conn *conn, enum ws_close code, const char *why);

/* The connection is of no further interest: out of all lists, CLOSED to
 * dncontrol. What is left is the socket's end. */
void conn_retire(struct conn *conn, uint16_t code, const char *why);

/* AUTH: asks dncontrol. */
void conn_ask(struct conn *conn, const struct dn_msg *msg);

/* SRVR: asks dncontrol. */
void conn_offer(struct conn *conn, uint64_t number);

/* AUTH that is still unanswered is put again, after a reset. */
void conn_ask_again(struct conn *conn);

/* NAME, DENY, OPEN, REFUSE, PROBE, SLICE of push.c. Those that meet a
 * connection in another state do nothing: it changed on the way. */
void conn_name(struct conn *conn, uint64_t number);
void conn_deny(struct conn *conn, uint64_t number, enum dn_reason reason);
void conn_open(struct conn *conn, uint8_t flags);
void conn_refuse(struct conn *conn, struct dn_str why);
void conn_probe(struct conn *conn, uint32_t msec);
void conn_slice(struct conn *conn);

/* What came is no message of the protocol: counted, and a line in the log. */
void conn_complain(struct conn *conn, const char *why);

/* Goes on with what came and waits, unless 'conn' is paused. */
void conn_read_on(struct conn *conn);

/* Stops or resumes receiving for one of the reasons CONN_PAUSED_. */
void conn_pause(struct conn *conn, uint8_t reason, bool pause);

/* Tells the shell whether to receive, if that has changed. */
void conn_attend(struct conn *conn);

/* True if dncontrol is so far behind that strangers are turned away. */
bool conn_is_crowded(const struct plane *plane);

/* dncontrol is asked about a client that is to be held until it answers, or
 * until a deadline. */
void conn_hold(struct conn *conn);

/* It has answered. */
void conn_unhold(struct conn *conn);

/* ---- conn_input.c ---- */

/* Counts a message of this turn; after its share a connection rests, so that
 * none can keep the others waiting. */
void conn_take_turn(struct conn *conn);

/* ---- conn_frames.c ---- */

/* Handles frames that wait, unless 'conn' is paused. */
void conn_frames_go_on(struct conn *conn);

/* ---- conn_lines.c ---- */

/* Handles lines that wait, unless 'conn' is paused. */
void conn_lines(struct conn *conn);

/* True if conn_lines() would have something to do. */
bool conn_has_lines(const struct conn *conn);

/* The gap after an open line has been long enough, perhaps. */
void conn_lines_tick(struct conn *conn);

/* ---- conn_call.c ---- */

/* CALL: asks dncontrol, or refuses. */
void conn_call(struct conn *conn, const struct dn_msg *msg);

/* A CALL that is unanswered has failed. */
void conn_call_fail(struct conn *conn);

/* REPLY of push.c: ignored where nobody waits for it. */
void conn_reply(struct conn *conn, const struct ipc_reply *reply);

/* Keeps 'size' bytes at 'data' as the connection's part; frees it, wiped. */
void conn_part_keep(struct conn *conn, const void *data, size_t size);
void conn_part_free(struct conn *conn);

/* ---- conn_output.c ---- */

/* Queues 'frame' and takes its reference. Ends a client that is too slow. */
void conn_send(struct conn *conn, struct frame frame);

/* Queues 'msg' as 'conn' is to read it. */
void conn_say(struct conn *conn, const struct dn_msg *msg);

/* Queues a PING ahead of all that waits. */
void conn_ping(struct conn *conn);

/* Queues the PONG to a PING with the 'size' bytes at 'data'. */
void conn_answer_ping(struct conn *conn, const void *data, size_t size);

/* True if SEND and ACKN are not to be queued any more: the link is slow. */
bool conn_is_congested(const struct conn *conn);

/* Lets conn_flush() come at the end of the turn. */
void conn_mark_dirty(struct conn *conn);

/* Writes what waits, as far as the socket takes it. */
void conn_flush(struct conn *conn);

/* Starts the first list: OKAY 'frame', then everybody in the table. */
void conn_list_begin(struct conn *conn, struct frame frame);

/* 'entry' leaves: if the list has not come to it, its ARRV goes first. */
void conn_list_hide(struct conn_list *list, const struct table_entry *entry);

/* Ends the list, sent or not; nothing happens if there is none. */
void conn_list_end(struct conn *conn);

/* Bytes that wait for 'conn', the list left aside. */
size_t conn_output_bytes(const struct conn *conn);

/* ---- conn_alive.c ---- */

/* A byte has come. */
void conn_heard(struct conn *conn);

/* A deadline has passed, perhaps; sets the next. */
void conn_tick(struct conn *conn);

/* Sets the timer anew after a deadline has been brought forward. */
void conn_schedule(struct conn *conn);

#endif
