/*
 * Rooms through the door of the channels protocol, on a plane in memory: what
 * its clients and servers say and hear, and what rooms and users are called
 * there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "room.h"

#define ROOM 100u
#define FAR_ROOM 200u
#define IMPORT 300u

static struct far dan, server;

static void
show_at(uint64_t number, enum ipc_role role, const char *name,
    const char *description, const struct conn *conn)
{
	DOWN(&shell, show, number, conn != NULL ? conn->id : IPC_CONN_NONE,
	    IPC_FORWARD, (uint8_t)role, dn_str_of(name),
	    dn_str_of(description));
}

/* At the channels door ann 1 and bob 2, at the other one cid 3; behind a link
 * of ours FAR_ROOM; behind one of the door the server s2 with eve and a room.
 * ann is in all rooms, cid and eve in ours. We are s1:4400. */
static int
setup(void **state)
{
	(void)state;
	rooms_init();
	memset(&dan, 0, sizeof(dan));
	DOWN(&shell, config, 4096, 3000, 0, dn_str_of("s1:4400"));
	shell_enter(&shell, &ann, 1, "ann");
	shell_enter(&shell, &bob, 2, "bob");
	shell_login_at(&shell, &cid, 3, "cid");
	shell_link(&shell, &link, false, 0);
	shell_federate(&shell, &server, false);
	show_at(50, IPC_ROLE_USER, "eve@s2", "via s2", server.conn);
	show_at(ROOM, IPC_ROLE_ROOM, "#x", "room n1", NULL);
	show_at(FAR_ROOM, IPC_ROLE_USER, "#y", "room n9", link.conn);
	show_at(IMPORT, IPC_ROLE_IMPORT, "#z:s2", "via s2", server.conn);
	member(ROOM, 1, IPC_MEMBER_LIVE);
	member(FAR_ROOM, 1, IPC_MEMBER_LIVE);
	member(IMPORT, 1, IPC_MEMBER_LIVE);
	member(ROOM, 3, IPC_MEMBER_LIVE);
	member(ROOM, 50, IPC_MEMBER_LIVE);
	forget_all();
	server.size = 0;
	return 0;
}

static int
teardown(void **state)
{
	shell_gone(&shell, &dan);
	shell_gone(&shell, &server);
	return rooms_deinit(state);
}

/* ---- clients say ---- */

static void
test_own_room(void **state)
{
	(void)state;
	member(ROOM, 2, IPC_MEMBER_LIVE);
	shell_write_text(&shell, &ann, "SAY x  hi: you \n");
	READ(&ann, "RECV ann x  hi: you ");
	READ(&bob, "RECV ann x  hi: you ");
	heard(&cid, "100/ann:  hi: you ");
	READ(&server, "FEDRECV eve@s2 ann@s1:4400 x  hi: you ");
	copied(ROOM, 1, "ann", " hi: you ");
	UP_NONE(&shell);
	/* Its members at the other door are heard as well, and acknowledge
	 * to nobody here. */
	say(&cid, "SEND 7\r\n100\r\nhello");
	GOT(&cid, "OKAY 7");
	READ(&ann, "RECV cid x hello");
	READ(&bob, "RECV cid x hello");
	READ(&server, "FEDRECV eve@s2 cid@s1:4400 x hello");
}

/* No text is a command there, nor is a slash lost. */
static void
test_slashes(void **state)
{
	(void)state;
	shell_write_text(&shell, &ann, "SAY x /me waves\nSAY x //\nSAY y /a\n");
	READ(&ann, "RECV ann x /me waves|RECV ann x //|RECV ann y /a");
	heard_after(&cid, "", "100/ann: /me waves|SEND ");
	heard(&link, "200/1///a");
}

static void
test_not_said(void **state)
{
	static char text[8192];

	(void)state;
	/* Not a member, no such room, no text, no words for it. */
	shell_write_text(&shell, &bob, "SAY x hi\nSAY y hi\nSAY z:s2 hi\n"
	    "SAY nix hi\nSAY x\nSAY cid hi\nSAY #x hi\n");
	READ(&bob, "RESULT SAY 0|RESULT SAY 0|RESULT SAY 0|RESULT SAY 0|"
	    "RESULT SAY 0|RESULT SAY 0|RESULT SAY 0");
	shell_write_text(&shell, &ann, "SAY x a\x01" "b\nSAY x a\rb\n");
	READ(&ann, "RESULT SAY 0|RESULT SAY 0");
	memset(text, 'x', 4096 + 6);
	memcpy(text, "SAY x ", 6);
	text[4096 + 6] = '\n';
	shell_write_text(&shell, &ann, text);
	assert_int_equal(ann.size, strlen("RECV ann x \n") + 4096);
	ann.size = 0;
	memmove(text + 7, text + 6, 4098);
	shell_write_text(&shell, &ann, text);
	READ(&ann, "RESULT SAY 0");
	/* Who is joining has not joined; who has gone is not there. */
	member(ROOM, 2, IPC_MEMBER_JOINING);
	shell_write_text(&shell, &bob, "SAY x hi\n");
	READ(&bob, "RESULT SAY 0");
	member(ROOM, 1, IPC_MEMBER_GONE);
	shell_write_text(&shell, &ann, "SAY x hi\n");
	READ(&ann, "RESULT SAY 0");
}

