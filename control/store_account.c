/* Accounts in the store: see store.h. */
#include <stdio.h>
#include <string.h>

#include "store_sql.h"

static void
store_column(sqlite3_stmt *statement, int index, char *to, size_t room)
{
	const unsigned char *text = sqlite3_column_text(statement, index);

	snprintf(to, room, "%s", text != NULL ? (const char *)text : "");
}

static enum dn_err
store_account_read(struct store *store, enum store_statement index,
    const char *name, struct store_account *account)
{
	sqlite3_stmt *statement;
	enum dn_err err;
	int result;

	memset(account, 0, sizeof(*account));
	statement = store_statement(store, index, &err);
	if (statement == NULL)
		return err;
	store_bind(statement, 1, dn_str_of(name));
	result = sqlite3_step(statement);
	if (result == SQLITE_ROW) {
		store_column(statement, 0, account->name,
		    sizeof(account->name));
		store_column(statement, 1, account->hash,
		    sizeof(account->hash));
		account->number = store_column_number(statement, 2);
		account->is_locked = store_column_number(statement, 3) != 0;
		account->created_msec = store_column_number(statement, 4);
		account->seen_msec = store_column_number(statement, 5);
		account->incarnation = store_column_number(statement, 6);
		account->seq = store_column_number(statement, 7);
	}
	err = store_finish(store, statement, result);
	return err == DN_OK && result != SQLITE_ROW ? DN_E_UNKNOWN : err;
}

enum dn_err
store_account_get(struct store *store, const char *name,
    struct store_account *account)
{
	return store_account_read(store, STORE_ACCOUNT_GET, name, account);
}

enum dn_err
store_account_next(struct store *store, const char *name,
    struct store_account *account)
{
	return store_account_read(store, STORE_ACCOUNT_NEXT, name, account);
}

enum dn_err
store_account_add(struct store *store, const struct store_account *account)
{
	sqlite3_stmt *statement;
	enum dn_err err;

	statement = store_statement(store, STORE_ACCOUNT_ADD, &err);
	if (statement == NULL)
		return err;
	store_bind(statement, 1, dn_str_of(account->name));
	store_bind(statement, 2, dn_str_of(account->hash));
	store_bind_number(statement, 3, account->number);
	store_bind_number(statement, 4, account->is_locked);
	store_bind_number(statement, 5, account->created_msec);
	store_bind_number(statement, 6, account->seen_msec);
	store_bind_number(statement, 7, account->incarnation);
	store_bind_number(statement, 8, account->seq);
	return store_finish(store, statement, sqlite3_step(statement));
}

enum dn_err
store_account_delete(struct store *store, const char *name)
{
	struct store_values values = {.texts = {dn_str_of(name)},
	    .text_count = 1};
	enum dn_err err = store_do(store, STORE_BEGIN);

	if (err != DN_OK)
		return err;
	err = store_change(store, STORE_ACCOUNT_DELETE, &values);
	if (err == DN_OK)
		err = store_run(store, STORE_ACCOUNT_LEAVES, &values);
	return store_commit(store, err);
}

enum dn_err
store_account_hash(struct store *store, const char *name, const char *hash)
{
	return store_change(store, STORE_ACCOUNT_HASH, &(struct store_values){
	    .texts = {dn_str_of(name), dn_str_of(hash)}, .text_count = 2});
}

enum dn_err
store_account_lock(struct store *store, const char *name, bool is_locked)
{
	return store_change(store, STORE_ACCOUNT_LOCK, &(struct store_values){
	    .texts = {dn_str_of(name)}, .text_count = 1,
	    .numbers = {is_locked}, .number_count = 1});
}

enum dn_err
store_account_seen(struct store *store, const char *name, uint64_t number,
    uint64_t now_msec)
{
	return store_change(store, STORE_ACCOUNT_SEEN, &(struct store_values){
	    .texts = {dn_str_of(name)}, .text_count = 1,
	    .numbers = {number, now_msec}, .number_count = 2});
}
