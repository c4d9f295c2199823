/*
 * The state of the core, which its modules share: core.c picks the module of
 * an event; fed.c (with fed_*.c) speaks with servers of the channels door;
 * login.c, gate.c, peer.c (with dial.c), room_door.c, room_command.c and
 * life.c decide; room.c (with room_store.c) keeps rooms; link.c and way.c
 * bring it to every user; user.c keeps them; down.h tells dnchatd. Each calls
 * only what stands further on in this sentence, but life.c, which is about all
 * of it. What has to be told the other way goes through struct hooks, and
 * what a link is to peer.c through struct link_kind.
 */
#ifndef CONTROL_STATE_H
#define CONTROL_STATE_H

#include "accept.h"
#include "chain.h"
#include "core.h"
#include "hash.h"
#include "route.h"
#include "timer.h"
#include "update.h"

/* X(name, handler): deadlines; handlers take the owner's number. */
#define STATE_TIMERS(X)                                                \
	X(SHUTDOWN, life_shutdown_over) X(PEER, peer_overdue)          \
	X(HOLD, way_hold_over) X(CALM, way_calm_over)                  \
	X(LIST, way_list_over) X(REPLY, peer_reply_overdue)            \
	X(HISTORY, room_history_overdue) X(FEDJOIN, fed_join_overdue)

enum timer_kind {
#define STATE_TIMER_ENUM(name, handler) TIMER_##name,
	STATE_TIMERS(STATE_TIMER_ENUM)
#undef STATE_TIMER_ENUM
	TIMER_KIND_COUNT
};

/* Who may be a server behind a door by dialling us. */
struct admission {
	struct accept list;
	char *text; /* as configured */
};

/* What CONFIGURE said. */
struct settings {
	char *name, *description;
	char *federation; /* what we are called behind other doors; "": our
			   * address there */
	struct admission admissions[IPC_DOOR_COUNT];
	uint32_t text_bytes_max;
	uint32_t link_silence_msec;
	bool srvr_any;
	bool rooms_service;        /* the user rooms@NODE is there */
	bool channels_joined; /* CHANNELS lists only those joined */
	uint32_t history_replay;   /* lines that a joiner is told */
	uint32_t slice_users;      /* DN_SLICE_USERS */
};

struct user;
struct session;
struct peer;
struct fed;
struct core;

/*
 * What a link is to the rest of the core: by the door of its server. Links of
 * the dnchat door carry routes (link.c); those of others import and export
 * (fed.c).
 */
struct link_kind {
	/* 'conn' is a link to 'peer' from now on; false: no room for it. */
	bool (*open)(struct core *core, struct peer *peer, uint64_t conn);
	/* It will be taken down; NULL: it can be closed at once. */
	void (*drain)(struct core *core, struct peer *peer);
	/* It is gone. */
	void (*down)(struct core *core, struct peer *peer);
	/* The deadline of one that dialled us, and is 'peer->fed'. */
	void (*overdue)(struct core *core, struct peer *peer);
	bool is_asking; /* if we dialled, the server has to agree first */
};

struct room;
struct member;
struct keeper;
struct order;
struct hint;
struct sign;

/* What modules that are called tell those that call them: core.c says whom. A
 * hook that is NULL is not called. */
struct hooks {
	/* way.c: he is about to be hidden from dnchatd and clients. */
	void (*user_hidden)(struct core *core, struct user *user);
	/* room_life.c: a room of ours was created while we run. */
	void (*room_created)(struct core *core, struct room *room);
	/* room_member.c: a user behind a server has joined a room of ours,
	 * which he called 'word'. */
	void (*room_welcome)(struct core *core, struct room *room,
	    struct user *user, struct dn_str word);
	/* room_door.c (with 'conn', which awaits a REPLY to JOIN) and
	 * room_command.c (IPC_CONN_NONE): a user of ours wants to join an
	 * import, which only its server can grant. */
	void (*import_wanted)(struct core *core, struct room *room,
	    struct user *user, uint64_t conn);
};

