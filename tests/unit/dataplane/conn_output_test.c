/*
 * What is sent: the first list of a client while things go on, bounds of the
 * output, slow readers.
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

/* ---- lists ---- */

static void
show(uint64_t number, const char *name, uint64_t conn)
{
	DOWN(&shell, show, number, conn, IPC_FORWARD, IPC_ROLE_USER, dn_str_of(name),
	    dn_str_of("d"));
}

/* What is written to 'far' last blocks it. */
static void
block(struct far *far)
{
	far->blocks = true;
	conn_answer_ping(far->conn, "", 0);
	shell_turn(&shell);
	GOT(far, "PONG ");
}

static void
unblock(struct far *far)
{
	far->blocks = false;
	conn_writable(far->conn);
	shell_turn(&shell);
}

static void
test_list_begins_and_goes_on(void **state)
{
	(void)state;
	show(50, "fay", 1);
	show(51, "gil", 1);
	shell_login_at(&shell, &a, 1, "ann");
	shell_accept(&shell, &b);
	shell_say(&shell, &b, "AUTH 2/bob/");
	show(2, "bob", b.conn->id);
	GOT(&a, "ARRV 2/bob/d");
	/* The list waits, as the socket takes no more. */
	block(&b);
	DOWN(&shell, name, b.conn->id, 2);
	/* Meanwhile: one that was not sent yet leaves, one comes, one talks
	 * and leaves, and a broadcast. */
	shell_say(&shell, &a, "SEND 7/2/before");
	DOWN(&shell, hide, 51);
	show(52, "hal", 1);
	shell_say(&shell, &a, "SEND 8/*/after");
	DOWN(&shell, hide, 1);
	GOT(&b, "");
	unblock(&b);
	GOT(&b, "OKAY 2|ARRV 51/gil/d|ARRV 1/ann/on x|ARRV 50/fay/d|"
	    "SEND 7/1/before|LEFT 51|ARRV 52/hal/d|SEND 8/1/after|LEFT 1");
	assert_null(b.conn->list);
}

/* OKAY, the list and what happened meanwhile. */
static void
test_short_list_is_one_write(void **state)
{
	unsigned writes;

	(void)state;
	show(50, "fay", 1);
	shell_accept(&shell, &a);
	shell_say(&shell, &a, "AUTH 2/bob/");
	block(&a);
	DOWN(&shell, name, a.conn->id, 2);
	show(51, "gil", 1);
	writes = a.writes;
	unblock(&a);
	GOT(&a, "OKAY 2|ARRV 50/fay/d|ARRV 51/gil/d");
	assert_int_equal(a.writes, writes + 1);
}

/* Shows 'count' users from 1000 on. */
static void
crowd(unsigned count)
{
	char name[16];
	unsigned i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "user%u", i);
		show(1000 + i, name, 1);
	}
}

static void
test_long_list_is_sliced(void **state)
{
	unsigned count = 0;

	(void)state;
	crowd(10000);
	shell_accept(&shell, &a);
	shell_say(&shell, &a, "AUTH 2/bob/");
	a.blocks = true;
	DOWN(&shell, name, a.conn->id, 2);
	while (a.conn->list != NULL) {
		assert_true(a.size <= PLANE_WRITE_BYTES);
		assert_int_equal(conn_output_bytes(a.conn), 0);
		a.size = 0;
		conn_writable(a.conn);
		shell_turn(&shell);
		assert_true(++count < 10);
	}
	assert_in_range(count, 2, 5);
}

/* In the middle of a list one leaves that was in it, and one that was not. */
static void
test_left_within_list(void **state)
{
	(void)state;
	show(50, "fay", 1);
	crowd(3000);
	show(51, "gil", 1);
	shell_accept(&shell, &a);
	shell_say(&shell, &a, "AUTH 2/bob/");
	a.blocks = true;
	DOWN(&shell, name, a.conn->id, 2);
	assert_non_null(a.conn->list);
	a.size = 0;
	DOWN(&shell, hide, 50);
	DOWN(&shell, hide, 51);
	unblock(&a);
	assert_memory_equal(a.bytes + 2, "ARRV 51\r\ngil", 12);
	assert_memory_equal(a.bytes + a.size - 18, "\x81\7LEFT 50\x81\7LEFT 51",
	    18);
}

