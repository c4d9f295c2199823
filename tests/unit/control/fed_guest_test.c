/* Users of federated servers in rooms of ours. */
#include "fed_story.h"

static void
asks(struct story *s, uint64_t conn, const char *user, const char *room)
{
	FED_SAYS(s, conn, FEDJOIN, .name = S(user), .room = S(room));
}

/* dnchatd and the store do what they have to. */
static void
gets_in(struct story *s, unsigned long long user)
{
	uint64_t id = 0;

	UP(s, joined, .room = LOBBY, .user = user);
	if (s->updates.request_count > 0)
		id = s->updates.requests[0].id;
	DO(s, history, .id = id);
}

static void
guest_joins(void **state)
{
	unsigned long long dora;
	struct story s;

	(void)state;
	fed_begin(&s);
	story_link(&s, 20);
	story_forget(&s);
	asks(&s, 30, "dora@server2.com", "lobby");
	dora = fed_number_of(&s, "dora@server2.com");
	fed_expect(&s,
	    "announce 20 %llu dora@server2.com (via server2.com) 0\n"
	    "show %llu dora@server2.com (via server2.com) conn 30\n"
	    "member 900 %llu joining\n", dora, dora, dora);
	gets_in(&s, dora);
	assert_non_null(strstr(s.text,
	    "reply 30 FEDRESULT JOIN 1 name=dora room=lobby text=\n"));
	assert_non_null(strstr(s.text, " live\n"));
	story_forget(&s);
	assert_int_equal(fed_peer_on(&s, "server2.com:4400").users, 1);
	/* Twice is once too often. */
	asks(&s, 30, "dora@server2.com", "lobby");
	story_expect(&s,
	    "reply 30 FEDRESULT JOIN 0 name=dora room=lobby text=\n");
	/* The server goes, and they with it. */
	UP(&s, closed, .conn = 30, .code = 1006);
	assert_non_null(strstr(s.text, "member 900 "));
	assert_non_null(strstr(s.text, " gone\n"));
	assert_false(fed_is_there(&s, "dora@server2.com"));
	story_end(&s);
}

static void
names_are_taken_in_any_form(void **state)
{
	static const char *const users[] = {"dora", "dora@server2.com",
	    "dora@SERVER2.com", "dora@server2.com:4400", "dora@203.0.113.7",
	    "dora@203.0.113.7:4400"};
	struct story s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(users) / sizeof(*users); i++) {
		fed_begin(&s);
		asks(&s, 30, users[i], "lobby:192.0.2.1:4400");
		gets_in(&s, fed_number_of(&s, "dora@server2.com"));
		assert_non_null(strstr(s.text, "reply 30 FEDRESULT JOIN 1 "
		    "name=dora room=lobby:192.0.2.1:4400 text=\n"));
		assert_true(fed_is_there(&s, "dora@server2.com"));
		story_end(&s);
	}
}

static void
others_are_refused(void **state)
{
	static const struct {
		const char *user, *room, *why;
	} rows[] = {
		{"dora@server3.com", "lobby", "the user is of another host"},
		{"dora@server2.com:4401", "lobby",
		    "the user is of another host"},
		{"dora@203.0.113.8", "lobby", "the user is of another host"},
		{"dora", "none", "no such room"},
		{"dora", "x:server2.com", "no such room"},
		{"dora", "#lobby", "no such room"},
		{"dora", "", "no such room"},
		{"@server2.com", "lobby", "that can't be a user's name"},
		{"dora@", "lobby", "that can't be a user's name"},
		{"#dora", "lobby", "that can't be a user's name"},
		{"", "lobby", "that can't be a user's name"},
	};
	struct story s;
	size_t i;

	(void)state;
	fed_begin(&s);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		asks(&s, 30, rows[i].user, rows[i].room);
		assert_string_equal(story_notice(&s,
		    "federation_join_refused", "why"), rows[i].why);
		assert_non_null(strstr(s.text, "reply 30 FEDRESULT JOIN 0 "));
		assert_null(strstr(s.text, "show"));
		story_forget(&s);
	}
	story_end(&s);
}

/* Who dialled us has a port that tells nothing. */
static void
guest_of_who_dialled_us(void **state)
{
	struct story s;

	(void)state;
	fed_scene(&s);
	fed_accept(&s, 40, "10.0.0.9:51000");
	story_forget(&s);
	asks(&s, 40, "dora@10.0.0.9:4400", "lobby");
	gets_in(&s, fed_number_of(&s, "dora@10.0.0.9"));
	assert_non_null(strstr(s.text, "reply 40 FEDRESULT JOIN 1"));
	asks(&s, 40, "eve@10.0.0.8", "lobby");
	assert_non_null(strstr(s.text, "FEDRESULT JOIN 0"));
	story_end(&s);
}

