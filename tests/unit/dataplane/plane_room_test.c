/*
 * Rooms, in memory: who hears what under which number, whom receipts reach,
 * what goes to dncontrol, and every bound on the way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "room.h"

/* ---- what is said ---- */

static void
test_members_hear(void **state)
{
	uint64_t here, there;

	(void)state;
	member(ROOM, 3, IPC_MEMBER_LIVE);
	say(&ann, "SEND 7\r\n100\r\nhi");
	GOT(&ann, "OKAY 7");
	here = heard(&bob, "100/ann: hi");
	assert_int_equal(heard(&cid, "100/ann: hi"), here);
	there = heard(&link, "50/100/ann: hi");
	assert_true(there != here);
	assert_true(here > 0 && here <= DN_NUMBER_ASSIGNED_MAX);
	assert_true(there > 0 && there <= DN_NUMBER_ASSIGNED_MAX);
	copied(ROOM, 1, "ann", "hi");
	UP_NONE(&shell);
	assert_int_equal(counter(IPC_COUNTER_room_sends), 1);
}

static void
test_remote_author(void **state)
{
	(void)state;
	say(&link, "SEND 9\r\n100\r\n50\r\nhello");
	heard(&ann, "100/dan: hello");
	heard(&bob, "100/dan: hello");
	GOT(&link, "");
	copied(ROOM, 50, "dan", "hello");
	/* The same by another way is not said again. */
	say(&link, "SEND 9\r\n100\r\n50\r\nhello");
	GOT(&ann, "");
	GOT(&bob, "");
	UP_NONE(&shell);
	assert_int_equal(counter(IPC_COUNTER_duplicates), 1);
}

static void
test_author_without_entry_waits(void **state)
{
	(void)state;
	member(ROOM, 52, IPC_MEMBER_LIVE);
	say(&link, "SEND 9\r\n100\r\n52\r\nearly");
	GOT(&ann, "");
	show(52, IPC_ROLE_USER, "fay", link.conn);
	heard_after(&ann, "ARRV 52/fay/d|", "100/fay: early");
}

static void
test_room_is_not_forged(void **state)
{
	(void)state;
	say(&link, "SEND 9\r\n1\r\n100\r\nann: lies");
	GOT(&ann, "");
	assert_int_equal(counter(IPC_COUNTER_forged_dropped), 1);
}

/* What came back to us because its reader is here by now is his. */
static void
test_member_moved_here(void **state)
{
	char text[64];
	uint64_t number;

	(void)state;
	say(&ann, "SEND 7\r\n100\r\nhi");
	number = heard(&link, "50/100/ann: hi");
	DOWN(&shell, route, 50, cid.conn->id, IPC_FORWARD);
	snprintf(text, sizeof(text), "SEND %llu\r\n50\r\n100\r\nann: hi",
	    (unsigned long long)number);
	say(&link, text);
	assert_int_equal(heard(&cid, "100/ann: hi"), number);
}

static void
test_names_are_written(void **state)
{
	(void)state;
	show(53, IPC_ROLE_USER, "a:b%3A", link.conn);
	member(ROOM, 53, IPC_MEMBER_LIVE);
	forget_all();
	say(&link, "SEND 9\r\n100\r\n53\r\nx: y");
	heard(&ann, "100/a%3Ab%253A: x: y");
}

/* Of servers a text may be so long that nothing fits before it. */
static void
test_long_text(void **state)
{
	static char text[DN_TEXT_PEER_BYTES_MAX + 64];
	const char *got;
	int head = snprintf(text, sizeof(text), "SEND 9\r\n100\r\n50\r\n");
	size_t i;

	(void)state;
	for (i = 0; i < DN_TEXT_PEER_BYTES_MAX / 2; i++)
		memcpy(text + (size_t)head + i * 2, "\xc3\xa9", 2);
	conn_receive(link.conn, text, (size_t)head + DN_TEXT_PEER_BYTES_MAX,
	    0, true, false);
	shell_turn(&shell);
	got = strstr(shell_got(&ann), "dan: ");
	assert_non_null(got);
	/* "dan: " took five, which leaves an odd number: half a letter. */
	assert_int_equal(strlen(got), DN_TEXT_PEER_BYTES_MAX - 1);
	assert_true(utf8_is_valid(got, strlen(got)));
}

