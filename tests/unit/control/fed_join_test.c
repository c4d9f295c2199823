/* Our users in rooms of federated servers. */
#include "fed_story.h"

/* The walk-through of the task sheet: she asks, it is asked, it answers. */
static void
client_joins(void **state)
{
	unsigned long long x;
	struct story s;

	(void)state;
	fed_begin(&s);
	x = fed_number_of(&s, "#x:server2.com");
	fed_joins(&s, ANN_CONN, "x:server2.com");
	fed_expect(&s, "member %llu 5 joining\n"
	    "reply 30 FEDJOIN 0 name=ann room=x text=\n", x);
	fed_answers(&s, 30, "ann", "x:server2.com", 1);
	fed_expect(&s, "member %llu 5 live\n"
	    "reply 1 JOIN 1 name= room=x:server2.com text=\n", x);
	/* She is a member: it is not asked again. */
	fed_joins(&s, ANN_CONN, "x:server2.com");
	story_expect(&s, "reply 1 JOIN 0 name= room=x:server2.com text=\n");
	story_end(&s);
}

static void
answers_are_understood_in_any_form(void **state)
{
	static const struct {
		const char *user, *room;
	} forms[] = {
		{"ann", "x"}, {"ann@s1", "x"}, {"ann@192.0.2.1:4400", "x"},
		{"ann", "x:SERVER2.com"}, {"ann@s1", "x:203.0.113.7:4400"},
	};
	struct story s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		fed_begin(&s);
		fed_joins(&s, ANN_CONN, "x:server2.com");
		fed_answers(&s, 30, forms[i].user, forms[i].room, 1);
		assert_non_null(strstr(s.text, "reply 1 JOIN 1"));
		story_end(&s);
	}
}

static void
server_refuses(void **state)
{
	unsigned long long x;
	struct story s;

	(void)state;
	fed_begin(&s);
	x = fed_number_of(&s, "#x:server2.com");
	fed_joins(&s, ANN_CONN, "x:server2.com");
	story_forget(&s);
	/* Not what was asked: of another user, room, or kind. */
	fed_answers(&s, 30, "bob", "x", 1);
	fed_answers(&s, 30, "ann", "y", 1);
	FED_SAYS(&s, 30, FEDRESULT, .about = DN_VERB_CREATE, .result = 1,
	    .name = S("ann"), .room = S("x"));
	FED_SAYS(&s, 30, FEDRESULT, .about = DN_VERB_JOIN, .result = 1,
	    .name = S(""), .room = S("x"));
	story_expect(&s, "");
	fed_answers(&s, 30, "ann", "x", 0);
	fed_expect(&s, "member %llu 5 gone\n"
	    "reply 1 JOIN 0 name= room=x:server2.com text=\n", x);
	fed_answers(&s, 30, "ann", "x", 0);
	story_expect(&s, "");
	story_end(&s);
}

static void
server_is_silent(void **state)
{
	unsigned long long x;
	struct story s;

	(void)state;
	fed_begin(&s);
	x = fed_number_of(&s, "#x:server2.com");
	fed_joins(&s, ANN_CONN, "x:server2.com");
	fed_joins(&s, ANN_CONN, "x:server2.com");
	fed_expect(&s, "member %llu 5 joining\n"
	    "reply 30 FEDJOIN 0 name=ann room=x text=\n"
	    "reply 1 JOIN 0 name= room=x:server2.com text=\n", x);
	story_wait(&s, 4999);
	story_expect(&s, "");
	story_wait(&s, 1);
	fed_expect(&s, "member %llu 5 gone\n"
	    "reply 1 JOIN 0 name= room=x:server2.com text=\n", x);
	/* Its answer comes late: who asks once more is in. */
	fed_answers(&s, 30, "ann", "x", 1);
	story_expect(&s, "");
	fed_joins(&s, ANN_CONN, "x:server2.com");
	fed_expect(&s, "member %llu 5 live\n"
	    "reply 1 JOIN 1 name= room=x:server2.com text=\n", x);
	story_end(&s);
}

