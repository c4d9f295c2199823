/*
 * Silence: who is asked when, who is given up when, and round trips.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "shell.h"

static struct shell shell;
static struct far a;

static int
setup(void **state)
{
	(void)state;
	shell_init(&shell);
	shell_control(&shell);
	memset(&a, 0, sizeof(a));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	shell_gone(&shell, &a);
	shell_deinit(&shell);
	return 0;
}

static void
test_idle_client(void **state)
{
	struct ipc_closed closed;

	(void)state;
	shell_login_at(&shell, &a, 1, "ann");
	shell_sleep(&shell, DN_CLIENT_PING_MSEC - 1000);
	GOT(&a, "");
	shell_sleep(&shell, 1000);
	GOT(&a, "PING");
	shell_pong(&shell, &a);
	shell_sleep(&shell, DN_CLIENT_PING_MSEC);
	GOT(&a, "PING");
	/* A message does as well as a PONG. */
	shell_say(&shell, &a, "ACKN 5");
	GOT(&a, "FAIL 5/NUMBER");
	shell_sleep(&shell, DN_CLIENT_PING_MSEC);
	GOT(&a, "PING");
	shell_sleep(&shell, DN_CLIENT_SILENCE_MSEC - DN_CLIENT_PING_MSEC -
	    1000);
	UP_NONE(&shell);
	shell_sleep(&shell, 1000);
	UP(&shell, closed, &closed);
	assert_int_equal(a.code, WS_CLOSE_POLICY);
	assert_int_equal(shell.plane->counters[IPC_COUNTER_silent_closed], 1);
}

static void
test_silent_link(void **state)
{
	struct ipc_closed closed;
	struct ipc_rtt rtt;

	(void)state;
	shell_link(&shell, &a, false, 0);
	assert_true(a.tuned);
	shell.now_usec += 20000;
	plane_clock(shell.plane, shell.now_usec);
	shell_pong(&shell, &a);
	UP(&shell, rtt, &rtt);
	assert_int_equal(rtt.usec, 20000);
	shell_sleep(&shell, DN_LINK_PING_MSEC);
	GOT(&a, "PING");
	shell_sleep(&shell, DN_LINK_SILENCE_MSEC - DN_LINK_PING_MSEC - 100);
	UP_NONE(&shell);
	shell_sleep(&shell, 100);
	UP(&shell, closed, &closed);
	assert_int_equal(closed.code, WS_CLOSE_POLICY);
}

static void
test_shorter_patience(void **state)
{
	(void)state;
	DOWN(&shell, config, 4096, 900, 0, {0});
	shell_link(&shell, &a, false, 0);
	shell_pong(&shell, &a);
	shell_sleep(&shell, 300);
	GOT(&a, "PING");
	shell_sleep(&shell, 600);
	assert_int_equal(a.conn->state, CONN_CLOSING);
}

/* A peer of other origin may not know PING: silence counts only once it has
 * answered one. */
static void
test_foreign_link(void **state)
{
	(void)state;
	shell_link(&shell, &a, false, IPC_OPEN_FOREIGN);
	shell_sleep(&shell, DN_FOREIGN_PING_MSEC);
	GOT(&a, "PING");
	shell_sleep(&shell, 10 * DN_FOREIGN_SILENCE_MSEC);
	GOT(&a, "");
	assert_int_equal(a.conn->state, CONN_LINK);
	shell_pong(&shell, &a);
	shell_sleep(&shell, DN_FOREIGN_SILENCE_MSEC);
	assert_int_equal(a.conn->state, CONN_CLOSING);
}

static void
test_smoothed_round_trip(void **state)
{
	struct ipc_rtt rtt;
	unsigned i;

	(void)state;
	shell_link(&shell, &a, false, 0);
	shell.now_usec += 1000;
	plane_clock(shell.plane, shell.now_usec);
	shell_pong(&shell, &a);
	UP(&shell, rtt, &rtt);
	/* One outlier is no news; a change that stays is. */
	for (i = 0; i < 4; i++) {
		conn_ping(a.conn);
		shell.now_usec += i == 1 ? 2000 : 1000;
		plane_clock(shell.plane, shell.now_usec);
		shell_pong(&shell, &a);
	}
	UP_NONE(&shell);
	for (i = 0; i < 4; i++) {
		conn_ping(a.conn);
		shell.now_usec += 2000;
		plane_clock(shell.plane, shell.now_usec);
		shell_pong(&shell, &a);
	}
	UP(&shell, rtt, &rtt);
	assert_in_range(rtt.usec, 1250, 1600);
}

/* The process was stopped: nobody else was silent meanwhile. */
static void
test_late_ourselves(void **state)
{
	(void)state;
	shell_link(&shell, &a, false, 0);
	shell_pong(&shell, &a);
	shell_sleep(&shell, 500);
	(void)plane_deadline(shell.plane);
	shell.now_usec += 20000000;
	plane_clock(shell.plane, shell.now_usec);
	plane_tick(shell.plane);
	shell_turn(&shell);
	assert_int_equal(a.conn->state, CONN_LINK);
}

/* A new link is asked for its round trip at once. That this was due before
 * anybody looked makes nobody else's silence shorter. */
static void
test_link_amid_silence(void **state)
{
	struct far b = {0};

	(void)state;
	shell_login_at(&shell, &a, 1, "ann");
	shell_sleep(&shell, DN_CLIENT_PING_MSEC);
	GOT(&a, "PING");
	(void)plane_deadline(shell.plane);
	shell.now_usec += 10000000;
	plane_clock(shell.plane, shell.now_usec);
	shell_link(&shell, &b, false, 0);
	(void)plane_deadline(shell.plane);
	plane_tick(shell.plane);
	shell_sleep(&shell, DN_CLIENT_SILENCE_MSEC - DN_CLIENT_PING_MSEC -
	    10000);
	assert_int_equal(a.conn->state, CONN_CLOSING);
	shell_gone(&shell, &b);
}

static void
test_probe(void **state)
{
	struct ipc_closed closed;

	(void)state;
	shell_login_at(&shell, &a, 1, "ann");
	DOWN(&shell, probe, a.conn->id, DN_GHOST_MSEC);
	GOT(&a, "PING");
	shell_sleep(&shell, 1500);
	shell_pong(&shell, &a);
	shell_sleep(&shell, 1000);
	UP_NONE(&shell);
	DOWN(&shell, probe, a.conn->id, DN_GHOST_MSEC);
	shell_sleep(&shell, 1500);
	/* Asked for again, it has no more time than it had. */
	DOWN(&shell, probe, a.conn->id, DN_GHOST_MSEC);
	shell_sleep(&shell, 600);
	UP(&shell, closed, &closed);
	assert_int_equal(closed.code, WS_CLOSE_POLICY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_idle_client),
		TEST(test_silent_link),
		TEST(test_shorter_patience),
		TEST(test_foreign_link),
		TEST(test_smoothed_round_trip),
		TEST(test_late_ourselves),
		TEST(test_link_amid_silence),
		TEST(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
