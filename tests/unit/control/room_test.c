/* Rooms come and go, and so do their members: as stories of events and what
 * follows from them. */
#include "room_story.h"

/* ---- rooms ---- */

static void
room_of_the_store_is_shown_once_dnchatd_is_there(void **state)
{
	struct story s;

	(void)state;
	story_init(&s);
	DO(&s, start, .seed = 1);
	story_configure(&s, "s1", "");
	DO(&s, room, .name = S("lobby"), .number = LOBBY);
	DO(&s, room_member, .room = S("lobby"), .account = S("ann"));
	DO(&s, plane_up, .incarnation = 77);
	story_forget(&s);
	UP(&s, synced, 0);
	story_expect(&s, "show room 900 #lobby (room s1) conn 0\n");
	/* And after that at once. */
	DO(&s, room, .name = S("attic"), .number = 901);
	story_expect(&s, "show room 901 #attic (room s1) conn 0\n");
	DO(&s, room, .name = S("attic"), .number = 902);
	assert_int_equal(s.err, DN_E_EXISTS);
	DO(&s, room, .name = S("#attic"), .number = 902);
	assert_int_equal(s.err, DN_E_MALFORMED);
	story_expect(&s, "");
	/* Whom it keeps is here as soon as he is, after his name. */
	story_login_as(&s, 1, ANN, "ann", IPC_DOOR_DNCHAT, true);
	story_expect(&s, "show 5 ann (on s1) conn 1\nname 1 5\n"
	    "member 900 5 live\n");
	story_end(&s);
}

static void
room_is_created_kept_and_deleted(void **state)
{
	unsigned long long number;
	struct story s;
	char lines[256];

	(void)state;
	story_begin(&s, "s1", 1);
	story_link(&s, 10);
	story_forget(&s);
	DO(&s, room_create, .name = S("#lobby"));
	assert_int_equal(s.err, DN_OK);
	assert_string_equal(story_notice(&s, "room_created", "room"), "lobby");
	assert_string_equal(story_notice(&s, "room_created", "by"),
	    "operator");
	number = strtoull(story_notice(&s, "room_created", "number"), NULL, 10);
	(void)snprintf(lines, sizeof(lines),
	    "announce 10 %llu #lobby (room s1) 0\n"
	    "show room %llu #lobby (room s1) conn 0\n"
	    "1: put room lobby %llu\n", number, number, number);
	story_expect(&s, lines);
	DO(&s, room_create, .name = S("lobby"));
	assert_int_equal(s.err, DN_E_EXISTS);
	/* Case matters, byte by byte. */
	DO(&s, room_create, .name = S("Lobby"));
	assert_int_equal(s.err, DN_OK);
	DO(&s, room_create, .name = S(" x"));
	assert_int_equal(s.err, DN_E_MALFORMED);
	DO(&s, room_delete, .name = S("nowhere"));
	assert_int_equal(s.err, DN_E_UNKNOWN);
	story_forget(&s);
	DO(&s, room_delete, .name = S("lobby"));
	assert_int_equal(s.err, DN_OK);
	assert_true(story_noticed(&s, "room_deleted"));
	assert_non_null(strstr(s.text, "withdraw 10 "));
	assert_non_null(strstr(s.text, "hide "));
	assert_non_null(strstr(s.text, "3: delete room lobby\n"));
	story_end(&s);
}

static void
name_that_the_network_knows_is_taken(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	story_link(&s, 10);
	story_arrv(&s, 10, 40, "#lobby", 1);
	DO(&s, room_create, .name = S("lobby"));
	assert_int_equal(s.err, DN_E_EXISTS);
	/* What the store keeps comes back even so: both stay. */
	story_forget(&s);
	DO(&s, room, .name = S("lobby"), .number = LOBBY);
	story_expect(&s, "announce 10 900 #lobby (room s1) 0\n"
	    "show room 900 #lobby (room s1) conn 0\n");
	story_end(&s);
}

