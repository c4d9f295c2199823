/*
 * Lives of connections of lines on a plane in memory: logging in, calls that
 * dncontrol answers or does not, lines that end or don't, idleness, the end.
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

#define EQ(str, text) assert_true(dn_str_eq(str, dn_str_of(text)))

/* Answers the call of 'far': 'text' is that of CHANNELS. */
static void
answer(struct far *far, enum dn_verb verb, bool result, const char *text)
{
	DOWN(&shell, reply, .conn = far->conn->id, .verb = (uint8_t)verb,
	    .result = result, .text = dn_str_of(text));
}

/* ---- logging in ---- */

static void
test_login(void **state)
{
	struct ipc_auth auth;
	struct ipc_closed closed;

	(void)state;
	shell_knock(&shell, &a);
	shell_write_text(&shell, &a, "LOGIN bob%20x pw\r\n");
	UP(&shell, auth, &auth);
	assert_true(auth.number == 0 && auth.flags == IPC_AUTH_LOGIN);
	assert_int_equal(auth.door, IPC_DOOR_CHANNELS);
	EQ(auth.name, "bob x");
	EQ(auth.secret, "pw");
	EQ(auth.source, "127.0.0.1:3");
	assert_true(a.paused);
	DOWN(&shell, deny, a.conn->id, 0, DN_REASON_PASSWORD);
	READ(&a, "RESULT LOGIN 0");
	assert_false(a.paused);
	shell_write_text(&shell, &a, "LOGIN bob x\n");
	UP(&shell, auth, &auth);
	DOWN(&shell, show, .number = 8, .conn = a.conn->id,
	    .state = IPC_FORWARD, .name = dn_str_of("bob"),
	    .description = dn_str_of("d"));
	DOWN(&shell, name, a.conn->id, 8);
	/* No list of users follows. */
	READ(&a, "RESULT LOGIN 1");
	assert_int_equal(a.conn->user, 8);
	shell_write_text(&shell, &a, "LOGIN bob x\n");
	READ(&a, "RESULT LOGIN 0");
	UP_NONE(&shell);
	shell_gone(&shell, &a);
	UP(&shell, closed, &closed);
}

/* Nobody there is told who comes and goes; at the other door all are. */
static void
test_no_lists(void **state)
{
	(void)state;
	shell_enter(&shell, &a, 7, "ann");
	shell_login_at(&shell, &b, 8, "bob");
	READ(&a, "");
	DOWN(&shell, show, .number = 9, .state = IPC_FORWARD,
	    .name = dn_str_of("cid"), .description = dn_str_of("d"));
	READ(&a, "");
	GOT(&b, "ARRV 9/cid/d");
	DOWN(&shell, hide, 9);
	READ(&a, "");
	GOT(&b, "LEFT 9");
	/* What is said to all, or to her, has no words here either. */
	shell_say(&shell, &b, "SEND 1/*/hello");
	shell_say(&shell, &b, "SEND 2/7/hello");
	GOT(&b, "OKAY 1|OKAY 2");
	READ(&a, "");
}

static void
test_unanswered_login(void **state)
{
	(void)state;
	shell_knock(&shell, &a);
	shell_write_text(&shell, &a, "LOGIN ann pw\n");
	shell_sleep(&shell, DN_PUNT_MSEC + 100);
	READ(&a, "RESULT LOGIN 0");
	/* A verdict that comes later must not be another's. */
	assert_int_equal(a.code, WS_CLOSE_LATER);
}

/* ---- calls ---- */

