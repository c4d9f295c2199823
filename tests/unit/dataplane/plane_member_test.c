/*
 * Who is in a room, in memory: joining and what waits meanwhile, coming and
 * going of members and rooms, and a dncontrol that knows nothing any more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "room.h"

/* ---- joining ---- */

static void
test_joining(void **state)
{
	uint64_t number;

	(void)state;
	say(&ann, "SEND 5\r\n100\r\nbefore");
	number = heard(&bob, "100/ann: before");
	member(ROOM, 3, IPC_MEMBER_JOINING);
	say(&ann, "SEND 6\r\n100\r\none");
	number = heard(&bob, "100/ann: one");
	say(&bob, "SEND 6000\r\n100\r\ntwo");
	GOT(&cid, "");
	copied(ROOM, 1, "ann", "before");
	joined(ROOM, 3);
	copied(ROOM, 1, "ann", "one");
	copied(ROOM, 2, "bob", "two");
	/* He is not one of them yet. */
	say(&cid, "SEND 30\r\n100\r\nearly");
	commanded(ROOM, 3, "early");
	forget_all();
	member(ROOM, 3, IPC_MEMBER_LIVE);
	assert_int_equal(heard_after(&cid, "", "100/ann: one|"), number);
	assert_non_null(strstr(last, "100/bob: two"));
	assert_null(strstr(last, "before"));
	GOT(&bob, "");
	GOT(&link, "");
	say(&ann, "SEND 7\r\n100\r\nafter");
	heard(&cid, "100/ann: after");
	forget_all();
	acknowledge(&cid, number);
	GOT(&ann, "ACKN 6/3");
	acknowledge(&cid, number);
	GOT(&ann, "");
	UP_NONE(&shell);
}

static void
test_joining_from_elsewhere(void **state)
{
	char text[64];
	uint64_t number;

	(void)state;
	member(ROOM, 50, IPC_MEMBER_GONE);
	member(ROOM, 51, IPC_MEMBER_JOINING);
	say(&ann, "SEND 6\r\n100\r\none");
	GOT(&link, "");
	member(ROOM, 51, IPC_MEMBER_LIVE);
	number = heard(&link, "51/100/ann: one");
	forget_all();
	snprintf(text, sizeof(text), "ACKN %llu\r\n51\r\n100",
	    (unsigned long long)number);
	say(&link, text);
	GOT(&ann, "ACKN 6/51");
}

static void
test_joining_again(void **state)
{
	(void)state;
	member(ROOM, 3, IPC_MEMBER_JOINING);
	say(&ann, "SEND 6\r\n100\r\none");
	member(ROOM, 3, IPC_MEMBER_JOINING);
	say(&ann, "SEND 7\r\n100\r\ntwo");
	member(ROOM, 3, IPC_MEMBER_LIVE);
	heard(&cid, "100/ann: two");
	/* And gives up on the way. */
	member(ROOM, 3, IPC_MEMBER_JOINING);
	say(&ann, "SEND 8\r\n100\r\nthree");
	member(ROOM, 3, IPC_MEMBER_GONE);
	member(ROOM, 3, IPC_MEMBER_LIVE);
	GOT(&cid, "");
	assert_int_equal(shell.plane->joining_bytes, 0);
}

static void
test_joining_is_bounded(void **state)
{
	char text[64], first[64];
	unsigned i;

	(void)state;
	member(ROOM, 3, IPC_MEMBER_JOINING);
	for (i = 0; i < DN_JOINING_COUNT_MAX + 2; i++) {
		snprintf(text, sizeof(text), "SEND %u\r\n100\r\nn%u",
		    1000 + i, i);
		say(&ann, text);
	}
	assert_int_equal(counter(IPC_COUNTER_joining_dropped), 2);
	member(ROOM, 3, IPC_MEMBER_LIVE);
	snprintf(first, sizeof(first), "100/ann: n2|");
	heard_after(&cid, "", first);
	assert_non_null(strstr(last, "ann: n257"));
	assert_int_equal(shell.plane->joining_bytes, 0);
	/* In all rooms together. */
	member(ROOM, 3, IPC_MEMBER_JOINING);
	shell.plane->joining_bytes += DN_JOINING_TOTAL_BYTES_MAX;
	say(&ann, "SEND 6\r\n100\r\none");
	shell.plane->joining_bytes -= DN_JOINING_TOTAL_BYTES_MAX;
	assert_int_equal(counter(IPC_COUNTER_joining_dropped), 3);
	member(ROOM, 3, IPC_MEMBER_LIVE);
	GOT(&cid, "");
}

/* ---- coming and going ---- */

static void
test_members_come_and_go(void **state)
{
	(void)state;
	assert_int_equal(counter(IPC_COUNTER_members), 3);
	member(ROOM, 2, IPC_MEMBER_GONE);
	member(ROOM, 2, IPC_MEMBER_GONE);
	say(&ann, "SEND 6\r\n100\r\none");
	GOT(&bob, "");
	heard(&link, "50/100/ann: one");
	say(&bob, "SEND 7\r\n100\r\nhello?");
	copied(ROOM, 1, "ann", "one");
	commanded(ROOM, 2, "hello?");
	member(ROOM, 1, IPC_MEMBER_GONE);
	member(ROOM, 50, IPC_MEMBER_GONE);
	assert_int_equal(counter(IPC_COUNTER_members), 0);
	assert_null(table_find(shell.plane->table, ROOM)->room);
}

static void
test_members_without_entry(void **state)
{
	(void)state;
	DOWN(&shell, hide, 50);
	forget_all();
	say(&ann, "SEND 6\r\n100\r\none");
	heard(&bob, "100/ann: one");
	GOT(&link, "");
}

