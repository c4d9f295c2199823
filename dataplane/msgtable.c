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

/* So many numbers in a row are neighbours in the index. */
#define MSGTABLE_GROUP 16u

/* Links go round soon after the start, so that it is nothing special. */
#define MSGTABLE_STAMP_FIRST (UINT32_MAX - UINT64_C(2000))

/* The indexes. Of the SENDs of a number only the newest is in the second. The
 * SENDs of our own clients are not in the first: there is but one of a number,
 * unless it has come back under another's name. */
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
	uint8_t kind;                 /* enum dn_kind: SEND or ACKN */
	uint8_t transits;             /* times that it was passed on */
	bool is_acked : 1;            /* of a SEND to one */
	bool is_shared : 1;           /* to all, or to a room's members */
	bool is_own : 1;              /* our client's SEND: by number only */
};

/* What a walk along a chain reads of a message that is not the one sought:
 * small, and apart, as each is likely to be far from the one before. */
struct msgtable_node {
	uint32_t hash[2];  /* in each index */
	uint32_t older[2]; /* next in its chain of each index */
};

struct msgtable_segment {
	struct msgtable_node nodes[MSGTABLE_SEGMENT];
	struct msgtable_entry entries[MSGTABLE_SEGMENT];
};

struct msgtable {
	struct msgtable_segment *segments[MSGTABLE_SEGMENTS];
	uint64_t next;   /* stamp of the message that comes next */
	uint32_t count;
	uint32_t buckets; /* in use, of either index */
	uint32_t level;   /* the greatest power of two that is not more */
	uint32_t *heads[2]; /* of each index, by bucket */
	size_t acked_bytes;
	uint64_t seed;
};

_Static_assert(sizeof(struct msgtable_entry) +
    sizeof(struct msgtable_node) <= 64, "a message is small");
_Static_assert(DN_MESSAGES_MAX % MSGTABLE_SEGMENT == 0, "whole segments");
_Static_assert((DN_MESSAGES_MAX & (DN_MESSAGES_MAX - 1)) == 0, "links");

/* True if 'link' leads to a message that is in the ring. */
static bool
msgtable_has(const struct msgtable *table, uint32_t link)
{
	return (uint32_t)table->next - link - 1 < table->count;
}

/* The message that 'link' leads to, and its node; it is in the ring. */
static struct msgtable_entry *
msgtable_at(const struct msgtable *table, uint32_t link)
{
	uint32_t place = link % DN_MESSAGES_MAX;

	return &table->segments[place / MSGTABLE_SEGMENT]->entries[
	    place % MSGTABLE_SEGMENT];
}

static struct msgtable_node *
msgtable_node(const struct msgtable *table, uint32_t link)
{
	uint32_t place = link % DN_MESSAGES_MAX;

	return &table->segments[place / MSGTABLE_SEGMENT]->nodes[
	    place % MSGTABLE_SEGMENT];
}

/* Follows the link that was found in the message that '*link' leads to; false
 * at the end: it leads to no message, or not to an older one. */
static bool
msgtable_follow(const struct msgtable *table, uint32_t *link, uint32_t next)
{
	if ((uint32_t)table->next - next <= (uint32_t)table->next - *link)
		return false;
	*link = next;
	return msgtable_has(table, next);
}

/* The bucket of what has this hash: those from 'level' on have been split off
 * from the same ones without that bit. */
static uint32_t
msgtable_bucket(const struct msgtable *table, uint32_t hash)
{
	uint32_t bucket = hash & (table->level * 2 - 1);

	return bucket < table->buckets ? bucket : bucket - table->level;
}

static uint32_t
msgtable_key_hash(const struct msgtable *table, enum dn_kind kind,
    uint64_t number, uint64_t from, uint64_t to)
{
	uint64_t hash = hash_mix(table->seed + (uint64_t)kind, number);

	return (uint32_t)hash_mix(hash_mix(hash, from), to);
}

/* Clients count their messages: numbers that follow each other share a line
 * of memory, in an order that nobody can foresee. */
