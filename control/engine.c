/* Events to the journal and the core, and what follows: see engine.h. */
#include "engine.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "net.h"

/* No more commands than this are kept for a core that may come back. */
#define ENGINE_EARLY_BYTES_MAX (256u << 10)

void
engine_init(struct engine *engine, const char *dir, uint64_t seed,
    const struct engine_ops *ops)
{
	struct event event = {.type = EVENT_start};

	memset(engine, 0, sizeof(*engine));
	engine->ops = *ops;
	engine->core = core_new();
	journal_init(&engine->journal, dir);
	event.body.start.seed = seed;
	(void)engine_step(engine, &event);
}

void
engine_deinit(struct engine *engine)
{
	core_free(engine->core);
	journal_deinit(&engine->journal);
	outbox_deinit(&engine->outbox);
	updates_deinit(&engine->updates);
	bytes_deinit(&engine->note);
	bytes_deinit(&engine->early);
}

static void
engine_request(struct engine *engine, const struct request *request)
{
	switch (request->kind) {
	case REQUEST_RESOLVE:
		engine->ops.resolve(engine->ops.context, request);
		break;
	case REQUEST_QUIT:
		engine->quit = true;
		break;
	case REQUEST_ROOM_PUT:
	case REQUEST_ROOM_DELETE:
	case REQUEST_MEMBER_PUT:
	case REQUEST_MEMBER_DELETE:
	case REQUEST_HISTORY:
		engine->ops.store(engine->ops.context, request);
		break;
	}
}

/* Hands on what the core wants done. */
static void
engine_update(struct engine *engine)
{
	struct updates *updates = &engine->updates;
	size_t i;

	if (!outbox_append(&engine->outbox, updates->down.data,
	    updates->down.size))
		assert(!"the core numbers its records without gaps");
	for (i = 0; i < updates->notice_count; i++)
		engine->ops.notice(engine->ops.context, &updates->notices[i]);
	for (i = 0; i < updates->request_count; i++)
		engine_request(engine, &updates->requests[i]);
	updates_clear(updates);
}

enum dn_err
engine_step(struct engine *engine, struct event *event)
{
	uint64_t now_msec = net_now_msec();
	enum dn_err err;

	assert(!engine->stepping);
	engine->stepping = true;
	if (now_msec > engine->now_msec)
		engine->now_msec = now_msec;
	event->now_msec = engine->now_msec;
	journal_event(&engine->journal, event);
	err = core_step(engine->core, event, &engine->updates);
	engine_update(engine);
	engine->stepping = false;
	return err;
}

/* ---- commands before the first session ---- */

static void
engine_remember(struct engine *engine, const struct event *event)
{
	struct ipc_header header = {(uint32_t)event_size(event),
	    (uint16_t)event->type, 0};
	size_t size = IPC_HEADER_BYTES + header.size;
	struct dn_wr wr = dn_wr_of(bytes_reserve(&engine->early, size), size);

	ipc_put_header(&wr, &header);
	event_put(&wr, event);
	assert(!wr.failed && wr.at == size);
	engine->early.size += wr.at;
}

enum dn_err
engine_command(struct engine *engine, struct event *event)
{
	if (!engine->greeted) {
		if (engine->early.size > ENGINE_EARLY_BYTES_MAX)
			return DN_E_FULL;
		engine_remember(engine, event);
	}
	return engine_step(engine, event);
}

/* Gives the commands that were given to another core to this one. */
static void
engine_repeat(struct engine *engine)
{
	struct ipc_header header;
	struct event event;
	size_t at = 0;
	long length;

	while ((length = ipc_peek(engine->early.data + at,
	    engine->early.size - at, &header)) > 0) {
		struct dn_rd rd = dn_rd_of(engine->early.data + at +
		    IPC_HEADER_BYTES, header.size);

		memset(&event, 0, sizeof(event));
		if (event_get(&event, header.type, &rd) == DN_OK)
			(void)engine_step(engine, &event);
		at += (size_t)length;
	}
	bytes_deinit(&engine->early);
}

/* ---- time ---- */

bool
engine_is_congested(const struct engine *engine)
{
	return outbox_size(&engine->outbox) > IPC_DOWN_BYTES_HIGH;
}

