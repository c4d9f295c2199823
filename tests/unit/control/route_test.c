/*
 * control/route.c, rule by rule. What whole networks do is tried in
 * route_random_test.c and by `make explore`; that simpler rules fail, by
 * `make mutants`. Links that come late or drain, shutdown and peers of other
 * origin: route_links_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "route_fixture.h"

/* The way was lost, and the withdrawal has ended. */
static void
begin_holding(void)
{
	begin_behind_0();
	route_left(&route, &node, 0);
	route_left(&route, &node, 1);
	route_left(&route, &node, 2);
	assert_passive();
	assert_true(route.hold);
	sent[0] = '\0';
}

static void
test_nothing_known(void **state)
{
	(void)state;
	assert_passive();
	assert_true(route_is_empty(&route));
	assert_sent("");
}

static void
test_user_of_ours(void **state)
{
	(void)state;
	route_local(&route, &node, true);
	assert_route(ROUTE_SELF, 0);
	assert_sent("0:0 1:0 2:0 ");
	assert_false(route_is_empty(&route));
	/* A link that comes later is told; a way elsewhere is of no use. */
	route_link_up(&route, &node, 3);
	assert_sent("3:0 ");
	assert_true(route_arrv(&route, &node, 1, 0));
	assert_route(ROUTE_SELF, 0);
	assert_sent("");
}

static void
test_next_hop_is_not_told(void **state)
{
	(void)state;
	begin_behind_0();
	assert_false(links[0].flags & ROUTE_TOLD);
	assert_true(links[1].flags & ROUTE_TOLD);
}

static void
test_who_was_told_goes_on_being_told(void **state)
{
	(void)state;
	route_arrv(&route, &node, 0, 5);
	assert_sent("1:6 2:6 ");
	/* 1 becomes the next hop: it knows our 6, so it hears of 3, too. */
	route_arrv(&route, &node, 1, 2);
	assert_route(1, 3);
	assert_sent("0:3 1:3 2:3 ");
}

static void
test_tie_keeps_the_next_hop(void **state)
{
	(void)state;
	route_arrv(&route, &node, 2, 4);
	sent[0] = '\0';
	route_arrv(&route, &node, 1, 4);
	assert_route(2, 5);
	assert_sent("");
}

static void
test_worse_offer_is_only_noted(void **state)
{
	(void)state;
	begin_behind_0();
	assert_true(route_arrv(&route, &node, 2, 7));
	assert_route(0, 1);
	assert_int_equal(links[2].hops, 7);
	assert_sent("");
}

static void
test_equal_way_costs_only_an_acknowledgement(void **state)
{
	(void)state;
	begin_behind_0();
	route_arrv(&route, &node, 1, 0);
	/* 0 was not told: the acknowledgement comes after it has been. */
	assert_true(route_left(&route, &node, 0));
	assert_route(1, 1);
	assert_sent("0:1 0:1 ");
	assert_int_equal(route.wait_count, 0);
}

/* Rule 1: the neighbour's distance rose, and none is closer than ours. */
static void
test_rise_of_the_next_hop(void **state)
{
	(void)state;
	begin_behind_0();
	route_arrv(&route, &node, 1, 1);
	assert_sent("");
	assert_true(route_arrv(&route, &node, 0, 1));
	assert_route(ROUTE_NONE, ROUTE_INFINITY);
	assert_int_equal(route.wait_count, 2);
	assert_sent("1:LEFT 2:LEFT ");
}

/* Rules 2 and 4. */
static void
test_withdrawal(void **state)
{
	(void)state;
	begin_behind_0();
	assert_true(route_left(&route, &node, 0));
	assert_route(ROUTE_NONE, ROUTE_INFINITY);
	assert_int_equal(route.wait_count, 2);
	assert_sent("1:LEFT 2:LEFT ");
	assert_false(route.hold);
	/* One acknowledges by LEFT, the other by the ARRV it sent before. */
	assert_false(route_left(&route, &node, 1));
	assert_sent("");
	assert_true(route_arrv(&route, &node, 2, 3));
	assert_int_equal(route.wait_count, 1);
	assert_sent("");
	assert_false(route_arrv(&route, &node, 2, 3));
	assert_passive();
	assert_sent("0:LEFT ");
	/* Rule 5. */
	assert_true(route.hold);
	assert_int_equal(route.withdrawals, 1);
	route_hold_over(&route, &node);
	assert_route(2, 4);
	assert_sent("0:4 1:4 ");
}