/* Rooms, and what is under way about them (room.c, room_store.c). */
struct rooms {
	struct room *by_id;     /* uthash, in order of creation */
	struct room *by_name;   /* uthash: ours and imports */
	struct room *by_number; /* uthash: those that are shown */
	struct member *members; /* uthash: those who are here */
	struct keeper *keepers; /* uthash by name: accounts */
	struct order *orders;   /* uthash by id: requests to the store */
	struct hint *hints;     /* uthash: who was told how to join, and when */
	uint64_t id_last, order_last;
	size_t count;           /* those of ours */
	size_t histories;       /* orders that are REQUEST_HISTORY */
	size_t speech_bytes;    /* what members said while they were joining */
	uint64_t service;       /* number of the user rooms@NODE; 0: none */
};
struct asked;

/* A server: one that we dial, or one that dialled us, for as long as it is
 * connected. */
struct peer {
	struct peer *prev, *next; /* utlist */
	UT_hash_handle hh;        /* by conn, while it has a link */
	uint32_t id;              /* of REQUEST_RESOLVE */
	enum peer_state state;
	uint8_t door;  /* enum ipc_door */
	bool dialled;  /* by us */
	bool wanted;   /* dialled again when it ends */
	bool foreign;  /* doesn't acknowledge: no header of ours */
	bool is_tls;   /* dialled so */
	char *name;    /* HOST:PORT as dialled, with wss://, or the source */
	char *host;    /* dialled: HOST, else the address */
	char *written; /* dialled, of another door than dnchat: as the
			* operator wrote it; else NULL */
	uint16_t port; /* dialled */
	char *addresses;     /* dialled: of 'host', blanks between; or NULL */
	uint32_t address_at; /* where the next to try begins */
	uint32_t dial;       /* DIALLING: its number */
	uint64_t conn;       /* the link; or IPC_CONN_NONE */
	uint16_t slot;       /* of a link of the dnchat door */
	struct fed *fed;     /* a link of another door; else NULL */
	uint64_t since_msec; /* in this state */
	uint64_t plain_until_msec; /* dialled without our header until then */
	uint32_t rtt_usec;
	uint32_t failures;   /* in a row */
	char *why;           /* what ended it last */
	struct timer timer;  /* of the state */
	bool slicing;        /* SLICED will come */
	bool is_lost;        /* no peer: a link that has gone */
	struct user *cursor; /* next to be told that the link is up, is being
			      * taken down or has gone; NULL: none */
	size_t routed;       /* users whose way it is */
	size_t announced;    /* users that it announces */
};

/* Federated servers, and what is under way with them (fed_server.h). */
struct federation {
	struct fed_server *servers; /* utlist */
	struct fed_join *joins;     /* utlist, the oldest first */
	uint64_t join_last;
};

struct core {
	uint64_t seed;   /* of the hash tables */
	uint64_t random; /* where the next random number comes from */
	struct settings settings;
	uint64_t started_msec;
	uint64_t now_msec;

	uint64_t incarnation; /* of dnchatd; 0: it is not there */
	uint64_t up_seq, down_seq;
	uint8_t level; /* of the log; DN_LOG_COUNT: nobody said */
	bool synced; /* dnchatd has told what it has */
	bool shutting_down;
	bool done; /* nothing more goes down */

	struct timers timers;
	struct timer shutdown_timer;

	struct user *users; /* utlist, in order of arrival */
	struct chain users_by_number;
	struct chain users_by_name; /* those who are shown */
	struct sign *signs; /* uthash by number: shown users called '#...' */
	struct chain sessions_by_conn;
	struct rooms rooms;
	struct hooks hooks;
	size_t users_max;
	size_t users_shown, users_local;

	struct peer *peers;      /* utlist, in order of arrival */
	struct peer *peers_up;   /* uthash by conn: those with a link */
	const struct link_kind *link_kinds[IPC_DOOR_COUNT];
	struct federation federation;
	uint32_t peer_last, dial_last;
	struct peer *links[DN_LINKS_MAX]; /* by slot of route.h */
	struct peer *lost; /* utlist: links that have gone, but not for every
			    * user yet; they keep their slots until then */
	bool naive[DN_LINKS_MAX];
	bool usable[DN_LINKS_MAX]; /* up, and not being taken down */
	uint16_t slot_end;       /* all slots in use are below */
	uint32_t hold_msec;      /* T0 of routing.md */
	struct route_node node;

	struct asked *asked;     /* utlist, by number: see asked.h */
	uint64_t copied_first;   /* copies that are not kept yet are from here */
	uint64_t copied_last;    /* to here; 0 and anything: there are none */

	struct updates *updates; /* of the step that runs */
};

#endif
