/*
 * The plane as a whole, in memory: delivery between clients and links, users
 * whose way is being sought, the message table's rules as they show outside,
 * the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "shell.h"

static struct shell shell;
static struct far a, b, l, m; /* users 1 and 2; two links */

static uint64_t
counter(enum ipc_counter index)
{
	uint64_t counters[IPC_COUNTER_COUNT];

	plane_count(shell.plane, counters);
	return counters[index];
}

static void
show(uint64_t number, const char *name, uint64_t conn)
{
	DOWN(&shell, show, number, conn, IPC_FORWARD, IPC_ROLE_USER, dn_str_of(name),
	    dn_str_of("d"));
}

/* Two users, a link that was accepted with user 3 behind it, a link that we
 * dialled with user 4. */
static int
setup(void **state)
{
	(void)state;
	shell_init(&shell);
	shell_control(&shell);
	shell_login_at(&shell, &a, 1, "ann");
	shell_login_at(&shell, &b, 2, "bob");
	shell_link(&shell, &l, false, 0);
	shell_link(&shell, &m, true, 0);
	shell_pong(&shell, &l);
	shell_pong(&shell, &m);
	show(3, "cat", l.conn->id);
	show(4, "dan", m.conn->id);
	a.size = b.size = l.size = m.size = 0;
	shell.up_size = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	shell_gone(&shell, &a);
	shell_gone(&shell, &b);
	shell_gone(&shell, &l);
	shell_gone(&shell, &m);
	shell_deinit(&shell);
	return 0;
}

/* ---- delivery ---- */

static void
test_unicast(void **state)
{
	(void)state;
	shell_say(&shell, &a, "SEND 10/2/hi");
	GOT(&a, "OKAY 10");
	GOT(&b, "SEND 10/1/hi");
	shell_say(&shell, &b, "ACKN 10");
	GOT(&a, "ACKN 10/2");
	shell_say(&shell, &a, "SEND 11/3/far");
	GOT(&l, "SEND 11/3/1/far");
	shell_say(&shell, &l, "ACKN 11/3/1");
	GOT(&a, "OKAY 11|ACKN 11/3");
	shell_say(&shell, &a, "SEND 12/4/masked");
	GOT(&m, "~SEND 12/4/1/masked");
	/* From a link to a link. */
	shell_say(&shell, &l, "SEND 13/4/3/through");
	GOT(&m, "~SEND 13/4/3/through");
	/* Back where it came from: routes may have changed. */
	shell_say(&shell, &l, "SEND 14/3/4/back");
	GOT(&l, "SEND 14/3/4/back");
	/* To oneself: the answer first. */
	shell_say(&shell, &b, "SEND 15/2/me");
	GOT(&b, "OKAY 15|SEND 15/2/me");
	GOT(&a, "OKAY 12");
}

static void
test_broadcast(void **state)
{
	(void)state;
	shell_say(&shell, &a, "SEND 20/*/all");
	GOT(&a, "OKAY 20");
	GOT(&b, "SEND 20/1/all");
	GOT(&l, "SEND 20/*/1/all");
	GOT(&m, "~SEND 20/*/1/all");
	/* It comes round. */
	shell_say(&shell, &l, "SEND 20/*/1/all");
	GOT(&a, "");
	GOT(&m, "");
	shell_say(&shell, &l, "SEND 21/*/3/theirs");
	GOT(&a, "SEND 21/3/theirs");
	GOT(&b, "SEND 21/3/theirs");
	GOT(&m, "~SEND 21/*/3/theirs");
	GOT(&l, "");
	shell_say(&shell, &m, "SEND 21/*/3/theirs");
	GOT(&a, "");
	assert_int_equal(counter(IPC_COUNTER_duplicates), 2);
	/* A link that comes later has no part in it. */
	shell_say(&shell, &b, "ACKN 21");
	GOT(&l, "ACKN 21/2/3");
}

/* A broadcast from before one had a name is none's to acknowledge. */
static void
test_ackn_of_a_newcomer(void **state)
{
	struct far c;

	(void)state;
	shell_say(&shell, &a, "SEND 20/*/all");
	shell_login_at(&shell, &c, 5, "eve");
	shell_say(&shell, &c, "ACKN 20");
	GOT(&c, "FAIL 20/NUMBER");
	shell_gone(&shell, &c);
}

