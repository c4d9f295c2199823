/*
 * SHA-1 (FIPS 180-4) and base64, just enough for limit.c to answer an upgrade
 * request: a message of at most two blocks.
 */
#include "handshake.h"

#include <stdint.h>
#include <string.h>

#define SUFFIX "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define DIGEST_SIZE 20
#define BLOCK_SIZE 64

static uint32_t
rotate(uint32_t word, unsigned bits)
{
	return word << bits | word >> (32 - bits);
}

/* The function and the constant of round 'round'. */
static uint32_t
mix(unsigned round, const uint32_t *v)
{
	if (round < 20)
		return ((v[1] & v[2]) | (~v[1] & v[3])) + 0x5a827999;
	if (round < 40)
		return (v[1] ^ v[2] ^ v[3]) + 0x6ed9eba1;
	if (round < 60)
		return ((v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3])) +
		    0x8f1bbcdc;
	return (v[1] ^ v[2] ^ v[3]) + 0xca62c1d6;
}

static void
block(uint32_t *state, const unsigned char *data)
{
	uint32_t words[80], v[5], next;
	unsigned i;

	for (i = 0; i < 16; i++, data += 4)
		words[i] = (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 |
		    (uint32_t)data[2] << 8 | data[3];
	for (; i < 80; i++)
		words[i] = rotate(words[i - 3] ^ words[i - 8] ^
		    words[i - 14] ^ words[i - 16], 1);
	memcpy(v, state, sizeof(v));
	for (i = 0; i < 80; i++) {
		next = rotate(v[0], 5) + mix(i, v) + v[4] + words[i];
		v[4] = v[3];
		v[3] = v[2];
		v[2] = rotate(v[1], 30);
		v[1] = v[0];
		v[0] = next;
	}
	for (i = 0; i < 5; i++)
		state[i] += v[i];
}

/* 'data' holds 'size' bytes in a room of two zeroed blocks. */
static void
digest(unsigned char *data, size_t size, unsigned char *out)
{
	uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
	    0xc3d2e1f0};
	size_t blocks = size + 9 <= BLOCK_SIZE ? 1 : 2;
	unsigned i;

	data[size] = 0x80;
	data[blocks * BLOCK_SIZE - 2] = (unsigned char)(size * 8 >> 8);
	data[blocks * BLOCK_SIZE - 1] = (unsigned char)(size * 8);
	for (i = 0; i < blocks; i++)
		block(state, data + i * BLOCK_SIZE);
	for (i = 0; i < DIGEST_SIZE; i++)
		out[i] = (unsigned char)(state[i / 4] >> (24 - i % 4 * 8));
}

void
handshake_accept(const char *key, size_t size, char *accept)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned char data[2 * BLOCK_SIZE] = {0};
	unsigned char sum[DIGEST_SIZE + 1] = {0};
	uint32_t group;
	size_t i;

	if (size > HANDSHAKE_KEY_SIZE_MAX)
		size = HANDSHAKE_KEY_SIZE_MAX;
	memcpy(data, key, size);
	memcpy(data + size, SUFFIX, sizeof(SUFFIX) - 1);
	digest(data, size + sizeof(SUFFIX) - 1, sum);
	for (i = 0; i < DIGEST_SIZE; i += 3) {
		group = (uint32_t)sum[i] << 16 | (uint32_t)sum[i + 1] << 8 |
		    (i + 2 < DIGEST_SIZE ? sum[i + 2] : 0u);
		*accept++ = letters[group >> 18];
		*accept++ = letters[group >> 12 & 63];
		*accept++ = letters[group >> 6 & 63];
		*accept++ = letters[group & 63];
	}
	/* 20 bytes leave one character of padding. */
	accept[-1] = '=';
	*accept = '\0';
}
