/* What other modules ask of rooms: those of federated servers, members who are
 * behind one, accounts that end. */
#include "room_story.h"

#include "../../../control/room.h"
#include "../../../control/way.h"

/* What federation makes of a link: for now nothing but these calls. */
static void
import_is_a_room_without_history(void **state)
{
	struct seat seat = {.conn = 20, .door = IPC_DOOR_CHANNELS,
	    .source = S("10.0.0.9")};
	struct user *ann, *zoe;
	struct room *room, *lobby;
	struct story s;

	(void)state;
	room_begin(&s);
	updates_clear(&s.updates);
	s.core->updates = &s.updates;
	assert_int_equal(room_import(s.core, S("lobby"), 70, 20, S("via x"),
	    &room), DN_E_EXISTS);
	assert_int_equal(room_import(s.core, S(""), 70, 20, S("via x"), &room),
	    DN_E_MALFORMED);
	assert_int_equal(room_import(s.core, S("lobby:x"), 70, 20, S("via x"),
	    &room), DN_OK);
	ann = user_find(s.core, ANN);
	zoe = way_user(s.core, 50, S("zoe@x"), S("via x"));
	way_login(s.core, zoe, &seat, S("zoe@x"), S("via x"));
	lobby = room_find(s.core, S("lobby"));
	assert_int_equal(room_enter(s.core, room, ann, ROOM_WELCOME_NONE,
	    S("")), DN_OK);
	assert_int_equal(room_enter(s.core, lobby, zoe, ROOM_WELCOME_HOOK,
	    S("")), DN_OK);
	assert_int_equal(room_count_over(lobby, 20), 1);
	assert_int_equal(room_count_over(room, 20), 0);
	story_read_updates(&s);
	assert_non_null(strstr(s.text, " #lobby:x (via x) conn 20\n"));
	assert_non_null(strstr(s.text, " 5 live\nmember 900 50 joining\n"));
	story_forget(&s);
	story_reload(&s);
	/* Its history is its server's. */
	room = room_find(s.core, S("lobby:x"));
	room_hears(&s, room->number, ANN, "/history");
	assert_non_null(strstr(s.text, "#lobby%3Ax: error offline: "));
	/* It goes with its link. */
	story_forget(&s);
	updates_clear(&s.updates);
	s.core->updates = &s.updates;
	room_drop(s.core, room);
	story_read_updates(&s);
	assert_ptr_equal(room_find(s.core, S("lobby:x")), NULL);
	assert_non_null(strstr(s.text, "hide "));
	story_end(&s);
}

/* What dnchatd has of it since before a reset does not stand in its way. */
static void
import_takes_the_place_of_its_leftover(void **state)
{
	struct room *room;
	struct story s;

	(void)state;
	story_init(&s);
	DO(&s, start, .seed = 1);
	story_configure(&s, "s1", "");
	DO(&s, plane_up, .incarnation = 77);
	UP(&s, sync_entry, .number = 60, .name = S("#lobby:x"),
	    .description = S("via x"));
	UP(&s, synced, 0);
	story_forget(&s);
	updates_clear(&s.updates);
	s.core->updates = &s.updates;
	assert_int_equal(room_import(s.core, S("lobby:x"), 70, 20, S("via x"),
	    &room), DN_OK);
	story_read_updates(&s);
	assert_memory_equal(s.text, "hide 60\nshow import ", 20);
	story_end(&s);
}

static const struct room *welcomed;

static void
welcome(struct core *core, struct room *room, struct user *user,
    struct dn_str word)
{
	(void)core;
	(void)user;
	(void)word;
	welcomed = room;
}

/* Who is behind a server is welcomed by what knows the server. */
static void
welcome_by_hook_comes_before_the_history(void **state)
{
	struct story s;

	(void)state;
	room_begin(&s);
	s.core->hooks.room_welcome = welcome;
	updates_clear(&s.updates);
	s.core->updates = &s.updates;
	assert_int_equal(room_enter(s.core, room_at(s.core, LOBBY),
	    user_find(s.core, BOB), ROOM_WELCOME_HOOK, S("")), DN_OK);
	story_read_updates(&s);
	UP(&s, joined, .room = LOBBY, .user = BOB);
	assert_null(welcomed);
	DO(&s, history, .id = room_order(&s));
	assert_ptr_equal(welcomed, room_at(s.core, LOBBY));
	story_end(&s);
}

/* Whoever has the name of a deleted account next inherits nothing. */
static void
deleted_account_is_member_of_nothing(void **state)
{
	struct story s;

	(void)state;
	room_begin(&s);
	DO(&s, room, .name = S("attic"), .number = 901);
	DO(&s, room_member, .room = S("attic"), .account = S("zoe"));
	DO(&s, room_member, .room = S("lobby"), .account = S("zoe"));
	story_join(&s, ANN);
	updates_clear(&s.updates);
	s.core->updates = &s.updates;
	room_forget_account(s.core, S("ann"));
	room_forget_account(s.core, S("zoe"));
	room_forget_account(s.core, S("nobody"));
	story_read_updates(&s);
	story_expect(&s, "member 900 5 gone\n");
	story_login_as(&s, 3, 7, "zoe", IPC_DOOR_DNCHAT, true);
	story_expect(&s, "show 7 zoe (on s1) conn 3\nname 3 7\n");
	story_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(import_is_a_room_without_history),
		cmocka_unit_test(import_takes_the_place_of_its_leftover),
		cmocka_unit_test(deleted_account_is_member_of_nothing),
		cmocka_unit_test(welcome_by_hook_comes_before_the_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
