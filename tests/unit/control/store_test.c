/* The store on a real file: what is kept, what is not doubled, and bounds. */
#include "store_place.h"

/* ---- accounts ---- */

static void
accounts_are_kept(void **state)
{
	struct store_account account = account_of("ann"), found;
	struct place p;

	(void)state;
	begin(&p);
	assert_int_equal(store_account_get(p.store, "ann", &found),
	    DN_E_UNKNOWN);
	assert_int_equal(store_account_add(p.store, &account), DN_OK);
	assert_int_equal(store_account_add(p.store, &account), DN_E_EXISTS);
	assert_int_equal(store_account_hash(p.store, "ann", "new"), DN_OK);
	assert_int_equal(store_account_lock(p.store, "ann", true), DN_OK);
	assert_int_equal(store_account_seen(p.store, "ann", 77, 12), DN_OK);
	reopen_store(&p);
	assert_int_equal(store_account_get(p.store, "ann", &found), DN_OK);
	assert_string_equal(found.hash, "new");
	assert_true(found.is_locked);
	assert_int_equal(found.number, 77);
	assert_int_equal(found.seen_msec, 12);
	assert_int_equal(found.created_msec, 9);
	assert_true(found.incarnation == UINT64_MAX);
	assert_int_equal(found.seq, 3);
	assert_int_equal(store_account_get(p.store, "Ann", &found),
	    DN_E_UNKNOWN);
	assert_int_equal(store_account_delete(p.store, "ann"), DN_OK);
	assert_int_equal(store_account_delete(p.store, "ann"), DN_E_UNKNOWN);
	assert_int_equal(store_account_hash(p.store, "ann", "x"),
	    DN_E_UNKNOWN);
	end(&p);
}

static void
accounts_are_listed_in_order(void **state)
{
	static const char *const names[] = {"b", "\303\244", "a b", "a"};
	static const char *const order[] = {"a", "a b", "b", "\303\244"};
	struct store_account account;
	struct place p;
	size_t i;

	(void)state;
	begin(&p);
	for (i = 0; i < 4; i++) {
		account = account_of(names[i]);
		assert_int_equal(store_account_add(p.store, &account),
		    DN_OK);
	}
	account.name[0] = '\0';
	for (i = 0; i < 4; i++) {
		char last[sizeof(account.name)];

		memcpy(last, account.name, sizeof(last));
		assert_int_equal(store_account_next(p.store, last, &account),
		    DN_OK);
		assert_string_equal(account.name, order[i]);
	}
	assert_int_equal(store_account_next(p.store, order[3], &account),
	    DN_E_UNKNOWN);
	end(&p);
}

/* ---- rooms ---- */

static void
note_room(void *context, const char *room, uint64_t number,
    const char *account)
{
	char *text = context;

	if (account != NULL)
		sprintf(text + strlen(text), "%s>%s ", account, room);
	else
		sprintf(text + strlen(text), "%s=%ju ", room,
		    (uintmax_t)number);
}

static void
assert_rooms(const struct place *place, const char *expected)
{
	char text[256] = "";

	assert_int_equal(store_rooms(place->store, note_room, text), DN_OK);
	assert_string_equal(text, expected);
}

static void
rooms_and_members_are_kept(void **state)
{
	struct store_account ann = account_of("ann");
	struct place p;

	(void)state;
	begin(&p);
	assert_int_equal(store_account_add(p.store, &ann), DN_OK);
	assert_int_equal(store_room_put(p.store, "den", 5), DN_OK);
	assert_int_equal(store_room_put(p.store, "attic", 6), DN_OK);
	assert_int_equal(store_room_put(p.store, "den", 7), DN_OK);
	assert_int_equal(store_member_put(p.store, "den", "ann"), DN_OK);
	assert_int_equal(store_member_put(p.store, "den", "ann"), DN_OK);
	assert_int_equal(store_member_put(p.store, "attic", "bob"), DN_OK);
	assert_int_equal(store_member_put(p.store, "nowhere", "bob"), DN_OK);
	reopen_store(&p);
	assert_rooms(&p, "den=7 attic=6 bob>attic ann>den ");
	assert_int_equal(store_member_delete(p.store, "attic", "bob"), DN_OK);
	assert_int_equal(store_member_delete(p.store, "attic", "bob"), DN_OK);
	assert_int_equal(store_account_delete(p.store, "ann"), DN_OK);
	assert_rooms(&p, "den=7 attic=6 ");
	assert_int_equal(store_member_put(p.store, "den", "bob"), DN_OK);
	assert_int_equal(store_room_delete(p.store, "den"), DN_OK);
	assert_int_equal(store_room_delete(p.store, "den"), DN_OK);
	assert_rooms(&p, "attic=6 ");
	end(&p);
}

