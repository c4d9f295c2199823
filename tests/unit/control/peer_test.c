/* Servers: dialling, links, and their ends. */
#include "story.h"

static void
begin_with_target(struct story *s)
{
	story_begin(s, "s1", 1);
	DO(s, connect, .host = S("other.example.org"), .port = 42015);
	assert_int_equal(s->err, DN_OK);
}

static struct peer_view
only_peer(const struct story *s)
{
	struct peer_view view, next;
	const void *cursor;

	cursor = core_next_peer(s->core, NULL, &view);
	assert_non_null(cursor);
	assert_null(core_next_peer(s->core, cursor, &next));
	return view;
}

static void
dials_addresses_in_turn(void **state)
{
	struct story s;

	(void)state;
	begin_with_target(&s);
	story_expect(&s, "resolve 1 other.example.org 42015\n");
	assert_int_equal(only_peer(&s).state, PEER_RESOLVING);
	DO(&s, resolved, .peer = 1,
	    .addresses = S("2001:db8::1 192.0.2.1  192.0.2.2"));
	story_expect(&s,
	    "dial 1 2001:db8::1 42015 host other.example.org\n");
	UP(&s, undialled, .dial = 1, .why = S("network unreachable"));
	story_expect(&s, "dial 2 192.0.2.1 42015 host other.example.org\n");
	/* No answer at all: given up after 10 s. */
	story_wait(&s, 9999);
	story_expect(&s, "");
	story_wait(&s, 1);
	story_expect(&s, "undial 2\n"
	    "dial 3 192.0.2.2 42015 host other.example.org\n");
	/* Too late: it got through meanwhile, but nobody wants it. */
	UP(&s, dialled, .dial = 2, .conn = 9, .flags = IPC_LINK_ROUTING);
	story_expect(&s, "close 9 1000 not wanted any more\n");
	UP(&s, dialled, .dial = 3, .conn = 10, .flags = IPC_LINK_ROUTING);
	story_expect(&s, "open 10 dialled\n");
	assert_string_equal(story_notice(&s, "link_up", "peer"),
	    "other.example.org:42015");
	assert_string_equal(story_notice(&s, "link_up", "kind"), "dnchat");
	assert_int_equal(only_peer(&s).state, PEER_UP);
	story_end(&s);
}

/* 0.5 s doubling to 60 s, plus or minus a quarter. */
static void
back_off_grows_with_jitter(void **state)
{
	static const unsigned lengths[] = {500, 1000, 2000, 4000, 8000, 16000,
	    32000, 60000, 60000, 60000};
	unsigned wait, least = UINT32_MAX, most = 0, seed;
	struct peer_view view;
	struct story s;
	size_t i;

	(void)state;
	begin_with_target(&s);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		DO(&s, resolved, .peer = 1, .why = S("no such host"));
		view = only_peer(&s);
		assert_true(story_noticed(&s, "dial_failed"));
		assert_int_equal(view.state, PEER_WAITING);
		assert_int_equal(view.failures, i + 1);
		assert_string_equal(view.why, "no such host");
		wait = (unsigned)(view.retry_msec - s.now);
		assert_in_range(wait, lengths[i] * 3 / 4, lengths[i] * 5 / 4);
		story_forget(&s);
		story_wait(&s, wait - 1);
		story_expect(&s, "");
		story_wait(&s, 1);
		story_expect(&s, "resolve 1 other.example.org 42015\n");
	}
	story_end(&s);
	/* Servers do not all come back at the same time. */
	for (seed = 0; seed < 50; seed++) {
		story_begin(&s, "s1", seed);
		DO(&s, connect, .host = S("h"), .port = 1);
		DO(&s, resolved, .peer = 1, .why = S("no"));
		wait = (unsigned)(only_peer(&s).retry_msec - s.now);
		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
		story_end(&s);
	}
	assert_in_range(least, 375, 420);
	assert_in_range(most, 580, 625);
}

