/*
 * The loop of dncontrol: Unix sockets, timers, signals, standard input, and
 * names to addresses. Only net.c, net_stream.c and net_lookup.c know libevent.
 * What the others give to be called is called from net_turn() alone, never
 * from inside another call of theirs.
 */
#ifndef CONTROL_NET_H
#define CONTROL_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "dnchat/err.h"

struct net;
struct event;
struct event_base;
struct sockaddr_un;

/* A loop; NULL if the system refuses. Ends the process where there is no
 * memory, as do all functions here. */
struct net *net_new(void);

/* Ends the lookups; streams, timers and listeners were closed before. */
void net_free(struct net *net);

/* Monotonic time in milliseconds. */
uint64_t net_now_msec(void);

/* One turn of the loop: calls what is due; if there is nothing, waits for it
 * if 'wait'. */
void net_turn(struct net *net, bool wait);

/* For the other files that know libevent: the loop, an event of it that is
 * not added yet, and the address of a Unix socket (false: too long). */
struct event_base *net_base(struct net *net);
struct event *net_event(struct net *net, int fd, short what,
    void (*fired)(int fd, short what, void *context), void *context);
bool net_address(struct sockaddr_un *address, const char *path);

/* ---- timers ---- */

struct net_timer;
typedef void net_fired(void *context);

/* A timer that is not set. 'fired' is called with 'context'. */
struct net_timer *net_timer_new(struct net *net, net_fired *fired,
    void *context);

/* Takes NULL. */
void net_timer_free(struct net_timer *timer);

/* It fires once, at 'at_msec' or soon after; UINT64_MAX: never. */
void net_timer_set(struct net_timer *timer, uint64_t at_msec);

/* ---- other threads ---- */

struct net_bell;

/* 'fired' is called with 'context' some time after each net_ring(), at least
 * once for those that came meanwhile. */
struct net_bell *net_bell_new(struct net *net, net_fired *fired,
    void *context);

/* Takes NULL. Nobody may ring it any more. */
void net_bell_free(struct net_bell *bell);

/* May be called from any thread. */
void net_ring(struct net_bell *bell);

/* ---- signals ---- */

typedef void net_signalled(void *context, int number);

/* Until net_free() 'signalled' is called for signal 'number'. */
void net_signal(struct net *net, int number, net_signalled *signalled,
    void *context);

/* ---- streams: connected sockets, and standard input ---- */

struct net_stream;

struct net_stream_ops {
	/* 'size' bytes came in so far that were not used up; returns how many
	 * are used up now. */
	size_t (*input)(void *context, const char *data, size_t size);
	/* All that was written has left. May be NULL. */
	void (*drained)(void *context);
	/* Nothing more will come in. If 'is_broken' nothing can be written
	 * either. The owner calls net_close(), now or later. */
	void (*ended)(void *context, bool is_broken);
};

/* Connects to the Unix socket 'path'. Errors: DN_E_OFFLINE (nobody listens
 * there), DN_E_FULL (try again), DN_E_IO. */
enum dn_err net_connect(struct net *net, const char *path,
    const struct net_stream_ops *ops, void *context,
    struct net_stream **stream);

/* Takes over the socket 'fd'. */
struct net_stream *net_adopt_take(struct net *net, int fd,
    const struct net_stream_ops *ops, void *context);

/* Reads standard input, whatever that is; nothing can be written to it. */
struct net_stream *net_stdin(struct net *net, const struct net_stream_ops *ops,
    void *context);

/* Queues bytes; they leave in a later turn, or at net_flush(). */
void net_write(struct net_stream *stream, const void *data, size_t size);

/* Writes now what the socket takes. */
void net_flush(struct net_stream *stream);

/* Bytes that were written and have not left. */
size_t net_pending(const struct net_stream *stream);

/* While paused nothing is read. Afterwards 'input' is called again, also for
 * what was left over. */
void net_pause(struct net_stream *stream, bool is_paused);

/* Who is at the other end of a Unix socket. Errors: DN_E_IO. */
enum dn_err net_credentials(const struct net_stream *stream, uid_t *uid,
    pid_t *pid);

/* Takes NULL. What has not left is lost. */
void net_close(struct net_stream *stream);

/* ---- listening ---- */

struct net_listener;
/* The callee owns 'fd'. */
typedef void net_accepted(void *context, int fd);

/*
 * Listens on the Unix socket 'path' of 'mode'; a stale one is replaced. Where
 * descriptors run out it rests for a moment. Errors: DN_E_TOO_LONG, DN_E_IO
 * (errno says why).
 */
enum dn_err net_listen(struct net *net, const char *path, mode_t mode,
    net_accepted *accepted, void *context, struct net_listener **listener);

/* Takes NULL. Removes the socket's file. */
void net_unlisten(struct net_listener *listener);

/* ---- a copy of this process ---- */

struct net_copy;
typedef uint64_t net_ran(void *context);
/* 'result' is what it returned; 0: it died. */
typedef void net_done(void *context, uint64_t result);

/*
 * Calls 'run' in a copy of this process, which has no descriptors but the
 * standard ones and 'keep', and then 'done' in a later turn of this one; only
 * after that the copy ends, so that it is the copy that has the work of closing
 * 'keep' for good. NULL: there can't be one (errno says why).
 */
struct net_copy *net_copy_run(struct net *net, int keep, net_ran *run,
    net_done *done, void *context);

/* True if 'done' has been called, and the copy has ended: it is to be freed. */
bool net_copy_has_ended(const struct net_copy *copy);

/* Takes NULL. Ends it now if it has not; 'done' is not called any more. */
void net_copy_end(struct net_copy *copy);

/* ---- names to addresses ---- */

/* 'addresses' are numeric, blanks between them; "" if there are none, and
 * 'why' says why. */
typedef void net_looked_up(void *context, uint32_t id, const char *addresses,
    const char *why);

/*
 * Looks 'host' up in /etc/hosts and DNS without holding up the loop; a
 * numeric address is its own answer. 'looked_up' is called once with 'id', in
 * a later turn, within NET_LOOKUP_MSEC; not if net_free() comes before.
 */
#define NET_LOOKUP_MSEC 8000
void net_lookup(struct net *net, const char *host, uint32_t id,
    net_looked_up *looked_up, void *context);

/* For net_free(): ends all lookups of 'net'. */
void net_lookups_end(struct net *net);

#endif