/* One of ours who calls himself like that is another. */
static void
namesakes_stay_apart(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	story_login_as(&s, 3, 7, "dora@server2.com", IPC_DOOR_DNCHAT, false);
	story_link(&s, 20);
	story_arrv(&s, 20, fed_name_number(S("eve@server2.com"), 0), "other",
	    1);
	story_forget(&s);
	asks(&s, 30, "dora", "lobby");
	assert_non_null(strstr(s.text, "dora@server2.com (via server2.com) "
	    "conn 30\n"));
	assert_null(strstr(s.text, "show 7 "));
	story_forget(&s);
	asks(&s, 30, "eve", "lobby");
	assert_int_equal(fed_number_of(&s, "eve@server2.com"),
	    fed_name_number(S("eve@server2.com"), 1));
	story_end(&s);
}

/* Another server of our kind is federated with his, too: he is one user. */
static void
guest_who_is_known_by_dnchat(void **state)
{
	uint64_t number = fed_name_number(S("dora@server2.com"), 0);
	struct story s;

	(void)state;
	fed_begin(&s);
	story_link(&s, 20);
	UP(&s, arrv, .conn = 20, .number = number, .hops = 1,
	    .name = S("dora@server2.com"),
	    .description = S("via server2.com"));
	story_forget(&s);
	asks(&s, 30, "dora", "lobby");
	assert_null(strstr(s.text, "show"));
	fed_expect(&s, "route %llu conn 30\n"
	    "announce 20 %llu dora@server2.com (via server2.com) 0\n"
	    "member 900 %llu joining\n",
	    STORY_U64(number), STORY_U64(number), STORY_U64(number));
	story_end(&s);
}

/* And so is a room of that server. */
static void
import_that_is_known_by_dnchat(void **state)
{
	uint64_t number = fed_name_number(S("#y:server2.com"), 0);
	struct story s;

	(void)state;
	fed_begin(&s);
	story_link(&s, 20);
	UP(&s, arrv, .conn = 20, .number = number, .hops = 1,
	    .name = S("#y:server2.com"), .description = S("via server2.com"));
	assert_non_null(strstr(s.text, "#y:server2.com (via server2.com) "
	    "conn 20\n"));
	story_forget(&s);
	FED_SAYS(&s, 30, FEDNEW, .room = S("y"));
	assert_int_equal(fed_number_of(&s, "#y:server2.com"), number);
	assert_non_null(strstr(s.text, "show import "));
	story_forget(&s);
	UP(&s, closed, .conn = 30, .code = 1006);
	assert_false(fed_is_there(&s, "#y:server2.com"));
	story_end(&s);
}

/* Its users come over whichever link it asks on. */
static void
guest_moves_between_links(void **state)
{
	unsigned long long dora;
	struct story s;

	(void)state;
	fed_begin(&s);
	asks(&s, 30, "dora", "lobby");
	dora = fed_number_of(&s, "dora@server2.com");
	fed_accept(&s, 40, "203.0.113.7:51000");
	story_forget(&s);
	asks(&s, 40, "dora@server2.com", "lobby");
	fed_expect(&s, "route %llu conn 40\n"
	    "reply 40 FEDRESULT JOIN 1 name=dora room=lobby text=\n", dora);
	UP(&s, closed, .conn = 30, .code = 1006);
	assert_true(fed_is_there(&s, "dora@server2.com"));
	UP(&s, closed, .conn = 40, .code = 1006);
	assert_false(fed_is_there(&s, "dora@server2.com"));
	story_end(&s);
}

static void
two_servers_have_users_of_one_name(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	fed_accept(&s, 40, "10.0.0.9:51000");
	asks(&s, 30, "dora", "lobby");
	asks(&s, 40, "dora", "lobby");
	assert_int_not_equal(fed_number_of(&s, "dora@server2.com"),
	    fed_number_of(&s, "dora@10.0.0.9"));
	UP(&s, closed, .conn = 30, .code = 1006);
	assert_false(fed_is_there(&s, "dora@server2.com"));
	assert_true(fed_is_there(&s, "dora@10.0.0.9"));
	story_end(&s);
}

static void
too_many_users_are_refused(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	/* lobby, ann, bob, x and one more. */
	core_limit_users(s.core, 5);
	asks(&s, 30, "dora", "lobby");
	assert_true(fed_is_there(&s, "dora@server2.com"));
	story_forget(&s);
	asks(&s, 30, "eve", "lobby");
	story_expect(&s,
	    "reply 30 FEDRESULT JOIN 0 name=eve room=lobby text=\n");
	story_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guest_joins),
		cmocka_unit_test(names_are_taken_in_any_form),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(guest_of_who_dialled_us),
		cmocka_unit_test(namesakes_stay_apart),
		cmocka_unit_test(guest_who_is_known_by_dnchat),
		cmocka_unit_test(import_that_is_known_by_dnchat),
		cmocka_unit_test(guest_moves_between_links),
		cmocka_unit_test(two_servers_have_users_of_one_name),
		cmocka_unit_test(too_many_users_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
