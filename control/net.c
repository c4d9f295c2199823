/* The loop of dncontrol: see net.h. Below it is libevent. */
#include "net.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "bytes.h"
#include "dnchat/log.h"
#include "memory.h"

#define NET_SIGNALS_MAX 8
#define NET_BACKLOG 64
/* Rest when descriptors have run out. */
#define NET_REST_MSEC 250

struct net_signal_row {
	struct event *event;
	net_signalled *signalled;
	void *context;
};

struct net {
	struct event_base *base;
	struct net_signal_row signals[NET_SIGNALS_MAX];
	size_t signal_count;
};

static void *
net_checked(void *memory)
{
	if (memory == NULL) {
		dn_error("memory", "why=\"out of memory\"");
		abort();
	}
	return memory;
}

static void
net_log(int severity, const char *text)
{
	if (severity >= EVENT_LOG_WARN)
		dn_warn("libevent", "text=%s",
		    dn_log_str(dn_str_of(text)).text);
}

struct net *
net_new(void)
{
	struct event_config *config = net_checked(event_config_new());
	struct net *net = memory_new(sizeof(*net));

	event_set_log_callback(net_log);
	/* Timers are set from inside callbacks that may have taken long. */
	event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME);
	net->base = event_base_new_with_config(config);
	event_config_free(config);
	if (net->base == NULL) {
		free(net);
		return NULL;
	}
	return net;
}

void
net_free(struct net *net)
{
	size_t i;

	net_lookups_end(net);
	for (i = 0; i < net->signal_count; i++)
		event_free(net->signals[i].event);
	event_base_free(net->base);
	free(net);
	libevent_global_shutdown();
}

uint64_t
net_now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void
net_turn(struct net *net, bool wait)
{
	event_base_loop(net->base, wait ? EVLOOP_ONCE :
	    EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

struct event_base *
net_base(struct net *net)
{
	return net->base;
}

struct event *
net_event(struct net *net, int fd, short what,
    void (*fired)(int fd, short what, void *context), void *context)
{
	return net_checked(event_new(net->base, fd, what, fired, context));
}

/* ---- timers ---- */

struct net_timer {
	struct event *event;
	net_fired *fired;
	void *context;
};

static void
net_timer_fire(evutil_socket_t fd, short what, void *context)
{
	struct net_timer *timer = context;

	(void)fd;
	(void)what;
	timer->fired(timer->context);
}

struct net_timer *
net_timer_new(struct net *net, net_fired *fired, void *context)
{
	struct net_timer *timer = memory_new(sizeof(*timer));

	timer->event = net_event(net, -1, 0, net_timer_fire,
	    timer);
	timer->fired = fired;
	timer->context = context;
	return timer;
}

void
net_timer_free(struct net_timer *timer)
{
	if (timer == NULL)
		return;
	event_free(timer->event);
	free(timer);
}

void
net_timer_set(struct net_timer *timer, uint64_t at_msec)
{
	uint64_t now_msec = net_now_msec(), msec;
	struct timeval time;

	if (at_msec == UINT64_MAX) {
		event_del(timer->event);
		return;
	}
	msec = at_msec > now_msec ? at_msec - now_msec : 0;
	time.tv_sec = (time_t)(msec / 1000);
	time.tv_usec = (suseconds_t)(msec % 1000 * 1000);
	event_add(timer->event, &time);
}

/* ---- other threads ---- */

struct net_bell {
	struct event *event;
	int fd;
	net_fired *fired;
	void *context;
};

static void
net_bell_rung(evutil_socket_t fd, short what, void *context)
{
	struct net_bell *bell = context;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) == (ssize_t)sizeof(count))
		bell->fired(bell->context);
}

struct net_bell *
net_bell_new(struct net *net, net_fired *fired, void *context)
{
	struct net_bell *bell = memory_new(sizeof(*bell));

	bell->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (bell->fd < 0) {
		dn_error("eventfd", "why=\"%s\"", strerror(errno));
		abort();
	}
	bell->event = net_event(net, bell->fd, EV_READ | EV_PERSIST,
	    net_bell_rung, bell);
	bell->fired = fired;
	bell->context = context;
	event_add(bell->event, NULL);
	return bell;
}

