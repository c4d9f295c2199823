/* Links that go, and are taken down, while many users are behind them: those
 * hear of it in slices. */
#include "story.h"

#define SLICE 2

/* Links 10 and 11, and users 1 to 'count' behind 10. */
static void
begin(struct story *s, unsigned count)
{
	char name[16];
	unsigned i;

	story_begin(s, "s1", 1);
	story_configure_slices(s, "s1", "", SLICE);
	story_link(s, 10);
	story_link(s, 11);
	for (i = 1; i <= count; i++) {
		(void)snprintf(name, sizeof(name), "user%u", i);
		story_arrv(s, 10, i, name, 0);
	}
	story_forget(s);
}

static void
is_lost_in_slices(void **state)
{
	struct story s;

	(void)state;
	begin(&s, 5);
	assert_false(core_has_slices(s.core));
	UP(&s, closed, .conn = 10);
	story_expect(&s, "route 1 hold\nwithdraw 11 1\n"
	    "route 2 hold\nwithdraw 11 2\n");
	assert_true(core_has_slices(s.core));
	story_reload(&s);
	/* Deadlines have nothing to do with it. */
	DO(&s, tick, 0);
	story_expect(&s, "");
	DO(&s, slice, 0);
	story_expect(&s, "route 3 hold\nwithdraw 11 3\n"
	    "route 4 hold\nwithdraw 11 4\n");
	DO(&s, slice, 0);
	story_expect(&s, "route 5 hold\nwithdraw 11 5\n");
	assert_false(core_has_slices(s.core));
	DO(&s, slice, 0);
	story_expect(&s, "");
	story_end(&s);
}

/* Whatever happens to a user happens after his link has gone. */
static void
messages_come_after_the_loss(void **state)
{
	struct story s;

	(void)state;
	begin(&s, 6);
	UP(&s, closed, .conn = 10);
	story_forget(&s);
	/* It was further away until the link had gone. */
	story_arrv(&s, 11, 4, "user4", 5);
	story_expect(&s, "route 4 hold\nwithdraw 11 4\n");
	UP(&s, left, .conn = 11, .number = 5);
	/* That acknowledges, so that no way is known any more. */
	story_expect(&s, "route 5 hold\nwithdraw 11 5\n");
	/* A new link hears of none of them that there was a way. */
	story_link(&s, 12);
	assert_null(strstr(s.text, "announce"));
	story_forget(&s);
	story_login(&s, 3, 3, "other");
	story_expect(&s, "route 3 hold\nwithdraw 11 3\n"
	    "deny 3 3 NUMBER\n");
	while (core_has_slices(s.core))
		DO(&s, slice, 0);
	assert_non_null(strstr(s.text, "withdraw 11 6\n"));
	story_end(&s);
}

/* A user of a server that is gone may be back here before it is his turn. */
static void
who_is_gone_is_in_nobodys_way(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	story_configure_slices(&s, "s1", "", SLICE);
	story_link(&s, 10);
	story_arrv(&s, 10, 1, "ann", 0);
	story_arrv(&s, 10, 2, "bob", 0);
	story_arrv(&s, 10, 3, "cid", 0);
	story_arrv(&s, 10, 4, "dan", 0);
	assert_int_equal(core_judge(s.core, 9, S("cid")), DN_REASON_NAME);
	assert_int_equal(core_judge(s.core, 4, S("x")), DN_REASON_NUMBER);
	UP(&s, closed, .conn = 10);
	story_expect(&s, "config text 4096 silence 3000 flags 0\nopen 10\n"
	    "show 1 ann (there) conn 10\nshow 2 bob (there) conn 10\n"
	    "show 3 cid (there) conn 10\nshow 4 dan (there) conn 10\n"
	    "hide 1\nhide 2\n");
	/* Before its secret is looked at, too. */
	assert_int_equal(core_judge(s.core, 9, S("cid")), DN_REASON_COUNT);
	assert_int_equal(core_judge(s.core, 4, S("x")), DN_REASON_COUNT);
	story_login(&s, 5, 9, "cid");
	story_expect(&s, "hide 3\nshow 9 cid (on s1) conn 5\nname 5 9\n");
	story_login(&s, 6, 4, "dan");
	story_expect(&s, "hide 4\nshow 4 dan (on s1) conn 6\nname 6 4\n");
	while (core_has_slices(s.core))
		DO(&s, slice, 0);
	story_expect(&s, "");
	story_end(&s);
}

/* Two links have gone: the second is no way when it is the first one's turn. */
static void
no_way_leads_by_another_lost_link(void **state)
{
	struct story s;

	(void)state;
	begin(&s, 3);
	story_arrv(&s, 11, 3, "user3", 0);
	UP(&s, closed, .conn = 10);
	story_forget(&s);
	UP(&s, closed, .conn = 11);
	assert_null(strstr(s.text, "route 3"));
	story_reload(&s);
	while (core_has_slices(s.core))
		DO(&s, slice, 0);
	assert_null(strstr(s.text, "conn 11"));
	assert_non_null(strstr(s.text, "hide 3\n"));
	story_end(&s);
}

