/*
 * control/route.c on links that come up late, are taken down in good order,
 * or lead to peers of other origin.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "route_fixture.h"

static void
test_late_link_up(void **state)
{
	(void)state;
	begin_behind_0();
	/* 3 hasn't had its turn, but the peer has: its message comes first. */
	assert_true(route_arrv(&route, &node, 3, 9));
	assert_sent("3:1 ");
	assert_int_equal(links[3].hops, 9);
	/* The turn comes: nothing is said or forgotten. */
	route_link_up(&route, &node, 3);
	assert_sent("");
	assert_int_equal(links[3].hops, 9);
}

static void
test_late_link_up_by_left(void **state)
{
	(void)state;
	begin_behind_0();
	assert_false(route_left(&route, &node, 3));
	assert_sent("3:1 ");
}

static void
test_link_up_while_withdrawing(void **state)
{
	(void)state;
	begin_behind_0();
	route_left(&route, &node, 0);
	sent[0] = '\0';
	route_link_up(&route, &node, 3);
	assert_sent("");
	assert_int_equal(route.wait_count, 2);
}

static void
test_drain(void **state)
{
	(void)state;
	begin_behind_0();
	route_link_drain(&route, &node, 1);
	assert_sent("1:LEFT ");
	assert_true(links[1].flags & ROUTE_PEND);
	route_link_drain(&route, &node, 1);
	assert_sent("");
	/* What comes there is noted, and no way. */
	assert_true(route_arrv(&route, &node, 1, 0));
	assert_int_equal(links[1].hops, 0);
	route_arrv(&route, &node, 2, 0);
	assert_sent("");
	assert_false(route_arrv(&route, &node, 1, 0));
	assert_false(links[1].flags & ROUTE_PEND);
	/* Its LEFTs are acknowledged at once. */
	assert_true(route_left(&route, &node, 1));
	assert_sent("1:LEFT ");
	route_link_down(&route, &node, 1);
	assert_int_equal(links[1].flags, 0);
	assert_route(0, 1);
	assert_sent("");
}

static void
test_drain_of_the_next_hop(void **state)
{
	(void)state;
	begin_behind_0();
	route_link_drain(&route, &node, 0);
	assert_sent("1:LEFT 2:LEFT ");
	assert_int_equal(links[0].hops, 0);
	assert_int_equal(route.wait_count, 2);
}

static void
test_withdrawal_waits_for_a_drain(void **state)
{
	(void)state;
	begin_behind_0();
	route_link_drain(&route, &node, 1);
	sent[0] = '\0';
	route_left(&route, &node, 0);
	/* No second LEFT, but its acknowledgement is awaited. */
	assert_sent("2:LEFT ");
	assert_int_equal(route.wait_count, 2);
	route_left(&route, &node, 2);
	assert_int_equal(route.wait_count, 1);
	assert_false(links[1].flags & ROUTE_PEND);
	/* The link may be closed without it. */
	route_link_down(&route, &node, 1);
	assert_passive();
	assert_sent("0:LEFT ");
}

static void
test_drain_keeps_a_debt(void **state)
{
	(void)state;
	begin_behind_0();
	route_left(&route, &node, 0);
	sent[0] = '\0';
	route_link_drain(&route, &node, 0);
	assert_sent("");
	route_left(&route, &node, 1);
	route_left(&route, &node, 2);
	assert_sent("0:LEFT ");
}

static void
test_drain_before_the_link_is_up(void **state)
{
	(void)state;
	begin_behind_0();
	route_link_drain(&route, &node, 3);
	assert_sent("");
	route_link_up(&route, &node, 3);
	assert_sent("");
	assert_true(links[3].flags & ROUTE_DRAIN);
	route_arrv(&route, &node, 3, 0);
	assert_route(0, 1);
}

static void
test_shutdown(void **state)
{
	(void)state;
	route_local(&route, &node, true);
	route_arrv(&route, &node, 1, 3);
	sent[0] = '\0';
	node.shutdown = true;
	route_shutdown(&route, &node);
	assert_sent("0:LEFT 1:LEFT 2:LEFT ");
	route_local(&route, &node, true);
	route_left(&route, &node, 0);
	route_arrv(&route, &node, 1, 3);
	route_left(&route, &node, 2);
	route_hold_over(&route, &node);
	assert_passive();
	assert_sent("");
	/* Others go on counting on our acknowledgements. */
	assert_true(route_left(&route, &node, 1));
	assert_sent("1:LEFT ");
}

