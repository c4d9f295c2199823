/* The journal: what is written is read, and nothing else is believed. */
#include <signal.h>
#include <sys/resource.h>

#include "shell.h"

struct scene {
	char dir[RUNDIR_BYTES_MAX];
	struct journal journal;
};

static void
scene_begin(struct scene *s, uint64_t incarnation)
{
	struct journal_start start = {
		.incarnation = incarnation,
		.snapshot = "snapshot", .snapshot_size = 8,
		.outbox = "out", .outbox_size = 3,
		.note = "note", .note_size = 4
	};

	dn_log_level = DN_LOG_ERROR;
	shell_dir(s->dir);
	journal_init(&s->journal, s->dir);
	assert_false(journal_is_open(&s->journal));
	assert_int_equal(journal_begin(&s->journal, &start, 5), DN_OK);
	assert_true(journal_is_open(&s->journal));
}

static void
scene_end(struct scene *s)
{
	journal_deinit(&s->journal);
	shell_clean(s->dir);
}

static void
note_connect(struct scene *s, const char *host, uint64_t now_msec)
{
	struct event event = {.type = EVENT_connect, .now_msec = now_msec};

	event.body.connect.host = dn_str_of(host);
	event.body.connect.port = 7;
	journal_event(&s->journal, &event);
}

static size_t
count_events(const struct bytes *bytes, size_t size)
{
	struct journal_image image;
	struct event event;
	size_t count = 0;

	assert_int_equal(journal_parse(&image, bytes->data, size), DN_OK);
	while (journal_next(&image, &event))
		count++;
	return count;
}

static void
what_is_written_is_read(void **state)
{
	struct journal_image image;
	struct bytes bytes = {0};
	struct event event;
	struct scene s;

	(void)state;
	scene_begin(&s, 99);
	note_connect(&s, "one", 10);
	event = (struct event){.type = IPC_left, .seq = 3, .now_msec = 11,
	    .body.left = {.conn = 4, .number = 5}};
	journal_event(&s.journal, &event);
	assert_int_equal(journal_flush(&s.journal, 12), DN_OK);
	note_connect(&s, "never flushed", 13);
	assert_int_equal(journal_read(&s.journal, &bytes), DN_OK);
	assert_int_equal(journal_parse(&image, bytes.data, bytes.size),
	    DN_OK);
	assert_true(image.same_build);
	assert_true(image.has_events);
	assert_int_equal(image.start.incarnation, 99);
	assert_int_equal(image.start.snapshot_size, 8);
	assert_memory_equal(image.start.snapshot, "snapshot", 8);
	assert_memory_equal(image.start.outbox, "out", 3);
	assert_memory_equal(image.start.note, "note", 4);
	assert_true(journal_next(&image, &event));
	assert_int_equal(event.type, EVENT_connect);
	assert_int_equal(event.now_msec, 10);
	assert_true(dn_str_eq(event.body.connect.host, S("one")));
	assert_true(journal_next(&image, &event));
	assert_int_equal(event.type, IPC_left);
	assert_int_equal(event.seq, 3);
	assert_int_equal(event.body.left.number, 5);
	assert_false(journal_next(&image, &event));
	assert_false(journal_next(&image, &event));
	bytes_deinit(&bytes);
	scene_end(&s);
}

static void
a_torn_end_is_cut_off(void **state)
{
	struct bytes bytes = {0};
	size_t size, one;
	struct scene s;

	(void)state;
	scene_begin(&s, 1);
	note_connect(&s, "one", 10);
	assert_int_equal(journal_flush(&s.journal, 0), DN_OK);
	one = (size_t)s.journal.size;
	note_connect(&s, "two", 11);
	assert_int_equal(journal_flush(&s.journal, 0), DN_OK);
	assert_int_equal(journal_read(&s.journal, &bytes), DN_OK);
	assert_int_equal(bytes.size, s.journal.size);
	for (size = one; size < bytes.size; size++)
		assert_int_equal(count_events(&bytes, size), 1);
	assert_int_equal(count_events(&bytes, bytes.size), 2);
	bytes_deinit(&bytes);
	scene_end(&s);
}

/* One bit that is wrong anywhere: at least the record that holds it, and what
 * follows, is not believed. */
static void
no_wrong_bit_is_believed(void **state)
{
	struct journal_image image;
	struct bytes bytes = {0};
	struct event event;
	size_t i, count;
	struct scene s;

	(void)state;
	scene_begin(&s, 1);
	note_connect(&s, "one", 10);
	assert_int_equal(journal_flush(&s.journal, 0), DN_OK);
	assert_int_equal(journal_read(&s.journal, &bytes), DN_OK);
	for (i = 0; i < bytes.size; i++) {
		bytes.data[i] ^= (unsigned char)(1u << i % 8);
		count = 0;
		if (journal_parse(&image, bytes.data, bytes.size) == DN_OK)
			while (journal_next(&image, &event))
				count++;
		assert_int_equal(count, 0);
		bytes.data[i] ^= (unsigned char)(1u << i % 8);
	}
	assert_int_equal(count_events(&bytes, bytes.size), 1);
	bytes_deinit(&bytes);
	scene_end(&s);
}

