/*
 * The forwarding table: order, index, cursors, bounds; and against a plain
 * array that holds the same users.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../../dataplane/table.h"

static int
setup(void **state)
{
	*state = table_new(42);
	return *state == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	table_free(*state);
	return 0;
}

static struct table_entry *
show(struct table *table, uint64_t number)
{
	struct table_user user = {.number = number, .conn = number + 1000};
	struct table_entry *entry = NULL;

	assert_int_equal(table_show(table, &user, &entry), DN_OK);
	assert_non_null(entry);
	return entry;
}

static void
hide(struct table *table, uint64_t number)
{
	struct table_entry *entry = table_find(table, number);

	assert_non_null(entry);
	table_hide(table, entry);
	assert_null(table_find(table, number));
}

static void
entry_holds_what_it_was_given(void **state)
{
	struct table *table = *state;
	char name[] = "name";
	struct table_user user = {
		.number = 5, .conn = 6, .state = IPC_HOLD,
		.name = dn_str_of(name), .description = dn_str_of("about"),
		.arrv = dn_str_of("ARRV"), .role = IPC_ROLE_SERVICE,
	};
	struct table_entry *entry;

	assert_int_equal(table_show(table, &user, &entry), DN_OK);
	name[0] = 'x';
	assert_ptr_equal(table_find(table, 5), entry);
	assert_int_equal(entry->number, 5);
	assert_int_equal(entry->conn, 6);
	assert_int_equal(entry->state, IPC_HOLD);
	assert_true(dn_str_eq(table_name(entry), dn_str_of("name")));
	assert_true(dn_str_eq(table_description(entry), dn_str_of("about")));
	assert_true(dn_str_eq(table_arrv(entry), dn_str_of("ARRV")));
	assert_int_equal(entry->role, IPC_ROLE_SERVICE);
	assert_null(entry->room);
	table_route(entry, 8, IPC_FORWARD);
	assert_int_equal(entry->conn, 8);
	assert_int_equal(entry->state, IPC_FORWARD);
	assert_int_equal(table_show(table, &user, NULL), DN_E_EXISTS);
	assert_int_equal(table_count(table), 1);
}

static void
long_strings_are_refused(void **state)
{
	struct table *table = *state;
	char *text = calloc(1, DN_FRAME_CLIENT_BYTES_MAX + 1);
	struct table_user user = {.number = 1};
	struct table_entry *entry;

	user.name = (struct dn_str){text, DN_NAME_BYTES_MAX + 1};
	assert_int_equal(table_show(table, &user, NULL), DN_E_TOO_LONG);
	user.name.size--;
	user.description = (struct dn_str){text, DN_DESCRIPTION_BYTES_MAX + 1};
	assert_int_equal(table_show(table, &user, NULL), DN_E_TOO_LONG);
	user.description.size--;
	user.arrv = (struct dn_str){text, DN_FRAME_CLIENT_BYTES_MAX + 1};
	assert_int_equal(table_show(table, &user, NULL), DN_E_TOO_LONG);
	user.arrv.size--;
	assert_int_equal(table_show(table, &user, &entry), DN_OK);
	assert_int_equal(table_name(entry).size, DN_NAME_BYTES_MAX);
	assert_int_equal(table_description(entry).size,
	    DN_DESCRIPTION_BYTES_MAX);
	free(text);
}

static void
order_is_that_of_showing(void **state)
{
	static const uint64_t left[] = {4, 1, 5, 3};
	struct table *table = *state;
	struct table_entry *entry;
	uint64_t stamp = 0;
	size_t i;

	assert_null(table_oldest(table));
	assert_null(table_after(table, 0));
	assert_int_equal(table_stamp(table), 0);
	for (i = 5; i > 0; i--)
		show(table, i);
	hide(table, 2);
	hide(table, 5);
	hide(table, 3);
	hide(table, 1);
	show(table, 1);
	show(table, 5);
	show(table, 3);
	entry = table_oldest(table);
	for (i = 0; i < 4; i++, entry = entry->newer) {
		assert_int_equal(entry->number, left[i]);
		assert_true(entry->stamp > stamp);
		assert_ptr_equal(table_after(table, stamp), entry);
		stamp = entry->stamp;
	}
	assert_null(entry);
	assert_int_equal(stamp, table_stamp(table));
	assert_null(table_after(table, stamp));
}

static void
assert_walk(struct table_cursor *cursor, const uint64_t *numbers)
{
	for (; *numbers != 0; numbers++) {
		assert_non_null(table_cursor_peek(cursor));
		assert_int_equal(table_cursor_peek(cursor)->number, *numbers);
		table_cursor_advance(cursor);
	}
	assert_null(table_cursor_peek(cursor));
}

static void
cursor_sees_what_there_was(void **state)
{
	struct table *table = *state;
	struct table_cursor cursor = {0}, other = {0}, none = {0};
	uint64_t i;

	table_cursor_deinit(&none);
	table_cursor_init(table, &cursor);
	assert_walk(&cursor, (uint64_t[]){0});
	for (i = 1; i <= 6; i++)
		show(table, i);
	assert_null(table_cursor_peek(&cursor));
	table_cursor_init(table, &cursor);
	table_cursor_init(table, &other);
	table_cursor_init(table, &none);
	show(table, 7);
	assert_false(table_cursor_awaits(&cursor, table_find(table, 7)));
	assert_true(table_cursor_awaits(&cursor, table_find(table, 6)));
	assert_true(table_cursor_awaits(&cursor, table_find(table, 1)));
	table_cursor_advance(&cursor);
	assert_false(table_cursor_awaits(&cursor, table_find(table, 1)));
	assert_true(table_cursor_awaits(&other, table_find(table, 1)));
	/* Those before, at and behind it go; some come back as new ones. */
	hide(table, 1);
	hide(table, 2);
	hide(table, 4);
	show(table, 2);
	table_cursor_deinit(&none);
	assert_walk(&cursor, (uint64_t[]){3, 5, 6, 0});
	assert_walk(&other, (uint64_t[]){3, 5, 6, 0});
	table_cursor_advance(&cursor);
	assert_null(table_cursor_peek(&cursor));
	assert_false(table_cursor_awaits(&cursor, table_find(table, 6)));
	table_cursor_deinit(&cursor);
}

