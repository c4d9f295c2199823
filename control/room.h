/*
 * Rooms and who is a member of them: ours, which live here and are users of
 * the network called '#name'; those of federated servers (imports); and rooms
 * of other servers of our kind, for as long as a client of a door without
 * numbers has joined one here. Keeps them, shows them to the network, and
 * tells dnchatd who is a member. Under room_door.c, room_command.c, login.c
 * and life.c; above room_store.c and way.c.
 *
 * A membership is kept where a client's account was verified here: it then
 * outlives his logout and a restart. Any other ends when its user is hidden.
 */
#ifndef CONTROL_ROOM_H
#define CONTROL_ROOM_H

#include "user.h"

/* How far a member is. X(name, word) */
#define ROOM_STAGES(X)                                                     \
	X(AWAY, "away")       /* kept, but not logged in */                \
	X(JOINING, "joining") /* dnchatd has been told, JOINED will come */ \
	X(READING, "reading") /* what was said before is being looked up */ \
	X(LIVE, "here")       /* gets what is said */

enum room_stage {
#define ROOM_STAGE_ENUM(name, word) ROOM_##name,
	ROOM_STAGES(ROOM_STAGE_ENUM)
#undef ROOM_STAGE_ENUM
	ROOM_STAGE_COUNT
};

/* How who has joined is told so: before all that follows from it. */
enum room_welcome {
	ROOM_WELCOME_NONE,  /* he has been, or is not to be */
	ROOM_WELCOME_WORD,  /* the room says so */
	ROOM_WELCOME_REPLY, /* by a REPLY to the JOIN on his connection */
	ROOM_WELCOME_HOOK,  /* by hooks.room_welcome: he is behind a server */
	ROOM_WELCOME_COUNT
};

/* What somebody said while he was joining; said in his name once he is in. */
struct speech {
	struct speech *next;
	size_t size;
	char text[];
};

/* Bounds of that: for one member, and in all. */
#define ROOM_SPEECHES_MAX 16
#define ROOM_SPEECH_BYTES_MAX (4u << 20)

/* What finds a member who is here. */
struct member_key {
	uint64_t room; /* its id */
	uint64_t user; /* his number */
};

struct member {
	UT_hash_handle hh;           /* by key, unless he is away */
	struct member_key key;
	struct member *prev, *next;  /* of the room, utlist */
	struct member *user_prev, *user_next; /* of his user, unless away */
	struct member *keeper_prev, *keeper_next; /* of his account, if kept */
	struct room *room;
	struct user *user;           /* NULL: he is away */
	struct keeper *keeper;       /* NULL: not kept */
	enum room_stage stage;
	uint64_t order;              /* the history that he waits for; 0: none */
	bool is_plain;               /* he is told no more than who said what */
	uint8_t welcome;             /* enum room_welcome */
	char *word;                  /* ROOM_WELCOME_REPLY and _HOOK: as he called it */
	struct speech *speech;       /* utlist: what he said meanwhile */
	size_t speech_count;
};

/* An account that is a kept member of rooms. */
struct keeper {
	UT_hash_handle hh; /* by name */
	char *name;
	struct member *members; /* utlist, by id of the room */
};

struct room {
	UT_hash_handle hh;        /* by id, in order of creation */
	UT_hash_handle hh_name;   /* by name: ours and imports */
	UT_hash_handle hh_number; /* by number, while it is shown */
	uint64_t id;
	uint64_t number;
	char *name;               /* without '#' */
	char *description;        /* imports: what users are told */
	uint64_t conn;            /* imports: the link to its server */
	uint8_t role;             /* IPC_ROLE_ROOM: ours; IPC_ROLE_IMPORT;
				   * IPC_ROLE_USER: another server's of ours */
	struct user *user;        /* NULL: it is not shown */
	struct member *members;   /* utlist, in order of joining */
	size_t member_count;
	size_t here_count;        /* those who are not away */
};

/* ---- finding ---- */

/* Our room, or the import, called 'name' (without '#'), or NULL. */
struct room *room_find(const struct core *core, struct dn_str name);

/* The room that is shown as user 'number', whatever its role, or NULL. */
struct room *room_at(const struct core *core, uint64_t number);

/* The room with 'id', or NULL. */
struct room *room_of_id(const struct core *core, uint64_t id);

/* All rooms in order of creation: the first with 'room' NULL. */
struct room *room_next(const struct core *core, const struct room *room);

/* 'user' as member of 'room', or NULL. */
struct member *room_member(const struct core *core, const struct room *room,
    const struct user *user);

/* The memberships that 'account' keeps: a list through keeper_next; and the
 * one in 'room'. NULL: none. */
struct member *room_kept(const struct core *core, struct dn_str account);
struct member *room_kept_in(const struct core *core, const struct room *room,
    struct dn_str account);

/* How many members of 'room' are reached over 'conn', which is a link to a
 * server behind a door (their seats have it). */
size_t room_count_over(const struct room *room, uint64_t conn);

/* True if 'user' is a room or service, or is called as if he were one: such do
 * not answer one another. */
bool room_is_sign(const struct user *user);

/* True if 'name' can be that of a room of ours. */
bool room_is_name(struct dn_str name);

/* ---- rooms come and go ---- */

/*
 * A new room of ours, kept in the store and shown if dnchatd is there; 'by'
 * says who wanted it, for the log. Errors: DN_E_MALFORMED (name), DN_E_EXISTS
 * (here, or shown by the network), DN_E_FULL (DN_ROOMS_MAX, or the store is
 * behind), DN_E_STATE (shutting down).
 */
enum dn_err room_create(struct core *core, struct dn_str name,
    struct dn_str by);

