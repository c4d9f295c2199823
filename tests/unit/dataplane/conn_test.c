/*
 * Lives of connections on a plane in memory: first messages, messages in
 * pieces, waiting for dncontrol, closing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "shell.h"

static struct shell shell;
static struct far a, b;

static int
setup(void **state)
{
	(void)state;
	shell_init(&shell);
	shell_control(&shell);
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	shell_gone(&shell, &a);
	shell_gone(&shell, &b);
	shell_deinit(&shell);
	return 0;
}

/* ---- first messages ---- */

static void
test_login(void **state)
{
	struct ipc_auth auth;

	(void)state;
	shell_accept(&shell, &a);
	UP_NONE(&shell);
	shell_say(&shell, &a, "AUTH 7/ann/pw");
	UP(&shell, auth, &auth);
	assert_true(auth.number == 7 && auth.conn == a.conn->id);
	assert_true(dn_str_eq(auth.name, dn_str_of("ann")));
	assert_true(dn_str_eq(auth.secret, dn_str_of("pw")));
	assert_true(dn_str_eq(auth.source, dn_str_of("127.0.0.1:1")));
	assert_true(a.paused);
	DOWN(&shell, deny, a.conn->id, 7, DN_REASON_NAME);
	GOT(&a, "FAIL 7/NAME");
	assert_false(a.paused);
	shell_say(&shell, &a, "AUTH 8/bob/");
	UP(&shell, auth, &auth);
	DOWN(&shell, show, 8, a.conn->id, IPC_FORWARD, IPC_ROLE_USER, dn_str_of("bob"),
	    dn_str_of("d"));
	DOWN(&shell, name, a.conn->id, 8);
	GOT(&a, "OKAY 8");
	assert_false(a.paused);
	/* Named is named. */
	shell_say(&shell, &a, "AUTH 9/x/");
	GOT(&a, "INVD 0");
	assert_int_equal(a.code, 1002);
}

/* What is too long goes up only so far that dncontrol sees that it is. */
static void
test_long_login(void **state)
{
	static char text[4096];
	struct ipc_auth auth;

	(void)state;
	shell_accept(&shell, &a);
	snprintf(text, sizeof(text), "AUTH 1/%01000d/%02000d", 7, 7);
	shell_say(&shell, &a, text);
	UP(&shell, auth, &auth);
	assert_int_equal(auth.name.size, DN_NAME_BYTES_MAX + 1);
	assert_int_equal(auth.secret.size, DN_SECRET_BYTES_MAX + 1);
}

static void
test_illegal(void **state)
{
	static const char *const texts[] = {"SEND 1/*/x", "ACKN 1", "HELO",
	    "", "ARRV 1/a/b/0", "LEFT 1", "INVD 0", "OKAY 1", "AUTH 0/a/b",
	    "SRVR 1", "SRVR 0/x"};
	size_t i;

	(void)state;
	DOWN(&shell, config, 4096, 3000, 0, {0});
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		shell_accept(&shell, &a);
		shell_say(&shell, &a, texts[i]);
		GOT(&a, "INVD 0");
		assert_int_equal(a.code, WS_CLOSE_PROTOCOL);
		/* It was in no record: there is nothing to tell. */
		shell_gone(&shell, &a);
		UP_NONE(&shell);
	}
	/* SRVR is a first word: who once spoke as a client stays one. */
	shell_accept(&shell, &a);
	shell_say(&shell, &a, "AUTH 7/ann/pw");
	DOWN(&shell, deny, a.conn->id, 7, DN_REASON_NAME);
	GOT(&a, "FAIL 7/NAME");
	shell_say(&shell, &a, "SRVR 0");
	GOT(&a, "INVD 0");
}

static void
test_not_text(void **state)
{
	(void)state;
	shell_accept(&shell, &a);
	conn_receive(a.conn, "ACKN 1", 6, 0, true, true);
	shell_turn(&shell);
	GOT(&a, "INVD 0");
	assert_int_equal(a.code, WS_CLOSE_BINARY);
	shell_accept(&shell, &b);
	conn_receive(b.conn, "AUTH 1\r\n\xff\r\n", 11, 0, true, false);
	shell_turn(&shell);
	GOT(&b, "");
	assert_int_equal(b.code, WS_CLOSE_UTF8);
	/* What comes after that is not even looked at. */
	conn_receive(b.conn, "ACKN 1", 6, 0, true, true);
	shell_turn(&shell);
	GOT(&b, "");
}

