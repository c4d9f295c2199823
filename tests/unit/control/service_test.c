/* Passwords that take time, against a dnchatd that is scripted: verdicts, and
 * what is acknowledged when. */
#include "scene.h"

static void
begin(struct shell *s, struct plane *p)
{
	scene_begin_accounts(s, p);
	expect_ack(s, p, 1);
}

static void
login_from(struct shell *s, struct plane *p, uint64_t conn, const char *name,
    const char *password, const char *source)
{
	PLANE_UP(p, s, auth, .conn = conn, .number = conn + 100,
	    .name = S(name), .secret = S(password), .source = S(source));
}

/* A door's LOGIN, which names no number. */
static void
door_login(struct shell *s, struct plane *p, uint64_t conn, const char *name,
    const char *password)
{
	PLANE_UP(p, s, auth, .conn = conn, .door = IPC_DOOR_CHANNELS,
	    .flags = IPC_AUTH_LOGIN, .name = S(name), .secret = S(password),
	    .source = S("192.0.2.1:5"));
}

static void
enroll(struct shell *s, struct plane *p, uint64_t conn, const char *name,
    const char *password)
{
	PLANE_UP(p, s, call, .conn = conn, .verb = DN_VERB_REGISTER,
	    .name = S(name), .secret = S(password),
	    .text = S("192.0.2.6:9"));
}

static void
hang_up(struct shell *s, struct plane *p, uint64_t conn)
{
	PLANE_UP(p, s, closed, .conn = conn, .code = 1000);
}

static void
expect_deny(struct shell *s, struct plane *p, uint64_t conn,
    enum dn_reason reason)
{
	struct dn_rd rd = plane_expect(p, s, IPC_deny);
	struct ipc_deny deny;

	assert_true(ipc_get_deny(&rd, &deny));
	assert_int_equal(deny.conn, conn);
	assert_string_equal(dn_reason_word((enum dn_reason)deny.reason),
	    dn_reason_word(reason));
}

static void
expect_reply(struct shell *s, struct plane *p, uint64_t conn, bool result)
{
	struct dn_rd rd = plane_expect(p, s, IPC_reply);
	struct ipc_reply reply;

	assert_true(ipc_get_reply(&rd, &reply));
	assert_int_equal(reply.conn, conn);
	assert_int_equal(reply.verb, DN_VERB_REGISTER);
	assert_int_equal(reply.result, result);
}

/* Turns until record 'seq' has come, and waits for its verdict. */
static void
wait_asked(struct shell *s, uint64_t seq)
{
	unsigned turns;

	for (turns = 0; turns < SHELL_PATIENCE &&
	    core_up_seq(s->engine.core) < seq; turns++) {
		shell_turn(s);
		usleep(100);
	}
	assert_true(core_is_asked(s->engine.core, seq));
}

/* ---- accounts ---- */

static void
the_first_password_makes_the_account(void **state)
{
	struct shell s;
	struct plane p;

	(void)state;
	begin(&s, &p);
	login_from(&s, &p, 5, "ann", "pw", "192.0.2.1:5");
	expect_name(&s, &p, 105);
	hang_up(&s, &p, 5);
	login_from(&s, &p, 6, "ann", "no", "192.0.2.1:5");
	expect_deny(&s, &p, 6, DN_REASON_PASSWORD);
	login_from(&s, &p, 6, "ann", "pw", "192.0.2.1:5");
	expect_name(&s, &p, 106);
	/* Another dncontrol has to look it up. */
	hang_up(&s, &p, 6);
	expect_ack(&s, &p, p.seq);
	restart(&s, &p);
	plane_greet(&p, &s);
	login_from(&s, &p, 7, "ann", "no", "192.0.2.1:5");
	expect_deny(&s, &p, 7, DN_REASON_PASSWORD);
	login_from(&s, &p, 7, "ann", "pw", "192.0.2.1:5");
	expect_name(&s, &p, 107);
	scene_end(&s, &p);
}

static void
guests_leave_nothing(void **state)
{
	struct shell s;
	struct plane p;

	(void)state;
	begin(&s, &p);
	login_from(&s, &p, 5, "ann", "", "192.0.2.1:5");
	expect_name(&s, &p, 105);
	hang_up(&s, &p, 5);
	login_from(&s, &p, 6, "ann", "pw", "192.0.2.1:5");
	expect_name(&s, &p, 106);
	hang_up(&s, &p, 6);
	login_from(&s, &p, 7, "ann", "", "192.0.2.1:5");
	expect_deny(&s, &p, 7, DN_REASON_PASSWORD);
	scene_end(&s, &p);
}

