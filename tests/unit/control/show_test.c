/* Rows: what the core knows, in JSON and for people. */
#include "shell.h"

#include "../../../control/plain.h"
#include "../../../control/show.h"
#include "../../../control/show_view.h"

/* A core with a user of ours, a link, and users behind it. */
static struct core *
a_core(void)
{
	struct event events[] = {
		{.type = EVENT_start, .body.start = {.seed = 1}},
		{.type = EVENT_configure, .body.configure = {
		    .name = S("alpha"), .description = S("on alpha"),
		    .accept_peers = S("any"), .hops_max = 255,
		    .text_bytes_max = 4096, .link_silence_msec = 3000}},
		{.type = EVENT_plane_up,
		    .body.plane_up = {.incarnation = 3}},
		{.type = IPC_synced, .seq = 1},
		{.type = EVENT_login, .seq = 2, .body.login = {.conn = 5,
		    .number = 7, .name = S("ann"), .source = S("192.0.2.9:1"),
		    .verdict = 1}},
		{.type = IPC_srvr, .seq = 3, .body.srvr = {.conn = 6,
		    .flags = IPC_LINK_ROUTING, .source = S("192.0.2.8:2")}},
		{.type = IPC_arrv, .seq = 4, .body.arrv = {.conn = 6,
		    .number = 8, .hops = 1, .name = S("bob \"b\""),
		    .description = S("on beta")}},
		{.type = IPC_rtt, .seq = 5, .body.rtt = {.conn = 6,
		    .usec = 1500}},
		{.type = EVENT_connect, .body.connect = {
		    .host = S("gamma.example.org"), .port = 42015}},
	};
	struct core *core = core_new();
	struct updates updates = {0};
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(*events); i++) {
		events[i].now_msec = 1000;
		assert_int_equal(core_step(core, &events[i], &updates),
		    DN_OK);
	}
	updates_deinit(&updates);
	return core;
}

/* Compares 'row', which is taken over, with 'wanted'. */
static void
expect(json_t *row, const char *wanted)
{
	char *text = json_dumps(row, JSON_COMPACT | JSON_REAL_PRECISION(6));

	assert_string_equal(text, wanted);
	free(text);
	json_decref(row);
}

static void
users_and_routes(void **state)
{
	struct core *core = a_core();
	struct user_view view;
	const void *user;
	json_t *rows;

	(void)state;
	assert_int_equal(core_find_user(core, "ann", &user, &view), DN_OK);
	expect(show_user(&view, 3500), "{\"number\":\"7\",\"name\":\"ann\","
	    "\"hops\":0,\"via\":null,\"state\":\"forward\",\"local\":true,"
	    "\"source\":\"192.0.2.9:1\",\"since\":2,\"doubled\":false,"
	    "\"disputed\":false,\"description\":\"on alpha\"}");
	expect(show_connection(&view, 3500), "{\"conn\":\"5\","
	    "\"kind\":\"client\",\"number\":\"7\",\"name\":\"ann\","
	    "\"source\":\"192.0.2.9:1\",\"since\":2}");
	rows = show_trace(core, user, &view);
	expect(json_incref(json_array_get(rows, 0)),
	    "{\"number\":\"7\",\"name\":\"ann\",\"next\":\"the client's "
	    "connection here\",\"hops\":0,\"chosen\":true,\"why\":\"the user "
	    "is connected to this server\"}");
	json_decref(rows);
	assert_int_equal(core_find_user(core, "8", &user, &view), DN_OK);
	expect(show_route(&view), "{\"number\":\"8\",\"name\":\"bob \\\"b\\\""
	    "\",\"hops\":2,\"via\":\"192.0.2.8:2\",\"state\":\"forward\","
	    "\"shown\":true,\"withdrawals\":0}");
	expect(show_candidates(core, user, &view), "[{\"number\":\"8\","
	    "\"name\":\"bob \\\"b\\\"\",\"peer\":\"192.0.2.8:2\",\"hops\":1,"
	    "\"chosen\":true,\"told\":false,\"waiting\":false,\"owing\":false,"
	    "\"draining\":false,\"why\":\"the nearest\"}]");
	expect(show_trace(core, user, &view), "[{\"number\":\"8\","
	    "\"name\":\"bob \\\"b\\\"\",\"next\":\"192.0.2.8:2\",\"hops\":2,"
	    "\"chosen\":true,\"why\":\"the nearest\"}]");
	core_free(core);
}

