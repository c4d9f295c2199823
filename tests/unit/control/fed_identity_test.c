/* Who it is that dialled us. */
#include "fed_story.h"

#define ADDRESS "127.0.0.1"
#define ROOM_B "#x:127.0.0.1:4402"
#define STRANGER "#x:127.0.0.1"

/* B, whom we dial on port 4402 of this machine, has room x; link 30. */
static void
begin_dialled(struct story *s)
{
	fed_scene(s);
	fed_link(s, ADDRESS ":4402", ADDRESS, 4402, ADDRESS, 30);
	FED_SAYS(s, 30, FEDCHANNELS, .text = S("x"));
	assert_true(fed_is_there(s, ROOM_B));
}

static void
dials_us(struct story *s, uint64_t conn, const char *source, const char *rooms)
{
	fed_accept(s, conn, source);
	FED_SAYS(s, conn, FEDCHANNELS, .text = S(rooms));
	story_reload(s);
}

static void
asks(struct story *s, uint64_t conn, const char *user)
{
	FED_SAYS(s, conn, FEDJOIN, .name = S(user), .room = S("lobby"));
	story_reload(s);
}

static uint8_t
state_of(const struct story *s, const char *peer)
{
	return (uint8_t)fed_peer_on(s, peer).state;
}

/* ---- the one that we dial ---- */

static void
port_tells_who_it_is(void **state)
{
	struct story s;

	(void)state;
	begin_dialled(&s);
	dials_us(&s, 40, ADDRESS ":51000", "x");
	assert_false(fed_is_there(&s, STRANGER));
	asks(&s, 40, "dora@" ADDRESS ":4402");
	assert_true(fed_is_there(&s, "dora@" ADDRESS ":4402"));
	FED_SAYS(&s, 40, FEDNEW, .room = S("y"));
	assert_true(fed_is_there(&s, "#y:127.0.0.1:4402"));
	/* One of two links goes: nothing of the server does. */
	story_forget(&s);
	UP(&s, closed, .conn = 30, .code = 1006);
	fed_expect(&s, "route %llu conn 40\n", fed_number_of(&s, ROOM_B));
	UP(&s, closed, .conn = 40, .code = 1006);
	assert_false(fed_is_there(&s, ROOM_B));
	assert_false(fed_is_there(&s, "#y:127.0.0.1:4402"));
	story_end(&s);
}

static void
name_tells_who_it_is(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	dials_us(&s, 40, "203.0.113.7:51000", "x\ny");
	asks(&s, 40, "dora@SERVER2.com");
	assert_true(fed_is_there(&s, "dora@server2.com"));
	assert_true(fed_is_there(&s, "#y:server2.com"));
	story_wait(&s, 5000);
	assert_false(fed_is_there(&s, "#x:203.0.113.7"));
	story_end(&s);
}

static void
answer_tells_who_it_is(void **state)
{
	struct story s;

	(void)state;
	begin_dialled(&s);
	dials_us(&s, 40, ADDRESS ":51000", "x");
	fed_joins(&s, ANN_CONN, "x:" ADDRESS ":4402");
	/* Another user's tells nothing. */
	fed_answers(&s, 40, "bob", "x", 1);
	story_forget(&s);
	fed_answers(&s, 40, "ann", "x", 1);
	assert_non_null(strstr(s.text, "reply 1 JOIN 1 "));
	UP(&s, closed, .conn = 30, .code = 1006);
	assert_true(fed_is_there(&s, ROOM_B));
	story_end(&s);
}

/* It has what the other has, but not at the same moment. */
static void
doubt_gives_time(void **state)
{
	struct story s;

	(void)state;
	begin_dialled(&s);
	dials_us(&s, 40, ADDRESS ":51000", "x\ny");
	assert_false(fed_is_there(&s, "#y:127.0.0.1"));
	FED_SAYS(&s, 30, FEDNEW, .room = S("y"));
	story_wait(&s, 10000);
	assert_false(fed_is_there(&s, STRANGER));
	FED_SAYS(&s, 40, FEDNEW, .room = S("z"));
	story_wait(&s, 400);
	FED_SAYS(&s, 30, FEDNEW, .room = S("z"));
	story_wait(&s, 10000);
	assert_false(fed_is_there(&s, "#z:127.0.0.1"));
	/* What it alone has. */
	FED_SAYS(&s, 40, FEDNEW, .room = S("own"));
	story_reload(&s);
	story_wait(&s, 499);
	assert_false(fed_is_there(&s, "#own:127.0.0.1"));
	story_wait(&s, 1);
	assert_true(fed_is_there(&s, "#own:127.0.0.1"));
	assert_true(fed_is_there(&s, STRANGER));
	assert_true(fed_is_there(&s, ROOM_B));
	story_end(&s);
}

