/* Federated servers: links, what they offer, who is refused. */
#include "fed_story.h"

/* ---- links ---- */

static void
dialled_server_has_to_agree(void **state)
{
	struct story s;

	(void)state;
	fed_scene(&s);
	DO(&s, federate, .host = S("server2.com"), .port = 4400,
	    .written = S("server2.com"));
	story_expect(&s, "resolve 1 server2.com 4400\n");
	DO(&s, resolved, .peer = 1, .addresses = S("203.0.113.7"));
	story_expect(&s,
	    "dial 1 203.0.113.7 4400 host server2.com plain\n");
	UP(&s, dialled, .dial = 1, .conn = 30);
	story_expect(&s, "open 30 dialled\n");
	assert_false(story_noticed(&s, "link_up"));
	assert_int_equal(fed_peer_on(&s, "server2.com:4400").state,
	    PEER_ASKING);
	assert_int_equal(fed_peer_on(&s, "server2.com:4400").door,
	    IPC_DOOR_CHANNELS);
	/* Before that it can say what it wants. */
	FED_SAYS(&s, 30, FEDCHANNELS, .text = S("x"));
	FED_SAYS(&s, 30, FEDJOIN, .name = S("eve"), .room = S("lobby"));
	story_expect(&s, "");
	FED_SAYS(&s, 30, CONFIRM);
	story_expect(&s, "reply 30 FEDCHANNELS 0 name= room= text=lobby\n");
	assert_string_equal(story_notice(&s, "link_up", "kind"),
	    "federation");
	assert_int_equal(fed_peer_on(&s, "server2.com:4400").state, PEER_UP);
	FED_SAYS(&s, 30, CONFIRM);
	story_expect(&s, "");
	story_end(&s);
}

static void
silent_server_is_given_up(void **state)
{
	struct story s;

	(void)state;
	fed_scene(&s);
	fed_dial(&s, "h", "h", 4400, "192.0.2.1", 30);
	story_forget(&s);
	story_wait(&s, 9999);
	story_expect(&s, "");
	story_wait(&s, 1);
	story_expect(&s, "close 30 1000 it does not federate with us\n");
	assert_int_equal(fed_peer_on(&s, "h:4400").state, PEER_WAITING);
	story_end(&s);
}

static void
lost_link_is_dialled_again(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	UP(&s, closed, .conn = 30, .code = 1006);
	fed_expect(&s, "hide %llu\n",
	    (unsigned long long)fed_name_number(S("#x:server2.com"), 0));
	assert_int_equal(fed_peer_on(&s, "server2.com:4400").state,
	    PEER_WAITING);
	story_wait(&s, 625);
	story_expect(&s, "resolve 1 server2.com 4400\n");
	story_end(&s);
}

static void
accepted_server_is_answered_at_once(void **state)
{
	struct story s;

	(void)state;
	fed_scene(&s);
	fed_accept(&s, 40, "10.0.0.9:51000");
	story_expect(&s, "open 40\n"
	    "reply 40 CONFIRM 0 name= room= text=\n"
	    "reply 40 FEDCHANNELS 0 name= room= text=lobby\n");
	FED_SAYS(&s, 40, FEDCHANNELS, .text = S("x"));
	fed_expect(&s, "show import %llu #x:10.0.0.9 (via 10.0.0.9) "
	    "conn 40\n", fed_number_of(&s, "#x:10.0.0.9"));
	UP(&s, closed, .conn = 40, .code = 1000);
	assert_false(fed_is_there(&s, "#x:10.0.0.9"));
	story_end(&s);
}

static void
who_is_not_admitted_gets_silence(void **state)
{
	struct story s;

	(void)state;
	fed_scene(&s);
	fed_accept(&s, 40, "203.0.113.9:51000");
	story_expect(&s, "refuse 40 its address is not in "
	    "accept-federation\n");
	assert_string_equal(story_notice(&s, "link_refused", "allow"),
	    "dncontrol --accept-federation 'loopback private link-local "
	    "203.0.113.9'");
	/* The list of peers holds where there is none of federation. */
	story_configure(&s, "s1", "203.0.113.9");
	story_forget(&s);
	fed_accept(&s, 41, "203.0.113.9:51000");
	assert_string_equal(story_notice(&s, "link_up", "peer"),
	    "203.0.113.9:51000");
	DO(&s, configure, .name = S("s1"), .description = S("on s1"),
	    .accept_federation = S("none"), .hops_max = 255);
	fed_accept(&s, 42, "127.0.0.1:51000");
	assert_string_equal(story_notice(&s, "link_refused", "allow"),
	    "dncontrol --accept-federation 'none 127.0.0.1'");
	/* Whom we dial may dial us. */
	fed_link(&s, "h", "h", 4400, "198.51.100.1", 30);
	fed_accept(&s, 43, "198.51.100.1:3");
	assert_true(story_noticed(&s, "link_up"));
	story_end(&s);
}