static void
test_left_while_withdrawing_is_answered_at_once(void **state)
{
	(void)state;
	begin_behind_0();
	route_arrv(&route, &node, 1, 8);
	route_left(&route, &node, 0);
	assert_sent("1:LEFT 2:LEFT ");
	assert_true(route_left(&route, &node, 1));
	assert_sent("1:LEFT ");
	/* It was not the acknowledgement of ours. */
	assert_int_equal(route.wait_count, 2);
}

static void
test_left_that_changes_nothing_is_not_answered(void **state)
{
	(void)state;
	begin_behind_0();
	assert_false(route_left(&route, &node, 2));
	assert_sent("");
	assert_false(route_arrv(&route, &node, 0, 0));
	assert_sent("");
	assert_route(0, 1);
}

static void
test_left_of_another_is_acknowledged_by_our_arrv(void **state)
{
	(void)state;
	begin_behind_0();
	route_arrv(&route, &node, 2, 5);
	assert_true(route_left(&route, &node, 2));
	assert_route(0, 1);
	assert_sent("2:1 ");
}

static void
test_user_arrives_while_withdrawing(void **state)
{
	(void)state;
	begin_behind_0();
	route_left(&route, &node, 0);
	sent[0] = '\0';
	route_local(&route, &node, true);
	assert_sent("");
	assert_int_equal(route.wait_count, 2);
	route_left(&route, &node, 1);
	assert_sent("");
	route_left(&route, &node, 2);
	/* The debt first, then the news. */
	assert_route(ROUTE_SELF, 0);
	assert_sent("0:LEFT 0:0 1:0 2:0 ");
	assert_true(route.hold);
}

static void
test_user_leaves(void **state)
{
	(void)state;
	route_local(&route, &node, true);
	route_arrv(&route, &node, 1, 3);
	sent[0] = '\0';
	route_local(&route, &node, false);
	assert_route(ROUTE_NONE, ROUTE_INFINITY);
	assert_sent("0:LEFT 1:LEFT 2:LEFT ");
	assert_int_equal(route.wait_count, 3);
}

static void
test_no_way_while_holding(void **state)
{
	(void)state;
	begin_holding();
	assert_true(route_arrv(&route, &node, 1, 0));
	assert_passive();
	assert_sent("");
	/* What is owed is acknowledged all the same. */
	assert_true(route_left(&route, &node, 1));
	assert_sent("1:LEFT ");
	/* Nor does holding keep a user of ours waiting. */
	route_local(&route, &node, true);
	assert_sent("0:0 1:0 2:0 ");
}

static void
test_withdrawals_are_counted_round(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 257; i++) {
		route_local(&route, &node, true);
		route_local(&route, &node, false);
		assert_false(route_left(&route, &node, 0));
		assert_false(route_left(&route, &node, 1));
		assert_false(route_left(&route, &node, 2));
		sent[0] = '\0';
	}
	assert_int_equal(route.withdrawals, 1);
	route_hold_over(&route, &node);
	assert_true(route_is_empty(&route));
}

static void
test_link_of_the_next_hop_breaks(void **state)
{
	(void)state;
	begin_behind_0();
	route_link_down(&route, &node, 0);
	assert_sent("1:LEFT 2:LEFT ");
	assert_int_equal(route.wait_count, 2);
	assert_int_equal(links[0].flags, 0);
}

static void
test_link_of_the_next_hop_breaks_beside_an_equal(void **state)
{
	(void)state;
	begin_behind_0();
	route_arrv(&route, &node, 2, 0);
	route_link_down(&route, &node, 0);
	assert_route(2, 1);
	assert_sent("");
}

