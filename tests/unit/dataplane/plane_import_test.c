/*
 * Rooms and doors: a protocol that writes names where dnchat has numbers, its
 * clients as members, its servers' users as members, and its servers' rooms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "names.h"
#include "room.h"

#define IMPORT 103u
#define FAR_ROOM 104u

/* ---- who is there ---- */

static struct table_entry *
entry(uint64_t number)
{
	struct table_entry *found = table_find(shell.plane->table, number);

	assert_non_null(found);
	return found;
}

/* ann 1 and bob 2 speak dnchat, cid 3 names; so does the server behind the
 * link, which has user gus 70 and a room that ann and cid have joined. */
static int
setup(void **state)
{
	(void)state;
	rooms_init();
	shell_login_at(&shell, &ann, 1, "ann");
	shell_login_at(&shell, &bob, 2, "bob");
	memset(&cid, 0, sizeof(cid));
	if (plane_accept(shell.plane, &names, dn_str_of("127.0.0.1:3"), false,
	    &cid, &cid.conn) != DN_OK)
		abort();
	conn_upgraded(cid.conn, 0);
	say(&cid, "AUTH 3\r\ncid\r\nx");
	show(3, IPC_ROLE_USER, "cid", cid.conn);
	DOWN(&shell, name, cid.conn->id, 3);
	if (plane_accept(shell.plane, &names, dn_str_of("192.0.2.1:3"), false,
	    &link, &link.conn) != DN_OK)
		abort();
	conn_upgraded(link.conn, 0);
	say(&link, "SRVR 0");
	DOWN(&shell, open, link.conn->id, IPC_OPEN_FOREIGN);
	show(70, IPC_ROLE_USER, "gus@far", link.conn);
	show(ROOM, IPC_ROLE_ROOM, "#x", NULL);
	show(IMPORT, IPC_ROLE_IMPORT, "#y:far", link.conn);
	member(ROOM, 1, IPC_MEMBER_LIVE);
	member(ROOM, 2, IPC_MEMBER_LIVE);
	member(ROOM, 3, IPC_MEMBER_LIVE);
	member(ROOM, 70, IPC_MEMBER_LIVE);
	member(IMPORT, 1, IPC_MEMBER_LIVE);
	member(IMPORT, 3, IPC_MEMBER_LIVE);
	forget_all();
	return 0;
}

/* ---- our rooms ---- */

static void
test_members_hear_in_their_words(void **state)
{
	(void)state;
	say(&ann, "SEND 7\r\n100\r\nhi: there");
	heard(&bob, "100/ann: hi: there");
	GOT(&cid, "RECV ann x hi: there");
	GOT(&link, "RECV ann to gus@far x hi: there");
	/* Only bob may acknowledge it: one number is enough. */
	assert_int_equal(counter(IPC_COUNTER_relayed), 1);
}

static void
test_names_are_read_back(void **state)
{
	(void)state;
	DOWN(&shell, say, ROOM, 3, dn_str_of("a%3Ab%25%20%: x: y"));
	GOT(&cid, "RECV a:b%%2520% x x: y");
	/* Nobody has said this. */
	DOWN(&shell, say, ROOM, 3, dn_str_of("welcome"));
	DOWN(&shell, say, 2, 3, dn_str_of("bob: privately"));
	GOT(&cid, "");
}

static void
test_door_user_speaks(void **state)
{
	uint64_t number;

	(void)state;
	assert_true(plane_speak(shell.plane, entry(ROOM), entry(3),
	    dn_str_of("/no command")));
	shell_turn(&shell);
	number = heard(&ann, "100/cid: /no command");
	assert_int_equal(heard(&bob, "100/cid: /no command"), number);
	GOT(&cid, "");
	GOT(&link, "RECV cid to gus@far x /no command");
	copied(ROOM, 3, "cid", "/no command");
	/* It may be acknowledged, but nobody wants to know. */
	acknowledge(&ann, number);
	GOT(&ann, "");
	GOT(&cid, "");
	assert_int_equal(counter(IPC_COUNTER_relayed), 0);
	assert_true(plane_speak(shell.plane, entry(ROOM), entry(70),
	    dn_str_of("hello")));
	shell_turn(&shell);
	heard(&ann, "100/gus@far: hello");
	GOT(&cid, "RECV gus@far x hello");
	GOT(&link, "");
}

