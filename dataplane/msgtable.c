/*
 * Messages stand in a ring by age, made of segments that come with the newest
 * message and go with the oldest. Two indexes lead into it: by all that makes
 * a message what it is, and by number alone.
 *
 * A link is the low half of a message's stamp (its place in the ring, counted
 * on and on). Chains of links lead from newer to older messages only, so one
 * that leads to a message that is gone ends there: nothing is unlinked when
 * the oldest goes. A bucket that was last used 2^32 messages ago may seem to
 * lead somewhere; what it finds is of another key, and older ever on.
 */
#include "msgtable.h"

#include <assert.h>
#include <stdlib.h>

#include "hash.h"

/* Messages in a segment, and segments: in all DN_MESSAGES_MAX. */
#define MSGTABLE_SEGMENT 4096u
#define MSGTABLE_SEGMENTS (DN_MESSAGES_MAX / MSGTABLE_SEGMENT)

/* Buckets of either index: as many as messages, within these. Both are hashed
 * linearly: each new message splits one bucket, so that no message waits while
 * all others are moved. An index has its memory reserved from the start, but
 * only what is in use is touched. */
#define MSGTABLE_BUCKETS_LEAST 256u
#define MSGTABLE_BUCKETS_MOST DN_MESSAGES_MAX
/* So few messages are indexed anew to give memory of more buckets back. */
#define MSGTABLE_FEW 4096u
#define MSGTABLE_FEW_BUCKETS_MOST 65536u

/* Links go round soon after the start, so that it is nothing special. */
#define MSGTABLE_STAMP_FIRST (UINT32_MAX - UINT64_C(2000))

/* The indexes. Of the SENDs of a number only the newest is in the second. */
enum msgtable_by {
	BY_KEY,
	BY_NUMBER
};

/* Which slots of connections have acknowledged a message to many. */
struct msgtable_acked {
	uint32_t words;
	uint64_t bits[];
};

struct msgtable_entry {
	uint64_t number;
	uint64_t from;
	uint64_t to;
	uint64_t msec;                /* when it came first */
	struct msgtable_acked *acked; /* of one that is_shared, or NULL */
	uint32_t twin;                /* the next older SEND of this number */
	uint32_t older[2];            /* next in its chain of each index */
	uint8_t kind;                 /* enum dn_kind: SEND or ACKN */
	uint8_t transits;             /* times that it was passed on */
	bool is_acked;                /* of a SEND to one */
	bool is_shared;               /* to all, or to a room's members */
};

struct msgtable {
	struct msgtable_entry *segments[MSGTABLE_SEGMENTS];
	uint64_t next;   /* stamp of the message that comes next */
	uint32_t count;
	uint32_t buckets; /* in use, of either index */
	uint32_t level;   /* the greatest power of two that is not more */
	uint32_t *heads[2]; /* of each index, by bucket */
	size_t acked_bytes;
	uint64_t seed;
};

_Static_assert(sizeof(struct msgtable_entry) <= 72, "a message is small");
_Static_assert(DN_MESSAGES_MAX % MSGTABLE_SEGMENT == 0, "whole segments");
_Static_assert((DN_MESSAGES_MAX & (DN_MESSAGES_MAX - 1)) == 0, "links");

/* The message that 'link' leads to, or NULL if it is not in the ring. */
static struct msgtable_entry *
msgtable_at(const struct msgtable *table, uint32_t link)
{
	uint32_t place = link % DN_MESSAGES_MAX;

	if ((uint32_t)table->next - link - 1 >= table->count)
		return NULL;
	return &table->segments[place / MSGTABLE_SEGMENT]
	    [place % MSGTABLE_SEGMENT];
}

/* The message that 'link', found in the one that 'from' led to, leads to: only
 * if that is an older one. */
static struct msgtable_entry *
msgtable_older(const struct msgtable *table, uint32_t from, uint32_t link)
{
	if ((uint32_t)table->next - link <= (uint32_t)table->next - from)
		return NULL;
	return msgtable_at(table, link);
}

