/*
 * The state as bytes and back: core_save() and core_load(), between the core
 * and whoever keeps the bytes. What is read is checked as far as the core
 * relies on it.
 */
#include "save.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "asked.h"
#include "link.h"
#include "memory.h"

#define SAVE_MAGIC UINT32_C(0x53434e44)
/* Raised with every change of what is written; older ones stay readable. */
#define SAVE_VERSION SAVE_VERSION_LOST

void
save_fail(struct save *save)
{
	save->rd.failed = true;
}

static void
save_uint(struct save *save, size_t size, uint64_t *value)
{
	struct dn_wr wr;

	if (save_is_reading(save)) {
		*value = dn_rd_uint(&save->rd, size);
		return;
	}
	wr = dn_wr_of(bytes_reserve(save->out, size), size);
	dn_wr_uint(&wr, size, *value);
	save->out->size += size;
}

void
save_u8(struct save *save, uint8_t *value)
{
	uint64_t wide = *value;

	save_uint(save, 1, &wide);
	*value = (uint8_t)wide;
}

void
save_u16(struct save *save, uint16_t *value)
{
	uint64_t wide = *value;

	save_uint(save, 2, &wide);
	*value = (uint16_t)wide;
}

void
save_u32(struct save *save, uint32_t *value)
{
	uint64_t wide = *value;

	save_uint(save, 4, &wide);
	*value = (uint32_t)wide;
}

void
save_u64(struct save *save, uint64_t *value)
{
	save_uint(save, 8, value);
}

void
save_bool(struct save *save, bool *value)
{
	uint64_t wide = *value;

	save_uint(save, 1, &wide);
	if (wide > 1)
		save_fail(save);
	*value = wide == 1;
}

void
save_slot(struct save *save, int16_t *value)
{
	uint16_t wide = (uint16_t)(*value - ROUTE_NONE);

	save_u16(save, &wide);
	if (wide >= DN_LINKS_MAX - ROUTE_NONE)
		save_fail(save);
	else
		*value = (int16_t)((int)wide + ROUTE_NONE);
}

void
save_str(struct save *save, struct dn_str *value)
{
	uint32_t size = (uint32_t)value->size;

	if (save_is_reading(save)) {
		*value = dn_rd_str(&save->rd);
		return;
	}
	save_u32(save, &size);
	bytes_append(save->out, value->data, value->size);
}

void
save_string(struct save *save, char **value)
{
	struct dn_str str = dn_str_of(*value);
	bool is_there = *value != NULL;

	save_bool(save, &is_there);
	if (is_there)
		save_str(save, &str);
	if (!save_is_reading(save))
		return;
	free(*value);
	*value = is_there ? memory_string(str) : NULL;
}

void
save_timer(struct save *save, struct core *core, struct timer *timer)
{
	bool runs = timer_runs(timer);
	uint64_t deadline = timer->deadline_msec;
	uint32_t length = timer->length_msec;

	save_bool(save, &runs);
	if (!runs)
		return;
	save_u64(save, &deadline);
	save_u32(save, &length);
	if (!save_is_reading(save))
		return;
	/* It was not started in the future. */
	if (deadline < length || deadline - length > core->now_msec)
		save_fail(save);
	else
		timer_start(&core->timers, timer, deadline - length, length);
}

static void
save_admission(struct save *save, struct admission *admission)
{
	save_string(save, &admission->text);
	if (save_is_reading(save) && (admission->text == NULL ||
	    accept_parse(&admission->list, dn_str_of(admission->text), NULL) !=
	    DN_OK))
		save_fail(save);
}