static void
test_door_user_is_no_member(void **state)
{
	(void)state;
	member(ROOM, 3, IPC_MEMBER_GONE);
	assert_false(plane_speak(shell.plane, entry(ROOM), entry(3),
	    dn_str_of("hello")));
	member(ROOM, 3, IPC_MEMBER_JOINING);
	assert_false(plane_speak(shell.plane, entry(ROOM), entry(3),
	    dn_str_of("hello")));
	shell_turn(&shell);
	GOT(&ann, "");
}

static void
test_waiting_lines_in_their_words(void **state)
{
	(void)state;
	member(ROOM, 3, IPC_MEMBER_JOINING);
	member(ROOM, 70, IPC_MEMBER_JOINING);
	say(&ann, "SEND 7\r\n100\r\nhi");
	GOT(&cid, "");
	GOT(&link, "");
	member(ROOM, 3, IPC_MEMBER_LIVE);
	member(ROOM, 70, IPC_MEMBER_LIVE);
	GOT(&cid, "RECV ann x hi");
	GOT(&link, "RECV ann to gus@far x hi");
}

/* A broadcast to many clients of two protocols is encoded once for each. */
static void
test_broadcast_of_two_protocols(void **state)
{
	(void)state;
	say(&ann, "SEND 7\r\n*\r\nall");
	GOT(&bob, "SEND 7/1/all");
	GOT(&cid, "");
	GOT(&link, "");
}

/* ---- rooms elsewhere ---- */

static void
test_door_user_speaks_elsewhere(void **state)
{
	struct far peer;

	(void)state;
	shell_link(&shell, &peer, false, 0);
	show(FAR_ROOM, IPC_ROLE_USER, "#z", peer.conn);
	forget_all();
	assert_false(plane_speak(shell.plane, entry(FAR_ROOM), entry(3),
	    dn_str_of("hello")));
	member(FAR_ROOM, 3, IPC_MEMBER_JOINING);
	joined(FAR_ROOM, 3);
	member(FAR_ROOM, 3, IPC_MEMBER_LIVE);
	assert_true(plane_speak(shell.plane, entry(FAR_ROOM), entry(3),
	    dn_str_of("hello")));
	shell_turn(&shell);
	heard(&peer, "104/3/hello");
	/* It comes back by a detour. */
	say(&peer, "SEND 9\r\n104\r\n3\r\nforged");
	assert_int_equal(counter(IPC_COUNTER_forged_dropped), 1);
	assert_true(plane_speak(shell.plane, entry(FAR_ROOM), entry(3),
	    dn_str_of("/slash")));
	shell_turn(&shell);
	heard(&peer, "104/3///slash");
	say(&peer, "SEND 9\r\n3\r\n104\r\nzoe: hello");
	GOT(&cid, "RECV zoe z hello");
	shell_gone(&shell, &peer);
}

static void
test_import(void **state)
{
	(void)state;
	assert_int_equal(counter(IPC_COUNTER_rooms), 2);
	say(&ann, "SEND 7\r\n103\r\nhi");
	GOT(&ann, "OKAY 7");
	GOT(&link, "SAY ann y hi");
	say(&ann, "SEND 8\r\n103\r\n//x");
	GOT(&link, "SAY ann y /x");
	assert_true(plane_speak(shell.plane, entry(IMPORT), entry(3),
	    dn_str_of("/me")));
	shell_turn(&shell);
	GOT(&link, "SAY cid y /me");
	GOT(&cid, "");
	UP_NONE(&shell);
	say(&bob, "SEND 9\r\n103\r\nhello");
	commanded(IMPORT, 2, "hello");
	say(&ann, "SEND 10\r\n103\r\n/who");
	commanded(IMPORT, 1, "/who");
	GOT(&link, "");
	assert_int_equal(counter(IPC_COUNTER_room_sends), 3);
}

