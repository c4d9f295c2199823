/* Events to bytes and back: between the core's shell and its journal. */
#include "event.h"

#include <assert.h>

#define EVENT_GET_IPC(name, FIELDS, meaning)                               \
	static bool                                                        \
	event_read_ipc_##name(struct dn_rd *rd, struct event *event)       \
	{                                                                  \
		return ipc_get_##name(rd, &event->body.name);              \
	}                                                                  \
	static void                                                        \
	event_write_ipc_##name(struct dn_wr *wr, const struct event *event) \
	{                                                                  \
		ipc_put_##name(wr, &event->body.name);                     \
	}                                                                  \
	static size_t                                                      \
	event_measure_ipc_##name(const struct event *event)                   \
	{                                                                  \
		return ipc_size_##name(&event->body.name);                 \
	}
IPC_UP(EVENT_GET_IPC)

#define EVENT_GET_LOCAL(name, FIELDS, meaning)                             \
	static bool                                                        \
	event_read_##name(struct dn_rd *rd, struct event *event)           \
	{                                                                  \
		return event_get_##name(rd, &event->body.name);            \
	}                                                                  \
	static void                                                        \
	event_write_##name(struct dn_wr *wr, const struct event *event)    \
	{                                                                  \
		event_put_##name(wr, &event->body.name);                   \
	}                                                                  \
	static size_t                                                      \
	event_measure_##name(const struct event *event)                    \
	{                                                                  \
		return event_size_##name(&event->body.name);               \
	}
EVENT_LOCAL(EVENT_GET_LOCAL)

static const struct event_row {
	bool (*read)(struct dn_rd *rd, struct event *event);
	void (*write)(struct dn_wr *wr, const struct event *event);
	size_t (*size)(const struct event *event);
} event_rows[EVENT_END] = {
#define EVENT_ROW_IPC(name, FIELDS, meaning) \
	[IPC_##name] = {event_read_ipc_##name, event_write_ipc_##name, \
	    event_measure_ipc_##name},
	IPC_UP(EVENT_ROW_IPC)
#define EVENT_ROW_LOCAL(name, FIELDS, meaning) \
	[EVENT_##name] = {event_read_##name, event_write_##name, \
	    event_measure_##name},
	EVENT_LOCAL(EVENT_ROW_LOCAL)
};

enum dn_err
event_get(struct event *event, unsigned type, struct dn_rd *rd)
{
	if (type >= EVENT_END || event_rows[type].read == NULL)
		return DN_E_UNKNOWN;
	event->type = type;
	return event_rows[type].read(rd, event) ? DN_OK : DN_E_MALFORMED;
}

void
event_put(struct dn_wr *wr, const struct event *event)
{
	/* They hold secrets, and what this writes goes to the journal. */
	assert(event->type != IPC_auth);
	assert(event->type != IPC_call ||
	    event->body.call.verb != DN_VERB_REGISTER);
	assert(event->type < EVENT_END && event_rows[event->type].write != NULL);
	event_rows[event->type].write(wr, event);
}

size_t
event_size(const struct event *event)
{
	assert(event->type < EVENT_END && event_rows[event->type].size != NULL);
	return event_rows[event->type].size(event);
}