static void
test_room_goes_and_comes(void **state)
{
	(void)state;
	assert_int_equal(counter(IPC_COUNTER_rooms), 1);
	member(ROOM, 3, IPC_MEMBER_JOINING);
	say(&ann, "SEND 5\r\n100\r\none");
	forget_all();
	DOWN(&shell, hide, ROOM);
	GOT(&ann, "LEFT 100");
	assert_int_equal(counter(IPC_COUNTER_rooms), 0);
	assert_int_equal(counter(IPC_COUNTER_members), 0);
	assert_int_equal(shell.plane->joining_bytes, 0);
	say(&ann, "SEND 6\r\n100\r\ntwo");
	GOT(&ann, "FAIL 6/NUMBER");
	member(ROOM, 1, IPC_MEMBER_GONE);
	show(ROOM, IPC_ROLE_ROOM, "#x", NULL);
	GOT(&ann, "ARRV 100/#x/d");
	shell.up_size = 0;
	say(&ann, "SEND 6\r\n100\r\ntwo");
	commanded(ROOM, 1, "two");
}

static void
test_member_errors(void **state)
{
	struct ipc_member body = {999, 1, IPC_MEMBER_LIVE};
	uint64_t user;

	(void)state;
	assert_int_equal(plane_member(shell.plane, &body), DN_E_UNKNOWN);
	body.membership = IPC_MEMBER_GONE;
	assert_int_equal(plane_member(shell.plane, &body), DN_OK);
	body.membership = IPC_MEMBER_JOINING;
	body.room = 2;
	assert_int_equal(plane_member(shell.plane, &body), DN_E_MALFORMED);
	body.room = SERVICE;
	assert_int_equal(plane_member(shell.plane, &body), DN_E_MALFORMED);
	body.room = ROOM;
	body.membership = IPC_MEMBER_LIVE;
	for (user = 1000; counter(IPC_COUNTER_members) < DN_ROOM_MEMBERS_MAX;
	    user++) {
		body.user = user;
		assert_int_equal(plane_member(shell.plane, &body), DN_OK);
	}
	body.user = user;
	assert_int_equal(plane_member(shell.plane, &body), DN_E_FULL);
	say(&ann, "SEND 6\r\n100\r\none");
	heard(&bob, "100/ann: one");
}

/* ---- dncontrol knows nothing any more ---- */

static void
synced(uint64_t number, unsigned role)
{
	struct ipc_sync_entry entry;

	UP(&shell, sync_entry, &entry);
	assert_int_equal(entry.number, number);
	assert_int_equal(entry.role, role);
}

static void
test_reset(void **state)
{
	unsigned char bytes[64];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct ipc_hello hello = {IPC_VERSION, 1, 0};
	struct ipc_sync_client client;
	unsigned i;

	(void)state;
	DOWN(&shell, hide, 50);
	DOWN(&shell, hide, 51);
	say(&ann, "SEND 5\r\n100\r\nold");
	forget_all();
	plane_control_end(shell.plane);
	plane_control_begin(shell.plane);
	shell.up_size = 0;
	IPC_PUT(&wr, hello, 0, &hello);
	shell.down_seq = 0;
	shell_feed(&shell, bytes, wr.at);
	shell_turn(&shell);
	assert_string_equal(shell_up(&shell), "welcome");
	for (i = 0; i < 3; i++)
		UP(&shell, sync_client, &client);
	synced(ROOM, IPC_ROLE_ROOM);
	synced(SERVICE, IPC_ROLE_SERVICE);
	assert_string_equal(shell_up(&shell), "synced");
	assert_int_equal(counter(IPC_COUNTER_copy_bytes), 0);
	/* What is said before it knows who is in there waits. */
	say(&ann, "SEND 6\r\n100\r\none");
	say(&cid, "SEND 30\r\n101\r\n/help");
	GOT(&ann, "OKAY 6");
	GOT(&bob, "");
	UP_NONE(&shell);
	member(ROOM, 1, IPC_MEMBER_LIVE);
	member(ROOM, 2, IPC_MEMBER_LIVE);
	GOT(&bob, "");
	DOWN(&shell, route, ROOM, IPC_CONN_NONE, IPC_FORWARD);
	heard(&bob, "100/ann: one");
	copied(ROOM, 1, "ann", "one");
	DOWN(&shell, route, SERVICE, IPC_CONN_NONE, IPC_FORWARD);
	commanded(SERVICE, 3, "/help");
	GOT(&cid, "OKAY 30");
}

static void
test_held_for_a_room_is_bounded(void **state)
{
	char text[64];
	unsigned i;

	(void)state;
	DOWN(&shell, route, ROOM, IPC_CONN_NONE, IPC_HOLD);
	for (i = 0; i < DN_HOLD_COUNT_MAX + 1; i++) {
		snprintf(text, sizeof(text), "SEND %u\r\n100\r\nn%u",
		    1000 + i, i);
		say(&ann, text);
	}
	assert_int_equal(counter(IPC_COUNTER_held_dropped), 1);
	DOWN(&shell, route, ROOM, IPC_CONN_NONE, IPC_FORWARD);
	heard_after(&bob, "", "100/ann: n1|");
	assert_non_null(strstr(last, "ann: n64"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rooms_setup, \
    rooms_deinit)
		TEST(test_joining),
		TEST(test_joining_from_elsewhere),
		TEST(test_joining_again),
		TEST(test_joining_is_bounded),
		TEST(test_members_come_and_go),
		TEST(test_members_without_entry),
		TEST(test_room_goes_and_comes),
		TEST(test_member_errors),
		TEST(test_reset),
		TEST(test_held_for_a_room_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