/* Its slot is not another's before the last has heard of it. */
static void
returns_while_it_is_being_lost(void **state)
{
	struct candidate_view candidate;
	struct user_view view;
	const void *user;
	struct story s;

	(void)state;
	begin(&s, 4);
	UP(&s, closed, .conn = 10);
	story_link(&s, 20);
	story_forget(&s);
	story_arrv(&s, 20, 4, "user4", 0);
	/* The loss, then a way that waits for the withdrawal's end. */
	story_expect(&s, "route 4 hold\nwithdraw 11 4\n");
	UP(&s, left, .conn = 11, .number = 4);
	story_wait(&s, 100);
	assert_non_null(strstr(s.text, "route 4 conn 20\n"));
	assert_int_equal(core_find_user(s.core, "3", &user, &view), DN_OK);
	assert_true(core_candidate(s.core, user, 0, &candidate));
	assert_string_equal(candidate.why, "the link has gone");
	while (core_has_slices(s.core))
		DO(&s, slice, 0);
	assert_int_equal(core_find_user(s.core, "4", &user, &view), DN_OK);
	assert_int_equal(view.state, USER_FORWARD);
	story_end(&s);
}

/* It is closed only after the last LEFT, whatever time they take. */
static void
is_taken_down_in_slices(void **state)
{
	struct story s;

	(void)state;
	begin(&s, 5);
	DO(&s, disconnect, .peer = S("10.0.0.11:5000"));
	story_expect(&s, "withdraw 11 1\nwithdraw 11 2\n");
	assert_true(core_has_slices(s.core));
	story_wait(&s, 1000);
	DO(&s, slice, 0);
	story_expect(&s, "withdraw 11 3\nwithdraw 11 4\n");
	story_reload(&s);
	/* Who is new is not told of at all. */
	story_arrv(&s, 10, 6, "user6", 0);
	story_wait(&s, 1000);
	story_expect(&s, "show 6 user6 (there) conn 10\n");
	DO(&s, slice, 0);
	story_expect(&s, "withdraw 11 5\n");
	DO(&s, slice, 0);
	assert_false(core_has_slices(s.core));
	story_wait(&s, 1499);
	story_expect(&s, "");
	story_wait(&s, 1);
	story_expect(&s, "close 11 1000 taken down\n");
	story_end(&s);
}

/* It goes, or dnchatd does, before all have been told. */
static void
ends_in_the_middle(void **state)
{
	struct story s;

	(void)state;
	begin(&s, 5);
	DO(&s, disconnect, .peer = S("10.0.0.11:5000"));
	UP(&s, closed, .conn = 11);
	UP(&s, closed, .conn = 10);
	assert_true(core_has_slices(s.core));
	DO(&s, plane_up, .incarnation = 78);
	assert_false(core_has_slices(s.core));
	story_reload(&s);
	story_forget(&s);
	story_link(&s, 10);
	story_arrv(&s, 10, 1, "user1", 0);
	story_expect(&s, "open 10\nshow 1 user1 (there) conn 10\n");
	DO(&s, shutdown, 0);
	story_wait(&s, 5000);
	assert_false(core_has_slices(s.core));
	story_end(&s);
}

/* Deadlines that come together are met a few at a time. */
static void
deadlines_take_turns(void **state)
{
	struct story s;
	unsigned i;

	(void)state;
	begin(&s, 5);
	for (i = 1; i <= 5; i++) {
		UP(&s, left, .conn = 10, .number = i);
		UP(&s, left, .conn = 11, .number = i);
	}
	/* All hold from now on, and are in the lists. */
	story_forget(&s);
	s.now = core_deadline(s.core);
	story_wait(&s, 0);
	s.now = core_deadline(s.core);
	DO(&s, tick, 0);
	story_expect(&s, "hide 1\nhide 2\n");
	assert_int_equal(core_deadline(s.core), s.now);
	story_reload(&s);
	DO(&s, tick, 0);
	story_expect(&s, "hide 3\nhide 4\n");
	DO(&s, tick, 0);
	story_expect(&s, "hide 5\n");
	story_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_lost_in_slices),
		cmocka_unit_test(messages_come_after_the_loss),
		cmocka_unit_test(who_is_gone_is_in_nobodys_way),
		cmocka_unit_test(no_way_leads_by_another_lost_link),
		cmocka_unit_test(returns_while_it_is_being_lost),
		cmocka_unit_test(is_taken_down_in_slices),
		cmocka_unit_test(ends_in_the_middle),
		cmocka_unit_test(deadlines_take_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
