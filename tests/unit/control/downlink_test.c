/* The session with dnchatd, against one that is scripted: greeting, resuming,
 * resetting, and bounds. */
#include "scene.h"

static void
begins_with_a_reset(void **state)
{
	struct shell s;
	struct plane p;

	(void)state;
	scene_begin(&s, &p);
	plane_greet(&p, &s);
	assert_true(p.hello.reset);
	assert_int_equal(p.hello.version, IPC_VERSION);
	assert_int_equal(p.hello.applied, 0);
	plane_expect(&p, &s, IPC_config);
	expect_ack(&s, &p, 1);
	assert_int_equal(s.greetings, 1);
	assert_false(s.restored);
	assert_true(s.downlink.ready);
	scene_end(&s, &p);
}

static void
waits_for_dnchatd(void **state)
{
	struct shell s;
	struct plane p;

	(void)state;
	memset(&s, 0, sizeof(s));
	shell_dir(s.dir);
	shell_start(&s, false);
	shell_idle(&s);
	assert_int_equal(s.downlink.state, DOWNLINK_OFFLINE);
	/* First one that serves somebody else, and hangs up. */
	plane_start(&p, &s, 77);
	plane_accept(&p, &s);
	plane_hang_up(&p);
	plane_greet(&p, &s);
	plane_expect(&p, &s, IPC_config);
	scene_end(&s, &p);
}

/* AUTH becomes a verdict; the password is written nowhere. */
static void
a_password_is_never_journaled(void **state)
{
	struct bytes journal = {0};
	struct ipc_deny deny;
	struct dn_rd rd;
	struct shell s;
	struct plane p;

	(void)state;
	scene_begin(&s, &p);
	plane_greet(&p, &s);
	login(&s, &p, 5, 7, "ann", "sesame");
	expect_name(&s, &p, 7);
	expect_ack(&s, &p, 2);
	login(&s, &p, 6, 8, "bob", "quite-wrong");
	rd = plane_expect(&p, &s, IPC_deny);
	assert_true(ipc_get_deny(&rd, &deny));
	assert_int_equal(deny.conn, 6);
	assert_int_equal(deny.reason, DN_REASON_PASSWORD);
	expect_ack(&s, &p, 3);
	assert_true(shell_read(s.dir, "journal", &journal));
	assert_non_null(memmem(journal.data, journal.size, "ann", 3));
	assert_null(memmem(journal.data, journal.size, "sesame", 6));
	assert_null(memmem(journal.data, journal.size, "quite-wrong", 11));
	bytes_deinit(&journal);
	scene_end(&s, &p);
}

/* What was journaled is there before the answer can be seen. */
static void
the_journal_comes_first(void **state)
{
	struct bytes journal = {0};
	struct shell s;
	struct plane p;

	(void)state;
	scene_begin(&s, &p);
	plane_greet(&p, &s);
	login(&s, &p, 5, 7, "ann", "sesame");
	expect_name(&s, &p, 7);
	assert_true(shell_read(s.dir, "journal", &journal));
	assert_non_null(memmem(journal.data, journal.size, "ann", 3));
	bytes_deinit(&journal);
	scene_end(&s, &p);
}

static void
resumes_when_the_session_breaks(void **state)
{
	struct ipc_header header;
	struct dn_rd rd;
	struct shell s;
	struct plane p;

	(void)state;
	scene_begin(&s, &p);
	plane_greet(&p, &s);
	login(&s, &p, 5, 7, "ann", "sesame");
	expect_name(&s, &p, 7);
	/* dnchatd has not applied the last two records: SHOW and NAME. */
	plane_hang_up(&p);
	p.applied -= 2;
	plane_greet(&p, &s);
	assert_false(p.hello.reset);
	assert_int_equal(p.hello.applied, p.seq);
	assert_true(plane_next(&p, &s, &header, &rd));
	assert_int_equal(header.type, IPC_show);
	expect_name(&s, &p, 7);
	/* A record that comes twice is taken once. */
	p.seq--;
	login(&s, &p, 5, 7, "ann", "sesame");
	login(&s, &p, 6, 8, "bob", "sesame");
	expect_name(&s, &p, 8);
	scene_end(&s, &p);
}

/* The journal was written, and then nothing left: dnchatd sends the record
 * again, or has the answer sent that it never got. */
/* The record never made it to the journal: it comes again. */
/* dnchatd may never have seen our HELLO: it is said again, as a reset. */
/* dnchatd's socket refuses: it is dead, and with it all connections. */
static void
a_dead_dnchatd_is_noticed(void **state)
{
	struct core_status status;
	struct shell s;
	struct plane p;
	int i;

	(void)state;
	scene_begin(&s, &p);
	plane_greet(&p, &s);
	login(&s, &p, 5, 7, "ann", "sesame");
	expect_name(&s, &p, 7);
	plane_hang_up(&p);
	shell_idle(&s);
	core_status(s.engine.core, &status);
	assert_int_equal(status.users_local, 1);
	close(p.listener);
	for (i = 0; i < 1000 && status.users_local > 0; i++) {
		shell_idle(&s);
		core_status(s.engine.core, &status);
	}
	assert_int_equal(status.incarnation, 0);
	assert_int_equal(s.engine.incarnation, 0);
	shell_kill(&s);
	shell_clean(s.dir);
}

