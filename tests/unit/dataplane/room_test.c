/*
 * Who is in a room: held against a plain list, at its bound, and what waits
 * for those who are joining.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../../dataplane/room.h"

static struct room *room;
static char told[8192];

static int
setup(void **state)
{
	(void)state;
	room = room_new(3);
	told[0] = '\0';
	return room == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	room_free(room);
	return 0;
}

static void
tell(void *context, const struct room_line *line)
{
	size_t at = strlen(told);

	assert_string_equal(context, "context");
	assert_true(at + line->text.size + 2 < sizeof(told));
	snprintf(told + at, sizeof(told) - at, "%s%.*s", at > 0 ? "|" : "",
	    (int)line->text.size, line->text.data);
}

static char context[] = "context";

static void
admit(uint64_t user, const char *expected)
{
	told[0] = '\0';
	assert_int_equal(room_admit(room, user, tell, context), DN_OK);
	assert_string_equal(told, expected);
}

static size_t
keep(const char *text)
{
	struct room_line line = {.number = 1, .author = 2, .said = 3,
	    .text = dn_str_of(text)};

	return room_keep(room, &line);
}

static void
test_membership(void **state)
{
	(void)state;
	assert_int_equal(room_membership(NULL, 1), IPC_MEMBER_GONE);
	assert_int_equal(room_membership(room, 1), IPC_MEMBER_GONE);
	assert_int_equal(room_join(room, 1), DN_OK);
	assert_int_equal(room_membership(room, 1), IPC_MEMBER_JOINING);
	admit(1, "");
	assert_int_equal(room_membership(room, 1), IPC_MEMBER_LIVE);
	assert_int_equal(room->count, 1);
	admit(1, "");
	assert_int_equal(room->count, 1);
	room_leave(room, 2);
	room_leave(room, 1);
	assert_int_equal(room_membership(room, 1), IPC_MEMBER_GONE);
	assert_int_equal(room->count, 0);
}

/* Many come and go; now and then all are asked for. */
static void
test_against_a_list(void **state)
{
	bool is_in[512] = {false};
	uint32_t random = 7, count = 0, i, step;

	(void)state;
	for (step = 0; step < 40000; step++) {
		random = random * 1664525 + 1013904223;
		i = random >> 12 & 511;
		/* By turns it fills and empties. */
		if ((random >> 28) < (step / 4000 % 2 ? 4u : 12u)) {
			admit(i * 977, "");
			count += !is_in[i];
			is_in[i] = true;
		} else {
			room_leave(room, i * 977);
			count -= is_in[i];
			is_in[i] = false;
		}
		assert_int_equal(room->count, count);
		assert_true(room->count * 2 <= room->slot_count);
		if (step % 500 != 0)
			continue;
		for (i = 0; i < 512; i++)
			assert_int_equal(room_membership(room, i * 977),
			    is_in[i] ? IPC_MEMBER_LIVE : IPC_MEMBER_GONE);
		for (i = 0; i < room->count; i++)
			assert_true(is_in[room->members[i].user / 977]);
	}
}

static void
test_bound(void **state)
{
	uint64_t user;

	(void)state;
	for (user = 1; user <= DN_ROOM_MEMBERS_MAX; user++)
		assert_int_equal(room_admit(room, user, tell, context), DN_OK);
	assert_int_equal(room_admit(room, user, tell, context), DN_E_FULL);
	assert_int_equal(room_join(room, user), DN_E_FULL);
	assert_int_equal(room_join(room, 5), DN_OK);
	room_leave(room, 9);
	assert_int_equal(room_join(room, user), DN_OK);
	for (user = 1; room->count > 0; user++)
		room_leave(room, user);
	/* Memory was given back on the way. */
	assert_true(room->slot_count <= 16);
}

static void
test_lines_wait(void **state)
{
	(void)state;
	assert_int_equal(keep("nobody waits"), 0);
	assert_int_equal(room->line_count, 0);
	room_join(room, 1);
	keep("a");
	room_join(room, 2);
	keep("b");
	keep("");
	admit(2, "b|");
	keep("c");
	assert_int_equal(room->line_count, 4);
	admit(1, "a|b||c");
	/* The last of them takes all lines with him. */
	assert_int_equal(room->line_count, 0);
	assert_int_equal(room->line_bytes, 0);
	admit(1, "");
}

static void
test_lines_go_with_those_who_leave(void **state)
{
	(void)state;
	room_join(room, 1);
	room_join(room, 2);
	keep("a");
	room_leave(room, 1);
	assert_int_equal(room->line_count, 1);
	room_join(room, 2);
	assert_int_equal(room->line_count, 0);
	keep("b");
	admit(2, "b");
	room_join(room, 1);
	keep("c");
}

static void
test_lines_are_bounded(void **state)
{
	static char big[DN_JOINING_BYTES_MAX / 4];
	char text[16];
	unsigned i;

	(void)state;
	room_join(room, 1);
	for (i = 0; i < DN_JOINING_COUNT_MAX; i++) {
		snprintf(text, sizeof(text), "%u", i);
		assert_int_equal(keep(text), 0);
	}
	assert_int_equal(keep("x"), 1);
	assert_int_equal(keep("y"), 1);
	assert_int_equal(room->line_count, DN_JOINING_COUNT_MAX);
	told[0] = '\0';
	assert_int_equal(room_admit(room, 1, tell, context), DN_OK);
	assert_memory_equal(told, "2|3|4|", 6);
	assert_string_equal(told + strlen(told) - 8, "|255|x|y");
	room_join(room, 1);
	memset(big, 'x', sizeof(big) - 1);
	for (i = 0; i < 3; i++)
		assert_int_equal(keep(big), 0);
	assert_int_equal(keep(big), 1);
	assert_true(room->line_bytes <= DN_JOINING_BYTES_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_membership),
		TEST(test_against_a_list),
		TEST(test_bound),
		TEST(test_lines_wait),
		TEST(test_lines_go_with_those_who_leave),
		TEST(test_lines_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
