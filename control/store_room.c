/* Rooms, members and lines in the store: see store.h. */
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "store_sql.h"

enum dn_err
store_room_put(struct store *store, const char *room, uint64_t number)
{
	return store_run(store, STORE_ROOM_PUT, &(struct store_values){
	    .texts = {dn_str_of(room)}, .text_count = 1,
	    .numbers = {number}, .number_count = 1});
}

enum dn_err
store_room_delete(struct store *store, const char *room)
{
	struct store_values values = {.texts = {dn_str_of(room)},
	    .text_count = 1};
	enum dn_err err = store_do(store, STORE_BEGIN);

	if (err != DN_OK)
		return err;
	err = store_run(store, STORE_ROOM_DELETE, &values);
	if (err == DN_OK)
		err = store_run(store, STORE_ROOM_LINES_DELETE, &values);
	return store_commit(store, err);
}

enum dn_err
store_member_put(struct store *store, const char *room, const char *account)
{
	return store_run(store, STORE_MEMBER_PUT, &(struct store_values){
	    .texts = {dn_str_of(room), dn_str_of(account)}, .text_count = 2});
}

enum dn_err
store_member_delete(struct store *store, const char *room,
    const char *account)
{
	return store_run(store, STORE_MEMBER_DELETE, &(struct store_values){
	    .texts = {dn_str_of(room), dn_str_of(account)}, .text_count = 2});
}

static enum dn_err
store_rooms_of(struct store *store, enum store_statement index,
    store_room_fn *each, void *context)
{
	bool is_member = index == STORE_MEMBERS;
	sqlite3_stmt *statement;
	enum dn_err err;
	int result;

	statement = store_statement(store, index, &err);
	if (statement == NULL)
		return err;
	while ((result = sqlite3_step(statement)) == SQLITE_ROW)
		each(context, (const char *)sqlite3_column_text(statement, 0),
		    is_member ? 0 : store_column_number(statement, 1),
		    is_member ? (const char *)sqlite3_column_text(statement,
		    1) : NULL);
	return store_finish(store, statement, result);
}

enum dn_err
store_rooms(struct store *store, store_room_fn *each, void *context)
{
	enum dn_err err = store_rooms_of(store, STORE_ROOMS, each, context);

	return err == DN_OK ?
	    store_rooms_of(store, STORE_MEMBERS, each, context) : err;
}

/* ---- what was said ---- */

/* The one number that a statement with one value gives; 'otherwise' if it
 * gives none. */
static enum dn_err
store_number(struct store *store, enum store_statement index,
    struct dn_str text, uint64_t number, uint64_t otherwise, uint64_t *to)
{
	sqlite3_stmt *statement;
	enum dn_err err;
	int result;

	*to = otherwise;
	statement = store_statement(store, index, &err);
	if (statement == NULL)
		return err;
	if (text.data != NULL)
		store_bind(statement, 1, text);
	else
		store_bind_number(statement, 1, number);
	result = sqlite3_step(statement);
	if (result == SQLITE_ROW)
		*to = store_column_number(statement, 0);
	return store_finish(store, statement, result);
}

enum dn_err
store_lines_begin(struct store *store, uint64_t incarnation,
    uint32_t count_max)
{
	enum dn_err err = store_do(store, STORE_BEGIN);

	store->incarnation = incarnation;
	store->count_max = count_max;
	if (err != DN_OK)
		return err;
	return store_number(store, STORE_APPLIED, (struct dn_str){NULL, 0},
	    incarnation, 0, &store->seq);
}

static enum dn_err
store_lines_prune(struct store *store, struct dn_str room)
{
	struct store_values values = {.texts = {room}, .text_count = 1,
	    .number_count = 1};
	uint64_t count;
	enum dn_err err;

	err = store_number(store, STORE_LINES, room, 0, 0, &count);
	if (err != DN_OK || count < (uint64_t)store->count_max +
	    STORE_PRUNE_COUNT)
		return err;
	values.numbers[0] = count - store->count_max;
	return store_run(store, STORE_LINES_PRUNE, &values);
}