static void
closed_registration_makes_none(void **state)
{
	struct shell s;
	struct plane p;

	(void)state;
	begin(&s, &p);
	login_from(&s, &p, 5, "ann", "pw", "192.0.2.1:5");
	expect_name(&s, &p, 105);
	s.service.is_registering = false;
	login_from(&s, &p, 6, "bob", "pw", "192.0.2.1:5");
	expect_deny(&s, &p, 6, DN_REASON_PASSWORD);
	login_from(&s, &p, 6, "carol", "", "192.0.2.1:5");
	expect_deny(&s, &p, 6, DN_REASON_PASSWORD);
	enroll(&s, &p, 7, "bob", "pw");
	expect_reply(&s, &p, 7, false);
	hang_up(&s, &p, 5);
	login_from(&s, &p, 5, "ann", "pw", "192.0.2.1:5");
	expect_name(&s, &p, 105);
	scene_end(&s, &p);
}

/* NUMBER, NAME, PASSWORD: in this order, whatever the secret. */
static void
the_order_is_that_of_the_protocol(void **state)
{
	static char name[DN_NAME_OWN_BYTES_MAX + 2];
	static char secret[DN_SECRET_BYTES_MAX + 2];
	struct shell s;
	struct plane p;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	memset(secret, 's', sizeof(secret) - 1);
	begin(&s, &p);
	login_from(&s, &p, 5, "ann", "pw", "192.0.2.1:5");
	expect_name(&s, &p, 105);
	PLANE_UP(&p, &s, auth, .conn = 6, .number = 105, .name = S("bob"),
	    .secret = S("no"), .source = S("192.0.2.1:5"));
	expect_deny(&s, &p, 6, DN_REASON_NUMBER);
	login_from(&s, &p, 6, "ann", "pw", "192.0.2.1:5");
	expect_deny(&s, &p, 6, DN_REASON_NAME);
	login_from(&s, &p, 6, name, "pw", "192.0.2.1:5");
	expect_deny(&s, &p, 6, DN_REASON_NAME);
	login_from(&s, &p, 6, "bob", secret, "192.0.2.1:5");
	expect_deny(&s, &p, 6, DN_REASON_PASSWORD);
	expect_ack(&s, &p, p.seq);
	scene_end(&s, &p);
}

/* ---- doors ---- */

static void
a_door_registers_and_logs_in(void **state)
{
	struct ipc_name name, again;
	struct shell s;
	struct plane p;
	struct dn_rd rd;

	(void)state;
	begin(&s, &p);
	door_login(&s, &p, 5, "ann", "pw");
	expect_deny(&s, &p, 5, DN_REASON_PASSWORD);
	enroll(&s, &p, 5, "ann", "pw");
	expect_reply(&s, &p, 5, true);
	enroll(&s, &p, 5, "ann", "pw");
	expect_reply(&s, &p, 5, false);
	enroll(&s, &p, 5, "a@b", "pw");
	expect_reply(&s, &p, 5, false);
	enroll(&s, &p, 5, "bob", "");
	expect_reply(&s, &p, 5, false);
	door_login(&s, &p, 5, "ann", "pw");
	rd = plane_expect(&p, &s, IPC_name);
	assert_true(ipc_get_name(&rd, &name));
	assert_true(name.number > 0 &&
	    name.number <= DN_NUMBER_ASSIGNED_MAX);
	door_login(&s, &p, 6, "ann", "pw");
	expect_deny(&s, &p, 6, DN_REASON_NAME);
	/* The account keeps its number, over restarts. */
	hang_up(&s, &p, 5);
	expect_ack(&s, &p, p.seq);
	restart(&s, &p);
	plane_greet(&p, &s);
	door_login(&s, &p, 6, "ann", "pw");
	rd = plane_expect(&p, &s, IPC_name);
	assert_true(ipc_get_name(&rd, &again));
	assert_true(again.number == name.number);
	hang_up(&s, &p, 6);
	/* Unless somebody else has it. */
	PLANE_UP(&p, &s, auth, .conn = 7, .number = name.number,
	    .name = S("thief"), .source = S("192.0.2.1:5"));
	expect_name(&s, &p, name.number);
	door_login(&s, &p, 6, "ann", "pw");
	rd = plane_expect(&p, &s, IPC_name);
	assert_true(ipc_get_name(&rd, &again));
	assert_true(again.number != name.number);
	scene_end(&s, &p);
}

