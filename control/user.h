/*
 * Who is known: records of users by number and, as far as they are shown, by
 * name; what single links call them; the clients behind those of ours. Keeps,
 * decides nothing: way.c does that.
 */
#ifndef CONTROL_USER_H
#define CONTROL_USER_H

#include "chain.h"
#include "hash.h"
#include "state.h"
#include "text.h"

/* How a user is here: as what, and over which connection. */
struct seat {
	uint64_t conn;        /* IPC_CONN_NONE: rooms and services of ours */
	struct dn_str source; /* address, or where he comes from */
	uint8_t role;         /* enum ipc_role */
	uint8_t door;         /* enum ipc_door */
	bool is_client;       /* 'conn' is his alone */
	bool is_verified;     /* by the password of his account here */
};

/* Why a user is local: a client of ours that has a name, a room or service
 * of ours, a user of a server behind another door. */
struct session {
	struct chain_link by_conn; /* clients only */
	struct seat seat;     /* its source is in 'bytes' */
	struct user *user;
	char bytes[];
};

/* A link calls a user something else than the other links do. */
struct alias {
	struct alias *next;
	struct text *text;
	uint16_t slot;
};

/* A shown user whose name begins with '#': a room, ours or another's. */
struct sign {
	UT_hash_handle hh;
	uint64_t number;
	struct user *user;
};

/* A user's deadlines: only few users have one. */
struct clock {
	struct timer hold, calm, list, reply;
};

struct user {
	struct user *prev, *next; /* utlist */
	struct chain_link by_number;
	struct chain_link by_name; /* while he is shown */
	uint64_t number;
	uint64_t since_msec;    /* shown, or known */
	struct text *text;      /* of the way in use, or of the last one */
	struct alias *aliases;  /* of links that say something else */
	struct session *session; /* NULL: he is not local */
	struct clock *clock;    /* NULL: no deadline */
	struct member *members; /* utlist: of rooms (room.h), by their ids */
	struct route route;
	int16_t sent;    /* the next hop that dnchatd knows: as route.succ */
	int16_t lost_by; /* whom the last way was lost by: a slot, ROUTE_SELF,
			  * or ROUTE_NONE for nobody in particular */
	uint8_t withdrawals_seen; /* route.withdrawals that the timers know */
	uint8_t strikes; /* withdrawals until all is calm */
	bool shown;      /* has an entry at dnchatd */
};

/* True if a user can have 'number'. */
static inline bool
user_is_number(uint64_t number)
{
	return number != 0 && number <= DN_NUMBER_MAX;
}

/* True if a user can be called so. */
static inline bool
user_is_text(struct dn_str name, struct dn_str description)
{
	return name.size > 0 && name.size <= DN_NAME_BYTES_MAX &&
	    description.size <= DN_DESCRIPTION_BYTES_MAX;
}

/* The user with 'number', or NULL. */
struct user *user_find(const struct core *core, uint64_t number);

/* A record for a user who is not known yet, without room for links, not
 * shown. */
struct user *user_new(struct core *core, uint64_t number, struct dn_str name,
    struct dn_str description);

/* Ends the record, its deadlines and its session. */
void user_free(struct core *core, struct user *user);

/* Room in user->route for every slot in use. */
void user_reserve(struct core *core, struct user *user);

/* He is shown from now on, or no more: who has a name is known by that. */
void user_set_shown(struct core *core, struct user *user, bool is_shown);

/* A shown user called 'name': the first with 'after' NULL, then those that
 * follow, in no particular order. */
struct user *user_named(const struct core *core, struct dn_str name,
    const struct user *after);

/* The shown users called '#...', in no particular order: the first with 'sign'
 * NULL. */
const struct sign *user_next_sign(const struct core *core,
    const struct sign *sign);

/* ---- what links call him ---- */

/* What link 'slot' calls him. */
struct text *user_text(const struct user *user, int slot);

/* Link 'slot', which is up for him, calls him so; keeps ROUTE_OTHER. Returns
 * true if it is the first to disagree about the name. */
bool user_called(struct user *user, uint16_t slot, struct dn_str name,
    struct dn_str description);

/* Link 'slot' calls him nothing any more. */
void user_uncalled(struct user *user, uint16_t slot);

/* He is called 'text' from now on; what other links call him stays. */
void user_adopt(struct user *user, struct text *text);

/* True if a link calls him by another name. */
bool user_is_disputed(const struct user *user);

/* ---- who is local ---- */

/* The client on 'conn', or NULL. */
struct session *session_find(const struct core *core, uint64_t conn);

/* 'user', who is not local yet, is from now on; 'seat' is copied. */
void session_new(struct core *core, struct user *user,
    const struct seat *seat);

/* Takes NULL. */
void session_free(struct core *core, struct session *session);

/* ---- deadlines ---- */

/* His deadlines, made if there are none. */
struct clock *user_clock(struct user *user);

/* Gives the memory back if none runs. */
void user_clock_trim(struct user *user);

#endif