/* The end has its time, whether dnchatd listens or not. */
static bool
engine_may_tick(const struct engine *engine)
{
	return !engine->resuming && (!engine_is_congested(engine) ||
	    core_is_ending(engine->core));
}

uint64_t
engine_deadline(const struct engine *engine)
{
	uint64_t deadline_msec = UINT64_MAX;

	if (engine_may_tick(engine))
		deadline_msec = core_has_slices(engine->core) ?
		    net_now_msec() : core_deadline(engine->core);

	/* engine_flush() wants a turn then, whatever else happens. */
	if (engine->incarnation != 0 && !journal_is_open(&engine->journal) &&
	    engine->journal.retry_msec < deadline_msec)
		deadline_msec = engine->journal.retry_msec;
	return deadline_msec;
}

void
engine_tick(struct engine *engine)
{
	struct event tick = {.type = EVENT_tick};
	struct event slice = {.type = EVENT_slice};

	if (engine_may_tick(engine) &&
	    core_deadline(engine->core) <= net_now_msec())
		(void)engine_step(engine, &tick);
	if (engine_may_tick(engine) && core_has_slices(engine->core))
		(void)engine_step(engine, &slice);
}

/* ---- the journal ---- */

/* What a journal begins with; 'snapshot' is filled for it. */
static struct journal_start
engine_start(const struct engine *engine, struct bytes *snapshot)
{
	core_save(engine->core, snapshot);
	return (struct journal_start){
		.incarnation = engine->incarnation,
		.snapshot = snapshot->data,
		.snapshot_size = snapshot->size,
		.outbox = outbox_data(&engine->outbox),
		.outbox_size = outbox_size(&engine->outbox),
		.note = engine->note.data,
		.note_size = engine->note.size
	};
}

static enum dn_err
engine_begin_journal(struct engine *engine)
{
	struct bytes snapshot = {0};
	struct journal_start start = engine_start(engine, &snapshot);
	enum dn_err err;

	err = journal_begin(&engine->journal, &start, net_now_msec());
	bytes_deinit(&snapshot);
	return err;
}

uint64_t
engine_write_aside(const struct engine *engine)
{
	struct bytes snapshot = {0};
	struct journal_start start = engine_start(engine, &snapshot);
	uint64_t size;

	size = journal_write_aside(&engine->journal, &start, net_now_msec());
	bytes_deinit(&snapshot);
	return size;
}

void
engine_end_aside(struct engine *engine, uint64_t size)
{
	/* What is pending is flushed to whichever there is then. */
	(void)journal_end_aside(&engine->journal, size, net_now_msec());
}

/* The journal has grown too long. A large state takes its time, in which
 * nobody could log in. */
static void
engine_compact(struct engine *engine)
{
	journal_begin_aside(&engine->journal);
	if (engine->ops.aside == NULL ||
	    !engine->ops.aside(engine->ops.context))
		(void)engine_begin_journal(engine);
}

void
engine_flush(struct engine *engine)
{
	uint64_t now_msec = net_now_msec();

	if (engine->incarnation == 0)
		return;
	if (!journal_is_open(&engine->journal) &&
	    now_msec >= engine->journal.retry_msec) {
		(void)engine_begin_journal(engine);
	} else if (journal_flush(&engine->journal, now_msec) == DN_OK &&
	    journal_is_long(&engine->journal, now_msec)) {
		engine_compact(engine);
	}
}

enum dn_err
engine_save(struct engine *engine)
{
	if (engine->incarnation == 0 || engine->early.size > 0)
		return DN_E_OFFLINE;
	return engine_begin_journal(engine);
}

void
engine_set_note(struct engine *engine, const struct bytes *note)
{
	engine->note.size = 0;
	bytes_append(&engine->note, note->data, note->size);
	if (engine->incarnation != 0)
		(void)engine_begin_journal(engine);
}

/* ---- beginnings and ends of dnchatd ---- */

bool
engine_fits(const struct engine *engine, uint64_t incarnation,
    uint64_t applied)
{
	/* Where nothing has come up yet, dnchatd may never have got our
	 * HELLO, and what it applied may be of an older numbering. */
	return engine->incarnation == incarnation &&
	    core_up_seq(engine->core) > 0 &&
	    applied >= engine->outbox.acked && applied <= engine->outbox.last;
}

