/* Who is shown, where messages for him go, and what he is called: stories of
 * ARRVs and LEFTs. T0 is 100 ms, so the list time is 400 ms. */
#include "story.h"

#include "../../../control/user.h"

static void
begin_with_links(struct story *s, unsigned count)
{
	unsigned i;

	story_begin(s, "s1", 1);
	for (i = 0; i < count; i++)
		story_link(s, 10 + i);
	story_forget(s);
}

static void
remote_user_comes_and_goes(void **state)
{
	struct story s;

	(void)state;
	begin_with_links(&s, 2);
	story_arrv(&s, 10, 5, "ann", 0);
	story_expect(&s, "announce 11 5 ann (there) 1\n"
	    "show 5 ann (there) conn 10\n");
	/* A repetition is no news. */
	story_arrv(&s, 10, 5, "ann", 0);
	story_expect(&s, "");
	/* Only the hop count changes: clients see nothing. */
	story_arrv(&s, 11, 5, "ann", 0);
	story_expect(&s, "");
	story_end(&s);
}

/* routing.md section 6: hidden after the hold and 4 x T0. */
static void
lost_user_is_hidden_after_the_list_time(void **state)
{
	struct story s;

	(void)state;
	begin_with_links(&s, 2);
	story_arrv(&s, 10, 5, "ann", 0);
	story_forget(&s);
	UP(&s, left, .conn = 10, .number = 5);
	story_expect(&s, "route 5 hold\nwithdraw 11 5\n");
	UP(&s, left, .conn = 11, .number = 5);
	story_expect(&s, "withdraw 10 5\n");
	story_wait(&s, 100 + 399);
	story_expect(&s, "");
	story_wait(&s, 1);
	story_expect(&s, "hide 5\n");
	/* Nothing is left of him. */
	story_wait(&s, 10000);
	story_expect(&s, "");
	assert_true(core_deadline(s.core) == UINT64_MAX);
	story_end(&s);
}

/* The only neighbour may be about to find another way: no flicker then. */
static void
single_link_waits_for_its_neighbour(void **state)
{
	struct story s;

	(void)state;
	begin_with_links(&s, 1);
	story_arrv(&s, 10, 5, "ann", 3);
	story_forget(&s);
	UP(&s, left, .conn = 10, .number = 5);
	story_expect(&s, "route 5 hold\nwithdraw 10 5\n");
	story_wait(&s, 100 + 399);
	story_expect(&s, "");
	story_arrv(&s, 10, 5, "ann", 4);
	story_expect(&s, "route 5 conn 10\n");
	UP(&s, left, .conn = 10, .number = 5);
	story_forget(&s);
	story_wait(&s, 200 + 400);
	story_expect(&s, "hide 5\n");
	story_end(&s);
}

/* One of other origin has no way left when it says so. */
static void
single_foreign_link_hides_at_once(void **state)
{
	struct story s;

	(void)state;
	begin_with_links(&s, 0);
	UP(&s, srvr, .conn = 10, .source = S("10.0.0.10:5000"));
	story_arrv(&s, 10, 5, "ann", 3);
	story_forget(&s);
	/* More hops without a LEFT are a longer way, not the end of it. */
	story_arrv(&s, 10, 5, "ann", 7);
	story_expect(&s, "route 5 hold\n");
	story_wait(&s, 500);
	story_expect(&s, "route 5 conn 10\n");
	UP(&s, left, .conn = 10, .number = 5);
	story_expect(&s, "hide 5\n");
	story_end(&s);
}

/* With two links, but all but the one of the loss gone. */
static void
link_down_hides_at_once_without_another(void **state)
{
	struct story s;

	(void)state;
	begin_with_links(&s, 2);
	story_arrv(&s, 10, 5, "ann", 0);
	UP(&s, closed, .conn = 11);
	story_forget(&s);
	UP(&s, closed, .conn = 10, .code = 1006);
	story_expect(&s, "hide 5\n");
	story_end(&s);
}

/* Any part of what goes down may be the last for a while: the way changes
 * before a neighbour hears of it, who may build on that. */