/* The bucket of what has this hash: those from 'level' on have been split off
 * from the same ones without that bit. */
static uint32_t
msgtable_bucket(const struct msgtable *table, uint64_t hash)
{
	uint32_t bucket = (uint32_t)hash & (table->level * 2 - 1);

	return bucket < table->buckets ? bucket : bucket - table->level;
}

static uint32_t
msgtable_key_bucket(const struct msgtable *table, enum dn_kind kind,
    uint64_t number, uint64_t from, uint64_t to)
{
	uint64_t hash = hash_mix(table->seed + (uint64_t)kind, number);

	return msgtable_bucket(table, hash_mix(hash_mix(hash, from), to));
}

static uint32_t
msgtable_number_bucket(const struct msgtable *table, uint64_t number)
{
	return msgtable_bucket(table, hash_mix(table->seed, number));
}

/* The bucket of 'entry' in an index. */
static uint32_t
msgtable_home(const struct msgtable *table, enum msgtable_by by,
    const struct msgtable_entry *entry)
{
	if (by == BY_NUMBER)
		return msgtable_number_bucket(table, entry->number);
	return msgtable_key_bucket(table, (enum dn_kind)entry->kind,
	    entry->number, entry->from, entry->to);
}

/* The newest message that is exactly this, or NULL. */
static struct msgtable_entry *
msgtable_find(const struct msgtable *table, enum dn_kind kind,
    uint64_t number, uint64_t from, uint64_t to)
{
	uint32_t link = table->heads[BY_KEY][msgtable_key_bucket(table, kind,
	    number, from, to)];
	struct msgtable_entry *entry = msgtable_at(table, link);
	uint32_t next;

	while (entry != NULL && (entry->number != number ||
	    entry->from != from || entry->to != to || entry->kind != kind)) {
		next = entry->older[BY_KEY];
		entry = msgtable_older(table, link, next);
		link = next;
	}
	return entry;
}

/* The newest SEND of 'number', or NULL; '*link' leads to it, and '*before' is
 * where that link stands. */
static struct msgtable_entry *
msgtable_find_number(const struct msgtable *table, uint64_t number,
    uint32_t *link, uint32_t **before)
{
	struct msgtable_entry *entry;
	uint32_t next;

	*before = &table->heads[BY_NUMBER][msgtable_number_bucket(table,
	    number)];
	*link = **before;
	entry = msgtable_at(table, *link);
	while (entry != NULL && entry->number != number) {
		*before = &entry->older[BY_NUMBER];
		next = **before;
		entry = msgtable_older(table, *link, next);
		*link = next;
	}
	return entry;
}

static void
msgtable_enter(struct msgtable *table, enum msgtable_by by, uint32_t link,
    struct msgtable_entry *entry)
{
	uint32_t *head = &table->heads[by][msgtable_home(table, by, entry)];

	entry->older[by] = *head;
	*head = link;
}

/* Puts the message at 'link' at the head of its chains. A SEND takes the place
 * of the one before it of the same number, and leads to that. */
static void
msgtable_index(struct msgtable *table, uint32_t link)
{
	struct msgtable_entry *entry = msgtable_at(table, link), *twin;
	uint32_t *before, old;

	msgtable_enter(table, BY_KEY, link, entry);
	/* As good as none: not older. */
	entry->twin = entry->older[BY_NUMBER] = link;
	if (entry->kind != DN_KIND_SEND)
		return;
	twin = msgtable_find_number(table, entry->number, &old, &before);
	if (twin != NULL) {
		entry->twin = old;
		*before = twin->older[BY_NUMBER];
	}
	msgtable_enter(table, BY_NUMBER, link, entry);
}

/* A link to what is older than the oldest is as good as none. */
static uint32_t
msgtable_no_link(const struct msgtable *table)
{
	return (uint32_t)table->next - table->count - 1;
}