static void
link_up(struct story *s, uint64_t conn, uint8_t flags)
{
	char text[64];
	unsigned dial;
	const char *at;

	DO(s, resolved, .peer = 1, .addresses = S("192.0.2.1"));
	at = strstr(s->text, "dial ");
	assert_non_null(at);
	assert_int_equal(sscanf(at, "dial %u %63s", &dial, text), 2);
	UP(s, dialled, .dial = dial, .conn = conn, .flags = flags);
}

static void
lost_link_is_dialled_again(void **state)
{
	struct peer_view view;
	struct story s;

	(void)state;
	begin_with_target(&s);
	DO(&s, resolved, .peer = 1, .why = S("no"));
	story_wait(&s, 625);
	link_up(&s, 10, IPC_LINK_ROUTING);
	assert_int_equal(only_peer(&s).failures, 1);
	/* Not up for long: it counts on. */
	story_wait(&s, 29999);
	UP(&s, closed, .conn = 10, .code = 1006);
	assert_string_equal(story_notice(&s, "link_down", "why"),
	    "closed with code 1006");
	view = only_peer(&s);
	assert_in_range(view.retry_msec - s.now, 750, 1250);
	story_wait(&s, 1250);
	story_forget(&s);
	link_up(&s, 11, IPC_LINK_ROUTING);
	story_wait(&s, 30000);
	assert_int_equal(only_peer(&s).failures, 0);
	UP(&s, closed, .conn = 11, .code = 1001, .why = S("shutting down"));
	view = only_peer(&s);
	assert_in_range(view.retry_msec - s.now, 375, 625);
	assert_string_equal(view.why, "shutting down");
	/* The operator may be faster. */
	story_forget(&s);
	DO(&s, connect, .host = S("Other.Example.ORG"), .port = 42015);
	assert_int_equal(s.err, DN_OK);
	story_expect(&s, "resolve 1 other.example.org 42015\n");
	DO(&s, connect, .host = S("other.example.org"), .port = 42015);
	assert_int_equal(s.err, DN_E_EXISTS);
	story_end(&s);
}

static void
lookup_is_given_up(void **state)
{
	struct story s;

	(void)state;
	begin_with_target(&s);
	story_wait(&s, 30000);
	assert_int_equal(only_peer(&s).state, PEER_WAITING);
	/* An answer that comes now is not waited for any more. */
	story_forget(&s);
	DO(&s, resolved, .peer = 1, .addresses = S("192.0.2.1"));
	DO(&s, resolved, .peer = 99, .addresses = S("192.0.2.1"));
	story_expect(&s, "");
	story_end(&s);
}

/* It is a server of its own, beside the one without. */
static void
tls_is_dialled(void **state)
{
	struct peer_view view;
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	DO(&s, connect, .host = S("h"), .port = 7, .tls = 1);
	story_expect(&s, "resolve 1 h 7\n");
	DO(&s, resolved, .peer = 1, .addresses = S("192.0.2.1 192.0.2.2"));
	story_expect(&s, "dial 1 192.0.2.1 7 host h tls\n");
	UP(&s, undialled, .dial = 1, .why = S("self-signed certificate"));
	story_expect(&s, "dial 2 192.0.2.2 7 host h tls\n");
	view = only_peer(&s);
	assert_string_equal(view.name, "wss://h:7");
	DO(&s, connect, .host = S("h"), .port = 7, .tls = 1);
	assert_int_equal(s.err, DN_E_EXISTS);
	DO(&s, connect, .host = S("h"), .port = 7);
	assert_int_equal(s.err, DN_OK);
	DO(&s, disconnect, .peer = S("wss://h:7"));
	assert_int_equal(s.err, DN_OK);
	assert_string_equal(only_peer(&s).name, "h:7");
	story_end(&s);
}

