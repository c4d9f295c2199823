/* What users say to rooms and to the service rooms@NODE, and the answers. */
#include "room_story.h"

#define HINT "error not-member: nobody has heard that; say /join to join, " \
	"/help for more\n"

static void
outsider_is_told_once_a_minute(void **state)
{
	struct story s;

	(void)state;
	room_begin(&s);
	DO(&s, room, .name = S("attic"), .number = 901);
	story_forget(&s);
	room_hears(&s, LOBBY, BOB, "hello");
	story_expect(&s, "say 900 6 #lobby: " HINT);
	room_hears(&s, LOBBY, BOB, "hello?");
	room_hears(&s, LOBBY, BOB, "//join");
	story_wait(&s, 59999);
	room_hears(&s, LOBBY, BOB, "hello");
	story_expect(&s, "");
	/* Others, and elsewhere, are another matter. */
	room_hears(&s, LOBBY, ANN, "hello");
	room_hears(&s, 901, BOB, "hello");
	story_expect(&s, "say 900 5 #lobby: " HINT "say 901 6 #attic: " HINT);
	story_reload(&s);
	story_wait(&s, 1);
	room_hears(&s, LOBBY, BOB, "hello");
	room_hears(&s, LOBBY, ANN, "hello");
	story_expect(&s, "say 900 6 #lobby: " HINT);
	story_end(&s);
}

/* What cannot be remembered is not answered: that is quiet, and safe. */
static void
hints_are_bounded(void **state)
{
	struct story s;
	char name[16];
	unsigned i;

	(void)state;
	room_begin(&s);
	story_link(&s, 10);
	for (i = 0; i < 1025; i++) {
		(void)snprintf(name, sizeof(name), "u%u", i);
		story_arrv(&s, 10, 1000 + i, name, 1);
	}
	for (i = 0; i < 1024; i++) {
		story_forget(&s);
		room_hears(&s, LOBBY, 1000 + i, "hello");
		assert_non_null(strstr(s.text, "error not-member"));
	}
	story_forget(&s);
	room_hears(&s, LOBBY, 1000 + i, "hello");
	story_expect(&s, "");
	story_wait(&s, 60000);
	story_forget(&s);
	room_hears(&s, LOBBY, 1000 + i, "hello");
	assert_non_null(strstr(s.text, "error not-member"));
	story_end(&s);
}

static void
commands_are_for_members(void **state)
{
	struct story s;

	(void)state;
	room_begin(&s);
	room_hears(&s, LOBBY, BOB, "/who");
	room_hears(&s, LOBBY, BOB, "/history");
	room_hears(&s, LOBBY, BOB, "/leave");
	story_expect(&s,
	    "say 900 6 #lobby: error not-member: say /join to join\n"
	    "say 900 6 #lobby: error not-member: say /join to join\n"
	    "say 900 6 #lobby: error not-member: you are no member\n");
	story_end(&s);
}

static void
help_and_mistakes_are_answered(void **state)
{
	struct story s;

	(void)state;
	room_begin(&s);
	room_hears(&s, LOBBY, BOB, "/help");
	story_expect(&s,
	    "say 900 6 #lobby: help /join [plain]: hear and be heard; plain: "
	    "no dates\n"
	    "say 900 6 #lobby: help /leave: be a member no more\n"
	    "say 900 6 #lobby: help /who: who is a member, and who of them "
	    "is here\n"
	    "say 900 6 #lobby: help /history [N [after ID]]: the last N "
	    "lines, or those after line ID\n"
	    "say 900 6 #lobby: help /help: this list\n"
	    "say 900 6 #lobby: help //TEXT: say TEXT with a slash before "
	    "it\n");
	room_hears(&s, LOBBY, BOB, "/dance");
	room_hears(&s, LOBBY, BOB, "/create attic");
	room_hears(&s, LOBBY, BOB, "/history 501");
	story_expect(&s,
	    "say 900 6 #lobby: error unknown: there is no such command; say "
	    "/help for those that there are\n"
	    "say 900 6 #lobby: error unknown: there is no such command; say "
	    "/help for those that there are\n"
	    "say 900 6 #lobby: error usage: /history [N [after ID]]\n");
	story_end(&s);
}

static void
who_is_here_and_who_is_away(void **state)
{
	struct story s;

	(void)state;
	room_begin(&s);
	DO(&s, room_member, .room = S("lobby"), .account = S("zoe, 1st"));
	DO(&s, room_member, .room = S("lobby"), .account = S("50%"));
	story_join(&s, ANN);
	story_join(&s, BOB);
	room_hears(&s, LOBBY, BOB, "/who");
	story_expect(&s, "say 900 6 #lobby: members here: ann, bob\n"
	    "say 900 6 #lobby: members away: zoe%2C 1st, 50%25\n");
	story_end(&s);
}