static void
way_is_given_up_before_neighbours_hear_of_it(void **state)
{
	struct story s;

	(void)state;
	begin_with_links(&s, 2);
	story_arrv(&s, 10, 5, "ann", 1);
	story_arrv(&s, 11, 5, "ann", 0);
	story_expect(&s, "announce 11 5 ann (there) 2\n"
	    "show 5 ann (there) conn 10\n"
	    "route 5 conn 11\nannounce 10 5 ann (there) 1\n"
	    "announce 11 5 ann (there) 1\n");
	UP(&s, left, .conn = 11, .number = 5);
	story_expect(&s, "route 5 hold\n"
	    "withdraw 10 5\nwithdraw 11 5\n");
	story_end(&s);
}

static void
other_way_is_taken_at_once_if_as_near(void **state)
{
	struct story s;

	(void)state;
	begin_with_links(&s, 3);
	story_arrv(&s, 10, 5, "ann", 1);
	story_arrv(&s, 11, 5, "ann", 1);
	story_expect(&s, "announce 11 5 ann (there) 2\n"
	    "announce 12 5 ann (there) 2\n"
	    "show 5 ann (there) conn 10\n");
	/* 10 was the next hop and is told now; then the acknowledgement, which
	 * repeats what it knows. */
	UP(&s, left, .conn = 10, .number = 5);
	story_expect(&s, "route 5 conn 11\nannounce 10 5 ann (there) 2\n"
	    "announce 10 5 ann (there) 2\n");
	UP(&s, closed, .conn = 11);
	story_expect(&s, "route 5 hold\nwithdraw 10 5\nwithdraw 12 5\n");
	story_end(&s);
}

/* A longer way is taken after the withdrawal and the hold; clients see
 * nothing of it. */
static void
longer_way_is_taken_after_the_hold(void **state)
{
	struct story s;

	(void)state;
	begin_with_links(&s, 2);
	story_arrv(&s, 10, 5, "ann", 0);
	story_arrv(&s, 11, 5, "ann", 4);
	story_forget(&s);
	UP(&s, left, .conn = 10, .number = 5);
	story_expect(&s, "route 5 hold\nwithdraw 11 5\n");
	/* Its acknowledgement repeats what it said. */
	story_arrv(&s, 11, 5, "ann", 4);
	story_expect(&s, "withdraw 10 5\n");
	story_wait(&s, 99);
	story_expect(&s, "");
	story_wait(&s, 1);
	story_expect(&s, "announce 10 5 ann (there) 5\nroute 5 conn 11\n");
	story_wait(&s, 10000);
	story_expect(&s, "");
	story_end(&s);
}

/* The hold doubles with each strike, to 2 s, and is forgotten after 5 s. */
static void
strikes_lengthen_the_hold(void **state)
{
	static const unsigned lengths[] = {100, 200, 400, 800, 1600, 2000,
	    2000};
	struct story s;
	size_t i;

	(void)state;
	begin_with_links(&s, 2);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		story_arrv(&s, 10, 5, "ann", 0);
		story_forget(&s);
		UP(&s, left, .conn = 10, .number = 5);
		UP(&s, left, .conn = 11, .number = 5);
		story_arrv(&s, 10, 5, "ann", 0);
		story_forget(&s);
		story_wait(&s, lengths[i] - 1);
		story_expect(&s, "");
		story_wait(&s, 1);
		story_expect(&s, "announce 11 5 ann (there) 1\n"
		    "route 5 conn 10\n");
	}
	story_wait(&s, 5000);
	UP(&s, left, .conn = 10, .number = 5);
	UP(&s, left, .conn = 11, .number = 5);
	story_arrv(&s, 10, 5, "ann", 0);
	story_forget(&s);
	story_wait(&s, 100);
	story_expect(&s, "announce 11 5 ann (there) 1\nroute 5 conn 10\n");
	story_end(&s);
}