static void
targets_are_checked(void **state)
{
	char host[DN_HOST_BYTES_MAX + 2];
	struct story s;
	unsigned i;

	(void)state;
	story_begin(&s, "s1", 1);
	DO(&s, connect, .host = S(""), .port = 1);
	assert_int_equal(s.err, DN_E_MALFORMED);
	DO(&s, connect, .host = S("a b"), .port = 1);
	assert_int_equal(s.err, DN_E_MALFORMED);
	DO(&s, connect, .host = S("ws://a/"), .port = 1);
	assert_int_equal(s.err, DN_E_MALFORMED);
	DO(&s, connect, .host = S("a"), .port = 0);
	assert_int_equal(s.err, DN_E_RANGE);
	memset(host, 'x', sizeof(host));
	DO(&s, connect, .host = {host, DN_HOST_BYTES_MAX + 1}, .port = 1);
	assert_int_equal(s.err, DN_E_MALFORMED);
	DO(&s, connect, .host = {host, DN_HOST_BYTES_MAX}, .port = 65535);
	assert_int_equal(s.err, DN_OK);
	DO(&s, connect, .host = S("[::1]"), .port = 7);
	assert_int_equal(s.err, DN_OK);
	DO(&s, connect, .host = S("::1"), .port = 7);
	assert_int_equal(s.err, DN_E_EXISTS);
	story_forget(&s);
	DO(&s, disconnect, .peer = S("[::1]:7"));
	assert_int_equal(s.err, DN_OK);
	for (i = 1; i < DN_LINKS_MAX; i++)
		DO(&s, connect, .host = S("h"), .port = (uint16_t)i);
	assert_int_equal(s.err, DN_OK);
	DO(&s, connect, .host = S("h"), .port = DN_LINKS_MAX);
	assert_int_equal(s.err, DN_E_FULL);
	story_end(&s);
}

/* LEFT for all, 1.5 s during which it is listened to, close, forgotten. */
static void
disconnect_drains(void **state)
{
	struct story s;

	(void)state;
	begin_with_target(&s);
	link_up(&s, 10, IPC_LINK_ROUTING);
	story_login(&s, 1, 5, "ann");
	story_arrv(&s, 10, 6, "bob", 0);
	story_forget(&s);
	DO(&s, disconnect, .peer = S("nobody"));
	assert_int_equal(s.err, DN_E_UNKNOWN);
	DO(&s, disconnect, .peer = S("other.example.org:42015"));
	assert_int_equal(s.err, DN_OK);
	story_expect(&s, "withdraw 10 5\nhide 6\n");
	assert_int_equal(only_peer(&s).state, PEER_DRAINING);
	/* Who comes now isn't told there; what is said is acknowledged. */
	story_login(&s, 2, 7, "cid");
	story_expect(&s, "show 7 cid (on s1) conn 2\nname 2 7\n");
	UP(&s, left, .conn = 10, .number = 6);
	story_expect(&s, "withdraw 10 6\n");
	DO(&s, disconnect, .peer = S("other.example.org"));
	story_wait(&s, 1499);
	story_expect(&s, "");
	story_wait(&s, 1);
	story_expect(&s, "close 10 1000 taken down\n");
	story_wait(&s, 100000);
	story_expect(&s, "");
	assert_null(core_next_peer(s.core, NULL, &(struct peer_view){0}));
	story_end(&s);
}

static void
connect_during_the_drain(void **state)
{
	struct story s;

	(void)state;
	begin_with_target(&s);
	link_up(&s, 10, IPC_LINK_ROUTING);
	DO(&s, disconnect, .peer = S("other.example.org"));
	DO(&s, connect, .host = S("other.example.org"), .port = 42015);
	assert_int_equal(s.err, DN_OK);
	story_forget(&s);
	story_wait(&s, 1500);
	story_expect(&s, "close 10 1000 taken down\n"
	    "resolve 1 other.example.org 42015\n");
	story_end(&s);
}

static void
disconnect_while_dialling(void **state)
{
	struct story s;

	(void)state;
	begin_with_target(&s);
	DO(&s, resolved, .peer = 1, .addresses = S("192.0.2.1"));
	story_forget(&s);
	DO(&s, disconnect, .peer = S("other.example.org"));
	story_expect(&s, "undial 1\n");
	UP(&s, undialled, .dial = 1);
	UP(&s, dialled, .dial = 1, .conn = 10);
	story_expect(&s, "close 10 1000 not wanted any more\n");
	story_end(&s);
}

