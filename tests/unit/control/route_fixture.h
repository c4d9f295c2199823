/*
 * For the tests of control/route.c: one server with links 0 to 3, of which 0
 * to 2 are up, and a record of what it sends. cmocka.h comes before.
 */
#ifndef CONTROL_ROUTE_FIXTURE_H
#define CONTROL_ROUTE_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "../../../control/route.h"

#define LINKS 4

static struct route_link links[LINKS];
static struct route route;
static bool naive[2 * LINKS]; /* room for growth */
static struct route_node node;
static char sent[256];

static void
on_send(void *context, struct route *of, uint16_t slot,
    enum route_message message, uint16_t hops)
{
	char *log = context;
	size_t length = strlen(log);

	assert_ptr_equal(of, &route);
	if (message == ROUTE_LEFT)
		snprintf(log + length, sizeof(sent) - length, "%d:LEFT ",
		    slot);
	else
		snprintf(log + length, sizeof(sent) - length, "%d:%d ", slot,
		    hops);
}

/* What was sent since the last call: "SLOT:HOPS " or "SLOT:LEFT " each. */
#define assert_sent(text)                                                      \
	do {                                                                   \
		assert_string_equal(sent, text);                               \
		sent[0] = '\0';                                                \
	} while (0)

#define assert_route(next, hops)                                               \
	do {                                                                   \
		assert_int_equal(route.succ, next);                            \
		assert_int_equal(route.distance, hops);                        \
	} while (0)

/* No way, and not waiting for anybody. */
#define assert_passive()                                                       \
	do {                                                                   \
		assert_route(ROUTE_NONE, ROUTE_INFINITY);                      \
		assert_int_equal(route.wait_count, 0);                         \
	} while (0)

static int
setup(void **state)
{
	uint16_t slot;

	(void)state;
	memset(naive, 0, sizeof(naive));
	node = (struct route_node){
		.naive = naive,
		.hops_max = DN_HOPS_MAX_DEFAULT,
		.context = sent,
		.send = on_send,
	};
	sent[0] = '\0';
	route_init(&route, links, LINKS);
	for (slot = 0; slot < 3; slot++)
		route_link_up(&route, &node, slot);
	return 0;
}

/* Links 0 to 2 are up, the user is one hop behind 0; 1 and 2 were told. */
static void
begin_behind_0(void)
{
	assert_true(route_arrv(&route, &node, 0, 0));
	assert_route(0, 1);
	assert_sent("1:1 2:1 ");
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

#endif