static void
round_trip_lengthens_the_hold(void **state)
{
	struct core_status status;
	struct story s;

	(void)state;
	begin_with_links(&s, 2);
	core_status(s.core, &status);
	assert_int_equal(status.hold_msec, 100);
	UP(&s, rtt, .conn = 10, .usec = 200000);
	core_status(s.core, &status);
	assert_int_equal(status.hold_msec, 300);
	UP(&s, rtt, .conn = 11, .usec = 5000000);
	core_status(s.core, &status);
	assert_int_equal(status.hold_msec, 2000);
	UP(&s, closed, .conn = 11);
	UP(&s, srvr, .conn = 12, .source = S("10.0.0.9:1"));
	core_status(s.core, &status);
	assert_int_equal(status.hold_msec, 500);
	story_end(&s);
}

/* Two holders of a number: local wins; the other's name is kept aside. */
static void
number_of_two_users(void **state)
{
	struct user_view view;
	const void *user;
	struct story s;

	(void)state;
	begin_with_links(&s, 2);
	story_login(&s, 1, 5, "ann");
	story_forget(&s);
	story_arrv(&s, 10, 5, "eve", 0);
	assert_true(story_noticed(&s, "number_disputed"));
	story_expect(&s, "");
	assert_int_equal(core_find_user(s.core, "5", &user, &view), DN_OK);
	assert_true(view.disputed && view.local);
	/* Ours goes; the other one is somebody else: LEFT, then ARRV. */
	UP(&s, closed, .conn = 1);
	story_expect(&s, "withdraw 10 5\nwithdraw 11 5\nhide 5\n");
	UP(&s, left, .conn = 11, .number = 5);
	story_arrv(&s, 10, 5, "eve", 0);
	story_wait(&s, 100);
	story_expect(&s, "announce 11 5 eve (there) 1\n"
	    "show 5 eve (there) conn 10\n");
	story_end(&s);
}

/* The nearest says who he is; another is LEFT and ARRV for clients. */
static void
nearest_of_two_remote_holders(void **state)
{
	struct story s;

	(void)state;
	begin_with_links(&s, 3);
	story_arrv(&s, 10, 5, "ann", 2);
	story_forget(&s);
	story_arrv(&s, 11, 5, "eve", 1);
	story_expect(&s, "hide 5\nannounce 10 5 eve (there) 2\n"
	    "announce 11 5 eve (there) 2\nannounce 12 5 eve (there) 2\n"
	    "show 5 eve (there) conn 11\n");
	/* And back, when that one is gone. */
	UP(&s, closed, .conn = 11);
	story_forget(&s);
	UP(&s, left, .conn = 12, .number = 5);
	story_arrv(&s, 10, 5, "ann", 2);
	story_expect(&s, "");
	story_wait(&s, 100);
	story_expect(&s, "announce 12 5 ann (there) 3\n"
	    "hide 5\nshow 5 ann (there) conn 10\n");
	story_end(&s);
}

static void
renamed_on_the_same_link(void **state)
{
	struct story s;

	(void)state;
	begin_with_links(&s, 1);
	story_arrv(&s, 10, 5, "ann", 0);
	story_forget(&s);
	story_arrv(&s, 10, 5, "anna", 0);
	story_expect(&s, "hide 5\nshow 5 anna (there) conn 10\n");
	story_end(&s);
}

/* Neighbours can't be told by a second ARRV of the same distance, which they
 * would take for an acknowledgement: it takes a withdrawal. */
static void
renamed_by_a_foreign_peer(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	UP(&s, srvr, .conn = 20, .source = S("10.0.0.20:1"));
	story_link(&s, 10);
	story_arrv(&s, 20, 5, "ann", 0);
	story_forget(&s);
	story_arrv(&s, 20, 5, "anna", 0);
	story_expect(&s, "route 5 hold\nwithdraw 10 5\n");
	UP(&s, left, .conn = 10, .number = 5);
	story_wait(&s, 500);
	story_expect(&s, "announce 10 5 anna (there) 1\n"
	    "hide 5\nshow 5 anna (there) conn 20\n");
	story_end(&s);
}