static void
test_broadcasts_pass_by(void **state)
{
	(void)state;
	say(&ann, "SEND 7\r\n*\r\nall");
	GOT(&bob, "SEND 7/1/all");
	UP_NONE(&shell);
}

static void
test_slow_member_is_closed(void **state)
{
	char text[8192], big[4096];
	unsigned i;

	(void)state;
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 96] = '\0';
	bob.blocks = true;
	for (i = 0; i < 400 && bob.code == 0; i++) {
		snprintf(text, sizeof(text), "SEND %u\r\n100\r\n%s", 1000 + i,
		    big);
		say(&ann, text);
		if (bob.wants_write && bob.conn->state == CONN_CLOSING) {
			conn_writable(bob.conn);
			shell_turn(&shell);
		}
		shell.up_size = 0;
	}
	assert_int_equal(bob.code, WS_CLOSE_POLICY);
	forget_all();
	say(&ann, "SEND 8\r\n100\r\nstill here");
	heard(&link, "50/100/ann: still here");
}

/* ---- receipts ---- */

static void
test_receipts_of_members_here(void **state)
{
	uint64_t number;

	(void)state;
	member(ROOM, 3, IPC_MEMBER_LIVE);
	say(&ann, "SEND 7\r\n100\r\nhi");
	number = heard(&bob, "100/ann: hi");
	forget_all();
	acknowledge(&bob, number);
	GOT(&ann, "ACKN 7/2");
	acknowledge(&bob, number);
	GOT(&ann, "");
	GOT(&bob, "");
	acknowledge(&cid, number);
	GOT(&ann, "ACKN 7/3");
	GOT(&bob, "");
	GOT(&link, "");
	UP_NONE(&shell);
}

static void
test_receipts_of_members_there(void **state)
{
	char text[64];
	uint64_t number;

	(void)state;
	say(&ann, "SEND 7\r\n100\r\nhi");
	number = heard(&link, "50/100/ann: hi");
	forget_all();
	/* Another's word is not taken for it. */
	snprintf(text, sizeof(text), "ACKN %llu\r\n51\r\n100",
	    (unsigned long long)number);
	say(&link, text);
	GOT(&ann, "");
	snprintf(text, sizeof(text), "ACKN %llu\r\n50\r\n100",
	    (unsigned long long)number);
	say(&link, text);
	GOT(&ann, "ACKN 7/50");
	say(&link, text);
	GOT(&ann, "");
	GOT(&bob, "");
}

static void
test_receipts_for_a_remote_author(void **state)
{
	uint64_t number;

	(void)state;
	say(&link, "SEND 9\r\n100\r\n50\r\nhello");
	number = heard(&ann, "100/dan: hello");
	forget_all();
	acknowledge(&ann, number);
	GOT(&link, "ACKN 9/1/50");
	/* It comes by again on its way: that is not forged. */
	say(&link, "ACKN 9\r\n1\r\n50");
	GOT(&link, "ACKN 9/1/50");
	assert_int_equal(counter(IPC_COUNTER_forged_dropped), 0);
}

/* Author and member are here, the room is not: what it says of the member's
 * receipt comes over the link in his name, and is believed as often as he has
 * confirmed something to it. */
