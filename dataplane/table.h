/*
 * The forwarding table: an entry for every user that clients are shown, found
 * by number or by name, and in the order in which they were shown. push.c
 * fills it on dncontrol's word; forward.c asks it. It tells nobody: ARRV, LEFT,
 * what was held and who is in a room are the callers' part.
 */
#ifndef DATAPLANE_TABLE_H
#define DATAPLANE_TABLE_H

#include "dnchat/err.h"
#include "dnchat/ipc.h"

struct table;
struct table_cursor;
struct held;
struct room;

struct table_entry {
	uint64_t number;            /* the user */
	uint64_t conn;              /* next hop, or the user's connection */
	uint64_t stamp;             /* order of SHOW, from 1, never again */
	struct table_entry *older;  /* shown before, or NULL */
	struct table_entry *newer;  /* shown after, or NULL */
	struct table_cursor *here;  /* the table's: cursors that stand here */
	struct held *held;          /* held.c's; NULL when the entry is freed */
	struct room *room;          /* who is in it, or NULL: nobody, as yet;
				     * NULL when the entry is freed */
	struct table_entry *name_next; /* in its chain of names */
	uint32_t arrv_size;         /* in bytes, as the next two */
	uint16_t description_size;
	uint8_t name_size;
	uint8_t state : 4;          /* enum ipc_state */
	uint8_t role : 4;           /* enum ipc_role */
	uint16_t receipts;          /* of a client of ours: those that rooms of
				     * other servers owe to authors */
	char bytes[];               /* arrv, name, description */
};

/* Goes through the entries that there were when it was set up, oldest first,
 * whatever is shown or hidden meanwhile. For the list of a new client. */
struct table_cursor {
	struct table_entry *next; /* or NULL: at the end */
	uint64_t until;           /* the last stamp it goes to */
	struct table_cursor *before;
	struct table_cursor *after;
};

/* What an entry is made of. Strings are copied. */
struct table_user {
	uint64_t number;
	uint64_t conn;                  /* may be IPC_CONN_NONE */
	enum ipc_state state;
	enum ipc_role role;
	struct dn_str name;             /* up to DN_NAME_BYTES_MAX */
	struct dn_str description;      /* up to DN_DESCRIPTION_BYTES_MAX */
	struct dn_str arrv;             /* ready for clients, with its head */
};

/* An empty table, or NULL if out of memory. 'seed' must be hard to guess. */
struct table *table_new(uint64_t seed);

/* Frees 'table' and all entries, of which none may have 'held' or 'room' left,
 * and on which no cursor may stand. NULL is allowed. */
void table_free(struct table *table);

/* How many entries there are. */
size_t table_count(const struct table *table);

/* The entry of 'number', or NULL. Valid until it is hidden. */
struct table_entry *table_find(const struct table *table, uint64_t number);

/*
 * An entry that is called 'name', or NULL. Names need not be unique: 'after'
 * is the one that was found last, and NULL at first. In no order.
 */
struct table_entry *table_named(const struct table *table, struct dn_str name,
    const struct table_entry *after);

/*
 * Adds an entry, as the newest; '*entry' is set to it (unless NULL is given).
 * Errors: DN_E_EXISTS, DN_E_TOO_LONG (a string), DN_E_FULL (DN_USERS_MAX),
 * DN_E_MEMORY.
 */
enum dn_err table_show(struct table *table, const struct table_user *user,
    struct table_entry **entry);

/* Changes an entry's next hop and state. */
void table_route(struct table_entry *entry, uint64_t conn,
    enum ipc_state state);

/* Removes and frees 'entry', whose 'held' and 'room' must be NULL. Cursors that
 * stand on it go one further. */
void table_hide(struct table *table, struct table_entry *entry);

/* The entry that was shown first, or NULL; go on with its 'newer'. */
struct table_entry *table_oldest(const struct table *table);

/* The stamp of the entry that was shown last, or 0 if there never was one.
 * Entries shown from now on have greater ones. */
uint64_t table_stamp(const struct table *table);

/* The first entry with a stamp above 'stamp', or NULL. Takes as many steps as
 * there are newer ones: meant for few; else use a cursor. */
struct table_entry *table_after(const struct table *table, uint64_t stamp);

/* Sets 'cursor' up at the oldest entry, to go to the newest of now. It must
 * stay where it is in memory, until table_cursor_deinit(). */
void table_cursor_init(struct table *table, struct table_cursor *cursor);

/* Takes 'cursor' away from the table. One that is all zero is left alone. */
void table_cursor_deinit(struct table_cursor *cursor);

/* The entry that 'cursor' stands on, or NULL when it has come to its end. */
struct table_entry *table_cursor_peek(const struct table_cursor *cursor);

/* Goes on to the next entry; nothing happens at the end. */
void table_cursor_advance(struct table_cursor *cursor);

/* True if 'cursor' has yet to come to 'entry', or stands on it. */
bool table_cursor_awaits(const struct table_cursor *cursor,
    const struct table_entry *entry);

static inline struct dn_str
table_arrv(const struct table_entry *entry)
{
	return (struct dn_str){entry->bytes, entry->arrv_size};
}

/* True if 'entry' is a room, of whatever server: no client of ours can be
 * called so. */
static inline bool
table_is_room(const struct table_entry *entry)
{
	return entry->name_size > 0 && entry->bytes[entry->arrv_size] == '#';
}

static inline struct dn_str
table_name(const struct table_entry *entry)
{
	return (struct dn_str){entry->bytes + entry->arrv_size,
	    entry->name_size};
}

static inline struct dn_str
table_description(const struct table_entry *entry)
{
	return (struct dn_str){entry->bytes + entry->arrv_size +
	    entry->name_size, entry->description_size};
}

#endif
