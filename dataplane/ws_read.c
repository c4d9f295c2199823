/* Frames of RFC 6455, section 5.2, as they come. */
#include "ws_read.h"

#define WS_FINAL 0x80
#define WS_RESERVED 0x70
#define WS_OPCODE 0x0f
#define WS_CONTROL 0x08
#define WS_CONTINUATION 0x0
#define WS_MASKED 0x80
#define WS_LENGTH 0x7f

/* A frame's head. */
struct ws_head {
	size_t bytes;    /* with the key */
	uint64_t payload;
	unsigned opcode;
	bool is_final;
};

/* What is wrong with the first two bytes of a frame, or NULL. */
static const char *
ws_head_fault(const struct ws_reader *reader, const unsigned char *data)
{
	unsigned opcode = data[0] & WS_OPCODE, length = data[1] & WS_LENGTH;

	if ((data[0] & WS_RESERVED) != 0)
		return "reserved bits in a frame";
	if (((data[1] & WS_MASKED) == 0) != reader->is_bare)
		return reader->is_bare ? "a masked frame" :
		    "an unmasked frame";
	switch (opcode) {
	case WS_CONTINUATION:
		return reader->in_message ? NULL :
		    "a continuation of nothing";
	case WS_TEXT:
	case WS_BINARY:
		return reader->in_message ?
		    "a message within a message" : NULL;
	case WS_CLOSE:
	case WS_PING:
	case WS_PONG:
		if ((data[0] & WS_FINAL) == 0)
			return "a control frame in pieces";
		return length > WS_CONTROL_BYTES_MAX ?
		    "a long control frame" : NULL;
	default:
		return "an unknown opcode";
	}
}

/* Reads the length of a frame that begins with 'data'; what is wrong with it,
 * or NULL. */
static const char *
ws_head_length(struct ws_head *head, const unsigned char *data)
{
	size_t bytes = ws_head_bytes_of(data[1] & WS_LENGTH);

	head->payload = bytes == 2 ? data[1] & WS_LENGTH :
	    ws_get_big_endian(data + 2, bytes - 2);
	if (head->payload > INT64_MAX)
		return "an impossible length";
	/* RFC 6455, 5.2: as short as can be. */
	return ws_head_bytes(head->payload) != bytes ?
	    "a length in too many bytes" : NULL;
}

/* Reads the head at 'data'. False if it is not whole, or at fault: then
 * '*why' says so. */
static bool
ws_read_head(const struct ws_reader *reader, const unsigned char *data,
    size_t size, struct ws_head *head, const char **why)
{
	size_t bytes;

	*why = NULL;
	if (size < 2)
		return false;
	*why = ws_head_fault(reader, data);
	bytes = ws_head_bytes_of(data[1] & WS_LENGTH);
	if (*why != NULL || size < bytes)
		return false;
	*why = ws_head_length(head, data);
	head->bytes = bytes + (reader->is_bare ? 0 : WS_KEY_BYTES);
	head->opcode = data[0] & WS_OPCODE;
	head->is_final = (data[0] & WS_FINAL) != 0;
	return *why == NULL && size >= head->bytes;
}

/* Unmasks the next 'size' bytes of a payload; what is left of it goes on with
 * the next byte of the key. */
static void
ws_unmask(struct ws_reader *reader, unsigned char *data, size_t size)
{
	unsigned char key[WS_KEY_BYTES];
	size_t i;

	ws_mask_payload(data, data, size, reader->key);
	if (size == reader->remaining)
		return;
	memcpy(key, reader->key, sizeof(key));
	for (i = 0; i < WS_KEY_BYTES; i++)
		reader->key[i] = key[(size + i) % WS_KEY_BYTES];
}

/* Takes what is there of the payload of the frame that is being read. */
static size_t
ws_read_payload(struct ws_reader *reader, unsigned char *data, size_t size,
    struct ws_piece *piece)
{
	if (size > reader->remaining)
		size = (size_t)reader->remaining;
	if (!reader->is_bare)
		ws_unmask(reader, data, size);
	reader->remaining -= size;
	reader->in_frame = reader->remaining > 0;
	piece->kind = WS_PIECE_DATA;
	piece->data = data;
	piece->size = size;
	piece->remaining = reader->remaining;
	piece->is_last = reader->is_final && !reader->in_frame;
	piece->is_binary = reader->is_binary;
	return size;
}

/* A frame of a message begins, whose payload is at 'payload'. */
static void
ws_begin_data(struct ws_reader *reader, const struct ws_head *head,
    const unsigned char *payload)
{
	if (!reader->is_bare)
		memcpy(reader->key, payload - WS_KEY_BYTES, WS_KEY_BYTES);
	reader->remaining = head->payload;
	reader->is_final = head->is_final;
	reader->in_message = !head->is_final;
	if (head->opcode != WS_CONTINUATION)
		reader->is_binary = head->opcode == WS_BINARY;
}

static size_t
ws_read_control(const struct ws_reader *reader, const struct ws_head *head,
    unsigned char *data, size_t size, struct ws_piece *piece)
{
	size_t payload = (size_t)head->payload;

	if (size - head->bytes < payload)
		return 0;
	piece->kind = WS_PIECE_CONTROL;
	piece->opcode = (enum ws_opcode)head->opcode;
	piece->data = data + head->bytes;
	piece->size = payload;
	if (!reader->is_bare)
		ws_mask_payload(piece->data, piece->data, payload,
		    piece->data - WS_KEY_BYTES);
	return head->bytes + payload;
}

size_t
ws_read(struct ws_reader *reader, unsigned char *data, size_t size,
    struct ws_piece *piece)
{
	struct ws_head head;

	*piece = (struct ws_piece){.kind = WS_PIECE_NONE};
	if (reader->is_broken)
		return size;
	if (reader->in_frame)
		return size == 0 ? 0 :
		    ws_read_payload(reader, data, size, piece);
	if (!ws_read_head(reader, data, size, &head, &piece->why)) {
		if (piece->why == NULL)
			return 0;
		piece->kind = WS_PIECE_BROKEN;
		reader->is_broken = true;
		return size;
	}
	if ((head.opcode & WS_CONTROL) != 0)
		return ws_read_control(reader, &head, data, size, piece);
	ws_begin_data(reader, &head, data + head.bytes);
	return head.bytes + ws_read_payload(reader, data + head.bytes,
	    size - head.bytes, piece);
}

bool
ws_is_close_code(uint16_t code)
{
	if (code >= 3000)
		return code <= 4999;
	return code >= 1000 && code <= 1014 && code != 1004 &&
	    code != 1005 && code != 1006;
}
