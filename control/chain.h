/*
 * A hash table of records that each carry one pointer for it: where there are
 * many records, uthash's handle (56 bytes) is a good part of their memory. The
 * caller hashes (hash.h). user.c keeps users and sessions in it.
 */
#ifndef CONTROL_CHAIN_H
#define CONTROL_CHAIN_H

#include <stddef.h>

/* Stands in the record; NULL in the last of a bucket. */
struct chain_link {
	struct chain_link *next;
};

/* The record of which 'link', which is not NULL, is 'member'. */
#define CHAIN_RECORD(link, type, member) \
	((type *)(void *)((char *)(link) - offsetof(type, member)))

/* All zero is an empty one. */
struct chain {
	struct chain_link **buckets; /* room for twice 'base' */
	size_t base;         /* 0, or a power of two */
	size_t bucket_count; /* in use: from 'base' to twice that */
	size_t count;        /* records */
};

/* The hash of the record of 'link': of the same key always the same. */
typedef unsigned chain_hash(const void *context, struct chain_link *link);

/* Frees the buckets; the records are the caller's. */
void chain_deinit(struct chain *chain);

/* Adds 'link', which is not in a chain. Others may be asked for their hash
 * again: 'hash' is called with 'context'. */
void chain_add(struct chain *chain, struct chain_link *link,
    chain_hash *hash, const void *context);

/* Takes 'link', whose hash is 'value', out. */
void chain_del(struct chain *chain, struct chain_link *link, unsigned value);

/* The first of those whose hash may be 'value': they follow one another, among
 * others, by their 'next'. NULL: there are none. */
struct chain_link *chain_first(const struct chain *chain, unsigned value);

#endif
