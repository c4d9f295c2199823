/*
 * The state as bytes and back, and the heart of it all: the same events give
 * the same bytes, live, replayed from a journal, or continued from what was
 * saved at any point.
 */
#include "chance.h"
#include "../../../control/timer.h"

static const char *const hosts[] = {"alpha", "beta", "::1"};
static const char *const sources[] = {"10.0.0.1:7", "[fe80::1]:9",
    "203.0.113.7:1", "192.0.2.1:99"};

static void
make_link_event(struct chance *chance, struct event *event)
{
	uint64_t conn = 20 + chance_below(chance, 6);
	uint64_t number = 1 + chance_below(chance, 9);

	switch (chance_below(chance, 10)) {
	case 0:
		event->type = IPC_srvr;
		event->body.srvr = (struct ipc_srvr){conn, 0,
		    IPC_DOOR_DNCHAT, (uint8_t)(chance_below(chance, 5) == 0 ? 0 :
		    IPC_LINK_ROUTING), S(sources[chance_below(chance, 4)])};
		break;
	case 1:
		event->type = IPC_closed;
		event->body.closed = (struct ipc_closed){conn, 1006, S("cut")};
		break;
	case 2: case 3: case 4:
		event->type = IPC_left;
		event->body.left = (struct ipc_left){conn, number};
		break;
	case 5:
		event->type = IPC_rtt;
		event->body.rtt = (struct ipc_rtt){conn,
		    chance_below(chance, 300000)};
		break;
	default:
		event->type = IPC_arrv;
		event->body.arrv = (struct ipc_arrv){conn, number,
		    chance_below(chance, 4), any_name(chance),
		    S(chance_below(chance, 2) == 0 ? "there" : "room s2")};
		break;
	}
}

static void
make_client_event(struct chance *chance, struct event *event)
{
	uint64_t conn = 1 + chance_below(chance, 8);

	if (chance_below(chance, 2) == 0) {
		event->type = IPC_closed;
		event->body.closed = (struct ipc_closed){conn, 1000, S("")};
	} else {
		event->type = EVENT_login;
		event->body.login = (struct event_login){conn,
		    1 + chance_below(chance, 9),
		    (uint8_t)chance_below(chance, IPC_DOOR_COUNT), 0,
		    any_name(chance), S("192.0.2.9:1"),
		    chance_below(chance, 5) != 0, chance_below(chance, 2), 0};
	}
}

static void
make_peer_event(struct chance *chance, struct event *event)
{
	struct dn_str host = S(hosts[chance_below(chance, 3)]);

	switch (chance_below(chance, 5)) {
	case 0:
		event->type = EVENT_connect;
		event->body.connect = (struct event_connect){host, 1,
		    (uint8_t)chance_below(chance, 2)};
		break;
	case 1:
		event->type = EVENT_disconnect;
		event->body.disconnect = (struct event_disconnect){host};
		break;
	case 2:
		event->type = EVENT_resolved;
		event->body.resolved = (struct event_resolved){
		    1 + chance_below(chance, 12),
		    S(chance_below(chance, 4) == 0 ? "" :
		    "192.0.2.1 fe80::1"), S("no such host")};
		break;
	case 3:
		event->type = IPC_dialled;
		event->body.dialled = (struct ipc_dialled){
		    1 + chance_below(chance, 20), 20 + chance_below(chance, 6),
		    IPC_LINK_ROUTING};
		break;
	case 4:
		event->type = IPC_undialled;
		event->body.undialled = (struct ipc_undialled){
		    1 + chance_below(chance, 20), S("refused")};
		break;
	}
}

/* Conns are those of make_link_event(); the first two servers are both called
 * by addresses that are dialled, too. */
