/*
 * The way up to dncontrol: numbered records, kept until dncontrol has
 * journaled them, and the bytes of the session that carries them. Knows the
 * framing of ipc.h, not what records mean: conn.c and plane.c put them, push.c
 * reads what comes down, the shell moves the bytes.
 */
#ifndef DATAPLANE_UPLINK_H
#define DATAPLANE_UPLINK_H

#include "dnchat/err.h"
#include "dnchat/ipc.h"

/* A record of short strings, header included: none of a connection that has
 * not said who it is, and none of the session, is longer. */
#define UPLINK_SHORT_BYTES_MAX 4096

/* What goes to the socket in one piece, in bytes, save for one record. */
#define UPLINK_WRITE_BYTES (64u << 10)

/* What is retained for connections that are no links. Beyond it strangers are
 * turned away, so that a flood of logins without a dncontrol costs no more. */
#define UPLINK_STRANGER_BYTES_MAX (16u << 20)

struct uplink_record {
	struct uplink_record *next; /* behind, or NULL */
	uint64_t conn; /* that caused it, or IPC_CONN_NONE */
	uint32_t size; /* in bytes, header included */
	unsigned char bytes[];
};

/* Bytes that grow, and are taken away at the front. */
struct uplink_bytes {
	unsigned char *data;
	size_t at, end, room;
};

enum uplink_state {
	UPLINK_CLOSED,  /* no dncontrol */
	UPLINK_GREETED, /* WELCOME has been said, HELLO not heard */
	UPLINK_OPEN
};

struct uplink {
	struct uplink_record **records; /* a ring, oldest first */
	size_t first, count, room;      /* of the ring */
	size_t unsent;                  /* records not sent in this session */
	struct uplink_record *behind_first; /* without numbers yet */
	struct uplink_record *behind_last;
	size_t bytes;                   /* of all records, these included */
	uint64_t seq;                   /* of the last record, 0 for none */
	uint64_t taken;                 /* last that dncontrol has looked at */
	size_t flight_bytes;            /* of those with a number after that */
	uint64_t applied;               /* last number from above applied */
	uint64_t applied_told;          /* ... that ACK told of */
	enum uplink_state state;
	bool failed;                    /* memory ran out: end the session */
	struct uplink_bytes out;        /* to be written */
	struct uplink_bytes in;         /* read, not yet taken */
};

/* Empties '*uplink'. */
void uplink_init(struct uplink *uplink);

/* Frees all that '*uplink' holds. */
void uplink_deinit(struct uplink *uplink);

/*
 * A record of 'size' bytes, header included, for the caller to fill and then
 * to append. Without memory for it the process ends: a record that has no
 * number cannot be lost without a lie to dncontrol.
 */
struct uplink_record *uplink_record_new(uint64_t conn, size_t size);

/* Appends 'record' and takes it over; its number is filled in here. Returns
 * its size. */
size_t uplink_append_take(struct uplink *uplink,
    struct uplink_record *record);

/* The same, behind all that is appended until the session takes it: it is
 * numbered only then, and not while IPC_UP_BYTES_HIGH or more are on their
 * way. What is put so stays in order. */
size_t uplink_append_behind_take(struct uplink *uplink,
    struct uplink_record *record);

/* Appends a copy of the record of 'size' bytes at 'bytes', header included.
 * Returns its size. */
size_t uplink_append(struct uplink *uplink, uint64_t conn,
    const unsigned char *bytes, size_t size);

/* Appends record 'name' with '*body', whose strings are not longer than
 * DN_IPC_BODY_BYTES_MAX allows, on behalf of 'conn'; an expression that yields
 * its size in bytes. */
#define UPLINK_PUT(uplink, conn, name, body) \
	uplink_append_take(uplink, uplink_record_##name(conn, body))

/* The same for uplink_append_behind_take(). */
#define UPLINK_PUT_BEHIND(uplink, conn, name, body) \
	uplink_append_behind_take(uplink, uplink_record_##name(conn, body))

#define UPLINK_DEFINE(name, FIELDS, meaning)                                 \
	static inline struct uplink_record *uplink_record_##name(            \
	    uint64_t conn, const struct ipc_##name *body)                    \
	{                                                                    \
		struct uplink_record *record = uplink_record_new(conn,       \
		    IPC_HEADER_BYTES + ipc_size_##name(body));               \
		struct dn_wr wr = dn_wr_of(record->bytes, record->size);     \
		IPC_PUT(&wr, name, 0, body);                                 \
		return record;                                               \
	}
IPC_UP(UPLINK_DEFINE)
#undef UPLINK_DEFINE

/* Puts NOTHING in the place of record 'seq', if it is still retained, and
 * wipes what it held. Returns by how many bytes that is shorter. */
size_t uplink_void(struct uplink *uplink, uint64_t seq);

/*
 * Drops the oldest record if its number is at most 'seq', and tells its
 * 'conn' and 'size'; returns false if there is none. Repeat until then.
 */
bool uplink_drop(struct uplink *uplink, uint64_t seq, uint64_t *conn,
    size_t *size);

/* dncontrol has looked at everything up to 'seq'; false if that was never
 * sent. */
bool uplink_take(struct uplink *uplink, uint64_t seq);

/* Drops all records and begins both numberings anew. */
void uplink_reset(struct uplink *uplink);

/* A dncontrol has connected: what was read and written before is void. */
void uplink_begin(struct uplink *uplink);

/* The session is over; records stay. */
void uplink_end(struct uplink *uplink);

/* HELLO was heard: every record that is retained is sent (again). */
void uplink_open(struct uplink *uplink);

/* Writes a record of the session, which is not numbered nor kept; 'size'
 * bytes at 'bytes' with its header. */
void uplink_say(struct uplink *uplink, const unsigned char *bytes,
    size_t size);

/* What to write to the socket next: sets '*data' and returns its size; 0 for
 * nothing. Valid until the next call. */
size_t uplink_output(struct uplink *uplink, const unsigned char **data);

/* The first 'size' bytes of that have been written. */
void uplink_sent(struct uplink *uplink, size_t size);

/* Takes over 'size' bytes at 'data' that were read. Errors: DN_E_MEMORY. */
enum dn_err uplink_feed(struct uplink *uplink, const void *data, size_t size);

/*
 * The next whole record of what was read: fills '*header' and '*body', which
 * is valid until the next call of uplink_feed(). Errors: DN_E_UNKNOWN (none
 * yet), DN_E_MALFORMED (this cannot become one).
 */
enum dn_err uplink_next(struct uplink *uplink, struct ipc_header *header,
    struct dn_rd *body);

/* True if a session is open and has something to acknowledge or send. */
bool uplink_has_output(const struct uplink *uplink);

#endif