static void
test_number_of_srvr(void **state)
{
	struct ipc_srvr srvr;

	(void)state;
	DOWN(&shell, config, 4096, 3000, IPC_CONFIG_SRVR_ANY, {0});
	shell_accept(&shell, &a);
	shell_say(&shell, &a, "SRVR 18446744073709551615");
	UP(&shell, srvr, &srvr);
	assert_true(srvr.number == UINT64_MAX);
	DOWN(&shell, refuse, a.conn->id, dn_str_of("not a peer"));
	GOT(&a, "INVD 0");
	assert_int_equal(a.code, WS_CLOSE_POLICY);
	assert_string_equal(a.why, "not a peer");
}

/* ---- pieces ---- */

static void
test_pieces(void **state)
{
	static const char text[] = "SEND 5\r\n*\r\nin pieces";
	size_t i, size = sizeof(text) - 1;

	(void)state;
	shell_login_at(&shell, &a, 1, "ann");
	for (i = 0; i < size; i++)
		conn_receive(a.conn, text + i, 1, size - i - 1,
		    i + 1 == size, false);
	shell_turn(&shell);
	GOT(&a, "OKAY 5");
	conn_receive(a.conn, "ACKN", 4, 0, false, false);
	conn_receive(a.conn, " 99", 3, 0, false, false);
	conn_receive(a.conn, NULL, 0, 0, true, false);
	shell_turn(&shell);
	GOT(&a, "FAIL 99/NUMBER");
}

static void
test_too_long(void **state)
{
	static char text[DN_FRAME_CLIENT_BYTES_MAX + 1];

	(void)state;
	memset(text, 'x', sizeof(text));
	shell_accept(&shell, &a);
	/* At the first byte, not when it has all arrived. */
	conn_receive(a.conn, text, 1, UINT64_C(1) << 40, false, false);
	shell_turn(&shell);
	GOT(&a, "INVD 0");
	assert_int_equal(a.code, WS_CLOSE_BIG);
	shell_accept(&shell, &b);
	conn_receive(b.conn, text, sizeof(text) - 1, 0, false, false);
	shell_turn(&shell);
	assert_int_equal(b.code, 0);
	conn_receive(b.conn, text, 1, 0, false, false);
	shell_turn(&shell);
	assert_int_equal(b.code, WS_CLOSE_BIG);
}

/* A peer's SEND may be longer than what we keep; it is passed over. */
static void
test_too_long_of_a_peer(void **state)
{
	static char text[DN_FRAME_PEER_BYTES_MAX];
	size_t i;

	(void)state;
	shell_link(&shell, &a, false, 0);
	memset(text, 'x', sizeof(text));
	conn_receive(a.conn, "SE", 2, 200000, false, false);
	for (i = 0; i < 3; i++)
		conn_receive(a.conn, text, sizeof(text), 0, i == 2, false);
	shell_turn(&shell);
	assert_int_equal(a.code, 0);
	assert_int_equal(
	    shell.plane->counters[IPC_COUNTER_long_dropped], 1);
	/* The next message is read as if nothing had been. */
	shell_say(&shell, &a, "LEFT 5");
	conn_receive(a.conn, "SEND 1", 6, DN_FRAME_SKIP_BYTES_MAX + 1, false,
	    false);
	shell_turn(&shell);
	assert_int_equal(a.code, WS_CLOSE_BIG);
	shell_link(&shell, &b, false, 0);
	conn_receive(b.conn, "LEFT ", 5, 200000, false, false);
	shell_turn(&shell);
	GOT(&b, "INVD 0");
}

/* No connection takes more than its share of a turn. */
static void
test_turns(void **state)
{
	char text[32];
	unsigned i;

	(void)state;
	shell_login_at(&shell, &a, 1, "ann");
	for (i = 1; i <= DN_TURN_MESSAGES_MAX; i++) {
		assert_false(a.paused);
		snprintf(text, sizeof(text), "ACKN %u", i);
		conn_receive(a.conn, text, strlen(text), 0, true, false);
	}
	assert_true(a.paused);
	shell_turn(&shell);
	assert_false(a.paused);
}

/* ---- waiting for dncontrol ---- */