/* Replays 'image' into a new core and a new outbox in '*engine'. */
static bool
engine_replay(struct engine *engine, struct journal_image *image,
    uint64_t applied)
{
	struct updates *updates = &engine->updates;
	struct ipc_header header;
	struct event event;

	engine->core = core_load(image->start.snapshot,
	    image->start.snapshot_size);
	if (engine->core == NULL)
		return false;
	outbox_reset(&engine->outbox, core_down_seq(engine->core));
	if (ipc_peek(image->start.outbox, image->start.outbox_size,
	    &header) > 0)
		outbox_reset(&engine->outbox, header.seq - 1);
	if (!outbox_append(&engine->outbox, image->start.outbox,
	    image->start.outbox_size) ||
	    engine->outbox.last != core_down_seq(engine->core))
		return false;
	while (journal_next(image, &event)) {
		(void)core_step(engine->core, &event, updates);
		if (!outbox_append(&engine->outbox, updates->down.data,
		    updates->down.size))
			return false;
		/* What dnchatd has is not kept in memory. */
		if (engine->outbox.last <= applied)
			(void)outbox_ack(&engine->outbox,
			    engine->outbox.last);
		updates_clear(updates);
		engine->now_msec = event.now_msec;
	}
	return engine_fits(engine, image->start.incarnation, applied);
}

bool
engine_restore(struct engine *engine, uint64_t incarnation, uint64_t applied)
{
	struct engine old = *engine;
	struct journal_image image;
	struct bytes bytes = {0};
	enum dn_err err;

	err = journal_read(&engine->journal, &bytes);
	if (err == DN_OK)
		err = journal_parse(&image, bytes.data, bytes.size);
	if (err == DN_OK && image.start.incarnation != incarnation)
		err = DN_E_STATE;
	if (err == DN_OK) {
		engine->core = NULL;
		engine->outbox = (struct outbox){0};
		engine->incarnation = incarnation;
		if (!engine_replay(engine, &image, applied))
			err = DN_E_MALFORMED;
	}
	if (err == DN_E_UNKNOWN) {
		bytes_deinit(&bytes);
		return false;
	}
	dn_info("journal", "result=%s bytes=%zu why=\"%s\"",
	    err == DN_OK ? "replayed" : "void", bytes.size, dn_err_text(err));
	if (err == DN_OK) {
		core_free(old.core);
		outbox_deinit(&old.outbox);
		engine->note.size = 0;
		bytes_append(&engine->note, image.start.note,
		    image.start.note_size);
		engine->greeted = true;
		engine->resuming = true;
		/* A torn end is gone with this, and another build's hand. */
		(void)engine_begin_journal(engine);
	} else if (engine->core != old.core) {
		core_free(engine->core);
		outbox_deinit(&engine->outbox);
		old.updates = engine->updates;
		updates_clear(&old.updates);
		*engine = old;
	}
	bytes_deinit(&bytes);
	return err == DN_OK;
}

void
engine_down(struct engine *engine)
{
	struct event event = {.type = EVENT_plane_down};

	if (engine->incarnation == 0)
		return;
	(void)engine_step(engine, &event);
	/* Nobody is there any more to whom these were said. */
	outbox_reset(&engine->outbox, core_down_seq(engine->core));
	journal_remove(&engine->journal);
	engine->incarnation = 0;
	engine->resuming = false;
}

void
engine_reset(struct engine *engine, uint64_t incarnation)
{
	struct event event = {.type = EVENT_plane_up};

	engine_down(engine);
	/* An old journal must not meet the new numbering; the new one begins
	 * after PLANE_UP, so that it is whole or not there. */
	journal_remove(&engine->journal);
	outbox_reset(&engine->outbox, 0);
	engine->incarnation = incarnation;
	engine->greeted = true;
	bytes_deinit(&engine->early);
	event.body.plane_up.incarnation = incarnation;
	(void)engine_step(engine, &event);
	(void)engine_begin_journal(engine);
}

void
engine_resumed(struct engine *engine)
{
	struct event event = {.type = EVENT_resumed};

	if (!engine->resuming)
		return;
	engine->resuming = false;
	(void)engine_step(engine, &event);
	engine_repeat(engine);
}
