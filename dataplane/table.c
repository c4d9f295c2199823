/*
 * Entries are single allocations in a list by age, with an index by number,
 * which is table_index.c.
 *
 * The index over names is asked by doors only, for what somebody typed: its
 * chains go through the entries, so that it costs little memory. It is hashed
 * linearly: each new entry splits one chain, lest one waits while the names of
 * all others are read.
 */
#include "table.h"

#include <assert.h>
#include <stdlib.h>

#include "hash.h"
#include "table_index.h"

/* Entries in a chain of names, on average. */
#define TABLE_NAMES_PER_CHAIN 2
#define TABLE_CHAINS_LEAST 64

struct table {
	struct table_index index; /* by number */
	uint64_t seed;
	uint64_t stamp; /* of the newest entry there ever was */
	struct table_entry *oldest;
	struct table_entry *newest;
	struct table_entry **chains; /* of names */
	size_t chain_count, chain_room;
	size_t level; /* the greatest power of two up to 'chain_count' */
};

/* ---- by name ---- */

/* The chain of 'name': those from 'level' on have been split off from the same
 * ones without that bit. */
static size_t
table_chain(const struct table *table, struct dn_str name)
{
	uint64_t state = hash_mix(table->seed, name.size);
	size_t chain, at, bytes;
	uint64_t word;

	for (at = 0; at < name.size; at += bytes) {
		bytes = name.size - at < sizeof(word) ? name.size - at :
		    sizeof(word);
		word = 0;
		memcpy(&word, name.data + at, bytes);
		state = hash_mix(state, word);
	}
	chain = (size_t)state & (table->level * 2 - 1);
	return chain < table->chain_count ? chain : chain - table->level;
}

static void
table_chain_push(struct table *table, struct table_entry *entry)
{
	size_t chain = table_chain(table, table_name(entry));

	entry->name_next = table->chains[chain];
	table->chains[chain] = entry;
}

/* Deals the entries of 'chain' out anew. */
static void
table_chain_deal(struct table *table, size_t chain)
{
	struct table_entry *entry = table->chains[chain], *next;

	for (table->chains[chain] = NULL; entry != NULL; entry = next) {
		next = entry->name_next;
		table_chain_push(table, entry);
	}
}

/* One chain more. Where there is no memory for it, they get longer. */
static void
table_chain_split(struct table *table)
{
	size_t room = table->chain_room * 2;
	struct table_entry **chains;

	if (table->chain_count == table->chain_room) {
		chains = realloc(table->chains, room * sizeof(*chains));
		if (chains == NULL)
			return;
		table->chains = chains;
		table->chain_room = room;
	}
	if (table->chain_count == table->level * 2)
		table->level *= 2;
	table->chains[table->chain_count++] = NULL;
	table_chain_deal(table, table->chain_count - 1 - table->level);
}

/* One chain less: the last goes back to where it was split off. */
static void
table_chain_join(struct table *table)
{
	size_t last = table->chain_count - 1, room = table->chain_room / 2;
	struct table_entry *entry = table->chains[last], *next, **chains;

	table->chain_count--;
	if (table->chain_count == table->level)
		table->level /= 2;
	for (; entry != NULL; entry = next) {
		next = entry->name_next;
		table_chain_push(table, entry);
	}
	if (table->chain_count * 2 > room)
		return;
	chains = realloc(table->chains, room * sizeof(*chains));
	if (chains == NULL)
		return;
	table->chains = chains;
	table->chain_room = room;
}

static void
table_name_add(struct table *table, struct table_entry *entry)
{
	if (table->index.count > table->chain_count * TABLE_NAMES_PER_CHAIN)
		table_chain_split(table);
	table_chain_push(table, entry);
}

static void
table_name_del(struct table *table, const struct table_entry *entry)
{
	struct table_entry **at = &table->chains[table_chain(table,
	    table_name(entry))];

	while (*at != entry)
		at = &(*at)->name_next;
	*at = entry->name_next;
	/* Long after it grew, lest it do both again and again. */
	if (table->chain_count > TABLE_CHAINS_LEAST &&
	    table->index.count * 2 < table->chain_count * TABLE_NAMES_PER_CHAIN)
		table_chain_join(table);
}

struct table_entry *
table_named(const struct table *table, struct dn_str name,
    const struct table_entry *after)
{
	struct table_entry *entry = after != NULL ? after->name_next :
	    table->chains[table_chain(table, name)];

	while (entry != NULL && !dn_str_eq(table_name(entry), name))
		entry = entry->name_next;
	return entry;
}

/* ---- by number ---- */

struct table *
table_new(uint64_t seed)
{
	struct table *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return NULL;
	table->seed = seed;
	table->chain_count = table->chain_room = table->level =
	    TABLE_CHAINS_LEAST;
	table->chains = calloc(table->chain_room, sizeof(*table->chains));
	if (table->chains == NULL || !table_index_init(&table->index, seed)) {
		table_free(table);
		return NULL;
	}
	return table;
}

static void
table_entry_free(struct table_entry *entry)
{
	assert(entry->held == NULL && entry->here == NULL &&
	    entry->room == NULL);
	free(entry);
}

