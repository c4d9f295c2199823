/*
 * What a user and a link cost in the core that ships, with its tables, texts
 * and clocks: one core, fed with ARRVs.
 */
#include "scale_core.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../control/core.h"
#include "dnchat/log.h"

/* CONTRACT of log.h: each program has one. */
DN_LOG_DEFINE;

struct feed {
	struct core *core;
	struct updates updates;
	uint64_t seq, down_bytes, down_records;
};

static void
feed_step(struct feed *feed, struct event *event)
{
	struct ipc_header header;
	size_t at = 0;
	long size;

	event->now_msec = 1000 + feed->seq / 100;
	if (event->type < EVENT_LOCAL_FIRST)
		event->seq = ++feed->seq;
	(void)core_step(feed->core, event, &feed->updates);
	for (; (size = ipc_peek(feed->updates.down.data + at,
	    feed->updates.down.size - at, &header)) > 0; at += (size_t)size)
		feed->down_records++;
	feed->down_bytes += feed->updates.down.size;
	updates_clear(&feed->updates);
}

static void
feed_begin(struct feed *feed, unsigned links)
{
	struct event event = {.type = EVENT_start};
	char source[32];
	unsigned i;

	feed->core = core_new();
	event.body.start.seed = 1;
	feed_step(feed, &event);
	event = (struct event){.type = EVENT_configure};
	event.body.configure.name = dn_str_of("n");
	event.body.configure.description = dn_str_of("on n");
	event.body.configure.accept_peers = dn_str_of("any");
	event.body.configure.hops_max = DN_HOPS_MAX_DEFAULT;
	event.body.configure.text_bytes_max = DN_TEXT_BYTES_DEFAULT;
	event.body.configure.link_silence_msec = DN_LINK_SILENCE_MSEC;
	feed_step(feed, &event);
	event = (struct event){.type = EVENT_plane_up};
	event.body.plane_up.incarnation = 1;
	feed_step(feed, &event);
	event = (struct event){.type = IPC_synced};
	feed_step(feed, &event);
	for (i = 0; i < links; i++) {
		event = (struct event){.type = IPC_srvr};
		snprintf(source, sizeof(source), "10.0.0.%u:1", i + 1);
		event.body.srvr.conn = i + 1;
		event.body.srvr.flags = IPC_LINK_ROUTING;
		event.body.srvr.source = dn_str_of(source);
		feed_step(feed, &event);
	}
}

static void
feed_arrv(struct feed *feed, unsigned link, unsigned user)
{
	struct event event = {.type = IPC_arrv};
	char name[32], description[32];

	/* As users are called: a name, and where he is. */
	snprintf(name, sizeof(name), "user-%u", user);
	snprintf(description, sizeof(description), "on node-%u", user % 1000);
	event.body.arrv.conn = link + 1;
	event.body.arrv.number = user + 1;
	event.body.arrv.hops = 3;
	event.body.arrv.name = dn_str_of(name);
	event.body.arrv.description = dn_str_of(description);
	feed_step(feed, &event);
}

static size_t
feed_bytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

struct scale_core_cost
scale_core_measure(unsigned users, unsigned links)
{
	struct scale_core_cost cost = {0};
	struct feed feed = {0};
	size_t before = feed_bytes();
	unsigned link, user;

	feed_begin(&feed, links);
	for (link = 0; link < links; link++)
		for (user = 0; user < users; user++)
			feed_arrv(&feed, link, user);
	updates_deinit(&feed.updates);
	cost.bytes = feed_bytes() - before;
	cost.down_records = feed.down_records;
	cost.down_bytes = feed.down_bytes;
	core_free(feed.core);
	return cost;
}
