/* The control plane as a pure state machine: which module an event is for. */
#include "core.h"

#include <stdlib.h>

#include <utlist.h>

#include "asked.h"
#include "fed.h"
#include "fed_guest.h"
#include "fed_join.h"
#include "gate.h"
#include "life.h"
#include "link.h"
#include "login.h"
#include "memory.h"
#include "peer.h"
#include "room_command.h"
#include "room_door.h"
#include "room_history.h"
#include "room_store.h"
#include "way.h"

static enum dn_err core_tick(struct core *core, const struct event *event);
static enum dn_err core_slice(struct core *core, const struct event *event);
static enum dn_err core_ignore(struct core *core, const struct event *event);

static enum dn_err (*const core_handlers[EVENT_END])(struct core *core,
    const struct event *event) = {
	/* The shell makes a LOGIN of it. */
	[IPC_auth] = core_ignore,
	[IPC_srvr] = fed_srvr,
	[IPC_dialled] = fed_dialled,
	[IPC_undialled] = fed_undialled,
	[IPC_arrv] = fed_arrv,
	[IPC_left] = peer_left,
	[IPC_closed] = life_closed,
	[IPC_sliced] = peer_sliced,
	[IPC_rtt] = peer_rtt,
	[IPC_stop] = life_shutdown,
	[IPC_nothing] = asked_nothing,
	[IPC_sync_client] = life_sync_client,
	[IPC_sync_entry] = life_sync_entry,
	[IPC_synced] = life_synced,
	[IPC_call] = fed_call,
	[IPC_command] = room_command,
	/* For the history, which the shell keeps. */
	[IPC_copy] = core_ignore,
	[IPC_joined] = room_history_joined,
	[EVENT_start] = life_start,
	[EVENT_configure] = life_configure,
	[EVENT_tick] = core_tick,
	[EVENT_login] = fed_login,
	[EVENT_connect] = peer_connect,
	[EVENT_disconnect] = peer_disconnect,
	[EVENT_kick] = login_kick,
	[EVENT_resolved] = peer_resolved,
	[EVENT_plane_up] = life_plane_up,
	[EVENT_plane_down] = life_plane_down,
	[EVENT_resumed] = life_resumed,
	[EVENT_shutdown] = life_shutdown,
	[EVENT_level] = life_level,
	[EVENT_stored] = room_store_stored,
	[EVENT_history] = room_history_read,
	[EVENT_room] = room_known,
	[EVENT_room_member] = room_member_known,
	[EVENT_room_create] = room_create_wanted,
	[EVENT_room_delete] = room_delete_wanted,
	[EVENT_asked] = asked_came,
	[EVENT_registered] = login_registered,
	[EVENT_copied] = asked_copied,
	[EVENT_kept] = asked_kept,
	[EVENT_unregistered] = login_unregistered,
	[EVENT_federate] = fed_federate,
	[EVENT_slice] = core_slice,
};

static void (*const core_deadlines[TIMER_KIND_COUNT])(struct core *core,
    uint64_t owner) = {
#define CORE_DEADLINE(name, handler) [TIMER_##name] = handler,
	STATE_TIMERS(CORE_DEADLINE)
#undef CORE_DEADLINE
};

static void
core_new_admissions(struct settings *settings)
{
	int door;

	for (door = 0; door < IPC_DOOR_COUNT; door++) {
		settings->admissions[door].text = memory_string(dn_str_of(""));
		(void)accept_parse(&settings->admissions[door].list,
		    dn_str_of(""), NULL);
	}
}

