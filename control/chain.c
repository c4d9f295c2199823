/*
 * Buckets of singly linked records: see chain.h. By linear hashing: each record
 * that comes splits one bucket, in their order, so that none of them has to
 * wait until all are sorted anew.
 */
#include "chain.h"

#include <assert.h>
#include <stdlib.h>

#include "memory.h"

#define CHAIN_BUCKETS_LEAST 64

void
chain_deinit(struct chain *chain)
{
	free(chain->buckets);
	*chain = (struct chain){0};
}

/* Those below 'base' that have not been split yet hold what belongs to the
 * bucket 'base' further on, too. */
static struct chain_link **
chain_bucket(const struct chain *chain, unsigned value)
{
	size_t index = value & (2 * chain->base - 1);

	if (index >= chain->bucket_count)
		index -= chain->base;
	return &chain->buckets[index];
}

static void
chain_put(struct chain *chain, struct chain_link *link, unsigned value)
{
	struct chain_link **bucket = chain_bucket(chain, value);

	link->next = *bucket;
	*bucket = link;
}

static void
chain_resize(struct chain *chain, size_t bucket_count)
{
	chain->buckets = memory_resize(chain->buckets,
	    bucket_count * sizeof(struct chain_link *));
	chain->base = bucket_count / 2;
}

/* One bucket more, for half of what is in the one that is next. */
static void
chain_split(struct chain *chain, chain_hash *hash, const void *context)
{
	struct chain_link *link, *next;
	size_t from;

	if (chain->bucket_count == 2 * chain->base)
		chain_resize(chain, 4 * chain->base);
	from = chain->bucket_count - chain->base;
	link = chain->buckets[from];
	chain->buckets[from] = NULL;
	chain->buckets[chain->bucket_count++] = NULL;
	for (; link != NULL; link = next) {
		next = link->next;
		chain_put(chain, link, hash(context, link));
	}
}

void
chain_add(struct chain *chain, struct chain_link *link, chain_hash *hash,
    const void *context)
{
	if (chain->bucket_count == 0) {
		chain_resize(chain, 2 * CHAIN_BUCKETS_LEAST);
		while (chain->bucket_count < CHAIN_BUCKETS_LEAST)
			chain->buckets[chain->bucket_count++] = NULL;
	}
	/* A record a bucket on average, at most. */
	if (chain->count == chain->bucket_count)
		chain_split(chain, hash, context);
	chain_put(chain, link, hash(context, link));
	chain->count++;
}

void
chain_del(struct chain *chain, struct chain_link *link, unsigned value)
{
	struct chain_link **at = chain_bucket(chain, value);

	while (*at != link) {
		assert(*at != NULL);
		at = &(*at)->next;
	}
	*at = link->next;
	chain->count--;
}

struct chain_link *
chain_first(const struct chain *chain, unsigned value)
{
	return chain->count > 0 ? *chain_bucket(chain, value) : NULL;
}