static void
operator_takes_it_down(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	DO(&s, federate, .host = S("SERVER2.com"), .port = 4400,
	    .written = S("SERVER2.com"));
	assert_int_equal(s.err, DN_E_EXISTS);
	/* A dnchat link to the same place is another thing. */
	DO(&s, connect, .host = S("server2.com"), .port = 42015);
	assert_int_equal(s.err, DN_OK);
	story_forget(&s);
	DO(&s, disconnect, .peer = S("server2.com:4400"));
	fed_expect(&s, "close 30 1000 taken down\nhide %llu\n",
	    (unsigned long long)fed_name_number(S("#x:server2.com"), 0));
	assert_int_equal(s.err, DN_OK);
	DO(&s, disconnect, .peer = S("server2.com:4400"));
	assert_int_equal(s.err, DN_E_UNKNOWN);
	story_end(&s);
}

static void
bad_targets_are_refused(void **state)
{
	struct story s;

	(void)state;
	fed_scene(&s);
	DO(&s, federate, .host = S("h"), .port = 4400);
	assert_int_equal(s.err, DN_E_MALFORMED);
	DO(&s, federate, .host = S("h h"), .port = 4400, .written = S("h h"));
	assert_int_equal(s.err, DN_E_MALFORMED);
	DO(&s, federate, .host = S("h"), .port = 0, .written = S("h"));
	assert_int_equal(s.err, DN_E_RANGE);
	story_expect(&s, "");
	story_end(&s);
}

/* Links that carry routes hear nothing of it, and the other way round. */
static void
federation_is_no_route(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	story_arrv(&s, 30, 77, "mallory", 1);
	UP(&s, left, .conn = 30, .number = ANN);
	UP(&s, sliced, .conn = 30);
	UP(&s, rtt, .conn = 30, .usec = 5);
	story_expect(&s, "");
	assert_false(fed_is_there(&s, "mallory"));
	story_link(&s, 20);
	story_forget(&s);
	FED_SAYS(&s, 20, FEDCHANNELS, .text = S("y"));
	FED_SAYS(&s, 20, FEDJOIN, .name = S("eve"), .room = S("lobby"));
	story_expect(&s, "");
	story_end(&s);
}

/* ---- what is offered ---- */

static void
rooms_are_imported(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	FED_SAYS(&s, 30, FEDCHANNELS, .text = S("x\ny:SERVER2.com\n"
	    "z:server3.com\n:\n#q\nn\nx"));
	fed_expect(&s,
	    "show import %llu #y:server2.com (via server2.com) conn 30\n"
	    "show import %llu #n:server2.com (via server2.com) conn 30\n",
	    fed_number_of(&s, "#y:server2.com"),
	    fed_number_of(&s, "#n:server2.com"));
	assert_int_equal(fed_peer_on(&s, "server2.com:4400").announced, 3);
	FED_SAYS(&s, 30, FEDNEW, .room = S("new"));
	FED_SAYS(&s, 30, FEDNEW, .room = S("new"));
	fed_expect(&s,
	    "show import %llu #new:server2.com (via server2.com) conn 30\n",
	    fed_number_of(&s, "#new:server2.com"));
	UP(&s, call, .conn = ANN_CONN, .verb = DN_VERB_CHANNELS);
	story_expect(&s, "reply 1 CHANNELS 1 name= room= text=lobby|"
	    "n:server2.com|new:server2.com|x:server2.com|y:server2.com\n");
	story_end(&s);
}

static void
network_hears_of_imports(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	story_link(&s, 20);
	fed_expect(&s, "open 20\n"
	    "announce 20 900 #lobby (room s1) 0\n"
	    "announce 20 5 ann (on s1) 0\n"
	    "announce 20 6 bob (on s1) 0\n"
	    "announce 20 %llu #x:server2.com (via server2.com) 0\n"
	    "reply 30 DNCHAT 0 name= room=900 text=\n",
	    fed_number_of(&s, "#x:server2.com"));
	story_end(&s);
}

static void
too_many_rooms_are_left_out(void **state)
{
	struct story s;
	char name[16];
	unsigned i;

	(void)state;
	fed_begin(&s);
	for (i = 1; i < DN_FED_ROOMS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "r%u", i);
		FED_SAYS(&s, 30, FEDNEW, .room = S(name));
		assert_false(story_noticed(&s, "federation_full"));
		story_forget(&s);
	}
	assert_true(fed_is_there(&s, "#r8191:server2.com"));
	FED_SAYS(&s, 30, FEDNEW, .room = S("more"));
	story_expect(&s, "");
	assert_string_equal(story_notice(&s, "federation_full", "peer"),
	    "server2.com:4400");
	assert_int_equal(fed_peer_on(&s, "server2.com:4400").announced,
	    DN_FED_ROOMS_MAX);
	/* Said once. */
	FED_SAYS(&s, 30, FEDNEW, .room = S("more"));
	assert_false(story_noticed(&s, "federation_full"));
	UP(&s, closed, .conn = 30, .code = 1006);
	assert_false(fed_is_there(&s, "#r1:server2.com"));
	story_end(&s);
}