static uint32_t
msgtable_number_hash(const struct msgtable *table, uint64_t number)
{
	uint64_t hash = hash_mix(table->seed, number / MSGTABLE_GROUP);

	return (uint32_t)(hash ^ (hash >> 32 ^ number) % MSGTABLE_GROUP);
}

/* The newest message that is exactly this, or NULL. */
static struct msgtable_entry *
msgtable_find(const struct msgtable *table, enum dn_kind kind,
    uint64_t number, uint64_t from, uint64_t to)
{
	uint32_t hash = msgtable_key_hash(table, kind, number, from, to);
	uint32_t link = table->heads[BY_KEY][msgtable_bucket(table, hash)];
	bool more = msgtable_has(table, link);
	const struct msgtable_node *node;
	struct msgtable_entry *entry;

	for (; more; more = msgtable_follow(table, &link,
	    node->older[BY_KEY])) {
		node = msgtable_node(table, link);
		if (node->hash[BY_KEY] != hash)
			continue;
		entry = msgtable_at(table, link);
		if (entry->number == number && entry->from == from &&
		    entry->to == to && entry->kind == kind)
			return entry;
	}
	return NULL;
}

/* The newest SEND of 'number', or NULL; '*link' leads to it, and '*before' is
 * where that link stands. */
static struct msgtable_entry *
msgtable_find_number(const struct msgtable *table, uint64_t number,
    uint32_t *link, uint32_t **before)
{
	uint32_t hash = msgtable_number_hash(table, number);
	struct msgtable_entry *entry;
	struct msgtable_node *node;
	bool more;

	*before = &table->heads[BY_NUMBER][msgtable_bucket(table, hash)];
	*link = **before;
	for (more = msgtable_has(table, *link); more;
	    more = msgtable_follow(table, link, **before)) {
		node = msgtable_node(table, *link);
		entry = msgtable_at(table, *link);
		if (node->hash[BY_NUMBER] == hash && entry->number == number)
			return entry;
		*before = &node->older[BY_NUMBER];
	}
	return NULL;
}

/* The SEND of the same number before 'entry', which '*link' leads to; NULL if
 * there is none. */
static struct msgtable_entry *
msgtable_twin(const struct msgtable *table, const struct msgtable_entry *entry,
    uint32_t *link)
{
	return msgtable_follow(table, link, entry->twin) ?
	    msgtable_at(table, *link) : NULL;
}

/* Puts the message at 'link' at the head of its chain. */
static void
msgtable_enter(struct msgtable *table, enum msgtable_by by, uint32_t link)
{
	struct msgtable_node *node = msgtable_node(table, link);
	uint32_t *head = &table->heads[by][msgtable_bucket(table,
	    node->hash[by])];

	node->older[by] = *head;
	*head = link;
}

/* Puts the message at 'link' at the head of its chains. A SEND takes the place
 * of the one before it of the same number, and leads to that. */
