/*
 * Connections of memory: see sim_wire.h.
 */
#include "sim_wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../../dataplane/ws.h"
#include "sim_clock.h"

enum wire_kind { WIRE_DATA, WIRE_CLOSED, WIRE_GONE };

struct wire_chunk {
	struct wire_chunk *next;
	uint64_t at_usec;
	size_t size, done;
	enum wire_kind kind;
	uint16_t code;
	unsigned char bytes[];
};

static struct wire *wires;
static unsigned wire_last;
static wire_watch *watcher;

void
wires_watch(wire_watch *watch)
{
	watcher = watch;
}

struct wire *
wire_new(unsigned link)
{
	struct wire *wire = calloc(1, sizeof(*wire));
	unsigned i;

	assert(wire != NULL);
	wire->id = ++wire_last;
	wire->link = link;
	wire->delay_usec = 100;
	for (i = 0; i < 2; i++) {
		wire->ends[i].wire = wire;
		wire->ends[i].is_open = true;
		wire->ends[i].node = WIRE_NO_NODE;
	}
	wire->next = wires;
	wires = wire;
	return wire;
}

static void
wire_drop(struct wire_end *end)
{
	struct wire_chunk *chunk;

	while ((chunk = end->first) != NULL) {
		end->first = chunk->next;
		free(chunk);
	}
	end->last = NULL;
	end->bytes = 0;
}

void
wires_end(void)
{
	struct wire *wire;

	while ((wire = wires) != NULL) {
		wires = wire->next;
		wire_drop(&wire->ends[0]);
		wire_drop(&wire->ends[1]);
		free(wire);
	}
	wire_last = 0;
}

struct wire *
wires_first(void)
{
	return wires;
}

bool
wire_is_up(const struct wire *wire)
{
	return wire->ends[0].is_open && wire->ends[1].is_open &&
	    !wire->ends[0].is_closing && !wire->ends[1].is_closing;
}

/* ---- arrival ---- */

static void wire_arrive(void *object, uint64_t what);

static void
wire_schedule(struct wire_end *end)
{
	uint64_t at_usec;

	if (end->first == NULL || end->is_scheduled || end->is_paused ||
	    end->wire->is_lost)
		return;
	at_usec = end->first->at_usec;
	if (at_usec < end->wire->stall_usec)
		at_usec = end->wire->stall_usec;
	end->is_scheduled = true;
	sim_at(at_usec, wire_arrive, end, 0);
}

/* Unmasks the frame at 'head' and hands it on; returns its whole size. */
static size_t
wire_frame(struct wire_end *end, unsigned char *head)
{
	uint64_t size = head[1] & 0x7f;
	unsigned char *data = head + 2;
	uint64_t i;

	if (size == 126) {
		size = (uint64_t)data[0] << 8 | data[1];
		data += 2;
	} else if (size == 127) {
		for (size = 0, i = 0; i < 8; i++)
			size = size << 8 | data[i];
		data += 8;
	}
	if (head[1] & 0x80) {
		data += 4;
		for (i = 0; i < size; i++)
			data[i] ^= data[(long)(i % 4) - 4];
	}
	sim_count(1);
	watcher(end, head[0] & 0xf, data, size);
	end->ops->frame(end, head[0] & 0xf, data, size);
	return (size_t)(data - head) + size;
}

static void
wire_closed(struct wire_end *end, uint16_t code)
{
	struct wire_end *other = wire_other(end);

	end->is_open = false;
	sim_count(1);
	end->ops->closed(end, code);
	wire_kill(other);
}

/* False if it has to wait: the reader paused on the way. */
static bool
wire_take(struct wire_end *end, struct wire_chunk *chunk)
{
	if (chunk->kind == WIRE_CLOSED) {
		wire_closed(end, chunk->code);
		return true;
	}
	if (chunk->kind == WIRE_GONE) {
		end->is_open = false;
		sim_count(1);
		end->ops->gone(end);
		return true;
	}
	while (chunk->done < chunk->size && end->is_open) {
		if (end->is_paused)
			return false;
		chunk->done += wire_frame(end, chunk->bytes + chunk->done);
	}
	return true;
}

static void
wire_writable(void *object, uint64_t what)
{
	struct wire_end *end = object;

	(void)what;
	if (!end->is_open || end->is_closing)
		return;
	end->ops->writable(end);
	end->ops->settle(end);
}

