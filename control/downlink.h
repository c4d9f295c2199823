/*
 * The session with dnchatd: the other end of its uplink.c and push.c. Records
 * become events for the engine, and the engine's outbox becomes records. It
 * connects, and connects again, for as long as dncontrol runs.
 *
 * What breaks a session costs nothing: whatever is not acknowledged is sent
 * again, on either side. A record that cannot be (a number that is missing, or
 * bytes that are none) makes the next session begin with a reset.
 */
#ifndef CONTROL_DOWNLINK_H
#define CONTROL_DOWNLINK_H

#include "engine.h"
#include "net.h"

/* Pauses between attempts to reach dnchatd: at first, and later. */
#define DOWNLINK_RETRY_MSEC 100
#define DOWNLINK_RETRY_LATER_MSEC 250
#define DOWNLINK_RETRIES_FIRST 20
/* Attempts that may fail before it is worth a word. */
#define DOWNLINK_ATTEMPTS_QUIET 5
/* Repeated complaints about it are this far apart. */
#define DOWNLINK_COMPLAIN_MSEC 60000
/* How long an answer to ASK may take, and records that come up again. */
#define DOWNLINK_ASK_MSEC 1000
#define DOWNLINK_ASKS_MAX 64

/* 'counters' holds IPC_COUNTER_COUNT numbers, or is NULL: no answer. */
typedef void downlink_told(void *context, const struct dn_list *counters);

struct downlink_ask {
	uint32_t id; /* 0: free */
	uint64_t deadline_msec;
	downlink_told *told;
	void *context;
};

struct downlink_ops {
	void *context;
	/* dnchatd is there, and listens at 'listening' (addresses with blanks
	 * between them). 'is_restored' if the core came from the journal:
	 * then it is called after RESUMED; else before PLANE_UP. */
	void (*greeted)(void *context, struct dn_str listening,
	    bool is_restored);
	/* Record 'seq' came up that is no event: an AUTH, a CALL that asks to
	 * REGISTER, a COPY (event.h). It may have come before, to us or to a
	 * dncontrol that died. */
	void (*auth)(void *context, uint64_t seq,
	    const struct ipc_auth *auth);
	void (*enroll)(void *context, uint64_t seq,
	    const struct ipc_call *call);
	void (*copy)(void *context, uint64_t seq,
	    const struct ipc_copy *copy);
};

enum downlink_state {
	DOWNLINK_OFFLINE,   /* no connection */
	DOWNLINK_CONNECTED, /* WELCOME is awaited */
	DOWNLINK_OPEN       /* HELLO has been said */
};

struct downlink {
	struct net *net;
	struct engine *engine;
	struct downlink_ops ops;
	char path[RUNDIR_BYTES_MAX + 16];
	struct net_stream *stream;
	struct net_timer *retry, *limit;
	enum downlink_state state;
	unsigned attempts;       /* in a row that failed */
	uint64_t complained_msec;
	bool distrust;           /* the next session has to reset */
	uint64_t up_seq;         /* of the last record that came up */
	uint64_t acked;          /* ... that ACK told of */
	uint64_t taken;          /* ... that has been looked at */
	uint64_t taken_told;     /* ... that ACK or TAKEN told of */
	struct bytes waiting;    /* records that wait for the outbox to fall */
	size_t waiting_at;       /* bytes of it that are done */
	uint32_t ask_last;
	struct downlink_ask asks[DOWNLINK_ASKS_MAX];
	uint32_t fence;          /* ASK behind the records that come again */
	uint64_t fence_seq;      /* 'up_seq' when it was asked */
	uint64_t fence_msec;     /* its end in any case */
	bool fence_passed;
	char listening[512];
	uint64_t pid;            /* of dnchatd */
	bool ready;              /* the log has said so */
};

/* Will connect to dnchatd in 'dir' as soon as the loop turns. */
void downlink_init(struct downlink *downlink, struct net *net,
    struct engine *engine, const char *dir, const struct downlink_ops *ops);
void downlink_deinit(struct downlink *downlink);

/* At the end of a turn, before engine_flush(): applies what waited. */
void downlink_take(struct downlink *downlink);

/* At the end of a turn, after engine_flush(): sends what goes down, then what
 * has been taken over. */
void downlink_flush(struct downlink *downlink);

/* True if all has left that was to go down. */
bool downlink_is_flushed(const struct downlink *downlink);

/*
 * Asks dnchatd for its counters; 'told' is called later, with NULL after
 * DOWNLINK_ASK_MSEC. Returns an id; 0 if dnchatd is not there or too many
 * have asked: 'told' is not called then.
 */
uint32_t downlink_ask(struct downlink *downlink, downlink_told *told,
    void *context);

/* Whoever asked is gone. */
void downlink_forget(struct downlink *downlink, uint32_t id);

#endif