static void
test_dropped(void **state)
{
	unsigned i;

	(void)state;
	shell_say(&shell, &l, "SEND 30/99/3/nobody");
	assert_int_equal(counter(IPC_COUNTER_unknown_dropped), 1);
	shell_say(&shell, &l, "SEND 31/2/1/forged");
	shell_say(&shell, &l, "ACKN 31/1/2");
	assert_int_equal(counter(IPC_COUNTER_forged_dropped), 2);
	for (i = 0; i < DN_TRANSIT_MAX + 2; i++)
		shell_say(&shell, &l, "SEND 32/4/3/circling");
	assert_int_equal(counter(IPC_COUNTER_transit_dropped), 2);
	GOT(&a, "");
	GOT(&b, "");
	assert_int_equal(l.code, 0);
}

/* ---- users without a way ---- */

static void
test_hold(void **state)
{
	(void)state;
	DOWN(&shell, route, 3, IPC_CONN_NONE, IPC_HOLD);
	shell_say(&shell, &a, "SEND 40/3/one");
	shell_say(&shell, &b, "SEND 41/3/two");
	shell_say(&shell, &m, "ACKN 7/4/3");
	GOT(&a, "OKAY 40");
	GOT(&l, "");
	DOWN(&shell, route, 3, m.conn->id, IPC_FORWARD);
	GOT(&m, "~SEND 40/3/1/one|~SEND 41/3/2/two|~ACKN 7/4/3");
	DOWN(&shell, route, 3, IPC_CONN_NONE, IPC_HOLD);
	shell_say(&shell, &a, "SEND 42/3/lost");
	DOWN(&shell, hide, 3);
	GOT(&a, "OKAY 42|LEFT 3");
	assert_int_equal(counter(IPC_COUNTER_held_dropped), 1);
	shell_say(&shell, &a, "SEND 43/3/gone");
	GOT(&a, "FAIL 43/NUMBER");
}

/* The link is down, and dncontrol has not yet said what to do. */
static void
test_hold_before_dncontrol_knows(void **state)
{
	struct ipc_closed closed;
	unsigned i;
	char text[32];

	(void)state;
	shell_gone(&shell, &l);
	UP(&shell, closed, &closed);
	for (i = 0; i < DN_HOLD_COUNT_MAX + 2; i++) {
		snprintf(text, sizeof(text), "SEND %u/3/x", 100 + i);
		shell_say(&shell, &a, text);
	}
	assert_int_equal(counter(IPC_COUNTER_held_dropped), 2);
	a.size = 0;
	DOWN(&shell, route, 3, b.conn->id, IPC_FORWARD);
	assert_memory_equal(shell_got(&b), "SEND 102/1/x|SEND 103/1/x|", 26);
}

/* Between SHOW and NAME a user is there, but cannot be sent to. */
static void
test_hold_before_name(void **state)
{
	struct far c;

	(void)state;
	shell_accept(&shell, &c);
	shell_say(&shell, &c, "AUTH 5/eve/");
	show(5, "eve", c.conn->id);
	shell_say(&shell, &a, "SEND 50/5/welcome");
	GOT(&c, "");
	DOWN(&shell, name, c.conn->id, 5);
	GOT(&c, "OKAY 5|ARRV 1/ann/on x|ARRV 2/bob/on x|ARRV 3/cat/d|"
	    "ARRV 4/dan/d|SEND 50/1/welcome");
	shell_gone(&shell, &c);
}

static void
test_early(void **state)
{
	(void)state;
	shell_say(&shell, &l, "SEND 60/2/9/one");
	shell_say(&shell, &l, "SEND 61/*/9/two");
	shell_say(&shell, &l, "ACKN 5/9/1");
	GOT(&b, "");
	show(9, "new", l.conn->id);
	GOT(&a, "ARRV 9/new/d|SEND 61/9/two|ACKN 5/9");
	GOT(&b, "ARRV 9/new/d|SEND 60/9/one|SEND 61/9/two");
	GOT(&m, "~SEND 61/*/9/two");
	GOT(&l, "");
	shell_say(&shell, &l, "SEND 62/2/10/late");
	shell_sleep(&shell, DN_EARLY_MSEC + 100);
	show(10, "later", l.conn->id);
	GOT(&b, "ARRV 10/later/d");
	assert_int_equal(counter(IPC_COUNTER_unknown_dropped), 1);
}

