/*
 * Connections whose frames we read, on a plane in memory: what comes in
 * pieces, while paused, PING and CLOSE, and what is no frame.
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

/* Appends a frame with the 'size' bytes at 'payload' to 'bytes'; returns its
 * size. */
static size_t
put_frame(unsigned char *bytes, enum ws_opcode opcode, const void *payload,
    size_t size)
{
	static const unsigned char key[] = {1, 2, 3, 4};
	size_t head = ws_put_head(bytes, opcode, size);

	bytes[1] |= 0x80;
	memcpy(bytes + head, key, sizeof(key));
	ws_mask_payload(bytes + head + sizeof(key), payload, size, key);
	return head + sizeof(key) + size;
}

static size_t
put_text(unsigned char *bytes, const char *text)
{
	return put_frame(bytes, WS_TEXT, text, strlen(text));
}

/* 'far' says a control frame. */
static void
control(struct far *far, enum ws_opcode opcode, const char *payload,
    size_t size)
{
	unsigned char bytes[256];

	conn_frames(far->conn, bytes, put_frame(bytes, opcode, payload,
	    size));
	shell_turn(&shell);
}

/* 'far' is user 'number'. */
static void
enter(struct far *far, uint64_t number, const char *name)
{
	unsigned char bytes[256];
	struct ipc_auth auth;
	char text[64];

	shell_accept(&shell, far);
	snprintf(text, sizeof(text), "AUTH %u\r\n%s\r\npw", (unsigned)number,
	    name);
	conn_frames(far->conn, bytes, put_text(bytes, text));
	shell_turn(&shell);
	UP(&shell, auth, &auth);
	DOWN(&shell, show, number, far->conn->id, IPC_FORWARD, IPC_ROLE_USER,
	    dn_str_of(name), dn_str_of("d"));
	DOWN(&shell, name, far->conn->id, number);
	(void)shell_got(far);
}

/* Byte by byte: a head is waited for, a payload taken as it comes. */
static void
test_byte_by_byte(void **state)
{
	unsigned char bytes[256];
	size_t size, i;

	(void)state;
	enter(&a, 1, "ann");
	enter(&b, 2, "bob");
	(void)shell_got(&a);
	size = put_text(bytes, "SEND 7\r\n2\r\nhi");
	size += put_frame(bytes + size, WS_PING, "x", 1);
	for (i = 0; i < size; i++) {
		conn_frames(a.conn, bytes + i, 1);
		shell_turn(&shell);
		GOT(&a, i == 18 ? "OKAY 7" : i == size - 1 ? "PONG x" : "");
	}
	assert_null(a.conn->rest);
	GOT(&b, "SEND 7/1/hi");
}

/* What comes behind an AUTH waits for its answer, and is handled then. */
static void
test_paused(void **state)
{
	unsigned char bytes[512];
	struct ipc_auth auth;
	size_t size;

	(void)state;
	shell_accept(&shell, &a);
	size = put_text(bytes, "AUTH 1\r\nann\r\npw");
	size += put_text(bytes + size, "SEND 7\r\n*\r\nhi");
	size += put_text(bytes + size, "SEND 8\r\n9\r\nhi");
	conn_frames(a.conn, bytes, size);
	shell_turn(&shell);
	assert_true(a.paused);
	GOT(&a, "");
	UP(&shell, auth, &auth);
	DOWN(&shell, deny, a.conn->id, 1, DN_REASON_NAME);
	/* Who has no name may not SEND. */
	GOT(&a, "FAIL 1/NAME|INVD 0");
	assert_int_equal(a.code, 1002);
	assert_null(a.conn->rest);
}

/* More than one turn's share: all of it is handled, in turns. */
static void
test_more_than_a_turn(void **state)
{
	static unsigned char bytes[1 << 14];
	size_t size = 0;
	char text[32];
	unsigned i;

	(void)state;
	enter(&a, 1, "ann");
	enter(&b, 2, "bob");
	(void)shell_got(&a);
	for (i = 0; i < 3 * DN_TURN_MESSAGES_MAX + 5; i++) {
		snprintf(text, sizeof(text), "SEND %u\r\n2\r\nx", 100 + i);
		size += put_text(bytes + size, text);
	}
	conn_frames(a.conn, bytes, size);
	assert_true(a.paused && a.conn->rest != NULL);
	plane_flush(shell.plane);
	assert_false(a.paused);
	assert_int_equal(a.conn->turn_count, DN_TURN_MESSAGES_MAX);
	shell_turn(&shell);
	assert_null(a.conn->rest);
	assert_int_equal(shell.plane->counters[IPC_COUNTER_sends_local], i);
}