/* Nobody is closed in the middle of a list with half of it in the queue. */
static void
test_closed_within_list(void **state)
{
	(void)state;
	crowd(3000);
	shell_accept(&shell, &a);
	shell_say(&shell, &a, "AUTH 2/bob/");
	a.blocks = true;
	DOWN(&shell, name, a.conn->id, 2);
	assert_non_null(a.conn->list);
	DOWN(&shell, hide, 3999);
	DOWN(&shell, close, a.conn->id, 1008, dn_str_of("kicked"));
	a.size = 0;
	unblock(&a);
	GOT(&a, "");
	assert_int_equal(a.code, 1008);
	assert_string_equal(a.why, "kicked");
}

/* ---- output ---- */

/* 'a' sends 'count' long texts to user 2. */
static void
flood(unsigned first, unsigned count)
{
	static char text[4100];
	unsigned i;
	int head;

	for (i = 0; i < count; i++) {
		head = snprintf(text, sizeof(text), "SEND %u/2/", first + i);
		memset(text + head, 'x', 4000);
		text[head + 4000] = '\0';
		shell_say(&shell, &a, text);
	}
}

static void
test_slow_reader_with_much(void **state)
{
	struct ipc_closed closed;

	(void)state;
	shell_login_at(&shell, &a, 1, "ann");
	shell_login_at(&shell, &b, 2, "bob");
	b.blocks = true;
	flood(1000, 200);
	assert_int_equal(b.conn->state, CONN_CLIENT);
	UP_NONE(&shell);
	flood(2000, 100);
	UP(&shell, closed, &closed);
	assert_int_equal(closed.code, WS_CLOSE_POLICY);
	assert_int_equal(shell.plane->counters[IPC_COUNTER_slow_closed], 1);
	assert_int_equal(conn_output_bytes(b.conn), 0);
	/* Its socket takes nothing: no close frame, but an end. */
	shell_sleep(&shell, DN_CLOSE_MSEC + 100);
	assert_int_equal(b.code, 0);
	assert_true(b.killed);
}

static void
test_slow_reader_with_little(void **state)
{
	struct ipc_closed closed;

	(void)state;
	shell_login_at(&shell, &a, 1, "ann");
	shell_login_at(&shell, &b, 2, "bob");
	b.blocks = true;
	flood(1000, 2);
	shell_sleep(&shell, DN_CLIENT_STALL_MSEC - 1000);
	UP_NONE(&shell);
	/* It takes a byte: that is enough for another ten seconds. */
	b.progress++;
	shell_sleep(&shell, DN_CLIENT_STALL_MSEC - 1000);
	UP_NONE(&shell);
	shell_sleep(&shell, 3000);
	UP(&shell, closed, &closed);
	assert_int_equal(closed.code, WS_CLOSE_POLICY);
}

/* Who does not read his answers is not read. */
static void
test_own_answers(void **state)
{
	char text[32];
	unsigned i;

	(void)state;
	shell_login_at(&shell, &a, 1, "ann");
	a.blocks = true;
	for (i = 1; !a.paused && i < 100000; i++) {
		snprintf(text, sizeof(text), "ACKN %u", i);
		conn_receive(a.conn, text, strlen(text), 0, true, false);
		plane_flush(shell.plane);
	}
	assert_true(a.paused);
	assert_true(conn_output_bytes(a.conn) < 2 * CONN_OUTPUT_BYTES_HIGH);
	a.blocks = false;
	for (i = 0; a.paused && i < 20; i++) {
		conn_writable(a.conn);
		shell_turn(&shell);
	}
	assert_false(a.paused);
}

static void
test_failed_write(void **state)
{
	struct ipc_closed closed;

	(void)state;
	shell_login_at(&shell, &a, 1, "ann");
	a.fails = true;
	shell_say(&shell, &a, "ACKN 5");
	UP(&shell, closed, &closed);
	assert_int_equal(closed.code, 1006);
	shell_gone(&shell, &a);
	UP_NONE(&shell);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_list_begins_and_goes_on),
		TEST(test_short_list_is_one_write),
		TEST(test_long_list_is_sliced),
		TEST(test_left_within_list),
		TEST(test_closed_within_list),
		TEST(test_slow_reader_with_much),
		TEST(test_slow_reader_with_little),
		TEST(test_own_answers),
		TEST(test_failed_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