static void
cursor_at_the_last_loses_it(void **state)
{
	struct table *table = *state;
	struct table_cursor cursor, other;

	show(table, 1);
	table_cursor_init(table, &cursor);
	table_cursor_init(table, &other);
	hide(table, 1);
	assert_null(table_cursor_peek(&cursor));
	assert_null(table_cursor_peek(&other));
	show(table, 1);
	assert_null(table_cursor_peek(&cursor));
}

/* Numbers that are alike must not crowd; everything is found all the time. */
static void
random_users_are_found(void **state)
{
	enum { MODEL = 5000 };
	static bool is_shown[MODEL];
	struct table *table = *state;
	struct table_entry *entry;
	unsigned dice = 99;
	size_t step, count = 0, walked, i;
	uint64_t number;

	for (step = 0; step < 60000; step++) {
		dice = dice * 1103515245 + 12345;
		/* Mostly shown at first, mostly hidden at last. */
		i = (dice >> 8) % MODEL;
		number = (uint64_t)(i + 1) << (i % 3 * 20);
		entry = table_find(table, number);
		assert_int_equal(entry != NULL, is_shown[i]);
		if (entry == NULL && (dice >> 4) % 4 != (step > 30000)) {
			assert_int_equal(show(table, number)->number, number);
			is_shown[i] = true;
			count++;
		} else if (entry != NULL && (dice >> 4) % 4 ==
		    (step <= 30000)) {
			table_hide(table, entry);
			is_shown[i] = false;
			count--;
		}
		assert_int_equal(table_count(table), count);
	}
	for (walked = 0, entry = table_oldest(table); entry != NULL;
	    entry = entry->newer)
		walked++;
	assert_int_equal(walked, count);
	while ((entry = table_oldest(table)) != NULL)
		table_hide(table, entry);
	assert_int_equal(table_count(table), 0);
}

static struct table_entry *
show_as(struct table *table, uint64_t number, const char *name)
{
	struct table_user user = {.number = number, .name = dn_str_of(name)};
	struct table_entry *entry = NULL;

	assert_int_equal(table_show(table, &user, &entry), DN_OK);
	return entry;
}

/* How many are called 'name', each of whom is found once. */
static size_t
count_named(const struct table *table, const char *name)
{
	const struct table_entry *entry = NULL;
	uint64_t seen = 0;
	size_t count = 0;

	while ((entry = table_named(table, dn_str_of(name), entry)) != NULL) {
		assert_true(dn_str_eq(table_name(entry), dn_str_of(name)));
		assert_true((seen >> entry->number & 1) == 0);
		seen |= UINT64_C(1) << entry->number;
		count++;
	}
	return count;
}

static void
names_are_found(void **state)
{
	struct table *table = *state;

	assert_null(table_named(table, dn_str_of("ann"), NULL));
	show_as(table, 1, "ann");
	show_as(table, 2, "bob");
	show_as(table, 3, "ann");
	show_as(table, 4, "ann ");
	show_as(table, 5, "");
	show_as(table, 6, "ann");
	assert_int_equal(count_named(table, "ann"), 3);
	assert_int_equal(count_named(table, "bob"), 1);
	assert_int_equal(count_named(table, ""), 1);
	assert_int_equal(count_named(table, "an"), 0);
	hide(table, 3);
	assert_int_equal(count_named(table, "ann"), 2);
	hide(table, 1);
	hide(table, 6);
	assert_int_equal(count_named(table, "ann"), 0);
	assert_int_equal(count_named(table, "ann "), 1);
}

/* As the table grows and shrinks again, everybody is found all the time. */
static void
many_names_are_found(void **state)
{
	enum { MANY = 3000, SAME = 7 };
	struct table *table = *state;
	struct table_entry *entry;
	uint64_t number, other;
	char name[32];
	bool shrinks;

	for (number = 1; number <= 2 * MANY; number++) {
		shrinks = number > MANY;
		if (shrinks) {
			hide(table, number - MANY);
		} else {
			snprintf(name, sizeof(name), "user %llu",
			    (unsigned long long)number / SAME);
			show_as(table, number, name);
		}
		if (number % 97 != 0)
			continue;
		for (other = 1; other <= MANY; other++) {
			snprintf(name, sizeof(name), "user %llu",
			    (unsigned long long)other / SAME);
			entry = NULL;
			do
				entry = table_named(table, dn_str_of(name),
				    entry);
			while (entry != NULL && entry->number != other);
			assert_int_equal(entry != NULL, shrinks ?
			    other > number - MANY : other <= number);
		}
	}
	assert_int_equal(table_count(table), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(entry_holds_what_it_was_given),
		TEST(long_strings_are_refused),
		TEST(order_is_that_of_showing),
		TEST(cursor_sees_what_there_was),
		TEST(cursor_at_the_last_loses_it),
		TEST(random_users_are_found),
		TEST(names_are_found),
		TEST(many_names_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
