/* What a kill at a bad moment leaves behind, against a dnchatd that is
 * scripted: nothing is lost, and nothing is said twice. */
#include "scene.h"

static void
carries_on_after_a_kill(void **state)
{
	struct core_status status;
	struct shell s;
	struct plane p;

	(void)state;
	scene_begin(&s, &p);
	plane_greet(&p, &s);
	login(&s, &p, 5, 7, "ann", "sesame");
	expect_name(&s, &p, 7);
	restart(&s, &p);
	plane_greet(&p, &s);
	assert_false(p.hello.reset);
	assert_int_equal(p.hello.applied, p.seq);
	assert_int_equal(s.greetings, 0);
	plane_idle(&p, &s);
	/* The answer to its ASK let it resume, and nothing went twice:
	 * plane_next() has checked the numbers. */
	assert_int_equal(s.greetings, 1);
	assert_true(s.restored);
	assert_false(s.engine.resuming);
	core_status(s.engine.core, &status);
	assert_int_equal(status.users_local, 1);
	login(&s, &p, 6, 7, "other", "sesame");
	plane_expect(&p, &s, IPC_deny);
	scene_end(&s, &p);
}

static void
a_kill_before_anything_left_costs_nothing(void **state)
{
	struct ipc_show show;
	struct dn_rd rd;
	struct shell s;
	struct plane p;
	uint64_t seq;

	(void)state;
	scene_begin(&s, &p);
	plane_greet(&p, &s);
	expect_ack(&s, &p, 1);
	seq = p.applied;
	login(&s, &p, 5, 7, "ann", "sesame");
	expect_name(&s, &p, 7);
	p.applied = seq;
	restart(&s, &p);
	plane_greet(&p, &s);
	assert_int_equal(p.hello.applied, 2);
	rd = plane_expect(&p, &s, IPC_show);
	assert_true(ipc_get_show(&rd, &show));
	assert_int_equal(show.number, 7);
	expect_name(&s, &p, 7);
	scene_end(&s, &p);
}

static void
a_torn_record_comes_again(void **state)
{
	struct bytes journal = {0};
	struct shell s;
	struct plane p;
	uint64_t seq;

	(void)state;
	scene_begin(&s, &p);
	plane_greet(&p, &s);
	expect_ack(&s, &p, 1);
	seq = p.applied;
	login(&s, &p, 5, 7, "ann", "sesame");
	expect_name(&s, &p, 7);
	shell_kill(&s);
	plane_hang_up(&p);
	assert_true(shell_read(s.dir, "journal", &journal));
	shell_write(s.dir, "journal", journal.data, journal.size - 3);
	bytes_deinit(&journal);
	shell_start(&s, false);
	p.applied = seq;
	plane_greet(&p, &s);
	assert_false(p.hello.reset);
	assert_int_equal(p.hello.applied, 1);
	p.seq = 1;
	login(&s, &p, 5, 7, "ann", "sesame");
	expect_name(&s, &p, 7);
	scene_end(&s, &p);
}

static void
two_kills_in_a_row(void **state)
{
	struct shell s;
	struct plane p;
	int i;

	(void)state;
	scene_begin(&s, &p);
	plane_greet(&p, &s);
	login(&s, &p, 5, 7, "ann", "sesame");
	expect_name(&s, &p, 7);
	for (i = 0; i < 3; i++) {
		/* Killed right after HELLO, before RESUMED. */
		restart(&s, &p);
		plane_greet(&p, &s);
		assert_false(p.hello.reset);
		assert_true(s.engine.resuming);
	}
	restart(&s, &p);
	plane_greet(&p, &s);
	plane_idle(&p, &s);
	assert_false(s.engine.resuming);
	login(&s, &p, 6, 8, "bob", "sesame");
	expect_name(&s, &p, 8);
	scene_end(&s, &p);
}

static void
a_kill_before_hello_resets(void **state)
{
	struct shell s;
	struct plane p;

	(void)state;
	scene_begin(&s, &p);
	plane_greet(&p, &s);
	assert_true(p.hello.reset);
	plane_expect(&p, &s, IPC_config);
	shell_kill(&s);
	plane_hang_up(&p);
	shell_start(&s, false);
	p.applied = 0;
	plane_greet(&p, &s);
	/* SYNCED may have been journaled, or not. */
	assert_true(p.hello.reset || p.hello.applied == 1);
	scene_end(&s, &p);
}