static void
loss_of_the_one_it_may_be(void **state)
{
	struct story s;

	(void)state;
	begin_dialled(&s);
	dials_us(&s, 40, ADDRESS ":51000", "x");
	UP(&s, closed, .conn = 30, .code = 1006);
	assert_false(fed_is_there(&s, ROOM_B));
	story_wait(&s, 1999);
	assert_false(fed_is_there(&s, STRANGER));
	/* Now it is being dialled again. */
	story_reload(&s);
	story_wait(&s, 1);
	assert_true(fed_is_there(&s, STRANGER));
	story_end(&s);
}

/* Each dialled link is of one server: another that dials is another. */
static void
one_twin_each(void **state)
{
	struct story s;

	(void)state;
	begin_dialled(&s);
	dials_us(&s, 40, ADDRESS ":51000", "x");
	dials_us(&s, 41, ADDRESS ":51001", "x");
	assert_true(fed_is_there(&s, STRANGER));
	/* It was the other way round. */
	asks(&s, 41, "dora@" ADDRESS ":4402");
	assert_false(fed_is_there(&s, "dora@" ADDRESS));
	assert_true(fed_is_there(&s, "dora@" ADDRESS ":4402"));
	assert_true(fed_is_there(&s, STRANGER));
	assert_true(fed_is_there(&s, ROOM_B));
	UP(&s, closed, .conn = 41, .code = 1000);
	assert_true(fed_is_there(&s, STRANGER));
	story_end(&s);
}

static void
we_dial_it_later(void **state)
{
	struct story s;

	(void)state;
	fed_scene(&s);
	dials_us(&s, 40, ADDRESS ":51000", "x");
	assert_true(fed_is_there(&s, STRANGER));
	fed_link(&s, ADDRESS ":4402", ADDRESS, 4402, ADDRESS, 30);
	FED_SAYS(&s, 30, FEDCHANNELS, .text = S("x"));
	assert_false(fed_is_there(&s, STRANGER));
	assert_true(fed_is_there(&s, ROOM_B));
	asks(&s, 40, "dora@" ADDRESS ":4403");
	assert_true(fed_is_there(&s, STRANGER));
	assert_true(fed_is_there(&s, ROOM_B));
	assert_true(fed_is_there(&s, "dora@" ADDRESS));
	story_end(&s);
}

/* Nobody's name changes while he is here. */
static void
names_stay_when_we_dial_it_later(void **state)
{
	struct story s;

	(void)state;
	fed_scene(&s);
	dials_us(&s, 40, ADDRESS ":51000", "x");
	asks(&s, 40, "dora@" ADDRESS ":4402");
	assert_true(fed_is_there(&s, "dora@" ADDRESS));
	fed_link(&s, ADDRESS ":4402", ADDRESS, 4402, ADDRESS, 30);
	FED_SAYS(&s, 30, FEDCHANNELS, .text = S("x\ny"));
	story_reload(&s);
	assert_false(fed_is_there(&s, ROOM_B));
	assert_true(fed_is_there(&s, "#y:127.0.0.1"));
	story_forget(&s);
	fed_joins(&s, ANN_CONN, "y:" ADDRESS ":4402");
	assert_non_null(strstr(s.text, " FEDJOIN 0 name=ann room=y"));
	UP(&s, closed, .conn = 40, .code = 1000);
	UP(&s, closed, .conn = 30, .code = 1000);
	assert_false(fed_is_there(&s, "#y:127.0.0.1"));
	/* Now nobody minds. */
	fed_link(&s, ADDRESS ":4402", ADDRESS, 4402, ADDRESS, 31);
	FED_SAYS(&s, 31, FEDCHANNELS, .text = S("x"));
	assert_true(fed_is_there(&s, ROOM_B));
	story_end(&s);
}

/* ---- strangers ---- */

static void
other_port_is_another_server(void **state)
{
	struct story s;

	(void)state;
	begin_dialled(&s);
	dials_us(&s, 40, ADDRESS ":51000", "x");
	asks(&s, 40, "dora@" ADDRESS ":4403");
	assert_true(fed_is_there(&s, "dora@" ADDRESS));
	assert_true(fed_is_there(&s, STRANGER));
	/* It is told apart from now on. */
	asks(&s, 40, "eve@" ADDRESS ":4402");
	assert_true(fed_is_there(&s, "eve@" ADDRESS));
	story_end(&s);
}