/* ---- what is acknowledged ---- */

static void
nothing_is_acknowledged_before_its_verdict(void **state)
{
	struct bytes journal = {0};
	struct shell s;
	struct plane p;

	(void)state;
	begin(&s, &p);
	login_from(&s, &p, 5, "ann", "sesame", "192.0.2.1:5");
	enroll(&s, &p, 6, "bob", "open-it");
	wait_asked(&s, 2);
	wait_asked(&s, 3);
	hang_up(&s, &p, 99);
	while (core_up_seq(s.engine.core) < 4)
		shell_turn(&s);
	if (core_is_asked(s.engine.core, 2))
		assert_int_equal(core_ack_seq(s.engine.core), 1);
	/* Whichever is hashed first. */
	expect_ack(&s, &p, 4);
	assert_int_equal(core_number_of(s.engine.core, 5), 105);
	assert_true(shell_read(s.dir, "journal", &journal));
	assert_non_null(memmem(journal.data, journal.size, "bob", 3));
	assert_null(memmem(journal.data, journal.size, "sesame", 6));
	assert_null(memmem(journal.data, journal.size, "open-it", 7));
	bytes_deinit(&journal);
	scene_end(&s, &p);
}

static void
a_kill_before_the_verdict_costs_nothing(void **state)
{
	struct shell s;
	struct plane p;

	(void)state;
	begin(&s, &p);
	login_from(&s, &p, 5, "ann", "pw", "192.0.2.1:5");
	enroll(&s, &p, 6, "bob", "pw");
	wait_asked(&s, 3);
	shell_turn(&s);
	restart(&s, &p);
	plane_greet(&p, &s);
	assert_false(p.hello.reset);
	assert_int_equal(p.hello.applied, 1);
	/* Twice, as the next one is killed as well. */
	p.seq = 1;
	login_from(&s, &p, 5, "ann", "pw", "192.0.2.1:5");
	enroll(&s, &p, 6, "bob", "pw");
	shell_turn(&s);
	restart(&s, &p);
	plane_greet(&p, &s);
	assert_int_equal(p.hello.applied, 1);
	p.seq = 1;
	login_from(&s, &p, 5, "ann", "pw", "192.0.2.1:5");
	enroll(&s, &p, 6, "bob", "pw");
	expect_ack(&s, &p, 3);
	assert_int_equal(core_number_of(s.engine.core, 5), 105);
	enroll(&s, &p, 6, "bob", "pw");
	expect_reply(&s, &p, 6, false);
	scene_end(&s, &p);
}

/* The account was made, the verdict was not written: it was his all along. */
static void
a_kill_after_the_account_was_made_costs_nothing(void **state)
{
	struct bytes journal = {0};
	struct shell s;
	struct plane p;
	uint64_t applied;

	(void)state;
	begin(&s, &p);
	applied = p.applied;
	enroll(&s, &p, 6, "bob", "pw");
	expect_reply(&s, &p, 6, true);
	shell_kill(&s);
	plane_hang_up(&p);
	assert_true(shell_read(s.dir, "journal", &journal));
	shell_write(s.dir, "journal", journal.data, journal.size - 3);
	bytes_deinit(&journal);
	shell_start(&s, false);
	p.applied = applied;
	plane_greet(&p, &s);
	assert_int_equal(p.hello.applied, 1);
	p.seq = 1;
	enroll(&s, &p, 6, "bob", "pw");
	expect_reply(&s, &p, 6, true);
	expect_ack(&s, &p, 2);
	enroll(&s, &p, 6, "bob", "pw");
	expect_reply(&s, &p, 6, false);
	scene_end(&s, &p);
}

/* Its connection went while no dncontrol was there. */
static void
what_is_taken_back_needs_no_verdict(void **state)
{
	struct shell s;
	struct plane p;

	(void)state;
	begin(&s, &p);
	login_from(&s, &p, 5, "ann", "pw", "192.0.2.1:5");
	wait_asked(&s, 2);
	shell_turn(&s);
	restart(&s, &p);
	plane_greet(&p, &s);
	p.seq = 1;
	PLANE_UP(&p, &s, nothing, .nothing = 0);
	hang_up(&s, &p, 5);
	expect_ack(&s, &p, 3);
	scene_end(&s, &p);
}