static void
number_in_use_is_replaced_for_good(void **state)
{
	struct story s;
	const char *number;
	char lines[128];

	(void)state;
	story_begin(&s, "s1", 1);
	story_login(&s, 1, LOBBY, "ann");
	story_forget(&s);
	DO(&s, room, .name = S("lobby"), .number = LOBBY);
	number = strstr(s.text, "put room lobby ");
	assert_non_null(number);
	number += strlen("put room lobby ");
	assert_int_not_equal(strtoull(number, NULL, 10), LOBBY);
	(void)snprintf(lines, sizeof(lines), "show room %llu #lobby (room s1) "
	    "conn 0\n", strtoull(number, NULL, 10));
	assert_non_null(strstr(s.text, lines));
	story_end(&s);
}

/* After a reset dnchatd still has the entry: it gets its members, then goes
 * on, and no client sees a LEFT. */
static void
entry_of_before_a_reset_is_taken_over(void **state)
{
	struct story s;

	(void)state;
	story_init(&s);
	DO(&s, start, .seed = 1);
	story_configure(&s, "s1", "");
	DO(&s, room, .name = S("lobby"), .number = LOBBY);
	DO(&s, room, .name = S("attic"), .number = 901);
	DO(&s, plane_up, .incarnation = 77);
	UP(&s, sync_entry, .number = LOBBY, .name = S("#lobby"),
	    .description = S("room s1"));
	/* We have had another name meanwhile. */
	UP(&s, sync_entry, .number = 901, .name = S("#attic"),
	    .description = S("room s0"));
	story_forget(&s);
	UP(&s, synced, 0);
	story_expect(&s, "route 900 hold\nroute 901 hold\nroute 900 conn 0\n"
	    "hide 901\nshow room 901 #attic (room s1) conn 0\n");
	story_wait(&s, 60000);
	story_expect(&s, "");
	story_end(&s);
}

static void
rooms_are_shown_anew_under_a_new_name_of_the_server(void **state)
{
	struct story s;

	(void)state;
	room_begin(&s);
	story_join(&s, ANN);
	story_configure(&s, "s2", "");
	story_expect(&s, "config text 4096 silence 3000 flags 0\n"
	    "hide 900\nshow room 900 #lobby (room s2) conn 0\n"
	    "member 900 5 live\n");
	story_end(&s);
}

static void
rooms_of_one_server_are_bounded(void **state)
{
	struct story s;
	char name[16];
	unsigned i;

	(void)state;
	story_begin(&s, "s1", 1);
	for (i = 0; i < DN_ROOMS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "r%u", i);
		DO(&s, room, .name = S(name), .number = 1000 + i);
		assert_int_equal(s.err, DN_OK);
		story_forget(&s);
	}
	DO(&s, room, .name = S("more"), .number = 999);
	assert_int_equal(s.err, DN_E_FULL);
	DO(&s, room_create, .name = S("more"));
	assert_int_equal(s.err, DN_E_FULL);
	DO(&s, room_delete, .name = S("r7"));
	DO(&s, room_create, .name = S("more"));
	assert_int_equal(s.err, DN_OK);
	story_end(&s);
}

static void
members_of_one_room_are_bounded(void **state)
{
	struct story s;
	char name[16];
	unsigned i;

	(void)state;
	story_begin(&s, "s1", 1);
	DO(&s, room, .name = S("lobby"), .number = LOBBY);
	for (i = 0; i < DN_ROOM_MEMBERS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "u%u", i);
		DO(&s, room_member, .room = S("lobby"), .account = S(name));
		assert_int_equal(s.err, DN_OK);
	}
	DO(&s, room_member, .room = S("lobby"), .account = S("ann"));
	assert_int_equal(s.err, DN_E_FULL);
	story_login_as(&s, 1, ANN, "ann", IPC_DOOR_DNCHAT, true);
	story_forget(&s);
	room_hears(&s, LOBBY, ANN, "/join");
	story_expect(&s, "say 900 5 #lobby: error full: no more members are "
	    "taken now; try again later\n");
	/* One who is a member already comes back. */
	story_login_as(&s, 2, 7, "u7", IPC_DOOR_DNCHAT, true);
	story_expect(&s, "show 7 u7 (on s1) conn 2\nname 2 7\n"
	    "member 900 7 live\n");
	story_end(&s);
}