static void
without_answer_it_resumes_in_time(void **state)
{
	unsigned turns;
	struct shell s;
	struct plane p;

	(void)state;
	scene_begin(&s, &p);
	plane_greet(&p, &s);
	expect_ack(&s, &p, 1);
	restart(&s, &p);
	plane_greet(&p, &s);
	for (turns = 0; turns < SHELL_PATIENCE && s.engine.resuming; turns++) {
		shell_turn(&s);
		usleep(1000);
	}
	assert_false(s.engine.resuming);
	assert_true(turns > DOWNLINK_ASK_MSEC / 4);
	scene_end(&s, &p);
}

static void
another_dnchatd_resets(void **state)
{
	struct core_status status;
	struct shell s;
	struct plane p;

	(void)state;
	scene_begin(&s, &p);
	plane_greet(&p, &s);
	login(&s, &p, 5, 7, "ann", "sesame");
	expect_name(&s, &p, 7);
	/* Both die; the journal is another's. */
	shell_kill(&s);
	plane_end(&p);
	shell_start(&s, false);
	plane_start(&p, &s, 78);
	plane_greet(&p, &s);
	assert_true(p.hello.reset);
	expect_ack(&s, &p, 1);
	/* Only dnchatd dies: our connections are gone. */
	login(&s, &p, 5, 7, "ann", "sesame");
	expect_name(&s, &p, 7);
	plane_end(&p);
	shell_idle(&s);
	plane_start(&p, &s, 79);
	plane_greet(&p, &s);
	assert_true(p.hello.reset);
	expect_ack(&s, &p, 1);
	core_status(s.engine.core, &status);
	assert_int_equal(status.users_local, 0);
	assert_int_equal(status.incarnation, 79);
	scene_end(&s, &p);
}

static void
a_saved_journal_ends_with_its_snapshot(void **state)
{
	struct journal_image image;
	struct bytes journal = {0};
	struct shell s;
	struct plane p;

	(void)state;
	scene_begin(&s, &p);
	assert_int_equal(engine_save(&s.engine), DN_E_OFFLINE);
	plane_greet(&p, &s);
	login(&s, &p, 5, 7, "ann", "sesame");
	expect_name(&s, &p, 7);
	assert_int_equal(engine_save(&s.engine), DN_OK);
	assert_true(shell_read(s.dir, "journal", &journal));
	assert_int_equal(journal_parse(&image, journal.data, journal.size),
	    DN_OK);
	assert_false(image.has_events);
	bytes_deinit(&journal);
	restart(&s, &p);
	plane_greet(&p, &s);
	assert_false(p.hello.reset);
	scene_end(&s, &p);
}

static void
early_commands_outlive_a_replay(void **state)
{
	struct event event = {.type = EVENT_connect};
	struct peer_view view;
	struct shell s;
	struct plane p;

	(void)state;
	scene_begin(&s, &p);
	plane_greet(&p, &s);
	expect_ack(&s, &p, 1);
	restart(&s, &p);
	event.body.connect.host = S("192.0.2.1");
	event.body.connect.port = 9;
	assert_int_equal(engine_command(&s.engine, &event), DN_OK);
	plane_greet(&p, &s);
	assert_false(p.hello.reset);
	assert_null(core_next_peer(s.engine.core, NULL, &view));
	plane_idle(&p, &s);
	assert_non_null(core_next_peer(s.engine.core, NULL, &view));
	assert_string_equal(view.name, "192.0.2.1:9");
	assert_int_equal(s.lookups, 1);
	scene_end(&s, &p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carries_on_after_a_kill),
		cmocka_unit_test(a_kill_before_anything_left_costs_nothing),
		cmocka_unit_test(a_torn_record_comes_again),
		cmocka_unit_test(two_kills_in_a_row),
		cmocka_unit_test(a_kill_before_hello_resets),
		cmocka_unit_test(without_answer_it_resumes_in_time),
		cmocka_unit_test(another_dnchatd_resets),
		cmocka_unit_test(a_saved_journal_ends_with_its_snapshot),
		cmocka_unit_test(early_commands_outlive_a_replay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
