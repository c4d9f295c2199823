/*
 * The run directory: where it is, when it is not safe, and who holds it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>

#include "dnchat/rundir.h"

static char top[] = "/tmp/dnchat-rundir-XXXXXX";

static int
make_top(void **state)
{
	(void)state;
	return mkdtemp(top) == NULL;
}

static int
remove_top(void **state)
{
	char file[sizeof(top) + 16];

	(void)state;
	(void)snprintf(file, sizeof(file), "%s/a.lock", top);
	(void)unlink(file);
	return rmdir(top);
}

static void
default_is_the_same_for_all(void **state)
{
	char path[RUNDIR_BYTES_MAX], temporary[RUNDIR_BYTES_MAX];

	(void)state;
	assert_int_equal(setenv("TMPDIR", top, 1), 0);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", "/run/user/1", 1), 0);
	assert_int_equal(rundir_default(path), DN_OK);
	assert_string_equal(path, geteuid() == 0 ? "/run/dnchat" :
	    "/run/user/1/dnchat");
	/* What is relative means another directory to each program. */
	assert_int_equal(setenv("XDG_RUNTIME_DIR", "here", 1), 0);
	assert_int_equal(rundir_default(path), DN_OK);
	assert_true(rundir_temporary(temporary) > 0);
	if (geteuid() != 0)
		assert_string_equal(path, temporary);
	assert_memory_equal(temporary, top, strlen(top));
}

static void
temporary_one_must_be_ours_alone(void **state)
{
	char path[RUNDIR_BYTES_MAX];
	bool is_new;

	(void)state;
	assert_int_equal(setenv("TMPDIR", top, 1), 0);
	assert_true(rundir_temporary(path) > 0);
	assert_int_equal(rundir_prepare(path, &is_new), DN_OK);
	assert_true(is_new);
	assert_int_equal(chmod(path, 0700), 0);
	assert_int_equal(rundir_prepare(path, &is_new), DN_OK);
	assert_false(is_new);
	assert_int_equal(chmod(path, 0777), 0);
	assert_int_equal(rundir_prepare(path, &is_new), DN_E_REFUSED);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("/tmp", path), 0);
	assert_int_equal(rundir_prepare(path, &is_new), DN_E_REFUSED);
	assert_int_equal(unlink(path), 0);
}

/* Starts a process that holds the lock until it is killed. */
static pid_t
start_holder(void)
{
	int ready[2], fd;
	pid_t pid, holder;
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (rundir_lock(top, "a.lock", &fd, &holder) != DN_OK ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	(void)close(ready[1]);
	return pid;
}

static void
there_is_one_holder(void **state)
{
	pid_t pid = start_holder(), holder;
	int fd;

	(void)state;
	assert_int_equal(rundir_lock(top, "a.lock", &fd, &holder),
	    DN_E_EXISTS);
	assert_int_equal(holder, pid);
	assert_int_equal(fd, -1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Not waited for: it may still be dying when the next one comes. */
static void
who_was_killed_makes_room(void **state)
{
	pid_t pid = start_holder(), holder;
	int fd;

	(void)state;
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(rundir_lock(top, "a.lock", &fd, &holder), DN_OK);
	assert_int_equal(close(fd), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_is_the_same_for_all),
		cmocka_unit_test(temporary_one_must_be_ours_alone),
		cmocka_unit_test(there_is_one_holder),
		cmocka_unit_test(who_was_killed_makes_room),
	};

	return cmocka_run_group_tests(tests, make_top, remove_top);
}
