/*
 * Records for dncontrol in a ring, so that the number of one is its place;
 * and the two byte streams of the session.
 */
#include "uplink.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dnchat/log.h"

/* The ring and the streams begin with so much, and double. */
#define UPLINK_ROOM_FIRST 64
#define UPLINK_BYTES_FIRST 4096

/* Reading goes on until a record of the longest kind fits, and one read. */
#define UPLINK_IN_BYTES_MAX (IPC_HEADER_BYTES + DN_IPC_BODY_BYTES_MAX + \
	UPLINK_WRITE_BYTES)

static struct uplink_record **
uplink_at(struct uplink *uplink, size_t index)
{
	return &uplink->records[(uplink->first + index) & (uplink->room - 1)];
}

static uint64_t
uplink_first_seq(const struct uplink *uplink)
{
	return uplink->seq - uplink->count + 1;
}

/* Secrets pass through here: nothing of a record outlives it. */
static void
uplink_free_record(struct uplink_record *record)
{
	explicit_bzero(record->bytes, record->size);
	free(record);
}

static enum dn_err
uplink_bytes_reserve(struct uplink_bytes *bytes, size_t size)
{
	size_t used = bytes->end - bytes->at, room;
	unsigned char *data;

	if (bytes->room - bytes->end >= size)
		return DN_OK;
	if (bytes->at > 0) {
		memmove(bytes->data, bytes->data + bytes->at, used);
		bytes->at = 0;
		bytes->end = used;
	}
	if (bytes->room - used >= size)
		return DN_OK;
	room = bytes->room > 0 ? bytes->room : UPLINK_BYTES_FIRST;
	while (room - used < size)
		room *= 2;
	data = realloc(bytes->data, room);
	if (data == NULL)
		return DN_E_MEMORY;
	bytes->data = data;
	bytes->room = room;
	return DN_OK;
}

static enum dn_err
uplink_bytes_append(struct uplink_bytes *bytes, const void *data, size_t size)
{
	if (uplink_bytes_reserve(bytes, size) != DN_OK)
		return DN_E_MEMORY;
	memcpy(bytes->data + bytes->end, data, size);
	bytes->end += size;
	return DN_OK;
}

static void
uplink_bytes_clear(struct uplink_bytes *bytes)
{
	if (bytes->data != NULL)
		explicit_bzero(bytes->data, bytes->room);
	free(bytes->data);
	memset(bytes, 0, sizeof(*bytes));
}

void
uplink_init(struct uplink *uplink)
{
	memset(uplink, 0, sizeof(*uplink));
}

void
uplink_deinit(struct uplink *uplink)
{
	uplink_reset(uplink);
	uplink_end(uplink);
	free(uplink->records);
	uplink->records = NULL;
	uplink->room = 0;
}

static void
uplink_grow(struct uplink *uplink)
{
	size_t room = uplink->room > 0 ? uplink->room * 2 : UPLINK_ROOM_FIRST;
	struct uplink_record **records = calloc(room, sizeof(records[0]));
	size_t i;

	if (records == NULL) {
		dn_error("out_of_memory", "what=uplink");
		abort();
	}
	for (i = 0; i < uplink->count; i++)
		records[i] = *uplink_at(uplink, i);
	free(uplink->records);
	uplink->records = records;
	uplink->first = 0;
	uplink->room = room;
}

struct uplink_record *
uplink_record_new(uint64_t conn, size_t size)
{
	struct uplink_record *record;

	assert(size >= IPC_HEADER_BYTES &&
	    size <= IPC_HEADER_BYTES + DN_IPC_BODY_BYTES_MAX);
	record = malloc(sizeof(*record) + size);
	if (record == NULL) {
		dn_error("out_of_memory", "what=uplink");
		abort();
	}
	record->next = NULL;
	record->conn = conn;
	record->size = (uint32_t)size;
	return record;
}

