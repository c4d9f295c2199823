/*
 * control/net.h in memory, as far as control/downlink.c and the store use it:
 * the socket between a node's planes, and timers. Both ends lag, in both
 * directions, and pieces end anywhere.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../../control/bytes.h"
#include "../../control/net.h"
#include "node.h"
#include "node_net.h"
#include "sim_clock.h"

/* How long a piece is under way between the planes, from and to. */
#define NODE_PIPE_USEC_LEAST 5
#define NODE_PIPE_USEC_SPAN 200

struct net_timer {
	struct net_timer *next;
	struct net *net;
	net_fired *fired;
	void *context;
	uint64_t at_msec;
};

struct net {
	struct node *node;
	struct net_timer *timers;
};

/* The socket. It stays until its node ends: something may be under way. */
struct net_stream {
	struct net_stream *next; /* an older one of the node */
	struct node *node;
	const struct net_stream_ops *ops;
	void *context;
	struct bytes out;      /* written, not flushed */
	struct bytes in;       /* arrived, not used up */
	struct bytes up, down; /* under way */
	uint64_t up_usec, down_usec; /* when the last piece arrives */
	bool is_control_open, is_plane_open;
	bool is_control_told;  /* that dnchatd's end is closed */
};

uint64_t
net_now_msec(void)
{
	return sim_now() / SIM_MSEC;
}

/* ---- the loop ---- */

struct net *
node_net_new(struct node *node)
{
	struct net *net = calloc(1, sizeof(*net));

	assert(net != NULL);
	net->node = node;
	return net;
}

struct node *
node_net_node(const struct net *net)
{
	return net->node;
}

void
net_free(struct net *net)
{
	assert(net->timers == NULL);
	free(net);
}

struct net_timer *
net_timer_new(struct net *net, net_fired *fired, void *context)
{
	struct net_timer *timer = calloc(1, sizeof(*timer));

	assert(timer != NULL);
	*timer = (struct net_timer){net->timers, net, fired, context,
	    UINT64_MAX};
	net->timers = timer;
	return timer;
}

void
net_timer_free(struct net_timer *timer)
{
	struct net_timer **at;

	if (timer == NULL)
		return;
	for (at = &timer->net->timers; *at != timer; at = &(*at)->next)
		continue;
	*at = timer->next;
	free(timer);
}

void
net_timer_set(struct net_timer *timer, uint64_t at_msec)
{
	timer->at_msec = at_msec;
}

uint64_t
node_net_next(const struct net *net)
{
	const struct net_timer *timer;
	uint64_t next = UINT64_MAX;

	for (timer = net->timers; timer != NULL; timer = timer->next)
		if (timer->at_msec < next)
			next = timer->at_msec;
	return next;
}

void
node_net_fire(struct net *net)
{
	struct net_timer *timer = net->timers;

	while (timer != NULL) {
		if (timer->at_msec > net_now_msec()) {
			timer = timer->next;
			continue;
		}
		timer->at_msec = UINT64_MAX;
		timer->fired(timer->context);
		timer = net->timers;
	}
}

/* ---- the socket ---- */

void
node_net_end(struct node *node)
{
	struct net_stream *stream;

	while ((stream = node->streams) != NULL) {
		node->streams = stream->next;
		bytes_deinit(&stream->out);
		bytes_deinit(&stream->in);
		bytes_deinit(&stream->up);
		bytes_deinit(&stream->down);
		free(stream);
	}
}

/* 'act' happens with the stream after what is under way that way. */
static void
stream_at(struct net_stream *stream, uint64_t *last_usec, sim_act *act,
    uint64_t size)
{
	uint64_t at_usec = sim_now() + NODE_PIPE_USEC_LEAST +
	    sim_below(NODE_PIPE_USEC_SPAN);

	if (at_usec < *last_usec)
		at_usec = *last_usec;
	*last_usec = at_usec;
	sim_at(at_usec, act, stream, size);
}

/* dnchatd's end hears of the end. */
static void
stream_plane_end(void *object, uint64_t what)
{
	struct net_stream *stream = object;

	(void)what;
	if (stream->is_plane_open) {
		stream->is_plane_open = false;
		if (stream->node->session == stream)
			stream->node->session = NULL;
		node_plane_session_end(stream->node);
	}
}

/* dncontrol's end hears of the end. */
static void
stream_control_end(void *object, uint64_t what)
{
	struct net_stream *stream = object;

	(void)what;
	if (stream->is_control_open && !stream->is_control_told) {
		if (sim_now() < stream->node->frozen_usec) {
			stream->up_usec = stream->node->frozen_usec;
			stream_at(stream, &stream->up_usec,
			    stream_control_end, 0);
		} else {
			struct node *node = stream->node;

			stream->is_control_told = true;
			node_disk_use(node, false);
			stream->ops->ended(stream->context, true);
			node_control_turn(node);
		}
	}
}