static void
test_receipts_by_a_remote_room(void **state)
{
	(void)state;
	show(200, IPC_ROLE_USER, "#far", link.conn);
	forget_all();
	say(&ann, "SEND 7\r\n200\r\nhi");
	GOT(&link, "SEND 7/200/1/hi");
	GOT(&ann, "OKAY 7");
	say(&link, "ACKN 7\r\n2\r\n1");
	GOT(&ann, "");
	assert_int_equal(counter(IPC_COUNTER_forged_dropped), 1);
	say(&link, "SEND 70\r\n2\r\n200\r\nann: hi");
	GOT(&bob, "SEND 70/200/ann: hi");
	acknowledge(&bob, 70);
	GOT(&link, "ACKN 70/2/200");
	say(&link, "ACKN 7\r\n2\r\n1");
	GOT(&ann, "ACKN 7/2");
	say(&link, "ACKN 8\r\n2\r\n1");
	GOT(&ann, "");
	assert_int_equal(counter(IPC_COUNTER_forged_dropped), 2);
}

static void
test_receipts_expire(void **state)
{
	uint64_t number;

	(void)state;
	say(&ann, "SEND 7\r\n100\r\nhi");
	number = heard(&bob, "100/ann: hi");
	assert_int_equal(counter(IPC_COUNTER_relayed), 2);
	/* The clients would fall silent meanwhile. */
	shell.now_usec += DN_MESSAGE_MSEC * UINT64_C(1000);
	plane_clock(shell.plane, shell.now_usec);
	acknowledge(&bob, number);
	GOT(&ann, "OKAY 7");
	assert_memory_equal(shell_got(&bob), "FAIL", 4);
	plane_tick(shell.plane);
	assert_int_equal(counter(IPC_COUNTER_relayed), 0);
}

static void
test_receipt_of_a_stranger(void **state)
{
	char text[64];
	uint64_t number;
	struct far new;

	(void)state;
	say(&ann, "SEND 7\r\n100\r\nhi");
	number = heard(&bob, "100/ann: hi");
	/* Who was not there yet cannot have it. */
	shell_login_at(&shell, &new, 4, "new");
	forget_all();
	acknowledge(&new, number);
	snprintf(text, sizeof(text), "FAIL %llu/NUMBER",
	    (unsigned long long)number);
	GOT(&new, text);
	GOT(&ann, "");
	shell_gone(&shell, &new);
}

static void
test_receipt_after_the_author_left(void **state)
{
	uint64_t number;

	(void)state;
	say(&ann, "SEND 7\r\n100\r\nhi");
	number = heard(&bob, "100/ann: hi");
	DOWN(&shell, hide, 1);
	forget_all();
	acknowledge(&bob, number);
	GOT(&bob, "");
	assert_int_equal(counter(IPC_COUNTER_unknown_dropped), 1);
}

static void
test_member_whose_way_is_sought(void **state)
{
	char text[64];
	uint64_t number;

	(void)state;
	DOWN(&shell, route, 50, IPC_CONN_NONE, IPC_HOLD);
	DOWN(&shell, route, 2, bob.conn->id, IPC_HOLD);
	say(&ann, "SEND 7\r\n100\r\nhi");
	GOT(&link, "");
	GOT(&bob, "");
	DOWN(&shell, route, 50, link.conn->id, IPC_FORWARD);
	number = heard(&link, "50/100/ann: hi");
	DOWN(&shell, route, 2, bob.conn->id, IPC_FORWARD);
	assert_int_not_equal(heard(&bob, "100/ann: hi"), number);
	forget_all();
	snprintf(text, sizeof(text), "ACKN %llu\r\n50\r\n100",
	    (unsigned long long)number);
	say(&link, text);
	GOT(&ann, "ACKN 7/50");
}

/* ---- what is for dncontrol ---- */

