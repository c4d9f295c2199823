/*
 * Any sequence of events: the core takes it, says what is well-formed and
 * numbered without gaps, and goes on as before from what it saved.
 *
 * An input is a list of events: which one, the time since the last, then a
 * byte a field, which stands for one of a few values that fit together, so
 * that stories happen rather than noise. Two codes stand for saving and
 * loading, and for an event as the journal has it, byte by byte.
 */
#include <stdlib.h>
#include <string.h>

#include "../../../control/core.h"

#define EVENTS_MAX 400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_so)
{
	if (!is_so)
		abort();
}

static uint64_t
take_byte(struct dn_rd *rd)
{
	return rd->at < rd->size ? rd->data[rd->at++] : 0;
}

static uint64_t
take_u8(struct dn_rd *rd)
{
	return take_byte(rd);
}

static uint64_t
take_u16(struct dn_rd *rd)
{
	return take_byte(rd);
}

static uint64_t
take_u32(struct dn_rd *rd)
{
	uint64_t byte = take_byte(rd);

	return byte < 200 ? byte : byte < 220 ? byte * 5000 : UINT32_MAX - 255 +
	    byte;
}

static uint64_t
take_u64(struct dn_rd *rd)
{
	uint64_t byte = take_byte(rd);

	return byte < 240 ? byte % 32 : UINT64_MAX / 2 - 250 + byte;
}

static struct dn_str
take_str(struct dn_rd *rd)
{
	static const char *const strings[] = {"", "ann", "bob", "cid", "#no",
	    "alpha", "beta", "[::1]", "10.0.0.1:5", "10.0.0.2:5",
	    "[fe80::1]:7", "8.8.8.8:53", "192.0.2.1 192.0.2.2", "192.0.2.1",
	    "any proxied", "none", "alpha:1", "beta:1", "there", "cut",
	    "lobby", "#lobby", "room s1", "/join", "/join plain", "/leave",
	    "/who", "/history 3 after 1", "/help", "/create lobby", "/list",
	    "hello", "//x", "lobby:s1", "10.0.0.1", "10.0.0.1:1",
	    "ann@10.0.0.1:1", "bob@10.0.0.1:2", "10.0.0.1:6", ""};
	uint64_t byte = take_byte(rd);
	const unsigned char *at;
	size_t size;

	if (byte < 224)
		return dn_str_of(strings[byte %
		    (sizeof(strings) / sizeof(strings[0]))]);
	size = (size_t)(byte - 224) * (byte - 224);
	if (size > rd->size - rd->at)
		size = rd->size - rd->at;
	at = dn_rd_take(rd, size);
	return (struct dn_str){(const char *)at, at != NULL ? size : 0};
}

#define TAKE_U8(rd) (uint8_t)take_u8(rd)
#define TAKE_U16(rd) (uint16_t)take_u16(rd)
#define TAKE_U32(rd) (uint32_t)take_u32(rd)
#define TAKE_U64(rd) take_u64(rd)
#define TAKE_STR(rd) take_str(rd)

