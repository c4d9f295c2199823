/*
 * uthash with a hash of our own: seeded, so that nobody outside can choose
 * numbers or names that all fall into one bucket. What a table is iterated in
 * does not depend on it: uthash keeps the order of insertion.
 */
#ifndef CONTROL_HASH_H
#define CONTROL_HASH_H

#include <stdlib.h>

#include "dnchat/buf.h"

#define uthash_fatal(message) abort()
#include <uthash.h>

/* Spreads 'value' over all bits (the finalizer of splitmix64). */
static inline uint64_t
hash_mix(uint64_t value)
{
	value += UINT64_C(0x9e3779b97f4a7c15);
	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return value ^ value >> 31;
}

static inline unsigned
hash_number(uint64_t seed, uint64_t number)
{
	return (unsigned)hash_mix(seed ^ hash_mix(number ^ seed));
}

static inline unsigned
hash_string(uint64_t seed, struct dn_str str)
{
	struct dn_rd rd = dn_rd_of(str.data, str.size);
	uint64_t value = hash_mix(seed ^ str.size);

	while (rd.size - rd.at >= 8)
		value = hash_mix(value ^ dn_rd_uint(&rd, 8));
	if (rd.at < rd.size)
		value = hash_mix(value ^ dn_rd_uint(&rd, rd.size - rd.at));
	return (unsigned)value;
}

#endif