static void
test_commands(void **state)
{
	(void)state;
	say(&ann, "SEND 7\r\n100\r\n/who");
	commanded(ROOM, 1, "/who");
	say(&ann, "SEND 8\r\n100\r\n/");
	commanded(ROOM, 1, "/");
	say(&cid, "SEND 9\r\n100\r\nI am no member");
	commanded(ROOM, 3, "I am no member");
	say(&link, "SEND 10\r\n100\r\n51\r\n/join");
	commanded(ROOM, 51, "/join");
	say(&ann, "SEND 11\r\n101\r\n/create y");
	commanded(SERVICE, 1, "/create y");
	UP_NONE(&shell);
	GOT(&ann, "OKAY 7|OKAY 8|OKAY 11");
	GOT(&cid, "OKAY 9");
	GOT(&bob, "");
	GOT(&link, "");
	assert_int_equal(counter(IPC_COUNTER_commands), 5);
	assert_int_equal(counter(IPC_COUNTER_room_sends), 0);
}

static void
test_slashes(void **state)
{
	(void)state;
	say(&ann, "SEND 7\r\n100\r\n//etc");
	heard(&bob, "100/ann: /etc");
	copied(ROOM, 1, "ann", "/etc");
	say(&ann, "SEND 8\r\n100\r\n//");
	heard(&bob, "100/ann: /");
}

static void
test_automats_are_silent(void **state)
{
	(void)state;
	show(60, IPC_ROLE_USER, "#far", link.conn);
	member(ROOM, 60, IPC_MEMBER_LIVE);
	forget_all();
	say(&link, "SEND 9\r\n100\r\n60\r\nhello room");
	say(&link, "SEND 9\r\n101\r\n60\r\nhello service");
	DOWN(&shell, say, ROOM, SERVICE, dn_str_of("hello"));
	DOWN(&shell, say, SERVICE, ROOM, dn_str_of("hello"));
	GOT(&bob, "");
	GOT(&link, "");
	UP_NONE(&shell);
	assert_int_equal(counter(IPC_COUNTER_room_dropped), 4);
}

static void
test_say(void **state)
{
	static char big[DN_TEXT_PEER_BYTES_MAX + 3];
	uint64_t number;

	(void)state;
	DOWN(&shell, say, ROOM, 2, dn_str_of("[1 #1] ann: hi"));
	number = heard(&bob, "100/[1 #1] ann: hi");
	acknowledge(&bob, number);
	GOT(&bob, "");
	GOT(&ann, "");
	UP_NONE(&shell);
	DOWN(&shell, say, SERVICE, 51, dn_str_of("done"));
	heard(&link, "51/101/done");
	DOWN(&shell, say, ROOM, 999, dn_str_of("hi"));
	DOWN(&shell, say, 999, 2, dn_str_of("hi"));
	GOT(&bob, "");
	assert_int_equal(counter(IPC_COUNTER_unknown_dropped), 2);
	memset(big, 'x', sizeof(big));
	memcpy(big + DN_TEXT_PEER_BYTES_MAX - 1, "\xc3\xa9", 2);
	DOWN(&shell, say, ROOM, 2, {big, sizeof(big)});
	number = heard(&bob, NULL);
	assert_int_equal(strlen(last), 4 + DN_TEXT_PEER_BYTES_MAX - 1);
}

/* A door's user joins a room elsewhere by a SEND in his name. */
static void
test_say_for_a_user(void **state)
{
	(void)state;
	show(60, IPC_ROLE_USER, "#far", link.conn);
	DOWN(&shell, say, 1, 60, dn_str_of("/join"));
	heard(&link, "60/1//join");
	DOWN(&shell, say, 3, ROOM, dn_str_of("/join"));
	commanded(ROOM, 3, "/join");
}

/* He did not number it, so that a receipt would mean nothing to him. */
static void
test_say_for_a_member(void **state)
{
	uint64_t number;

	(void)state;
	DOWN(&shell, say, 1, ROOM, dn_str_of("hi"));
	number = heard(&bob, "100/ann: hi");
	heard(&link, "50/100/ann: hi");
	copied(ROOM, 1, "ann", "hi");
	acknowledge(&bob, number);
	GOT(&bob, "");
	GOT(&ann, "");
	assert_int_equal(counter(IPC_COUNTER_relayed), 0);
	DOWN(&shell, route, ROOM, IPC_CONN_NONE, IPC_HOLD);
	DOWN(&shell, say, 1, ROOM, dn_str_of("later"));
	DOWN(&shell, route, ROOM, IPC_CONN_NONE, IPC_FORWARD);
	heard(&bob, "100/ann: later");
}