static void
unknown_hosts_are_refused_at_once(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	fed_joins(&s, ANN_CONN, "x:server3.com");
	story_expect(&s, "reply 1 JOIN 0 name= room=x:server3.com text=\n");
	fed_joins(&s, ANN_CONN, "x:");
	story_expect(&s, "reply 1 JOIN 0 name= room=x: text=\n");
	/* A server that has not agreed is none yet. */
	fed_dial(&s, "server3.com", "server3.com", 4400, "192.0.2.3", 31);
	story_forget(&s);
	fed_joins(&s, ANN_CONN, "x:server3.com");
	story_expect(&s, "reply 1 JOIN 0 name= room=x:server3.com text=\n");
	UP(&s, closed, .conn = 30, .code = 1006);
	story_forget(&s);
	fed_joins(&s, ANN_CONN, "x:server2.com");
	story_expect(&s, "reply 1 JOIN 0 name= room=x:server2.com text=\n");
	story_end(&s);
}

/* A server may have rooms that it has not told us of. */
static void
unlisted_room_is_asked_for(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	fed_joins(&s, ANN_CONN, "secret:server2.com");
	story_expect(&s, "reply 30 FEDJOIN 0 name=ann room=secret text=\n");
	fed_answers(&s, 30, "ann", "secret", 1);
	fed_expect(&s, "show import %llu #secret:server2.com "
	    "(via server2.com) conn 30\n"
	    "member %llu 5 live\n"
	    "reply 1 JOIN 1 name= room=secret:server2.com text=\n", fed_number_of(&s, "#secret:server2.com"),
	    fed_number_of(&s, "#secret:server2.com"));
	fed_joins(&s, ANN_CONN, "none:server2.com");
	story_forget(&s);
	fed_answers(&s, 30, "ann", "none", 0);
	story_expect(&s, "reply 1 JOIN 0 name= room=none:server2.com text=\n");
	assert_false(fed_is_there(&s, "#none:server2.com"));
	story_end(&s);
}

static void
command(struct story *s, unsigned long long room, uint64_t user,
    const char *text)
{
	UP(s, command, .room = room, .user = user, .text = S(text));
}

/* A user of the dnchat door, here or elsewhere, says /join to the import. */
static void
dnchat_user_joins(void **state)
{
	unsigned long long x;
	struct story s;

	(void)state;
	fed_begin(&s);
	x = fed_number_of(&s, "#x:server2.com");
	story_link(&s, 20);
	story_arrv(&s, 20, 70, "zoe", 1);
	story_forget(&s);
	command(&s, x, 70, "/join");
	fed_expect(&s, "member %llu 70 joining\n"
	    "reply 30 FEDJOIN 0 name=zoe room=x text=\n", x);
	fed_answers(&s, 30, "zoe", "x", 1);
	assert_non_null(strstr(s.text, ": joined; "));
	story_forget(&s);
	command(&s, x, BOB, "/join");
	story_forget(&s);
	fed_answers(&s, 30, "bob", "x", 0);
	fed_expect(&s, "member %llu 6 gone\nsay %llu 6 #x%%3Aserver2.com: error "
	    "refused: you cannot join: its server refuses\n", x, x);
	/* He leaves, which the protocol has no word for, and comes back. */
	command(&s, x, 70, "/leave");
	assert_non_null(strstr(s.text, " 70 gone\n"));
	story_forget(&s);
	command(&s, x, 70, "/join");
	assert_null(strstr(s.text, "FEDJOIN"));
	assert_non_null(strstr(s.text, ": joined; "));
	story_end(&s);
}