static void
localhost_is_the_machine(void **state)
{
	struct story s;

	(void)state;
	begin_dialled(&s);
	dials_us(&s, 40, ADDRESS ":51000", "x");
	dials_us(&s, 41, "10.0.0.9:51001", "x");
	asks(&s, 40, "dora@LocalHost:4402");
	assert_true(fed_is_there(&s, "dora@" ADDRESS ":4402"));
	asks(&s, 30, "eve@localhost:4402");
	assert_true(fed_is_there(&s, "eve@" ADDRESS ":4402"));
	asks(&s, 30, "fay@localhost:4403");
	asks(&s, 41, "fay@localhost");
	assert_false(fed_is_there(&s, "fay@" ADDRESS ":4402"));
	assert_false(fed_is_there(&s, "fay@10.0.0.9"));
	story_end(&s);
}

static void
other_rooms_are_of_another_server(void **state)
{
	struct story s;

	(void)state;
	begin_dialled(&s);
	dials_us(&s, 40, ADDRESS ":51000", "y");
	assert_true(fed_is_there(&s, "#y:127.0.0.1"));
	/* Nor is it one of which nothing is known. */
	dials_us(&s, 41, ADDRESS ":51001", "");
	asks(&s, 41, "dora");
	assert_true(fed_is_there(&s, "dora@" ADDRESS ":51001"));
	story_end(&s);
}

static void
strangers_stay_apart(void **state)
{
	struct story s;

	(void)state;
	fed_scene(&s);
	dials_us(&s, 40, ADDRESS ":51000", "x");
	dials_us(&s, 41, ADDRESS ":51001", "x");
	assert_true(fed_is_there(&s, "#x:127.0.0.1"));
	assert_true(fed_is_there(&s, "#x:127.0.0.1:51001"));
	asks(&s, 40, "dora@" ADDRESS ":4401");
	/* The port it dialled from is not where it listens. */
	asks(&s, 41, "eve@" ADDRESS ":51001");
	assert_true(fed_is_there(&s, "dora@" ADDRESS));
	assert_true(fed_is_there(&s, "eve@" ADDRESS ":51001"));
	/* A second link of the first. */
	dials_us(&s, 42, ADDRESS ":51002", "x\ny");
	assert_true(fed_is_there(&s, "#y:127.0.0.1:51002"));
	asks(&s, 42, "fay@" ADDRESS ":4401");
	assert_false(fed_is_there(&s, "#y:127.0.0.1:51002"));
	assert_true(fed_is_there(&s, "#y:127.0.0.1"));
	assert_true(fed_is_there(&s, "fay@" ADDRESS));
	story_end(&s);
}

static void
port_is_a_better_name(void **state)
{
	struct story s;

	(void)state;
	fed_scene(&s);
	dials_us(&s, 40, "[fd00::1]:51000", "x");
	dials_us(&s, 41, "[fd00::1]:51001", "x");
	assert_true(fed_is_there(&s, "#x:fd00::1"));
	assert_true(fed_is_there(&s, "#x:[fd00::1]:51001"));
	asks(&s, 41, "dora@[fd00::1]:4403");
	assert_false(fed_is_there(&s, "#x:[fd00::1]:51001"));
	assert_true(fed_is_there(&s, "#x:[fd00::1]:4403"));
	assert_true(fed_is_there(&s, "dora@[fd00::1]:4403"));
	story_end(&s);
}

static void
names_stay_where_there_are_members(void **state)
{
	struct story s;

	(void)state;
	fed_scene(&s);
	dials_us(&s, 40, ADDRESS ":51000", "x");
	dials_us(&s, 41, ADDRESS ":51001", "x");
	fed_joins(&s, ANN_CONN, "x:" ADDRESS ":51001");
	fed_answers(&s, 41, "ann", "x", 1);
	asks(&s, 41, "dora@" ADDRESS ":4403");
	assert_true(fed_is_there(&s, "#x:127.0.0.1:51001"));
	assert_true(fed_is_there(&s, "dora@" ADDRESS ":51001"));
	/* It is understood by the other name, too. */
	story_forget(&s);
	fed_joins(&s, BOB_CONN, "x:" ADDRESS ":4403");
	assert_non_null(strstr(s.text, "reply 41 FEDJOIN 0 name=bob room=x"));
	/* Nobody will be called so again: nothing is kept of it. */
	UP(&s, closed, .conn = 41, .code = 1000);
	story_reload(&s);
	story_end(&s);
}

