/* What the core wants done: requests and notices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../control/update.h"

static void
notices_survive_growth(void **state)
{
	struct updates updates = {0};
	struct notice *notice;
	size_t i;

	(void)state;
	for (i = 0; i < 100; i++) {
		notice = updates_notice(&updates, DN_LOG_INFO, "count");
		notice_add_number(notice, "i", i);
		notice_add(notice, "word", dn_str_of("x y"));
	}
	assert_int_equal(updates.notice_count, 100);
	for (i = 0; i < 100; i++) {
		notice = &updates.notices[i];
		assert_int_equal(notice->count, 2);
		assert_string_equal(notice->keys[0], "i");
		assert_int_equal(strtoul(notice->text, NULL, 10), i);
		assert_ptr_equal(notice->values[0].data, notice->text);
		assert_true(dn_str_eq(notice->values[1], dn_str_of("x y")));
	}
	updates_clear(&updates);
	assert_int_equal(updates.notice_count, 0);
	updates_deinit(&updates);
}

static void
too_many_notices_are_one(void **state)
{
	struct updates updates = {0};
	struct notice *notice;
	size_t i;

	(void)state;
	for (i = 0; i < UPDATES_NOTICES_MAX + 10; i++) {
		notice = updates_notice(&updates, DN_LOG_INFO, "count");
		notice_add_number(notice, "i", i);
	}
	assert_int_equal(updates.notice_count, UPDATES_NOTICES_MAX);
	assert_string_equal(updates.notices[UPDATES_NOTICES_MAX - 1].event,
	    "notices_dropped");
	assert_string_equal(updates.notices[UPDATES_NOTICES_MAX - 2].event,
	    "count");
	updates_deinit(&updates);
}

static void
long_and_many_fields_are_dropped(void **state)
{
	struct updates updates = {0};
	struct notice *notice;
	char text[NOTICE_BYTES_MAX + 1];
	size_t i;

	(void)state;
	memset(text, 'x', sizeof(text));
	notice = updates_notice(&updates, DN_LOG_WARN, "long");
	notice_add(notice, "none", (struct dn_str){text, sizeof(text)});
	assert_int_equal(notice->count, 0);
	notice_add(notice, "all", (struct dn_str){text, NOTICE_BYTES_MAX});
	notice_add(notice, "rest", (struct dn_str){text, 1});
	assert_int_equal(notice->count, 1);
	for (i = 0; i < NOTICE_FIELDS_MAX + 3; i++)
		notice_add(notice, "empty", (struct dn_str){NULL, 0});
	assert_int_equal(notice->count, NOTICE_FIELDS_MAX);
	updates_deinit(&updates);
}

static void
requests_are_zeroed(void **state)
{
	struct updates updates = {0};
	struct request *request;
	size_t i;

	(void)state;
	for (i = 0; i < 20; i++) {
		request = updates_request(&updates, REQUEST_RESOLVE);
		assert_int_equal(request->peer, 0);
		assert_int_equal(request->host[0], '\0');
		request->peer = (uint32_t)i;
	}
	assert_int_equal(updates.request_count, 20);
	assert_int_equal(updates.requests[19].peer, 19);
	updates_clear(&updates);
	request = updates_request(&updates, REQUEST_QUIT);
	assert_int_equal(request->kind, REQUEST_QUIT);
	assert_int_equal(request->peer, 0);
	updates_deinit(&updates);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notices_survive_growth),
		cmocka_unit_test(too_many_notices_are_one),
		cmocka_unit_test(long_and_many_fields_are_dropped),
		cmocka_unit_test(requests_are_zeroed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
