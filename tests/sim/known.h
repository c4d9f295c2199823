/*
 * A set of states, by 64-bit fingerprints: eight bytes each in an open hash
 * table, and nothing else. Two states with the same fingerprint count as one:
 * among n states n * n / 2^65 are to be expected that are missed by that.
 */
#ifndef SIM_KNOWN_H
#define SIM_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct known {
	uint64_t *slots; /* 0: empty */
	size_t room;     /* a power of two */
	size_t room_max;
	uint64_t count;
};

/* Grows to 'bytes_max' at most. */
void known_init(struct known *known, uint64_t bytes_max);
void known_free(struct known *known);

/* Never 0. */
uint64_t known_fingerprint(const uint8_t *bytes, size_t size);

/* The slot in which the fingerprint is, or would be. */
size_t known_find(const struct known *known, uint64_t fingerprint);

/* Adds it if it isn't there, which '*is_new' tells; false if there is no
 * room for it. */
bool known_add(struct known *known, uint64_t fingerprint, bool *is_new);

#endif