static void
msgtable_index(struct msgtable *table, uint32_t link)
{
	struct msgtable_entry *entry = msgtable_at(table, link), *twin;
	struct msgtable_node *node = msgtable_node(table, link);
	uint32_t *before, old;

	node->hash[BY_NUMBER] = msgtable_number_hash(table, entry->number);
	/* As good as none: not older. */
	node->older[BY_KEY] = link;
	if (!entry->is_own) {
		node->hash[BY_KEY] = msgtable_key_hash(table,
		    (enum dn_kind)entry->kind, entry->number, entry->from,
		    entry->to);
		msgtable_enter(table, BY_KEY, link);
	}
	entry->twin = node->older[BY_NUMBER] = link;
	if (entry->kind != DN_KIND_SEND)
		return;
	twin = msgtable_find_number(table, entry->number, &old, &before);
	if (twin != NULL) {
		entry->twin = old;
		*before = msgtable_node(table, old)->older[BY_NUMBER];
	}
	msgtable_enter(table, BY_NUMBER, link);
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
	uint32_t *tails[2] = {&table->heads[by][old],
	    &table->heads[by][fresh]};
	bool more = msgtable_has(table, link);
	struct msgtable_node *node;
	uint32_t bucket, next;

	while (more) {
		node = msgtable_node(table, link);
		bucket = msgtable_bucket(table, node->hash[by]);
		if (bucket != old && bucket != fresh)
			break;
		next = node->older[by];
		*tails[bucket == fresh] = link;
		tails[bucket == fresh] = &node->older[by];
		more = msgtable_follow(table, &link, next);
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
	struct msgtable_segment **segment;

	if (table->count == DN_MESSAGES_MAX)
		msgtable_drop(table);
	segment = &table->segments[place / MSGTABLE_SEGMENT];
	if (*segment == NULL)
		*segment = malloc(sizeof(**segment));
	if (*segment == NULL)
		return DN_E_MEMORY;
	(*segment)->entries[place % MSGTABLE_SEGMENT] = *message;
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
		.is_shared = to == DN_TO_ALL, .is_own = true,
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
		.is_own = true,
	};

	msgtable_expire(table, now_msec);
	return msgtable_add(table, &message);
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

/* True if our client on 'slot', who is 'msg->from', has confirmed a message of
 * 'msg->to': the ACKN that says so is not forged. */
static bool
msgtable_is_acked(const struct msgtable *table, const struct dn_msg *msg,
    uint32_t slot)
{
	uint32_t link, *before, i;
	struct msgtable_entry *entry;

	entry = msgtable_find_number(table, msg->number, &link, &before);
	for (i = 0; entry != NULL && i < MSGTABLE_WALK_MAX; i++) {
		if (entry->from == msg->to &&
		    (entry->is_shared ? msgtable_is_marked(entry, slot) :
		    entry->to == msg->from && entry->is_acked))
			return true;
		entry = msgtable_twin(table, entry, &link);
	}
	return false;
}

/* 'msg' as a client of ours said it, who may be with another server now; or
 * NULL. */
static struct msgtable_entry *
msgtable_find_own(const struct msgtable *table, const struct dn_msg *msg)
{
	uint32_t link, *before, i;
	struct msgtable_entry *entry;

	entry = msgtable_find_number(table, msg->number, &link, &before);
	for (i = 0; entry != NULL && i < MSGTABLE_WALK_MAX; i++) {
		if (entry->is_own && entry->from == msg->from &&
		    entry->to == msg->to)
			return entry;
		entry = msgtable_twin(table, entry, &link);
	}
	return NULL;
}

/* What comes over a link in the name of our user is his only if he said it
 * before. His ACKN is entered when it first comes back, as most never do. */
static enum msgtable_verdict
msgtable_echo(struct msgtable *table, const struct dn_msg *msg,
    uint32_t slot, uint64_t now_msec)
{
	struct msgtable_entry message = {
		.number = msg->number, .from = msg->from, .to = msg->to,
		.msec = now_msec, .kind = DN_KIND_ACKN, .transits = 2,
	};

	if (msg->kind != DN_KIND_ACKN || !msgtable_is_acked(table, msg, slot))
		return MSGTABLE_FORGED;
	(void)msgtable_add(table, &message);
	return MSGTABLE_AGAIN;
}

enum msgtable_verdict
msgtable_transit(struct msgtable *table, const struct dn_msg *msg,
    const uint32_t *slot, uint64_t now_msec)
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
	if (entry == NULL && msg->kind == DN_KIND_SEND)
		entry = msgtable_find_own(table, msg);
	if (entry == NULL && slot != NULL)
		return msgtable_echo(table, msg, *slot, now_msec);
	if (entry != NULL && to_all && (slot != NULL ||
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

enum msgtable_ack
msgtable_acknowledge(struct msgtable *table, uint64_t number,
    const struct msgtable_acker *acker, uint64_t now_msec, uint64_t *author)
{
	enum msgtable_ack verdict = MSGTABLE_NEVER_SENT;
	struct msgtable_entry *entry;
	uint32_t link, *before, age, i;
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
		entry = msgtable_twin(table, entry, &link);
	}
	if (verdict != MSGTABLE_ACKED)
		return verdict;
	*author = entry->from;
	if (entry->is_shared)
		msgtable_mark(table, link, acker->slot);
	else
		entry->is_acked = true;
	return verdict;
}