static void
link_to_oneself_is_closed_for_good(void **state)
{
	struct story s;

	(void)state;
	begin_with_target(&s);
	DO(&s, resolved, .peer = 1, .addresses = S("127.0.0.1"));
	story_forget(&s);
	UP(&s, srvr, .conn = 11, .source = S("127.0.0.1:999"),
	    .flags = IPC_LINK_ROUTING | IPC_LINK_SELF);
	story_expect(&s, "close 11 1000 this is the same server\n");
	UP(&s, dialled, .dial = 1, .conn = 10,
	    .flags = IPC_LINK_ROUTING | IPC_LINK_SELF);
	story_expect(&s, "close 10 1000 this is the same server\n");
	assert_true(story_noticed(&s, "link_self"));
	assert_null(core_next_peer(s.core, NULL, &(struct peer_view){0}));
	story_wait(&s, 100000);
	story_expect(&s, "");
	story_end(&s);
}

static void
strangers_are_refused_with_a_hint(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	UP(&s, srvr, .conn = 10, .source = S("203.0.113.7:999"));
	story_expect(&s, "refuse 10 its address is not in accept-peers\n");
	assert_string_equal(story_notice(&s, "link_refused", "allow"),
	    "dncontrol --accept-peers "
	    "'loopback private link-local 203.0.113.7'");
	UP(&s, srvr, .conn = 11, .source = S("127.0.0.1:999"),
	    .flags = IPC_LINK_PROXIED);
	story_expect(&s,
	    "refuse 11 it came through a proxy or from a web page\n");
	assert_string_equal(story_notice(&s, "link_refused", "allow"),
	    "dncontrol --accept-peers "
	    "'loopback private link-local 127.0.0.1 proxied'");
	UP(&s, srvr, .conn = 12, .source = S("127.0.0.1:999"), .number = 3);
	story_expect(&s, "refuse 12 SRVR with a number that is not 0\n");
	assert_string_equal(story_notice(&s, "link_refused", "allow"),
	    "dncontrol --srvr-number any");
	UP(&s, srvr, .conn = 13, .source = S("unix"));
	story_expect(&s, "refuse 13 no address\n");
	/* What the hint says helps. */
	story_configure(&s, "s1",
	    "loopback private link-local 203.0.113.7 127.0.0.1 proxied");
	story_forget(&s);
	UP(&s, srvr, .conn = 14, .source = S("203.0.113.7:999"));
	UP(&s, srvr, .conn = 15, .source = S("127.0.0.1:999"),
	    .flags = IPC_LINK_PROXIED);
	story_expect(&s, "open 14 foreign\nopen 15 foreign\n");
	DO(&s, configure, .srvr_any = 1);
	UP(&s, srvr, .conn = 16, .source = S("127.0.0.1:999"), .number = 3);
	story_expect(&s, "config text 300 silence 3000 flags 1\n"
	    "open 16 foreign\n");
	/* A list that can't be read changes nothing. */
	story_configure(&s, "s1", "nonsense");
	assert_string_equal(story_notice(&s, "accept_peers_malformed",
	    "word"), "nonsense");
	story_end(&s);
}

static void
whom_we_dial_may_dial_us(void **state)
{
	struct story s;

	(void)state;
	begin_with_target(&s);
	DO(&s, resolved, .peer = 1, .addresses = S("2001:db8::1 192.0.2.1"));
	story_forget(&s);
	UP(&s, srvr, .conn = 10, .source = S("192.0.2.1:999"));
	UP(&s, srvr, .conn = 11, .source = S("[2001:db8:0::1]:999"));
	story_expect(&s, "open 10 foreign\nopen 11 foreign\n");
	UP(&s, srvr, .conn = 12, .source = S("192.0.2.1:999"),
	    .flags = IPC_LINK_PROXIED);
	UP(&s, srvr, .conn = 13, .source = S("192.0.2.2:999"));
	story_expect(&s,
	    "refuse 12 it came through a proxy or from a web page\n"
	    "refuse 13 its address is not in accept-peers\n");
	story_end(&s);
}

