/*
 * The busy part of the generator. It polls without sleeping, so that the
 * servers never pay for waking it, and counts how often there was nothing to
 * do: that is how far it is from being the bottleneck itself.
 */
#include "traffic.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of one length, so that all frames of a run have one size. */
#define NUMBER_FIRST UINT64_C(1000000000)
#define NUMBER_SIZE 10
#define PENDING_MAX (1u << 14)
#define HEAD_SIZE_MAX 64
#define TEXT_SIZE_MAX 4096
#define END_SIZE_MAX 2
#define WARM_MSEC 300
#define DRAIN_MSEC 5000

/* So many deliveries are timed; those beyond are not. */
#define TIMES_MAX (1u << 23)

/* A message on its way. */
struct pending {
	uint64_t number;
	uint64_t written; /* when; plans of a rate only */
	uint32_t left;   /* OKAY, deliveries and ACKNs that are to come */
	uint32_t sender;
};

struct traffic {
	struct crowd *crowd;
	const struct traffic_plan *plan;
	bool has_numbers;    /* deliveries tell ours; else the text does */
	uint64_t next;       /* number */
	uint64_t pending_count;
	uint64_t delivered;
	bool is_stopping;
	uint64_t due;        /* of a rate: when the next is to be written */
	uint32_t turn;       /* ... and by whom */
	uint32_t *times;     /* nanoseconds of each delivery; NULL: not timed */
	size_t time_count;
	char text[TEXT_SIZE_MAX];
	struct pending pending[PENDING_MAX];
};

static uint32_t
answers(const struct traffic *traffic)
{
	const struct traffic_plan *plan = traffic->plan;
	uint32_t receivers = plan->is_broadcast ?
	    plan->senders + plan->receivers - 1 : 1;

	return receivers * (plan->is_acked ? 2 : 1) +
	    (traffic->crowd->dialect->is_answered ? 1 : 0);
}

/* Of what a text ends with: it may begin with our number. */
static size_t
text_rest(const struct traffic *traffic)
{
	return traffic->plan->text_size -
	    (traffic->has_numbers ? 0 : NUMBER_SIZE);
}

static uint64_t
target_of(const struct traffic *traffic, uint32_t sender)
{
	const struct traffic_plan *plan = traffic->plan;

	if (plan->is_room)
		return traffic->crowd->sign;
	return plan->is_broadcast ? 0 : CROWD_USER(plan->senders + sender);
}

static struct pending *
pending_new(struct traffic *traffic, uint32_t sender)
{
	struct pending *pending;

	/* A number whose place is still taken by a slow one is left out. */
	do
		pending = &traffic->pending[++traffic->next % PENDING_MAX];
	while (pending->left > 0);
	pending->number = traffic->next;
	pending->left = answers(traffic);
	pending->sender = sender;
	pending->written = traffic->due;
	traffic->pending_count++;
	return pending;
}

static void
write_message(struct traffic *traffic, uint32_t sender)
{
	const struct dialect *dialect = traffic->crowd->dialect;
	struct client_pool *pool = &traffic->crowd->pool;
	struct message message = {.number = pending_new(traffic,
	    sender)->number, .target = target_of(traffic, sender),
	    .text_size = traffic->plan->text_size};
	char data[HEAD_SIZE_MAX + TEXT_SIZE_MAX + END_SIZE_MAX];
	size_t size = dialect->head(&message, data, HEAD_SIZE_MAX);
	size_t rest = text_rest(traffic), end = strlen(dialect->end);

	if (!traffic->has_numbers)
		size += dialect_print(data + size, NUMBER_SIZE + 1, "%llu",
		    (unsigned long long)message.number);
	memcpy(data + size, traffic->text, rest);
	memcpy(data + size + rest, dialect->end, end);
	client_send(pool, &pool->clients[sender], data, size + rest + end);
}

/* The time counts from when it was due, so that a server that holds everybody
 * up is not let off. */
static void
time_delivery(struct traffic *traffic, const struct pending *pending)
{
	if (traffic->times != NULL && traffic->time_count < TIMES_MAX)
		traffic->times[traffic->time_count++] =
		    (uint32_t)(bench_now() - pending->written);
}

/* Writes what is due by 'now'. */
static void
write_due(struct traffic *traffic, uint64_t now)
{
	const struct traffic_plan *plan = traffic->plan;

	while (!traffic->is_stopping && traffic->due <= now) {
		write_message(traffic, traffic->turn++ % plan->senders);
		traffic->due += (uint64_t)(1e9 / plan->rate);
	}
}

/* A room has its own numbers, and some protocols have none. */
static uint64_t
number_of(const struct traffic *traffic, const struct said *said)
{
	size_t text_size = traffic->plan->text_size;

	if (traffic->has_numbers || said->kind != SAID_DELIVERY ||
	    said->size < text_size)
		return said->number;
	return bench_number(said->data + said->size - text_size, NUMBER_SIZE);
}

static void
delivered(struct traffic *traffic, struct client *client,
    const struct said *said, const struct pending *pending)
{
	size_t rest = text_rest(traffic);
	char ackn[32];

	traffic->delivered++;
	time_delivery(traffic, pending);
	if (said->size < rest || memcmp(said->data + said->size - rest,
	    traffic->text, rest) != 0)
		crowd_wrong(traffic->crowd, "a text was changed");
	if (traffic->plan->is_acked)
		client_send(&traffic->crowd->pool, client, ackn,
		    dialect_print(ackn, sizeof(ackn), "ACKN %llu",
		    (unsigned long long)pending->number));
}

static void
traffic_message(void *context, struct client *client, const struct said *said)
{
	struct traffic *traffic = context;
	uint64_t number = number_of(traffic, said);
	struct pending *pending = &traffic->pending[number % PENDING_MAX];

	if (pending->number != number || pending->left == 0 ||
	    (said->kind != SAID_DELIVERY && said->kind != SAID_ANSWER)) {
		crowd_wrong(traffic->crowd, said->kind == SAID_REFUSAL ?
		    "a message was refused" : "a message too many");
		return;
	}
	if (said->kind == SAID_DELIVERY)
		delivered(traffic, client, said, pending);
	if (--pending->left > 0)
		return;
	traffic->pending_count--;
	if (!traffic->is_stopping && traffic->plan->window > 0)
		write_message(traffic, pending->sender);
}

/* Turns until 'end', or at the end until nothing is outstanding; the idle
 * time. */
static uint64_t
turn_until(struct traffic *traffic, uint64_t end)
{
	uint64_t now = bench_now(), before, idle = 0;
	unsigned count;

	while (now < end && traffic->crowd->error == NULL &&
	    (traffic->pending_count > 0 || !traffic->is_stopping)) {
		if (traffic->plan->window == 0)
			write_due(traffic, now);
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
	if (traffic->plan->window == 0)
		traffic->times = malloc(TIMES_MAX * sizeof(*traffic->times));
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
	bench_percentiles(traffic->times, traffic->time_count,
	    &sample->middle_usec, &sample->late_usec);
	free(traffic->times);
	traffic->times = NULL;
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
	traffic.has_numbers = crowd->dialect->has_numbers && !plan->is_room;
	traffic.next = NUMBER_FIRST;
	traffic.due = bench_now();
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