void
net_bell_free(struct net_bell *bell)
{
	if (bell == NULL)
		return;
	event_free(bell->event);
	close(bell->fd);
	free(bell);
}

void
net_ring(struct net_bell *bell)
{
	const uint64_t one = 1;

	/* Full means that it rings already. */
	if (write(bell->fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		abort();
}

/* ---- signals ---- */

static void
net_signal_fire(evutil_socket_t number, short what, void *context)
{
	struct net_signal_row *row = context;

	(void)what;
	row->signalled(row->context, number);
}

void
net_signal(struct net *net, int number, net_signalled *signalled,
    void *context)
{
	struct net_signal_row *row = &net->signals[net->signal_count++];

	row->signalled = signalled;
	row->context = context;
	row->event = net_event(net, number, EV_SIGNAL | EV_PERSIST,
	    net_signal_fire, row);
	event_add(row->event, NULL);
}

/* ---- listening ---- */

bool
net_address(struct sockaddr_un *address, const char *path)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(address->sun_path))
		return false;
	memcpy(address->sun_path, path, strlen(path) + 1);
	return true;
}

struct net_listener {
	struct event *event, *rested;
	int fd;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	uint64_t logged_msec;
	net_accepted *accepted;
	void *context;
};

static void
net_listener_rest(struct net_listener *listener, int err)
{
	struct timeval time = {0, NET_REST_MSEC * 1000};
	uint64_t now_msec = net_now_msec();

	event_del(listener->event);
	event_add(listener->rested, &time);
	if (now_msec - listener->logged_msec < 10000)
		return;
	listener->logged_msec = now_msec;
	dn_warn("accept", "socket=%s why=\"%s\"", listener->path,
	    strerror(err));
}

static void
net_listener_accept(evutil_socket_t fd, short what, void *context)
{
	struct net_listener *listener = context;
	int conn;

	(void)what;
	conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (conn >= 0)
		listener->accepted(listener->context, conn);
	else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		net_listener_rest(listener, errno);
}

static void
net_listener_resume(evutil_socket_t fd, short what, void *context)
{
	struct net_listener *listener = context;

	(void)fd;
	(void)what;
	event_add(listener->event, NULL);
}

/* A listening socket at 'path', or -1 with errno. */
static int
net_listen_socket(const struct sockaddr_un *address, mode_t mode)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	mode_t mask;
	int err;

	if (fd < 0)
		return -1;
	(void)unlink(address->sun_path);
	mask = umask(0777 & ~mode);
	err = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	(void)umask(mask);
	if (err != 0 || listen(fd, NET_BACKLOG) != 0) {
		err = errno;
		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

enum dn_err
net_listen(struct net *net, const char *path, mode_t mode,
    net_accepted *accepted, void *context, struct net_listener **to)
{
	struct net_listener *listener;
	struct sockaddr_un address;
	int fd;

	if (!net_address(&address, path))
		return DN_E_TOO_LONG;
	fd = net_listen_socket(&address, mode);
	if (fd < 0)
		return DN_E_IO;
	listener = memory_new(sizeof(*listener));
	listener->fd = fd;
	memcpy(listener->path, path, strlen(path) + 1);
	listener->accepted = accepted;
	listener->context = context;
	listener->event = net_event(net, fd, EV_READ | EV_PERSIST,
	    net_listener_accept, listener);
	listener->rested = net_event(net, -1, 0, net_listener_resume,
	    listener);
	event_add(listener->event, NULL);
	*to = listener;
	return DN_OK;
}

void
net_unlisten(struct net_listener *listener)
{
	if (listener == NULL)
		return;
	event_free(listener->event);
	event_free(listener->rested);
	close(listener->fd);
	(void)unlink(listener->path);
	free(listener);
}