/* dnchatd breaks a rule; the next session begins anew, and heals it. */
static void
a_missing_record_resets(void **state)
{
	struct shell s;
	struct plane p;

	(void)state;
	scene_begin(&s, &p);
	plane_greet(&p, &s);
	expect_ack(&s, &p, 1);
	p.seq++;
	login(&s, &p, 5, 7, "ann", "sesame");
	shell_idle(&s);
	plane_hang_up(&p);
	plane_greet(&p, &s);
	assert_true(p.hello.reset);
	expect_ack(&s, &p, 1);
	login(&s, &p, 5, 7, "ann", "sesame");
	expect_name(&s, &p, 7);
	scene_end(&s, &p);
}

/* Whatever dnchatd says, the next session works. */
static void
nonsense_resets(void **state)
{
	static const unsigned char nonsense[][IPC_HEADER_BYTES + 2] = {
		{255, 255, 255, 255, 1},               /* too long */
		{0, 0, 0, 0, IPC_hello},               /* not up */
		{0, 0, 0, 0, IPC_synced, 0, 2},        /* too short */
		{1, 0, 0, 0, 99, 0, 2},                /* no such type */
		{1, 0, 0, 0, IPC_auth, 0, 2},          /* malformed */
		{1, 0, 0, 0, IPC_ack},                 /* malformed */
	};
	struct shell s;
	struct plane p;
	size_t i;

	(void)state;
	scene_begin(&s, &p);
	for (i = 0; i < sizeof(nonsense) / sizeof(*nonsense); i++) {
		plane_greet(&p, &s);
		assert_true(p.hello.reset);
		expect_ack(&s, &p, 1);
		plane_write(&p, &s, nonsense[i], sizeof(nonsense[i]));
		shell_idle(&s);
		assert_int_equal(s.downlink.state, DOWNLINK_OFFLINE);
		plane_hang_up(&p);
	}
	plane_greet(&p, &s);
	PLANE_SAY(&p, &s, ack, 0, .applied = 1000);
	shell_idle(&s);
	assert_int_equal(s.downlink.state, DOWNLINK_OFFLINE);
	scene_end(&s, &p);
}

static void
another_version_is_waited_for(void **state)
{
	struct shell s;
	struct plane p;

	(void)state;
	scene_begin(&s, &p);
	plane_accept(&p, &s);
	PLANE_SAY(&p, &s, welcome, 0, .version = IPC_VERSION + 1,
	    .incarnation = 1, .listening = S("x"));
	shell_idle(&s);
	plane_hang_up(&p);
	assert_int_equal(s.downlink.state, DOWNLINK_OFFLINE);
	plane_greet(&p, &s);
	plane_expect(&p, &s, IPC_config);
	scene_end(&s, &p);
}

static void
acknowledged_records_are_dropped(void **state)
{
	struct shell s;
	struct plane p;

	(void)state;
	scene_begin(&s, &p);
	plane_greet(&p, &s);
	login(&s, &p, 5, 7, "ann", "sesame");
	expect_name(&s, &p, 7);
	assert_true(outbox_size(&s.engine.outbox) > 0);
	PLANE_SAY(&p, &s, ack, 0, .applied = p.applied);
	shell_idle(&s);
	assert_int_equal(outbox_size(&s.engine.outbox), 0);
	assert_int_equal(s.engine.outbox.acked, p.applied);
	scene_end(&s, &p);
}

/* Too much goes down unacknowledged: what comes up waits, and is not lost. */
static void
waits_while_dnchatd_is_slow(void **state)
{
	static char text[DN_DESCRIPTION_BYTES_MAX];
	const size_t users = 12000;
	struct core_status status;
	struct shell s;
	struct plane p;
	size_t i;

	(void)state;
	memset(text, 'd', sizeof(text));
	scene_begin(&s, &p);
	plane_greet(&p, &s);
	PLANE_UP(&p, &s, srvr, .conn = 9, .flags = IPC_LINK_ROUTING,
	    .source = S("127.0.0.1:9"));
	for (i = 1; i <= users; i++) {
		PLANE_UP(&p, &s, arrv, .conn = 9, .number = i, .hops = 0,
		    .name = S("n"), .description = {text, sizeof(text)});
		(void)plane_pump(&p);
	}
	shell_idle(&s);
	core_status(s.engine.core, &status);
	assert_true(status.users < users);
	assert_true(s.downlink.waiting.size > 0);
	assert_true(outbox_size(&s.engine.outbox) <
	    IPC_DOWN_BYTES_HIGH + (64u << 10));
	for (i = 0; i < 10000 && status.users < users; i++) {
		(void)plane_pump(&p);
		PLANE_SAY(&p, &s, ack, 0, .applied = s.engine.outbox.last);
		shell_turn(&s);
		core_status(s.engine.core, &status);
	}
	assert_int_equal(status.users, users);
	assert_int_equal(s.downlink.waiting.size, 0);
	scene_end(&s, &p);
}