/* ---- links ---- */

static void
test_tables_of_links(void **state)
{
	struct ipc_arrv arrv;
	struct ipc_left left;

	(void)state;
	shell_say(&shell, &l, "ARRV 70/far/away/12");
	UP(&shell, arrv, &arrv);
	assert_true(arrv.conn == l.conn->id && arrv.number == 70);
	assert_int_equal(arrv.hops, 12);
	assert_true(dn_str_eq(arrv.description, dn_str_of("away")));
	shell_say(&shell, &l, "LEFT 70");
	UP(&shell, left, &left);
	assert_int_equal(left.number, 70);
	DOWN(&shell, announce, m.conn->id, 1, 3, dn_str_of("ann"),
	    dn_str_of("d"));
	DOWN(&shell, withdraw, m.conn->id, 1);
	GOT(&m, "~ARRV 1/ann/d/3|~LEFT 1");
	GOT(&a, "");
}

static void
test_dialled_link_begins(void **state)
{
	struct ipc_dialled dialled;
	struct far d;

	(void)state;
	memset(&d, 0, sizeof(d));
	assert_int_equal(plane_accept(shell.plane, &codec_dnchat,
	    dn_str_of("[2001:db8::1]:5"), true, &d, &d.conn), DN_OK);
	conn_dialled(d.conn, 17, IPC_LINK_ROUTING);
	shell_turn(&shell);
	UP(&shell, dialled, &dialled);
	assert_int_equal(dialled.dial, 17);
	assert_int_equal(dialled.flags, IPC_LINK_ROUTING);
	assert_true(d.paused);
	GOT(&d, "");
	DOWN(&shell, open, d.conn->id, IPC_OPEN_DIALLED);
	GOT(&d, "~PING|~SRVR 0");
	assert_false(d.paused);
	shell_gone(&shell, &d);
}

/* Nothing but ARRV and LEFT is queued for a link that does not keep up; when
 * even that is too much the link goes. */
static void
test_congested_link(void **state)
{
	static char text[DN_DESCRIPTION_BYTES_MAX + 1];
	struct ipc_closed closed;
	unsigned i;

	(void)state;
	memset(text, 'x', DN_DESCRIPTION_BYTES_MAX);
	l.blocks = true;
	shell_say(&shell, &a, "SEND 80/3/first");
	for (i = 0; !conn_is_congested(l.conn); i++) {
		DOWN(&shell, announce, l.conn->id, i + 1000, 0,
		    dn_str_of("n"), dn_str_of(text));
		shell.up_size = 0;
	}
	assert_in_range(conn_output_bytes(l.conn),
	    DN_LINK_QUEUE_BYTES_MAX / 2, DN_LINK_QUEUE_BYTES_MAX / 2 + 2000);
	shell_say(&shell, &a, "SEND 81/3/no");
	shell_say(&shell, &a, "SEND 82/*/no");
	assert_int_equal(counter(IPC_COUNTER_congested_dropped), 2);
	GOT(&a, "OKAY 80|OKAY 81|OKAY 82");
	for (; l.conn->state == CONN_LINK; i++) {
		shell.up_size = 0;
		DOWN(&shell, announce, l.conn->id, i + 1000, 0,
		    dn_str_of("n"), dn_str_of(text));
	}
	UP(&shell, closed, &closed);
	assert_true(closed.conn == l.conn->id);
}