static void
who_is_cut_into_lines_and_has_an_end(void **state)
{
	struct story s;
	const char *at, *end;
	char name[64];
	size_t lines = 0, bytes = 0;
	unsigned i;

	(void)state;
	room_begin(&s);
	DO(&s, configure, .name = S("s1"), .description = S("on s1"),
	    .hops_max = 255, .text_bytes_max = DN_TEXT_BYTES_LEAST);
	for (i = 0; i < 3000; i++) {
		(void)snprintf(name, sizeof(name), "a-rather-long-name-%05u",
		    i);
		DO(&s, room_member, .room = S("lobby"), .account = S(name));
	}
	room_hears(&s, LOBBY, BOB, "/join");
	UP(&s, joined, .room = LOBBY, .user = BOB);
	story_forget(&s);
	room_hears(&s, LOBBY, BOB, "/who");
	for (at = s.text; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		size_t size = (size_t)(end - at) - strlen("say 900 6 ");

		assert_true(size <= DN_TEXT_BYTES_LEAST);
		bytes += size;
		lines++;
	}
	assert_true(lines > 200);
	assert_true(bytes <= (64u << 10) + 200);
	assert_non_null(strstr(s.text, "members away: and "));
	assert_non_null(strstr(s.text, " more\n"));
	story_end(&s);
}

/* ---- history ---- */

static void
history_is_asked_for_one_at_a_time(void **state)
{
	static struct rows rows;
	struct story s;

	(void)state;
	room_begin(&s);
	story_join(&s, BOB);
	room_hears(&s, LOBBY, BOB, "/history 3 after 9223372036854775806");
	story_expect(&s,
	    "2: history lobby 3 from 9223372036854775807\n");
	room_hears(&s, LOBBY, BOB, "/history");
	story_expect(&s, "say 900 6 #lobby: error state: wait for what you "
	    "asked for before\n");
	rows_begin(&rows);
	rows_add(&rows, 17, UINT64_C(1795535232123), "zoe", "hello");
	DO(&s, history, .id = 2, .rows = rows_all(&rows));
	story_expect(&s,
	    "say 900 6 [2026-11-24T15:47:12Z #17] zoe: hello\n"
	    "say 900 6 #lobby: history 1 line\n");
	room_hears(&s, LOBBY, BOB, "/history");
	DO(&s, history, .id = 3, .err = DN_E_IO);
	story_expect(&s, "3: history lobby 50 from 0\n"
	    "say 900 6 #lobby: error io: what was said before cannot be read "
	    "now; try again later\n");
	room_hears(&s, LOBBY, BOB, "/history 1");
	story_forget(&s);
	story_wait(&s, 5000);
	story_expect(&s, "say 900 6 #lobby: error timeout: what was said "
	    "before cannot be read now; try again later\n");
	story_end(&s);
}

static void
long_history_loses_its_oldest_lines(void **state)
{
	static struct rows rows;
	static char text[4001];
	struct story s;
	size_t lines = 0;
	const char *at;
	unsigned i;

	(void)state;
	room_begin(&s);
	story_join(&s, BOB);
	memset(text, 'x', sizeof(text) - 1);
	rows_begin(&rows);
	for (i = 1; i <= 100; i++)
		rows_add(&rows, i, 0, "zoe", text);
	room_hears(&s, LOBBY, BOB, "/history 100");
	story_forget(&s);
	DO(&s, history, .id = 2, .rows = rows_all(&rows));
	for (at = s.text; (at = strstr(at, "zoe: ")) != NULL; at++)
		lines++;
	assert_in_range(lines, (250u << 10) / 4051, (256u << 10) / 4051);
	assert_non_null(strstr(s.text, " #100] "));
	assert_null(strstr(s.text, " #1] "));
	/* And of many short ones, those beyond the bound. */
	rows_begin(&rows);
	for (i = 1; i <= 501; i++)
		rows_add(&rows, i, 0, "zoe", "x");
	room_hears(&s, LOBBY, BOB, "/history 500");
	story_forget(&s);
	DO(&s, history, .id = 3, .rows = rows_all(&rows));
	assert_null(strstr(s.text, " #1] "));
	assert_non_null(strstr(s.text, " #2] "));
	/* Who goes on from a line gets the next ones. */
	room_hears(&s, LOBBY, BOB, "/history 500 after 7");
	story_forget(&s);
	DO(&s, history, .id = 4, .rows = rows_all(&rows));
	assert_non_null(strstr(s.text, " #1] "));
	assert_non_null(strstr(s.text, " #500] "));
	assert_null(strstr(s.text, " #501] "));
	assert_non_null(strstr(s.text, "history 500 lines\n"));
	assert_non_null(strstr(s.text, "history 500 lines\n"));
	story_end(&s);
}

