/*
 * A copy of this process, for net.h: it sees all memory as it was when it was
 * made, and nobody waits for it. It says through a socket what came of it, and
 * ends when this process has shut its half.
 */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory.h"
#include "net.h"

/* Whoever has something to do for users comes first. */
#define NET_COPY_NICE 19

struct net_copy {
	pid_t pid;
	int fd;
	struct event *readable;
	bool is_done, has_ended;
	net_done *done;
	void *context;
};

static void
net_copy_close(int from, int below)
{
	if (from < below)
		(void)close_range((unsigned)from, (unsigned)below - 1, 0);
}

/* Locks and sockets are the other process's. */
static void
net_copy_close_others(int fd, int keep)
{
	int low = fd < keep ? fd : keep, high = fd < keep ? keep : fd;

	if (low > STDERR_FILENO)
		net_copy_close(STDERR_FILENO + 1, low);
	if (low >= 0)
		net_copy_close(low + 1, high);
	(void)close_range((unsigned)high + 1, ~0u, 0);
}

/* The copy's life. */
static _Noreturn void
net_copy_be(pid_t parent, int fd, int keep, net_ran *run, void *context)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	uint64_t result;
	char byte;
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], SIG_DFL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	net_copy_close_others(fd, keep);
	(void)setpriority(PRIO_PROCESS, 0, NET_COPY_NICE);
	if (getppid() != parent)
		_exit(1);
	result = run(context);
	if (send(fd, &result, sizeof(result), MSG_NOSIGNAL) !=
	    (ssize_t)sizeof(result))
		_exit(1);
	_exit(recv(fd, &byte, 1, 0) == 0 ? 0 : 1);
}

static void
net_copy_reap(struct net_copy *copy)
{
	while (waitpid(copy->pid, NULL, 0) < 0 && errno == EINTR)
		;
	copy->has_ended = true;
}

bool
net_copy_has_ended(const struct net_copy *copy)
{
	return copy->has_ended;
}

void
net_copy_end(struct net_copy *copy)
{
	if (copy == NULL)
		return;
	event_free(copy->readable);
	close(copy->fd);
	if (!copy->has_ended) {
		(void)kill(copy->pid, SIGKILL);
		net_copy_reap(copy);
	}
	free(copy);
}

static void
net_copy_read(evutil_socket_t fd, short what, void *context)
{
	struct net_copy *copy = context;
	uint64_t result = 0;
	ssize_t size;

	(void)what;
	size = recv(fd, &result, sizeof(result), MSG_DONTWAIT);
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size != (ssize_t)sizeof(result)) {
		result = 0;
		net_copy_reap(copy);
		event_del(copy->readable);
	}
	if (!copy->is_done)
		copy->done(copy->context, result);
	copy->is_done = true;
	(void)shutdown(fd, SHUT_WR);
}

struct net_copy *
net_copy_run(struct net *net, int keep, net_ran *run, net_done *done,
    void *context)
{
	struct net_copy *copy;
	pid_t parent = getpid(), pid;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return NULL;
	/* What waits in its buffers is ours to write. */
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		net_copy_be(parent, ends[1], keep, run, context);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return NULL;
	}
	copy = memory_new(sizeof(*copy));
	copy->pid = pid;
	copy->fd = ends[0];
	copy->done = done;
	copy->context = context;
	copy->readable = net_event(net, ends[0], EV_READ | EV_PERSIST,
	    net_copy_read, copy);
	event_add(copy->readable, NULL);
	return copy;
}
