/* The store's thread: what rooms say is kept once and in order, and a store
 * that fails keeps nobody waiting. */
#include <sqlite3.h>

#include "scene.h"

#define DEN 50 /* the number of the room */

static void
begin(struct shell *s, struct plane *p)
{
	scene_begin_accounts(s, p);
	/* Whether a room is ours is not the shell's affair. */
	PLANE_UP(p, s, srvr, .conn = 9, .flags = IPC_LINK_ROUTING,
	    .source = S("127.0.0.1:9"));
	PLANE_UP(p, s, arrv, .conn = 9, .number = DEN, .name = S("#den"),
	    .description = S("room x"));
	expect_ack(s, p, 3);
}

static void
say(struct shell *s, struct plane *p, const char *text)
{
	PLANE_UP(p, s, copy, .room = DEN, .user = 7, .author = S("ann"),
	    .text = S(text));
}

/* What came back to the core. */
struct answers {
	struct archive_job job;
	bool is_done;
	struct bytes rows;
};

static enum dn_err
read_run(struct archive_job *job, struct store *store)
{
	return store_history(store, "den", 0, 1000, 0,
	    &((struct answers *)job)->rows);
}

static void
read_done(struct archive_job *job)
{
	((struct answers *)job)->is_done = true;
}

/* The texts that the store has, behind all that was asked of it before. */
static void
assert_lines(struct shell *s, const char *expected)
{
	struct answers answers = {.job = {.run = read_run,
	    .done = read_done, .drop = read_done}};
	char found[8192] = "";
	struct dn_str text;
	unsigned turns;
	struct dn_rd rd;

	archive_put(s->service.archive, &answers.job);
	for (turns = 0; turns < SHELL_PATIENCE && !answers.is_done; turns++) {
		shell_turn(s);
		usleep(1000);
	}
	assert_true(answers.is_done);
	assert_int_equal(answers.job.err, DN_OK);
	for (rd = dn_rd_of(answers.rows.data, answers.rows.size);
	    rd.at < rd.size;) {
		(void)dn_rd_take(&rd, 16);
		(void)dn_rd_str(&rd);
		text = dn_rd_str(&rd);
		sprintf(found + strlen(found), "%.*s ", (int)text.size,
		    text.data);
	}
	bytes_deinit(&answers.rows);
	assert_string_equal(found, expected);
}

static void
put_room(struct shell *s)
{
	struct request request = {.kind = REQUEST_ROOM_PUT, .id = 1,
	    .number = DEN, .room = "den"};

	service_request(&s->service, &request);
}

static void
lines_are_kept_in_order(void **state)
{
	struct shell s;
	struct plane p;
	char text[16], all[2048] = "";
	int i;

	(void)state;
	begin(&s, &p);
	put_room(&s);
	for (i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "l%d", i);
		say(&s, &p, text);
		if (i % 7 == 0)
			shell_turn(&s);
	}
	expect_ack(&s, &p, p.seq);
	assert_int_equal(core_ack_seq(s.engine.core), p.seq);
	/* 100 are kept, give or take a portion. */
	for (i = 200; i < 100 + STORE_PRUNE_COUNT; i++) {
		snprintf(text, sizeof(text), "l%d", i);
		say(&s, &p, text);
	}
	for (i = STORE_PRUNE_COUNT; i < 100 + STORE_PRUNE_COUNT; i++)
		sprintf(all + strlen(all), "l%d ", i);
	expect_ack(&s, &p, p.seq);
	assert_lines(&s, all);
	scene_end(&s, &p);
}

/* Killed before they were on the disk, or after and before dnchatd was told:
 * they come again, and are there once. */
static void
a_kill_neither_loses_nor_doubles(void **state)
{
	struct shell s;
	struct plane p;
	uint64_t applied;

	(void)state;
	begin(&s, &p);
	put_room(&s);
	applied = core_ack_seq(s.engine.core);
	say(&s, &p, "one");
	say(&s, &p, "two");
	while (core_up_seq(s.engine.core) < applied + 2)
		shell_turn(&s);
	shell_turn(&s);
	restart(&s, &p);
	plane_greet(&p, &s);
	assert_false(p.hello.reset);
	assert_true(p.hello.applied >= applied);
	/* What comes again may have come before. */
	p.seq = p.hello.applied;
	if (p.seq == applied)
		say(&s, &p, "one");
	if (p.seq == applied + 1)
		say(&s, &p, "two");
	say(&s, &p, "three");
	expect_ack(&s, &p, p.seq);
	assert_lines(&s, "one two three ");
	scene_end(&s, &p);
}

static void
a_copy_of_no_room_is_passed_over(void **state)
{
	struct shell s;
	struct plane p;

	(void)state;
	begin(&s, &p);
	PLANE_UP(&p, &s, copy, .room = 99, .user = 7, .author = S("ann"),
	    .text = S("x"));
	expect_ack(&s, &p, p.seq);
	scene_end(&s, &p);
}

/* It was to be kept; then dncontrol died, and the room was deleted before it
 * came again. Nothing waits for it for ever. */
