/*
 * The forwarding plane as a whole: its state, and what it wants of the shell.
 * Pure: no socket, clock or file. The shell (net*.c, or memory in tests) says
 * what happens; the plane answers through 'struct plane_ops'. The time is told
 * by plane_clock() before anything else.
 *
 * conn*.c are the lives of connections, plane_room.c is what rooms do, push.c
 * dncontrol's word, uplink.c the way to it.
 */
#ifndef DATAPLANE_PLANE_H
#define DATAPLANE_PLANE_H

#include "codec.h"
#include "conn.h"
#include "dnchat/ipc.h"
#include "forward.h"
#include "frame.h"
#include "held.h"
#include "msgtable.h"
#include "relay.h"
#include "status.h"
#include "table.h"
#include "uplink.h"
#include "wheel.h"

/* What goes to a socket in one write at most; a longer frame goes alone. */
#define PLANE_WRITE_BYTES (64u << 10)

/* Above this slow readers' queues are copied out of shared chunks. */
#define PLANE_ARENA_BYTES_HIGH (256u << 20)

/* Strangers are counted by a hash of their address. */
#define PLANE_STRANGER_SLOTS 16384

/* After DONE or without a dncontrol: connections get so long to close. */
#define PLANE_STOP_MSEC 3000

/* In the place of a connection's id: whom COPY and COMMAND are counted for. */
#define PLANE_CONN_COPY UINT64_MAX

/* Addresses that WITHHOLD may name at a time; the oldest gives way. */
#define PLANE_WITHHELD_MAX 256

/* Log lines about bad input, in a window of so many milliseconds. */
#define PLANE_LOG_LINES_MAX 10
#define PLANE_LOG_MSEC 10000

/* A tick that comes so much too late was not slow peers' fault: the process
 * had been stopped, and what they sent meanwhile is still to be read. */
#define PLANE_LATE_MSEC 500

struct plane;

/* How a write went. */
enum plane_write {
	PLANE_WRITTEN, /* all has been taken over, and more may be */
	PLANE_BLOCKED, /* all has been taken over; plane_writable() follows */
	PLANE_FAILED   /* the connection is dead; plane_gone() follows */
};

/*
 * What the plane wants of the shell. None of these may call back into the
 * plane; what follows from them is said later. 'conn->shell' is the shell's.
 */
struct plane_ops {
	/* Writes 'size' bytes, whole frames, masked where they must be. */
	enum plane_write (*write)(struct plane *plane, struct conn *conn,
	    const unsigned char *data, size_t size);
	/* Asks for plane_writable(), once. */
	void (*want_write)(struct plane *plane, struct conn *conn);
	/* Stops or resumes what is received of 'conn'. */
	void (*pause)(struct plane *plane, struct conn *conn, bool pause);
	/* Sends a close frame behind what was written; plane_gone() follows
	 * when the socket has gone. */
	void (*close)(struct plane *plane, struct conn *conn, uint16_t code,
	    struct dn_str why);
	/* Ends 'conn' without further ado; plane_gone() follows. */
	void (*kill)(struct plane *plane, struct conn *conn);
	/* A number that changes whenever the other end has taken bytes. */
	uint64_t (*progress)(struct plane *plane, struct conn *conn);
	/* 'conn' is a server link from now on: options of its socket. */
	void (*tune)(struct plane *plane, struct conn *conn);
	/* Connects; plane_accept() and conn_dialled(), or
	 * plane_undialled(), follow. Strings live until the call returns. */
	void (*dial)(struct plane *plane, const struct ipc_dial *dial);
	/* Gives a dial up; plane_undialled() follows if it was under way. */
	void (*undial)(struct plane *plane, uint32_t dial);
	/* Gives all dials up; nothing follows. */
	void (*undial_all)(struct plane *plane);
	/* 32 bits that nobody can foresee. */
	uint32_t (*random)(struct plane *plane);
	/* All is closed: end the process. */
	void (*finish)(struct plane *plane);
};