/* Deals the chain of bucket 'old' out to that and the last bucket; both stay
 * in order. What is of another bucket is beyond the chain's end. */
static void
msgtable_split(struct msgtable *table, enum msgtable_by by, uint32_t old)
{
	uint32_t fresh = table->buckets - 1, link = table->heads[by][old];
	struct msgtable_entry *entry = msgtable_at(table, link);
	uint32_t *tails[2] = {&table->heads[by][old],
	    &table->heads[by][fresh]};
	uint32_t next, bucket;

	while (entry != NULL) {
		bucket = msgtable_home(table, by, entry);
		if (bucket != old && bucket != fresh)
			break;
		next = entry->older[by];
		*tails[bucket == fresh] = link;
		tails[bucket == fresh] = &entry->older[by];
		entry = msgtable_older(table, link, next);
		link = next;
	}
	*tails[0] = *tails[1] = msgtable_no_link(table);
}

/* One bucket more in both indexes, if there are fewer than messages. */
static void
msgtable_grow(struct msgtable *table)
{
	uint32_t old;

	if (table->count < table->buckets ||
	    table->buckets == MSGTABLE_BUCKETS_MOST)
		return;
	if (table->buckets == table->level * 2)
		table->level *= 2;
	old = table->buckets - table->level;
	table->buckets++;
	msgtable_split(table, BY_KEY, old);
	msgtable_split(table, BY_NUMBER, old);
}

/* Makes both indexes anew, as small as they can be. Where there is no memory,
 * the present ones stay. */
