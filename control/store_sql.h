/*
 * The SQL of the store, and how store.c, store_account.c and store_room.c run
 * it. Nobody else includes this.
 */
#ifndef CONTROL_STORE_SQL_H
#define CONTROL_STORE_SQL_H

#include <sqlite3.h>

#include "store.h"

/* X(name, text): statements, prepared when they are needed first. */
#define STORE_STATEMENTS(X)                                                  \
	X(BEGIN, "BEGIN IMMEDIATE")                                          \
	X(COMMIT, "COMMIT")                                                  \
	X(ROLLBACK, "ROLLBACK")                                              \
	X(PROBE, "UPDATE applied SET seq = seq")                             \
	X(ACCOUNT_GET, "SELECT name, hash, number, locked, created, seen, "  \
	    "incarnation, seq FROM account WHERE name = ?1")                 \
	X(ACCOUNT_NEXT, "SELECT name, hash, number, locked, created, seen, " \
	    "incarnation, seq FROM account WHERE name > ?1 ORDER BY name "   \
	    "LIMIT 1")                                                       \
	X(ACCOUNT_ADD, "INSERT INTO account "                                \
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")                       \
	X(ACCOUNT_DELETE, "DELETE FROM account WHERE name = ?1")             \
	X(ACCOUNT_LEAVES, "DELETE FROM member WHERE account = ?1")           \
	X(ACCOUNT_HASH, "UPDATE account SET hash = ?2 WHERE name = ?1")      \
	X(ACCOUNT_LOCK, "UPDATE account SET locked = ?2 WHERE name = ?1")    \
	X(ACCOUNT_SEEN, "UPDATE account SET number = ?2, seen = ?3 "         \
	    "WHERE name = ?1")                                               \
	X(ROOM_PUT, "INSERT INTO room (name, number) VALUES (?1, ?2) "       \
	    "ON CONFLICT (name) DO UPDATE SET number = ?2")                  \
	X(ROOM_DELETE, "DELETE FROM room WHERE name = ?1")                   \
	X(ROOM_LINES_DELETE, "DELETE FROM line WHERE room = ?1")             \
	X(MEMBER_PUT, "INSERT OR IGNORE INTO member "                        \
	    "SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM room WHERE name = ?1)") \
	X(MEMBER_DELETE, "DELETE FROM member WHERE room = ?1 "               \
	    "AND account = ?2")                                              \
	X(ROOMS, "SELECT name, number FROM room ORDER BY rowid")             \
	X(MEMBERS, "SELECT room, account FROM member ORDER BY room, account") \
	X(APPLIED, "SELECT seq FROM applied WHERE incarnation = ?1")         \
	X(APPLIED_SET, "UPDATE applied SET incarnation = ?1, seq = ?2")      \
	X(LINE_ADD, "INSERT INTO line (room, time, author, text) "           \
	    "SELECT ?1, ?2, ?3, ?4 WHERE EXISTS "                            \
	    "(SELECT 1 FROM room WHERE name = ?1)")                          \
	X(LINES, "SELECT lines FROM room WHERE name = ?1")                   \
	X(LINES_PRUNE, "DELETE FROM line WHERE id IN (SELECT id FROM line "  \
	    "WHERE room = ?1 ORDER BY id LIMIT ?2)")                         \
	X(LINES_EXPIRE, "DELETE FROM line WHERE id IN (SELECT id FROM "      \
	    "(SELECT id, time FROM line ORDER BY id LIMIT ?2) "              \
	    "WHERE time < ?1)")                                              \
	X(HISTORY, "SELECT id, time, author, text FROM line WHERE room = ?1 " \
	    "AND id > ?2 AND time >= ?4 ORDER BY id DESC LIMIT ?3")              \
	X(HISTORY_FROM, "SELECT id, time, author, text FROM line "           \
	    "WHERE room = ?1 AND id >= ?2 AND time >= ?4 ORDER BY id LIMIT ?3")

enum store_statement {
#define STORE_ENUM(name, text) STORE_##name,
	STORE_STATEMENTS(STORE_ENUM)
#undef STORE_ENUM
	STORE_STATEMENT_COUNT
};

/* An open file. */
struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[STORE_STATEMENT_COUNT];
	char why[STORE_WHY_BYTES];
	/* Between store_lines_begin() and its end: */
	uint64_t incarnation, seq;
	uint32_t count_max;
};

/* Values of a statement, in their order: texts, then numbers. */
struct store_values {
	struct dn_str texts[2];
	uint64_t numbers[2];
	int text_count, number_count;
};

/* The statement, without values; NULL and '*err' if it can't be had. */
sqlite3_stmt *store_statement(struct store *store,
    enum store_statement index, enum dn_err *err);

/* Value 'index', from 1. A text has to live until store_finish(). */
void store_bind(sqlite3_stmt *statement, int index, struct dn_str value);
void store_bind_number(sqlite3_stmt *statement, int index, uint64_t value);

/* Column 'index', from 0, of the row that 'statement' is at. */
static inline uint64_t
store_column_number(sqlite3_stmt *statement, int index)
{
	return (uint64_t)sqlite3_column_int64(statement, index);
}

/* Ends the use of 'statement', whose last result is given. */
enum dn_err store_finish(struct store *store, sqlite3_stmt *statement,
    int result);

/* Runs a statement that gives no rows. */
enum dn_err store_run(struct store *store, enum store_statement index,
    const struct store_values *values);
enum dn_err store_do(struct store *store, enum store_statement index);

/* The same, and DN_E_UNKNOWN if nothing was there to change. */
enum dn_err store_change(struct store *store, enum store_statement index,
    const struct store_values *values);

/* Ends a transaction: for good if 'err' is DN_OK. Returns what came of it. */
enum dn_err store_commit(struct store *store, enum dn_err err);

#endif