static void
names_that_cannot_be_said_are_refused(void **state)
{
	unsigned long long x;
	struct story s;

	(void)state;
	fed_begin(&s);
	x = fed_number_of(&s, "#x:server2.com");
	story_login_as(&s, 3, 7, "eve@server3.com", IPC_DOOR_DNCHAT, false);
	story_link(&s, 20);
	UP(&s, arrv, .conn = 20, .number = 71, .hops = 1,
	    .name = S("guest"), .description = S("via server9.com"));
	story_forget(&s);
	command(&s, x, 7, "/join");
	fed_expect(&s, "say %llu 7 #x%%3Aserver2.com: error refused: you "
	    "cannot join: your name has an @ in it\n", x);
	command(&s, x, 71, "/join");
	fed_expect(&s, "say %llu 71 #x%%3Aserver2.com: error refused: you "
	    "cannot join: you are a guest here\n", x);
	story_end(&s);
}

static void
what_a_member_says_is_refused(void **state)
{
	unsigned long long x;
	struct story s;

	(void)state;
	fed_begin(&s);
	x = fed_number_of(&s, "#x:server2.com");
	fed_joins(&s, ANN_CONN, "x:server2.com");
	fed_answers(&s, 30, "ann", "x", 1);
	command(&s, x, BOB, "/join");
	fed_answers(&s, 30, "bob", "x", 1);
	story_forget(&s);
	FED_SAYS(&s, 30, FEDRESULT, .about = DN_VERB_SAY, .name = S("ann"),
	    .room = S("x"));
	fed_expect(&s, "member %llu 5 gone\n"
	    "reply 1 SAY 0 name= room= text=\n", x);
	FED_SAYS(&s, 30, FEDRESULT, .about = DN_VERB_SAY, .name = S("bob@s1"),
	    .room = S("x:server2.com"));
	assert_non_null(strstr(s.text, " 6 gone\n"));
	assert_non_null(strstr(s.text, "did not take what you said"));
	story_forget(&s);
	FED_SAYS(&s, 30, FEDRESULT, .about = DN_VERB_SAY, .name = S("bob"),
	    .room = S("x"));
	story_expect(&s, "");
	/* Now the server is asked again. */
	fed_joins(&s, ANN_CONN, "x:server2.com");
	assert_non_null(strstr(s.text, "reply 30 FEDJOIN"));
	story_end(&s);
}

/* ---- loss and return ---- */

static void
reconnect(struct story *s, uint64_t conn)
{
	unsigned dial;
	const char *at;

	story_forget(s);
	story_wait(s, 60000);
	assert_non_null(strstr(s->text, "resolve 1 "));
	DO(s, resolved, .peer = 1, .addresses = S("203.0.113.7"));
	at = strstr(s->text, "dial ");
	assert_non_null(at);
	assert_int_equal(sscanf(at, "dial %u", &dial), 1);
	UP(s, dialled, .dial = dial, .conn = conn);
	FED_SAYS(s, conn, CONFIRM);
	story_forget(s);
}

static void
members_join_again_when_the_server_is_back(void **state)
{
	unsigned long long x;
	struct story s;

	(void)state;
	fed_begin(&s);
	x = fed_number_of(&s, "#x:server2.com");
	fed_joins(&s, ANN_CONN, "x:server2.com");
	fed_answers(&s, 30, "ann", "x", 1);
	command(&s, x, BOB, "/join");
	fed_answers(&s, 30, "bob", "x", 1);
	story_login_as(&s, 3, 7, "cid", IPC_DOOR_DNCHAT, false);
	command(&s, x, 7, "/join");
	fed_answers(&s, 30, "cid", "x", 1);
	command(&s, x, 7, "/leave");
	story_forget(&s);
	UP(&s, closed, .conn = 30, .code = 1006);
	assert_false(fed_is_there(&s, "#x:server2.com"));
	reconnect(&s, 31);
	FED_SAYS(&s, 31, FEDCHANNELS, .text = S("x"));
	assert_int_equal(fed_number_of(&s, "#x:server2.com"), x);
	/* Cid had left. */
	fed_expect(&s, "show import %llu #x:server2.com (via server2.com) "
	    "conn 31\n"
	    "member %llu 5 joining\n"
	    "reply 31 FEDJOIN 0 name=ann room=x text=\n"
	    "member %llu 6 joining\n"
	    "reply 31 FEDJOIN 0 name=bob room=x text=\n", x, x, x);
	fed_answers(&s, 31, "ann", "x", 1);
	fed_expect(&s, "member %llu 5 live\n", x);
	/* One that has kept its members over the loss refuses. */
	fed_answers(&s, 31, "bob", "x", 0);
	fed_expect(&s, "member %llu 6 live\n", x);
	story_end(&s);
}