static void
save_settings(struct save *save, struct settings *settings)
{
	save_string(save, &settings->name);
	save_string(save, &settings->description);
	save_admission(save, &settings->admissions[IPC_DOOR_DNCHAT]);
	save_u32(save, &settings->text_bytes_max);
	save_u32(save, &settings->link_silence_msec);
	save_bool(save, &settings->srvr_any);
	if (save->version >= SAVE_VERSION_ROOMS) {
		save_bool(save, &settings->rooms_service);
		save_bool(save, &settings->channels_joined);
		save_u32(save, &settings->history_replay);
		save_admission(save, &settings->admissions[IPC_DOOR_CHANNELS]);
		save_string(save, &settings->federation);
	}
	if (save->version >= SAVE_VERSION_LOST)
		save_u32(save, &settings->slice_users);
	if (!save_is_reading(save))
		return;
	if (settings->name == NULL || settings->description == NULL ||
	    settings->federation == NULL || settings->slice_users == 0 ||
	    strlen(settings->federation) > DN_HOST_BYTES_MAX ||
	    strlen(settings->description) > DN_DESCRIPTION_OWN_BYTES_MAX)
		save_fail(save);
}

static void
save_head(struct save *save, struct core *core)
{
	uint32_t magic = SAVE_MAGIC;

	save_u32(save, &magic);
	save_u32(save, &save->version);
	if (magic != SAVE_MAGIC || save->version == 0 ||
	    save->version > SAVE_VERSION)
		save_fail(save);
	save_u64(save, &core->seed);
	save_u64(save, &core->random);
	save_u64(save, &core->started_msec);
	save_u64(save, &core->now_msec);
	save_u64(save, &core->incarnation);
	save_u64(save, &core->up_seq);
	save_u64(save, &core->down_seq);
	save_u8(save, &core->level);
	if (save->version >= SAVE_VERSION_ROOMS)
		save_bool(save, &core->synced);
	else
		core->synced = core->incarnation != 0;
	save_bool(save, &core->shutting_down);
	save_bool(save, &core->done);
	save_u32(save, &core->peer_last);
	save_u32(save, &core->dial_last);
	save_u16(save, &core->node.hops_max);
	core->node.shutdown = core->shutting_down;
	if (core->level > DN_LOG_COUNT || core->now_msec > TIMER_MSEC_MAX)
		save_fail(save);
	save_timer(save, core, &core->shutdown_timer);
}

/* What is not acknowledged yet: by number, and none is still to come. */
static void
save_asked(struct save *save, struct core *core)
{
	uint64_t seq = 0, conn = 0, last = 0;
	struct asked *asked = core->asked;
	uint32_t count;

	DL_COUNT(core->asked, asked, count);
	save_u32(save, &count);
	for (asked = core->asked; count > 0 && save_is_good(save); count--) {
		if (!save_is_reading(save)) {
			seq = asked->seq;
			conn = asked->conn;
			asked = asked->next;
		}
		save_u64(save, &seq);
		save_u64(save, &conn);
		if (seq <= last || seq > core->up_seq)
			save_fail(save);
		else if (save_is_reading(save))
			asked_add(core, seq, conn);
		last = seq;
	}
	save_u64(save, &core->copied_first);
	save_u64(save, &core->copied_last);
	if (core->copied_first > core->copied_last + 1 ||
	    core->copied_last > core->up_seq)
		save_fail(save);
}

/* Once something failed, what follows is not looked at any more. */
static void
save_all(struct save *save, struct core *core)
{
	save_head(save, core);
	if (save_is_good(save))
		save_settings(save, &core->settings);
	if (save_is_good(save))
		save_peers(save, core);
	if (save_is_good(save) && save->version >= SAVE_VERSION_ROOMS)
		save_federation(save, core);
	if (save_is_good(save))
		save_users(save, core);
	if (save_is_good(save))
		save_cursors(save, core);
	if (save_is_good(save) && save->version >= SAVE_VERSION_ROOMS)
		save_rooms(save, core);
	if (save_is_good(save) && save->version >= SAVE_VERSION_ROOMS)
		save_asked(save, core);
}

void
core_save(const struct core *core, struct bytes *bytes)
{
	struct save save = {.out = bytes, .version = SAVE_VERSION};

	/* The functions that also read take it as one that may change. */
	save_all(&save, (struct core *)(uintptr_t)core);
}

struct core *
core_load(const void *data, size_t size)
{
	struct save save = {.rd = dn_rd_of(data, size)};
	struct core *core = core_new();

	save_all(&save, core);
	if (!save.rd.failed && save.rd.at == save.rd.size)
		return core;
	core_free(core);
	return NULL;
}