static void
test_unanswered(void **state)
{
	struct ipc_nothing nothing;
	struct ipc_closed closed;
	struct ipc_auth auth;

	(void)state;
	plane_control_end(shell.plane);
	shell_accept(&shell, &a);
	shell_say(&shell, &a, "AUTH 7/ann/pw");
	shell_sleep(&shell, DN_PUNT_MSEC - 1000);
	assert_int_equal(a.conn->state, CONN_ASKING);
	shell_sleep(&shell, 1000);
	assert_int_equal(a.code, WS_CLOSE_LATER);
	shell_accept(&shell, &b);
	shell_say(&shell, &b, "AUTH 8/bob/pw");
	plane_control_begin(shell.plane);
	shell.plane->uplink.state = UPLINK_OPEN;
	shell_take_up(&shell);
	assert_string_equal(shell_up(&shell), "welcome");
	UP(&shell, nothing, &nothing);
	UP(&shell, closed, &closed);
	UP(&shell, auth, &auth);
	assert_int_equal(auth.number, 8);
}

/* What names a connection that has gone does nothing. */
static void
test_answers_too_late(void **state)
{
	uint64_t id;

	(void)state;
	shell_accept(&shell, &a);
	shell_say(&shell, &a, "AUTH 7/ann/pw");
	id = a.conn->id;
	shell_gone(&shell, &a);
	DOWN(&shell, name, id, 7);
	DOWN(&shell, deny, id, 7, 0);
	DOWN(&shell, open, id, 0);
	DOWN(&shell, refuse, id, dn_str_of("x"));
	DOWN(&shell, close, id, 1000, dn_str_of("x"));
	DOWN(&shell, announce, id, 5, 0, dn_str_of("n"), dn_str_of("d"));
	DOWN(&shell, withdraw, id, 5);
	DOWN(&shell, slice, id);
	DOWN(&shell, probe, id, 100);
	/* And the slot's next tenant has another id. */
	shell_accept(&shell, &b);
	assert_true(IPC_CONN_SLOT(b.conn->id) == IPC_CONN_SLOT(id));
	assert_true(b.conn->id != id);
	DOWN(&shell, name, id, 7);
	GOT(&b, "");
}

static void
test_no_upgrade(void **state)
{
	(void)state;
	assert_int_equal(plane_accept(shell.plane, &codec_dnchat,
	    dn_str_of("192.0.2.7:5"), false, &a, &a.conn), DN_OK);
	shell_sleep(&shell, CONN_UPGRADE_MSEC + 100);
	assert_true(a.killed);
	UP_NONE(&shell);
}

/* ---- closing ---- */

static void
test_close_behind_output(void **state)
{
	struct ipc_closed closed;

	(void)state;
	shell_login_at(&shell, &a, 1, "ann");
	a.blocks = true;
	shell_say(&shell, &a, "ACKN 5");
	shell_say(&shell, &a, "ACKN 6");
	GOT(&a, "FAIL 5/NUMBER");
	DOWN(&shell, close, a.conn->id, 1000, dn_str_of("bye"));
	/* dncontrol hears at once, the other end when it can. */
	UP(&shell, closed, &closed);
	assert_int_equal(closed.code, 1000);
	assert_int_equal(a.code, 0);
	a.blocks = false;
	conn_writable(a.conn);
	shell_turn(&shell);
	GOT(&a, "FAIL 6/NUMBER");
	assert_int_equal(a.code, 1000);
	shell_sleep(&shell, DN_CLOSE_MSEC + 100);
	assert_true(a.killed);
	shell_gone(&shell, &a);
	UP_NONE(&shell);
}

static void
test_other_end_closes(void **state)
{
	struct ipc_closed closed;

	(void)state;
	shell_login_at(&shell, &a, 1, "ann");
	conn_lost(a.conn, 1000, "closed by the other end");
	UP_NONE(&shell);
	shell_turn(&shell);
	UP(&shell, closed, &closed);
	assert_int_equal(closed.code, 1000);
	shell_sleep(&shell, DN_CLOSE_MSEC + 100);
	assert_true(a.killed);
	assert_int_equal(a.code, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_login),
		TEST(test_long_login),
		TEST(test_illegal),
		TEST(test_not_text),
		TEST(test_number_of_srvr),
		TEST(test_pieces),
		TEST(test_too_long),
		TEST(test_too_long_of_a_peer),
		TEST(test_turns),
		TEST(test_unanswered),
		TEST(test_answers_too_late),
		TEST(test_no_upgrade),
		TEST(test_close_behind_output),
		TEST(test_other_end_closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
