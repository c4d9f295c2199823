/* Buckets of singly linked records: see chain.h. */
#include "chain.h"

#include <assert.h>
#include <stdlib.h>

#include "memory.h"

#define CHAIN_BUCKETS_LEAST 64
/* Records a bucket on average, at most: half of it on the whole. */
#define CHAIN_RECORDS_MAX 2

void
chain_deinit(struct chain *chain)
{
	free(chain->buckets);
	*chain = (struct chain){0};
}

static struct chain_link **
chain_bucket(const struct chain *chain, unsigned value)
{
	return &chain->buckets[value & (chain->bucket_count - 1)];
}

static void
chain_put(struct chain *chain, struct chain_link *link, unsigned value)
{
	struct chain_link **bucket = chain_bucket(chain, value);

	link->next = *bucket;
	*bucket = link;
}

static void
chain_grow(struct chain *chain, chain_hash *hash, const void *context)
{
	struct chain old = *chain;
	struct chain_link *link;
	size_t i;

	chain->bucket_count = old.bucket_count == 0 ? CHAIN_BUCKETS_LEAST :
	    old.bucket_count * 2;
	chain->buckets = memory_new(chain->bucket_count *
	    sizeof(struct chain_link *));
	for (i = 0; i < old.bucket_count; i++)
		while ((link = old.buckets[i]) != NULL) {
			old.buckets[i] = link->next;
			chain_put(chain, link, hash(context, link));
		}
	chain_deinit(&old);
}

void
chain_add(struct chain *chain, struct chain_link *link, chain_hash *hash,
    const void *context)
{
	if (chain->count == chain->bucket_count * CHAIN_RECORDS_MAX)
		chain_grow(chain, hash, context);
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