/* ---- lines ---- */

/* Adds lines 'first' to 'last' to 'room' of dnchatd 1; returns those lost. */
static uint64_t
say_lines(struct place *place, const char *room, uint64_t first,
    uint64_t last, uint32_t count_max)
{
	struct store_line line = {.room = S(room), .author = S("ann")};
	uint64_t lost = 0;
	char text[24];

	assert_int_equal(store_lines_begin(place->store, 1, count_max),
	    DN_OK);
	for (; first <= last; first++) {
		snprintf(text, sizeof(text), "%ju", (uintmax_t)first);
		line.seq = first;
		line.time_msec = 1000 + first;
		line.text = S(text);
		assert_int_equal(store_line_add(place->store, &line, &lost),
		    DN_OK);
	}
	assert_int_equal(store_lines_end(place->store), DN_OK);
	return lost;
}

/* The texts of a history, with a blank after each. */
static void
assert_history(const struct place *place, const char *room, uint64_t from,
    uint32_t count, const char *expected)
{
	struct bytes rows = {0};
	struct dn_str author, text;
	uint64_t id, last = from > 0 ? from - 1 : 0;
	char found[4096] = "";
	struct dn_rd rd;

	assert_int_equal(store_history(place->store, room, from, count,
	    1000, &rows), DN_OK);
	for (rd = dn_rd_of(rows.data, rows.size); rd.at < rd.size;) {
		id = dn_rd_uint(&rd, 8);
		assert_true(id > last);
		last = id;
		assert_true(dn_rd_uint(&rd, 8) >= 1000);
		author = dn_rd_str(&rd);
		assert_true(dn_str_eq(author, S("ann")));
		text = dn_rd_str(&rd);
		sprintf(found + strlen(found), "%.*s ", (int)text.size,
		    text.data);
	}
	assert_false(rd.failed);
	bytes_deinit(&rows);
	assert_string_equal(found, expected);
}

static void
lines_are_not_doubled(void **state)
{
	struct place p;

	(void)state;
	begin(&p);
	assert_int_equal(store_room_put(p.store, "den", 5), DN_OK);
	assert_int_equal(say_lines(&p, "den", 1, 3, 100), 0);
	/* Some come again, after a crash. */
	reopen_store(&p);
	assert_int_equal(say_lines(&p, "den", 2, 4, 100), 0);
	assert_history(&p, "den", 0, 10, "1 2 3 4 ");
	assert_history(&p, "den", 0, 2, "3 4 ");
	assert_history(&p, "den", 1, 2, "1 2 ");
	assert_history(&p, "den", 3, 10, "3 4 ");
	assert_history(&p, "attic", 0, 10, "");
	/* A line of no room is lost, and counted; its number counts, too. */
	assert_int_equal(say_lines(&p, "attic", 5, 6, 100), 2);
	assert_int_equal(store_room_put(p.store, "attic", 6), DN_OK);
	assert_int_equal(say_lines(&p, "attic", 5, 7, 100), 0);
	assert_history(&p, "attic", 0, 10, "7 ");
	/* Another dnchatd begins to number anew. */
	assert_int_equal(store_lines_begin(p.store, 2, 100), DN_OK);
	store_lines_drop(p.store);
	assert_int_equal(store_room_delete(p.store, "den"), DN_OK);
	assert_history(&p, "den", 0, 10, "");
	end(&p);
}