static void
a_closed_connection_waits_for_nothing(void **state)
{
	struct core_status status;
	struct shell s;
	struct plane p;

	(void)state;
	begin(&s, &p);
	login_from(&s, &p, 5, "ann", "pw", "192.0.2.1:5");
	hang_up(&s, &p, 5);
	expect_ack(&s, &p, 3);
	core_status(s.engine.core, &status);
	assert_int_equal(status.users_local, 0);
	/* A REGISTER is done all the same. */
	enroll(&s, &p, 7, "bob", "pw");
	hang_up(&s, &p, 7);
	enroll(&s, &p, 8, "bob", "other");
	expect_reply(&s, &p, 8, false);
	login_from(&s, &p, 6, "ann", "pw", "192.0.2.1:5");
	expect_name(&s, &p, 106);
	scene_end(&s, &p);
}

/* The session breaks off; the record comes again while it is looked at. */
static void
a_broken_session_asks_once(void **state)
{
	struct shell s;
	struct plane p;

	(void)state;
	begin(&s, &p);
	login_from(&s, &p, 5, "ann", "pw", "192.0.2.1:5");
	wait_asked(&s, 2);
	plane_hang_up(&p);
	plane_greet(&p, &s);
	assert_false(p.hello.reset);
	p.seq = p.hello.applied;
	if (p.seq == 1) {
		login_from(&s, &p, 5, "ann", "pw", "192.0.2.1:5");
		shell_turn(&s);
		assert_true(s.service.attempt_count <= 1);
	}
	expect_name(&s, &p, 105);
	/* Where the verdict was quick the greeting has said so. */
	if (p.hello.applied < 2)
		expect_ack(&s, &p, 2);
	scene_end(&s, &p);
}

/* Another dnchatd: its numbers mean something else. */
static void
a_verdict_for_another_dnchatd_is_dropped(void **state)
{
	struct shell s;
	struct plane p;

	(void)state;
	begin(&s, &p);
	login_from(&s, &p, 5, "ann", "pw", "192.0.2.1:5");
	wait_asked(&s, 2);
	plane_end(&p);
	shell_idle(&s);
	plane_start(&p, &s, 78);
	plane_greet(&p, &s);
	assert_true(p.hello.reset);
	login_from(&s, &p, 9, "bob", "pw", "192.0.2.1:5");
	expect_name(&s, &p, 109);
	expect_ack(&s, &p, 2);
	scene_end(&s, &p);
}

/* ---- too much ---- */

static void
more_than_can_be_hashed_is_busy(void **state)
{
	const uint64_t attempts = 2 * WORK_HASH_QUEUE_MAX;
	unsigned named = 0, busy = 0;
	struct ipc_header header;
	struct ipc_deny deny;
	struct shell s;
	struct plane p;
	struct dn_rd rd;
	char name[16];
	uint64_t conn;

	(void)state;
	begin(&s, &p);
	login_from(&s, &p, 5, "ann", "pw", "192.0.2.1:5");
	expect_name(&s, &p, 105);
	hang_up(&s, &p, 5);
	for (conn = 1000; conn < 1000 + attempts; conn++) {
		snprintf(name, sizeof(name), "u%ju", (uintmax_t)conn);
		login_from(&s, &p, conn, name, "pw", "192.0.2.1:5");
	}
	/* Who is known gets in at once. */
	login_from(&s, &p, 6, "ann", "pw", "192.0.2.1:5");
	expect_name(&s, &p, 106);
	assert_true(s.service.attempt_count > WORK_HASH_QUEUE_MAX / 2);
	while (named + busy < attempts) {
		assert_true(plane_next(&p, &s, &header, &rd));
		named += header.type == IPC_name;
		if (header.type == IPC_deny) {
			assert_true(ipc_get_deny(&rd, &deny));
			assert_int_equal(deny.reason, DN_REASON_BUSY);
			busy++;
		}
	}
	/* On a slow machine some of the queue wait too long as well. */
	assert_true(busy > 0);
	assert_true(named > WORK_HASH_QUEUE_MAX / 8);
	expect_ack(&s, &p, p.seq);
	assert_int_equal(s.service.attempt_count, 0);
	scene_end(&s, &p);
}