static void
test_calls(void **state)
{
	struct ipc_call call;

	(void)state;
	shell_knock(&shell, &a);
	/* What needs no name, before there is one; one answer at a time. */
	shell_write_text(&shell, &a, "REGISTER ann pw\nCHANNELS\n");
	UP(&shell, call, &call);
	assert_int_equal(call.verb, DN_VERB_REGISTER);
	EQ(call.name, "ann");
	EQ(call.secret, "pw");
	EQ(call.text, a.conn->source);
	UP_NONE(&shell);
	assert_true(a.paused);
	answer(&a, DN_VERB_REGISTER, true, "");
	READ(&a, "RESULT REGISTER 1");
	UP(&shell, call, &call);
	assert_int_equal(call.verb, DN_VERB_CHANNELS);
	answer(&a, DN_VERB_CHANNELS, true, "a%20b\nc:host");
	READ(&a, "RESULT CHANNELS a%20b, c:host");
	assert_false(a.paused);
	/* What does, without. */
	shell_write_text(&shell, &a, "CREATE x\nJOIN x:h\nSAY x hi\nJOIN\n");
	READ(&a, "RESULT CREATE x 0|RESULT JOIN x:h 0|RESULT SAY 0|"
	    "RESULT JOIN 0");
	UP_NONE(&shell);
}

static void
test_calls_of_users(void **state)
{
	struct ipc_call call;

	(void)state;
	shell_enter(&shell, &a, 7, "ann");
	shell_write_text(&shell, &a, "CREATE a%20b\n");
	UP(&shell, call, &call);
	assert_int_equal(call.verb, DN_VERB_CREATE);
	EQ(call.room, "a%20b");
	answer(&a, DN_VERB_CREATE, true, "");
	READ(&a, "RESULT CREATE a%20b 1");
	shell_write_text(&shell, &a, "JOIN x:s2\n");
	UP(&shell, call, &call);
	EQ(call.room, "x:s2");
	/* An answer to another question is none. */
	answer(&a, DN_VERB_CREATE, true, "");
	READ(&a, "");
	answer(&a, DN_VERB_JOIN, false, "");
	READ(&a, "RESULT JOIN x:s2 0");
	/* Nor is one that nobody waits for, save about what was said. */
	answer(&a, DN_VERB_JOIN, true, "");
	answer(&a, DN_VERB_CHANNELS, true, "");
	answer(&a, DN_VERB_FEDNEW, true, "");
	READ(&a, "");
	answer(&a, DN_VERB_SAY, false, "");
	READ(&a, "RESULT SAY 0");
}

static void
test_unanswered_calls(void **state)
{
	struct ipc_call call;

	(void)state;
	shell_enter(&shell, &a, 7, "ann");
	shell_write_text(&shell, &a, "JOIN x\nCHANNELS\n");
	UP(&shell, call, &call);
	shell_sleep(&shell, DN_PUNT_MSEC - 100);
	READ(&a, "");
	shell_sleep(&shell, 200);
	READ(&a, "RESULT JOIN x 0");
	UP(&shell, call, &call);
	/* The answer that comes too late is not the next one's. */
	answer(&a, DN_VERB_JOIN, true, "");
	READ(&a, "");
	shell_sleep(&shell, DN_PUNT_MSEC + 100);
	READ(&a, "RESULT CHANNELS ");
	assert_int_equal(a.code, 0);
	/* A dncontrol that begins anew knows of no call. */
	shell_write_text(&shell, &a, "JOIN y\n");
	shell_control(&shell);
	READ(&a, "RESULT JOIN y 0");
	assert_false(a.paused);
}

/* What cannot be the name of anything is not asked for. */
static void
test_impossible_names(void **state)
{
	static char text[2048];

	(void)state;
	shell_enter(&shell, &a, 7, "ann");
	snprintf(text, sizeof(text), "CREATE %01025d\n", 7);
	shell_write_text(&shell, &a, text);
	text[strlen(text) - 1] = '\0';
	memcpy(text + strlen(text), " 0", 3);
	assert_non_null(strstr(shell_read(&a), text));
	shell_knock(&shell, &b);
	snprintf(text, sizeof(text), "REGISTER %%0A pw\nREGISTER %%0Dx pw\n"
	    "LOGIN a%%0Db pw\nREGISTER a %01025d\n", 7);
	shell_write_text(&shell, &b, text);
	READ(&b, "RESULT REGISTER 0|RESULT REGISTER 0|RESULT LOGIN 0|"
	    "RESULT REGISTER 0");
	UP_NONE(&shell);
}