/* The dialler of a link that never acknowledges: closed, then dialled
 * without the header, for an hour. */
static void
silence_about_left_makes_it_foreign(void **state)
{
	struct story s;

	(void)state;
	begin_with_target(&s);
	link_up(&s, 10, IPC_LINK_ROUTING);
	story_login(&s, 1, 5, "ann");
	UP(&s, closed, .conn = 1);
	story_forget(&s);
	story_wait(&s, 29999);
	story_expect(&s, "");
	story_wait(&s, 1);
	story_expect(&s, "close 10 1008 no acknowledgement of a LEFT\n");
	story_wait(&s, 625);
	story_forget(&s);
	link_up(&s, 11, 0);
	story_expect(&s,
	    "dial 2 192.0.2.1 42015 host other.example.org plain\n"
	    "open 11 foreign dialled\n");
	assert_true(only_peer(&s).foreign);
	story_wait(&s, 3600000);
	UP(&s, closed, .conn = 11);
	story_wait(&s, 625);
	story_forget(&s);
	link_up(&s, 12, IPC_LINK_ROUTING);
	story_expect(&s, "dial 3 192.0.2.1 42015 host other.example.org\n"
	    "open 12 dialled\n");
	story_end(&s);
}

/* The acceptor does not answer its header for an hour. */
static void
silence_about_left_is_withheld(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	story_link(&s, 10);
	story_link(&s, 11);
	story_login(&s, 1, 5, "ann");
	story_forget(&s);
	UP(&s, closed, .conn = 1);
	UP(&s, left, .conn = 11, .number = 5);
	story_expect(&s, "withdraw 10 5\nwithdraw 11 5\nhide 5\n");
	story_wait(&s, 30000);
	story_expect(&s, "withhold 10.0.0.10 3600000\n"
	    "close 10 1008 no acknowledgement of a LEFT\n");
	story_end(&s);
}

#define LATE_SLICE 512

static void
late_users_come_in_slices(void **state)
{
	unsigned i, count;
	struct story s;
	const char *at;
	char name[16];

	(void)state;
	story_begin(&s, "s1", 1);
	story_configure_slices(&s, "s1", "", LATE_SLICE);
	for (i = 1; i <= LATE_SLICE * 2 + 10; i++) {
		(void)snprintf(name, sizeof(name), "user%u", i);
		story_login(&s, i, i, name);
	}
	story_forget(&s);
	story_link(&s, 10000);
	count = 0;
	for (at = s.text; (at = strstr(at, "announce")) != NULL; at++)
		count++;
	assert_int_equal(count, LATE_SLICE);
	assert_non_null(strstr(s.text, "\nslice 10000\n"));
	story_forget(&s);
	/* Not yet up for the last: a message about him brings him up first;
	 * and who is new is told at once. */
	story_arrv(&s, 10000, LATE_SLICE * 2 + 10, "user1034", 3);
	story_login(&s, 2000, 2000, "late");
	UP(&s, closed, .conn = LATE_SLICE + 1);
	story_expect(&s, "announce 10000 1034 user1034 (on s1) 0\n"
	    "announce 10000 2000 late (on s1) 0\n"
	    "show 2000 late (on s1) conn 2000\nname 2000 2000\n"
	    "hide 513\n");
	/* The next in turn is forgotten meanwhile. */
	story_wait(&s, 200);
	UP(&s, sliced, .conn = 10000);
	assert_non_null(strstr(s.text, "announce 10000 514 "));
	assert_null(strstr(s.text, "announce 10000 513 "));
	assert_non_null(strstr(s.text, "announce 10000 1025 "));
	assert_null(strstr(s.text, "announce 10000 1026 "));
	assert_non_null(strstr(s.text, "\nslice 10000\n"));
	story_forget(&s);
	UP(&s, sliced, .conn = 10000);
	assert_non_null(strstr(s.text, "announce 10000 1033 "));
	assert_null(strstr(s.text, "announce 10000 1034 "));
	assert_null(strstr(s.text, "slice"));
	story_end(&s);
}

