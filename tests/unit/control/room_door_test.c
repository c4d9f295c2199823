/* Rooms for clients of doors with verbs for them: CREATE, JOIN, CHANNELS. */
#include "room_story.h"

/* Channels clients eva (7, conn 3, whose account is here). */
static void
door_begin(struct story *s)
{
	room_begin(s);
	story_login_as(s, 3, 7, "eva", IPC_DOOR_CHANNELS, true);
	story_forget(s);
}

#define CALL(story, verb_, room_)                                         \
	UP(story, call, .conn = 3, .verb = DN_VERB_##verb_, .room = S(room_))

static void
create_refuses_what_the_protocol_cannot_spell(void **state)
{
	static const char *const bad[] = {"lobby", "", "a b", "a@b", "a:b",
	    "a%20b", "a%3Ab", "#a",
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "4"};
	struct story s;
	char lines[160];
	size_t i;

	(void)state;
	door_begin(&s);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CALL(&s, CREATE, bad[i]);
		(void)snprintf(lines, sizeof(lines),
		    "reply 3 CREATE 0 name= room=%s text=\n", bad[i]);
		story_expect(&s, lines);
	}
	CALL(&s, CREATE, "attic");
	assert_non_null(strstr(s.text, " #attic (room s1) conn 0\n"));
	assert_non_null(strstr(s.text,
	    "reply 3 CREATE 1 name= room=attic text=\n"));
	assert_string_equal(story_notice(&s, "room_created", "by"), "eva");
	/* What only looks as if it were spelled is the name itself. */
	CALL(&s, CREATE, "%23a");
	assert_non_null(strstr(s.text, " #%23a (room s1) conn 0\n"));
	/* It doesn't join its creator. */
	assert_null(strstr(s.text, "member"));
	story_forget(&s);
	UP(&s, call, .conn = 99, .verb = DN_VERB_CREATE, .room = S("x"));
	story_expect(&s, "reply 99 CREATE 0 name= room=x text=\n");
	story_end(&s);
}

static void
join_is_answered_before_what_follows_from_it(void **state)
{
	static struct rows rows;
	struct story s;

	(void)state;
	door_begin(&s);
	CALL(&s, JOIN, "nowhere");
	CALL(&s, JOIN, "lobby:s1");
	CALL(&s, JOIN, "lobby:");
	CALL(&s, JOIN, "l%6Fbby");
	CALL(&s, JOIN, "#lobby");
	UP(&s, call, .conn = 99, .verb = DN_VERB_JOIN, .room = S("lobby"));
	story_expect(&s, "reply 3 JOIN 0 name= room=nowhere text=\n"
	    "reply 3 JOIN 0 name= room=lobby:s1 text=\n"
	    "reply 3 JOIN 0 name= room=lobby: text=\n"
	    "reply 3 JOIN 0 name= room=l%6Fbby text=\n"
	    "reply 3 JOIN 0 name= room=#lobby text=\n"
	    "reply 99 JOIN 0 name= room=lobby text=\n");
	CALL(&s, JOIN, "lobby");
	story_expect(&s, "member 900 7 joining\n1: put member lobby eva\n");
	UP(&s, joined, .room = LOBBY, .user = 7);
	story_expect(&s, "2: history lobby 50 from 0\n");
	rows_begin(&rows);
	rows_add(&rows, 17, UINT64_C(1795535232123), "zoe", "hello");
	story_reload(&s);
	DO(&s, history, .id = 2, .rows = rows_all(&rows));
	story_expect(&s, "reply 3 JOIN 1 name= room=lobby text=\n"
	    "say 900 7 zoe: hello\nmember 900 7 live\n");
	CALL(&s, JOIN, "lobby");
	story_expect(&s, "reply 3 JOIN 0 name= room=lobby text=\n");
	story_end(&s);
}

static void
join_is_answered_whatever_happens(void **state)
{
	struct story s;

	(void)state;
	door_begin(&s);
	CALL(&s, JOIN, "lobby");
	UP(&s, joined, .room = LOBBY, .user = 7);
	story_forget(&s);
	story_wait(&s, 5000);
	story_expect(&s, "reply 3 JOIN 1 name= room=lobby text=\n"
	    "member 900 7 live\n");
	/* The room goes before it has answered. */
	DO(&s, room, .name = S("attic"), .number = 901);
	CALL(&s, JOIN, "attic");
	story_forget(&s);
	DO(&s, room_delete, .name = S("attic"));
	assert_non_null(strstr(s.text,
	    "reply 3 JOIN 0 name= room=attic text=\nhide 901\n"));
	/* Or the client. */
	DO(&s, room, .name = S("attic"), .number = 901);
	CALL(&s, JOIN, "attic");
	story_forget(&s);
	UP(&s, closed, .conn = 3, .code = 1000);
	UP(&s, joined, .room = 901, .user = 7);
	story_expect(&s, "member 900 7 gone\nmember 901 7 gone\nhide 7\n");
	story_end(&s);
}

static void
far_room(struct story *s, uint64_t conn, uint64_t number, const char *name,
    const char *node)
{
	char description[32];

	(void)snprintf(description, sizeof(description), "room %s", node);
	UP(s, arrv, .conn = conn, .number = number, .hops = 1,
	    .name = S(name), .description = S(description));
}