static void
test_shutdown_with_a_way(void **state)
{
	(void)state;
	begin_behind_0();
	node.shutdown = true;
	route_shutdown(&route, &node);
	assert_sent("1:LEFT 2:LEFT ");
	assert_route(ROUTE_NONE, ROUTE_INFINITY);
}

static void
test_foreign_peer_is_not_waited_for(void **state)
{
	(void)state;
	naive[1] = naive[2] = true;
	begin_behind_0();
	route_left(&route, &node, 0);
	assert_passive();
	assert_true(route.hold);
	assert_sent("1:LEFT 2:LEFT 0:LEFT ");
}

static void
test_foreign_peer_that_takes_back(void **state)
{
	(void)state;
	naive[1] = true;
	begin_behind_0();
	/* Poisoned reverse: never answered. */
	assert_false(route_left(&route, &node, 1));
	assert_sent("");
	/* It had a way: it may have forgotten the user, so it is told. */
	route_arrv(&route, &node, 1, 4);
	assert_true(route_left(&route, &node, 1));
	assert_sent("1:1 ");
}

static void
test_foreign_peer_is_not_told_of_strangers(void **state)
{
	(void)state;
	naive[0] = true;
	begin_behind_0();
	assert_true(route_left(&route, &node, 0));
	route_left(&route, &node, 1);
	route_left(&route, &node, 2);
	/* It was the next hop and never told: no LEFT. */
	assert_sent("1:LEFT 2:LEFT ");
	assert_passive();
}

static void
test_sixteen_is_not_told_to_foreign_peers(void **state)
{
	(void)state;
	naive[1] = true;
	route_arrv(&route, &node, 0, DN_HOPS_FOREIGN_INFINITY - 1);
	assert_route(0, DN_HOPS_FOREIGN_INFINITY);
	assert_sent("2:16 ");
	route_arrv(&route, &node, 0, DN_HOPS_FOREIGN_INFINITY - 2);
	assert_sent("1:15 2:15 ");
}

static void
test_sixteen_of_a_foreign_peer_is_no_way(void **state)
{
	(void)state;
	naive[1] = true;
	assert_true(route_arrv(&route, &node, 1, DN_HOPS_FOREIGN_INFINITY));
	assert_passive();
	assert_false(route_arrv(&route, &node, 1, DN_HOPS_FOREIGN_INFINITY));
	assert_true(route_arrv(&route, &node, 1,
	    DN_HOPS_FOREIGN_INFINITY - 1));
	assert_route(1, DN_HOPS_FOREIGN_INFINITY);
	assert_sent("0:16 2:16 ");
	route_arrv(&route, &node, 1, DN_HOPS_FOREIGN_INFINITY);
	assert_sent("0:LEFT 2:LEFT ");
}

static void
test_drain_of_a_foreign_peer(void **state)
{
	(void)state;
	naive[1] = true;
	begin_behind_0();
	route_link_drain(&route, &node, 1);
	assert_sent("1:LEFT ");
	assert_false(links[1].flags & ROUTE_PEND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_late_link_up),
		TEST(test_late_link_up_by_left),
		TEST(test_link_up_while_withdrawing),
		TEST(test_drain),
		TEST(test_drain_of_the_next_hop),
		TEST(test_withdrawal_waits_for_a_drain),
		TEST(test_drain_keeps_a_debt),
		TEST(test_drain_before_the_link_is_up),
		TEST(test_shutdown),
		TEST(test_shutdown_with_a_way),
		TEST(test_foreign_peer_is_not_waited_for),
		TEST(test_foreign_peer_that_takes_back),
		TEST(test_foreign_peer_is_not_told_of_strangers),
		TEST(test_sixteen_is_not_told_to_foreign_peers),
		TEST(test_sixteen_of_a_foreign_peer_is_no_way),
		TEST(test_drain_of_a_foreign_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