struct core *
core_new(void)
{
	struct core *core = memory_new(sizeof(*core));

	core->settings.name = memory_string(dn_str_of(""));
	core->settings.description = memory_string(dn_str_of(""));
	core->settings.federation = memory_string(dn_str_of(""));
	core_new_admissions(&core->settings);
	core->settings.text_bytes_max = DN_TEXT_BYTES_DEFAULT;
	core->settings.link_silence_msec = DN_LINK_SILENCE_MSEC;
	core->level = DN_LOG_COUNT;
	core->shutdown_timer.kind = TIMER_SHUTDOWN;
	core->users_max = DN_USERS_MAX;
	core->node.naive = core->naive;
	core->node.hops_max = DN_HOPS_MAX_DEFAULT;
	core->node.context = core;
	core->node.send = way_send;
	core->link_kinds[IPC_DOOR_DNCHAT] = &link_kind_dnchat;
	core->link_kinds[IPC_DOOR_CHANNELS] = &fed_link_kind;
	core->hooks.user_hidden = fed_user_hidden;
	core->hooks.room_created = fed_room_created;
	core->hooks.room_welcome = fed_guest_welcome;
	core->hooks.import_wanted = fed_import_wanted;
	core->settings.history_replay = DN_HISTORY_REPLAY_DEFAULT;
	core->settings.slice_users = DN_SLICE_USERS;
	link_recount(core);
	return core;
}

void
core_free(struct core *core)
{
	struct user *user, *next_user;
	struct peer *peer, *next_peer;
	int door;

	if (core == NULL)
		return;
	room_command_free_all(core);
	room_store_free_all(core);
	room_remove_all(core);
	DL_FOREACH_SAFE(core->users, user, next_user)
		user_free(core, user);
	fed_free_all(core);
	HASH_CLEAR(hh, core->peers_up);
	link_forget_lost(core);
	DL_FOREACH_SAFE(core->peers, peer, next_peer)
		peer_free(core, peer);
	asked_clear(core);
	timers_deinit(&core->timers);
	chain_deinit(&core->users_by_number);
	chain_deinit(&core->users_by_name);
	chain_deinit(&core->sessions_by_conn);
	free(core->settings.name);
	free(core->settings.description);
	free(core->settings.federation);
	for (door = 0; door < IPC_DOOR_COUNT; door++)
		free(core->settings.admissions[door].text);
	free(core);
}

static enum dn_err
core_ignore(struct core *core, const struct event *event)
{
	(void)core;
	(void)event;
	return DN_OK;
}

static enum dn_err
core_tick(struct core *core, const struct event *event)
{
	struct timer *timer;
	uint32_t count;

	(void)event;
	/* Deadlines of many users may have come together: the next TICK is for
	 * the others. */
	for (count = 0; count < core->settings.slice_users; count++) {
		timer = timers_first(&core->timers);
		if (timer == NULL || timer->deadline_msec > core->now_msec)
			break;
		timer_stop(&core->timers, timer);
		core_deadlines[timer->kind](core, timer->owner);
	}
	return DN_OK;
}

static enum dn_err
core_slice(struct core *core, const struct event *event)
{
	(void)event;
	link_go_on(core);
	return DN_OK;
}

enum dn_err
core_step(struct core *core, const struct event *event,
    struct updates *updates)
{
	enum dn_err err;

	if (event->type >= EVENT_END || core_handlers[event->type] == NULL)
		return DN_E_UNKNOWN;
	if (event->now_msec > core->now_msec)
		core->now_msec = event->now_msec;
	/* One that waited for its verdict may have come again. */
	if (event->seq > core->up_seq)
		core->up_seq = event->seq;
	core->updates = updates;
	err = core_handlers[event->type](core, event);
	core->updates = NULL;
	return err;
}

void
core_limit_users(struct core *core, size_t users_max)
{
	core->users_max = users_max < DN_USERS_MAX ? users_max : DN_USERS_MAX;
}

uint64_t
core_deadline(const struct core *core)
{
	const struct timer *timer = timers_first(&core->timers);

	return timer != NULL ? timer->deadline_msec : UINT64_MAX;
}

bool
core_has_slices(const struct core *core)
{
	return !core->done && link_next_job(core) != NULL;
}

bool
core_is_ending(const struct core *core)
{
	return core->shutting_down;
}

uint64_t
core_down_seq(const struct core *core)
{
	return core->down_seq;
}

uint64_t
core_up_seq(const struct core *core)
{
	return core->up_seq;
}
