/*
 * What outlives a reboot: accounts, rooms, their members and what was said in
 * them, in one SQLite file. The only file with SQL. Everything here blocks, so
 * that archive.c calls it from a thread of its own.
 *
 * A change is on the disk when its function returns (WAL, synchronous FULL).
 * Errors of all: DN_E_TIMEOUT (another process holds the file), DN_E_FULL (the
 * disk is), DN_E_IO (it is damaged, gone, or may not be written); store_why()
 * tells more.
 */
#ifndef CONTROL_STORE_H
#define CONTROL_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "dnchat/buf.h"
#include "dnchat/err.h"
#include "dnchat/limits.h"
#include "secret.h"

#define STORE_FILE "dnchat.db"
#define STORE_PATH_BYTES 512
#define STORE_WHY_BYTES 256
/* How long another process may hold the file. */
#define STORE_BUSY_MSEC 1000
/* A room's oldest lines go when it has so many too many, and lines that are
 * too old in portions of so many. */
#define STORE_PRUNE_COUNT 256
/* What a history is cut to, oldest lines first: an event has to hold it. */
#define STORE_HISTORY_BYTES_MAX (512u << 10)

struct store;

/*
 * Opens the file 'path', and makes it or brings it up to this version. On
 * failure '*store' is NULL, and a sentence is in 'why' of STORE_WHY_BYTES.
 * Error, beside those above: DN_E_VERSION (a later dnchat made it).
 */
enum dn_err store_open(struct store **store, const char *path, char *why);

/* Takes NULL. */
void store_close(struct store *store);

/* What went wrong last, a sentence for people, until the next call. */
const char *store_why(const struct store *store);

/* Writes something that changes nothing: is it all right again? */
enum dn_err store_probe(struct store *store);

/* ---- accounts ---- */

struct store_account {
	char name[DN_NAME_OWN_BYTES_MAX + 1];
	char hash[SECRET_HASH_BYTES];
	uint64_t number; /* that it used last; 0: none */
	bool is_locked;
	uint64_t created_msec, seen_msec; /* of the Unix clock; 0: never */
	uint64_t incarnation, seq; /* of the record that asked for it, or 0 */
};

/* Errors: DN_E_UNKNOWN. */
enum dn_err store_account_get(struct store *store, const char *name,
    struct store_account *account);

/* The account whose name comes after 'name'; "": the first. Errors:
 * DN_E_UNKNOWN (that was the last). */
enum dn_err store_account_next(struct store *store, const char *name,
    struct store_account *account);

/* Errors: DN_E_EXISTS. */
enum dn_err store_account_add(struct store *store,
    const struct store_account *account);

/* With its memberships. Errors, of these four: DN_E_UNKNOWN. */
enum dn_err store_account_delete(struct store *store, const char *name);
enum dn_err store_account_hash(struct store *store, const char *name,
    const char *hash);
enum dn_err store_account_lock(struct store *store, const char *name,
    bool is_locked);
enum dn_err store_account_seen(struct store *store, const char *name,
    uint64_t number, uint64_t now_msec);

/* ---- rooms and their members ---- */

/* Puts say how it shall be: again is no error. */
enum dn_err store_room_put(struct store *store, const char *room,
    uint64_t number);
enum dn_err store_room_delete(struct store *store, const char *room);

/* A member of a room that there is not is no error, and not kept. */
enum dn_err store_member_put(struct store *store, const char *room,
    const char *account);
enum dn_err store_member_delete(struct store *store, const char *room,
    const char *account);

/* All rooms; then all members, for whom 'number' is 0 and 'account' is not
 * NULL. */
typedef void store_room_fn(void *context, const char *room, uint64_t number,
    const char *account);
enum dn_err store_rooms(struct store *store, store_room_fn *each,
    void *context);

/* ---- what was said ---- */

struct store_line {
	uint64_t seq;       /* of the record */
	uint64_t time_msec; /* of the Unix clock */
	struct dn_str room, author, text;
};

/*
 * Between begin and end lines are added, all or none. Those that are there
 * already, by 'incarnation' and number, are left out; so are those of rooms
 * that there are not: '*lost' counts them. A room keeps 'count_max' lines.
 */
enum dn_err store_lines_begin(struct store *store, uint64_t incarnation,
    uint32_t count_max);
enum dn_err store_line_add(struct store *store,
    const struct store_line *line, uint64_t *lost);
enum dn_err store_lines_end(struct store *store);

/* Ends what store_lines_begin() began, and adds nothing. */
void store_lines_drop(struct store *store);

/* Removes some of the lines from before 'oldest_msec'; '*more' if others are
 * left perhaps. */
enum dn_err store_lines_expire(struct store *store, uint64_t oldest_msec,
    bool *more);

/* Appends to 'rows' (event.h, HISTORY) the last 'count' lines of 'room' or, if
 * 'from' is not 0, the first of those from that id on; none from before 'oldest_msec'. */
enum dn_err store_history(struct store *store, const char *room,
    uint64_t from, uint32_t count, uint64_t oldest_msec,
    struct bytes *rows);

#endif