/* ---- members ---- */

static void
joiner_hears_what_was_said_then_what_is_said(void **state)
{
	static struct rows rows;
	struct story s;

	(void)state;
	room_begin(&s);
	room_hears(&s, LOBBY, ANN, "/join");
	story_expect(&s, "member 900 5 joining\n"
	    "1: put member lobby ann\n");
	assert_string_equal(story_notice(&s, "room_joined", "name"), "ann");
	DO(&s, stored, .id = 1);
	story_expect(&s, "");
	UP(&s, joined, .room = LOBBY, .user = ANN);
	story_expect(&s, "2: history lobby 50 from 0\n");
	rows_begin(&rows);
	rows_add(&rows, 17, UINT64_C(1795535232123), "zoe", "hello");
	rows_add(&rows, 18, UINT64_C(951782400000), "a:b 100%", "1: 2");
	DO(&s, history, .id = 2, .rows = rows_all(&rows));
	story_expect(&s, "say 900 5 #lobby: joined; 1 of 1 members are here; "
	    "say /help for more\n"
	    "say 900 5 [2026-11-24T15:47:12Z #17] zoe: hello\n"
	    "say 900 5 [2000-02-29T00:00:00Z #18] a%3Ab 100%25: 1: 2\n"
	    "member 900 5 live\n");
	/* Once is enough. */
	UP(&s, joined, .room = LOBBY, .user = ANN);
	DO(&s, history, .id = 2, .rows = rows_all(&rows));
	room_hears(&s, LOBBY, ANN, "/join");
	story_expect(&s, "say 900 5 #lobby: error exists: you are a member "
	    "already\n");
	story_end(&s);
}

static void
history_that_fails_or_tarries_holds_nobody_up(void **state)
{
	struct story s;

	(void)state;
	room_begin(&s);
	room_hears(&s, LOBBY, ANN, "/join");
	room_hears(&s, LOBBY, BOB, "/join");
	UP(&s, joined, .room = LOBBY, .user = ANN);
	UP(&s, joined, .room = LOBBY, .user = BOB);
	story_forget(&s);
	DO(&s, history, .id = 2, .err = DN_E_IO);
	story_expect(&s, "say 900 5 #lobby: joined; 2 of 2 members are here; "
	    "say /help for more\nmember 900 5 live\n");
	assert_string_equal(story_notice(&s, "room_history_failed", "room"),
	    "lobby");
	story_wait(&s, 4999);
	story_expect(&s, "");
	story_wait(&s, 1);
	story_expect(&s, "say 900 6 #lobby: joined; 2 of 2 members are here; "
	    "say /help for more\nmember 900 6 live\n");
	/* Too late now. */
	DO(&s, history, .id = 3);
	story_expect(&s, "");
	story_end(&s);
}

static void
without_replay_a_joiner_is_live_at_once(void **state)
{
	struct story s;

	(void)state;
	room_begin(&s);
	DO(&s, configure, .name = S("s1"), .description = S("on s1"),
	    .hops_max = 255, .text_bytes_max = 4096, .history_replay = 0);
	room_hears(&s, LOBBY, BOB, "/join plain");
	story_forget(&s);
	UP(&s, joined, .room = LOBBY, .user = BOB);
	story_expect(&s, "member 900 6 live\n");
	story_end(&s);
}

