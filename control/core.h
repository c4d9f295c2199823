/*
 * The control plane as a pure state machine: core_step(event) -> updates. It
 * has no clock, socket or file; its random numbers come from the seed of the
 * START event. The same events always make the same updates, number by
 * number: what the journal relies on.
 *
 * Inside: user.c (who is known, and what clients are shown), peer.c (the life
 * of links), login.c (who may be who), room*.c (rooms and their members),
 * route.c (ways), timer.c (deadlines).
 */
#ifndef CONTROL_CORE_H
#define CONTROL_CORE_H

#include "bytes.h"
#include "event.h"
#include "update.h"

struct core;

/* An empty core; START and CONFIGURE must be its first events. */
struct core *core_new(void);

/* Takes NULL. */
void core_free(struct core *core);

/*
 * Applies 'event' and appends what follows to '*updates'. Returns DN_OK, or
 * for CONNECT, FEDERATE, DISCONNECT, KICK and ROOM_* why the command was
 * refused: DN_E_UNKNOWN (no such peer, user or room), DN_E_EXISTS (dialled
 * already; a known room), DN_E_FULL, DN_E_RANGE (port), DN_E_MALFORMED (host;
 * name), DN_E_STATE (user or room is not local; or shutting down). Events
 * that make no sense (a conn that is not known any more) change nothing.
 */
enum dn_err core_step(struct core *core, const struct event *event,
    struct updates *updates);

/* At most 'users_max' users from now on (DN_USERS_MAX unless it is less). Not
 * part of the state that is saved: for tests and small machines. */
void core_limit_users(struct core *core, size_t users_max);

/* When core_step() wants a TICK, in now_msec; UINT64_MAX: never. */
uint64_t core_deadline(const struct core *core);

/* True if users are still to be told that a link has gone or is being taken
 * down: SLICE tells the next of them, and is wanted whenever dnchatd keeps up
 * with what it is told. */
bool core_has_slices(const struct core *core);

/* True if it is shutting down. */
bool core_is_ending(const struct core *core);

/* Number of the last record that went down, and of the last that came up; and
 * up to which those that came up may be acknowledged (event.h). */
uint64_t core_down_seq(const struct core *core);
uint64_t core_up_seq(const struct core *core);
uint64_t core_ack_seq(const struct core *core);

/* Whether record 'seq', which came up, waits for its verdict. */
bool core_is_asked(const struct core *core, uint64_t seq);

/*
 * The whole state, in a form that later builds can read (version inside), and
 * back. core_load() returns NULL if the bytes are malformed or of a version
 * it does not know. A loaded core behaves exactly as the saved one.
 */
void core_save(const struct core *core, struct bytes *bytes);
struct core *core_load(const void *data, size_t size);

/* ---- what can be asked of it: read-only, valid until the next step ---- */

/* This server at a glance. */
struct core_status {
	const char *name, *description;
	uint64_t started_msec;
	size_t users, users_local, peers, peers_up;
	uint64_t incarnation; /* of dnchatd; 0 while it is not there */
	bool shutting_down;
	uint32_t hold_msec; /* T0 of the routing */
};

/* Fills '*status'; its strings belong to the core. */
void core_status(const struct core *core, struct core_status *status);

enum user_state { USER_FORWARD, USER_HOLDING, USER_ACTIVE, USER_GONE };

struct user_view {
	uint64_t number;
	struct dn_str name, description;
	bool local;
	bool shown;        /* in the clients' lists */
	bool doubled;      /* another user has the same name */
	bool disputed;     /* peers give this number another name */
	uint64_t conn;     /* local: the connection */
	struct dn_str source; /* local: address of the client */
	uint64_t since_msec;
	enum user_state state;
	uint16_t hops;     /* DN_HOPS_INFINITY: no route */
	const char *via;   /* name of the next server; NULL: none or local */
	uint16_t withdrawals;
};

/* All users in order of arrival: pass NULL, then what it returned; NULL at
 * the end. 'cursor' is opaque. */