static uint64_t
fnv(const unsigned char *data, size_t size)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	while (size-- > 0)
		hash = (hash ^ *data++) * UINT64_C(1099511628211);
	return hash;
}

/* Makes the journal one of another build, of the same length of name. */
static void
change_build(struct bytes *bytes)
{
	struct dn_rd rd = dn_rd_of(bytes->data, bytes->size);
	size_t size = 22 + (size_t)dn_rd_uint(&rd, 4), i;
	struct dn_wr wr = dn_wr_of(bytes->data + size, 8);

	for (i = 0; i < strlen(journal_build()); i++)
		bytes->data[size - 1 - i] = 'x';
	dn_wr_uint(&wr, 8, fnv(bytes->data, size));
}

static void
another_build_takes_a_snapshot_only(void **state)
{
	struct journal_image image;
	struct bytes bytes = {0};
	struct scene s;
	size_t bare;

	(void)state;
	scene_begin(&s, 1);
	bare = (size_t)s.journal.size;
	note_connect(&s, "one", 10);
	assert_int_equal(journal_flush(&s.journal, 0), DN_OK);
	assert_int_equal(journal_read(&s.journal, &bytes), DN_OK);
	change_build(&bytes);
	assert_int_equal(journal_parse(&image, bytes.data, bytes.size),
	    DN_E_VERSION);
	assert_int_equal(journal_parse(&image, bytes.data, bare), DN_OK);
	assert_false(image.same_build);
	assert_memory_equal(image.start.snapshot, "snapshot", 8);
	bytes_deinit(&bytes);
	scene_end(&s);
}

static void
junk_is_refused(void **state)
{
	static const char *const junk[] = {
		"", "x", "journal", "0123456789012345678901234567890123456789"
	};
	struct journal_image image;
	struct bytes bytes = {0};
	struct scene s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(junk) / sizeof(*junk); i++)
		assert_int_equal(journal_parse(&image, junk[i],
		    strlen(junk[i])), DN_E_MALFORMED);
	scene_begin(&s, 1);
	assert_int_equal(journal_read(&s.journal, &bytes), DN_OK);
	for (i = 0; i < bytes.size; i++)
		assert_int_equal(journal_parse(&image, bytes.data, i),
		    DN_E_MALFORMED);
	bytes_deinit(&bytes);
	journal_remove(&s.journal);
	assert_int_equal(journal_read(&s.journal, &bytes), DN_E_UNKNOWN);
	bytes_deinit(&bytes);
	scene_end(&s);
}

/* Half of a new journal does no harm to the old one. */
static void
a_crash_in_compaction_leaves_the_old_one(void **state)
{
	struct bytes bytes = {0};
	struct scene s;

	(void)state;
	scene_begin(&s, 1);
	note_connect(&s, "one", 10);
	assert_int_equal(journal_flush(&s.journal, 0), DN_OK);
	shell_write(s.dir, "journal.new", "half of", 7);
	assert_int_equal(journal_read(&s.journal, &bytes), DN_OK);
	assert_int_equal(count_events(&bytes, bytes.size), 1);
	bytes_deinit(&bytes);
	journal_deinit(&s.journal);
	shell_clean(s.dir);
	/* ... and is written over by the next. */
	scene_begin(&s, 2);
	shell_write(s.dir, "journal.new", "half of", 7);
	scene_end(&s);
}

static void
a_long_one_wants_to_be_written_anew(void **state)
{
	struct journal_start start = {.incarnation = 1};
	char host[200];
	struct scene s;
	size_t i;

	(void)state;
	scene_begin(&s, 1);
	memset(host, 'h', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	for (i = 0; !journal_is_long(&s.journal, 0); i++) {
		assert_true(s.journal.size <= JOURNAL_BYTES_LEAST);
		note_connect(&s, host, i);
		assert_int_equal(journal_flush(&s.journal, 0), DN_OK);
	}
	assert_true(s.journal.size > JOURNAL_BYTES_LEAST);
	assert_int_equal(journal_begin(&s.journal, &start, 0), DN_OK);
	assert_false(journal_is_long(&s.journal, 0));
	assert_true(s.journal.size < 1000);
	scene_end(&s);
}

/* A full disk: no journal rather than one with a hole. */
static void
a_full_disk_removes_it(void **state)
{
	struct rlimit old, tiny;
	struct bytes bytes = {0};
	struct journal_start start = {.incarnation = 1};
	struct scene s;

	(void)state;
	scene_begin(&s, 1);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tiny = old;
	tiny.rlim_cur = s.journal.size + 20;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tiny), 0);
	note_connect(&s, "one", 10);
	/* Its complaint is an error in the log: not of interest here. */
	assert_int_equal(journal_flush(&s.journal, 1000), DN_E_IO);
	assert_false(journal_is_open(&s.journal));
	assert_int_equal(s.journal.retry_msec, 1000 + JOURNAL_RETRY_MSEC);
	assert_int_equal(journal_read(&s.journal, &bytes), DN_E_UNKNOWN);
	note_connect(&s, "two", 10);
	assert_int_equal(s.journal.pending.size, 0);
	tiny.rlim_cur = 30;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tiny), 0);
	assert_int_equal(journal_begin(&s.journal, &start, 2000), DN_E_IO);
	assert_int_equal(journal_read(&s.journal, &bytes), DN_E_UNKNOWN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(journal_begin(&s.journal, &start, 3000), DN_OK);
	assert_int_equal(journal_read(&s.journal, &bytes), DN_OK);
	bytes_deinit(&bytes);
	scene_end(&s);
}