/* Who has left, and come again, doesn't get what he asked for before. */
static void
history_is_for_the_membership_that_asked(void **state)
{
	static struct rows rows;
	struct story s;

	(void)state;
	room_begin(&s);
	rows_begin(&rows);
	rows_add(&rows, 1, 0, "zoe", "hello");
	room_hears(&s, LOBBY, BOB, "/join");
	UP(&s, joined, .room = LOBBY, .user = BOB);
	room_hears(&s, LOBBY, BOB, "/leave");
	room_hears(&s, LOBBY, BOB, "/join");
	story_forget(&s);
	DO(&s, history, .id = 1, .rows = rows_all(&rows));
	story_expect(&s, "");
	UP(&s, joined, .room = LOBBY, .user = BOB);
	story_expect(&s, "2: history lobby 50 from 0\n");
	DO(&s, history, .id = 2, .rows = rows_all(&rows));
	story_expect(&s, "say 900 6 #lobby: joined; 1 of 1 members are here; "
	    "say /help for more\n"
	    "say 900 6 [1970-01-01T00:00:00Z #1] zoe: hello\n"
	    "member 900 6 live\n");
	story_end(&s);
}

/* Who doesn't wait for the answer is heard even so, in the order in which he
 * spoke, as far as there is room. */
static void
joiner_is_heard_once_he_is_in(void **state)
{
	struct story s;
	unsigned i;

	(void)state;
	room_begin(&s);
	room_hears(&s, LOBBY, BOB, "/join");
	room_hears(&s, LOBBY, BOB, "hello");
	UP(&s, joined, .room = LOBBY, .user = BOB);
	room_hears(&s, LOBBY, BOB, "//me too");
	story_forget(&s);
	story_reload(&s);
	DO(&s, history, .id = 1);
	story_expect(&s, "say 900 6 #lobby: joined; 1 of 1 members are here; "
	    "say /help for more\nmember 900 6 live\n"
	    "say 6 900 hello\nsay 6 900 //me too\n");
	/* What was on its way up when he became a member, too. */
	room_hears(&s, LOBBY, BOB, "//and me");
	story_expect(&s, "say 6 900 //and me\n");
	/* At the bound he is told; what waits goes with him. */
	room_hears(&s, LOBBY, BOB, "/leave");
	room_hears(&s, LOBBY, BOB, "/join");
	story_forget(&s);
	for (i = 0; i < 16; i++)
		room_hears(&s, LOBBY, BOB, "hello");
	story_expect(&s, "");
	room_hears(&s, LOBBY, BOB, "one more");
	story_expect(&s, "say 900 6 #lobby: error full: nobody has heard "
	    "that; say it again once you have joined\n");
	UP(&s, closed, .conn = 2, .code = 1000);
	story_expect(&s, "member 900 6 gone\nhide 6\n");
	story_end(&s);
}

/* ---- who stays a member ---- */

static void
account_keeps_its_membership_and_others_do_not(void **state)
{
	struct story s;

	(void)state;
	room_begin(&s);
	story_join(&s, ANN);
	story_join(&s, BOB);
	UP(&s, closed, .conn = 1, .code = 1000);
	UP(&s, closed, .conn = 2, .code = 1000);
	story_expect(&s, "member 900 5 gone\nhide 5\n"
	    "member 900 6 gone\nhide 6\n");
	/* The account, under whatever number; not just anybody of that name. */
	story_login_as(&s, 3, 77, "ann", IPC_DOOR_DNCHAT, false);
	story_expect(&s, "show 77 ann (on s1) conn 3\nname 3 77\n");
	UP(&s, closed, .conn = 3, .code = 1000);
	story_forget(&s);
	story_login_as(&s, 1, 78, "ann", IPC_DOOR_CHANNELS, true);
	story_login_as(&s, 2, BOB, "bob", IPC_DOOR_DNCHAT, false);
	story_expect(&s, "show 78 ann (on s1) conn 1\nname 1 78\n"
	    "member 900 78 live\n"
	    "show 6 bob (on s1) conn 2\nname 2 6\n");
	/* She leaves for good. */
	room_hears(&s, LOBBY, 78, "/leave");
	story_expect(&s, "member 900 78 gone\n"
	    "say 900 78 #lobby: left; say /join to come back\n"
	    "4: delete member lobby ann\n");
	UP(&s, closed, .conn = 1, .code = 1000);
	story_login_as(&s, 1, 78, "ann", IPC_DOOR_DNCHAT, true);
	story_expect(&s, "hide 78\nshow 78 ann (on s1) conn 1\nname 1 78\n");
	story_end(&s);
}

