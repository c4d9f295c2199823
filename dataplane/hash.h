/*
 * The seeded hash of table.c and msgtable.c: numbers are chosen by whoever
 * sends them, so where they land must not be foreseeable.
 */
#ifndef DATAPLANE_HASH_H
#define DATAPLANE_HASH_H

#include <stdint.h>

/* Mixes 'value' into 'state', which begins as the seed; every bit of the
 * result depends on all bits of both. The state goes in twice, so that no pair
 * of values is sure to meet whatever the seed. */
static inline uint64_t
hash_mix(uint64_t state, uint64_t value)
{
	value ^= state;
	value ^= value >> 32;
	value *= UINT64_C(0xd6e8feb86659fd93);
	value ^= value >> 29;
	value += state << 17 | state >> 47;
	value *= UINT64_C(0xa0761d6478bd642f);
	return value ^ value >> 32;
}

#endif