/* A peer that says more than dncontrol takes. */
static void
test_uplink_bound(void **state)
{
	static char text[DN_DESCRIPTION_BYTES_MAX + 64];
	unsigned i;
	int size;

	(void)state;
	plane_control_end(shell.plane);
	for (i = 0; l.conn->state == CONN_LINK && i < 200000; i++) {
		size = snprintf(text, sizeof(text), "ARRV %u\r\nn\r\n%01000d"
		    "\r\n3", i + 1, 7);
		conn_receive(l.conn, text, (size_t)size, 0, true, false);
		plane_flush(shell.plane);
	}
	assert_in_range(shell.plane->uplink.bytes,
	    DN_LINK_QUEUE_BYTES_MAX, DN_LINK_QUEUE_BYTES_MAX + 4096);
	assert_int_equal(l.code, WS_CLOSE_LATER);
	assert_int_equal(m.conn->state, CONN_LINK);
}

static void
test_slices(void **state)
{
	struct ipc_sliced sliced;

	(void)state;
	DOWN(&shell, slice, l.conn->id);
	UP(&shell, sliced, &sliced);
	assert_true(sliced.conn == l.conn->id);
	l.blocks = true;
	shell_say(&shell, &a, "SEND 90/3/x");
	while (conn_output_bytes(l.conn) < DN_LINK_SLICE_LOW_BYTES)
		DOWN(&shell, withdraw, l.conn->id, 5);
	DOWN(&shell, slice, l.conn->id);
	UP_NONE(&shell);
	l.blocks = false;
	conn_writable(l.conn);
	shell_turn(&shell);
	UP(&shell, sliced, &sliced);
}

static void
test_many_links(void **state)
{
	static struct far far[DN_LINKS_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < DN_LINKS_MAX - 2; i++)
		shell_link(&shell, &far[i], false, 0);
	assert_int_equal(counter(IPC_COUNTER_links), DN_LINKS_MAX);
	shell_link(&shell, &far[i], false, 0);
	assert_int_equal(far[i].code, WS_CLOSE_LATER);
	for (i = 0; i < DN_LINKS_MAX - 1; i++)
		shell_gone(&shell, &far[i]);
}

/* ---- strangers ---- */

static void
test_strangers_of_one_address(void **state)
{
	static struct far far[2 * DN_STRANGERS_PER_ADDRESS_MAX];
	struct far other;
	struct conn *conn;
	size_t i;

	(void)state;
	for (i = 0; i < DN_STRANGERS_PER_ADDRESS_MAX; i++)
		shell_accept_from(&shell, &far[i], "192.0.2.9:1");
	assert_int_equal(plane_accept(shell.plane, &codec_dnchat,
	    dn_str_of("192.0.2.9:99"), false, &other, &conn), DN_E_FULL);
	shell_accept_from(&shell, &other, "[2001:db8::9]:1");
	/* Who has a name is no stranger. */
	shell_say(&shell, &far[0], "AUTH 5/eve/");
	show(5, "eve", far[0].conn->id);
	DOWN(&shell, name, far[0].conn->id, 5);
	shell_accept_from(&shell, &far[i], "192.0.2.9:1");
	for (i = 0; i <= DN_STRANGERS_PER_ADDRESS_MAX; i++)
		shell_gone(&shell, &far[i]);
	shell_gone(&shell, &other);
	/* Loopback is exempt. */
	for (i = 0; i < 2 * DN_STRANGERS_PER_ADDRESS_MAX; i++)
		shell_accept_from(&shell, &far[i],
		    i % 2 ? "127.3.2.1:1" : "[::1]:1");
	for (i = 0; i < 2 * DN_STRANGERS_PER_ADDRESS_MAX; i++)
		shell_gone(&shell, &far[i]);
}

static void
test_withhold(void **state)
{
	unsigned i;
	char text[32];

	(void)state;
	DOWN(&shell, withhold, 1000, dn_str_of("192.0.2.1"));
	DOWN(&shell, withhold, 1000, dn_str_of("2001:db8::5"));
	assert_true(plane_withholds(shell.plane, dn_str_of("192.0.2.1:7")));
	assert_true(plane_withholds(shell.plane,
	    dn_str_of("[2001:db8::5]:7")));
	assert_false(plane_withholds(shell.plane, dn_str_of("192.0.2.2:7")));
	shell_sleep(&shell, 1100);
	assert_false(plane_withholds(shell.plane, dn_str_of("192.0.2.1:7")));
	/* The oldest gives way. */
	for (i = 0; i <= PLANE_WITHHELD_MAX; i++) {
		snprintf(text, sizeof(text), "10.0.%u.%u", i / 256, i % 256);
		DOWN(&shell, withhold, 1000, dn_str_of(text));
	}
	assert_false(plane_withholds(shell.plane, dn_str_of("10.0.0.0:7")));
	assert_true(plane_withholds(shell.plane, dn_str_of("10.0.0.1:7")));
}