/* So far behind is dncontrol that strangers are not asked about any more. */
static void
test_crowded(void **state)
{
	(void)state;
	shell_knock(&shell, &a);
	shell.plane->uplink.bytes += 2 * UPLINK_STRANGER_BYTES_MAX;
	shell_write_text(&shell, &a, "REGISTER a b\nLOGIN a b\nCHANNELS\n");
	READ(&a, "RESULT REGISTER 0|RESULT LOGIN 0|RESULT CHANNELS ");
	shell.plane->uplink.bytes -= 2 * UPLINK_STRANGER_BYTES_MAX;
	UP_NONE(&shell);
}

/* ---- bad input ---- */

static void
test_ignored(void **state)
{
	(void)state;
	shell_knock(&shell, &a);
	shell_write_text(&shell, &a, "\n\r\nHELO\nlogin a b\nGET / HTTP/1.1\n"
	    "FEDNEW x\nFEDSAY a b c\n\xff\xfe\n");
	READ(&a, "");
	UP_NONE(&shell);
	shell_write_text(&shell, &a, "JOIN \xff\nSAY x \xc3\nCHANNELS \xff\n");
	READ(&a, "RESULT JOIN 0|RESULT SAY 0");
	assert_int_equal(a.code, 0);
	UP_NONE(&shell);
}

static void
test_long_lines(void **state)
{
	static char text[DN_LINE_CLIENT_BYTES_MAX];
	unsigned i;

	(void)state;
	shell_enter(&shell, &a, 7, "ann");
	memset(text, 'x', sizeof(text));
	shell_write_text(&shell, &a, "SAY lobby ");
	for (i = 0; i < 100; i++)
		shell_stream(&shell, &a, text, sizeof(text));
	/* Told once, at once; and no more is kept than a line takes. */
	READ(&a, "RESULT SAY 0");
	assert_true(a.conn->lines->room < 4 * DN_LINE_CLIENT_BYTES_MAX);
	shell_write_text(&shell, &a, "\nJOIN\n");
	READ(&a, "RESULT JOIN 0");
	/* No verb, no answer. */
	for (i = 0; i < 3; i++)
		shell_stream(&shell, &a, text, sizeof(text));
	shell_write_text(&shell, &a, "\n");
	READ(&a, "");
	assert_int_equal(a.code, 0);
}

/* Whoever floods has his share of a turn, and no more. */
static void
test_turns(void **state)
{
	static char text[DN_TURN_MESSAGES_MAX * 2 * 5 + 1];
	unsigned i, turns = 0;

	(void)state;
	shell_knock(&shell, &a);
	for (i = 0; i < DN_TURN_MESSAGES_MAX * 2; i++)
		memcpy(text + i * 5, "SAY \n", 6);
	conn_stream(a.conn, text, strlen(text));
	assert_true(a.paused);
	do {
		plane_flush(shell.plane);
		turns++;
	} while (plane_is_busy(shell.plane));
	assert_true(turns >= 2);
	assert_false(a.paused);
	assert_int_equal(a.size, DN_TURN_MESSAGES_MAX * 2 *
	    strlen("RESULT SAY 0\n"));
	a.size = 0;
}

/* ---- lines without an end ---- */

static void
test_gap(void **state)
{
	struct ipc_auth auth;
	struct ipc_call call;

	(void)state;
	shell_knock(&shell, &a);
	shell_write_text(&shell, &a, "LOGIN ann");
	shell_sleep(&shell, DN_LINE_GAP_MSEC - 1);
	READ(&a, "");
	shell_write_text(&shell, &a, " pw");
	shell_sleep(&shell, DN_LINE_GAP_MSEC - 1);
	UP_NONE(&shell);
	shell_sleep(&shell, WHEEL_TICK_MSEC * 2);
	UP(&shell, auth, &auth);
	EQ(auth.name, "ann");
	EQ(auth.secret, "pw");
	/* What comes before the answer is told apart by time, too. */
	assert_false(a.paused);
	shell_write_text(&shell, &a, "CHANNELS");
	shell_sleep(&shell, 200);
	shell_write_text(&shell, &a, "JOIN x");
	shell_sleep(&shell, 200);
	UP_NONE(&shell);
	DOWN(&shell, show, .number = 8, .conn = a.conn->id,
	    .state = IPC_FORWARD, .name = dn_str_of("ann"));
	DOWN(&shell, name, a.conn->id, 8);
	READ(&a, "RESULT LOGIN 1");
	UP(&shell, call, &call);
	assert_int_equal(call.verb, DN_VERB_CHANNELS);
	UP_NONE(&shell);
	answer(&a, DN_VERB_CHANNELS, true, "x");
	UP(&shell, call, &call);
	assert_int_equal(call.verb, DN_VERB_JOIN);
	EQ(call.room, "x");
}