/* As near, but somebody else: our neighbours would keep the wrong name. */
static void
other_holder_as_near_takes_a_withdrawal(void **state)
{
	struct story s;

	(void)state;
	begin_with_links(&s, 3);
	story_arrv(&s, 10, 5, "ann", 1);
	story_arrv(&s, 11, 5, "eve", 1);
	story_forget(&s);
	UP(&s, closed, .conn = 10);
	story_expect(&s, "route 5 hold\nwithdraw 11 5\nwithdraw 12 5\n");
	UP(&s, left, .conn = 12, .number = 5);
	story_arrv(&s, 11, 5, "eve", 1);
	story_wait(&s, 100);
	story_expect(&s, "announce 12 5 eve (there) 2\n"
	    "hide 5\nshow 5 eve (there) conn 11\n");
	story_end(&s);
}

static void
names_of_two_users(void **state)
{
	struct user_view view;
	const void *user;
	struct story s;

	(void)state;
	begin_with_links(&s, 1);
	story_login(&s, 1, 5, "ann");
	story_arrv(&s, 10, 6, "ann", 0);
	assert_true(story_noticed(&s, "name_doubled"));
	assert_int_equal(core_find_user(s.core, "ann", &user, &view),
	    DN_E_EXISTS);
	assert_int_equal(core_find_user(s.core, "6", &user, &view), DN_OK);
	assert_true(view.doubled && view.shown && !view.local);
	assert_string_equal(view.via, "10.0.0.10:5000");
	assert_int_equal(view.hops, 1);
	assert_int_equal(core_find_user(s.core, "bob", &user, &view),
	    DN_E_UNKNOWN);
	UP(&s, closed, .conn = 1);
	assert_int_equal(core_find_user(s.core, "ann", &user, &view), DN_OK);
	assert_false(view.doubled);
	assert_int_equal(view.number, 6);
	story_end(&s);
}

/* The protocol's 16: foreign peers are told nothing beyond, and what they
 * say beyond is no way. */
static void
sixteen_hops(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	story_link(&s, 10);
	UP(&s, srvr, .conn = 20, .source = S("10.0.0.20:1"));
	story_expect(&s, "open 10\nopen 20 foreign\n");
	story_arrv(&s, 10, 5, "ann", 14);
	story_expect(&s, "announce 20 5 ann (there) 15\n"
	    "show 5 ann (there) conn 10\n");
	story_arrv(&s, 10, 6, "bob", 15);
	story_expect(&s, "show 6 bob (there) conn 10\n");
	story_arrv(&s, 20, 7, "cid", 16);
	story_expect(&s, "");
	story_arrv(&s, 20, 7, "cid", 15);
	story_expect(&s, "announce 10 7 cid (there) 16\n"
	    "show 7 cid (there) conn 20\n");
	/* Ours may count further, up to max-hops. */
	story_arrv(&s, 10, 8, "dan", 254);
	story_expect(&s, "show 8 dan (there) conn 10\n");
	story_arrv(&s, 10, 9, "eva", 255);
	story_arrv(&s, 10, 11, "far", UINT32_MAX);
	story_expect(&s, "");
	story_end(&s);
}

static void
foreign_peers_are_not_waited_for(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	UP(&s, srvr, .conn = 20, .source = S("10.0.0.20:1"));
	UP(&s, srvr, .conn = 21, .source = S("10.0.0.21:1"));
	story_forget(&s);
	story_arrv(&s, 20, 5, "ann", 0);
	story_expect(&s, "announce 21 5 ann (there) 1\n"
	    "show 5 ann (there) conn 20\n");
	/* No answer to a LEFT, none awaited. */
	UP(&s, left, .conn = 20, .number = 5);
	story_expect(&s, "route 5 hold\nwithdraw 21 5\n");
	/* 500 ms instead of T0, and the list time of that. */
	story_wait(&s, 500 + 2000 - 1);
	story_expect(&s, "");
	story_wait(&s, 1);
	story_expect(&s, "hide 5\n");
	/* A LEFT of a user of ours is answered by saying it again. */
	story_login(&s, 1, 6, "bob");
	story_forget(&s);
	story_arrv(&s, 20, 6, "bob", 3);
	UP(&s, left, .conn = 20, .number = 6);
	story_expect(&s, "announce 20 6 bob (on s1) 0\n");
	UP(&s, left, .conn = 20, .number = 6);
	story_expect(&s, "");
	story_end(&s);
}

