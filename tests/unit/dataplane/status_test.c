/*
 * What the operator's page shows: rates over time, dncontrol's view, and the
 * session that fetches it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "shell.h"

static struct status status;
static uint64_t counters[IPC_COUNTER_COUNT];

static int
setup(void **state)
{
	(void)state;
	memset(&status, 0, sizeof(status));
	memset(counters, 0, sizeof(counters));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	status_deinit(&status);
	return 0;
}

/* The JSON text, for strstr(). */
static const char *
text(uint64_t now_msec, bool control_up)
{
	static char bytes[STATUS_BYTES_MAX + 4096];
	struct status_facts facts = {.now_msec = now_msec,
	    .uptime_msec = 12345, .listening = "[::]:42015",
	    .control_up = control_up, .counters = counters};
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes) - 1);

	status_write(&status, &facts, &wr);
	assert_false(wr.failed);
	bytes[wr.at] = '\0';
	return bytes;
}

static void
sample(uint64_t now_msec, uint64_t received, uint64_t sent)
{
	counters[IPC_COUNTER_messages_in] = received;
	counters[IPC_COUNTER_messages_out] = sent;
	status_sample(&status, counters, now_msec);
}

static void
rates(void **state)
{
	(void)state;
	assert_non_null(strstr(text(0, true), "\"rates\":[]"));
	sample(1000, 500, 500);
	assert_non_null(strstr(text(0, true), "\"rates\":[]"));
	sample(1100, 900, 900);
	sample(2000, 510, 700);
	sample(4000, 530, 701);
	assert_non_null(strstr(text(0, true), "\"rates\":[[10,200],[10,1]]"));
}

static void
oldest_samples_go(void **state)
{
	uint64_t i;

	(void)state;
	for (i = 0; i < STATUS_SAMPLES_MAX + 10; i++)
		sample(1000 + i * 1000, i * i, 0);
	assert_int_equal(status.count, STATUS_SAMPLES_MAX);
	/* The first that is left goes from 9 to 10: 100 - 81. */
	assert_non_null(strstr(text(0, true), "\"rates\":[[19,0],[21,0],"));
}

static void
whole_text(void **state)
{
	(void)state;
	assert_non_null(strstr(text(0, false), "\"uptime\":12,"
	    "\"listening\":\"[::]:42015\",\"control\":false,"
	    "\"counters\":{\"connections\":0,"));
	assert_non_null(strstr(text(0, true), "\"view_age\":null,"
	    "\"view\":null}"));
	assert_int_equal(status_take(&status, dn_str_of("{\"a\":1}"), 5000),
	    DN_OK);
	assert_int_equal(status_take(&status, dn_str_of("{\"b\":2}"), 6000),
	    DN_OK);
	assert_non_null(strstr(text(6500, true), "\"view_age\":500,"
	    "\"view\":{\"b\":2}}"));
}

/* The longest text that its numbers allow. */
static void
room_is_enough(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < IPC_COUNTER_COUNT; i++)
		counters[i] = UINT64_MAX;
	status.count = STATUS_SAMPLES_MAX;
	for (i = 0; i < STATUS_SAMPLES_MAX; i++)
		status.samples[i] = (struct status_sample){UINT32_MAX,
		    UINT32_MAX};
	assert_true(strlen(text(UINT64_MAX, true)) + 512 < STATUS_BYTES_MAX);
}

static void
asked_once_a_second(void **state)
{
	(void)state;
	assert_true(status_asks(&status, 5000));
	assert_false(status_asks(&status, 5999));
	assert_true(status_asks(&status, 6000));
}

/* Through the plane: asked of dncontrol while it is there, and kept. */
static void
session(void **state)
{
	static struct shell shell;
	unsigned char bytes[STATUS_BYTES_MAX];
	struct ipc_viewed viewed = {dn_str_of("{\"peers\":[]}")};
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct ipc_view view;

	(void)state;
	shell_init(&shell);
	plane_show_status(shell.plane, &wr);
	assert_null(memmem(bytes, wr.at, "\"control\":true", 14));
	shell_control(&shell);
	shell.up_size = 0;
	plane_show_status(shell.plane, &wr);
	plane_show_status(shell.plane, &wr);
	shell_turn(&shell);
	UP(&shell, view, &view);
	UP_NONE(&shell);
	wr.at = 0;
	IPC_PUT(&wr, viewed, 0, &viewed);
	assert_int_equal(plane_control_feed(shell.plane, bytes, wr.at),
	    DN_OK);
	/* It stays while dncontrol is away. */
	plane_control_end(shell.plane);
	wr.at = 0;
	plane_show_status(shell.plane, &wr);
	assert_non_null(memmem(bytes, wr.at, "\"control\":false", 15));
	assert_non_null(memmem(bytes, wr.at, "\"view\":{\"peers\":[]}}", 20));
	shell_deinit(&shell);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rates, setup, teardown),
		cmocka_unit_test_setup_teardown(oldest_samples_go, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(whole_text, setup, teardown),
		cmocka_unit_test_setup_teardown(room_is_enough, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(asked_once_a_second, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(session, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