#define TAKE_BODY(name, FIELDS)                                           \
	static void                                                       \
	take_##name(struct dn_rd *rd, struct event *event)                \
	{                                                                 \
		FIELDS(TAKE_MEMBER_##name)                                \
	}

/* A macro can't name the row it is expanded for: one for each row. */
#define TAKE(row, type, name_) event->body.row.name_ = TAKE_##type(rd);
#define TAKE_MEMBER_srvr(type, name_) TAKE(srvr, type, name_)
#define TAKE_MEMBER_dialled(type, name_) TAKE(dialled, type, name_)
#define TAKE_MEMBER_undialled(type, name_) TAKE(undialled, type, name_)
#define TAKE_MEMBER_arrv(type, name_) TAKE(arrv, type, name_)
#define TAKE_MEMBER_left(type, name_) TAKE(left, type, name_)
#define TAKE_MEMBER_closed(type, name_) TAKE(closed, type, name_)
#define TAKE_MEMBER_sliced(type, name_) TAKE(sliced, type, name_)
#define TAKE_MEMBER_rtt(type, name_) TAKE(rtt, type, name_)
#define TAKE_MEMBER_sync_client(type, name_) TAKE(sync_client, type, name_)
#define TAKE_MEMBER_sync_entry(type, name_) TAKE(sync_entry, type, name_)
#define TAKE_MEMBER_configure(type, name_) TAKE(configure, type, name_)
#define TAKE_MEMBER_login(type, name_) TAKE(login, type, name_)
#define TAKE_MEMBER_connect(type, name_) TAKE(connect, type, name_)
#define TAKE_MEMBER_disconnect(type, name_) TAKE(disconnect, type, name_)
#define TAKE_MEMBER_kick(type, name_) TAKE(kick, type, name_)
#define TAKE_MEMBER_resolved(type, name_) TAKE(resolved, type, name_)
#define TAKE_MEMBER_plane_up(type, name_) TAKE(plane_up, type, name_)
#define TAKE_MEMBER_level(type, name_) TAKE(level, type, name_)
#define TAKE_MEMBER_call(type, name_) TAKE(call, type, name_)
#define TAKE_MEMBER_command(type, name_) TAKE(command, type, name_)
#define TAKE_MEMBER_joined(type, name_) TAKE(joined, type, name_)
#define TAKE_MEMBER_stored(type, name_) TAKE(stored, type, name_)
#define TAKE_MEMBER_history(type, name_) TAKE(history, type, name_)
#define TAKE_MEMBER_room(type, name_) TAKE(room, type, name_)
#define TAKE_MEMBER_room_member(type, name_) TAKE(room_member, type, name_)
#define TAKE_MEMBER_room_create(type, name_) TAKE(room_create, type, name_)
#define TAKE_MEMBER_room_delete(type, name_) TAKE(room_delete, type, name_)
#define TAKE_MEMBER_asked(type, name_) TAKE(asked, type, name_)
#define TAKE_MEMBER_registered(type, name_) TAKE(registered, type, name_)
#define TAKE_MEMBER_kept(type, name_) TAKE(kept, type, name_)
#define TAKE_MEMBER_copied(type, name_) TAKE(copied, type, name_)
#define TAKE_MEMBER_slice(type, name_) TAKE(slice, type, name_)
#define TAKE_MEMBER_unregistered(type, name_) TAKE(unregistered, type, name_)

/* Rows with fields, in the order of their codes. */
#define FUZZ_IPC(X) X(srvr, IPC_F_SRVR) X(dialled, IPC_F_DIALLED)         \
	X(undialled, IPC_F_UNDIALLED) X(arrv, IPC_F_ARRV)                 \
	X(left, IPC_F_LEFT) X(closed, IPC_F_CLOSED)                       \
	X(sliced, IPC_F_SLICED) X(rtt, IPC_F_RTT)                         \
	X(sync_client, IPC_F_SYNC_CLIENT) X(sync_entry, IPC_F_SYNC_ENTRY)
#define FUZZ_LOCAL(X) X(configure, EVENT_F_CONFIGURE)                     \
	X(login, EVENT_F_LOGIN) X(connect, EVENT_F_CONNECT)               \
	X(disconnect, EVENT_F_DISCONNECT) X(kick, EVENT_F_KICK)           \
	X(resolved, EVENT_F_RESOLVED) X(plane_up, EVENT_F_PLANE_UP)       \
	X(level, EVENT_F_LEVEL)
#define FUZZ_BARE(X) X(EVENT_tick) X(EVENT_tick) X(EVENT_tick)            \
	X(IPC_synced) X(EVENT_plane_down) X(EVENT_resumed) X(IPC_nothing) \
	X(IPC_stop) X(FUZZ_RELOAD) X(FUZZ_RAW)
/* Those that came later stand last: the corpus knows rows by their places. */
#define FUZZ_IPC_ROOMS(X) X(call, IPC_F_CALL) X(command, IPC_F_COMMAND)   \
	X(joined, IPC_F_JOINED)
#define FUZZ_LOCAL_ROOMS(X) X(stored, EVENT_F_STORED)                     \
	X(history, EVENT_F_HISTORY) X(room, EVENT_F_ROOM)                 \
	X(room_member, EVENT_F_ROOM_MEMBER)                               \
	X(room_create, EVENT_F_ROOM_CREATE)                               \
	X(room_delete, EVENT_F_ROOM_DELETE) X(asked, EVENT_F_ASKED)       \
	X(registered, EVENT_F_REGISTERED) X(kept, EVENT_F_KEPT)           \
	X(copied, DN_NO_FIELDS) X(unregistered, EVENT_F_UNREGISTERED)     \
	X(slice, DN_NO_FIELDS)

/* In the place of a type: save and load; an event as the journal has it. */
enum {
	FUZZ_RELOAD = EVENT_END,
	FUZZ_RAW
};

FUZZ_IPC(TAKE_BODY)
FUZZ_LOCAL(TAKE_BODY)
FUZZ_IPC_ROOMS(TAKE_BODY)
FUZZ_LOCAL_ROOMS(TAKE_BODY)

static const struct row {
	unsigned type;
	void (*take)(struct dn_rd *rd, struct event *event);
} rows[] = {
#define FUZZ_IPC_ROW(name, FIELDS) {IPC_##name, take_##name},
	FUZZ_IPC(FUZZ_IPC_ROW)
#define FUZZ_LOCAL_ROW(name, FIELDS) {EVENT_##name, take_##name},
	FUZZ_LOCAL(FUZZ_LOCAL_ROW)
#define FUZZ_BARE_ROW(type) {type, NULL},
	FUZZ_BARE(FUZZ_BARE_ROW)
	FUZZ_IPC_ROOMS(FUZZ_IPC_ROW)
	FUZZ_LOCAL_ROOMS(FUZZ_LOCAL_ROW)
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

struct run {
	struct core *core;
	struct updates updates;
	uint64_t now, up_seq, down_seq;
};

static void
check_down(struct run *run)
{
	const unsigned char *at = run->updates.down.data;
	size_t rest = run->updates.down.size;
	struct ipc_header header;
	long size;

	for (; rest > 0; at += size, rest -= (size_t)size) {
		size = ipc_peek(at, rest, &header);
		require(size > 0 && ipc_is_down(header.type));
		require(header.seq == ++run->down_seq);
	}
	require(run->down_seq == core_down_seq(run->core));
}

static void
check_members(const void *room, const struct room_view *view)
{
	struct member_view member;
	size_t members = 0, here = 0;
	const void *at = NULL;

	while ((at = core_next_member(room, at, &member)) != NULL) {
		members++;
		here += member.number != 0;
		require(member.kept || member.number != 0);
		require(member.name.size > 0);
	}
	require(members == view->members && here == view->here);
}

static void
check_views(const struct core *core)
{
	struct candidate_view candidate;
	struct core_status status;
	struct user_view user;
	struct room_view room;
	struct peer_view peer;
	const void *at;
	size_t i, shown = 0;

	core_status(core, &status);
	for (at = NULL; (at = core_next_user(core, at, &user)) != NULL;) {
		shown += user.shown;
		require(user.number != 0 && user.name.size > 0);
		for (i = 0; core_candidate(core, at, i, &candidate); i++)
			require(candidate.why[0] != '\0');
	}
	require(shown == status.users);
	for (at = NULL; (at = core_next_room(core, at, &room)) != NULL;)
		check_members(at, &room);
	for (at = NULL; (at = core_next_peer(core, at, &peer)) != NULL;)
		require(peer.name[0] != '\0' || !peer.dialled);
}

/* What was saved is the same again once loaded. */
static void
reload(struct run *run)
{
	struct bytes saved = {0}, again = {0};
	struct core *core;

	core_save(run->core, &saved);
	core = core_load(saved.data, saved.size);
	require(core != NULL);
	core_save(core, &again);
	require(saved.size == again.size &&
	    memcmp(saved.data, again.data, saved.size) == 0);
	require(core_deadline(core) == core_deadline(run->core));
	core_free(run->core);
	run->core = core;
	bytes_deinit(&saved);
	bytes_deinit(&again);
}

static void
step(struct run *run, struct event *event)
{
	event->now_msec = run->now;
	if (event->type < EVENT_LOCAL_FIRST || event->type == EVENT_asked ||
	    event->type == EVENT_copied)
		event->seq = ++run->up_seq;
	updates_clear(&run->updates);
	if (event->type == EVENT_plane_up &&
	    event->body.plane_up.incarnation != 0) {
		run->down_seq = 0;
		run->up_seq = 0;
	}
	(void)core_step(run->core, event, &run->updates);
	require(core_ack_seq(run->core) <= core_up_seq(run->core));
	check_down(run);
}

/* An event as the journal has it: type, size, body. */
static bool
take_raw(struct dn_rd *rd, struct event *event)
{
	unsigned type = (unsigned)dn_rd_uint(rd, 2);
	size_t size = (size_t)dn_rd_uint(rd, 2);
	const unsigned char *at = dn_rd_take(rd, size);
	struct dn_rd body = dn_rd_of(at, at != NULL ? size : 0);

	if (type == EVENT_plane_up)
		return false;
	return event_get(event, type, &body) == DN_OK;
}

static void
act(struct run *run, struct dn_rd *rd)
{
	struct event event = {0};
	const struct row *row = &rows[(size_t)take_byte(rd) % ROW_COUNT];
	uint64_t dt = take_byte(rd);

	/* Up to a quarter of a second, or to the next deadline. */
	run->now += dt;
	if (dt == 255 && core_deadline(run->core) < run->now + 100000)
		run->now = core_deadline(run->core) > run->now ?
		    core_deadline(run->core) : run->now;
	event.type = row->type;
	if (row->take != NULL)
		row->take(rd, &event);
	if (row->type == FUZZ_RELOAD)
		reload(run);
	else if (row->type != FUZZ_RAW || take_raw(rd, &event))
		step(run, &event);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event start = {.type = EVENT_start, .body.start = {9}};
	struct event up = {.type = EVENT_plane_up, .body.plane_up = {7}};
	struct dn_rd rd = dn_rd_of(data, size);
	struct run run = {.core = core_new(), .now = 1000};
	unsigned count;

	step(&run, &start);
	step(&run, &up);
	for (count = 0; count < EVENTS_MAX && rd.at < rd.size; count++)
		act(&run, &rd);
	check_views(run.core);
	reload(&run);
	core_free(run.core);
	updates_deinit(&run.updates);
	return 0;
}