static void
a_copy_whose_room_went_holds_nothing_up(void **state)
{
	struct event event = {.type = EVENT_copied};
	struct ipc_copy copy = {.room = 99, .user = 7, .author = S("ann"),
	    .text = S("x")};
	struct shell s;
	struct plane p;
	unsigned turns;

	(void)state;
	begin(&s, &p);
	event.seq = core_up_seq(s.engine.core) + 1;
	assert_int_equal(engine_step(&s.engine, &event), DN_OK);
	assert_true(core_ack_seq(s.engine.core) < event.seq);
	service_copy(&s.service, event.seq, &copy);
	for (turns = 0; turns < SHELL_PATIENCE &&
	    core_ack_seq(s.engine.core) < event.seq; turns++) {
		shell_turn(&s);
		usleep(1000);
	}
	assert_true(core_ack_seq(s.engine.core) == event.seq);
	scene_end(&s, &p);
}

/* ---- a store that fails ---- */

static sqlite3 *
lock_store(const struct shell *s)
{
	char path[STORE_PATH_BYTES];
	sqlite3 *other;

	snprintf(path, sizeof(path), "%s/" STORE_FILE, s->dir);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL,
	    NULL), SQLITE_OK);
	return other;
}

static void
wait_store(struct shell *s, bool is_well)
{
	struct archive_status status;
	unsigned turns;

	for (turns = 0; turns < 4 * SHELL_PATIENCE; turns++) {
		archive_status(s->service.archive, &status);
		if ((*status.why == '\0') == is_well)
			return;
		shell_turn(s);
		usleep(1000);
	}
	fail_msg("the store is %s", is_well ? status.why : "well");
}

static void
a_locked_store_costs_history_only(void **state)
{
	struct archive_status status;
	struct shell s;
	struct plane p;
	sqlite3 *other;

	(void)state;
	begin(&s, &p);
	put_room(&s);
	login(&s, &p, 5, 7, "ann", "pw");
	expect_name(&s, &p, 7);
	say(&s, &p, "before");
	expect_ack(&s, &p, p.seq);
	other = lock_store(&s);
	say(&s, &p, "lost");
	wait_store(&s, false);
	archive_status(s.service.archive, &status);
	assert_non_null(strstr(status.why, "another program"));
	say(&s, &p, "lost too");
	/* It is acknowledged all the same: dnchatd must not fill up. */
	expect_ack(&s, &p, p.seq);
	/* Who is remembered gets in; nobody can register. */
	PLANE_UP(&p, &s, closed, .conn = 5, .code = 1000);
	login(&s, &p, 6, 8, "ann", "pw");
	expect_name(&s, &p, 8);
	login(&s, &p, 10, 11, "bob", "pw");
	(void)plane_expect(&p, &s, IPC_deny);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	wait_store(&s, true);
	say(&s, &p, "after");
	expect_ack(&s, &p, p.seq);
	assert_lines(&s, "before after ");
	archive_status(s.service.archive, &status);
	assert_int_equal(status.lines_lost, 2);
	login(&s, &p, 10, 11, "bob", "pw");
	expect_name(&s, &p, 11);
	scene_end(&s, &p);
}

/* There is nothing to open at the start; later there is. */
static void
a_store_that_cannot_be_opened_comes_back(void **state)
{
	struct archive_status status;
	struct shell s;
	struct plane p;

	(void)state;
	memset(&s, 0, sizeof(s));
	s.auth = "accounts";
	shell_dir(s.dir);
	shell_write(s.dir, STORE_FILE, "this is no database, is it?? ", 30);
	shell_start(&s, false);
	plane_start(&p, &s, 77);
	plane_greet(&p, &s);
	archive_status(s.service.archive, &status);
	assert_non_null(strstr(status.why, "move the file away"));
	login(&s, &p, 5, 7, "ann", "pw");
	(void)plane_expect(&p, &s, IPC_deny);
	shell_write(s.dir, STORE_FILE, "", 0);
	wait_store(&s, true);
	login(&s, &p, 5, 7, "ann", "pw");
	expect_name(&s, &p, 7);
	scene_end(&s, &p);
}

/* More than is bounded: the newest are lost, and nothing hangs. */
static void
too_many_lines_are_lost(void **state)
{
	static char text[60000];
	const unsigned count = 2 * ARCHIVE_LINES_BYTES_MAX / sizeof(text);
	struct store_line line = {.room = S("den"), .author = S("ann"),
	    .text = {text, sizeof(text)}};
	struct archive_status status;
	struct shell s;
	struct plane p;
	sqlite3 *other;
	unsigned turns;

	(void)state;
	memset(text, 'x', sizeof(text));
	begin(&s, &p);
	other = lock_store(&s);
	for (line.seq = 1; line.seq <= count; line.seq++)
		archive_line(s.service.archive, 1, &line);
	archive_status(s.service.archive, &status);
	assert_true(status.lines_lost > count / 3);
	assert_true(status.lines_lost < count * 2 / 3);
	for (turns = 0; turns < 4 * SHELL_PATIENCE &&
	    status.lines_lost < count; turns++) {
		shell_turn(&s);
		usleep(1000);
		archive_status(s.service.archive, &status);
	}
	assert_int_equal(status.lines_lost, count);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	scene_end(&s, &p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_kept_in_order),
		cmocka_unit_test(a_kill_neither_loses_nor_doubles),
		cmocka_unit_test(a_copy_of_no_room_is_passed_over),
		cmocka_unit_test(a_copy_whose_room_went_holds_nothing_up),
		cmocka_unit_test(a_locked_store_costs_history_only),
		cmocka_unit_test(a_store_that_cannot_be_opened_comes_back),
		cmocka_unit_test(too_many_lines_are_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
