/*
 * What msgtable.h promises: two indexes lead to the messages of a ring, by
 * number and by all that makes a message what it is. Nothing is taken out of
 * an index when the oldest message goes: its link leads nowhere then.
 *
 * Most SENDs are the only ones of their number: they are in the first index
 * alone, and enter the second when another comes. So what a message reads and
 * writes that is not at hand yet is one line of one index, and the end of the
 * ring. SENDs of our clients never enter the second: there is but one of a
 * number, unless it has come back under another's name.
 */
#include "msgtable.h"

#include <stdlib.h>

#include "hash.h"
#include "msgindex.h"
#include "msgring.h"

/* So few messages are indexed anew to give memory of more lines back. */
#define MSGTABLE_FEW 4096u
#define MSGTABLE_FEW_LINES_MOST 16384u

/* So many numbers in a row are neighbours in the index. */
#define MSGTABLE_GROUP 64u

/* Links go round soon after the start, so that it is nothing special. */
#define MSGTABLE_STAMP_FIRST (UINT32_MAX - UINT64_C(2000))

struct msgtable {
	struct msgring ring;
	struct msgindex keys;    /* what is_keyed */
	struct msgindex numbers; /* all SENDs */
	uint64_t seed;
};

_Static_assert(MSGTABLE_GROUP <= MSGINDEX_LINES_LEAST, "a line each");

/* Writes a message that was passed on once; its parts one by one, as a copy of
 * what has just been written is slow. */
static void
msgtable_write(struct msgring_entry *entry, enum dn_kind kind,
    uint64_t number, uint64_t from, uint64_t to)
{
	bool is_ackn = kind == DN_KIND_ACKN;
	bool is_shared = !is_ackn && to == DN_TO_ALL;

	entry->number = number;
	entry->from = from;
	if (is_shared)
		entry->acked = NULL;
	else
		entry->to = to;
	entry->msec = 0;
	entry->twin = 0;
	entry->transits = 1;
	entry->is_ackn = is_ackn;
	entry->is_acked = false;
	entry->is_shared = is_shared;
	entry->is_room = false;
	entry->is_own = false;
	entry->is_keyed = is_ackn;
}

static struct msgring_entry
msgtable_message(enum dn_kind kind, uint64_t number, uint64_t from,
    uint64_t to)
{
	struct msgring_entry message;

	msgtable_write(&message, kind, number, from, to);
	return message;
}

static uint64_t
msgtable_to(const struct msgring_entry *entry)
{
	if (!entry->is_shared)
		return entry->to;
	return entry->is_room ? entry->from : DN_TO_ALL;
}

static bool
msgtable_is_same(const struct msgring_entry *a,
    const struct msgring_entry *b)
{
	return a->number == b->number && a->from == b->from &&
	    a->is_ackn == b->is_ackn && msgtable_to(a) == msgtable_to(b);
}

static uint32_t
msgtable_key_hash(const struct msgtable *table,
    const struct msgring_entry *message)
{
	uint64_t hash = hash_mix(table->seed + 1 + message->is_ackn,
	    message->number);

	return (uint32_t)hash_mix(hash_mix(hash, message->from),
	    msgtable_to(message));
}

/* Clients count their messages: numbers that follow each other have lines that
 * do so, which the processor foresees; but nobody knows where they begin, or
 * which of them is the first. */
static uint32_t
msgtable_number_hash(const struct msgtable *table, uint64_t number)
{
	uint64_t hash = hash_mix(table->seed, number / MSGTABLE_GROUP);

	return (uint32_t)(hash / MSGTABLE_GROUP * MSGTABLE_GROUP +
	    (hash + number) % MSGTABLE_GROUP);
}

/* Where the link to the newest message stands that is the same as 'message',
 * whose hash is 'hash'; or NULL. */
static uint32_t *
msgtable_find(const struct msgtable *table,
    const struct msgring_entry *message, uint32_t hash)
{
	struct msgindex_walk walk = msgindex_find(&table->keys, hash);
	uint32_t *link;

	while ((link = msgindex_next(&table->keys, &walk)) != NULL)
		if (msgtable_is_same(msgring_at(&table->ring, *link), message))
			break;
	return link;
}

/* The same of the newest SEND of 'number'. */
static uint32_t *
msgtable_find_number(const struct msgtable *table, uint64_t number)
{
	struct msgindex_walk walk = msgindex_find(&table->numbers,
	    msgtable_number_hash(table, number));
	const struct msgring_entry *entry;
	uint32_t *link;

	while ((link = msgindex_next(&table->numbers, &walk)) != NULL) {
		entry = msgring_at(&table->ring, *link);
		if (entry->number == number && !entry->is_ackn)
			break;
	}
	return link;
}