static void
member_elsewhere_is_bound_to_number_and_name(void **state)
{
	struct story s;

	(void)state;
	room_begin(&s);
	story_link(&s, 10);
	story_arrv(&s, 10, 40, "zoe", 1);
	story_join(&s, 40);
	room_hears(&s, LOBBY, 40, "/who");
	story_expect(&s, "say 900 40 #lobby: members here: zoe\n");
	/* A short absence is none. */
	story_link(&s, 11);
	story_arrv(&s, 11, 40, "zoe", 2);
	UP(&s, closed, .conn = 10, .code = 1006);
	story_wait(&s, 2000);
	assert_null(strstr(s.text, "member"));
	/* That number is somebody else now. */
	story_forget(&s);
	UP(&s, left, .conn = 11, .number = 40);
	/* It acknowledges ours. */
	UP(&s, left, .conn = 11, .number = 40);
	story_arrv(&s, 11, 40, "eve", 2);
	story_wait(&s, 2000);
	assert_non_null(strstr(s.text, "member 900 40 gone\nhide 40\n"));
	assert_non_null(strstr(s.text, "show 40 eve (there)"));
	assert_null(strstr(s.text, "live"));
	/* And so is one who comes back after he was gone. */
	story_join(&s, 40);
	UP(&s, closed, .conn = 11, .code = 1006);
	story_wait(&s, 5000);
	assert_non_null(strstr(s.text, "member 900 40 gone\nhide 40\n"));
	story_forget(&s);
	story_link(&s, 12);
	story_arrv(&s, 12, 40, "eve", 1);
	assert_null(strstr(s.text, "member"));
	story_end(&s);
}

static void
members_come_back_with_a_new_dnchatd(void **state)
{
	struct story s;

	(void)state;
	room_begin(&s);
	story_join(&s, ANN);
	story_join(&s, BOB);
	DO(&s, plane_down, 0);
	story_expect(&s, "");
	DO(&s, plane_up, .incarnation = 78);
	UP(&s, synced, 0);
	story_expect(&s, "config text 4096 silence 3000 flags 0\n"
	    "show room 900 #lobby (room s1) conn 0\n");
	story_login_as(&s, 1, ANN, "ann", IPC_DOOR_DNCHAT, true);
	story_login_as(&s, 2, BOB, "bob", IPC_DOOR_DNCHAT, false);
	story_expect(&s, "show 5 ann (on s1) conn 1\nname 1 5\n"
	    "member 900 5 live\n"
	    "show 6 bob (on s1) conn 2\nname 2 6\n");
	story_end(&s);
}

static void
deleting_a_room_ends_its_memberships(void **state)
{
	struct story s;

	(void)state;
	room_begin(&s);
	story_join(&s, ANN);
	story_join(&s, BOB);
	DO(&s, room_delete, .name = S("lobby"));
	story_expect(&s, "hide 900\n4: delete room lobby\n");
	UP(&s, closed, .conn = 1, .code = 1000);
	UP(&s, closed, .conn = 2, .code = 1000);
	story_expect(&s, "hide 5\nhide 6\n");
	/* One of the same name has nothing of it. */
	DO(&s, room_create, .name = S("lobby"));
	story_forget(&s);
	story_login_as(&s, 1, ANN, "ann", IPC_DOOR_DNCHAT, true);
	story_expect(&s, "show 5 ann (on s1) conn 1\nname 1 5\n");
	story_end(&s);
}

/* ---- the store, and the end ---- */