/* A place for a connection; its id names slot and generation. */
struct plane_slot {
	struct conn *conn;   /* or NULL: free */
	uint32_t generation; /* of the next connection here */
	uint32_t free_next;  /* free: index of the next free slot, plus 1 */
};

/* Connections of one kind, in no order; conn->index is the place. */
struct plane_set {
	struct conn **conns;
	size_t count, room;
};

/* Connections by id, for what is done later: they may be gone by then. */
struct plane_ids {
	uint64_t *ids;
	size_t count, room;
};

/* An address that WITHHOLD named. */
struct plane_withheld {
	char address[DN_ADDRESS_BYTES_MAX];
	uint64_t until_msec;
};

enum plane_stage {
	PLANE_RUNNING,
	PLANE_STOPPING, /* STOP was said; waiting for DONE */
	PLANE_CLOSING,  /* connections close */
	PLANE_FINISHED
};

struct plane {
	const struct plane_ops *ops;
	void *shell;            /* the shell's */
	uint64_t now_usec, now_msec;
	uint64_t incarnation, pid;
	uint64_t started_msec;
	uint64_t seed;          /* of all hashes */
	uint8_t worker;
	char listening[512];    /* where, for dncontrol; set by the shell */
	uint32_t text_bytes_max;
	uint32_t link_silence_msec;
	uint8_t config;         /* IPC_CONFIG_ */
	char federation[DN_HOST_BYTES_MAX + 1]; /* CONFIG: our name */
	bool configured;        /* CONFIG has come */
	enum plane_stage stage;
	uint64_t stage_msec;    /* STOPPING, CLOSING: until when at most */
	uint64_t due_msec;      /* when we were to be awake again */

	struct arena arena;     /* what is passed on, and all else but: */
	struct arena answers;   /* OKAY and FAIL, so that what one sender is
				 * answered and what he said to one receiver
				 * are runs each, not every other frame */
	struct table *table;
	struct msgtable *msgtable;
	struct held_pool held;
	struct relay *relay;
	size_t room_count;      /* entries that are rooms */
	size_t member_count;    /* of all rooms */
	size_t joining_bytes;   /* what waits in all of them */
	struct uplink uplink;
	bool control_waits;     /* more of dncontrol's records may be there */
	size_t links_uplink_bytes; /* records of live links */
	size_t copy_bytes;      /* COPYs and COMMANDs */
	struct wheel wheel;
	struct wheel_timer timer; /* the plane's own: every second or so */
	struct wheel_timer early; /* held_early_expire() */

	struct plane_slot *slots;
	size_t slot_count, slot_room;
	uint32_t slot_free;     /* index of a free slot, plus 1; 0: none */
	size_t conn_count;
	struct plane_set clients; /* with a name */
	struct plane_set links;   /* open ones */
	struct plane_ids dirty; /* have output: flushed at the end of the turn */
	struct plane_ids resting; /* had their share of this turn */
	struct plane_ids unread; /* of which something waits to be read on */
	uint32_t turn;          /* counts turns of the loop */
	struct conn_list *lists; /* clients that get their first list */
	uint16_t strangers[PLANE_STRANGER_SLOTS];
	size_t stranger_count;

	struct status status;   /* for the operator's page */
	struct plane_withheld withheld[PLANE_WITHHELD_MAX];
	size_t withheld_next;
	uint64_t log_msec;      /* when the window of log lines began */
	uint32_t log_count;     /* lines in it, suppressed ones included */

	uint64_t counters[IPC_COUNTER_COUNT];
	unsigned char *scratch, *masked; /* PLANE_SCRATCH_BYTES each */
};

/* A frame of the longest kind, or PLANE_WRITE_BYTES of short ones. */
#define PLANE_SCRATCH_BYTES (DN_FRAME_PEER_BYTES_MAX + 64)

/*
 * A plane that has no connection, no dncontrol and the default limits, or NULL
 * if out of memory. 'seed' and 'incarnation' must be hard to guess; 'now_usec'
 * is monotonic.
 */
struct plane *plane_new(const struct plane_ops *ops, void *shell,
    uint64_t seed, uint64_t incarnation, uint64_t now_usec);