void
table_free(struct table *table)
{
	struct table_entry *entry;

	if (table == NULL)
		return;
	while ((entry = table->oldest) != NULL) {
		table->oldest = entry->newer;
		table_entry_free(entry);
	}
	free(table->chains);
	table_index_deinit(&table->index);
	free(table);
}

size_t
table_count(const struct table *table)
{
	return table->index.count;
}

struct table_entry *
table_find(const struct table *table, uint64_t number)
{
	return table_index_find(&table->index, number);
}

static struct table_entry *
table_entry_new(const struct table_user *user)
{
	struct table_entry *entry = malloc(sizeof(*entry) + user->arrv.size +
	    user->name.size + user->description.size);
	struct dn_wr wr;

	if (entry == NULL)
		return NULL;
	memset(entry, 0, sizeof(*entry));
	entry->number = user->number;
	entry->arrv_size = (uint32_t)user->arrv.size;
	entry->name_size = (uint8_t)user->name.size;
	entry->description_size = (uint16_t)user->description.size;
	entry->role = (uint8_t)(user->role & 0xf);
	table_route(entry, user->conn, user->state);
	wr = dn_wr_of(entry->bytes, user->arrv.size + user->name.size +
	    user->description.size);
	dn_wr_bytes(&wr, user->arrv.data, user->arrv.size);
	dn_wr_bytes(&wr, user->name.data, user->name.size);
	dn_wr_bytes(&wr, user->description.data, user->description.size);
	return entry;
}

enum dn_err
table_show(struct table *table, const struct table_user *user,
    struct table_entry **entry)
{
	struct table_entry *shown;

	if (user->name.size > DN_NAME_BYTES_MAX ||
	    user->description.size > DN_DESCRIPTION_BYTES_MAX ||
	    user->arrv.size > DN_FRAME_CLIENT_BYTES_MAX)
		return DN_E_TOO_LONG;
	if (table_find(table, user->number) != NULL)
		return DN_E_EXISTS;
	if (table->index.count >= DN_USERS_MAX)
		return DN_E_FULL;
	shown = table_entry_new(user);
	if (shown == NULL ||
	    !table_index_add(&table->index, user->number, shown)) {
		free(shown);
		return DN_E_MEMORY;
	}
	shown->stamp = ++table->stamp;
	shown->older = table->newest;
	if (table->newest != NULL)
		table->newest->newer = shown;
	else
		table->oldest = shown;
	table->newest = shown;
	table_name_add(table, shown);
	if (entry != NULL)
		*entry = shown;
	return DN_OK;
}

void
table_route(struct table_entry *entry, uint64_t conn, enum ipc_state state)
{
	entry->conn = conn;
	entry->state = (uint8_t)(state & 0xf);
}

void
table_hide(struct table *table, struct table_entry *entry)
{
	while (entry->here != NULL)
		table_cursor_advance(entry->here);
	table_index_del(&table->index, entry->number);
	if (entry->older != NULL)
		entry->older->newer = entry->newer;
	else
		table->oldest = entry->newer;
	if (entry->newer != NULL)
		entry->newer->older = entry->older;
	else
		table->newest = entry->older;
	table_name_del(table, entry);
	table_entry_free(entry);
}

struct table_entry *
table_oldest(const struct table *table)
{
	return table->oldest;
}

uint64_t
table_stamp(const struct table *table)
{
	return table->stamp;
}

struct table_entry *
table_after(const struct table *table, uint64_t stamp)
{
	struct table_entry *entry = table->newest;

	if (entry == NULL || entry->stamp <= stamp)
		return NULL;
	while (entry->older != NULL && entry->older->stamp > stamp)
		entry = entry->older;
	return entry;
}

/* Makes 'cursor' stand on 'entry', unless that is NULL or beyond its end. */
static void
table_cursor_enter(struct table_cursor *cursor, struct table_entry *entry)
{
	cursor->before = cursor->after = NULL;
	cursor->next = entry != NULL && entry->stamp <= cursor->until ?
	    entry : NULL;
	if (cursor->next == NULL)
		return;
	cursor->after = entry->here;
	if (entry->here != NULL)
		entry->here->before = cursor;
	entry->here = cursor;
}

void
table_cursor_init(struct table *table, struct table_cursor *cursor)
{
	cursor->until = table->stamp;
	table_cursor_enter(cursor, table->oldest);
}

void
table_cursor_deinit(struct table_cursor *cursor)
{
	if (cursor->next == NULL)
		return;
	if (cursor->before != NULL)
		cursor->before->after = cursor->after;
	else
		cursor->next->here = cursor->after;
	if (cursor->after != NULL)
		cursor->after->before = cursor->before;
	*cursor = (struct table_cursor){NULL, cursor->until, NULL, NULL};
}

struct table_entry *
table_cursor_peek(const struct table_cursor *cursor)
{
	return cursor->next;
}

void
table_cursor_advance(struct table_cursor *cursor)
{
	struct table_entry *newer;

	if (cursor->next == NULL)
		return;
	newer = cursor->next->newer;
	table_cursor_deinit(cursor);
	table_cursor_enter(cursor, newer);
}

bool
table_cursor_awaits(const struct table_cursor *cursor,
    const struct table_entry *entry)
{
	return cursor->next != NULL && entry->stamp >= cursor->next->stamp &&
	    entry->stamp <= cursor->until;
}