static void
our_rooms_are_offered(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	DO(&s, room_create, .name = S("fresh"));
	assert_non_null(strstr(s.text,
	    "reply 30 FEDNEW 0 name= room=fresh text=\n"));
	/* What cannot be named there is not offered. */
	DO(&s, room_create, .name = S("a:b"));
	assert_null(strstr(s.text, "room=a:b"));
	story_forget(&s);
	/* Neither imports nor rooms of others are. */
	fed_accept(&s, 40, "10.0.0.9:1");
	story_expect(&s, "open 40\n"
	    "reply 40 CONFIRM 0 name= room= text=\n"
	    "reply 40 FEDCHANNELS 0 name= room= text=lobby|fresh\n");
	story_end(&s);
}

/* ---- our own kind ---- */

static void
server_of_our_network_is_refused(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	story_link(&s, 20);
	UP(&s, arrv, .conn = 20, .number = 901, .hops = 1,
	    .name = S("#hall"), .description = S("room s2"));
	story_forget(&s);
	FED_SAYS(&s, 30, DNCHAT, .room = S("901"));
	assert_non_null(strstr(s.text, "close 30 1000 it is linked to us by "
	    "dnchat, which shows all that it has\n"));
	assert_string_equal(story_notice(&s, "federation_refused", "hint"),
	    "dnctl disconnect server2.com:4400");
	/* It may be dialled again when the other link is gone. */
	assert_in_range(fed_peer_on(&s, "server2.com:4400").retry_msec -
	    s.now, 45000, 75000);
	assert_false(fed_is_there(&s, "#x:server2.com"));
	story_end(&s);
}

static void
server_that_joins_our_network_later_is_refused(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	FED_SAYS(&s, 30, DNCHAT, .room = S("901"));
	FED_SAYS(&s, 30, DNCHAT, .room = S("x901"));
	story_expect(&s, "");
	FED_SAYS(&s, 30, DNCHAT, .room = S("901"));
	/* As soon as there is a link of that kind, we say it, too. */
	story_link(&s, 20);
	assert_non_null(strstr(s.text,
	    "reply 30 DNCHAT 0 name= room=900 text=\n"));
	story_forget(&s);
	UP(&s, arrv, .conn = 20, .number = 901, .hops = 1,
	    .name = S("#hall"), .description = S("room s2"));
	assert_true(story_noticed(&s, "federation_refused"));
	story_end(&s);
}

static void
federation_with_oneself_is_refused(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	FED_SAYS(&s, 30, DNCHAT, .room = S("900"));
	assert_string_equal(story_notice(&s, "federation_refused", "why"),
	    "this is the same server");
	story_end(&s);
}

/* ---- ends ---- */

static void
dnchatd_dies(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	DO(&s, plane_down, 0);
	assert_false(fed_is_there(&s, "#x:server2.com"));
	DO(&s, plane_up, .incarnation = 78);
	UP(&s, synced, 0);
	assert_non_null(strstr(s.text, "resolve 1 server2.com 4400\n"));
	story_end(&s);
}

static void
shutdown_waits_for_nobody(void **state)
{
	struct story s;

	(void)state;
	fed_begin(&s);
	DO(&s, shutdown, 0);
	assert_non_null(strstr(s.text, "done\nquit\n"));
	FED_SAYS(&s, 30, FEDNEW, .room = S("late"));
	story_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dialled_server_has_to_agree),
		cmocka_unit_test(silent_server_is_given_up),
		cmocka_unit_test(lost_link_is_dialled_again),
		cmocka_unit_test(accepted_server_is_answered_at_once),
		cmocka_unit_test(who_is_not_admitted_gets_silence),
		cmocka_unit_test(operator_takes_it_down),
		cmocka_unit_test(bad_targets_are_refused),
		cmocka_unit_test(federation_is_no_route),
		cmocka_unit_test(rooms_are_imported),
		cmocka_unit_test(network_hears_of_imports),
		cmocka_unit_test(too_many_rooms_are_left_out),
		cmocka_unit_test(our_rooms_are_offered),
		cmocka_unit_test(server_of_our_network_is_refused),
		cmocka_unit_test(
		    server_that_joins_our_network_later_is_refused),
		cmocka_unit_test(federation_with_oneself_is_refused),
		cmocka_unit_test(dnchatd_dies),
		cmocka_unit_test(shutdown_waits_for_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