static void
long_line_is_cut_at_a_letter(void **state)
{
	static struct rows rows;
	static char text[2 * DN_TEXT_BYTES_LEAST + 1];
	struct story s;
	const char *end;
	unsigned i;

	(void)state;
	room_begin(&s);
	DO(&s, configure, .name = S("s1"), .description = S("on s1"),
	    .hops_max = 255, .text_bytes_max = DN_TEXT_BYTES_LEAST,
	    .history_replay = 50);
	story_join(&s, BOB);
	for (i = 0; i < DN_TEXT_BYTES_LEAST; i++)
		memcpy(&text[i * 2], "\xc3\xa9", 2);
	rows_begin(&rows);
	rows_add(&rows, 1, 0, "z", text);
	room_hears(&s, LOBBY, BOB, "/history");
	story_forget(&s);
	DO(&s, history, .id = 2, .rows = rows_all(&rows));
	end = strchr(s.text, '\n');
	assert_int_equal((size_t)(end - s.text) - strlen("say 900 6 "),
	    DN_TEXT_BYTES_LEAST - 1);
	assert_memory_equal(end - 2, "\xc3\xa9", 2);
	story_end(&s);
}

/* What a store should never say does no harm. */
static void
malformed_history_ends_where_it_makes_no_sense(void **state)
{
	static struct rows rows;
	struct story s;

	(void)state;
	room_begin(&s);
	story_join(&s, BOB);
	rows_begin(&rows);
	rows_add(&rows, 1, UINT64_MAX, "zoe", "hello");
	rows_add(&rows, 2, 0, "zoe", "hello");
	room_hears(&s, LOBBY, BOB, "/history");
	story_forget(&s);
	DO(&s, history, .id = 2, .rows = {(const char *)rows.data,
	    rows.wr.at - 1});
	story_expect(&s,
	    "say 900 6 [9999-12-31T23:59:59Z #1] zoe: hello\n"
	    "say 900 6 #lobby: history 1 line\n");
	story_end(&s);
}

static void
lookups_are_bounded(void **state)
{
	struct story s;
	char name[16];
	unsigned i;

	(void)state;
	room_begin(&s);
	story_link(&s, 10);
	for (i = 0; i < 1025; i++) {
		(void)snprintf(name, sizeof(name), "u%u", i);
		story_arrv(&s, 10, 1000 + i, name, 1);
		room_hears(&s, LOBBY, 1000 + i, "/join");
		story_forget(&s);
		UP(&s, joined, .room = LOBBY, .user = 1000 + i);
		if (i < 1024)
			assert_null(strstr(s.text, "live"));
	}
	/* The last goes without. */
	assert_non_null(strstr(s.text, "member 900 2024 live\n"));
	story_forget(&s);
	room_hears(&s, LOBBY, 2024, "/history");
	story_expect(&s, "say 900 2024 #lobby: error full: too many ask; try "
	    "again later\n");
	story_end(&s);
}

/* ---- rooms@NODE ---- */

/* Turns the service on, and returns its number. */
static uint64_t
service_begin(struct story *story)
{
	struct user_view view;
	const void *at;

	room_begin(story);
	DO(story, configure, .name = S("s1"), .description = S("on s1"),
	    .hops_max = 255, .text_bytes_max = 4096, .rooms_service = 1);
	assert_non_null(strstr(story->text, " rooms@s1 (creates and lists "
	    "rooms: say /help) conn 0\n"));
	assert_int_equal(core_find_user(story->core, "rooms@s1", &at, &view),
	    DN_OK);
	story_forget(story);
	return view.number;
}

/* All that was said, without who it was said by and to. */
static void
expect_words(struct story *story, uint64_t from, uint64_t to,
    const char *words)
{
	char head[64];
	const char *at = story->text;
	size_t size = (size_t)snprintf(head, sizeof(head),
	    "say %llu %llu rooms@s1: ", (unsigned long long)from,
	    (unsigned long long)to);

	while (*words != '\0') {
		at = strstr(at, head);
		assert_non_null(at);
		at += size;
		size = strcspn(words, "\n") + 1;
		assert_memory_equal(at, words, size);
		words += size;
		size = strlen(head);
	}
	story_forget(story);
}