/* A gap is never shorter than it must be, wherever the wheel stands. */
static void
test_gap_length(void **state)
{
	uint64_t shift;

	(void)state;
	for (shift = 0; shift < 2 * WHEEL_TICK_MSEC; shift++) {
		shell_knock(&shell, &a);
		shell_write_text(&shell, &a, "JOIN");
		shell_sleep(&shell, DN_LINE_GAP_MSEC - 1);
		READ(&a, "");
		shell_sleep(&shell, 2 * WHEEL_TICK_MSEC);
		READ(&a, "RESULT JOIN 0");
		shell_gone(&shell, &a);
		shell_sleep(&shell, 1);
	}
}

/* Who ends lines means what he does. */
static void
test_no_gap(void **state)
{
	(void)state;
	shell_knock(&shell, &a);
	shell_write_text(&shell, &a, "JOIN\nSAY");
	READ(&a, "RESULT JOIN 0");
	shell_sleep(&shell, 5000);
	READ(&a, "");
	shell_write_text(&shell, &a, "\n");
	READ(&a, "RESULT SAY 0");
}

/* We were stopped for a while, and have not read what came meanwhile. */
static void
test_late_gap(void **state)
{
	(void)state;
	shell_knock(&shell, &a);
	shell_write_text(&shell, &a, "JO");
	(void)plane_deadline(shell.plane);
	shell.now_usec += 400 * 1000;
	plane_clock(shell.plane, shell.now_usec);
	plane_tick(shell.plane);
	shell_turn(&shell);
	shell_write_text(&shell, &a, "IN");
	shell_sleep(&shell, 200);
	READ(&a, "RESULT JOIN 0");
}

/* Without an LF no more is read ahead of an answer than that. */
static void
test_unread_bound(void **state)
{
	static char text[8192];
	struct ipc_call call;

	(void)state;
	shell_knock(&shell, &a);
	shell_write_text(&shell, &a, "CHANNELS");
	shell_sleep(&shell, 200);
	UP(&shell, call, &call);
	assert_false(a.paused);
	memset(text, 'x', sizeof(text) - 1);
	shell_write_text(&shell, &a, text);
	assert_true(a.paused);
	answer(&a, DN_VERB_CHANNELS, true, "");
	assert_false(a.paused);
}

/* ---- time and the end ---- */

static void
test_idle(void **state)
{
	(void)state;
	shell_knock(&shell, &a);
	shell_knock(&shell, &b);
	shell_write_text(&shell, &b, "SAY\n");
	shell_sleep(&shell, CONN_MUTE_MSEC - 1000);
	assert_int_equal(a.code, 0);
	shell_sleep(&shell, 2000);
	assert_int_equal(a.code, WS_CLOSE_POLICY);
	assert_int_equal(b.code, 0);
	shell_sleep(&shell, CONN_IDLE_MSEC);
	assert_int_equal(b.code, WS_CLOSE_POLICY);
	READ(&a, "");
}

/* Whoever has a name may be silent; nothing is sent to find out. */
static void
test_silent_user(void **state)
{
	(void)state;
	shell_enter(&shell, &a, 7, "ann");
	shell_federate(&shell, &b, false);
	DOWN(&shell, probe, a.conn->id, DN_GHOST_MSEC);
	shell_sleep(&shell, 24 * 3600 * 1000);
	assert_true(a.code == 0 && b.code == 0);
	READ(&a, "");
	READ(&b, "");
}