/* The newest message that is the same as 'message', found by key; or NULL. */
static struct msgring_entry *
msgtable_find_key(const struct msgtable *table,
    const struct msgring_entry *message)
{
	const uint32_t *link = msgtable_find(table, message,
	    msgtable_key_hash(table, message));

	return link != NULL ? msgring_at(&table->ring, *link) : NULL;
}

/* The newest SEND of 'number', or NULL; '*link' leads to it. */
static struct msgring_entry *
msgtable_newest(const struct msgtable *table, uint64_t number, uint32_t *link)
{
	const uint32_t *found = msgtable_find_number(table, number);

	if (found == NULL)
		return NULL;
	*link = *found;
	return msgring_at(&table->ring, *link);
}

/* The SEND of the same number before 'entry', which '*link' leads to; NULL if
 * there is none. */
static struct msgring_entry *
msgtable_twin(const struct msgtable *table, const struct msgring_entry *entry,
    uint32_t *link)
{
	if (entry->twin == 0 || !msgspan_has(&table->ring.span,
	    *link - entry->twin))
		return NULL;
	*link -= entry->twin;
	return msgring_at(&table->ring, *link);
}

/* Puts 'link' into 'index', at 'found' if that is not NULL; 'count' messages
 * belong there. */
static enum dn_err
msgtable_enter(struct msgindex *index, uint32_t *found, uint32_t hash,
    uint32_t link, uint32_t count)
{
	enum dn_err err = DN_OK;

	if (found != NULL)
		*found = link;
	else
		err = msgindex_put(index, hash, link);
	msgindex_fit(index, count);
	return err;
}

/* Puts the message at 'link' into the index by key, in the place of an older
 * one that is the same. */
static enum dn_err
msgtable_enter_key(struct msgtable *table, uint32_t link)
{
	const struct msgring_entry *entry = msgring_at(&table->ring, link);
	uint32_t hash = msgtable_key_hash(table, entry);

	return msgtable_enter(&table->keys, msgtable_find(table, entry, hash),
	    hash, link, table->ring.keyed);
}

/* Puts the SEND at 'link', newer than all that are there, into the index by
 * number, in the place of the one before it, '*twin', which it leads to. */
static enum dn_err
msgtable_enter_number(struct msgtable *table, uint32_t link, uint32_t *twin)
{
	struct msgring_entry *entry = msgring_at(&table->ring, link);

	if (twin != NULL)
		entry->twin = (link - *twin) % DN_MESSAGES_MAX;
	return msgtable_enter(&table->numbers, twin,
	    msgtable_number_hash(table, entry->number), link,
	    table->ring.sends);
}

/* A number's first SEND and the one at 'link', its second, are to be found by
 * key from now on; or the one at 'link' that comes after those. */
static enum dn_err
msgtable_tell_apart(struct msgtable *table, uint32_t first, uint32_t link)
{
	struct msgring_entry *entry = msgring_at(&table->ring, first);
	enum dn_err err = DN_OK;

	if (!entry->is_own && !entry->is_keyed) {
		msgring_key(&table->ring, entry);
		err = msgtable_enter_key(table, first);
	}
	entry = msgring_at(&table->ring, link);
	if (err != DN_OK || entry->is_own)
		return err;
	msgring_key(&table->ring, entry);
	return msgtable_enter_key(table, link);
}

/* Enters 'message', which comes now. */
static enum dn_err
msgtable_add(struct msgtable *table, const struct msgring_entry *message)
{
	uint32_t link = (uint32_t)table->ring.span.next, *twin;
	struct msgring_entry *entry = msgring_reserve(&table->ring);
	enum dn_err err = DN_OK;

	if (entry == NULL)
		return DN_E_MEMORY;
	*entry = *message;
	msgring_commit(&table->ring);
	if (message->is_ackn)
		return msgtable_enter_key(table, link);
	twin = msgtable_find_number(table, message->number);
	if (twin != NULL)
		err = msgtable_tell_apart(table, *twin, link);
	return err == DN_OK ? msgtable_enter_number(table, link, twin) : err;
}

static void
msgtable_free_indexes(struct msgtable *table)
{
	msgindex_free(&table->keys);
	msgindex_free(&table->numbers);
}

/* Makes both indexes anew, as small as they can be. Where there is no memory,
 * the present ones stay; a few messages fit into what a new one has. */
