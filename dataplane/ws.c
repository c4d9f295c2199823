/*
 * Frames of RFC 6455, section 5.2: flags and opcode, mask bit and length, an
 * extended length, a key, the payload.
 */
#include "ws.h"

#include "utf8.h"

#define WS_FINAL 0x80
#define WS_MASKED 0x80
#define WS_LENGTH_16 126
#define WS_LENGTH_64 127

static void
ws_put_big_endian(unsigned char *data, size_t size, uint64_t value)
{
	while (size > 0) {
		data[--size] = (unsigned char)value;
		value >>= 8;
	}
}

uint64_t
ws_get_big_endian(const unsigned char *data, size_t size)
{
	uint64_t value = 0;

	for (; size > 0; size--)
		value = value << 8 | *data++;
	return value;
}

size_t
ws_put_head(unsigned char *head, enum ws_opcode opcode, size_t size)
{
	size_t bytes = ws_head_bytes(size);

	head[0] = (unsigned char)(WS_FINAL | opcode);
	head[1] = (unsigned char)(bytes == 2 ? size :
	    bytes == 4 ? WS_LENGTH_16 : WS_LENGTH_64);
	ws_put_big_endian(head + 2, bytes - 2, size);
	return bytes;
}

size_t
ws_get_head(const unsigned char *data, size_t size, size_t *payload)
{
	uint64_t length;
	size_t bytes;

	if (size < 2 || (data[1] & WS_MASKED) != 0)
		return 0;
	length = data[1];
	bytes = ws_head_bytes_of(data[1]);
	if (size < bytes)
		return 0;
	if (bytes > 2)
		length = ws_get_big_endian(data + 2, bytes - 2);
	if (size - bytes < length)
		return 0;
	*payload = (size_t)length;
	return bytes;
}

#define WS_BLOCK_WORDS 4

/* Each message is masked by itself: in blocks first, which the compiler makes
 * wide instructions of. */
void
ws_mask_payload(unsigned char *masked, const unsigned char *data, size_t size,
    const unsigned char *key)
{
	uint64_t keys, word, block[WS_BLOCK_WORDS];
	size_t i = 0, j;

	memcpy(&keys, key, WS_KEY_BYTES);
	memcpy((unsigned char *)&keys + WS_KEY_BYTES, key, WS_KEY_BYTES);
	for (; size - i >= sizeof(block); i += sizeof(block)) {
		memcpy(block, data + i, sizeof(block));
		for (j = 0; j < WS_BLOCK_WORDS; j++)
			block[j] ^= keys;
		memcpy(masked + i, block, sizeof(block));
	}
	for (; size - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, data + i, sizeof(word));
		word ^= keys;
		memcpy(masked + i, &word, sizeof(word));
	}
	for (; i < size; i++)
		masked[i] = data[i] ^ key[i % WS_KEY_BYTES];
}

size_t
ws_mask(unsigned char *masked, size_t room, const unsigned char *data,
    size_t size, ws_random *random, void *context, size_t *taken)
{
	size_t written = 0, head, payload = 0;
	unsigned char *at;
	uint32_t key;

	*taken = 0;
	while (*taken < size) {
		head = ws_get_head(data + *taken, size - *taken, &payload);
		if (head == 0 || room - written < WS_KEY_BYTES ||
		    room - written - WS_KEY_BYTES < head + payload)
			break;
		at = masked + written;
		key = random(context);
		memcpy(at, data + *taken, head);
		at[1] |= WS_MASKED;
		memcpy(at + head, &key, WS_KEY_BYTES);
		ws_mask_payload(at + head + WS_KEY_BYTES,
		    data + *taken + head, payload, at + head);
		written += head + WS_KEY_BYTES + payload;
		*taken += head + payload;
	}
	return written;
}

size_t
ws_close_payload(unsigned char *payload, enum ws_close code,
    struct dn_str why)
{
	size_t size = utf8_clip(why, WS_CONTROL_BYTES_MAX - 2);

	ws_put_big_endian(payload, 2, (uint64_t)code);
	if (size > 0)
		memcpy(payload + 2, why.data, size);
	return 2 + size;
}