static void
lines_that_are_dropped_leave_nothing(void **state)
{
	struct store_line line = {.seq = 9, .room = S("den"),
	    .author = S("ann"), .text = S("9")};
	uint64_t lost = 0;
	struct place p;

	(void)state;
	begin(&p);
	assert_int_equal(store_room_put(p.store, "den", 5), DN_OK);
	assert_int_equal(store_lines_begin(p.store, 1, 100), DN_OK);
	assert_int_equal(store_line_add(p.store, &line, &lost), DN_OK);
	store_lines_drop(p.store);
	assert_int_equal(say_lines(&p, "den", 8, 9, 100), 0);
	assert_history(&p, "den", 0, 10, "8 9 ");
	end(&p);
}

static void
rooms_keep_so_many_lines(void **state)
{
	struct place p;

	(void)state;
	begin(&p);
	assert_int_equal(store_room_put(p.store, "den", 5), DN_OK);
	assert_int_equal(store_room_put(p.store, "attic", 6), DN_OK);
	(void)say_lines(&p, "attic", 1, 3, 10);
	(void)say_lines(&p, "den", 4, 3 + 10 + STORE_PRUNE_COUNT - 1, 10);
	assert_history(&p, "den", 0, 1, "268 ");
	assert_history(&p, "den", 5, 2, "5 6 ");
	/* One more is too many. */
	(void)say_lines(&p, "den", 269, 269, 10);
	assert_history(&p, "den", 0, 1000,
	    "260 261 262 263 264 265 266 267 268 269 ");
	assert_history(&p, "attic", 0, 10, "1 2 3 ");
	end(&p);
}

static void
old_lines_expire(void **state)
{
	struct place p;
	bool more;

	(void)state;
	begin(&p);
	assert_int_equal(store_room_put(p.store, "den", 5), DN_OK);
	(void)say_lines(&p, "den", 1, STORE_PRUNE_COUNT + 9, 100000);
	assert_int_equal(store_lines_expire(p.store,
	    1000 + STORE_PRUNE_COUNT + 8, &more), DN_OK);
	assert_true(more);
	assert_int_equal(store_lines_expire(p.store,
	    1000 + STORE_PRUNE_COUNT + 8, &more), DN_OK);
	assert_false(more);
	assert_history(&p, "den", 0, 1000, "264 265 ");
	/* The count has followed: none is pruned early. */
	(void)say_lines(&p, "den", 266, 267, 3);
	assert_history(&p, "den", 0, 1000, "264 265 266 267 ");
	end(&p);
}

/* An event has to hold it: the oldest lines give way. */
static void
a_history_is_bounded_in_bytes(void **state)
{
	static char text[60000];
	struct store_line line = {.room = S("den"), .author = S("ann"),
	    .text = {text, sizeof(text)}, .time_msec = 2000};
	struct bytes rows = {0};
	uint64_t lost = 0;
	struct place p;
	struct dn_rd rd;

	(void)state;
	begin(&p);
	memset(text, 'x', sizeof(text));
	assert_int_equal(store_room_put(p.store, "den", 5), DN_OK);
	assert_int_equal(store_lines_begin(p.store, 1, 100), DN_OK);
	for (line.seq = 1; line.seq <= 20; line.seq++)
		assert_int_equal(store_line_add(p.store, &line, &lost),
		    DN_OK);
	assert_int_equal(store_lines_end(p.store), DN_OK);
	assert_int_equal(store_history(p.store, "den", 0, 100, 0, &rows),
	    DN_OK);
	assert_true(rows.size <= STORE_HISTORY_BYTES_MAX);
	rd = dn_rd_of(rows.data, rows.size);
	assert_int_equal(dn_rd_uint(&rd, 8), 13);
	bytes_deinit(&rows);
	end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accounts_are_kept),
		cmocka_unit_test(accounts_are_listed_in_order),
		cmocka_unit_test(rooms_and_members_are_kept),
		cmocka_unit_test(lines_are_not_doubled),
		cmocka_unit_test(lines_that_are_dropped_leave_nothing),
		cmocka_unit_test(rooms_keep_so_many_lines),
		cmocka_unit_test(old_lines_expire),
		cmocka_unit_test(a_history_is_bounded_in_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