static void
peers(void **state)
{
	struct core *core = a_core();
	struct peer_view view;
	const void *peer;

	(void)state;
	peer = core_next_peer(core, NULL, &view);
	expect(show_peer(&view, 4000), "{\"name\":\"192.0.2.8:2\","
	    "\"state\":\"up\",\"door\":\"dnchat\",\"users\":1,"
	    "\"announced\":1,\"rtt\":0.0015,\"since\":3,"
	    "\"retry\":null,\"failures\":0,\"dialled\":false,"
	    "\"foreign\":false,\"conn\":\"6\",\"why\":null}");
	expect(show_link(&view, 4000), "{\"conn\":\"6\",\"kind\":\"peer\","
	    "\"number\":null,\"name\":\"192.0.2.8:2\",\"source\":null,"
	    "\"since\":3}");
	peer = core_next_peer(core, peer, &view);
	expect(show_peer(&view, 4000), "{\"name\":\"gamma.example.org:42015\","
	    "\"state\":\"resolving\",\"door\":\"dnchat\",\"users\":0,"
	    "\"announced\":0,\"rtt\":null,"
	    "\"since\":3,\"retry\":null,\"failures\":0,\"dialled\":true,"
	    "\"foreign\":false,\"conn\":null,\"why\":null}");
	core_free(core);
}

static void
status_with_and_without_counters(void **state)
{
	unsigned char numbers[IPC_COUNTER_COUNT * 8] = {9};
	const struct dn_list counters = {numbers, IPC_COUNTER_COUNT};
	struct core *core = a_core();
	json_t *row = show_status(core, 61000, "127.0.0.1:42015", NULL);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(row, "name")),
	    "alpha");
	assert_int_equal(json_integer_value(json_object_get(row, "uptime")),
	    60);
	assert_int_equal(json_integer_value(json_object_get(row, "users")),
	    2);
	assert_true(json_is_true(json_object_get(row, "dnchatd")));
	assert_null(json_object_get(row, "connections"));
	json_decref(row);
	row = show_status(core, 61000, "", &counters);
	assert_int_equal(json_integer_value(json_object_get(row,
	    "connections")), 9);
	assert_int_equal(json_integer_value(json_object_get(row,
	    "queue_bytes")), 0);
	assert_true(json_is_null(json_object_get(row, "listening")));
	show_add_downlink(row, 77);
	assert_int_equal(json_integer_value(json_object_get(row,
	    "downlink_bytes")), 77);
	json_decref(row);
	core_free(core);
}

static void
the_map(void **state)
{
	struct core *core = a_core();
	json_t *rows = show_map(core, false), *row;
	size_t i, nodes = 0, links = 0, users = 0;
	const char *kind;

	(void)state;
	json_array_foreach(rows, i, row) {
		kind = json_string_value(json_object_get(row, "kind"));
		nodes += strcmp(kind, "node") == 0;
		links += strcmp(kind, "link") == 0;
		users += strcmp(kind, "users") == 0;
	}
	assert_int_equal(nodes, 3);
	assert_int_equal(links, 2);
	assert_int_equal(users, 2);
	json_decref(rows);
	rows = show_map(core, true);
	assert_string_equal(json_string_value(json_object_get(
	    json_array_get(rows, 0), "line")), "graph dnchat {");
	assert_string_equal(json_string_value(json_object_get(
	    json_array_get(rows, json_array_size(rows) - 1), "line")), "}");
	json_decref(rows);
	core_free(core);
}