static void
outstanding_requests_are_made_again_after_a_restart(void **state)
{
	struct story s;

	(void)state;
	room_begin(&s);
	room_hears(&s, LOBBY, ANN, "/join");
	UP(&s, joined, .room = LOBBY, .user = ANN);
	DO(&s, stored, .id = 1);
	DO(&s, room_create, .name = S("attic"));
	story_forget(&s);
	DO(&s, resumed, 0);
	assert_non_null(strstr(s.text, "2: history lobby 50 from 0\n"
	    "3: put room attic "));
	assert_null(strstr(s.text, "1: "));
	DO(&s, stored, .id = 3, .err = DN_E_IO);
	assert_string_equal(story_notice(&s, "room_not_stored", "room"),
	    "attic");
	story_forget(&s);
	DO(&s, resumed, 0);
	story_expect(&s, "2: history lobby 50 from 0\n");
	/* The wait begins anew, too. */
	story_wait(&s, 5000);
	story_expect(&s, "say 900 5 #lobby: joined; 1 of 1 members are here; "
	    "say /help for more\nmember 900 5 live\n");
	story_end(&s);
}

static void
store_that_is_behind_refuses_changes(void **state)
{
	struct story s;
	char name[16];
	unsigned i;

	(void)state;
	room_begin(&s);
	for (i = 0; i < 4096; i++) {
		(void)snprintf(name, sizeof(name), "r%u", i);
		DO(&s, room_create, .name = S(name));
		assert_int_equal(s.err, DN_OK);
		story_forget(&s);
	}
	DO(&s, room_create, .name = S("more"));
	assert_int_equal(s.err, DN_E_FULL);
	DO(&s, room_delete, .name = S("r1"));
	assert_int_equal(s.err, DN_E_FULL);
	story_forget(&s);
	room_hears(&s, LOBBY, ANN, "/join");
	story_expect(&s, "say 900 5 #lobby: error full: no more members are "
	    "taken now; try again later\n");
	/* Who isn't kept needs no store. */
	room_hears(&s, LOBBY, BOB, "/join");
	assert_non_null(strstr(s.text, "member 900 6 joining\n"));
	DO(&s, stored, .id = 1);
	room_hears(&s, LOBBY, ANN, "/join");
	assert_non_null(strstr(s.text, "member 900 5 joining\n"));
	story_end(&s);
}

static void
shutdown_withdraws_rooms_as_it_does_users(void **state)
{
	struct story s;

	(void)state;
	room_begin(&s);
	story_join(&s, ANN);
	story_link(&s, 10);
	story_forget(&s);
	DO(&s, shutdown, 0);
	assert_non_null(strstr(s.text, "withdraw 10 900\n"));
	assert_null(strstr(s.text, "delete"));
	DO(&s, room_create, .name = S("attic"));
	assert_int_equal(s.err, DN_E_STATE);
	story_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    room_of_the_store_is_shown_once_dnchatd_is_there),
		cmocka_unit_test(room_is_created_kept_and_deleted),
		cmocka_unit_test(name_that_the_network_knows_is_taken),
		cmocka_unit_test(number_in_use_is_replaced_for_good),
		cmocka_unit_test(entry_of_before_a_reset_is_taken_over),
		cmocka_unit_test(
		    rooms_are_shown_anew_under_a_new_name_of_the_server),
		cmocka_unit_test(rooms_of_one_server_are_bounded),
		cmocka_unit_test(members_of_one_room_are_bounded),
		cmocka_unit_test(
		    joiner_hears_what_was_said_then_what_is_said),
		cmocka_unit_test(
		    history_that_fails_or_tarries_holds_nobody_up),
		cmocka_unit_test(without_replay_a_joiner_is_live_at_once),
		cmocka_unit_test(history_is_for_the_membership_that_asked),
		cmocka_unit_test(joiner_is_heard_once_he_is_in),
		cmocka_unit_test(
		    account_keeps_its_membership_and_others_do_not),
		cmocka_unit_test(
		    member_elsewhere_is_bound_to_number_and_name),
		cmocka_unit_test(members_come_back_with_a_new_dnchatd),
		cmocka_unit_test(deleting_a_room_ends_its_memberships),
		cmocka_unit_test(
		    outstanding_requests_are_made_again_after_a_restart),
		cmocka_unit_test(store_that_is_behind_refuses_changes),
		cmocka_unit_test(shutdown_withdraws_rooms_as_it_does_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
