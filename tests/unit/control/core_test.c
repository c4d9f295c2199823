/* The whole of it: dnchatd comes and goes, the end, and networks of cores. */
#include "story.h"

static void
dnchatd_comes_later(void **state)
{
	struct core_status status;
	struct story s;

	(void)state;
	story_init(&s);
	DO(&s, start, .seed = 1);
	story_configure(&s, "s1", "");
	DO(&s, level, .level = DN_LOG_DEBUG);
	DO(&s, connect, .host = S("other"), .port = 1);
	story_login(&s, 1, 5, "ann");
	story_expect(&s, "");
	core_status(s.core, &status);
	assert_int_equal(status.incarnation, 0);
	assert_int_equal(status.peers, 1);
	DO(&s, plane_up, .incarnation = 7);
	story_expect(&s, "config text 4096 silence 3000 flags 0\nlevel 3\n");
	UP(&s, synced, 0);
	story_expect(&s, "resolve 1 other 1\n");
	core_status(s.core, &status);
	assert_string_equal(status.name, "s1");
	assert_string_equal(status.description, "on s1");
	assert_int_equal(status.incarnation, 7);
	story_end(&s);
}

static void
dnchatd_dies_and_returns(void **state)
{
	struct peer_view peer;
	struct user_view user;
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	DO(&s, connect, .host = S("other"), .port = 1);
	DO(&s, resolved, .peer = 1, .addresses = S("192.0.2.1"));
	UP(&s, dialled, .dial = 1, .conn = 10, .flags = IPC_LINK_ROUTING);
	DO(&s, connect, .host = S("third"), .port = 1);
	story_link(&s, 11);
	story_login(&s, 1, 5, "ann");
	story_arrv(&s, 10, 6, "bob", 0);
	story_forget(&s);
	DO(&s, plane_down, 0);
	story_expect(&s, "");
	assert_null(core_next_user(s.core, NULL, &user));
	assert_non_null(core_next_peer(s.core, NULL, &peer));
	assert_int_equal(peer.state, PEER_OFFLINE);
	/* Answers to what was asked before come too late. */
	DO(&s, resolved, .peer = 2, .addresses = S("192.0.2.2"));
	story_wait(&s, 100000);
	story_expect(&s, "");
	DO(&s, plane_up, .incarnation = 8);
	UP(&s, synced, 0);
	story_expect(&s, "config text 4096 silence 3000 flags 0\n"
	    "resolve 1 other 1\nresolve 2 third 1\n");
	assert_int_equal(core_down_seq(s.core), 1);
	assert_int_equal(core_up_seq(s.core), 1);
	story_end(&s);
}

static void
begin_after_a_reset(struct story *s)
{
	story_init(s);
	DO(s, start, .seed = 1);
	story_configure(s, "s1", "");
	DO(s, connect, .host = S("other"), .port = 1);
	DO(s, plane_up, .incarnation = 77);
	UP(s, sync_client, .conn = 1, .number = 5, .name = S("ann"),
	    .description = S("on s1"), .source = S("192.0.2.9:1"));
	UP(s, sync_entry, .number = 6, .name = S("bob"),
	    .description = S("there"));
	UP(s, sync_entry, .number = 7, .name = S("cid"),
	    .description = S("there"));
	UP(s, sync_entry, .number = 6, .name = S("twice"),
	    .description = S("there"));
	UP(s, synced, 0);
	story_expect(s, "config text 4096 silence 3000 flags 0\n"
	    "route 5 conn 1\nroute 6 hold\nroute 7 hold\n"
	    "resolve 1 other 1\n");
}

/* After a reset clients see neither LEFT nor ARRV of who is still there. */
static void
reset_does_not_flicker(void **state)
{
	struct story s;

	(void)state;
	begin_after_a_reset(&s);
	DO(&s, resolved, .peer = 1, .addresses = S("192.0.2.1"));
	story_wait(&s, 1000);
	story_forget(&s);
	UP(&s, dialled, .dial = 1, .conn = 10, .flags = IPC_LINK_ROUTING);
	story_expect(&s, "open 10 dialled\nannounce 10 5 ann (on s1) 0\n");
	story_wait(&s, 3999);
	story_arrv(&s, 10, 6, "bob", 0);
	story_expect(&s, "route 6 conn 10\n");
	/* The other one is gone. */
	story_wait(&s, 1);
	story_expect(&s, "hide 7\n");
	/* In use is who is shown. */
	story_login(&s, 2, 6, "bob");
	story_expect(&s, "deny 2 6 NUMBER\n");
	story_end(&s);
}

static void
reset_tells_of_a_new_holder(void **state)
{
	struct story s;

	(void)state;
	begin_after_a_reset(&s);
	story_link(&s, 10);
	story_forget(&s);
	story_arrv(&s, 10, 6, "rob", 0);
	story_expect(&s, "hide 6\nshow 6 rob (there) conn 10\n");
	UP(&s, closed, .conn = 1);
	story_expect(&s, "withdraw 10 5\nhide 5\n");
	story_end(&s);
}

