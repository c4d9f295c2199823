/* The whole of it: starts, ends, and what dnchatd has when it comes. Between
 * core.c and login.c, peer.c and way.c. */
#include "life.h"

#include <stdlib.h>

#include <utlist.h>

#include "asked.h"
#include "dial.h"
#include "down.h"
#include "fed.h"
#include "link.h"
#include "login.h"
#include "memory.h"
#include "peer.h"
#include "room.h"
#include "room_store.h"
#include "way.h"

/* Protocol page: LEFT for every user, wait 1 to 2 s, close. */
#define LIFE_SHUTDOWN_MSEC 1200

/* ---- configuration ---- */

enum dn_err
life_start(struct core *core, const struct event *event)
{
	/* Tables that hold something can't change their hash any more. */
	if (core->users != NULL || core->peers != NULL)
		return DN_E_STATE;
	core->seed = hash_mix(event->body.start.seed);
	core->random = hash_mix(core->seed);
	core->started_msec = event->now_msec;
	return DN_OK;
}

static void
life_send_config(struct core *core)
{
	const struct settings *settings = &core->settings;

	DOWN(core, config, .text_bytes_max = settings->text_bytes_max,
	    .link_silence_msec = settings->link_silence_msec,
	    .flags = settings->srvr_any ? IPC_CONFIG_SRVR_ANY : 0,
	    .federation = dn_str_of(settings->federation));
}

static void
life_set_string(char **at, struct dn_str str, size_t size_max)
{
	if (str.size > size_max)
		str.size = size_max;
	free(*at);
	*at = memory_string(str);
}

static uint32_t
life_within(uint32_t value, uint32_t least, uint32_t most)
{
	return value < least ? least : value > most ? most : value;
}

/* A list that can't be read leaves the one before in force. */
static void
life_admit(struct core *core, enum ipc_door door, struct dn_str text)
{
	struct admission *admission = &core->settings.admissions[door];
	struct accept list;
	struct notice *notice;
	struct dn_str bad;

	if (accept_parse(&list, text, &bad) == DN_OK) {
		admission->list = list;
		life_set_string(&admission->text, text, text.size);
		return;
	}
	notice = updates_notice(core->updates, DN_LOG_ERROR,
	    door == IPC_DOOR_DNCHAT ? "accept_peers_malformed" :
	    "accept_federation_malformed");
	notice_add(notice, "word", bad);
}

enum dn_err
life_configure(struct core *core, const struct event *event)
{
	const struct event_configure *body = &event->body.configure;
	struct settings *settings = &core->settings;
	bool is_renamed;

	is_renamed = !dn_str_eq(body->name, dn_str_of(settings->name));
	life_set_string(&settings->name, body->name, DN_HOST_BYTES_MAX);
	life_set_string(&settings->description, body->description,
	    DN_DESCRIPTION_OWN_BYTES_MAX);
	life_set_string(&settings->federation, body->federation,
	    DN_HOST_BYTES_MAX);
	life_admit(core, IPC_DOOR_DNCHAT, body->accept_peers);
	life_admit(core, IPC_DOOR_CHANNELS, body->accept_federation.size > 0 ?
	    body->accept_federation : body->accept_peers);
	core->node.hops_max = (uint16_t)life_within(body->hops_max, 1,
	    ROUTE_INFINITY - 1);
	settings->text_bytes_max = life_within(body->text_bytes_max,
	    DN_TEXT_BYTES_LEAST, DN_TEXT_BYTES_MOST);
	settings->link_silence_msec = body->link_silence_msec > 0 ?
	    body->link_silence_msec : DN_LINK_SILENCE_MSEC;
	settings->srvr_any = body->srvr_any != 0;
	settings->rooms_service = body->rooms_service != 0;
	settings->channels_joined = body->channels_joined != 0;
	settings->history_replay = life_within(body->history_replay, 0,
	    DN_HISTORY_REPLAY_MAX);
	settings->slice_users = body->slice_users > 0 ? body->slice_users :
	    DN_SLICE_USERS;
	life_send_config(core);
	if (is_renamed)
		room_renamed(core);
	room_settle_service(core);
	return DN_OK;
}

enum dn_err
life_level(struct core *core, const struct event *event)
{
	if (event->body.level.level >= DN_LOG_COUNT)
		return DN_E_RANGE;
	core->level = event->body.level.level;
	DOWN(core, level, .level = core->level);
	return DN_OK;
}

/* ---- dnchatd comes and goes ---- */

/* Links and users first: then nothing has to be withdrawn on them. */
static void
life_forget_all(struct core *core)
{
	struct user *user, *next_user;
	struct peer *peer, *next_peer;

	DL_FOREACH_SAFE(core->users, user, next_user)
		user_free(core, user);
	link_forget_lost(core);
	DL_FOREACH_SAFE(core->peers, peer, next_peer) {
		if (peer->conn != IPC_CONN_NONE) {
			/* No user has it any more. */
			peer->routed = 0;
			peer->announced = 0;
			core->link_kinds[peer->door]->down(core, peer);
		}
		peer_offline(core, peer);
	}
}