static void
test_break_acknowledges(void **state)
{
	(void)state;
	begin_behind_0();
	route_left(&route, &node, 0);
	route_left(&route, &node, 1);
	sent[0] = '\0';
	route_link_down(&route, &node, 2);
	assert_passive();
	assert_true(route.hold);
	assert_sent("0:LEFT ");
}

static void
test_break_cancels_a_debt(void **state)
{
	(void)state;
	begin_behind_0();
	route_left(&route, &node, 0);
	route_link_down(&route, &node, 0);
	sent[0] = '\0';
	route_left(&route, &node, 1);
	route_left(&route, &node, 2);
	assert_passive();
	assert_sent("");
}

static void
test_too_many_hops(void **state)
{
	(void)state;
	node.hops_max = 20;
	assert_true(route_arrv(&route, &node, 0, 20));
	assert_passive();
	/* Stored as it is, so that a repetition is known. */
	assert_false(route_arrv(&route, &node, 0, 20));
	assert_true(route_arrv(&route, &node, 1, 19));
	assert_route(1, 20);
	assert_sent("0:20 2:20 ");
}

static void
test_largest_hop_count_is_no_left(void **state)
{
	(void)state;
	assert_true(route_arrv(&route, &node, 0, UINT16_MAX));
	assert_passive();
	assert_false(route_is_empty(&route));
	assert_false(route_arrv(&route, &node, 0, UINT16_MAX));
	assert_true(route_left(&route, &node, 0));
	assert_sent("0:LEFT ");
	assert_true(route_is_empty(&route));
}

static void
test_empty_record(void **state)
{
	(void)state;
	begin_holding();
	assert_false(route_is_empty(&route));
	route_hold_over(&route, &node);
	assert_true(route_is_empty(&route));
	route_arrv(&route, &node, 0, 0);
	route_link_drain(&route, &node, 1);
	route_link_down(&route, &node, 0);
	route_left(&route, &node, 2);
	/* Only the drain's LEFT is not acknowledged yet. */
	assert_int_equal(route.wait_count, 1);
	assert_false(route_is_empty(&route));
	route_left(&route, &node, 1);
	route_hold_over(&route, &node);
	assert_true(route_is_empty(&route));
}

static void
test_growth(void **state)
{
	struct route_link more[2 * LINKS];

	(void)state;
	begin_behind_0();
	memcpy(more, links, sizeof(links));
	route_grow(&route, more, 2 * LINKS);
	route_link_up(&route, &node, 2 * LINKS - 1);
	assert_sent("7:1 ");
	assert_route(0, 1);
	assert_int_equal(more[LINKS].hops, ROUTE_INFINITY);
	assert_int_equal(more[LINKS].flags, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_known),
		TEST(test_user_of_ours),
		TEST(test_next_hop_is_not_told),
		TEST(test_who_was_told_goes_on_being_told),
		TEST(test_tie_keeps_the_next_hop),
		TEST(test_worse_offer_is_only_noted),
		TEST(test_equal_way_costs_only_an_acknowledgement),
		TEST(test_rise_of_the_next_hop),
		TEST(test_withdrawal),
		TEST(test_left_while_withdrawing_is_answered_at_once),
		TEST(test_left_that_changes_nothing_is_not_answered),
		TEST(test_left_of_another_is_acknowledged_by_our_arrv),
		TEST(test_user_arrives_while_withdrawing),
		TEST(test_user_leaves),
		TEST(test_no_way_while_holding),
		TEST(test_withdrawals_are_counted_round),
		TEST(test_link_of_the_next_hop_breaks),
		TEST(test_link_of_the_next_hop_breaks_beside_an_equal),
		TEST(test_break_acknowledges),
		TEST(test_break_cancels_a_debt),
		TEST(test_too_many_hops),
		TEST(test_largest_hop_count_is_no_left),
		TEST(test_empty_record),
		TEST(test_growth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