enum dn_err
store_line_add(struct store *store, const struct store_line *line,
    uint64_t *lost)
{
	sqlite3_stmt *statement;
	enum dn_err err;

	if (line->seq <= store->seq)
		return DN_OK;
	store->seq = line->seq;
	statement = store_statement(store, STORE_LINE_ADD, &err);
	if (statement == NULL)
		return err;
	store_bind(statement, 1, line->room);
	store_bind_number(statement, 2, line->time_msec);
	store_bind(statement, 3, line->author);
	store_bind(statement, 4, line->text);
	err = store_finish(store, statement, sqlite3_step(statement));
	if (err != DN_OK)
		return err;
	if (sqlite3_changes(store->db) == 0) {
		++*lost;
		return DN_OK;
	}
	return store_lines_prune(store, line->room);
}

enum dn_err
store_lines_end(struct store *store)
{
	struct store_values values = {.numbers = {store->incarnation,
	    store->seq}, .number_count = 2};

	return store_commit(store, store_run(store, STORE_APPLIED_SET,
	    &values));
}

void
store_lines_drop(struct store *store)
{
	(void)store_commit(store, DN_E_STATE);
}

enum dn_err
store_lines_expire(struct store *store, uint64_t oldest_msec, bool *more)
{
	enum dn_err err;

	err = store_run(store, STORE_LINES_EXPIRE, &(struct store_values){
	    .numbers = {oldest_msec, STORE_PRUNE_COUNT}, .number_count = 2});
	*more = err == DN_OK &&
	    sqlite3_changes(store->db) == STORE_PRUNE_COUNT;
	return err;
}

/* How long a row is as HISTORY has it. */
static size_t
store_history_size(sqlite3_stmt *statement)
{
	return 16 + 4 + (size_t)sqlite3_column_bytes(statement, 2) +
	    4 + (size_t)sqlite3_column_bytes(statement, 3);
}

static void
store_history_put(sqlite3_stmt *statement, unsigned char *to, size_t size)
{
	struct dn_wr wr = dn_wr_of(to, size);
	int i;

	dn_wr_uint(&wr, 8, store_column_number(statement, 0));
	dn_wr_uint(&wr, 8, store_column_number(statement, 1));
	for (i = 2; i < 4; i++)
		dn_wr_str(&wr, (struct dn_str){
		    (const char *)sqlite3_column_text(statement, i),
		    (size_t)sqlite3_column_bytes(statement, i)});
}

/* The last rows come newest first, and are written from the end backwards;
 * those from an id on come in their order. What does not fit is left out. */
enum dn_err
store_history(struct store *store, const char *room, uint64_t from,
    uint32_t count, uint64_t oldest_msec, struct bytes *to)
{
	bool is_forward = from > 0;
	size_t used = 0, size;
	int result = SQLITE_DONE;
	sqlite3_stmt *statement;
	unsigned char *rows, *end;
	enum dn_err err;

	statement = store_statement(store, is_forward ? STORE_HISTORY_FROM :
	    STORE_HISTORY, &err);
	if (statement == NULL)
		return err;
	rows = memory_new(STORE_HISTORY_BYTES_MAX);
	end = rows + STORE_HISTORY_BYTES_MAX;
	store_bind(statement, 1, dn_str_of(room));
	store_bind_number(statement, 2, from);
	store_bind_number(statement, 3, count);
	store_bind_number(statement, 4, oldest_msec);
	while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
		size = store_history_size(statement);
		if (size > STORE_HISTORY_BYTES_MAX - used)
			break;
		store_history_put(statement, is_forward ? rows + used :
		    end - used - size, size);
		used += size;
	}
	err = store_finish(store, statement, result);
	if (err == DN_OK)
		bytes_append(to, is_forward ? rows : end - used, used);
	free(rows);
	return err;
}