enum dn_err
life_plane_down(struct core *core, const struct event *event)
{
	(void)event;
	if (core->incarnation == 0)
		return DN_OK;
	core->incarnation = 0;
	core->synced = false;
	fed_plane_down(core);
	room_plane_down(core);
	asked_clear(core);
	life_forget_all(core);
	(void)updates_notice(core->updates, DN_LOG_WARN, "plane_down");
	if (core->shutting_down)
		life_shutdown_over(core, 0);
	return DN_OK;
}

enum dn_err
life_plane_up(struct core *core, const struct event *event)
{
	struct notice *notice;

	if (event->body.plane_up.incarnation == 0)
		return DN_E_RANGE;
	(void)life_plane_down(core, event);
	core->incarnation = event->body.plane_up.incarnation;
	core->up_seq = 0;
	core->down_seq = 0;
	notice = updates_notice(core->updates, DN_LOG_INFO, "plane_up");
	notice_add_number(notice, "incarnation", core->incarnation);
	life_send_config(core);
	if (core->level < DN_LOG_COUNT)
		DOWN(core, level, .level = core->level);
	return DN_OK;
}

/* True if dnchatd tells of a user who can be, and isn't known yet. */
static bool
life_is_news(const struct core *core, uint64_t number, struct dn_str name,
    struct dn_str description)
{
	return user_is_number(number) && user_is_text(name, description) &&
	    user_find(core, number) == NULL;
}

enum dn_err
life_sync_client(struct core *core, const struct event *event)
{
	const struct ipc_sync_client *body = &event->body.sync_client;
	struct user *user;
	struct seat seat;

	if (core->incarnation == 0 || body->conn == IPC_CONN_NONE ||
	    body->door >= IPC_DOOR_COUNT ||
	    session_find(core, body->conn) != NULL ||
	    !life_is_news(core, body->number, body->name, body->description))
		return DN_OK;
	user = way_user(core, body->number, body->name, body->description);
	if (user == NULL) {
		DOWN(core, close, .conn = body->conn, .code = 1013,
		    .why = dn_str_of("too many users"));
		return DN_OK;
	}
	user_set_shown(core, user, true);
	user->sent = ROUTE_SELF;
	seat = (struct seat){.conn = body->conn, .source = body->source,
	    .door = body->door, .is_client = true};
	way_login(core, user, &seat, body->name, body->description);
	room_login(core, user);
	return DN_OK;
}

enum dn_err
life_sync_entry(struct core *core, const struct event *event)
{
	const struct ipc_sync_entry *body = &event->body.sync_entry;
	struct user *user;

	if (core->incarnation == 0 ||
	    !life_is_news(core, body->number, body->name, body->description))
		return DN_OK;
	user = way_user(core, body->number, body->name, body->description);
	if (user == NULL)
		DOWN(core, hide, .number = body->number);
	else
		way_entry(core, user);
	return DN_OK;
}

enum dn_err
life_synced(struct core *core, const struct event *event)
{
	struct user *user, *next_user;
	struct peer *peer;

	(void)event;
	DL_FOREACH_SAFE(core->users, user, next_user)
		if (user->shown)
			way_tell(core, user);
	core->synced = true;
	room_synced(core);
	DL_FOREACH(core->peers, peer)
		if (peer->state == PEER_OFFLINE)
			dial_start(core, peer);
	return DN_OK;
}

enum dn_err
life_closed(struct core *core, const struct event *event)
{
	const struct ipc_closed *body = &event->body.closed;
	struct session *session = session_find(core, body->conn);
	struct peer *peer = link_find(core, body->conn);

	asked_closed(core, body->conn);
	if (session != NULL)
		login_closed(core, session, body->code, body->why);
	if (peer != NULL)
		peer_closed(core, peer, body->code, body->why);
	return DN_OK;
}

/* ---- ends ---- */

enum dn_err
life_resumed(struct core *core, const struct event *event)
{
	struct peer *peer;

	timers_restart(&core->timers, event->now_msec);
	DL_FOREACH(core->peers, peer)
		peer_resume(core, peer);
	room_store_resume(core);
	if (core->done)
		(void)updates_request(core->updates, REQUEST_QUIT);
	return DN_OK;
}

void
life_shutdown_over(struct core *core, uint64_t owner)
{
	(void)owner;
	if (core->done)
		return;
	timer_stop(&core->timers, &core->shutdown_timer);
	DOWN(core, done, 0);
	core->done = true;
	(void)updates_request(core->updates, REQUEST_QUIT);
}

/* Nobody is dialled any more; links stay up for the acknowledgements. */
static void
life_stop_dialling(struct core *core)
{
	struct peer *peer;

	DL_FOREACH(core->peers, peer)
		if (peer->conn == IPC_CONN_NONE)
			dial_stop(core, peer);
}

enum dn_err
life_shutdown(struct core *core, const struct event *event)
{
	struct user *user, *next_user;

	if (core->shutting_down)
		return DN_OK;
	(void)updates_notice(core->updates, DN_LOG_INFO, "shutdown");
	core->shutting_down = true;
	core->node.shutdown = true;
	DL_FOREACH_SAFE(core->users, user, next_user)
		way_shutdown(core, user);
	life_stop_dialling(core);
	/* Only links with slots have anything to be withdrawn on. */
	if (core->slot_end == 0)
		life_shutdown_over(core, 0);
	else
		timer_start(&core->timers, &core->shutdown_timer,
		    event->now_msec, LIFE_SHUTDOWN_MSEC);
	return DN_OK;
}