const void *core_next_user(const struct core *core, const void *cursor,
    struct user_view *view);

/* The user called 'word': by number if it is one, else by name. Errors:
 * DN_E_UNKNOWN, DN_E_EXISTS (several have that name: use the number). */
enum dn_err core_find_user(const struct core *core, const char *word,
    const void **user, struct user_view *view);

/* Why a client cannot be 'number' (0: any) and 'name', whatever its secret:
 * DN_REASON_NUMBER or DN_REASON_NAME; DN_REASON_COUNT if it can. */
enum dn_reason core_judge(const struct core *core, uint64_t number,
    struct dn_str name);

/* The number of the client on 'conn'; 0: it has none. */
uint64_t core_number_of(const struct core *core, uint64_t conn);

/* The name of user 'number', whether shown or not; empty: there is none. */
struct dn_str core_name_of(const struct core *core, uint64_t number);

/* True if a user called 'name' is shown; '*is_local' if it is ours. */
bool core_holds(const struct core *core, struct dn_str name, bool *is_local);

struct candidate_view {
	const char *peer;
	uint16_t hops;   /* as announced; infinity: not reachable that way */
	bool chosen;
	bool told, waiting, owing, draining; /* see route.h */
	const char *why; /* why it is or is not the way, a sentence */
};

/* The ways to 'user': one a link; 'index' from 0. False: no more. */
bool core_candidate(const struct core *core, const void *user, size_t index,
    struct candidate_view *view);

struct room_view {
	struct dn_str name;     /* without '#' */
	uint64_t number;
	bool local;             /* it lives here */
	bool shown;
	size_t members, here;   /* of those known here; who is here of them */
	struct dn_str home;     /* not local: how its server describes it */
	uint64_t since_msec;    /* shown, or known */
};

/* The rooms that live here, and those of other servers whose members here pass
 * us by: in order of creation, as core_next_user() does it. */
const void *core_next_room(const struct core *core, const void *cursor,
    struct room_view *view);

/* The room called 'word', with or without '#'. Errors: DN_E_UNKNOWN. */
enum dn_err core_find_room(const struct core *core, const char *word,
    const void **room, struct room_view *view);

struct member_view {
	struct dn_str name;
	uint64_t number;  /* 0: he is away */
	const char *state; /* a word: here, joining, reading, away */
	bool kept;        /* it outlives his being here */
};

/* The members of 'room' in order of joining, likewise. */
const void *core_next_member(const void *room, const void *cursor,
    struct member_view *view);

/* X(name, word) */
#define PEER_STATES(X)                                                   \
	X(RESOLVING, "resolving") X(DIALLING, "dialling") X(UP, "up")    \
	X(DRAINING, "draining") X(WAITING, "waiting")                    \
	X(OFFLINE, "offline") X(ASKING, "asking")

enum peer_state {
#define PEER_STATE_ENUM(name, word) PEER_##name,
	PEER_STATES(PEER_STATE_ENUM)
#undef PEER_STATE_ENUM
	PEER_STATE_COUNT
};

struct peer_view {
	const char *name;  /* HOST:PORT as dialled, or ADDR:PORT */
	enum peer_state state;
	enum ipc_door door;
	bool dialled;      /* by us; it will be dialled again */
	bool foreign;      /* doesn't acknowledge LEFTs */
	uint64_t conn;
	uint64_t since_msec; /* in this state */
	uint64_t retry_msec; /* WAITING: when it is dialled again */
	uint32_t rtt_usec;
	uint32_t failures;   /* in a row */
	size_t users;        /* that are routed over it, or are its guests */
	size_t announced;    /* that it announces, or rooms that it offers */
	const char *why;     /* what ended it last, "" for nothing */
};

/* All peers, as core_next_user() does it. */
const void *core_next_peer(const struct core *core, const void *cursor,
    struct peer_view *view);

/* The protocol of 'door', as `--listen` has it. */
const char *core_door_word(enum ipc_door door);

/* The word of 'state' in PEER_STATES. */
const char *core_peer_state_word(enum peer_state state);

#endif
