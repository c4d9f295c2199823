/* The store where it can't be one: files and disks that are of no use, and
 * kill -9. */
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "store_place.h"

/* Runs 'sql' on a connection of its own. */
static void
run_sql(const struct place *place, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
assert_whole(const struct place *place)
{
	sqlite3_stmt *statement;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1,
	    &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_string_equal(sqlite3_column_text(statement, 0), "ok");
	(void)sqlite3_finalize(statement);
	(void)sqlite3_close(db);
}

/* ---- files that can't be used ---- */

static void
expect_open(const char *path, enum dn_err err, const char *word)
{
	char why[STORE_WHY_BYTES] = "";
	struct store *store;

	assert_int_equal(store_open(&store, path, why), err);
	assert_null(store);
	if (strstr(why, word) == NULL)
		fail_msg("%s: not %s", why, word);
}

static void
bad_files_are_refused(void **state)
{
	char nowhere[STORE_PATH_BYTES + 16];
	struct place p;

	(void)state;
	begin(&p);
	store_close(p.store);
	run_sql(&p, "PRAGMA user_version = 99");
	expect_open(p.path, DN_E_VERSION, "a later dnchat made it");
	unlink(p.path);
	shell_write(p.dir, STORE_FILE, "this is no database, is it?? ", 30);
	expect_open(p.path, DN_E_IO, "move the file away");
	snprintf(nowhere, sizeof(nowhere), "%s.d/x", p.path);
	expect_open(nowhere, DN_E_IO, "must be there and ours to write");
	/* And then it is all right. */
	unlink(p.path);
	open_store(&p);
	end(&p);
}

static void
a_damaged_file_is_told(void **state)
{
	struct store_account account = account_of("ann");
	static char nonsense[4096];
	off_t at, size;
	struct place p;
	int fd, i;

	(void)state;
	begin(&p);
	for (i = 0; i < 200; i++) {
		snprintf(account.name, sizeof(account.name), "u%d", i);
		assert_int_equal(store_account_add(p.store, &account),
		    DN_OK);
	}
	store_close(p.store);
	memset(nonsense, 0xa5, sizeof(nonsense));
	fd = open(p.path, O_WRONLY);
	size = lseek(fd, 0, SEEK_END);
	for (at = sizeof(nonsense); at < size; at += (off_t)sizeof(nonsense))
		assert_int_equal(pwrite(fd, nonsense, sizeof(nonsense), at),
		    sizeof(nonsense));
	close(fd);
	open_store(&p);
	assert_int_equal(store_account_get(p.store, "u7", &account), DN_E_IO);
	assert_non_null(strstr(store_why(p.store), "move the file away"));
	end(&p);
}

static void
a_locked_file_is_told_in_time(void **state)
{
	struct store_account account = account_of("ann");
	struct place p;
	sqlite3 *other;

	(void)state;
	begin(&p);
	assert_int_equal(store_account_add(p.store, &account), DN_OK);
	assert_int_equal(sqlite3_open(p.path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL,
	    NULL), SQLITE_OK);
	assert_int_equal(store_probe(p.store), DN_E_TIMEOUT);
	assert_non_null(strstr(store_why(p.store), "another program"));
	assert_int_equal(store_room_delete(p.store, "den"), DN_E_TIMEOUT);
	/* It can still be read. */
	assert_int_equal(store_account_get(p.store, "ann", &account), DN_OK);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	assert_int_equal(store_probe(p.store), DN_OK);
	end(&p);
}

/* A disk of its own that holds little; false: we may not make one. */
static bool
make_disk(const char *dir)
{
	return geteuid() == 0 &&
	    mount("none", dir, "tmpfs", 0, "size=512k") == 0;
}

/* What was written is there again once it may be written. */
static void
a_read_only_place_is_told(void **state)
{
	struct store_account account = account_of("ann");
	struct place p;
	bool is_disk;

	(void)state;
	shell_dir(p.dir);
	is_disk = make_disk(p.dir);
	if (!is_disk && geteuid() == 0) {
		/* Root may write everywhere. */
		shell_clean(p.dir);
		skip();
	}
	snprintf(p.path, sizeof(p.path), "%s/" STORE_FILE, p.dir);
	open_store(&p);
	assert_int_equal(store_account_add(p.store, &account), DN_OK);
	store_close(p.store);
	if (is_disk)
		assert_int_equal(mount("none", p.dir, "tmpfs", MS_REMOUNT |
		    MS_RDONLY, "size=512k"), 0);
	else
		assert_int_equal(chmod(p.path, 0400) | chmod(p.dir, 0500),
		    0);
	expect_open(p.path, DN_E_IO, "must be there and ours to write");
	if (is_disk)
		assert_int_equal(mount("none", p.dir, "tmpfs", MS_REMOUNT,
		    "size=512k"), 0);
	else
		assert_int_equal(chmod(p.dir, 0700) | chmod(p.path, 0600),
		    0);
	open_store(&p);
	assert_int_equal(store_account_get(p.store, "ann", &account), DN_OK);
	store_close(p.store);
	if (is_disk)
		assert_int_equal(umount(p.dir), 0);
	shell_clean(p.dir);
}

/* Writes until nothing more fits; then room is made. */
static void
a_full_disk_is_told(void **state)
{
	static char text[8000];
	struct store_line line = {.room = S("den"), .author = S("ann"),
	    .text = {text, sizeof(text)}};
	struct store_account account = account_of("ann");
	struct rlimit before, limit;
	enum dn_err err = DN_OK;
	uint64_t lost = 0;
	struct place p;
	bool is_disk;

	(void)state;
	memset(text, 'x', sizeof(text));
	shell_dir(p.dir);
	is_disk = make_disk(p.dir);
	snprintf(p.path, sizeof(p.path), "%s/" STORE_FILE, p.dir);
	open_store(&p);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 512u << 10;
	signal(SIGXFSZ, SIG_IGN);
	if (!is_disk)
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(store_account_add(p.store, &account), DN_OK);
	assert_int_equal(store_room_put(p.store, "den", 5), DN_OK);
	for (line.seq = 1; err == DN_OK && line.seq < 1000; line.seq++) {
		err = store_lines_begin(p.store, 1, 100000);
		if (err == DN_OK)
			err = store_line_add(p.store, &line, &lost);
		if (err == DN_OK)
			err = store_lines_end(p.store);
		else
			store_lines_drop(p.store);
	}
	assert_true(err == DN_E_FULL || (!is_disk && err == DN_E_IO));
	assert_int_equal(store_account_get(p.store, "ann", &account), DN_OK);
	if (is_disk)
		assert_int_equal(mount("none", p.dir, "tmpfs", MS_REMOUNT,
		    "size=8m"), 0);
	else
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	reopen_store(&p);
	assert_int_equal(store_probe(p.store), DN_OK);
	assert_whole(&p);
	store_close(p.store);
	if (is_disk)
		assert_int_equal(umount(p.dir), 0);
	shell_clean(p.dir);
}

/* ---- kill -9 ---- */

/* Stores accounts and lines from 'from' on for ever, and says after each what
 * is safe. */
static void
store_for_ever(struct place *place, uint64_t from, int to)
{
	struct store_account account = account_of("");
	struct store_line line = {.room = S("den"), .author = S("ann"),
	    .text = S("text")};
	uint64_t lost = 0;

	for (;; from++) {
		snprintf(account.name, sizeof(account.name), "u%ju",
		    (uintmax_t)from);
		line.seq = from;
		if (store_account_add(place->store, &account) != DN_OK ||
		    store_lines_begin(place->store, 1, 1000000) != DN_OK ||
		    store_line_add(place->store, &line, &lost) != DN_OK ||
		    store_lines_end(place->store) != DN_OK ||
		    write(to, &from, sizeof(from)) != sizeof(from))
			_exit(1);
	}
}

/* Kills a process that stores, once it has told of 'count' accounts. Returns
 * the last that it told of. */
static uint64_t
kill_while_storing(struct place *place, uint64_t from, unsigned count,
    unsigned usec)
{
	uint64_t safe = from - 1;
	int fds[2], status;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	if (child == 0) {
		close(fds[0]);
		open_store(place);
		store_for_ever(place, from, fds[1]);
	}
	close(fds[1]);
	while (count-- > 0 && read(fds[0], &safe, sizeof(safe)) > 0)
		continue;
	usleep(usec);
	assert_int_equal(kill(child, SIGKILL), 0);
	while (read(fds[0], &safe, sizeof(safe)) == sizeof(safe))
		continue;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	close(fds[0]);
	return safe;
}

static void
a_kill_loses_nothing(void **state)
{
	struct store_account account;
	uint64_t from = 1, line_count = 0, safe, i;
	unsigned round;
	struct bytes rows = {0};
	struct place p;
	char name[24];

	(void)state;
	begin(&p);
	assert_int_equal(store_room_put(p.store, "den", 5), DN_OK);
	store_close(p.store);
	for (round = 0; round < 20; round++) {
		safe = kill_while_storing(&p, from, 3 + round % 5,
		    round * 137 % 900);
		assert_whole(&p);
		open_store(&p);
		for (i = from; i <= safe; i++) {
			snprintf(name, sizeof(name), "u%ju", (uintmax_t)i);
			assert_int_equal(store_account_get(p.store, name,
			    &account), DN_OK);
		}
		rows.size = 0;
		assert_int_equal(store_history(p.store, "den", 0, 1000000, 0,
		    &rows), DN_OK);
		/* 16 bytes, and two strings with their sizes. */
		line_count += safe - from + 1;
		assert_true(rows.size / (16 + 4 + 3 + 4 + 4) >= line_count);
		/* One more may be there, of which it had not told. */
		from = safe + 2;
		store_close(p.store);
	}
	bytes_deinit(&rows);
	open_store(&p);
	end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_files_are_refused),
		cmocka_unit_test(a_damaged_file_is_told),
		cmocka_unit_test(a_locked_file_is_told_in_time),
		cmocka_unit_test(a_read_only_place_is_told),
		cmocka_unit_test(a_full_disk_is_told),
		cmocka_unit_test(a_kill_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