/* A room on another server of ours hears him as any of its members. */
static void
test_far_room(void **state)
{
	(void)state;
	shell_write_text(&shell, &ann, "SAY y hi\n");
	READ(&ann, "RECV ann y hi");
	heard(&link, "200/1/hi");
	UP_NONE(&shell);
	say(&link, "SEND 9\r\n1\r\n200\r\na%3Ab%25: well: then");
	READ(&ann, "RECV a:b% y well: then");
	/* What is no member's text has no words, nor have other users. */
	say(&link, "SEND 10\r\n1\r\n200\r\nhint");
	show_at(60, IPC_ROLE_USER, "fay", "on n9", link.conn);
	say(&link, "SEND 11\r\n1\r\n60\r\npsst: you");
	say(&link, "SEND 12\r\n*\r\n60\r\npsst: all");
	READ(&ann, "");
	assert_int_equal(ann.code, 0);
}

/* ---- what rooms are called ---- */

static void
test_names(void **state)
{
	(void)state;
	show_at(60, IPC_ROLE_USER, "b b", "on n1", link.conn);
	show_at(201, IPC_ROLE_USER, "#x", "room n2", link.conn);
	show_at(202, IPC_ROLE_USER, "#y", "room n2", link.conn);
	show_at(203, IPC_ROLE_ROOM, "#a: b", "room n1", NULL);
	member(201, 1, IPC_MEMBER_LIVE);
	member(202, 1, IPC_MEMBER_LIVE);
	member(203, 1, IPC_MEMBER_LIVE);
	/* What is not clear means ours, or the older one. */
	shell_write_text(&shell, &ann, "SAY x 1\nSAY x:n1 2\nSAY x:n2 3\n"
	    "SAY y 4\nSAY y:n9 5\nSAY y:n2 6\nSAY a%3A%20b 7\n"
	    "SAY a:%20b 8\nSAY x:n3 9\nSAY x: 9\n");
	READ(&ann, "RECV ann x 1|RECV ann x 2|RECV ann x:n2 3|"
	    "RECV ann y:n9 4|RECV ann y:n9 5|RECV ann y:n2 6|"
	    "RECV ann a%3A%20b 7|RECV ann a%3A%20b 8|RESULT SAY 0|"
	    "RESULT SAY 0");
	say(&link, "SEND 9\r\n1\r\n202\r\nb b: hi");
	READ(&ann, "RECV b%20b y:n2 hi");
	/* When the other goes the name is clear. */
	DOWN(&shell, hide, FAR_ROOM);
	say(&link, "SEND 10\r\n1\r\n202\r\nb b: hi");
	READ(&ann, "RECV b%20b y hi");
}

/* ---- rooms of other servers ---- */

static void
test_import(void **state)
{
	(void)state;
	shell_write_text(&shell, &ann, "SAY z:s2 /hi you\n");
	/* It comes back from there. */
	READ(&ann, "");
	READ(&server, "FEDSAY ann@s1:4400 z /hi you");
	shell_write_text(&shell, &server, "FEDRECV ann@S1 ann@s1:4400 z /hi you\n"
	    "FEDRECV ann ann z:s2 again\n"
	    "FEDRECV ann eve z hello\n"
	    "FEDRECV ann eve@S2 z:S2 hello\n"
	    "FEDRECV ann fox@s3 z hello\n");
	READ(&ann, "RECV ann z:s2 /hi you|RECV ann z:s2 again|"
	    "RECV eve@s2 z:s2 hello|RECV eve@s2 z:s2 hello|"
	    "RECV fox@s3 z:s2 hello");
	UP_NONE(&shell);
	/* A member at our other door is told what others say. */
	member(IMPORT, 3, IPC_MEMBER_LIVE);
	say(&cid, "SEND 7\r\n300\r\nhi");
	GOT(&cid, "OKAY 7");
	READ(&server, "FEDSAY cid@s1:4400 z hi");
	shell_write_text(&shell, &server, "FEDRECV cid@s1 cid@s1 z hi\n"
	    "FEDRECV cid@s1 eve@s2 z well\n");
	acknowledge(&cid, heard(&cid, "300/eve@s2: well"));
	GOT(&cid, "");
}