static void
service_creates_and_lists(void **state)
{
	struct story s;
	uint64_t rooms;

	(void)state;
	rooms = service_begin(&s);
	story_link(&s, 10);
	UP(&s, arrv, .conn = 10, .number = 40, .hops = 1, .name = S("#far"),
	    .description = S("room s2"));
	UP(&s, arrv, .conn = 10, .number = 41, .hops = 1, .name = S("#odd"),
	    .description = S("no room at all"));
	room_hears(&s, rooms, BOB, "/create  my room ");
	expect_words(&s, rooms, BOB,
	    "created #my room; say /join to it to join\n");
	room_hears(&s, rooms, BOB, "/create #far");
	expect_words(&s, rooms, BOB,
	    "error exists: there is a room #far\n");
	room_hears(&s, rooms, BOB, "/create ##");
	expect_words(&s, rooms, BOB,
	    "error malformed: a name is 1 to 64 bytes of text, without # or "
	    "blanks at its ends\n");
	room_hears(&s, rooms, BOB, "/create");
	expect_words(&s, rooms, BOB, "error usage: /create NAME\n");
	room_hears(&s, rooms, BOB, "/list");
	expect_words(&s, rooms, BOB, "rooms: #far, #lobby, #my room\n");
	room_hears(&s, rooms, BOB, "/help");
	expect_words(&s, rooms, BOB, "help /create NAME: create a room\n"
	    "help /list: all rooms of the network\n"
	    "help /help: this list\n");
	room_hears(&s, rooms, BOB, "hello");
	room_hears(&s, rooms, BOB, "hello");
	expect_words(&s, rooms, BOB, "error usage: say /help to hear what "
	    "can be said here\n");
	room_hears(&s, rooms, BOB, "/join");
	expect_words(&s, rooms, BOB, "error unknown: there is no such "
	    "command; say /help for those that there are\n");
	story_end(&s);
}

static void
service_comes_and_goes_as_it_is_configured(void **state)
{
	char lines[128];
	struct story s;
	uint64_t rooms;

	(void)state;
	rooms = service_begin(&s);
	DO(&s, plane_down, 0);
	DO(&s, plane_up, .incarnation = 78);
	UP(&s, sync_entry, .number = 4711, .name = S("rooms@s1"),
	    .description = S("creates and lists rooms: say /help"));
	story_forget(&s);
	UP(&s, synced, 0);
	/* A lost number is found again in dnchatd. */
	assert_non_null(strstr(s.text, "route 4711 hold\n"));
	assert_non_null(strstr(s.text, "route 4711 conn 0\n"));
	story_forget(&s);
	DO(&s, configure, .name = S("s1"), .description = S("on s1"),
	    .hops_max = 255, .text_bytes_max = 4096);
	(void)snprintf(lines, sizeof(lines), "hide 4711\n");
	assert_non_null(strstr(s.text, lines));
	assert_int_not_equal(rooms, 4711);
	story_end(&s);
}

static void
rooms_and_services_do_not_answer_one_another(void **state)
{
	struct story s;
	uint64_t rooms;

	(void)state;
	rooms = service_begin(&s);
	story_link(&s, 10);
	UP(&s, arrv, .conn = 10, .number = 40, .hops = 1, .name = S("#far"),
	    .description = S("room s2"));
	story_forget(&s);
	room_hears(&s, rooms, LOBBY, "/help");
	room_hears(&s, LOBBY, rooms, "/help");
	room_hears(&s, LOBBY, 40, "/join");
	/* Nor nobody, nor those who have gone. */
	room_hears(&s, LOBBY, 99, "/help");
	room_hears(&s, 99, BOB, "/help");
	room_hears(&s, ANN, BOB, "/help");
	story_expect(&s, "");
	story_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outsider_is_told_once_a_minute),
		cmocka_unit_test(hints_are_bounded),
		cmocka_unit_test(commands_are_for_members),
		cmocka_unit_test(help_and_mistakes_are_answered),
		cmocka_unit_test(who_is_here_and_who_is_away),
		cmocka_unit_test(who_is_cut_into_lines_and_has_an_end),
		cmocka_unit_test(history_is_asked_for_one_at_a_time),
		cmocka_unit_test(long_history_loses_its_oldest_lines),
		cmocka_unit_test(long_line_is_cut_at_a_letter),
		cmocka_unit_test(
		    malformed_history_ends_where_it_makes_no_sense),
		cmocka_unit_test(lookups_are_bounded),
		cmocka_unit_test(service_creates_and_lists),
		cmocka_unit_test(service_comes_and_goes_as_it_is_configured),
		cmocka_unit_test(rooms_and_services_do_not_answer_one_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