static void
two_links_to_one_server(void **state)
{
	struct story s;

	(void)state;
	begin_with_target(&s);
	link_up(&s, 10, IPC_LINK_ROUTING);
	story_forget(&s);
	UP(&s, srvr, .conn = 11, .source = S("192.0.2.1:999"),
	    .flags = IPC_LINK_ROUTING);
	story_arrv(&s, 10, 5, "ann", 0);
	story_arrv(&s, 11, 5, "ann", 0);
	story_expect(&s, "open 11\nannounce 11 5 ann (there) 1\n"
	    "show 5 ann (there) conn 10\n");
	UP(&s, closed, .conn = 10, .code = 1006);
	story_expect(&s, "route 5 conn 11\n");
	story_end(&s);
}

static void
links_are_limited(void **state)
{
	struct story s;
	unsigned i;

	(void)state;
	begin_with_target(&s);
	DO(&s, resolved, .peer = 1, .addresses = S("192.0.2.1"));
	for (i = 0; i < DN_LINKS_MAX; i++)
		story_link(&s, 1000 + i);
	story_forget(&s);
	story_link(&s, 5000);
	story_expect(&s, "close 5000 1013 too many links\n");
	UP(&s, dialled, .dial = 1, .conn = 5001);
	story_expect(&s, "close 5001 1013 too many links\n");
	/* The slot of one that goes is used again, by all users. */
	story_login(&s, 1, 5, "ann");
	UP(&s, closed, .conn = 1003);
	story_forget(&s);
	story_link(&s, 5002);
	story_expect(&s, "open 5002\nannounce 5002 5 ann (on s1) 0\n");
	story_end(&s);
}

static void
rows_count_users(void **state)
{
	struct peer_view view;
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	story_link(&s, 10);
	story_arrv(&s, 10, 5, "ann", 0);
	story_arrv(&s, 10, 6, "bob", 3);
	story_login(&s, 1, 7, "cid");
	story_arrv(&s, 10, 7, "cid", 1);
	UP(&s, rtt, .conn = 10, .usec = 1234);
	view = only_peer(&s);
	assert_int_equal(view.announced, 3);
	assert_int_equal(view.users, 2);
	assert_int_equal(view.rtt_usec, 1234);
	assert_string_equal(view.name, "10.0.0.10:5000");
	assert_string_equal(core_peer_state_word(view.state), "up");
	UP(&s, left, .conn = 10, .number = 5);
	view = only_peer(&s);
	assert_int_equal(view.announced, 2);
	assert_int_equal(view.users, 1);
	story_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dials_addresses_in_turn),
		cmocka_unit_test(back_off_grows_with_jitter),
		cmocka_unit_test(lost_link_is_dialled_again),
		cmocka_unit_test(lookup_is_given_up),
		cmocka_unit_test(tls_is_dialled),
		cmocka_unit_test(targets_are_checked),
		cmocka_unit_test(disconnect_drains),
		cmocka_unit_test(connect_during_the_drain),
		cmocka_unit_test(disconnect_while_dialling),
		cmocka_unit_test(link_to_oneself_is_closed_for_good),
		cmocka_unit_test(strangers_are_refused_with_a_hint),
		cmocka_unit_test(whom_we_dial_may_dial_us),
		cmocka_unit_test(silence_about_left_makes_it_foreign),
		cmocka_unit_test(silence_about_left_is_withheld),
		cmocka_unit_test(late_users_come_in_slices),
		cmocka_unit_test(two_links_to_one_server),
		cmocka_unit_test(links_are_limited),
		cmocka_unit_test(rows_count_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