static void
test_bad_recv(void **state)
{
	(void)state;
	shell_write_text(&shell, &server,
	    "FEDRECV bob eve@s2 z hi\n"       /* no member */
	    "FEDRECV nix eve@s2 z hi\n"       /* nobody */
	    "FEDRECV ann@s9 eve@s2 z hi\n"    /* not of ours */
	    "FEDRECV ann eve@s2 x hi\n"       /* not their room */
	    "FEDRECV ann eve@s2 y hi\n"
	    "FEDRECV ann eve@s2 z:s3 hi\n"
	    "FEDRECV ann %0A z hi\n"
	    "FEDRECV ann eve@s2 z a\rb\n"
	    "FEDRECV ann eve@s2 z\n"
	    "FEDRECV\n\xff\nFEDRECV ann eve@s2 z \xff\n");
	READ(&ann, "");
	READ(&server, "");
	UP_NONE(&shell);
	assert_int_equal(server.code, 0);
	assert_int_equal(counter(IPC_COUNTER_unknown_dropped), 8);
	/* Nor is what another server says of that room. */
	shell_federate(&shell, &dan, true);
	shell_write_text(&shell, &dan, "FEDRECV ann eve@s2 z hi\n"
	    "FEDRECV ann eve@s2 z:s2 hi\n");
	READ(&ann, "");
}

/* One that dialled us is called by its address; where it says that it listens
 * is a name of it, too, once it has said so. Others of that address are not
 * meant. */
static void
test_host_that_is_said(void **state)
{
	(void)state;
	shell_federate(&shell, &dan, false);
	show_at(301, IPC_ROLE_IMPORT, "#v:192.0.2.1", "via 192.0.2.1",
	    dan.conn);
	member(301, 1, IPC_MEMBER_LIVE);
	/* Not where it listens. */
	shell_write_text(&shell, &dan, "FEDJOIN eve@192.0.2.1:4 x\n"
	    "FEDJOIN eve@192.0.2.1 x\nFEDJOIN eve@192.0.2.7:4401 x\n"
	    "FEDCHANNELS v:192.0.2.1:4401\n"
	    "FEDRECV ann eve@192.0.2.1:4401 v 1\n"
	    "FEDRESULT ann JOIN v:192.0.2.1:4401 1\n"
	    "FEDJOIN eve@192.0.2.1:4402 x\n"
	    "FEDRECV ann eve@192.0.2.1:4401 v 2\n"
	    "FEDRECV ann eve@192.0.2.1:4402 v 3\n");
	READ(&ann, "RECV eve@192.0.2.1:4401 v:192.0.2.1 1|"
	    "RECV eve@192.0.2.1 v:192.0.2.1 2|"
	    "RECV eve@192.0.2.1:4402 v:192.0.2.1 3");
	shell.up_size = 0;
}

/* Once it is known who it is, what is its is called after that; and its user
 * comes over the link on which he was asked for last. */
static void
test_host_that_changes(void **state)
{
	(void)state;
	shell_federate(&shell, &dan, false);
	show_at(301, IPC_ROLE_IMPORT, "#v:192.0.2.1:4", "", dan.conn);
	DOWN(&shell, hide, 301);
	show_at(302, IPC_ROLE_IMPORT, "#v:s3", "", dan.conn);
	member(302, 1, IPC_MEMBER_LIVE);
	shell_write_text(&shell, &dan, "FEDRECV ann fox v hi\n");
	READ(&ann, "RECV fox@s3 v:s3 hi");
	DOWN(&shell, route, 50, dan.conn->id, IPC_FORWARD);
	shell_write_text(&shell, &dan, "FEDSAY eve x hi\n");
	READ(&ann, "RECV eve@s2 x hi");
	READ(&dan, "FEDRECV eve@s2 eve@s2 x hi");
}

/* The way to the server has gone: nothing is held for it. */
static void
test_import_gone(void **state)
{
	(void)state;
	shell_gone(&shell, &server);
	shell_write_text(&shell, &ann, "SAY z:s2 hi\n");
	READ(&ann, "");
	assert_int_equal(counter(IPC_COUNTER_room_dropped), 1);
}

/* ---- their users in our rooms ---- */