/* What has come is answered before the end. */
static void
test_half_close(void **state)
{
	struct ipc_call call;
	struct ipc_closed closed;

	(void)state;
	shell_knock(&shell, &a);
	shell_write_text(&shell, &a, "SAY\nREGISTER ann pw\nCHANNELS");
	conn_stream_end(a.conn);
	shell_turn(&shell);
	READ(&a, "RESULT SAY 0");
	assert_int_equal(a.code, 0);
	UP(&shell, call, &call);
	answer(&a, DN_VERB_REGISTER, true, "");
	READ(&a, "RESULT REGISTER 1");
	assert_int_equal(a.code, 0);
	UP(&shell, call, &call);
	answer(&a, DN_VERB_CHANNELS, true, "");
	READ(&a, "RESULT CHANNELS ");
	assert_int_equal(a.code, WS_CLOSE_NORMAL);
	UP(&shell, closed, &closed);
	/* Whoever is idle goes at once. */
	shell_enter(&shell, &b, 7, "ann");
	conn_stream_end(b.conn);
	shell_turn(&shell);
	assert_int_equal(b.code, WS_CLOSE_NORMAL);
	UP(&shell, closed, &closed);
}

static void
test_reset(void **state)
{
	struct ipc_call call;
	struct ipc_closed closed;

	(void)state;
	shell_enter(&shell, &a, 7, "ann");
	shell_write_text(&shell, &a, "JOIN x\n");
	UP(&shell, call, &call);
	conn_lost(a.conn, 0, "connection lost");
	UP_NONE(&shell);
	shell_turn(&shell);
	UP(&shell, closed, &closed);
	/* The answer finds nobody. */
	answer(&a, DN_VERB_JOIN, true, "");
	READ(&a, "");
}

/* A reader who does not read is closed as at the other door. */
static void
test_slow_reader(void **state)
{
	static char list[600000];
	unsigned i;

	(void)state;
	shell_enter(&shell, &a, 7, "ann");
	memset(list, 'x', sizeof(list) - 1);
	a.blocks = true;
	for (i = 0; i < 2; i++) {
		shell_write_text(&shell, &a, "CHANNELS\n");
		answer(&a, DN_VERB_CHANNELS, true, list);
	}
	assert_int_equal(a.code, 0);
	/* It is not even read, while so much waits for it. */
	assert_true(a.paused);
	shell_sleep(&shell, DN_CLIENT_STALL_MSEC + 2000);
	a.blocks = false;
	a.size = 0;
	conn_writable(a.conn);
	shell_turn(&shell);
	assert_int_equal(a.code, WS_CLOSE_POLICY);
}

/* Caps on strangers hold here as well. */
static void
test_strangers(void **state)
{
	static struct far many[DN_STRANGERS_PER_ADDRESS_MAX];
	struct conn *conn;
	unsigned i;

	(void)state;
	for (i = 0; i < DN_STRANGERS_PER_ADDRESS_MAX; i++)
		shell_knock_from(&shell, &many[i], "192.0.2.7:1");
	assert_int_equal(plane_accept(shell.plane, &codec_channels,
	    dn_str_of("192.0.2.7:2"), false, NULL, &conn), DN_E_FULL);
	for (i = 0; i < DN_STRANGERS_PER_ADDRESS_MAX; i++)
		shell_gone(&shell, &many[i]);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_login),
		TEST(test_no_lists),
		TEST(test_unanswered_login),
		TEST(test_calls),
		TEST(test_calls_of_users),
		TEST(test_unanswered_calls),
		TEST(test_impossible_names),
		TEST(test_crowded),
		TEST(test_ignored),
		TEST(test_long_lines),
		TEST(test_turns),
		TEST(test_gap),
		TEST(test_gap_length),
		TEST(test_no_gap),
		TEST(test_late_gap),
		TEST(test_unread_bound),
		TEST(test_idle),
		TEST(test_silent_user),
		TEST(test_half_close),
		TEST(test_reset),
		TEST(test_slow_reader),
		TEST(test_strangers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