/* Frees 'plane' and all its connections; the shell is not asked for
 * anything. NULL is allowed. */
void plane_free(struct plane *plane);

/* Tells the time, which never goes back. Before every other call. */
void plane_clock(struct plane *plane, uint64_t now_usec);

/* When plane_tick() should be called next, in now_msec; UINT64_MAX: never. */
uint64_t plane_deadline(struct plane *plane);

/* Deadlines have passed, perhaps. */
void plane_tick(struct plane *plane);

/* The end of a turn of the loop: writes what waits. */
void plane_flush(struct plane *plane);

/* True if the next turn has something to do, even if nothing happens. */
bool plane_is_busy(const struct plane *plane);

/* ---- connections: what the shell says; the rest is in conn.h ---- */

/*
 * A socket was accepted, or (if 'dialled') a dial got through; fills '*conn'.
 * 'source' is "ADDRESS:PORT", with an IPv6 address in brackets.
 * Errors: DN_E_FULL (too many strangers from there), DN_E_MEMORY,
 * DN_E_STATE (we are about to end); the shell closes the socket then.
 */
enum dn_err plane_accept(struct plane *plane, const struct codec *codec,
    struct dn_str source, bool dialled, void *shell, struct conn **conn);

/* The socket of 'conn' has gone: 'conn' is freed. 'code' is that of the close
 * frame that came, or 0. */
void plane_gone(struct plane *plane, struct conn *conn, uint16_t code,
    const char *why);

/* Dial 'dial' failed. */
void plane_undialled(struct plane *plane, uint32_t dial, const char *why);

/* True if 'source' is this machine's own. */
bool plane_is_local(struct dn_str source);

/* Writes what the operator's page shows, as JSON, and sees to it that it is
 * fresh the next time. */
void plane_show_status(struct plane *plane, struct dn_wr *wr);

/* True if 'source' must not be answered dnchat-routing (WITHHOLD). */
bool plane_withholds(const struct plane *plane, struct dn_str source);

/* ---- dncontrol's socket ---- */

/* A dncontrol has connected. */
void plane_control_begin(struct plane *plane);

/* 'size' bytes of it. While plane->control_waits is set afterwards more of them
 * are to be applied: that is to be called again, with none, in the next turn.
 * Errors: DN_E_MALFORMED and others: close the socket, then call
 * plane_control_end(). */
enum dn_err plane_control_feed(struct plane *plane, const void *data,
    size_t size);

/* The socket has been closed. */
void plane_control_end(struct plane *plane);

/* TERM: tells dncontrol STOP and waits for DONE, PLANE_STOP_MSEC at most;
 * without a dncontrol, or if told twice, ends at once. */
void plane_stop(struct plane *plane);

/* ---- for conn*.c and push.c; what stands in plane_deliver.c and
 * plane_control.c is here, too ---- */

/* DONE: closes everything, then calls ops->finish(). */
void plane_done(struct plane *plane);

/* "1.2.3.4" of "1.2.3.4:5", "::1" of "[::1]:5"; others as they are. */
struct dn_str plane_address(struct dn_str source);

/* The connection 'id', or NULL if there is none any more. */
struct conn *plane_conn(const struct plane *plane, uint64_t id);

/* Where something is done with many connections, what a message needs of each
 * is fetched into the cache so many steps ahead. */
#define PLANE_AHEAD 4u
#define PLANE_HOT_BYTES 128u

static inline void
plane_fetch(const struct conn *conn)
{
	if (conn == NULL)
		return;
	__builtin_prefetch(conn);
	__builtin_prefetch((const char *)conn + PLANE_HOT_BYTES / 2);
}

static inline void
plane_fetch_id(const struct plane *plane, uint64_t id)
{
	if (IPC_CONN_SLOT(id) < plane->slot_count)
		plane_fetch(plane->slots[IPC_CONN_SLOT(id)].conn);
}

/* Puts 'conn' into 'set', or takes it out. Errors: DN_E_MEMORY. */
enum dn_err plane_set_add(struct plane_set *set, struct conn *conn);
void plane_set_del(struct plane_set *set, struct conn *conn);