static void
loss_answers_who_waits(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	fed_joins(&s, ANN_CONN, "x:server2.com");
	command(&s, fed_number_of(&s, "#x:server2.com"), BOB, "/join");
	story_forget(&s);
	UP(&s, closed, .conn = 30, .code = 1006);
	assert_non_null(strstr(s.text,
	    "reply 1 JOIN 0 name= room=x:server2.com text=\n"));
	assert_non_null(strstr(s.text, "its server is away"));
	story_forget(&s);
	story_wait(&s, 300);
	reconnect(&s, 31);
	FED_SAYS(&s, 31, FEDCHANNELS, .text = S("x"));
	assert_null(strstr(s.text, "FEDJOIN"));
	story_end(&s);
}

/* An account keeps its membership; who has none loses it with his number. */
static void
accounts_keep_their_membership(void **state)
{
	unsigned long long x;
	struct story s;

	(void)state;
	fed_begin(&s);
	x = fed_number_of(&s, "#x:server2.com");
	fed_joins(&s, ANN_CONN, "x:server2.com");
	fed_answers(&s, 30, "ann", "x", 1);
	command(&s, x, BOB, "/join");
	fed_answers(&s, 30, "bob", "x", 1);
	UP(&s, closed, .conn = ANN_CONN, .code = 1000);
	UP(&s, closed, .conn = BOB_CONN, .code = 1000);
	story_forget(&s);
	story_login_as(&s, 4, 55, "ann", IPC_DOOR_CHANNELS, true);
	assert_non_null(strstr(s.text, " 55 live\n"));
	story_forget(&s);
	story_login_as(&s, 5, BOB, "bob", IPC_DOOR_DNCHAT, false);
	assert_null(strstr(s.text, "member"));
	/* While the server is away, too. */
	UP(&s, closed, .conn = 4, .code = 1000);
	UP(&s, closed, .conn = 30, .code = 1006);
	reconnect(&s, 31);
	FED_SAYS(&s, 31, FEDCHANNELS, .text = S("x"));
	assert_null(strstr(s.text, "FEDJOIN"));
	story_forget(&s);
	story_login_as(&s, 6, 56, "ann", IPC_DOOR_CHANNELS, true);
	assert_non_null(strstr(s.text,
	    "reply 31 FEDJOIN 0 name=ann room=x text=\n"));
	fed_answers(&s, 31, "ann", "x", 1);
	assert_non_null(strstr(s.text, " 56 live\n"));
	story_end(&s);
}

static void
who_goes_waits_no_more(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	fed_joins(&s, ANN_CONN, "x:server2.com");
	UP(&s, closed, .conn = ANN_CONN, .code = 1000);
	story_forget(&s);
	fed_answers(&s, 30, "ann", "x", 1);
	story_wait(&s, 6000);
	story_expect(&s, "");
	story_end(&s);
}

/* It answers over a link of its own: there it will say what is said. */
static void
import_follows_the_answer(void **state)
{
	unsigned long long x;
	struct story s;

	(void)state;
	fed_begin(&s);
	x = fed_number_of(&s, "#x:server2.com");
	fed_accept(&s, 40, "203.0.113.7:51000");
	fed_joins(&s, ANN_CONN, "x:server2.com");
	story_forget(&s);
	fed_answers(&s, 40, "ann", "x", 1);
	fed_expect(&s, "route %llu conn 40\n"
	    "member %llu 5 live\n"
	    "reply 1 JOIN 1 name= room=x:server2.com text=\n", x, x);
	/* Another server has nothing to answer. */
	fed_accept(&s, 41, "10.0.0.1:1");
	command(&s, x, BOB, "/join");
	story_forget(&s);
	fed_answers(&s, 41, "bob", "x", 1);
	story_expect(&s, "");
	story_end(&s);
}