/* Gives 'record' its number and its place in the ring. */
static void
uplink_number(struct uplink *uplink, struct uplink_record *record)
{
	/* The number stands behind the size and the type. */
	struct dn_wr wr = dn_wr_of(record->bytes + 6, 8);

	if (uplink->count == uplink->room)
		uplink_grow(uplink);
	dn_wr_uint(&wr, 8, ++uplink->seq);
	*uplink_at(uplink, uplink->count++) = record;
	uplink->unsent++;
	uplink->flight_bytes += record->size;
}

size_t
uplink_append_take(struct uplink *uplink, struct uplink_record *record)
{
	uplink_number(uplink, record);
	uplink->bytes += record->size;
	return record->size;
}

size_t
uplink_append_behind_take(struct uplink *uplink, struct uplink_record *record)
{
	if (uplink->behind_first == NULL)
		uplink->behind_first = record;
	else
		uplink->behind_last->next = record;
	uplink->behind_last = record;
	uplink->bytes += record->size;
	return record->size;
}

/* The oldest of those behind, or NULL. */
static struct uplink_record *
uplink_behind_next(struct uplink *uplink)
{
	struct uplink_record *record = uplink->behind_first;

	if (record != NULL)
		uplink->behind_first = record->next;
	return record;
}

size_t
uplink_append(struct uplink *uplink, uint64_t conn, const unsigned char *bytes,
    size_t size)
{
	struct uplink_record *record = uplink_record_new(conn, size);

	memcpy(record->bytes, bytes, size);
	return uplink_append_take(uplink, record);
}

size_t
uplink_void(struct uplink *uplink, uint64_t seq)
{
	static const struct ipc_nothing nothing = {0};
	struct uplink_record *record;
	size_t before;
	struct dn_wr wr;

	if (uplink->count == 0 || seq < uplink_first_seq(uplink) ||
	    seq > uplink->seq)
		return 0;
	record = *uplink_at(uplink,
	    (size_t)(seq - uplink_first_seq(uplink)));
	before = record->size;
	explicit_bzero(record->bytes, record->size);
	wr = dn_wr_of(record->bytes, before);
	IPC_PUT(&wr, nothing, seq, &nothing);
	assert(!wr.failed);
	record->size = (uint32_t)wr.at;
	uplink->bytes -= before - wr.at;
	if (seq > uplink->taken)
		uplink->flight_bytes -= before - wr.at;
	return before - wr.at;
}

/* Records up to 'seq', which are all there, are on their way no more. */
static void
uplink_advance(struct uplink *uplink, uint64_t seq)
{
	for (; uplink->taken < seq; uplink->taken++)
		uplink->flight_bytes -= (*uplink_at(uplink, (size_t)(
		    uplink->taken + 1 - uplink_first_seq(uplink))))->size;
}

bool
uplink_take(struct uplink *uplink, uint64_t seq)
{
	if (seq > uplink->seq - uplink->unsent)
		return false;
	uplink_advance(uplink, seq);
	return true;
}

bool
uplink_drop(struct uplink *uplink, uint64_t seq, uint64_t *conn, size_t *size)
{
	struct uplink_record *record;

	if (uplink->count == 0 || uplink_first_seq(uplink) > seq)
		return false;
	uplink_advance(uplink, uplink_first_seq(uplink));
	record = *uplink_at(uplink, 0);
	*conn = record->conn;
	*size = record->size;
	uplink->first = (uplink->first + 1) & (uplink->room - 1);
	uplink->count--;
	if (uplink->unsent > uplink->count)
		uplink->unsent = uplink->count;
	uplink->bytes -= record->size;
	uplink_free_record(record);
	return true;
}

void
uplink_reset(struct uplink *uplink)
{
	struct uplink_record *record;
	uint64_t conn;
	size_t size;

	while (uplink_drop(uplink, UINT64_MAX, &conn, &size))
		;
	while ((record = uplink_behind_next(uplink)) != NULL) {
		uplink->bytes -= record->size;
		uplink_free_record(record);
	}
	uplink->seq = uplink->applied = uplink->applied_told = 0;
	uplink->taken = 0;
}