/* Appends 'conn' to 'ids'. Errors: DN_E_MEMORY. */
enum dn_err plane_ids_add(struct plane_ids *ids, const struct conn *conn);

/* 'conn' is counted as a stranger of its address, or no longer. */
void plane_stranger(struct plane *plane, struct conn *conn, bool is_one);

/* 'address' is not answered dnchat-routing for 'msec'. */
void plane_withhold(struct plane *plane, struct dn_str address,
    uint32_t msec);

/* What forward.c decides from, as of now. */
struct forward plane_forward(struct plane *plane);

/* Sends 'msg' to the user of 'entry', or keeps it while that has no way. */
void plane_deliver(struct plane *plane, struct table_entry *entry,
    const struct dn_msg *msg);

/* The bodies of a message for one audience: made when first needed, one for
 * each protocol, and shared. All zero is none. */
struct plane_bodies {
	struct frame frames[IPC_DOOR_COUNT];
	bool is_made[IPC_DOOR_COUNT];
};

/* Sends 'msg' to 'conn', of 'audience' as all for which 'bodies' is used. */
void plane_send_body(struct plane *plane, struct plane_bodies *bodies,
    enum codec_audience audience, struct conn *conn,
    const struct dn_msg *msg);

/* Gives all bodies up. */
void plane_bodies_release(struct plane_bodies *bodies);

/* Sends the SEND 'msg' to all clients but its author, and to all links but
 * 'except' (or NULL). */
void plane_flood(struct plane *plane, const struct dn_msg *msg,
    const struct conn *except);

/* Sends 'frame' to all clients but user 'except'; takes the reference. */
void plane_tell_clients(struct plane *plane, struct frame frame,
    uint64_t except);

/* Passes on a message of a link, once more perhaps: held_deliver, with the
 * plane as 'context' and the link's id. */
void plane_transit(void *plane, uint64_t conn, const struct dn_msg *msg);

/* Passes on what was held: held_deliver, with the plane as 'context'. */
void plane_release(void *plane, uint64_t conn, const struct dn_msg *msg);

/* Sets the timer for early messages anew. */
void plane_early_schedule(struct plane *plane);

/* There is no memory, and no way to go on without lying to clients. */
_Noreturn void plane_die(void);

/* Adds an entry: ARRV to all clients, and messages of that user that came
 * early are passed on. Errors: as table_show(). */
enum dn_err plane_show(struct plane *plane, const struct ipc_show *show);

/* Changes the way of 'entry'; what was held goes there. */
void plane_route(struct plane *plane, struct table_entry *entry,
    uint64_t conn, enum ipc_state state);

/* Removes 'entry': LEFT to all clients, what is held is dropped, nobody is in
 * it any more. */
void plane_hide(struct plane *plane, struct table_entry *entry);

/* dncontrol knows nothing of us: links are closed, both numberings begin
 * anew, and what there is is told. */
void plane_reset(struct plane *plane);

/* Tells dncontrol record 'name' with '*body' about 'conn', a link or one to
 * be: counted, and 'conn' is closed if dncontrol is too far behind. What links
 * say lets all else go first, so that nobody who logs in waits for a table
 * exchange. */
#define PLANE_PUT(plane, conn, name, body)                                   \
	plane_account(plane, conn, (conn)->state == CONN_LINK ?              \
	    UPLINK_PUT_BEHIND(&(plane)->uplink, (conn)->id, name, body) :    \
	    UPLINK_PUT(&(plane)->uplink, (conn)->id, name, body))
void plane_account(struct plane *plane, struct conn *conn, size_t size);

/* Records up to 'seq' have been journaled. False: they can't have been. */
bool plane_acked(struct plane *plane, uint64_t seq);

/* Fills 'counters' with IPC_COUNTER_COUNT values, as of now. */
void plane_count(struct plane *plane, uint64_t *counters);

/* True if a line about bad input may be logged now. */
bool plane_may_log(struct plane *plane);

#endif
