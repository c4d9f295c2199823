/*
 * The busy part of the generator. It polls without sleeping, so that the
 * servers never pay for waking it, and counts how often there was nothing to
 * do: that is how far it is from being the bottleneck itself.
 */
#include "traffic.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

/* Numbers of one length, so that all frames of a run have one size. */
#define NUMBER_FIRST UINT64_C(1000000000)
#define PENDING_MAX (1u << 14)
#define TEXT_SIZE_MAX 4096
#define WARM_MSEC 300
#define DRAIN_MSEC 5000

/* A message on its way. */
struct pending {
	uint64_t number;
	uint32_t left;   /* OKAY, deliveries and ACKNs that are to come */
	uint32_t sender;
};

struct traffic {
	struct crowd *crowd;
	const struct traffic_plan *plan;
	uint64_t next;       /* number */
	uint64_t pending_count;
	uint64_t delivered;
	bool is_stopping;
	char text[TEXT_SIZE_MAX];
	struct pending pending[PENDING_MAX];
};

static uint32_t
answers(const struct traffic_plan *plan)
{
	uint32_t receivers = plan->is_broadcast ?
	    plan->senders + plan->receivers - 1 : 1;

	return 1 + receivers * (plan->is_acked ? 2 : 1);
}

static void
write_message(struct traffic *traffic, uint32_t sender)
{
	const struct traffic_plan *plan = traffic->plan;
	char data[TEXT_SIZE_MAX + 64];
	struct pending *pending;
	int size;

	/* A number whose place is still taken by a slow one is left out. */
	do
		pending = &traffic->pending[++traffic->next % PENDING_MAX];
	while (pending->left > 0);
	pending->number = traffic->next;
	pending->left = answers(plan);
	pending->sender = sender;
	traffic->pending_count++;
	if (plan->is_broadcast)
		size = snprintf(data, sizeof(data), "SEND %llu\r\n*\r\n",
		    (unsigned long long)traffic->next);
	else
		size = snprintf(data, sizeof(data), "SEND %llu\r\n%llu\r\n",
		    (unsigned long long)traffic->next, (unsigned long long)
		    CROWD_USER(plan->senders + sender));
	memcpy(data + size, traffic->text, plan->text_size);
	client_send(&traffic->crowd->pool,
	    &traffic->crowd->pool.clients[sender], data,
	    (size_t)size + plan->text_size);
}

static uint64_t
number_of(const char *data, size_t size)
{
	uint64_t number = 0;
	size_t i;

	for (i = 5; i < size && data[i] >= '0' && data[i] <= '9'; i++)
		number = number * 10 + (uint64_t)(data[i] - '0');
	return number;
}

static void
traffic_message(void *context, struct client *client, const char *data,
    size_t size)
{
	struct traffic *traffic = context;
	uint64_t number = number_of(data, size);
	struct pending *pending = &traffic->pending[number % PENDING_MAX];
	char ackn[32];

	if (pending->number != number || pending->left == 0 ||
	    data[0] == 'F' || data[0] == 'L' || data[0] == 'I') {
		crowd_wrong(traffic->crowd, data[0] == 'F' ? "a FAIL" :
		    "a message too many");
		return;
	}
	if (data[0] == 'S') {
		traffic->delivered++;
		if (size < traffic->plan->text_size ||
		    memcmp(data + size - traffic->plan->text_size,
		    traffic->text, traffic->plan->text_size) != 0)
			crowd_wrong(traffic->crowd, "a text was changed");
		if (traffic->plan->is_acked)
			client_send(&traffic->crowd->pool, client, ackn,
			    (size_t)snprintf(ackn, sizeof(ackn), "ACKN %llu",
			    (unsigned long long)number));
	}
	if (--pending->left > 0)
		return;
	traffic->pending_count--;
	if (!traffic->is_stopping)
		write_message(traffic, pending->sender);
}

/* Turns until 'end', or until nothing is outstanding; the idle time. */
static uint64_t
turn_until(struct traffic *traffic, uint64_t end)
{
	uint64_t now = bench_now(), before, idle = 0;
	unsigned count;

	while (now < end && traffic->pending_count > 0 &&
	    traffic->crowd->error == NULL) {
		count = client_turn(&traffic->crowd->pool, 0);
		/* dncontrol shares this core. */
		if (count == 0)
			(void)sched_yield();
		before = now;
		now = bench_now();
		if (count == 0)
			idle += now - before;
	}
	return idle;
}

static void
measure(struct traffic *traffic, uint64_t msec, const struct server *server,
    struct bench_sample *sample)
{
	double data_before, control_before, data, control;
	uint64_t begin, delivered, idle;

	(void)turn_until(traffic, bench_now() + WARM_MSEC * BENCH_MSEC);
	server_cpu(server, &data_before, &control_before);
	begin = bench_now();
	delivered = traffic->delivered;
	idle = turn_until(traffic, begin + msec * BENCH_MSEC);
	sample->seconds = (double)(bench_now() - begin) / 1e9;
	server_cpu(server, &data, &control);
	sample->count = (double)(traffic->delivered - delivered);
	sample->data_seconds = data - data_before;
	sample->control_seconds = control - control_before;
	sample->idle_share = (double)idle / 1e9 / sample->seconds;
}

bool
traffic_run(struct crowd *crowd, const struct traffic_plan *plan,
    uint64_t msec, const struct server *server, struct bench_sample *sample)
{
	/* Large, and there is one at a time. */
	static struct traffic traffic;
	uint32_t sender, i;

	memset(&traffic, 0, sizeof(traffic));
	traffic.crowd = crowd;
	traffic.plan = plan;
	traffic.next = NUMBER_FIRST;
	memset(traffic.text, 'x', sizeof(traffic.text));
	crowd->message = traffic_message;
	crowd->context = &traffic;
	for (sender = 0; sender < plan->senders; sender++)
		for (i = 0; i < plan->window; i++)
			write_message(&traffic, sender);
	measure(&traffic, msec, server, sample);
	traffic.is_stopping = true;
	(void)turn_until(&traffic, bench_now() + DRAIN_MSEC * BENCH_MSEC);
	if (traffic.pending_count > 0)
		crowd_wrong(crowd, "a message was lost");
	crowd->message = NULL;
	return crowd->error == NULL;
}