/* One after the other, so none slips past the limit. */
static void
guessers_wait_and_others_do_not(void **state)
{
	struct shell s;
	struct plane p;
	uint64_t conn;

	(void)state;
	begin(&s, &p);
	login_from(&s, &p, 5, "ann", "pw", "192.0.2.1:5");
	expect_name(&s, &p, 105);
	hang_up(&s, &p, 5);
	for (conn = 10; conn < 10 + AUTH_WRONG_MAX + 3; conn++)
		login_from(&s, &p, conn, "ann", "no", "192.0.2.6:77");
	for (conn = 10; conn < 10 + AUTH_WRONG_MAX; conn++)
		expect_deny(&s, &p, conn, DN_REASON_PASSWORD);
	for (; conn < 10 + AUTH_WRONG_MAX + 3; conn++)
		expect_deny(&s, &p, conn, DN_REASON_BUSY);
	/* Another port is the same address. */
	login_from(&s, &p, 20, "ann", "not", "192.0.2.6:78");
	expect_deny(&s, &p, 20, DN_REASON_BUSY);
	/* Another address may try; the right password gets in even there. */
	login_from(&s, &p, 21, "ann", "no", "192.0.2.7:77");
	expect_deny(&s, &p, 21, DN_REASON_PASSWORD);
	login_from(&s, &p, 22, "ann", "pw", "192.0.2.6:77");
	expect_name(&s, &p, 122);
	scene_end(&s, &p);
}

/* Those who have one get in, and others make theirs. */
static void
one_address_makes_so_many_accounts(void **state)
{
	struct shell s;
	struct plane p;
	unsigned i;

	(void)state;
	begin(&s, &p);
	login_from(&s, &p, 5, "ann", "pw", "192.0.2.6:5");
	expect_name(&s, &p, 105);
	hang_up(&s, &p, 5);
	for (i = 1; i < AUTH_MADE_MAX; i++)
		assert_true(auth_may_make(&s.service.auth, S("192.0.2.6"),
		    net_now_msec()));
	login_from(&s, &p, 6, "bob", "pw", "192.0.2.6:6");
	expect_deny(&s, &p, 6, DN_REASON_BUSY);
	enroll(&s, &p, 6, "dan", "pw");
	expect_reply(&s, &p, 6, false);
	login_from(&s, &p, 7, "bob", "pw", "192.0.2.7:6");
	expect_name(&s, &p, 107);
	login_from(&s, &p, 8, "ann", "pw", "192.0.2.6:7");
	expect_name(&s, &p, 108);
	/* A guest makes none. */
	login_from(&s, &p, 9, "cid", "", "192.0.2.6:7");
	expect_name(&s, &p, 109);
	scene_end(&s, &p);
}

/* An account that changes while its password is looked at is not let in. */
static void
a_change_meanwhile_is_noticed(void **state)
{
	struct shell s;
	struct plane p;

	(void)state;
	begin(&s, &p);
	login_from(&s, &p, 5, "ann", "pw", "192.0.2.1:5");
	wait_asked(&s, 2);
	service_forget(&s.service, "ann");
	expect_deny(&s, &p, 5, DN_REASON_BUSY);
	login_from(&s, &p, 5, "ann", "pw", "192.0.2.1:5");
	expect_name(&s, &p, 105);
	scene_end(&s, &p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_password_makes_the_account),
		cmocka_unit_test(guests_leave_nothing),
		cmocka_unit_test(closed_registration_makes_none),
		cmocka_unit_test(the_order_is_that_of_the_protocol),
		cmocka_unit_test(a_door_registers_and_logs_in),
		cmocka_unit_test(nothing_is_acknowledged_before_its_verdict),
		cmocka_unit_test(a_kill_before_the_verdict_costs_nothing),
		cmocka_unit_test(
		    a_kill_after_the_account_was_made_costs_nothing),
		cmocka_unit_test(what_is_taken_back_needs_no_verdict),
		cmocka_unit_test(a_closed_connection_waits_for_nothing),
		cmocka_unit_test(a_broken_session_asks_once),
		cmocka_unit_test(a_verdict_for_another_dnchatd_is_dropped),
		cmocka_unit_test(more_than_can_be_hashed_is_busy),
		cmocka_unit_test(guessers_wait_and_others_do_not),
		cmocka_unit_test(one_address_makes_so_many_accounts),
		cmocka_unit_test(a_change_meanwhile_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