static void
wire_arrive(void *object, uint64_t what)
{
	struct wire_end *end = object, *other = wire_other(end);
	struct wire_chunk *chunk = end->first;

	(void)what;
	end->is_scheduled = false;
	if (chunk == NULL || end->is_paused || end->wire->is_lost)
		return;
	if (!end->is_open) {
		wire_drop(end);
		return;
	}
	if (sim_now() < end->wire->stall_usec) {
		wire_schedule(end);
		return;
	}
	if (wire_take(end, chunk) && end->first == chunk) {
		end->first = chunk->next;
		if (end->first == NULL)
			end->last = NULL;
		end->bytes -= chunk->size;
		end->arrived += chunk->size;
		free(chunk);
	}
	if (end->is_awaited && end->bytes < WIRE_WINDOW_BYTES / 2) {
		end->is_awaited = false;
		sim_at(sim_now(), wire_writable, other, 0);
	}
	wire_schedule(end);
	end->ops->settle(end);
}

/* ---- departure ---- */

static void
wire_append(struct wire_end *to, enum wire_kind kind, uint16_t code,
    const void *data, size_t size)
{
	struct wire *wire = to->wire;
	struct wire_chunk *chunk;
	uint64_t at_usec = sim_now() + wire->delay_usec +
	    sim_below((uint32_t)wire->jitter_usec + 1);

	if (!to->is_open || wire->is_lost)
		return;
	chunk = malloc(sizeof(*chunk) + size);
	assert(chunk != NULL);
	*chunk = (struct wire_chunk){.kind = kind, .code = code, .size = size};
	if (size > 0)
		memcpy(chunk->bytes, data, size);
	if (at_usec < to->last_usec)
		at_usec = to->last_usec;
	at_usec += size * wire->usec_per_kib / 1024;
	to->last_usec = chunk->at_usec = at_usec;
	to->bytes += size;
	if (to->last != NULL)
		to->last->next = chunk;
	else
		to->first = chunk;
	to->last = chunk;
	wire_schedule(to);
}

bool
wire_write(struct wire_end *end, const void *data, size_t size)
{
	struct wire_end *to = wire_other(end);

	assert(end->is_open && !end->is_closing);
	wire_append(to, WIRE_DATA, 0, data, size);
	if (to->bytes < WIRE_WINDOW_BYTES)
		return true;
	to->is_awaited = true;
	return false;
}

void
wire_control(struct wire_end *end, unsigned opcode, const void *data,
    size_t size)
{
	unsigned char bytes[WS_HEAD_BYTES_MAX + WS_CONTROL_BYTES_MAX];
	size_t head = ws_put_head(bytes, (enum ws_opcode)opcode, size);

	assert(size <= WS_CONTROL_BYTES_MAX);
	memcpy(bytes + head, data, size);
	wire_append(wire_other(end), WIRE_DATA, 0, bytes, head + size);
}

void
wire_text(struct wire_end *end, const char *text, size_t size)
{
	static unsigned char bytes[WS_HEAD_BYTES_MAX + (70u << 10)];
	size_t head = ws_put_head(bytes, WS_TEXT, size);

	assert(head + size <= sizeof(bytes));
	memcpy(bytes + head, text, size);
	wire_append(wire_other(end), WIRE_DATA, 0, bytes, head + size);
}

void
wire_pause(struct wire_end *end, bool is_paused)
{
	end->is_paused = is_paused;
	wire_schedule(end);
}

/* ---- the end ---- */

static void
wire_gone(void *object, uint64_t what)
{
	struct wire_end *end = object;

	(void)what;
	if (!end->is_open)
		return;
	end->is_open = false;
	wire_drop(end);
	sim_count(1);
	end->ops->gone(end);
	end->ops->settle(end);
}

void
wire_close(struct wire_end *end, uint16_t code)
{
	end->is_closing = true;
	if (wire_other(end)->is_open)
		wire_append(wire_other(end), WIRE_CLOSED, code, "", 0);
	else
		sim_at(sim_now(), wire_gone, end, 0);
}

void
wire_kill(struct wire_end *end)
{
	end->is_closing = true;
	sim_at(sim_now(), wire_gone, end, 0);
	wire_append(wire_other(end), WIRE_GONE, 0, "", 0);
}

void
wire_die(struct wire_end *end)
{
	if (!end->is_open)
		return;
	end->is_open = false;
	wire_drop(end);
	wire_append(wire_other(end), WIRE_GONE, 0, "", 0);
}

void
wire_break(struct wire *wire, uint64_t within_usec)
{
	unsigned i;

	wire->is_lost = true;
	for (i = 0; i < 2; i++)
		sim_at(sim_now() + sim_below((uint32_t)within_usec + 1),
		    wire_gone, &wire->ends[i], 0);
}
