/*
 * The set of known.h: linear probing, filled to seven eighths.
 */
#include "known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KNOWN_ROOM_MIN 8192

static uint64_t
known_mix(uint64_t x)
{
	x ^= x >> 31;
	x *= UINT64_C(0x9fb21c651e98df25);
	x ^= x >> 28;
	x *= UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

uint64_t
known_fingerprint(const uint8_t *bytes, size_t size)
{
	uint64_t word, sum = size;
	size_t i, part;

	for (i = 0; i < size; i += part) {
		part = size - i < sizeof(word) ? size - i : sizeof(word);
		word = 0;
		memcpy(&word, bytes + i, part);
		sum = known_mix(sum + word) + UINT64_C(0x632be59bd9b4e019);
	}
	sum = known_mix(sum);
	return sum != 0 ? sum : 1;
}

size_t
known_find(const struct known *known, uint64_t fingerprint)
{
	size_t at = fingerprint & (known->room - 1);

	while (known->slots[at] != 0 && known->slots[at] != fingerprint)
		at = (at + 1) & (known->room - 1);
	return at;
}

static void
known_grow(struct known *known)
{
	struct known old = *known;
	size_t i;

	known->room = old.room > 0 ? old.room * 2 : KNOWN_ROOM_MIN;
	known->slots = calloc(known->room, sizeof(*known->slots));
	if (known->slots == NULL) {
		fprintf(stderr, "explore: out of memory\n");
		exit(4);
	}
	for (i = 0; i < old.room; i++)
		if (old.slots[i] != 0)
			known->slots[known_find(known, old.slots[i])] =
			    old.slots[i];
	free(old.slots);
}

void
known_init(struct known *known, uint64_t bytes_max)
{
	*known = (struct known){.room_max = KNOWN_ROOM_MIN};
	while (known->room_max * 2 * sizeof(*known->slots) <= bytes_max)
		known->room_max *= 2;
	known_grow(known);
}

void
known_free(struct known *known)
{
	free(known->slots);
	*known = (struct known){0};
}

bool
known_add(struct known *known, uint64_t fingerprint, bool *is_new)
{
	size_t at;

	if (known->count >= known->room - known->room / 8 &&
	    known->room < known->room_max)
		known_grow(known);
	at = known_find(known, fingerprint);
	*is_new = known->slots[at] == 0;
	if (!*is_new)
		return true;
	if (known->count >= known->room - known->room / 8)
		return false;
	known->slots[at] = fingerprint;
	known->count++;
	return true;
}