static void
stream_plane_begin(void *object, uint64_t what)
{
	struct net_stream *stream = object;
	struct node *node = stream->node;

	(void)what;
	if (node->plane == NULL || !stream->is_control_open) {
		if (stream->is_control_open)
			stream_at(stream, &stream->up_usec,
			    stream_control_end, 0);
		return;
	}
	if (node->session != NULL) {
		/* Of a dncontrol that was killed, and not noticed yet. */
		stream_plane_end(node->session, 0);
	}
	stream->is_plane_open = true;
	node->session = stream;
	node_plane_session_begin(node);
}

enum dn_err
net_connect(struct net *net, const char *path,
    const struct net_stream_ops *ops, void *context,
    struct net_stream **stream)
{
	struct net_stream *new;

	(void)path;
	if (net->node->plane == NULL)
		return DN_E_OFFLINE;
	new = calloc(1, sizeof(*new));
	assert(new != NULL);
	new->node = net->node;
	new->ops = ops;
	new->context = context;
	new->is_control_open = true;
	new->next = net->node->streams;
	net->node->streams = new;
	*stream = new;
	stream_at(new, &new->down_usec, stream_plane_begin, 0);
	return DN_OK;
}

void
net_close(struct net_stream *stream)
{
	if (stream == NULL)
		return;
	stream->is_control_open = false;
	stream_at(stream, &stream->down_usec, stream_plane_end, 0);
}

/* ---- down ---- */

static void
stream_down(void *object, uint64_t size)
{
	struct net_stream *stream = object;
	struct node *node = stream->node;

	if (size > stream->down.size)
		size = stream->down.size;
	if (stream->is_plane_open && size > 0) {
		sim_count(1);
		if (!node_plane_session_feed(node, stream->down.data,
		    (size_t)size)) {
			stream_plane_end(stream, 0);
			stream_at(stream, &stream->up_usec,
			    stream_control_end, 0);
		}
	}
	bytes_consume(&stream->down, (size_t)size);
}

void
net_write(struct net_stream *stream, const void *data, size_t size)
{
	if (size > 0)
		bytes_append(&stream->out, data, size);
}

void
net_flush(struct net_stream *stream)
{
	size_t size = stream->out.size, part;

	if (size == 0)
		return;
	/* Sockets give bytes, not records. */
	bytes_append(&stream->down, stream->out.data, size);
	stream->out.size = 0;
	part = sim_chance(10) ? sim_below((uint32_t)size) : 0;
	if (part > 0)
		stream_at(stream, &stream->down_usec, stream_down, part);
	stream_at(stream, &stream->down_usec, stream_down, size - part);
}

size_t
net_pending(const struct net_stream *stream)
{
	return stream->out.size;
}

void
node_session_cut(struct node *node, bool partly)
{
	struct net_stream *stream = node->session;

	/* What the last write had no room for died with dncontrol. */
	if (partly && stream != NULL && stream->down.size > 0)
		stream->down.size = sim_below((uint32_t)stream->down.size);
}

void
node_session_break(struct node *node)
{
	struct net_stream *stream = node->session;

	if (stream == NULL)
		return;
	stream_plane_end(stream, 0);
	stream_at(stream, &stream->up_usec, stream_control_end, 0);
}

/* ---- up ---- */

static void
stream_up(void *object, uint64_t size)
{
	struct net_stream *stream = object;
	struct node *node = stream->node;
	size_t used;

	if (stream->is_control_open && sim_now() < node->frozen_usec) {
		sim_at(node->frozen_usec, stream_up, stream, size);
		return;
	}
	bytes_append(&stream->in, stream->up.data, (size_t)size);
	bytes_consume(&stream->up, (size_t)size);
	if (stream->is_control_open) {
		sim_count(1);
		node_disk_use(node, false);
		used = stream->ops->input(stream->context,
		    (const char *)stream->in.data, stream->in.size);
		bytes_consume(&stream->in, used);
		node_control_turn(node);
	}
}

void
node_session_up(struct node *node, const void *data, size_t size)
{
	struct net_stream *stream = node->session;
	size_t part;

	bytes_append(&stream->up, data, size);
	part = sim_chance(10) ? sim_below((uint32_t)size) : 0;
	if (part > 0)
		stream_at(stream, &stream->up_usec, stream_up, part);
	stream_at(stream, &stream->up_usec, stream_up, size - part);
}

void
node_session_broken(struct node *node)
{
	struct net_stream *stream = node->session;

	if (stream == NULL)
		return;
	node->session = NULL;
	stream->is_plane_open = false;
	stream_at(stream, &stream->up_usec, stream_control_end, 0);
}
