/* Events to bytes and back: every row of the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../control/event.h"

/* A body that is no field's default, for any row: what is written again must
 * be what was read. */
static void
round_trip(unsigned type)
{
	unsigned char body[512], again[512];
	struct event event;
	struct dn_rd rd;
	struct dn_wr wr;
	size_t size;
	bool is_good = false;

	/* Strings of one byte; sizes differ by row, so all are tried. */
	for (size = 0; size < sizeof(body) && !is_good; size++) {
		memset(body, 1, sizeof(body));
		memset(&event, 0, sizeof(event));
		wr = dn_wr_of(body, sizeof(body));
		event.type = type;
		/* What asks to REGISTER is no event. */
		if (type == IPC_call)
			event.body.call.verb = DN_VERB_JOIN;
		event_put(&wr, &event);
		assert_false(wr.failed);
		rd = dn_rd_of(body, size);
		is_good = event_get(&event, type, &rd) == DN_OK;
	}
	assert_true(is_good);
	assert_int_equal(size - 1, wr.at);
	wr = dn_wr_of(again, sizeof(again));
	event_put(&wr, &event);
	assert_memory_equal(body, again, wr.at);
	/* One byte more or less is malformed. */
	rd = dn_rd_of(body, wr.at + 1);
	assert_int_equal(event_get(&event, type, &rd), DN_E_MALFORMED);
	rd = dn_rd_of(body, wr.at - 1);
	assert_int_equal(event_get(&event, type, &rd), DN_E_MALFORMED);
}

static void
every_event_round_trips(void **state)
{
	(void)state;
#define ROUND_TRIP_IPC(name, FIELDS, meaning) \
	if (IPC_##name != IPC_auth) \
		round_trip(IPC_##name);
	IPC_UP(ROUND_TRIP_IPC)
#define ROUND_TRIP(name, FIELDS, meaning) round_trip(EVENT_##name);
	EVENT_LOCAL(ROUND_TRIP)
}

static void
fields_survive(void **state)
{
	unsigned char body[512];
	struct event event = {.type = EVENT_login, .body.login = {
	    .conn = 7, .number = INT64_MAX, .name = {"ann", 3},
	    .source = {"::1", 3}, .verdict = 1}};
	struct dn_wr wr = dn_wr_of(body, sizeof(body));
	struct dn_rd rd;
	struct event back;

	(void)state;
	event_put(&wr, &event);
	rd = dn_rd_of(body, wr.at);
	assert_int_equal(event_get(&back, EVENT_login, &rd), DN_OK);
	assert_int_equal(back.type, EVENT_login);
	assert_int_equal(back.body.login.conn, 7);
	assert_int_equal(back.body.login.number, INT64_MAX);
	assert_true(dn_str_eq(back.body.login.name, dn_str_of("ann")));
	assert_true(dn_str_eq(back.body.login.source, dn_str_of("::1")));
	assert_int_equal(back.body.login.verdict, 1);
}

static void
unknown_types_are_told(void **state)
{
	static const unsigned types[] = {0, IPC_UP_END, IPC_hide, IPC_ack,
	    EVENT_LOCAL_FIRST - 1, EVENT_END, 0xffff};
	struct dn_rd rd = dn_rd_of("", 0);
	struct event event;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_int_equal(event_get(&event, types[i], &rd),
		    DN_E_UNKNOWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_round_trips),
		cmocka_unit_test(fields_survive),
		cmocka_unit_test(unknown_types_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