void
uplink_begin(struct uplink *uplink)
{
	uplink_end(uplink);
	uplink->state = UPLINK_GREETED;
}

void
uplink_end(struct uplink *uplink)
{
	uplink_bytes_clear(&uplink->in);
	uplink_bytes_clear(&uplink->out);
	uplink->state = UPLINK_CLOSED;
	uplink->failed = false;
}

void
uplink_open(struct uplink *uplink)
{
	size_t i;

	uplink->state = UPLINK_OPEN;
	uplink->unsent = uplink->count;
	uplink->taken = uplink->seq - uplink->count;
	uplink->flight_bytes = 0;
	for (i = 0; i < uplink->count; i++)
		uplink->flight_bytes += (*uplink_at(uplink, i))->size;
	uplink->applied_told = uplink->applied;
}

void
uplink_say(struct uplink *uplink, const unsigned char *bytes, size_t size)
{
	if (uplink->state == UPLINK_CLOSED)
		return;
	if (uplink_bytes_append(&uplink->out, bytes, size) != DN_OK)
		uplink->failed = true;
}

/* True if the first of those behind may get its number. */
static bool
uplink_may_number(const struct uplink *uplink)
{
	return uplink->unsent == 0 && uplink->behind_first != NULL &&
	    uplink->flight_bytes < IPC_UP_BYTES_HIGH;
}

/* True if a record is to follow the bytes that are to be written; one of those
 * behind has its number then. */
static bool
uplink_is_next(struct uplink *uplink)
{
	size_t size = uplink->out.end - uplink->out.at;

	if (uplink->state != UPLINK_OPEN)
		return false;
	if (uplink_may_number(uplink))
		uplink_number(uplink, uplink_behind_next(uplink));
	return uplink->unsent > 0 && size < UPLINK_WRITE_BYTES;
}

size_t
uplink_output(struct uplink *uplink, const unsigned char **data)
{
	struct uplink_bytes *out = &uplink->out;
	struct uplink_record *record;

	while (uplink_is_next(uplink)) {
		record = *uplink_at(uplink, uplink->count - uplink->unsent);
		if (uplink_bytes_append(out, record->bytes, record->size) !=
		    DN_OK) {
			uplink->failed = true;
			break;
		}
		uplink->unsent--;
	}
	*data = out->data != NULL ? out->data + out->at : NULL;
	return out->end - out->at;
}

void
uplink_sent(struct uplink *uplink, size_t size)
{
	struct uplink_bytes *out = &uplink->out;

	assert(size <= out->end - out->at);
	if (size > 0)
		explicit_bzero(out->data + out->at, size);
	out->at += size;
	if (out->at == out->end)
		out->at = out->end = 0;
}

enum dn_err
uplink_feed(struct uplink *uplink, const void *data, size_t size)
{
	struct uplink_bytes *in = &uplink->in;

	if (in->end - in->at + size > UPLINK_IN_BYTES_MAX)
		return DN_E_MALFORMED;
	return uplink_bytes_append(in, data, size);
}

enum dn_err
uplink_next(struct uplink *uplink, struct ipc_header *header,
    struct dn_rd *body)
{
	struct uplink_bytes *in = &uplink->in;
	long size;

	if (in->at == in->end)
		return DN_E_UNKNOWN;
	size = ipc_peek(in->data + in->at, in->end - in->at, header);
	if (size <= 0)
		return size < 0 ? DN_E_MALFORMED : DN_E_UNKNOWN;
	*body = dn_rd_of(in->data + in->at + IPC_HEADER_BYTES, header->size);
	in->at += (size_t)size;
	return DN_OK;
}

bool
uplink_has_output(const struct uplink *uplink)
{
	return uplink->out.end > uplink->out.at ||
	    (uplink->state == UPLINK_OPEN && (uplink->unsent > 0 ||
	    uplink_may_number(uplink)));
}