static void
told(void *context, const struct dn_list *counters)
{
	uint64_t *value = context;

	*value = counters != NULL ? dn_list_at(*counters, 0) : UINT64_MAX;
}

/* Without events, too: the next one may be the one that is lost. */
static void
a_failed_journal_is_tried_again(void **state)
{
	char aside[RUNDIR_BYTES_MAX + 16];
	struct shell s;
	struct plane p;

	(void)state;
	scene_begin(&s, &p);
	snprintf(aside, sizeof(aside), "%.*s/journal.new",
	    RUNDIR_BYTES_MAX - 1, s.dir);
	assert_int_equal(mkdir(aside, 0700), 0);
	plane_greet(&p, &s);
	expect_ack(&s, &p, 1);
	assert_false(journal_is_open(&s.engine.journal));
	assert_true(engine_deadline(&s.engine) <=
	    net_now_msec() + JOURNAL_RETRY_MSEC);
	assert_int_equal(rmdir(aside), 0);
	s.engine.journal.retry_msec = net_now_msec();
	shell_turn(&s);
	assert_true(journal_is_open(&s.engine.journal));
	assert_true(engine_deadline(&s.engine) >
	    net_now_msec() + JOURNAL_RETRY_MSEC);
	scene_end(&s, &p);
}

static void
asks_have_a_time_limit(void **state)
{
	unsigned char numbers[IPC_COUNTER_COUNT * 8] = {5};
	uint64_t values[DOWNLINK_ASKS_MAX] = {0}, late = 0;
	struct ipc_ask ask;
	struct dn_rd rd;
	struct shell s;
	struct plane p;
	uint32_t id;
	size_t i;

	(void)state;
	scene_begin(&s, &p);
	assert_int_equal(downlink_ask(&s.downlink, told, &late), 0);
	plane_greet(&p, &s);
	expect_ack(&s, &p, 1);
	id = downlink_ask(&s.downlink, told, &values[0]);
	assert_true(id != 0);
	rd = plane_expect(&p, &s, IPC_ask);
	assert_true(ipc_get_ask(&rd, &ask));
	assert_int_equal(ask.ask, id);
	PLANE_SAY(&p, &s, tell, 0, .ask = id,
	    .counters = {numbers, IPC_COUNTER_COUNT});
	shell_idle(&s);
	assert_int_equal(values[0], 5);
	for (i = 0; i < DOWNLINK_ASKS_MAX; i++)
		assert_true(downlink_ask(&s.downlink, told,
		    &values[i]) != 0);
	assert_int_equal(downlink_ask(&s.downlink, told, &late), 0);
	for (i = 0; i < SHELL_PATIENCE && values[1] == 0; i++) {
		shell_turn(&s);
		usleep(1000);
	}
	for (i = 0; i < DOWNLINK_ASKS_MAX; i++)
		assert_true(values[i] == UINT64_MAX);
	/* Whoever is gone is not called. */
	id = downlink_ask(&s.downlink, told, &late);
	assert_true(id != 0);
	downlink_forget(&s.downlink, id);
	plane_hang_up(&p);
	shell_idle(&s);
	assert_int_equal(late, 0);
	scene_end(&s, &p);
}

/* `restart`: the next dncontrol has the whole state, and only a snapshot. */
/* A command that came before dnchatd did is not lost to a journal. */

/* Somebody looks at the operator's page. */
static void
view_is_answered(void **state)
{
	struct ipc_viewed viewed;
	struct dn_rd rd;
	struct shell s;
	struct plane p;

	(void)state;
	scene_begin(&s, &p);
	plane_greet(&p, &s);
	expect_ack(&s, &p, 1);
	PLANE_SAY(&p, &s, view, 0, 0);
	rd = plane_expect(&p, &s, IPC_viewed);
	assert_true(ipc_get_viewed(&rd, &viewed));
	assert_true(viewed.json.size > 2 && viewed.json.data[0] == '{');
	assert_non_null(memmem(viewed.json.data, viewed.json.size,
	    "\"name\":\"alpha\"", 14));
	scene_end(&s, &p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_with_a_reset),
		cmocka_unit_test(waits_for_dnchatd),
		cmocka_unit_test(a_password_is_never_journaled),
		cmocka_unit_test(the_journal_comes_first),
		cmocka_unit_test(resumes_when_the_session_breaks),
		cmocka_unit_test(a_dead_dnchatd_is_noticed),
		cmocka_unit_test(a_missing_record_resets),
		cmocka_unit_test(nonsense_resets),
		cmocka_unit_test(another_version_is_waited_for),
		cmocka_unit_test(acknowledged_records_are_dropped),
		cmocka_unit_test(waits_while_dnchatd_is_slow),
		cmocka_unit_test(a_failed_journal_is_tried_again),
		cmocka_unit_test(asks_have_a_time_limit),
		cmocka_unit_test(view_is_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