static bool
msgtable_rebuild(struct msgtable *table)
{
	const struct msgspan *span = &table->ring.span;
	uint32_t oldest = msgspan_oldest(span), i;
	const struct msgring_entry *entry;
	struct msgindex keys, numbers;

	if (msgindex_init(&keys, span) != DN_OK)
		return false;
	if (msgindex_init(&numbers, span) != DN_OK) {
		msgindex_free(&keys);
		return false;
	}
	msgtable_free_indexes(table);
	table->keys = keys;
	table->numbers = numbers;
	for (i = 0; i < span->count; i++) {
		entry = msgring_at(&table->ring, oldest + i);
		if (entry->is_keyed)
			(void)msgtable_enter_key(table, oldest + i);
		if (!entry->is_ackn)
			(void)msgtable_enter_number(table, oldest + i,
			    msgtable_find_number(table, entry->number));
	}
	return true;
}

struct msgtable *
msgtable_new(uint64_t seed)
{
	struct msgtable *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return NULL;
	table->seed = seed;
	table->ring.span.next = MSGTABLE_STAMP_FIRST;
	if (!msgtable_rebuild(table)) {
		free(table);
		return NULL;
	}
	return table;
}

void
msgtable_free(struct msgtable *table)
{
	if (table == NULL)
		return;
	msgring_clear(&table->ring);
	msgtable_free_indexes(table);
	free(table);
}

void
msgtable_expire(struct msgtable *table, uint64_t now_msec)
{
	msgring_expire(&table->ring, now_msec);
	if (table->ring.span.count <= MSGTABLE_FEW &&
	    table->keys.lines + table->numbers.lines >
	    MSGTABLE_FEW_LINES_MOST)
		(void)msgtable_rebuild(table);
}

size_t
msgtable_count(const struct msgtable *table)
{
	return table->ring.span.count;
}

size_t
msgtable_acked_bytes(const struct msgtable *table)
{
	return table->ring.acked_bytes;
}

uint64_t
msgtable_stamp(const struct msgtable *table)
{
	return table->ring.span.next;
}

void
msgtable_expect(const struct msgtable *table, uint64_t number)
{
	msgindex_prefetch(&table->numbers,
	    msgtable_number_hash(table, number));
}

bool
msgtable_is_used(struct msgtable *table, uint64_t number, uint64_t now_msec)
{
	msgtable_expire(table, now_msec);
	return msgtable_find_number(table, number) != NULL;
}

enum dn_err
msgtable_send(struct msgtable *table, uint64_t number, uint64_t from,
    uint64_t to, uint64_t now_msec)
{
	uint32_t link = (uint32_t)table->ring.span.next;
	struct msgring_entry *entry;

	msgtable_expire(table, now_msec);
	entry = msgring_reserve(&table->ring);
	if (entry == NULL)
		return DN_E_MEMORY;
	msgtable_write(entry, DN_KIND_SEND, number, from, to);
	entry->is_own = true;
	msgring_commit(&table->ring);
	return msgtable_enter_number(table, link, NULL);
}

enum dn_err
msgtable_send_room(struct msgtable *table, uint64_t number, uint64_t room,
    uint64_t now_msec)
{
	struct msgring_entry message = msgtable_message(DN_KIND_SEND, number,
	    room, DN_TO_ALL);

	message.is_own = message.is_room = true;
	msgtable_expire(table, now_msec);
	return msgtable_add(table, &message);
}

/* True if the SEND 'entry' has been acknowledged; if it went to many, by
 * 'slot'. */
static bool
msgtable_has_acked(const struct msgring_entry *entry, uint32_t slot)
{
	return entry->is_shared ? msgring_is_marked(entry, slot) :
	    entry->is_acked;
}

void
msgtable_ackn(struct msgtable *table, uint64_t number, uint64_t acker,
    uint64_t author, uint64_t now_msec)
{
	struct msgring_entry message = msgtable_message(DN_KIND_ACKN, number,
	    acker, author);

	msgtable_expire(table, now_msec);
	if (msgtable_find_key(table, &message) == NULL)
		(void)msgtable_add(table, &message);
}

/* True if our client on 'slot', who is 'msg->from', has confirmed a message of
 * 'msg->to': the ACKN that says so is not forged. */
static bool
msgtable_is_acked(const struct msgtable *table, const struct dn_msg *msg,
    uint32_t slot)
{
	struct msgring_entry *entry;
	uint32_t link, i;

	entry = msgtable_newest(table, msg->number, &link);
	for (i = 0; entry != NULL && i < MSGTABLE_WALK_MAX; i++) {
		if (entry->from == msg->to &&
		    (entry->is_shared || entry->to == msg->from) &&
		    msgtable_has_acked(entry, slot))
			return true;
		entry = msgtable_twin(table, entry, &link);
	}
	return false;
}