static void
make_fed_event(struct chance *chance, struct event *event)
{
	static const char *const users[] = {"ann", "bob@alpha", "cid@10.0.0.1",
	    "eve@192.0.2.1", "dan@10.0.0.1:4400", "fay@10.0.0.1:4401",
	    "gus@10.0.0.2:4401", "bob@alpha:4400"};
	static const char *const channels[] = {"lobby", "x", "x:alpha:4400",
	    "y"};
	static const enum dn_verb verbs[] = {DN_VERB_CONFIRM,
	    DN_VERB_FEDCHANNELS, DN_VERB_FEDNEW, DN_VERB_FEDJOIN,
	    DN_VERB_FEDRESULT, DN_VERB_FEDRESULT, DN_VERB_DNCHAT,
	    DN_VERB_JOIN};
	static const char *const lists[] = {"x\ny\nlobby", "x\ny", "z"};
	static const char *const hosts_written[] = {"alpha:4400", "beta",
	    "[::1]:4400"};
	uint64_t conn = 20 + chance_below(chance, 6);
	uint32_t host = chance_below(chance, 3);

	if (chance_below(chance, 8) == 0) {
		event->type = IPC_srvr;
		event->body.srvr = (struct ipc_srvr){conn, 0,
		    IPC_DOOR_CHANNELS, 0, S(sources[chance_below(chance, 4)])};
	} else if (chance_below(chance, 8) == 0) {
		event->type = EVENT_federate;
		event->body.federate = (struct event_federate){S(hosts[host]),
		    4400, S(hosts_written[host])};
	} else {
		event->type = IPC_call;
		event->body.call = (struct ipc_call){
		    .conn = conn,
		    .verb = verbs[chance_below(chance, 8)],
		    .about = chance_below(chance, 4) == 0 ? DN_VERB_SAY :
		    DN_VERB_JOIN,
		    .result = chance_below(chance, 4) != 0,
		    .name = S(users[chance_below(chance, 8)]),
		    .room = S(channels[chance_below(chance, 4)]),
		    .text = S(lists[chance_below(chance, 3)]),
		};
		if (event->body.call.verb == DN_VERB_JOIN)
			event->body.call.conn = 1 + chance_below(chance, 8);
		if (event->body.call.verb == DN_VERB_DNCHAT)
			event->body.call.room = S("12");
	}
}

static void
make_rare_event(struct chance *chance, struct event *event)
{
	switch (chance_below(chance, 18)) {
	case 0:
		event->type = EVENT_plane_down;
		break;
	case 1: case 2:
		event->type = EVENT_plane_up;
		event->body.plane_up.incarnation =
		    1 + chance_below(chance, 9);
		break;
	case 3:
		event->type = IPC_sync_client;
		event->body.sync_client = (struct ipc_sync_client){
		    1 + chance_below(chance, 8), 1 + chance_below(chance, 9),
		    IPC_DOOR_DNCHAT, any_name(chance), S("on s1"),
		    S("192.0.2.9:1")};
		break;
	case 4: case 5:
		event->type = IPC_sync_entry;
		event->body.sync_entry = (struct ipc_sync_entry){
		    1 + chance_below(chance, 13), any_name(chance),
		    S(chance_below(chance, 2) == 0 ? "there" : "room s1"),
		    IPC_ROLE_USER};
		break;
	case 7:
		event->type = EVENT_resumed;
		break;
	case 8:
		event->type = EVENT_configure;
		event->body.configure = (struct event_configure){S("s1"),
		    S(chance_below(chance, 2) == 0 ? "on s1" : ""),
		    S("private 192.0.2.0/24"), 255, 4096, 3000, 0,
		    chance_below(chance, 3), (uint8_t)chance_below(chance, 2),
		    (uint8_t)chance_below(chance, 2), S(""), S("s1.com"),
		    chance_below(chance, 3)};
		if (chance_below(chance, 4) == 0)
			event->body.configure.name = S("s2");
		break;
	default:
		event->type = IPC_synced;
		break;
	}
}

/* What happens next to 'story'; time may pass to its next deadline. */
static void
make_event(struct chance *chance, struct story *story, struct event *event)
{
	uint32_t dice = chance_below(chance, 100);
	uint64_t deadline = core_deadline(story->core);

	memset(event, 0, sizeof(*event));
	if (dice < 25) {
		make_room_event(chance, story, event);
	} else if (dice < 30) {
		make_store_event(chance, story, event);
	} else if (dice < 40) {
		make_fed_event(chance, event);
	} else if (dice < 50) {
		make_link_event(chance, event);
	} else if (dice < 67) {
		make_client_event(chance, event);
	} else if (dice < 75) {
		make_peer_event(chance, event);
	} else if (dice < 97) {
		story->now += chance_below(chance, 30);
		if (dice < 90 && deadline < story->now + 40000 &&
		    deadline > story->now)
			story->now = deadline;
		event->type = chance_below(chance, 4) == 0 ? EVENT_slice :
		    EVENT_tick;
	} else {
		make_rare_event(chance, event);
	}
	if (dice == 0 && chance_below(chance, 50) == 0)
		event->type = EVENT_shutdown;
	event->seq = event->type < EVENT_LOCAL_FIRST ? ++story->up_seq : 0;
}

