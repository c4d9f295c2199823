/* Bytes that grow, between whoever writes records and whoever sends them. */
#include "bytes.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define BYTES_ROOM_LEAST 256

unsigned char *
bytes_reserve(struct bytes *bytes, size_t size)
{
	size_t room = bytes->room;

	if (bytes->data == NULL || room - bytes->size < size) {
		if (room < BYTES_ROOM_LEAST)
			room = BYTES_ROOM_LEAST;
		while (room - bytes->size < size)
			room *= 2;
		bytes->data = memory_resize(bytes->data, room);
		bytes->room = room;
	}
	return bytes->data + bytes->size;
}

void
bytes_append(struct bytes *bytes, const void *data, size_t size)
{
	unsigned char *at = bytes_reserve(bytes, size);

	if (size > 0)
		memcpy(at, data, size);
	bytes->size += size;
}

void
bytes_consume(struct bytes *bytes, size_t size)
{
	if (size == 0)
		return;
	bytes->size -= size;
	memmove(bytes->data, bytes->data + size, bytes->size);
}

void
bytes_deinit(struct bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct bytes){0};
}