static bool
msgtable_rebuild(struct msgtable *table)
{
	uint32_t *keys = calloc(MSGTABLE_BUCKETS_MOST, sizeof(*keys));
	uint32_t *numbers = calloc(MSGTABLE_BUCKETS_MOST, sizeof(*numbers));
	uint32_t oldest = (uint32_t)table->next - table->count, i;

	if (keys == NULL || numbers == NULL) {
		free(keys);
		free(numbers);
		return false;
	}
	free(table->heads[BY_KEY]);
	free(table->heads[BY_NUMBER]);
	table->heads[BY_KEY] = keys;
	table->heads[BY_NUMBER] = numbers;
	table->buckets = table->level = MSGTABLE_BUCKETS_LEAST;
	for (i = 0; i < MSGTABLE_BUCKETS_LEAST; i++)
		keys[i] = numbers[i] = msgtable_no_link(table);
	for (i = 0; i < table->count; i++) {
		msgtable_index(table, oldest + i);
		msgtable_grow(table);
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
	table->next = MSGTABLE_STAMP_FIRST;
	if (!msgtable_rebuild(table)) {
		free(table);
		return NULL;
	}
	return table;
}

static size_t
msgtable_acked_size(uint32_t words)
{
	return words > 0 ? sizeof(struct msgtable_acked) +
	    words * sizeof(uint64_t) : 0;
}

static void
msgtable_acked_free(struct msgtable *table, struct msgtable_entry *entry)
{
	if (entry->acked == NULL)
		return;
	table->acked_bytes -= msgtable_acked_size(entry->acked->words);
	free(entry->acked);
	entry->acked = NULL;
}

/* Lets the oldest message go, and its segment if it was the last there. */
static void
msgtable_drop(struct msgtable *table)
{
	uint32_t oldest = (uint32_t)table->next - table->count;
	uint32_t place = oldest % DN_MESSAGES_MAX;

	msgtable_acked_free(table, msgtable_at(table, oldest));
	table->count--;
	if (table->count > 0 && (place + 1) % MSGTABLE_SEGMENT != 0)
		return;
	/* The newest messages may have come round to the same segment. */
	if (table->count > DN_MESSAGES_MAX - MSGTABLE_SEGMENT)
		return;
	free(table->segments[place / MSGTABLE_SEGMENT]);
	table->segments[place / MSGTABLE_SEGMENT] = NULL;
}

void
msgtable_free(struct msgtable *table)
{
	if (table == NULL)
		return;
	while (table->count > 0)
		msgtable_drop(table);
	free(table->heads[BY_KEY]);
	free(table->heads[BY_NUMBER]);
	free(table);
}

void
msgtable_expire(struct msgtable *table, uint64_t now_msec)
{
	struct msgtable_entry *oldest;

	while (table->count > 0) {
		oldest = msgtable_at(table,
		    (uint32_t)table->next - table->count);
		if (now_msec < oldest->msec + DN_MESSAGE_MSEC)
			break;
		msgtable_drop(table);
	}
	if (table->count <= MSGTABLE_FEW &&
	    table->buckets > MSGTABLE_FEW_BUCKETS_MOST)
		(void)msgtable_rebuild(table);
}

size_t
msgtable_count(const struct msgtable *table)
{
	return table->count;
}

size_t
msgtable_acked_bytes(const struct msgtable *table)
{
	return table->acked_bytes;
}

uint64_t
msgtable_stamp(const struct msgtable *table)
{
	return table->next;
}

bool
msgtable_is_used(struct msgtable *table, uint64_t number, uint64_t now_msec)
{
	uint32_t link, *before;

	msgtable_expire(table, now_msec);
	return msgtable_find_number(table, number, &link, &before) != NULL;
}

/* Enters 'message' as the newest, in the place of the oldest if need be. */
static enum dn_err
msgtable_add(struct msgtable *table, const struct msgtable_entry *message)
{
	uint32_t link = (uint32_t)table->next;
	uint32_t place = link % DN_MESSAGES_MAX;
	struct msgtable_entry **segment;

	if (table->count == DN_MESSAGES_MAX)
		msgtable_drop(table);
	segment = &table->segments[place / MSGTABLE_SEGMENT];
	if (*segment == NULL)
		*segment = malloc(MSGTABLE_SEGMENT * sizeof(**segment));
	if (*segment == NULL)
		return DN_E_MEMORY;
	(*segment)[place % MSGTABLE_SEGMENT] = *message;
	table->next++;
	table->count++;
	msgtable_index(table, link);
	msgtable_grow(table);
	return DN_OK;
}

enum dn_err
msgtable_send(struct msgtable *table, uint64_t number, uint64_t from,
    uint64_t to, uint64_t now_msec)
{
	struct msgtable_entry message = {
		.number = number, .from = from, .to = to, .msec = now_msec,
		.kind = DN_KIND_SEND, .transits = 1,
		.is_shared = to == DN_TO_ALL,
	};

	msgtable_expire(table, now_msec);
	return msgtable_add(table, &message);
}

enum dn_err
msgtable_send_room(struct msgtable *table, uint64_t number, uint64_t room,
    uint64_t now_msec)
{
	struct msgtable_entry message = {
		.number = number, .from = room, .to = room, .msec = now_msec,
		.kind = DN_KIND_SEND, .transits = 1, .is_shared = true,
	};

	msgtable_expire(table, now_msec);
	return msgtable_add(table, &message);
}

enum msgtable_verdict
msgtable_transit(struct msgtable *table, const struct dn_msg *msg,
    bool is_local, uint64_t now_msec)
{
	bool to_all = msg->kind == DN_KIND_SEND && msg->to == DN_TO_ALL;
	struct msgtable_entry message = {
		.number = msg->number, .from = msg->from, .to = msg->to,
		.msec = now_msec, .kind = (uint8_t)msg->kind, .transits = 1,
		.is_shared = to_all,
	};
	struct msgtable_entry *entry;

	msgtable_expire(table, now_msec);
	entry = msgtable_find(table, msg->kind, msg->number, msg->from,
	    msg->to);
	if (entry == NULL && is_local)
		return MSGTABLE_FORGED;
	if (entry != NULL && to_all && (is_local ||
	    now_msec < entry->msec + DN_DUPLICATE_MSEC))
		return MSGTABLE_DUPLICATE;
	if (entry == NULL || to_all) {
		(void)msgtable_add(table, &message);
		return MSGTABLE_NEW;
	}
	if (entry->transits >= DN_TRANSIT_MAX)
		return MSGTABLE_SPENT;
	entry->transits++;
	entry->is_acked = false;
	return MSGTABLE_AGAIN;
}

/* True if 'slot' has acknowledged the message to many at 'entry'. */
static bool
msgtable_is_marked(const struct msgtable_entry *entry, uint32_t slot)
{
	const struct msgtable_acked *acked = entry->acked;

	return acked != NULL && slot / 64 < acked->words &&
	    (acked->bits[slot / 64] >> slot % 64 & 1) != 0;
}

/* Marks the message to many at 'link'. The oldest messages give way to the
 * bits; where this is the oldest itself, or memory runs out, there is no mark,
 * and another ACKN of it would pass. */
static void
msgtable_mark(struct msgtable *table, uint32_t link, uint32_t slot)
{
	struct msgtable_entry *entry = msgtable_at(table, link);
	uint32_t words = slot / 64 + 1, had;
	struct msgtable_acked *acked;
	size_t more;

	had = entry->acked != NULL ? entry->acked->words : 0;
	if (words > had) {
		more = msgtable_acked_size(words) - msgtable_acked_size(had);
		while (table->acked_bytes + more > DN_ACKED_BYTES_MAX &&
		    (uint32_t)table->next - table->count != link)
			msgtable_drop(table);
		if (table->acked_bytes + more > DN_ACKED_BYTES_MAX)
			return;
		acked = realloc(entry->acked, msgtable_acked_size(words));
		if (acked == NULL)
			return;
		memset(acked->bits + had, 0,
		    (words - had) * sizeof(acked->bits[0]));
		acked->words = words;
		entry->acked = acked;
		table->acked_bytes += more;
	}
	entry->acked->bits[slot / 64] |= UINT64_C(1) << slot % 64;
}

void
msgtable_ackn(struct msgtable *table, uint64_t number, uint64_t acker,
    uint64_t author, uint64_t now_msec)
{
	struct msgtable_entry message = {
		.number = number, .from = acker, .to = author,
		.msec = now_msec, .kind = DN_KIND_ACKN, .transits = 1,
	};

	if (msgtable_find(table, DN_KIND_ACKN, number, acker, author) == NULL)
		(void)msgtable_add(table, &message);
}

enum msgtable_ack
msgtable_acknowledge(struct msgtable *table, uint64_t number,
    const struct msgtable_acker *acker, uint64_t now_msec, uint64_t *author)
{
	enum msgtable_ack verdict = MSGTABLE_NEVER_SENT;
	uint32_t link, next, *before, age, i;
	struct msgtable_entry *entry;
	bool is_acked;

	msgtable_expire(table, now_msec);
	entry = msgtable_find_number(table, number, &link, &before);
	for (i = 0; entry != NULL && i < MSGTABLE_WALK_MAX; i++) {
		age = (uint32_t)table->next - link;
		if (entry->to == acker->user || (entry->is_shared &&
		    entry->from != acker->user &&
		    table->next - age >= acker->since)) {
			is_acked = entry->is_shared ?
			    msgtable_is_marked(entry, acker->slot) :
			    entry->is_acked;
			verdict = is_acked ? MSGTABLE_SWALLOWED :
			    MSGTABLE_ACKED;
		}
		if (verdict == MSGTABLE_ACKED)
			break;
		next = entry->twin;
		entry = msgtable_older(table, link, next);
		link = next;
	}
	if (verdict != MSGTABLE_ACKED)
		return verdict;
	*author = entry->from;
	if (entry->is_shared)
		msgtable_mark(table, link, acker->slot);
	else
		entry->is_acked = true;
	/* A room enters what it passes on. */
	if (!entry->is_shared || entry->to == DN_TO_ALL)
		msgtable_ackn(table, number, acker->user, *author, now_msec);
	return verdict;
}