/* It is asked in his name, and we remember that he is a member. */
static void
room_of_another_server_is_joined_by_its_own_means(void **state)
{
	struct story s;

	(void)state;
	door_begin(&s);
	story_link(&s, 10);
	far_room(&s, 10, 40, "#far", "s2");
	story_forget(&s);
	CALL(&s, JOIN, "far");
	story_expect(&s, "member 40 7 live\nsay 7 40 /join plain\n"
	    "reply 3 JOIN 1 name= room=far text=\n");
	CALL(&s, JOIN, "far:s2");
	story_expect(&s, "reply 3 JOIN 0 name= room=far:s2 text=\n");
	story_reload(&s);
	/* It goes, and comes back without him. */
	UP(&s, closed, .conn = 10, .code = 1006);
	story_wait(&s, 5000);
	story_link(&s, 11);
	far_room(&s, 11, 40, "#far", "s2");
	story_forget(&s);
	CALL(&s, JOIN, "far:s2");
	story_expect(&s, "member 40 7 live\nsay 7 40 /join plain\n"
	    "reply 3 JOIN 1 name= room=far:s2 text=\n");
	UP(&s, closed, .conn = 3, .code = 1000);
	story_expect(&s, "withdraw 11 7\nmember 40 7 gone\nhide 7\n");
	story_end(&s);
}

static void
channels_are_all_rooms_in_order(void **state)
{
	struct story s;

	(void)state;
	door_begin(&s);
	DO(&s, room, .name = S("a:b, c%"), .number = 901);
	story_link(&s, 10);
	far_room(&s, 10, 40, "#far", "s2");
	far_room(&s, 10, 41, "#lobby", "s2");
	far_room(&s, 10, 42, "#far", "s 3");
	UP(&s, arrv, .conn = 10, .number = 43, .hops = 1, .name = S("#odd"),
	    .description = S("no room at all"));
	story_forget(&s);
	CALL(&s, CHANNELS, "");
	story_expect(&s, "reply 3 CHANNELS 1 name= room= "
	    "text=a%3Ab,%20c%|far:s%203|far:s2|lobby|lobby:s2\n");
	CALL(&s, JOIN, "a%3Ab,%20c%");
	CALL(&s, JOIN, "far:s%203");
	CALL(&s, JOIN, "lobby:s2");
	assert_non_null(strstr(s.text, "member 901 7 joining\n"));
	assert_non_null(strstr(s.text, "member 42 7 live\n"));
	assert_non_null(strstr(s.text, "member 41 7 live\n"));
	/* Also before LOGIN. */
	story_forget(&s);
	UP(&s, call, .conn = 99, .verb = DN_VERB_CHANNELS);
	assert_non_null(strstr(s.text, "|lobby|lobby:s2\n"));
	/* Or only those that he has joined. */
	DO(&s, configure, .name = S("s1"), .description = S("on s1"),
	    .hops_max = 255, .text_bytes_max = 4096, .channels_joined = 1);
	story_forget(&s);
	CALL(&s, CHANNELS, "");
	story_expect(&s, "reply 3 CHANNELS 1 name= room= "
	    "text=a%3Ab,%20c%|far:s%203|lobby:s2\n");
	UP(&s, call, .conn = 99, .verb = DN_VERB_CHANNELS);
	story_expect(&s, "reply 99 CHANNELS 1 name= room= text=\n");
	story_end(&s);
}

/* Nothing is longer than a record may be, however many rooms there are. */
static void
channels_fit_into_a_record(void **state)
{
	struct story s;
	char name[256];
	unsigned i;

	(void)state;
	door_begin(&s);
	story_link(&s, 10);
	for (i = 0; i < 6000; i++) {
		(void)snprintf(name, sizeof(name), "#%0200u", i);
		far_room(&s, 10, 10000 + i, name, "s2");
		story_forget(&s);
	}
	CALL(&s, CHANNELS, "");
	assert_true(s.size > (1000u << 10) && s.size < DN_IPC_BODY_BYTES_MAX);
	assert_non_null(strstr(s.text, "0005000|"));
	story_end(&s);
}

/* What a server's own room is named alone decides whose it is. */
static void
remote_room_never_hides_ours(void **state)
{
	struct story s;

	(void)state;
	door_begin(&s);
	story_link(&s, 10);
	far_room(&s, 10, 41, "#lobby", "s2");
	story_forget(&s);
	CALL(&s, JOIN, "lobby");
	story_expect(&s, "member 900 7 joining\n1: put member lobby eva\n");
	story_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    create_refuses_what_the_protocol_cannot_spell),
		cmocka_unit_test(
		    join_is_answered_before_what_follows_from_it),
		cmocka_unit_test(join_is_answered_whatever_happens),
		cmocka_unit_test(
		    room_of_another_server_is_joined_by_its_own_means),
		cmocka_unit_test(channels_are_all_rooms_in_order),
		cmocka_unit_test(channels_fit_into_a_record),
		cmocka_unit_test(remote_room_never_hides_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