/* What `show route` says. */
static void
candidates_are_explained(void **state)
{
	struct candidate_view view;
	struct user_view user_view;
	const void *user;
	struct story s;

	(void)state;
	begin_with_links(&s, 4);
	story_arrv(&s, 10, 5, "ann", 3);
	story_arrv(&s, 11, 5, "ann", 1);
	story_arrv(&s, 12, 5, "ann", 1);
	assert_int_equal(core_find_user(s.core, "ann", &user, &user_view),
	    DN_OK);
	assert_int_equal(user_view.state, USER_FORWARD);
	assert_true(core_candidate(s.core, user, 0, &view));
	assert_string_equal(view.why, "further than the way in use");
	assert_true(view.told && !view.chosen);
	assert_true(core_candidate(s.core, user, 1, &view));
	assert_string_equal(view.why, "the nearest");
	assert_true(view.chosen);
	assert_string_equal(view.peer, "10.0.0.11:5000");
	assert_true(core_candidate(s.core, user, 2, &view));
	assert_string_equal(view.why, "no nearer than the way in use");
	assert_true(core_candidate(s.core, user, 3, &view));
	assert_string_equal(view.why, "not announced by it");
	assert_int_equal(view.hops, DN_HOPS_INFINITY);
	assert_false(core_candidate(s.core, user, 4, &view));
	UP(&s, left, .conn = 12, .number = 5);
	UP(&s, left, .conn = 11, .number = 5);
	assert_int_equal(core_find_user(s.core, "ann", &user, &user_view),
	    DN_OK);
	assert_int_equal(user_view.state, USER_ACTIVE);
	assert_true(core_candidate(s.core, user, 0, &view));
	assert_true(view.waiting);
	assert_true(core_candidate(s.core, user, 1, &view));
	assert_true(view.owing);
	story_end(&s);
}

/* What glibc takes for 'size' bytes. */
static size_t
taken(size_t size)
{
	size = (size + sizeof(size_t) + 15) / 16 * 16;
	return size < 32 ? 32 : size;
}

/* At most 300 bytes for a user on four links, whose name and description
 * have 40 together; measured with 200,000 of them: 261. */
static void
record_is_small(void **state)
{
	size_t buckets = sizeof(UT_hash_bucket) + sizeof(struct user *) * 2;

	(void)state;
	assert_int_equal(sizeof(struct route_link), 4);
	assert_true(taken(sizeof(struct user)) +
	    taken(4 * sizeof(struct route_link)) +
	    taken(sizeof(struct text) + 40) + buckets <= 300);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(remote_user_comes_and_goes),
		cmocka_unit_test(lost_user_is_hidden_after_the_list_time),
		cmocka_unit_test(single_link_waits_for_its_neighbour),
		cmocka_unit_test(single_foreign_link_hides_at_once),
		cmocka_unit_test(link_down_hides_at_once_without_another),
		cmocka_unit_test(way_is_given_up_before_neighbours_hear_of_it),
		cmocka_unit_test(other_way_is_taken_at_once_if_as_near),
		cmocka_unit_test(longer_way_is_taken_after_the_hold),
		cmocka_unit_test(strikes_lengthen_the_hold),
		cmocka_unit_test(round_trip_lengthens_the_hold),
		cmocka_unit_test(number_of_two_users),
		cmocka_unit_test(nearest_of_two_remote_holders),
		cmocka_unit_test(renamed_on_the_same_link),
		cmocka_unit_test(renamed_by_a_foreign_peer),
		cmocka_unit_test(other_holder_as_near_takes_a_withdrawal),
		cmocka_unit_test(names_of_two_users),
		cmocka_unit_test(sixteen_hops),
		cmocka_unit_test(foreign_peers_are_not_waited_for),
		cmocka_unit_test(candidates_are_explained),
		cmocka_unit_test(record_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