/* More than dncontrol takes over is not kept; who logs in does not wait for
 * that, and members hear each other. */
static void
test_copies_are_bounded(void **state)
{
	char text[8192], big[4001];
	struct far new;
	unsigned i;

	(void)state;
	plane_control_end(shell.plane);
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	for (i = 0; i < 4200; i++) {
		snprintf(text, sizeof(text), "SEND %u\r\n100\r\n%s", 1000 + i,
		    big);
		say(&ann, text);
		forget_all();
	}
	assert_in_range(counter(IPC_COUNTER_copy_bytes),
	    DN_COPY_BYTES_MAX - 4200, DN_COPY_BYTES_MAX);
	assert_in_range(counter(IPC_COUNTER_copies_dropped), 1, 100);
	say(&ann, "SEND 1\r\n101\r\n12345678901234567890"
	    "1234567890123456789012345678901234567890");
	for (i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "SEND %u\r\n101\r\n%.3000s",
		    10000 + i, big);
		say(&ann, text);
	}
	assert_in_range(counter(IPC_COUNTER_commands_dropped), 90, 100);
	forget_all();
	say(&ann, "SEND 2\r\n100\r\nhi");
	heard(&bob, "100/ann: hi");
	shell_accept(&shell, &new);
	shell_say(&shell, &new, "AUTH 5/new/x");
	assert_int_equal(new.conn->state, CONN_ASKING);
	shell_gone(&shell, &new);
	(void)plane_acked(shell.plane, shell.plane->uplink.seq -
	    shell.plane->uplink.unsent);
	shell.plane->uplink.unsent = 0;
	assert_true(plane_acked(shell.plane, shell.plane->uplink.seq));
	assert_int_equal(counter(IPC_COUNTER_copy_bytes), 0);
}

static void
test_long_copy(void **state)
{
	static char text[DN_TEXT_PEER_BYTES_MAX + 64];
	struct ipc_copy copy;
	int head = snprintf(text, sizeof(text), "SEND 9\r\n100\r\n50\r\n");

	(void)state;
	memset(text + head, 'x', DN_TEXT_PEER_BYTES_MAX);
	conn_receive(link.conn, text, (size_t)head + DN_TEXT_PEER_BYTES_MAX,
	    0, true, false);
	shell_turn(&shell);
	UP(&shell, copy, &copy);
	assert_int_equal(copy.text.size, DN_TEXT_PEER_BYTES_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rooms_setup, \
    rooms_deinit)
		TEST(test_members_hear),
		TEST(test_remote_author),
		TEST(test_author_without_entry_waits),
		TEST(test_room_is_not_forged),
		TEST(test_member_moved_here),
		TEST(test_names_are_written),
		TEST(test_long_text),
		TEST(test_broadcasts_pass_by),
		TEST(test_slow_member_is_closed),
		TEST(test_receipts_of_members_here),
		TEST(test_receipts_of_members_there),
		TEST(test_receipts_for_a_remote_author),
		TEST(test_receipts_by_a_remote_room),
		TEST(test_receipts_expire),
		TEST(test_receipt_of_a_stranger),
		TEST(test_receipt_after_the_author_left),
		TEST(test_member_whose_way_is_sought),
		TEST(test_commands),
		TEST(test_slashes),
		TEST(test_automats_are_silent),
		TEST(test_say),
		TEST(test_say_for_a_user),
		TEST(test_say_for_a_member),
		TEST(test_copies_are_bounded),
		TEST(test_long_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