static void
test_import_says(void **state)
{
	uint64_t number;

	(void)state;
	assert_true(plane_relate(shell.plane, entry(IMPORT), entry(1),
	    dn_str_of("gus@far"), dn_str_of("hello: all")));
	assert_true(plane_relate(shell.plane, entry(IMPORT), entry(3),
	    dn_str_of("gus@far"), dn_str_of("hello: all")));
	assert_false(plane_relate(shell.plane, entry(IMPORT), entry(2),
	    dn_str_of("gus@far"), dn_str_of("hello: all")));
	shell_turn(&shell);
	number = heard(&ann, "103/gus@far: hello: all");
	GOT(&cid, "RECV gus@far y:far hello: all");
	GOT(&bob, "");
	acknowledge(&ann, number);
	GOT(&ann, "");
	GOT(&link, "");
	UP_NONE(&shell);
	/* An echo is for those whose protocol has echoes. */
	assert_true(plane_relate(shell.plane, entry(IMPORT), entry(1),
	    dn_str_of("ann"), dn_str_of("hi")));
	assert_true(plane_relate(shell.plane, entry(IMPORT), entry(3),
	    dn_str_of("cid"), dn_str_of("hi")));
	shell_turn(&shell);
	GOT(&ann, "");
	GOT(&cid, "RECV cid y:far hi");
}

static void
test_import_joining(void **state)
{
	(void)state;
	member(IMPORT, 2, IPC_MEMBER_JOINING);
	joined(IMPORT, 2);
	assert_true(plane_relate(shell.plane, entry(IMPORT), entry(2),
	    dn_str_of("gus@far"), dn_str_of("hello")));
	shell_turn(&shell);
	heard(&bob, "103/gus@far: hello");
	/* Nothing has to wait: he is one of them. */
	say(&bob, "SEND 7\r\n103\r\nhi");
	GOT(&link, "SAY bob y hi");
	UP_NONE(&shell);
}

static void
test_import_whose_link_has_gone(void **state)
{
	(void)state;
	shell_gone(&shell, &link);
	say(&ann, "SEND 7\r\n103\r\nhi");
	GOT(&ann, "OKAY 7");
	assert_int_equal(counter(IPC_COUNTER_room_dropped), 1);
	/* Its users can't be told, and are kept for until they are hidden. */
	say(&ann, "SEND 8\r\n100\r\nhi");
	assert_int_equal(entry(70)->held->count, 1);
	DOWN(&shell, hide, 70);
	assert_int_equal(counter(IPC_COUNTER_held_dropped), 1);
}

static void
test_import_with_a_slow_link(void **state)
{
	char text[8192];
	unsigned i, most = DN_LINK_QUEUE_BYTES_MAX / 2 / 4000 + 10;

	(void)state;
	link.blocks = true;
	for (i = 0; i < most; i++) {
		snprintf(text, sizeof(text), "SEND %u\r\n103\r\n%04000u",
		    1000 + i, i);
		say(&ann, text);
		ann.size = 0;
	}
	assert_in_range(counter(IPC_COUNTER_congested_dropped), 1, 200);
	assert_in_range(conn_output_bytes(link.conn), 1,
	    DN_LINK_QUEUE_BYTES_MAX / 2 + 8192);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rooms_deinit)
		TEST(test_members_hear_in_their_words),
		TEST(test_names_are_read_back),
		TEST(test_door_user_speaks),
		TEST(test_door_user_is_no_member),
		TEST(test_waiting_lines_in_their_words),
		TEST(test_broadcast_of_two_protocols),
		TEST(test_door_user_speaks_elsewhere),
		TEST(test_import),
		TEST(test_import_says),
		TEST(test_import_joining),
		TEST(test_import_whose_link_has_gone),
		TEST(test_import_with_a_slow_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