/* Applies the records of 'journal' to a core of its own. */
static void
replay(const struct bytes *journal, struct story *story)
{
	struct dn_rd rd = dn_rd_of(journal->data, journal->size);
	struct event event;
	struct dn_rd body;
	unsigned type;
	size_t size;

	story_init(story);
	while (rd.at < rd.size) {
		type = (unsigned)dn_rd_uint(&rd, 2);
		event.seq = dn_rd_uint(&rd, 8);
		story->now = dn_rd_uint(&rd, 8);
		size = (size_t)dn_rd_uint(&rd, 8);
		body = dn_rd_of(dn_rd_take(&rd, size), size);
		assert_int_equal(event_get(&event, type, &body), DN_OK);
		story_step(story, &event);
		story_forget(story);
	}
}

static void
compare_runs(uint64_t seed)
{
	struct chance chance = {seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
	struct story live, saved, replayed;
	struct bytes journal = {0};
	struct event event;
	unsigned i;

	story_init(&live);
	live.journal = &journal;
	DO(&live, start, .seed = seed);
	story_configure(&live, "s1", "");
	DO(&live, plane_up, .incarnation = 77);
	UP(&live, synced, 0);
	story_begin(&saved, "s1", seed);
	story_forget(&live);
	for (i = 0; i < 2000; i++) {
		make_event(&chance, &live, &event);
		story_step(&live, &event);
		if (chance_below(&chance, 40) == 0)
			story_reload(&saved);
		saved.now = live.now;
		story_step(&saved, &event);
		assert_string_equal(live.text, saved.text);
		assert_int_equal(live.err, saved.err);
		assert_true(core_deadline(live.core) ==
		    core_deadline(saved.core));
		story_forget(&live);
		story_forget(&saved);
	}
	assert_int_equal(live.down.size, saved.down.size);
	assert_memory_equal(live.down.data, saved.down.data, live.down.size);
	replay(&journal, &replayed);
	assert_int_equal(live.down.size, replayed.down.size);
	assert_memory_equal(live.down.data, replayed.down.data,
	    live.down.size);
	story_end(&live);
	story_end(&saved);
	story_end(&replayed);
	bytes_deinit(&journal);
}

static void
same_events_same_bytes(void **state)
{
	uint64_t seed, count = 40;

	(void)state;
	if (getenv("DNCHAT_SOAK") != NULL)
		count = 2000;
	for (seed = 1; seed <= count; seed++)
		compare_runs(seed);
}

/* A state with something of everything. */
static void
rich_state(struct story *s)
{
	story_begin(s, "s1", 5);
	DO(s, connect, .host = S("alpha"), .port = 1);
	DO(s, connect, .host = S("beta"), .port = 1);
	DO(s, resolved, .peer = 1, .addresses = S("192.0.2.1 192.0.2.2"));
	story_link(s, 10);
	story_link(s, 11);
	UP(s, srvr, .conn = 12, .source = S("10.0.0.12:1"));
	story_login(s, 1, 5, "ann");
	story_arrv(s, 10, 6, "bob", 0);
	story_arrv(s, 11, 6, "eve", 2);
	story_arrv(s, 11, 7, "cid", 0);
	UP(s, left, .conn = 11, .number = 7);
	UP(s, left, .conn = 10, .number = 7);
	DO(s, disconnect, .peer = S("10.0.0.12:1"));
	DO(s, level, .level = DN_LOG_DEBUG);
	DO(s, room, .name = S("lobby"), .number = 900);
	DO(s, room, .name = S("attic"), .number = 901);
	DO(s, room_member, .room = S("lobby"), .account = S("zoe"));
	UP(s, command, .room = 900, .user = 5, .text = S("/join"));
	UP(s, command, .room = 900, .user = 6, .text = S("/join plain"));
	UP(s, command, .room = 901, .user = 6, .text = S("hello"));
	UP(s, joined, .room = 900, .user = 5);
	DO(s, room_create, .name = S("cellar"));
}

static void
rich_state_survives(void **state)
{
	struct story s;

	(void)state;
	rich_state(&s);
	story_reload(&s);
	story_forget(&s);
	story_wait(&s, 100000);
	story_end(&s);
}

/* What random events above do not show. */
static void
settings_survive(void **state)
{
	struct core_status status;
	struct peer_view peer;
	struct story s;

	(void)state;
	story_init(&s);
	DO(&s, start, .seed = 5);
	DO(&s, configure, .name = S("s1"), .description = S("on s1"),
	    .accept_peers = S("8.8.8.8"), .hops_max = 9,
	    .text_bytes_max = 500, .link_silence_msec = 4000, .srvr_any = 1);
	DO(&s, level, .level = DN_LOG_DEBUG);
	DO(&s, connect, .host = S("alpha"), .port = 1);
	DO(&s, plane_up, .incarnation = 77);
	UP(&s, synced, 0);
	s.now += 500;
	DO(&s, resolved, .peer = 1, .why = S("no such host"));
	story_reload(&s);
	core_status(s.core, &status);
	assert_string_equal(status.name, "s1");
	assert_int_equal(status.started_msec, 1000);
	assert_int_equal(core_up_seq(s.core), 1);
	assert_non_null(core_next_peer(s.core, NULL, &peer));
	assert_string_equal(peer.why, "no such host");
	assert_int_equal(peer.since_msec, 1500);
	story_forget(&s);
	UP(&s, srvr, .conn = 10, .number = 3, .source = S("8.8.8.8:1"),
	    .flags = IPC_LINK_ROUTING);
	story_arrv(&s, 10, 5, "ann", 9);
	story_arrv(&s, 10, 6, "bob", 8);
	story_expect(&s, "open 10\nshow 6 bob (there) conn 10\n");
	DO(&s, plane_up, .incarnation = 78);
	story_expect(&s, "config text 500 silence 4000 flags 1\nlevel 3\n");
	story_end(&s);
}

/* In the midst of telling a new link who is there. */
static void
slices_survive(void **state)
{
	struct story s;
	char name[16];
	unsigned i;

	(void)state;
	story_begin(&s, "s1", 1);
	story_configure_slices(&s, "s1", "", 2);
	for (i = 1; i <= 4; i++) {
		(void)snprintf(name, sizeof(name), "user%u", i);
		story_login(&s, i, i, name);
	}
	story_link(&s, 1000);
	story_reload(&s);
	story_forget(&s);
	UP(&s, sliced, .conn = 1000);
	story_expect(&s, "announce 1000 3 user3 (on s1) 0\n"
	    "announce 1000 4 user4 (on s1) 0\n");
	story_end(&s);
}

/* A link that did not acknowledge is dialled without the header. */
static void
distrust_survives(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	DO(&s, connect, .host = S("alpha"), .port = 1);
	DO(&s, resolved, .peer = 1, .addresses = S("192.0.2.1"));
	UP(&s, dialled, .dial = 1, .conn = 10, .flags = IPC_LINK_ROUTING);
	story_login(&s, 1, 5, "ann");
	UP(&s, closed, .conn = 1);
	story_wait(&s, 30000);
	story_reload(&s);
	story_wait(&s, 1000);
	story_forget(&s);
	DO(&s, resolved, .peer = 1, .addresses = S("192.0.2.1"));
	story_expect(&s, "dial 2 192.0.2.1 1 host alpha plain\n");
	story_end(&s);
}

static void
nothing_and_garbage_are_refused(void **state)
{
	(void)state;
	assert_null(core_load(NULL, 0));
	assert_null(core_load("DNCS", 4));
	assert_null(core_load("garbage that is long enough for a head......"
	    "......................................................", 96));
}

/* Cut off anywhere, or with any byte changed: refused, or a state that can
 * go on. */
static void
damaged_states_do_no_harm(void **state)
{
	struct bytes saved = {0};
	struct updates updates = {0};
	struct event tick = {.type = EVENT_tick, .now_msec = 1u << 30};
	struct core *core;
	struct story s;
	size_t i;

	(void)state;
	rich_state(&s);
	core_save(s.core, &saved);
	for (i = 0; i < saved.size; i++)
		assert_null(core_load(saved.data, i));
	bytes_append(&saved, "x", 1);
	assert_null(core_load(saved.data, saved.size));
	saved.size--;
	for (i = 0; i < saved.size * 3; i++) {
		saved.data[i / 3] ^= (unsigned char)(1u << (i * 5 % 8));
		core = core_load(saved.data, saved.size);
		saved.data[i / 3] ^= (unsigned char)(1u << (i * 5 % 8));
		if (core == NULL)
			continue;
		updates_clear(&updates);
		(void)core_step(core, &tick, &updates);
		core_free(core);
	}
	updates_deinit(&updates);
	bytes_deinit(&saved);
	story_end(&s);
}

/* A deadline after such a time would wrap, and be met again and again. */
static void
time_past_all_clocks_is_refused(void **state)
{
	struct event tick = {.type = EVENT_tick, .now_msec = TIMER_MSEC_MAX};
	struct updates updates = {0};
	struct bytes saved = {0};
	struct core *core = core_new();

	(void)state;
	(void)core_step(core, &tick, &updates);
	core_save(core, &saved);
	core_free(core);
	core = core_load(saved.data, saved.size);
	assert_non_null(core);
	tick.now_msec++;
	(void)core_step(core, &tick, &updates);
	saved.size = 0;
	core_save(core, &saved);
	assert_null(core_load(saved.data, saved.size));
	core_free(core);
	updates_deinit(&updates);
	bytes_deinit(&saved);
}

/* What a build without rooms has left: a link, a client, a user behind it. */
static void
state_of_before_rooms_is_taken_over(void **state)
{
	static const char saved[] =
	    "444e4353010000005ac389a30c3b03633542257146e2d6fae803000000000000"
	    "e8030000000000004d0000000000000004000000000000000600000000000000"
	    "0400000100000000000000ff00000102000000733101050000006f6e20733101"
	    "0000000000100000b80b000000010000000100000002000000010e0000003130"
	    "2e302e302e31303a35303030010900000031302e302e302e3130000000000000"
	    "00000000000a000000000000000000e803000000000000000000000000000000"
	    "000000000000000100000000000002000000050000000000000003000000616e"
	    "6e050000006f6e20733101e80300000000000001000000000000000101000000"
	    "000000000e0000003139322e302e322e393a34303030000400ffff03ffff00ff"
	    "ff00ffff00000001000000000100060000000000000003000000626f62050000"
	    "00746865726501e803000000000000020000000000000000000400000001ffff"
	    "00ffff00ffff000100020000000000000000000000000000";
	unsigned char bytes[sizeof(saved) / 2];
	struct story s;
	unsigned byte;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++) {
		assert_int_equal(sscanf(&saved[i * 2], "%2x", &byte), 1);
		bytes[i] = (unsigned char)byte;
	}
	story_init(&s);
	core_free(s.core);
	s.core = core_load(bytes, sizeof(bytes));
	assert_non_null(s.core);
	s.up_seq = core_up_seq(s.core);
	s.down_seq = core_down_seq(s.core);
	story_reload(&s);
	DO(&s, room, .name = S("lobby"), .number = 900);
	story_expect(&s, "announce 10 900 #lobby (room s1) 0\n"
	    "show room 900 #lobby (room s1) conn 0\n");
	UP(&s, closed, .conn = 1, .code = 1000);
	story_expect(&s, "withdraw 10 5\nhide 5\n");
	UP(&s, closed, .conn = 10, .code = 1006);
	story_expect(&s, "hide 6\n");
	story_end(&s);
}

static void
other_version_is_refused(void **state)
{
	struct bytes saved = {0};
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	core_save(s.core, &saved);
	saved.data[4]++;
	assert_null(core_load(saved.data, saved.size));
	bytes_deinit(&saved);
	story_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_events_same_bytes),
		cmocka_unit_test(rich_state_survives),
		cmocka_unit_test(settings_survive),
		cmocka_unit_test(slices_survive),
		cmocka_unit_test(distrust_survives),
		cmocka_unit_test(nothing_and_garbage_are_refused),
		cmocka_unit_test(damaged_states_do_no_harm),
		cmocka_unit_test(time_past_all_clocks_is_refused),
		cmocka_unit_test(state_of_before_rooms_is_taken_over),
		cmocka_unit_test(other_version_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