static void
shutdown_withdraws_and_waits(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	DO(&s, connect, .host = S("other"), .port = 1);
	DO(&s, resolved, .peer = 1, .addresses = S("192.0.2.1"));
	story_link(&s, 10);
	story_login(&s, 1, 5, "ann");
	story_login(&s, 2, 6, "bob");
	story_arrv(&s, 10, 7, "cid", 0);
	story_forget(&s);
	UP(&s, stop, 0);
	story_expect(&s, "withdraw 10 5\nwithdraw 10 6\nundial 1\n");
	/* Once is enough; nobody comes in any more, but who goes is told. */
	DO(&s, shutdown, 0);
	story_login(&s, 3, 8, "dan");
	UP(&s, srvr, .conn = 11, .source = S("10.0.0.11:1"));
	DO(&s, connect, .host = S("third"), .port = 1);
	assert_int_equal(s.err, DN_E_STATE);
	UP(&s, closed, .conn = 2);
	story_expect(&s, "close 3 1001 shutting down\n"
	    "close 11 1001 shutting down\nhide 6\n");
	/* Acknowledgements go on. */
	UP(&s, left, .conn = 10, .number = 5);
	UP(&s, left, .conn = 10, .number = 7);
	story_expect(&s, "withdraw 10 7\n");
	story_wait(&s, 1199);
	story_expect(&s, "");
	story_wait(&s, 1);
	story_expect(&s, "done\nquit\n");
	UP(&s, closed, .conn = 1);
	UP(&s, closed, .conn = 10);
	story_wait(&s, 100000);
	story_expect(&s, "");
	/* After a replay the shell is asked again. */
	DO(&s, resumed, 0);
	story_expect(&s, "quit\n");
	story_end(&s);
}

static void
shutdown_without_links_does_not_wait(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	story_login(&s, 1, 5, "ann");
	story_forget(&s);
	DO(&s, shutdown, 0);
	story_expect(&s, "done\nquit\n");
	story_end(&s);
}

static void
shutdown_without_dnchatd(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	DO(&s, plane_down, 0);
	DO(&s, shutdown, 0);
	story_expect(&s, "quit\n");
	story_end(&s);
	/* dnchatd dies during the wait. */
	story_begin(&s, "s1", 1);
	story_link(&s, 10);
	DO(&s, shutdown, 0);
	story_forget(&s);
	DO(&s, plane_down, 0);
	story_expect(&s, "quit\n");
	story_end(&s);
}

/* Deadlines at full length, and open questions again. */
static void
resumed_begins_anew(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	DO(&s, connect, .host = S("other"), .port = 1);
	story_link(&s, 10);
	story_link(&s, 11);
	story_arrv(&s, 10, 5, "ann", 0);
	UP(&s, left, .conn = 10, .number = 5);
	UP(&s, left, .conn = 11, .number = 5);
	story_forget(&s);
	story_wait(&s, 99);
	/* dncontrol is away for an hour, and back from its journal. */
	s.now += 3600000;
	DO(&s, resumed, 0);
	story_expect(&s, "resolve 1 other 1\n");
	DO(&s, tick, 0);
	story_expect(&s, "");
	story_wait(&s, 100 + 399);
	story_expect(&s, "");
	story_wait(&s, 1);
	story_expect(&s, "hide 5\n");
	story_end(&s);
}

static void
level_goes_down(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	DO(&s, level, .level = DN_LOG_WARN);
	story_expect(&s, "level 1\n");
	DO(&s, level, .level = DN_LOG_COUNT);
	assert_int_equal(s.err, DN_E_RANGE);
	story_expect(&s, "");
	story_end(&s);
}

static void
unknown_events_are_told(void **state)
{
	struct event event = {.type = EVENT_END};
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	assert_int_equal(core_step(s.core, &event, &s.updates), DN_E_UNKNOWN);
	event.type = IPC_hide;
	assert_int_equal(core_step(s.core, &event, &s.updates), DN_E_UNKNOWN);
	event.type = 0;
	assert_int_equal(core_step(s.core, &event, &s.updates), DN_E_UNKNOWN);
	story_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dnchatd_comes_later),
		cmocka_unit_test(dnchatd_dies_and_returns),
		cmocka_unit_test(reset_does_not_flicker),
		cmocka_unit_test(reset_tells_of_a_new_holder),
		cmocka_unit_test(shutdown_withdraws_and_waits),
		cmocka_unit_test(shutdown_without_links_does_not_wait),
		cmocka_unit_test(shutdown_without_dnchatd),
		cmocka_unit_test(resumed_begins_anew),
		cmocka_unit_test(level_goes_down),
		cmocka_unit_test(unknown_events_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