/* Logins without a dncontrol are kept, up to a point. */
static void
test_crowd(void **state)
{
	static char text[2048];
	struct far far;
	unsigned i;

	(void)state;
	plane_control_end(shell.plane);
	snprintf(text, sizeof(text), "AUTH 5/%0200d/%01000d", 7, 7);
	for (i = 0; i < 1000000; i++) {
		shell_accept(&shell, &far);
		shell_say(&shell, &far, text);
		if (far.code != 0)
			break;
		shell_gone(&shell, &far);
	}
	assert_int_equal(far.code, WS_CLOSE_LATER);
	assert_in_range(shell.plane->uplink.bytes,
	    UPLINK_STRANGER_BYTES_MAX, UPLINK_STRANGER_BYTES_MAX + 4096);
	/* Links have an account of their own. */
	shell_say(&shell, &l, "LEFT 70");
	assert_int_equal(l.code, 0);
	shell_gone(&shell, &far);
}

/* ---- the end ---- */

static void
test_stop_and_done(void **state)
{
	struct ipc_closed closed;
	struct ipc_stop stop;

	(void)state;
	plane_stop(shell.plane);
	shell_turn(&shell);
	UP(&shell, stop, &stop);
	shell_say(&shell, &a, "SEND 95/2/still");
	GOT(&b, "SEND 95/1/still");
	DOWN(&shell, done, 0);
	assert_int_equal(a.code, WS_CLOSE_AWAY);
	assert_int_equal(l.code, WS_CLOSE_AWAY);
	UP(&shell, closed, &closed);
	assert_false(shell.finished);
	shell_gone(&shell, &a);
	shell_gone(&shell, &b);
	shell_gone(&shell, &l);
	assert_false(shell.finished);
	shell_gone(&shell, &m);
	assert_true(shell.finished);
}

static void
test_stop_is_not_answered(void **state)
{
	(void)state;
	plane_stop(shell.plane);
	shell_sleep(&shell, PLANE_STOP_MSEC - 500);
	assert_int_equal(a.code, 0);
	shell_sleep(&shell, 500);
	assert_int_equal(a.code, WS_CLOSE_AWAY);
	/* Nor is the close frame. */
	shell_sleep(&shell, 1100);
	assert_true(shell.finished);
}

static void
test_stop_without_dncontrol(void **state)
{
	struct conn *conn;

	(void)state;
	plane_control_end(shell.plane);
	plane_stop(shell.plane);
	shell_turn(&shell);
	assert_int_equal(a.code, WS_CLOSE_AWAY);
	assert_int_equal(plane_accept(shell.plane, &codec_dnchat,
	    dn_str_of("192.0.2.1:1"), false, NULL, &conn), DN_E_STATE);
	plane_stop(shell.plane);
	assert_true(shell.finished);
}

static void
test_dncontrol_dies_while_stopping(void **state)
{
	(void)state;
	plane_stop(shell.plane);
	shell_turn(&shell);
	plane_control_end(shell.plane);
	shell_turn(&shell);
	assert_int_equal(a.code, WS_CLOSE_AWAY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_unicast),
		TEST(test_broadcast),
		TEST(test_ackn_of_a_newcomer),
		TEST(test_dropped),
		TEST(test_hold),
		TEST(test_hold_before_dncontrol_knows),
		TEST(test_hold_before_name),
		TEST(test_early),
		TEST(test_tables_of_links),
		TEST(test_dialled_link_begins),
		TEST(test_congested_link),
		TEST(test_uplink_bound),
		TEST(test_slices),
		TEST(test_many_links),
		TEST(test_strangers_of_one_address),
		TEST(test_withhold),
		TEST(test_crowd),
		TEST(test_stop_and_done),
		TEST(test_stop_is_not_answered),
		TEST(test_stop_without_dncontrol),
		TEST(test_dncontrol_dies_while_stopping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
