/*
 * Streams of the loop, at their other end's death; and copies of the process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dnchat/log.h"

#include "../../../control/net.h"

DN_LOG_DEFINE;

/* More than is read in one turn otherwise. */
#define WORDS_BYTES (200u << 10)

struct owner {
	size_t had;
	bool is_over;
};

static size_t
owner_input(void *context, const char *data, size_t size)
{
	struct owner *owner = context;

	(void)data;
	assert_false(owner->is_over);
	owner->had += size;
	return size;
}

static void
owner_drained(void *context)
{
	(void)context;
}

static void
owner_ended(void *context, bool is_broken)
{
	(void)is_broken;
	((struct owner *)context)->is_over = true;
}

/* What somebody said before he died is heard, even if the first that is
 * noticed is that nothing can be written to him. */
static void
test_last_words(void **state)
{
	static const struct net_stream_ops ops = {
		owner_input, owner_drained, owner_ended
	};
	static char words[WORDS_BYTES];
	struct net *net = net_new();
	struct owner owner = {0, false};
	struct net_stream *stream;
	int fds[2], size = 2 * WORDS_BYTES;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    fds), 0);
	assert_int_equal(setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &size,
	    sizeof(size)), 0);
	stream = net_adopt_take(net, fds[0], &ops, &owner);
	assert_int_equal(write(fds[1], words, sizeof(words)), sizeof(words));
	close(fds[1]);
	net_write(stream, "ack", 3);
	net_flush(stream);
	while (!owner.is_over)
		net_turn(net, true);
	assert_int_equal(owner.had, sizeof(words));
	net_close(stream);
	net_free(net);
}

struct twin {
	int pipe[2]; /* its copy keeps the end that is written to */
	int other;
	uint64_t value, result;
	unsigned done;
	struct net_copy *copy;
};

static uint64_t
twin_run(void *context)
{
	struct twin *twin = context;

	/* What is not kept is not there. */
	if (fcntl(twin->other, F_GETFD) >= 0 ||
	    write(twin->pipe[1], "w", 1) != 1)
		return 1;
	return twin->value;
}

static uint64_t
twin_die(void *context)
{
	(void)context;
	_exit(0);
}

static void
twin_done(void *context, uint64_t result)
{
	struct twin *twin = context;

	twin->result = result;
	twin->done++;
}

/* It has the memory of when it was made, and ends after we have heard. */
static void
test_copy(void **state)
{
	struct net *net = net_new();
	struct twin twin = {.value = 42};
	char bytes[2];

	(void)state;
	assert_int_equal(pipe(twin.pipe), 0);
	twin.other = open("/dev/null", O_RDONLY);
	twin.copy = net_copy_run(net, twin.pipe[1], twin_run, twin_done,
	    &twin);
	assert_non_null(twin.copy);
	twin.value = 43;
	close(twin.pipe[1]);
	while (twin.done == 0)
		net_turn(net, true);
	assert_int_equal(twin.result, 42);
	while (!net_copy_has_ended(twin.copy))
		net_turn(net, true);
	assert_int_equal(twin.done, 1);
	/* Nobody else has that end any more. */
	assert_int_equal(read(twin.pipe[0], bytes, 2), 1);
	assert_int_equal(read(twin.pipe[0], bytes, 2), 0);
	net_copy_end(twin.copy);
	close(twin.pipe[0]);
	close(twin.other);
	net_free(net);
}

static void
test_copy_that_dies(void **state)
{
	struct net *net = net_new();
	struct twin twin = {.result = 5};

	(void)state;
	twin.copy = net_copy_run(net, -1, twin_die, twin_done, &twin);
	assert_non_null(twin.copy);
	while (!net_copy_has_ended(twin.copy))
		net_turn(net, true);
	assert_int_equal(twin.done, 1);
	assert_int_equal(twin.result, 0);
	net_copy_end(twin.copy);
	/* Or it is ended, and nothing is heard of it. */
	twin.copy = net_copy_run(net, -1, twin_run, twin_done, &twin);
	net_copy_end(twin.copy);
	net_copy_end(NULL);
	net_turn(net, false);
	assert_int_equal(twin.done, 1);
	net_free(net);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_copy_that_dies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