static void
notices(void **state)
{
	struct timespec time = {86400, 7000000};
	struct updates updates = {0};
	struct notice *notice = updates_notice(&updates, DN_LOG_WARN, "test");

	(void)state;
	notice_add(notice, "peer", S("a b"));
	notice_add_number(notice, "number", 5);
	expect(show_notice(notice, &time), "{\"time\":"
	    "\"1970-01-02T00:00:00.007Z\",\"event\":\"test\",\"level\":"
	    "\"warn\",\"peer\":\"a b\",\"number\":\"5\"}");
	updates_deinit(&updates);
}

static void
any_bytes_become_json(void **state)
{
	(void)state;
	expect(json_pack("[o]", show_string((struct dn_str){"a\0\377\n", 4})),
	    "[\"a\\u0000?\\n\"]");
	expect(json_pack("[o]", show_string(S("Zo\303\253"))),
	    "[\"Zo\303\253\"]");
	expect(json_pack("[o]", show_string((struct dn_str){NULL, 0})),
	    "[\"\"]");
	expect(json_pack("[o]", show_number(UINT64_MAX)),
	    "[\"18446744073709551615\"]");
}

/* What plain_print() makes of 'rows', which are taken over. */
static void
expect_plain(json_t *rows, const char *wanted)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	plain_print(file, rows);
	fclose(file);
	assert_string_equal(text, wanted);
	free(text);
	json_decref(rows);
}

static void
rows_for_people(void **state)
{
	(void)state;
	expect_plain(json_pack("[{s:s, s:i, s:n, s:b}, {s:s, s:i, s:n, s:b}]",
	    "name", "Zo\303\253", "hops", 0, "via", "local", 1,
	    "name", "b\033\302\205c", "hops", 12, "via", "local", 0),
	    "name        hops  local\n"
	    "Zo\303\253         0     yes\n"
	    "b\\x1b\\x85c  12    no\n");
	expect_plain(json_pack("[{s:s}]", "name", "a"),
	    "name               a\n");
	expect_plain(json_pack("[{s:s}, {s:s}]", "line", "x {", "line", "}"),
	    "x {\n}\n");
	expect_plain(json_array(), "");
}

/* What the operator's page gets, whole, and in the room that there is. */
static void
view_fits(void **state)
{
	struct core *core = a_core();
	char *text = show_view(core, 3500, 100000);
	json_t *view = json_loads(text, 0, NULL), *row;
	size_t size = strlen(text), most;

	(void)state;
	assert_string_equal(json_string_value(json_object_get(
	    json_object_get(view, "status"), "name")), "alpha");
	assert_int_equal(json_array_size(json_object_get(view, "peers")), 2);
	assert_int_equal(json_integer_value(json_object_get(view,
	    "omitted")), 0);
	row = json_array_get(json_object_get(view, "users"), 0);
	assert_int_equal(json_integer_value(json_object_get(row, "hops")), 0);
	row = json_array_get(json_object_get(view, "users"), 1);
	assert_int_equal(json_integer_value(json_object_get(row, "hops")), 2);
	assert_int_equal(json_integer_value(json_object_get(row, "users")), 1);
	json_decref(view);
	free(text);
	for (most = size; most > size / 2; most -= 10) {
		text = show_view(core, 3500, most);
		view = json_loads(text, 0, NULL);
		assert_true(strlen(text) <= most);
		assert_int_equal(json_array_size(json_object_get(view,
		    "peers")) + json_array_size(json_object_get(view,
		    "users")) + (size_t)json_integer_value(json_object_get(
		    view, "omitted")), 4);
		json_decref(view);
		free(text);
	}
	core_free(core);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_and_routes),
		cmocka_unit_test(peers),
		cmocka_unit_test(status_with_and_without_counters),
		cmocka_unit_test(the_map),
		cmocka_unit_test(notices),
		cmocka_unit_test(any_bytes_become_json),
		cmocka_unit_test(rows_for_people),
		cmocka_unit_test(view_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