static void
test_pings(void **state)
{
	(void)state;
	enter(&a, 1, "ann");
	control(&a, WS_PING, "", 0);
	GOT(&a, "PONG ");
	control(&a, WS_PONG, "unasked", 7);
	GOT(&a, "");
	/* A first list does not hold it up, and order is kept. */
	control(&a, WS_PING, "one", 3);
	control(&a, WS_PING, "two", 3);
	GOT(&a, "PONG one|PONG two");
	/* Who does not read gets no more of them. */
	a.blocks = true;
	control(&a, WS_PING, "", 0);
	while (conn_output_bytes(a.conn) < CONN_OUTPUT_BYTES_LOW)
		control(&a, WS_PING, "0123456789", 10);
	assert_true(conn_output_bytes(a.conn) < CONN_OUTPUT_BYTES_LOW + 12);
	control(&a, WS_PING, "0123456789", 10);
	assert_true(conn_output_bytes(a.conn) < CONN_OUTPUT_BYTES_LOW + 12);
}

/* A way that leads one way only is none: only answers keep a link up. */
static void
test_pings_are_no_answers(void **state)
{
	unsigned i;

	(void)state;
	enter(&a, 1, "ann");
	for (i = 0; i < DN_CLIENT_SILENCE_MSEC / 1000 + 1; i++) {
		control(&a, WS_PING, "", 0);
		shell_sleep(&shell, 1000);
	}
	assert_int_equal(a.code, 1008);
}

/* The code comes back, the reason is our own; then nothing is read. */
static void
test_close(void **state)
{
	static const struct {
		const char *payload;
		size_t size;
		unsigned code;
	} cases[] = {
		{"", 0, 1000}, {"\x03\xe9", 2, 1001}, {"\x0f\xa0", 2, 4000},
		{"\x03\xe8why", 5, 1000}, {"\x03", 1, 1002},
		{"\x03\xed", 2, 1002}, {"\x03\xe8\xff", 3, 1007},
	};
	struct ipc_closed closed;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enter(&a, 1, "ann");
		control(&a, WS_CLOSE, cases[i].payload, cases[i].size);
		UP(&shell, closed, &closed);
		assert_int_equal(closed.code, cases[i].code);
		assert_int_equal(a.code, cases[i].code);
		GOT(&a, "");
		control(&a, WS_PING, "late", 4);
		assert_true(a.conn->is_over);
		assert_null(a.conn->rest);
		shell_gone(&shell, &a);
		DOWN(&shell, hide, 1);
	}
}

/* The answer to our own close frame ends it. */
static void
test_close_answered(void **state)
{
	(void)state;
	enter(&a, 1, "ann");
	conn_close(a.conn, WS_CLOSE_AWAY, "bye");
	shell_turn(&shell);
	assert_int_equal(a.code, 1001);
	assert_false(a.killed);
	control(&a, WS_CLOSE, "\x03\xe9", 2);
	assert_true(a.killed);
}

/* Nothing after what is no frame is read, not even a CLOSE. */
static void
test_no_frame(void **state)
{
	unsigned char bytes[] = {0x81, 0x02, 'h', 'i'};
	struct ipc_closed closed;

	(void)state;
	enter(&a, 1, "ann");
	conn_frames(a.conn, bytes, sizeof(bytes));
	shell_turn(&shell);
	UP(&shell, closed, &closed);
	assert_int_equal(closed.code, 1002);
	assert_int_equal(a.code, 1002);
	assert_string_equal(a.why, "an unmasked frame");
	assert_int_equal(shell.plane->counters[IPC_COUNTER_invalid], 1);
	GOT(&a, "");
	control(&a, WS_CLOSE, "", 0);
	assert_false(a.conn->is_over);
}

/* A message that is announced as too long is not waited for. */
static void
test_announced(void **state)
{
	unsigned char bytes[] = {0x81, 0xff, 0, 0, 0, 0, 0, 2, 0, 0,
	    1, 2, 3, 4};

	(void)state;
	enter(&a, 1, "ann");
	conn_frames(a.conn, bytes, sizeof(bytes));
	shell_turn(&shell);
	GOT(&a, "INVD 0");
	assert_int_equal(a.code, 1009);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_byte_by_byte, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_paused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_more_than_a_turn, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_pings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pings_are_no_answers,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_close, setup, teardown),
		cmocka_unit_test_setup_teardown(test_close_answered, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_no_frame, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_announced, setup,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
