/*
 * Federated servers, by the host that we write behind the names of what is
 * theirs. A server has a link or several (it and we may both have dialled), or
 * none while it is away and something about it is kept. Keeps, decides
 * nothing: fed.c, fed_room.c, fed_join.c and fed_guest.c do that.
 */
#ifndef CONTROL_FED_SERVER_H
#define CONTROL_FED_SERVER_H

#include "fed_name.h"
#include "state.h"

/*
 * A user of ours whom a server has taken as a member of a room of its. There
 * is no word for leaving in the protocol: it still counts one who has left,
 * and would refuse him if he came back.
 */
struct fed_seat {
	UT_hash_handle hh;  /* by 'key' */
	char *key;          /* the room's name and the user's, LF between */
	size_t room_size;   /* of the room's name in it */
	uint64_t number;    /* the user; 0: nobody yet */
	bool is_granted;    /* by the server, since it is here */
	bool is_wished;     /* was a member when the server or he went: joins
			     * again when both are here */
	bool is_kept;       /* his account was verified here: he may come back
			     * with another number */
};

struct fed_server {
	struct fed_server *prev, *next;
	char *host;             /* as our configuration writes it, or what
				 * fed_identity.c calls one that dialled us */
	size_t link_count;
	size_t join_count;      /* struct fed_join of it */
	struct fed_seat *seats; /* uthash */
};

struct fed_offer;

/* Failures that one who is of our network counts for: he is dialled as seldom
 * as can be, and only when it is time. */
#define FED_OWN_FAILURES 1000

/* What a link to such a server is (peer->fed). */
struct fed {
	struct fed_server *server;
	struct fed_offer *offers; /* uthash: its rooms, shown or not */
	bool is_listed;      /* it has said what it has */
	bool is_unsure;      /* it dialled us, and may be one of those that
			      * we dial: its rooms are not shown */
	uint32_t twin;       /* id of the one that it is, or seems to be; 0 */
	uint16_t port;       /* where it says that it listens; 0: nowhere */
	uint64_t marker;     /* what the server said with DNCHAT; 0: nothing */
	bool is_marked;      /* we have said DNCHAT */
	bool is_full;        /* it was logged that it offers too much */
};

/* A user of ours awaits the answer to a FEDJOIN. */
struct fed_join {
	struct fed_join *prev, *next;
	struct timer timer;     /* its owner is the id */
	uint64_t id;
	struct fed_server *server;
	char *room;             /* "channel:host", as he wrote it */
	size_t room_size;       /* of "channel" in it */
	uint64_t user;
	uint64_t conn;          /* awaits a REPLY; IPC_CONN_NONE: a SAY */
	bool is_again;          /* he was a member before the server went */
};

/* The server called 'host' (capitals do not count), or NULL. */
struct fed_server *fed_server_find(const struct core *core,
    struct dn_str host);

/* The one whom a user means by 'host', perhaps without the port that it is
 * written with or in the words of a link of it, and which has a link that
 * shows its rooms; NULL: none, or that is not clear. */
struct fed_server *fed_server_meant(const struct core *core,
    struct dn_str host);

/* That server of fed_server_find(), made if there is none. */
struct fed_server *fed_server_get(struct core *core, struct dn_str host);

/* Ends it if it has no link and nothing is kept about it. */
void fed_server_trim(struct core *core, struct fed_server *server);

/* Frees all of them, and all joins: at the end of the core. */
void fed_server_free_all(struct core *core);

/* A link to 'server' on which it has agreed, or NULL; and another one than
 * 'but'. */
struct peer *fed_server_link(const struct core *core,
    const struct fed_server *server, const struct peer *but);

/* The link on 'conn' of a server that has agreed, or NULL. */
struct peer *fed_server_on(const struct core *core, uint64_t conn);

/* True if a server on 'peer' may say that something of its is at 'host': what
 * we call it, or one that it may be; its address, or nothing. */
bool fed_host_fits(const struct core *core, const struct peer *peer,
    struct dn_str host);

/* True if 'text' is that number. */
bool fed_port_is(struct dn_str text, uint16_t port);

/* True if the server on 'peer' has dialled us, from address 'bare', which may
 * be called localhost. */
bool fed_is_address(const struct peer *peer, struct dn_str bare);

/* True if 'entry' is one that we dial at the address of 'peer', which dialled
 * us. */
bool fed_server_is_entry(const struct peer *entry, const struct peer *peer);

/* A server that we dial at the address of 'peer', which dialled us: the first
 * with 'after' NULL, then those that follow; or NULL. */
struct peer *fed_server_entry(const struct core *core,
    const struct peer *peer, const struct peer *after);

/* The seat of 'user' in 'room', both without hosts, or NULL. */
struct fed_seat *fed_seat_find(const struct core *core,
    const struct fed_server *server, struct dn_str room, struct dn_str user);

/* That seat, made if there is none; NULL: there are DN_FED_SEATS_MAX. */
struct fed_seat *fed_seat_get(struct core *core, struct fed_server *server,
    struct dn_str room, struct dn_str user);

/* Ends it: the server may be asked for it again. */
void fed_seat_free(struct fed_server *server, struct fed_seat *seat);

/* The names in a seat. */
struct dn_str fed_seat_room(const struct fed_seat *seat);
struct dn_str fed_seat_user(const struct fed_seat *seat);

/* A join of 'room', "channel:host" with 'room_size' bytes of channel: its
 * deadline begins. And its end. */
struct fed_join *fed_join_new(struct core *core, struct fed_server *server,
    struct dn_str room, size_t room_size);
void fed_join_free(struct core *core, struct fed_join *join);

/* The join of 'room', without host, by 'user', or NULL. */
struct fed_join *fed_join_find(const struct core *core,
    const struct fed_server *server, struct dn_str room, uint64_t user);

#endif