static void
test_fedsay(void **state)
{
	(void)state;
	shell_write_text(&shell, &server, "FEDSAY eve@s2 x /hi: you\n");
	READ(&ann, "RECV eve@s2 x /hi: you");
	heard(&cid, "100/eve@s2: /hi: you");
	/* She hears herself, by the same way. */
	READ(&server, "FEDRECV eve@s2 eve@s2 x /hi: you");
	copied(ROOM, 50, "eve@s2", "/hi: you");
	shell_write_text(&shell, &server, "FEDSAY eve x 1\n"
	    "FEDSAY eve@s2 x:s1 2\n");
	READ(&ann, "RECV eve@s2 x 1|RECV eve@s2 x 2");
}

static void
test_fedsay_refused(void **state)
{
	(void)state;
	show_at(51, IPC_ROLE_USER, "fay@s2", "via s2", server.conn);
	shell_write_text(&shell, &server, "FEDSAY fay@s2 x hi\n"
	    "FEDSAY nix@s2 x hi\nFEDSAY eve@s2 nix hi\n"
	    "FEDSAY eve@s2 y hi\nFEDSAY eve@s2 z hi\n"
	    "FEDSAY eve@s2 x:s9 hi\nFEDSAY ann x hi\nFEDSAY ann@s1 x hi\n"
	    "FEDSAY eve@s2 x a\rb\n");
	READ(&server, "FEDRESULT fay@s2 SAY x 0|FEDRESULT nix@s2 SAY x 0|"
	    "FEDRESULT eve@s2 SAY nix 0|FEDRESULT eve@s2 SAY y 0|"
	    "FEDRESULT eve@s2 SAY z 0|FEDRESULT eve@s2 SAY x:s9 0|"
	    "FEDRESULT ann SAY x 0|FEDRESULT ann@s1 SAY x 0|"
	    "FEDRESULT eve@s2 SAY x 0");
	READ(&ann, "");
	/* Another server does not speak for her. */
	shell_federate(&shell, &dan, false);
	shell_write_text(&shell, &dan, "FEDSAY eve@s2 x hi\n");
	READ(&dan, "FEDRESULT eve@s2 SAY x 0");
	READ(&ann, "");
}

/* ---- links ---- */

static void
test_accepted_link(void **state)
{
	struct ipc_srvr srvr;

	(void)state;
	shell_knock_from(&shell, &dan, "192.0.2.9:1");
	shell_write_text(&shell, &dan, "FEDERATE-OUT\nFEDCHANNELS a\n");
	UP(&shell, srvr, &srvr);
	assert_true(srvr.door == IPC_DOOR_CHANNELS && srvr.number == 0);
	assert_string_equal("192.0.2.9:1", dan.conn->source);
	UP_NONE(&shell);
	DOWN(&shell, open, dan.conn->id, IPC_OPEN_FOREIGN);
	/* It is confirmed by dncontrol's word, with what comes then. */
	READ(&dan, "");
	DOWN(&shell, reply, .conn = dan.conn->id, .verb = DN_VERB_CONFIRM);
	DOWN(&shell, reply, .conn = dan.conn->id,
	    .verb = DN_VERB_FEDCHANNELS, .text = dn_str_of("x\na b"));
	READ(&dan, "FEDERATE-CONFIRM|FEDCHANNELS x, a%20b");
}

static void
test_dialled_link(void **state)
{
	struct ipc_dialled dialled;
	struct ipc_call call;

	(void)state;
	if (plane_accept(shell.plane, &codec_channels,
	    dn_str_of("192.0.2.9:4400"), true, &dan, &dan.conn) != DN_OK)
		abort();
	conn_dialled(dan.conn, 5, 0);
	shell_turn(&shell);
	UP(&shell, dialled, &dialled);
	assert_int_equal(dialled.dial, 5);
	DOWN(&shell, open, dan.conn->id,
	    IPC_OPEN_FOREIGN | IPC_OPEN_DIALLED);
	/* As it stands, not masked. */
	READ(&dan, "FEDERATE-OUT");
	shell_write_text(&shell, &dan, "FEDERATE-CONFIRM\n");
	UP(&shell, call, &call);
	assert_int_equal(call.verb, DN_VERB_CONFIRM);
	assert_true(call.conn == dan.conn->id);
}

static void
test_refused_link(void **state)
{
	struct ipc_closed closed;
	struct ipc_srvr srvr;

	(void)state;
	shell_knock_from(&shell, &dan, "192.0.2.9:1");
	shell_write_text(&shell, &dan, "FEDERATE-OUT\n");
	UP(&shell, srvr, &srvr);
	DOWN(&shell, refuse, dan.conn->id, dn_str_of("not a peer"));
	READ(&dan, "");
	assert_true(dan.code != 0);
	UP(&shell, closed, &closed);
	/* Who has begun as a client is none. */
	shell_write_text(&shell, &bob, "FEDERATE-OUT\n");
	UP_NONE(&shell);
}