/* ---- bounds ---- */

static void
too_many_ask_at_once(void **state)
{
	unsigned long long x;
	struct story s;
	char name[16];
	unsigned i;

	(void)state;
	fed_begin(&s);
	x = fed_number_of(&s, "#x:server2.com");
	story_link(&s, 20);
	for (i = 0; i <= DN_FED_JOINS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "u%u", i);
		story_arrv(&s, 20, 1000 + i, name, 1);
		story_forget(&s);
		command(&s, x, 1000 + i, "/join");
		if (i < DN_FED_JOINS_MAX)
			assert_non_null(strstr(s.text, "FEDJOIN"));
	}
	fed_expect(&s, "say %llu 2024 #x%%3Aserver2.com: error refused: you "
	    "cannot join: its server has too much to answer; try again "
	    "later\n", x);
	/* Others are not concerned. */
	fed_accept(&s, 41, "10.0.0.1:1");
	FED_SAYS(&s, 41, FEDNEW, .room = S("y"));
	story_forget(&s);
	fed_joins(&s, ANN_CONN, "y:10.0.0.1");
	assert_non_null(strstr(s.text, "reply 41 FEDJOIN"));
	story_wait(&s, 5000);
	command(&s, x, 2024, "/join");
	assert_non_null(strstr(s.text, "reply 30 FEDJOIN"));
	story_end(&s);
}

/* Whatever is under way goes on from what was saved. */
static void
all_of_it_is_saved(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	fed_accept(&s, 40, "203.0.113.7:51000");
	fed_dial(&s, "h", "h", 4400, "192.0.2.1", 41);
	FED_SAYS(&s, 30, DNCHAT, .room = S("12345"));
	fed_joins(&s, ANN_CONN, "x:server2.com");
	fed_answers(&s, 30, "ann", "x", 1);
	FED_SAYS(&s, 30, FEDJOIN, .name = S("dora"), .room = S("lobby"));
	command(&s, fed_number_of(&s, "#x:server2.com"), BOB, "/join");
	story_reload(&s);
	story_forget(&s);
	fed_answers(&s, 30, "bob", "x", 1);
	assert_non_null(strstr(s.text, ": joined; "));
	UP(&s, closed, .conn = 30, .code = 1006);
	UP(&s, closed, .conn = 40, .code = 1006);
	assert_false(fed_is_there(&s, "dora@server2.com"));
	story_reload(&s);
	reconnect(&s, 42);
	FED_SAYS(&s, 42, FEDCHANNELS, .text = S("x"));
	assert_non_null(strstr(s.text,
	    "reply 42 FEDJOIN 0 name=ann room=x text=\n"));
	story_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_joins),
		cmocka_unit_test(answers_are_understood_in_any_form),
		cmocka_unit_test(server_refuses),
		cmocka_unit_test(server_is_silent),
		cmocka_unit_test(unknown_hosts_are_refused_at_once),
		cmocka_unit_test(unlisted_room_is_asked_for),
		cmocka_unit_test(dnchat_user_joins),
		cmocka_unit_test(names_that_cannot_be_said_are_refused),
		cmocka_unit_test(what_a_member_says_is_refused),
		cmocka_unit_test(members_join_again_when_the_server_is_back),
		cmocka_unit_test(loss_answers_who_waits),
		cmocka_unit_test(accounts_keep_their_membership),
		cmocka_unit_test(who_goes_waits_no_more),
		cmocka_unit_test(import_follows_the_answer),
		cmocka_unit_test(too_many_ask_at_once),
		cmocka_unit_test(all_of_it_is_saved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
