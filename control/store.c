/* The SQLite file: see store.h. */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "memory.h"
#include "store_sql.h"

/* schema.sql, as the compiler found it. */
__asm__(".section .rodata\n"
    ".globl store_schema\n"
    ".hidden store_schema\n"
    "store_schema:\n"
    ".incbin \"control/schema.sql\"\n"
    ".byte 0\n"
    ".previous\n");
extern const char store_schema[] __attribute__((visibility("hidden")));

/* What leads from version 0, an empty file, to 1, and so on. */
static const char *const store_steps[] = {store_schema};
#define STORE_VERSION ((int)(sizeof(store_steps) / sizeof(*store_steps)))

static const char *const store_texts[] = {
#define STORE_TEXT(name, text) text,
	STORE_STATEMENTS(STORE_TEXT)
#undef STORE_TEXT
};

/* ---- errors ---- */

static enum dn_err
store_err(int result)
{
	switch (result & 0xff) {
	case SQLITE_OK: case SQLITE_DONE: case SQLITE_ROW:
		return DN_OK;
	case SQLITE_BUSY: case SQLITE_LOCKED:
		return DN_E_TIMEOUT;
	case SQLITE_FULL:
		return DN_E_FULL;
	case SQLITE_CONSTRAINT:
		return DN_E_EXISTS;
	default:
		return DN_E_IO;
	}
}

static const char *
store_advice(int result)
{
	switch (result & 0xff) {
	case SQLITE_BUSY: case SQLITE_LOCKED:
		return "another program holds the file: end it";
	case SQLITE_FULL:
		return "make room on the disk";
	case SQLITE_CORRUPT: case SQLITE_NOTADB:
		return "move the file away, or put a backup in its place";
	case SQLITE_READONLY: case SQLITE_CANTOPEN: case SQLITE_PERM:
		return "file and directory must be there and ours to write";
	default:
		return "look at the disk and its file system";
	}
}

static enum dn_err
store_fail(sqlite3 *db, int result, char *why)
{
	enum dn_err err = store_err(result);

	if (err != DN_OK)
		snprintf(why, STORE_WHY_BYTES, "%s; %s", db != NULL ?
		    sqlite3_errmsg(db) : sqlite3_errstr(result),
		    store_advice(result));
	return err;
}

const char *
store_why(const struct store *store)
{
	return store->why;
}

/* ---- statements ---- */

sqlite3_stmt *
store_statement(struct store *store, enum store_statement index,
    enum dn_err *err)
{
	sqlite3_stmt **statement = &store->statements[index];
	int result = SQLITE_OK;

	if (*statement == NULL)
		result = sqlite3_prepare_v3(store->db, store_texts[index], -1,
		    SQLITE_PREPARE_PERSISTENT, statement, NULL);
	*err = store_fail(store->db, result, store->why);
	return *statement;
}

void
store_bind(sqlite3_stmt *statement, int index, struct dn_str value)
{
	(void)sqlite3_bind_text(statement, index,
	    value.data != NULL ? value.data : "", (int)value.size,
	    SQLITE_STATIC);
}

void
store_bind_number(sqlite3_stmt *statement, int index, uint64_t value)
{
	(void)sqlite3_bind_int64(statement, index, (sqlite3_int64)value);
}

enum dn_err
store_finish(struct store *store, sqlite3_stmt *statement, int result)
{
	enum dn_err err = store_fail(store->db, result, store->why);

	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	return err;
}

enum dn_err
store_run(struct store *store, enum store_statement index,
    const struct store_values *values)
{
	sqlite3_stmt *statement;
	enum dn_err err;
	int i;

	statement = store_statement(store, index, &err);
	if (statement == NULL)
		return err;
	for (i = 0; i < values->text_count; i++)
		store_bind(statement, i + 1, values->texts[i]);
	for (i = 0; i < values->number_count; i++)
		store_bind_number(statement, values->text_count + i + 1,
		    values->numbers[i]);
	return store_finish(store, statement, sqlite3_step(statement));
}

enum dn_err
store_do(struct store *store, enum store_statement index)
{
	return store_run(store, index, &(struct store_values){0});
}

enum dn_err
store_change(struct store *store, enum store_statement index,
    const struct store_values *values)
{
	enum dn_err err = store_run(store, index, values);

	return err == DN_OK && sqlite3_changes(store->db) == 0 ?
	    DN_E_UNKNOWN : err;
}

enum dn_err
store_commit(struct store *store, enum dn_err err)
{
	char why[STORE_WHY_BYTES];

	if (err == DN_OK)
		err = store_do(store, STORE_COMMIT);
	if (err != DN_OK && !sqlite3_get_autocommit(store->db)) {
		snprintf(why, sizeof(why), "%s", store->why);
		(void)store_do(store, STORE_ROLLBACK);
		memcpy(store->why, why, sizeof(why));
	}
	return err;
}

/* ---- opening ---- */

static int
store_version(sqlite3 *db, int *version)
{
	sqlite3_stmt *statement;
	int result;

	result = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement,
	    NULL);
	if (result != SQLITE_OK)
		return result;
	result = sqlite3_step(statement);
	if (result == SQLITE_ROW)
		*version = sqlite3_column_int(statement, 0);
	(void)sqlite3_finalize(statement);
	return result == SQLITE_ROW ? SQLITE_OK : result;
}

/* One version further, whole or not at all. */
static int
store_step(sqlite3 *db, int version)
{
	char set[48];
	int result;

	snprintf(set, sizeof(set), "PRAGMA user_version = %d", version + 1);
	result = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (result != SQLITE_OK)
		return result;
	result = sqlite3_exec(db, store_steps[version], NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_exec(db, set, NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (result != SQLITE_OK)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return result;
}

static enum dn_err
store_prepare(sqlite3 *db, char *why)
{
	int result, version = 0;

	(void)sqlite3_busy_timeout(db, STORE_BUSY_MSEC);
	result = sqlite3_exec(db, "PRAGMA journal_mode = WAL;"
	    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
	    "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;",
	    NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = store_version(db, &version);
	if (result == SQLITE_OK && version > STORE_VERSION) {
		snprintf(why, STORE_WHY_BYTES, "a later dnchat made it "
		    "(version %d, this one knows %d); start that one, or "
		    "give another --state-dir", version, STORE_VERSION);
		return DN_E_VERSION;
	}
	while (result == SQLITE_OK && version < STORE_VERSION)
		result = store_step(db, version++);
	return store_fail(db, result, why);
}

enum dn_err
store_open(struct store **to, const char *path, char *why)
{
	struct store *store;
	sqlite3 *db = NULL;
	mode_t mask = umask(077);
	enum dn_err err;
	int result;

	*to = NULL;
	result = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
	    SQLITE_OPEN_NOFOLLOW, NULL);
	err = store_fail(db, result, why);
	if (err == DN_OK)
		err = store_prepare(db, why);
	(void)umask(mask);
	if (err != DN_OK) {
		(void)sqlite3_close(db);
		return err;
	}
	store = memory_new(sizeof(*store));
	store->db = db;
	*to = store;
	return DN_OK;
}

void
store_close(struct store *store)
{
	size_t i;

	if (store == NULL)
		return;
	for (i = 0; i < STORE_STATEMENT_COUNT; i++)
		(void)sqlite3_finalize(store->statements[i]);
	(void)sqlite3_close(store->db);
	free(store);
}

enum dn_err
store_probe(struct store *store)
{
	return store_do(store, STORE_PROBE);
}