/* ---- whom we dial is not there ---- */

/* It is dialled at once: it seems to be there again. */
static void
caller_is_called_back(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	UP(&s, closed, .conn = 30, .code = 1006);
	assert_int_equal(state_of(&s, "server2.com:4400"), PEER_WAITING);
	story_forget(&s);
	fed_accept(&s, 40, "203.0.113.7:51000");
	assert_non_null(strstr(s.text, "resolve 1 server2.com 4400\n"));
	assert_int_equal(state_of(&s, "server2.com:4400"), PEER_RESOLVING);
	story_end(&s);
}

/* What can't be dialled may lie behind something. */
static void
the_only_one_is_presumed(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	UP(&s, closed, .conn = 30, .code = 1006);
	dials_us(&s, 40, "203.0.113.7:51000", "y");
	assert_false(fed_is_there(&s, "#y:server2.com"));
	story_wait(&s, 2000);
	DO(&s, resolved, .peer = 1, .why = S("no such host"));
	FED_SAYS(&s, 40, FEDCHANNELS, .text = S("y"));
	assert_true(fed_is_there(&s, "#y:server2.com"));
	story_reload(&s);
	/* But it has other rooms: it was not. */
	fed_link(&s, "server2.com", "server2.com", 4400, "203.0.113.7", 31);
	FED_SAYS(&s, 31, FEDCHANNELS, .text = S("x"));
	assert_true(fed_is_there(&s, "#x:server2.com"));
	assert_true(fed_is_there(&s, "#y:203.0.113.7"));
	assert_false(fed_is_there(&s, "#y:server2.com"));
	story_end(&s);
}

static void
nothing_lies_between_on_one_machine(void **state)
{
	struct story s;

	(void)state;
	begin_dialled(&s);
	UP(&s, closed, .conn = 30, .code = 1006);
	dials_us(&s, 40, ADDRESS ":51000", "x");
	assert_false(fed_is_there(&s, STRANGER));
	DO(&s, resolved, .peer = 1, .addresses = S(ADDRESS));
	UP(&s, undialled, .dial = 2, .why = S("refused"));
	assert_true(fed_is_there(&s, STRANGER));
	assert_false(fed_is_there(&s, ROOM_B));
	story_end(&s);
}

/* ---- what users write ---- */

static void
hosts_without_a_port_are_clear_or_not(void **state)
{
	struct story s;

	(void)state;
	begin_dialled(&s);
	dials_us(&s, 40, ADDRESS ":51000", "x");
	/* The one in doubt is nobody's to choose. */
	story_forget(&s);
	fed_joins(&s, ANN_CONN, "x:" ADDRESS);
	assert_non_null(strstr(s.text, "reply 30 FEDJOIN 0 name=ann room=x"));
	fed_answers(&s, 30, "ann", "x", 0);
	asks(&s, 40, "dora@" ADDRESS ":4403");
	story_forget(&s);
	fed_joins(&s, ANN_CONN, "x:" ADDRESS);
	assert_non_null(strstr(s.text, "reply 40 FEDJOIN 0 name=ann room=x"));
	fed_answers(&s, 40, "ann", "x", 0);
	story_forget(&s);
	fed_joins(&s, ANN_CONN, "x:" ADDRESS ":4403");
	assert_non_null(strstr(s.text, "reply 40 FEDJOIN 0 name=ann room=x"));
	story_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(port_tells_who_it_is),
		cmocka_unit_test(name_tells_who_it_is),
		cmocka_unit_test(answer_tells_who_it_is),
		cmocka_unit_test(doubt_gives_time),
		cmocka_unit_test(loss_of_the_one_it_may_be),
		cmocka_unit_test(one_twin_each),
		cmocka_unit_test(we_dial_it_later),
		cmocka_unit_test(names_stay_when_we_dial_it_later),
		cmocka_unit_test(other_port_is_another_server),
		cmocka_unit_test(localhost_is_the_machine),
		cmocka_unit_test(other_rooms_are_of_another_server),
		cmocka_unit_test(strangers_stay_apart),
		cmocka_unit_test(port_is_a_better_name),
		cmocka_unit_test(names_stay_where_there_are_members),
		cmocka_unit_test(caller_is_called_back),
		cmocka_unit_test(the_only_one_is_presumed),
		cmocka_unit_test(nothing_lies_between_on_one_machine),
		cmocka_unit_test(hosts_without_a_port_are_clear_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