/* The journal begins with 'snapshot' and has these 'events'. */
static void
expect_journal(struct scene *s, const char *snapshot, size_t events)
{
	struct journal_image image;
	struct bytes bytes = {0};

	assert_int_equal(journal_read(&s->journal, &bytes), DN_OK);
	assert_int_equal(journal_parse(&image, bytes.data, bytes.size),
	    DN_OK);
	assert_int_equal(image.start.snapshot_size, strlen(snapshot));
	assert_memory_equal(image.start.snapshot, snapshot,
	    strlen(snapshot));
	assert_int_equal(count_events(&bytes, bytes.size), events);
	assert_int_equal(s->journal.size, bytes.size);
	bytes_deinit(&bytes);
}

/* What happens while a copy of the process writes a shorter one is in it. */
static void
a_shorter_one_is_written_aside(void **state)
{
	struct journal_start start = {.incarnation = 1, .snapshot = "shorter",
	    .snapshot_size = 7, .outbox = "", .note = ""};
	uint64_t size;
	struct scene s;

	(void)state;
	scene_begin(&s, 1);
	note_connect(&s, "before", 10);
	assert_int_equal(journal_flush(&s.journal, 0), DN_OK);
	journal_begin_aside(&s.journal);
	size = journal_write_aside(&s.journal, &start, 20);
	assert_true(size > 0);
	note_connect(&s, "meanwhile", 21);
	assert_int_equal(journal_flush(&s.journal, 0), DN_OK);
	/* Were we killed now, the old one would be whole. */
	expect_journal(&s, "snapshot", 2);
	note_connect(&s, "pending", 22);
	assert_int_equal(journal_end_aside(&s.journal, size, 23), DN_OK);
	assert_int_equal(s.journal.start_size, size);
	expect_journal(&s, "shorter", 1);
	assert_int_equal(journal_flush(&s.journal, 0), DN_OK);
	expect_journal(&s, "shorter", 2);
	scene_end(&s);
}

static void
a_copy_that_fails_changes_nothing(void **state)
{
	struct journal_start start = {.incarnation = 1, .snapshot = "shorter",
	    .snapshot_size = 7, .outbox = "", .note = ""};
	uint64_t size;
	struct scene s;

	(void)state;
	scene_begin(&s, 1);
	dn_log_level = DN_LOG_COUNT;
	journal_begin_aside(&s.journal);
	note_connect(&s, "meanwhile", 10);
	assert_int_equal(journal_flush(&s.journal, 0), DN_OK);
	s.journal.size += 2 * JOURNAL_BYTES_LEAST;
	assert_false(journal_is_long(&s.journal, 11));
	assert_int_equal(journal_end_aside(&s.journal, 0, 11), DN_E_IO);
	/* It is tried again, but not at once. */
	assert_false(journal_is_long(&s.journal, 11));
	assert_true(journal_is_long(&s.journal, 11 + JOURNAL_RETRY_MSEC));
	s.journal.size -= 2 * JOURNAL_BYTES_LEAST;
	expect_journal(&s, "snapshot", 1);
	/* Its file is gone, or is void as all began anew meanwhile. */
	journal_begin_aside(&s.journal);
	assert_int_equal(journal_end_aside(&s.journal, 99, 12), DN_E_IO);
	expect_journal(&s, "snapshot", 1);
	journal_begin_aside(&s.journal);
	size = journal_write_aside(&s.journal, &start, 20);
	start.snapshot = "anew";
	start.snapshot_size = 4;
	assert_int_equal(journal_begin(&s.journal, &start, 21), DN_OK);
	assert_int_equal(journal_end_aside(&s.journal, size, 22), DN_OK);
	expect_journal(&s, "anew", 0);
	scene_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_torn_end_is_cut_off),
		cmocka_unit_test(no_wrong_bit_is_believed),
		cmocka_unit_test(another_build_takes_a_snapshot_only),
		cmocka_unit_test(junk_is_refused),
		cmocka_unit_test(a_crash_in_compaction_leaves_the_old_one),
		cmocka_unit_test(a_long_one_wants_to_be_written_anew),
		cmocka_unit_test(a_full_disk_removes_it),
		cmocka_unit_test(a_shorter_one_is_written_aside),
		cmocka_unit_test(a_copy_that_fails_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
