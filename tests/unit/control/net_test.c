/*
 * Streams of the loop, at their other end's death.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