/* The end of a room of ours, for good: members, history and all. Errors:
 * DN_E_FULL (the store is behind), DN_E_STATE (it is not ours). */
enum dn_err room_delete(struct core *core, struct room *room);

/*
 * A room of a federated server, which 'conn' leads to: it is shown as
 * '#name' at once, with 'number' unless somebody else has that (not who is
 * called and described the same: then other servers import it, too). It has
 * no history here. Errors: DN_E_EXISTS, DN_E_FULL,
 * DN_E_STATE (dnchatd is not there), DN_E_MALFORMED (name longer than
 * DN_NAME_BYTES_MAX).
 */
enum dn_err room_import(struct core *core, struct dn_str name,
    uint64_t number, uint64_t conn, struct dn_str description,
    struct room **room);

/* Another link leads to the server of an import from now on. */
void room_move(struct core *core, struct room *room, uint64_t conn);

/* The end of an import: it is hidden, nobody is its member any more. */
void room_drop(struct core *core, struct room *room);

/* ---- members come and go ---- */

/*
 * 'user', who is shown, becomes a member: kept if he is verified. Of a room of
 * ours he then is told 'welcome' ('word' being what he called the room), and
 * what was said before, and hears and is heard from then on. All that comes by
 * itself, and at once: whoever acts on the first finds the last done. Of other
 * rooms he is a member at once, and 'welcome' is left to the caller. Errors:
 * DN_E_EXISTS (he is one), DN_E_FULL (DN_ROOM_MEMBERS_MAX, or the store is
 * behind), DN_E_STATE (room or user are not shown).
 */
enum dn_err room_enter(struct core *core, struct room *room,
    struct user *user, enum room_welcome welcome, struct dn_str word);

/* 'user' is no member any more. Errors: DN_E_UNKNOWN (he was none), DN_E_FULL
 * (the store is behind). */
enum dn_err room_exit(struct core *core, struct room *room,
    struct user *user);

/*
 * 'user' becomes a member of a room of another server of ours, which is the
 * user 'home' ('#name'): for clients of doors that cannot write to it
 * themselves it is asked in their name. Errors as room_enter().
 */
enum dn_err room_join_remote(struct core *core, struct user *home,
    struct user *user);

/* The account whose memberships are kept for 'user'; empty: none. */
struct dn_str room_account(const struct user *user);

/* The member, who was here, is so no more: only an account's membership
 * outlives that. */
void room_depart(struct core *core, struct member *member);

/* 'account', which has been deleted, is a member of nothing any more: whoever
 * has that name next is another. The store forgets by itself. */
void room_forget_account(struct core *core, struct dn_str account);

/* 'user' has logged in: the rooms that keep him have him back. */
void room_login(struct core *core, struct user *user);

/* ---- for room_command.c ---- */

/* Who has joined is told so, unless he has been. */
void room_welcome(struct core *core, struct member *member);

/* Who is joining is told that he can't, if he is to be told at all: the room
 * ends. */
void room_unwelcome(struct core *core, struct member *member);

/* Has the room tell 'user' that he has joined it. */
void room_say_joined(struct core *core, const struct room *room,
    const struct user *user);

/* Says 'text' in the room for the member, who is live. */
void room_speak(struct core *core, const struct member *member,
    struct dn_str text);

/* The member, who was joining, gets what is said from now on, and is heard. */
void room_set_live(struct core *core, struct member *member);

/* The '#' of a room's name may be said or not: 'name' without it. */
struct dn_str room_bare(struct dn_str name);

/* A number that nobody has. */
uint64_t room_new_number(struct core *core);

/* ---- for life.c and core.c ---- */

/* Events; errors as core_step(). */
enum dn_err room_known(struct core *core, const struct event *event);
enum dn_err room_member_known(struct core *core, const struct event *event);
enum dn_err room_create_wanted(struct core *core, const struct event *event);
enum dn_err room_delete_wanted(struct core *core, const struct event *event);

/* dnchatd has told all that it has: rooms are shown from now on. */
void room_synced(struct core *core);

/* Our name has changed: rooms that are shown are shown anew. */
void room_renamed(struct core *core);

/* The user rooms@NODE is there if that is wanted, and called so. */
void room_settle_service(struct core *core);

/* That user, or NULL. */
struct user *room_service(const struct core *core);

/* dnchatd is gone, and every user with it: call it before they are freed. */
void room_plane_down(struct core *core);

/* The hook of way.c: 'user' is about to be hidden. */
void room_user_hidden(struct core *core, struct user *user);

/* Frees all rooms; users are not touched. */
void room_remove_all(struct core *core);

/* ---- the tables: for room_life.c, room_member.c and save_room.c ---- */

/* A record of a room, not shown; and its end, with its members. */
struct room *room_add(struct core *core, struct dn_str name, uint8_t role);
void room_remove(struct core *core, struct room *room);

/* The room is the user 'user' from now on, of which dnchatd is told nothing;
 * and is it no more. */
void room_attach(struct core *core, struct room *room, struct user *user);
void room_detach(struct core *core, struct room *room);

/* A record of a member who is away; 'account' is empty for one not kept. And
 * its end, whatever he is. */
struct member *room_member_new(struct core *core, struct room *room,
    struct dn_str account);
void room_member_free(struct core *core, struct member *member);

/* The member has said 'text' while he was joining: false if too much waits
 * already. And what he said is forgotten. */
bool room_hold(struct core *core, struct member *member, struct dn_str text);
void room_unhold(struct core *core, struct member *member);

/* The member is here as 'user', of which dnchatd is told nothing; and is away
 * again: one that is not kept has to be freed then. */
void room_member_attach(struct core *core, struct member *member,
    struct user *user, enum room_stage stage);
void room_member_detach(struct core *core, struct member *member);

#endif