/* What servers ask and say goes up as it comes: links don't wait. */
static void
test_calls_of_servers(void **state)
{
	struct ipc_call call;

	(void)state;
	shell_write_text(&shell, &server, "FEDCHANNELS a, b%20b\n"
	    "FEDNEW n%\nFEDJOIN eve%20x@s2 x:s1\nFEDNEW\n"
	    "FEDRESULT ann JOIN z:s2 1\nFEDRESULT ann SAY z 0\n"
	    "DNCHAT 77\n");
	UP(&shell, call, &call);
	assert_int_equal(call.verb, DN_VERB_FEDCHANNELS);
	assert_true(call.conn == server.conn->id);
	assert_true(dn_str_eq(call.text, dn_str_of("a\nb b")));
	UP(&shell, call, &call);
	assert_int_equal(call.verb, DN_VERB_FEDNEW);
	assert_true(dn_str_eq(call.room, dn_str_of("n%")));
	UP(&shell, call, &call);
	assert_int_equal(call.verb, DN_VERB_FEDJOIN);
	assert_true(dn_str_eq(call.name, dn_str_of("eve x@s2")));
	assert_true(dn_str_eq(call.room, dn_str_of("x:s1")));
	UP(&shell, call, &call);
	assert_int_equal(call.verb, DN_VERB_FEDRESULT);
	assert_true(call.about == DN_VERB_JOIN && call.result == 1);
	UP(&shell, call, &call);
	assert_true(call.about == DN_VERB_SAY && call.result == 0);
	UP(&shell, call, &call);
	assert_int_equal(call.verb, DN_VERB_DNCHAT);
	assert_true(dn_str_eq(call.room, dn_str_of("77")));
	UP_NONE(&shell);
	DOWN(&shell, reply, .conn = server.conn->id,
	    .verb = DN_VERB_FEDRESULT, .about = DN_VERB_JOIN, .result = 1,
	    .name = dn_str_of("eve x@s2"), .room = dn_str_of("x:s1"));
	DOWN(&shell, reply, .conn = server.conn->id, .verb = DN_VERB_LOGIN);
	READ(&server, "FEDRESULT eve%20x@s2 JOIN x:s1 1");
}

/* Lists are long, but not without a bound. */
static void
test_long_call(void **state)
{
	static char text[DN_LINE_PEER_BYTES_MAX + 3];
	struct ipc_call call;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "FEDCHANNELS ", 12);
	text[DN_LINE_PEER_BYTES_MAX + 1] = '\n';
	shell_write_text(&shell, &server, text);
	UP_NONE(&shell);
	assert_int_equal(counter(IPC_COUNTER_long_dropped), 1);
	text[DN_LINE_PEER_BYTES_MAX] = '\n';
	text[DN_LINE_PEER_BYTES_MAX + 1] = '\0';
	shell_write_text(&shell, &server, text);
	UP(&shell, call, &call);
	assert_int_equal(call.text.size, DN_LINE_PEER_BYTES_MAX - 12);
	assert_int_equal(server.code, 0);
}

/* Records of a link that dncontrol does not take over are bounded. */
static void
test_flood_of_calls(void **state)
{
	static char text[800002];
	unsigned i;

	(void)state;
	memset(text, 'x', sizeof(text) - 2);
	memcpy(text, "FEDCHANNELS ", 12);
	text[800000] = '\n';
	plane_control_end(shell.plane);
	for (i = 0; i < 100 && server.code == 0; i++) {
		conn_stream(server.conn, text, 800001);
		plane_flush(shell.plane);
	}
	assert_int_equal(server.code, WS_CLOSE_LATER);
	assert_in_range(i, 80, 90);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_own_room),
		TEST(test_slashes),
		TEST(test_not_said),
		TEST(test_far_room),
		TEST(test_names),
		TEST(test_import),
		TEST(test_bad_recv),
		TEST(test_host_that_is_said),
		TEST(test_host_that_changes),
		TEST(test_import_gone),
		TEST(test_fedsay),
		TEST(test_fedsay_refused),
		TEST(test_accepted_link),
		TEST(test_dialled_link),
		TEST(test_refused_link),
		TEST(test_calls_of_servers),
		TEST(test_long_call),
		TEST(test_flood_of_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