/* Of 'newest', which 'link' leads to, and the SENDs of its number before it
 * the one like 'message' that a client of ours said, who may be with another
 * server now; or NULL. */
static struct msgring_entry *
msgtable_find_own(const struct msgtable *table, struct msgring_entry *newest,
    uint32_t link, const struct msgring_entry *message)
{
	struct msgring_entry *entry = newest;
	uint32_t i;

	for (i = 0; entry != NULL && i < MSGTABLE_WALK_MAX; i++) {
		if (entry->is_own && msgtable_is_same(entry, message))
			return entry;
		entry = msgtable_twin(table, entry, &link);
	}
	return NULL;
}

/* What 'message' is a copy of, or NULL. */
static struct msgring_entry *
msgtable_original(const struct msgtable *table,
    const struct msgring_entry *message)
{
	struct msgring_entry *newest, *entry;
	uint32_t link;

	if (message->is_ackn)
		return msgtable_find_key(table, message);
	newest = msgtable_newest(table, message->number, &link);
	if (newest == NULL ||
	    (!newest->is_own && msgtable_is_same(newest, message)))
		return newest;
	entry = newest->twin != 0 ? msgtable_find_key(table, message) : NULL;
	return entry != NULL ? entry :
	    msgtable_find_own(table, newest, link, message);
}

/* What comes over a link in the name of our user is his only if he said it
 * before. His ACKN is entered when it first comes back, as most never do. */
static enum msgtable_verdict
msgtable_echo(struct msgtable *table, const struct dn_msg *msg, uint32_t slot)
{
	struct msgring_entry message = msgtable_message(DN_KIND_ACKN,
	    msg->number, msg->from, msg->to);

	if (msg->kind != DN_KIND_ACKN || !msgtable_is_acked(table, msg, slot))
		return MSGTABLE_FORGED;
	message.transits = 2;
	(void)msgtable_add(table, &message);
	return MSGTABLE_AGAIN;
}

enum msgtable_verdict
msgtable_transit(struct msgtable *table, const struct dn_msg *msg,
    const uint32_t *slot, uint64_t now_msec)
{
	struct msgring_entry message = msgtable_message(msg->kind,
	    msg->number, msg->from, msg->to);
	struct msgring_entry *entry;

	msgtable_expire(table, now_msec);
	entry = msgtable_original(table, &message);
	if (entry == NULL && slot != NULL)
		return msgtable_echo(table, msg, *slot);
	if (entry != NULL && message.is_shared && (slot != NULL ||
	    (uint32_t)table->ring.now_msec - entry->msec < DN_DUPLICATE_MSEC))
		return MSGTABLE_DUPLICATE;
	if (entry == NULL || message.is_shared) {
		(void)msgtable_add(table, &message);
		return MSGTABLE_NEW;
	}
	if (entry->transits >= DN_TRANSIT_MAX)
		return MSGTABLE_SPENT;
	entry->transits++;
	entry->is_acked = false;
	return MSGTABLE_AGAIN;
}

/* True if 'entry', which 'link' leads to, went to 'acker'. */
static bool
msgtable_went_to(const struct msgtable *table,
    const struct msgring_entry *entry, uint32_t link,
    const struct msgtable_acker *acker)
{
	uint64_t stamp = table->ring.span.next -
	    ((uint32_t)table->ring.span.next - link);

	return msgtable_to(entry) == acker->user || (entry->is_shared &&
	    entry->from != acker->user &&
	    stamp >= acker->since);
}

enum msgtable_ack
msgtable_acknowledge(struct msgtable *table, uint64_t number,
    const struct msgtable_acker *acker, uint64_t now_msec, uint64_t *author)
{
	enum msgtable_ack verdict = MSGTABLE_NEVER_SENT;
	struct msgring_entry *entry;
	uint32_t link, i;

	msgtable_expire(table, now_msec);
	entry = msgtable_newest(table, number, &link);
	for (i = 0; entry != NULL && i < MSGTABLE_WALK_MAX; i++) {
		if (msgtable_went_to(table, entry, link, acker))
			verdict = msgtable_has_acked(entry, acker->slot) ?
			    MSGTABLE_SWALLOWED : MSGTABLE_ACKED;
		if (verdict == MSGTABLE_ACKED)
			break;
		entry = msgtable_twin(table, entry, &link);
	}
	if (verdict != MSGTABLE_ACKED)
		return verdict;
	*author = entry->from;
	if (entry->is_shared)
		msgring_mark(&table->ring, link, acker->slot);
	else
		entry->is_acked = true;
	return verdict;
}
