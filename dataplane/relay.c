/*
 * A ring by age, made of segments that come with the newest and go with the
 * oldest, and chains through it by number. As in msgtable.c links are counted
 * on and on, and lead from newer to older ones only: one that leads to what is
 * gone ends its chain. The index is there only while anything is known.
 */
#include "relay.h"

#include <stdlib.h>

#include "hash.h"

#define RELAY_SEGMENT 4096u
#define RELAY_SEGMENTS (DN_RELAYED_MAX / RELAY_SEGMENT)

struct relay_entry {
	uint64_t number;
	uint64_t member; /* or 0 */
	struct relay_origin origin;
	uint64_t msec;   /* when it was passed on */
	uint32_t older;  /* next in its chain */
	bool is_acked;   /* of what went to one member */
};

struct relay {
	struct relay_entry *segments[RELAY_SEGMENTS];
	uint32_t *heads; /* DN_RELAYED_MAX chains, or NULL */
	uint32_t next;   /* link of what comes next */
	uint32_t count;
	uint64_t seed;
};

_Static_assert((DN_RELAYED_MAX & (DN_RELAYED_MAX - 1)) == 0, "links");
_Static_assert(DN_RELAYED_MAX % RELAY_SEGMENT == 0, "whole segments");

struct relay *
relay_new(uint64_t seed)
{
	struct relay *relay = calloc(1, sizeof(*relay));

	if (relay != NULL)
		relay->seed = seed;
	return relay;
}

/* What 'link' leads to, which is in the ring. */
static struct relay_entry *
relay_at(const struct relay *relay, uint32_t link)
{
	uint32_t place = link % DN_RELAYED_MAX;

	return &relay->segments[place / RELAY_SEGMENT][place % RELAY_SEGMENT];
}

static uint32_t *
relay_head(const struct relay *relay, uint64_t number)
{
	return &relay->heads[hash_mix(relay->seed, number) %
	    DN_RELAYED_MAX];
}

/* How many are newer than what 'link' leads to, itself counted. */
static uint32_t
relay_age(const struct relay *relay, uint32_t link)
{
	return relay->next - link;
}

static struct relay_entry *
relay_find(const struct relay *relay, uint64_t number)
{
	struct relay_entry *entry;
	uint32_t link, age, before = 0;

	if (relay->count == 0)
		return NULL;
	link = *relay_head(relay, number);
	while ((age = relay_age(relay, link)) > before &&
	    age <= relay->count) {
		entry = relay_at(relay, link);
		if (entry->number == number)
			return entry;
		before = age;
		link = entry->older;
	}
	return NULL;
}

/* Lets the oldest go, and its segment if it was the last there. */
static void
relay_drop(struct relay *relay)
{
	uint32_t place = (relay->next - relay->count) % DN_RELAYED_MAX;

	relay->count--;
	if (relay->count > 0 && (place + 1) % RELAY_SEGMENT != 0)
		return;
	/* The newest may have come round to the same segment. */
	if (relay->count > DN_RELAYED_MAX - RELAY_SEGMENT)
		return;
	free(relay->segments[place / RELAY_SEGMENT]);
	relay->segments[place / RELAY_SEGMENT] = NULL;
	if (relay->count > 0)
		return;
	free(relay->heads);
	relay->heads = NULL;
}

void
relay_free(struct relay *relay)
{
	if (relay == NULL)
		return;
	while (relay->count > 0)
		relay_drop(relay);
	/* Left by a number for which there was no memory. */
	free(relay->heads);
	free(relay);
}

void
relay_expire(struct relay *relay, uint64_t now_msec)
{
	while (relay->count > 0 && now_msec >= relay_at(relay,
	    relay->next - relay->count)->msec + DN_MESSAGE_MSEC)
		relay_drop(relay);
}

enum dn_err
relay_put(struct relay *relay, uint64_t number, uint64_t member,
    const struct relay_origin *origin, uint64_t now_msec)
{
	struct relay_entry **segment;
	uint32_t *head;

	relay_expire(relay, now_msec);
	if (relay->count == DN_RELAYED_MAX)
		relay_drop(relay);
	if (relay->heads == NULL)
		relay->heads = calloc(DN_RELAYED_MAX, sizeof(*relay->heads));
	segment = &relay->segments[relay->next % DN_RELAYED_MAX /
	    RELAY_SEGMENT];
	if (*segment == NULL)
		*segment = malloc(RELAY_SEGMENT * sizeof(**segment));
	if (relay->heads == NULL || *segment == NULL)
		return DN_E_MEMORY;
	head = relay_head(relay, number);
	*relay_at(relay, relay->next) = (struct relay_entry){
		.number = number, .member = member, .origin = *origin,
		.msec = now_msec, .older = *head,
	};
	*head = relay->next++;
	relay->count++;
	return DN_OK;
}

bool
relay_acknowledge(struct relay *relay, uint64_t number, uint64_t acker,
    uint64_t now_msec, struct relay_origin *origin)
{
	struct relay_entry *entry;

	relay_expire(relay, now_msec);
	entry = relay_find(relay, number);
	if (entry == NULL)
		return false;
	if (entry->member != 0) {
		if (entry->member != acker || entry->is_acked)
			return false;
		entry->is_acked = true;
	}
	*origin = entry->origin;
	return true;
}

size_t
relay_count(const struct relay *relay)
{
	return relay->count;
}
