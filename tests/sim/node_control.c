/*
 * The shell of a node's dncontrol: what its main.c does, with virtual time,
 * and what operators say.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../control/downlink.h"
#include "../../control/engine.h"
#include "../../control/service.h"
#include "dnchat/log.h"
#include "node.h"
#include "node_net.h"
#include "sim_clock.h"

/* A name is looked up in that time, from and to. */
#define NODE_LOOKUP_USEC_LEAST 50
#define NODE_LOOKUP_USEC_SPAN (5 * SIM_MSEC)
/* What a room keeps: more than is said in a world. */
#define NODE_HISTORY_MAX 100000
#define NODE_HISTORY_MSEC (86400u * 1000)

DN_LOG_DEFINE;

struct node_control {
	struct node *node;
	struct net *net;
	struct engine engine;
	struct downlink downlink;
	struct service service;
	struct secret secret;
	uint64_t life;        /* of all dncontrols of the world */
	enum node_death death; /* in the next turn; NODE_DEATH_COUNT: none */
	bool restarting;      /* `dnctl restart` */
};

static uint64_t lives;

/* ---- addresses ---- */

void
node_address(unsigned index, char *text, size_t size)
{
	snprintf(text, size, "10.0.%u.%u", index / 250, 1 + index % 250);
}

unsigned
node_of_address(const char *text, size_t size)
{
	char copy[64];
	unsigned high, low;

	snprintf(copy, sizeof(copy), "%.*s", (int)size, text);
	if (sscanf(copy, "10.0.%u.%u", &high, &low) != 2 || low == 0)
		return WIRE_NO_NODE;
	return high * 250 + low - 1;
}

/* ---- what the engine wants ---- */

struct node_lookup {
	struct node *node;
	uint64_t life;
	uint32_t peer;
	char host[DN_HOST_BYTES_MAX + 1];
};

static void
node_looked_up(void *object, uint64_t what)
{
	struct node_lookup *lookup = object;
	struct node *node = lookup->node;
	struct event event = {.type = EVENT_resolved};

	(void)what;
	if (node->control != NULL && node->control->life == lookup->life) {
		event.body.resolved.peer = lookup->peer;
		event.body.resolved.addresses = dn_str_of(lookup->host);
		event.body.resolved.why = dn_str_of("");
		node_disk_use(node, false);
		(void)engine_step(&node->control->engine, &event);
		node_control_turn(node);
	}
	free(lookup);
}

static void
node_resolve(void *context, const struct request *request)
{
	struct node_control *control = context;
	struct node_lookup *lookup = calloc(1, sizeof(*lookup));

	assert(lookup != NULL);
	lookup->node = control->node;
	lookup->life = control->life;
	lookup->peer = request->peer;
	memcpy(lookup->host, request->host, sizeof(lookup->host));
	sim_at(sim_now() + NODE_LOOKUP_USEC_LEAST +
	    sim_below(NODE_LOOKUP_USEC_SPAN), node_looked_up, lookup, 0);
}

static void
node_notice(void *context, const struct notice *notice)
{
	(void)context;
	(void)notice;
}

static void
node_configure(struct node_control *control)
{
	struct event event = {.type = EVENT_configure};
	struct event_configure *body = &event.body.configure;
	char name[32], description[48];

	snprintf(name, sizeof(name), "n%u", control->node->index);
	snprintf(description, sizeof(description), "on %s", name);
	body->name = dn_str_of(name);
	body->description = dn_str_of(description);
	body->accept_peers = dn_str_of("any");
	body->hops_max = DN_HOPS_MAX_DEFAULT;
	body->text_bytes_max = DN_TEXT_BYTES_DEFAULT;
	body->link_silence_msec = DN_LINK_SILENCE_MSEC;
	body->history_replay = DN_HISTORY_REPLAY_DEFAULT;
	/* In small networks, too, it takes some users several slices. */
	body->slice_users = 1 + control->node->index % 3;
	(void)engine_step(&control->engine, &event);
}

static void
node_greeted(void *context, struct dn_str listening, bool is_restored)
{
	struct node_control *control = context;

	(void)listening;
	if (is_restored)
		archive_skip_rooms(control->service.archive);
	node_configure(control);
}

static void
node_store(void *context, const struct request *request)
{
	service_request(&((struct node_control *)context)->service, request);
}

static void
node_auth(void *context, uint64_t seq, const struct ipc_auth *auth)
{
	service_auth(&((struct node_control *)context)->service, seq, auth);
}

static void
node_enroll(void *context, uint64_t seq, const struct ipc_call *call)
{
	service_enroll(&((struct node_control *)context)->service, seq, call);
}

static void
node_copy(void *context, uint64_t seq, const struct ipc_copy *copy)
{
	service_copy(&((struct node_control *)context)->service, seq, copy);
}

/* ---- the turn ---- */

static void
node_control_wake(void *object, uint64_t life)
{
	struct node *node = object;

	if (node->control == NULL || node->control->life != life)
		return;
	node->control_wake_usec = UINT64_MAX;
	sim_count(1);
	node_control_turn(node);
}

static void
node_control_schedule(struct node *node)
{
	struct node_control *control = node->control;
	uint64_t next = node_net_next(control->net);
	uint64_t deadline = engine_deadline(&control->engine);

	if (deadline < next)
		next = deadline;
	if (control->engine.quit && net_now_msec() + 1 < next)
		next = net_now_msec() + 1;
	if (next == UINT64_MAX)
		return;
	next *= SIM_MSEC;
	if (next < node->frozen_usec)
		next = node->frozen_usec;
	if (next >= node->control_wake_usec)
		return;
	node->control_wake_usec = next;
	sim_at(next, node_control_wake, node, control->life);
}

static void
node_control_free(struct node *node, bool partly)
{
	struct node_control *control = node->control;

	node->control = NULL;
	node->control_wake_usec = UINT64_MAX;
	node_session_cut(node, partly);
	node_disk_use(node, false);
	downlink_deinit(&control->downlink);
	service_deinit(&control->service);
	net_free(control->net);
	engine_deinit(&control->engine);
	secret_deinit(&control->secret);
	free(control);
}

static void
node_control_die(struct node *node, bool partly)
{
	node->is_killed = true;
	node_control_free(node, partly);
	node->is_killed = false;
}

/* Who is to die in a turn does so in one in which that costs something. */
static enum node_death
node_death_now(const struct node_control *control)
{
	return control->engine.journal.pending.size > 0 &&
	    outbox_has_unsent(&control->engine.outbox) ? control->death :
	    NODE_DEATH_COUNT;
}

/* What main.c does in a turn, and death on the way. False: it is dead. */
static bool
node_control_work(struct node *node)
{
	struct node_control *control = node->control;
	enum node_death death;

	node_net_fire(control->net);
	downlink_take(&control->downlink);
	service_turn(&control->service);
	engine_tick(&control->engine);
	if (control->restarting && engine_save(&control->engine) == DN_OK) {
		node_control_free(node, false);
		return false;
	}
	control->restarting = false;
	death = node_death_now(control);
	if (death == NODE_DEATH_STEPPED) {
		node_control_die(node, false);
		return false;
	}
	node_disk_use(node, death == NODE_DEATH_TORN);
	engine_flush(&control->engine);
	node_disk_use(node, false);
	if (death == NODE_DEATH_TORN || death == NODE_DEATH_WRITTEN) {
		node_control_die(node, false);
		return false;
	}
	downlink_flush(&control->downlink);
	if (death == NODE_DEATH_PARTLY) {
		node_control_die(node, true);
		return false;
	}
	return true;
}

void
node_control_turn(struct node *node)
{
	struct node_control *control = node->control;

	if (control == NULL)
		return;
	if (sim_now() < node->frozen_usec) {
		node_control_schedule(node);
		return;
	}
	node_disk_use(node, false);
	if (!node_control_work(node))
		return;
	if (control->engine.quit && (control->engine.incarnation == 0 ||
	    downlink_is_flushed(&control->downlink))) {
		journal_remove(&control->engine.journal);
		node_control_free(node, false);
		return;
	}
	node_control_schedule(node);
}

/* ---- life ---- */

void
node_init(struct node *node, unsigned index, const struct node_ops *ops)
{
	memset(node, 0, sizeof(*node));
	node->index = index;
	node->ops = ops;
	node->plane_wake_usec = UINT64_MAX;
	node->control_wake_usec = UINT64_MAX;
}

void
node_deinit(struct node *node)
{
	node_plane_kill(node);
	if (node->control != NULL)
		node_control_free(node, false);
	node_net_end(node);
	node_store_end(node);
	free(node->journal);
	free(node->aside);
}

static void
node_start_service(struct node_control *control)
{
	const struct service_options options = {
		.path = "/sim/" STORE_FILE,
		.bounds = {NODE_HISTORY_MAX, NODE_HISTORY_MSEC},
		.is_registering = true
	};

	service_init(&control->service, control->net, &control->engine,
	    &control->secret, &options);
}

void
node_control_start(struct node *node)
{
	const struct engine_ops engine_ops = {
		NULL, node_resolve, node_store, node_notice, NULL
	};
	const struct downlink_ops downlink_ops = {
		NULL, node_greeted, node_auth, node_enroll, node_copy
	};
	struct node_control *control = calloc(1, sizeof(*control));
	struct engine_ops with = engine_ops;
	struct downlink_ops greet = downlink_ops;
	char why[SECRET_WHY_BYTES];

	assert(control != NULL && node->control == NULL);
	with.context = greet.context = control;
	control->node = node;
	control->life = ++lives;
	control->death = NODE_DEATH_COUNT;
	if (secret_init(&control->secret, "open", why) != DN_OK)
		abort();
	node->control = control;
	node_disk_use(node, false);
	control->net = node_net_new(node);
	engine_init(&control->engine, "/sim", sim_random(), &with);
	node_start_service(control);
	downlink_init(&control->downlink, control->net, &control->engine,
	    "/sim", &greet);
	node_configure(control);
	node_control_turn(node);
}

void
node_control_kill(struct node *node, enum node_death death)
{
	if (node->control == NULL)
		return;
	if (death == NODE_DEATH_NOW)
		node_control_die(node, false);
	else
		node->control->death = death;
}

bool
node_control_is_doomed(const struct node *node)
{
	return node->control != NULL &&
	    node->control->death != NODE_DEATH_COUNT;
}

void
node_control_freeze(struct node *node, uint64_t usec)
{
	node->frozen_usec = sim_now() + usec;
}

/* ---- operators ---- */

static void
node_command(struct node *node, struct event *event)
{
	if (node->control == NULL || sim_now() < node->frozen_usec)
		return;
	node_disk_use(node, false);
	(void)engine_command(&node->control->engine, event);
	node_control_turn(node);
}

void
node_connect(struct node *node, unsigned to)
{
	struct event event = {.type = EVENT_connect};
	char host[32];

	node_address(to, host, sizeof(host));
	event.body.connect.host = dn_str_of(host);
	event.body.connect.port = DN_PORT_DEFAULT;
	node_command(node, &event);
}

void
node_disconnect(struct node *node, unsigned to)
{
	struct event event = {.type = EVENT_disconnect};
	char host[32];

	node_address(to, host, sizeof(host));
	event.body.disconnect.peer = dn_str_of(host);
	node_command(node, &event);
}

void
node_restart(struct node *node)
{
	if (node->control == NULL || sim_now() < node->frozen_usec)
		return;
	node->control->restarting = true;
	node_control_turn(node);
}

void
node_shutdown(struct node *node)
{
	struct event event = {.type = EVENT_shutdown};

	node_command(node, &event);
}

/* ---- questions ---- */

static bool
node_is_settled(const struct core *core, const void *user,
    const struct user_view *view)
{
	struct candidate_view candidate;
	size_t i;

	for (i = 0; core_candidate(core, user, i, &candidate); i++)
		if (candidate.waiting || candidate.owing ||
		    candidate.draining)
			return false;
	return view->state == USER_FORWARD;
}

void
node_user(const struct node *node, uint64_t number, struct node_user *found)
{
	struct user_view view;
	const void *user;
	char word[24];

	memset(found, 0, sizeof(*found));
	found->hops = UINT32_MAX;
	if (node->control == NULL)
		return;
	snprintf(word, sizeof(word), "%ju", (uintmax_t)number);
	if (core_find_user(node->control->engine.core, word, &user, &view) !=
	    DN_OK)
		return;
	found->is_known = true;
	found->is_shown = view.shown;
	found->is_local = view.local;
	found->hops = view.hops;
	found->is_settled = node_is_settled(node->control->engine.core, user,
	    &view);
}

bool
node_is_ending(const struct node *node)
{
	struct core_status status;

	if (node->control == NULL)
		return false;
	core_status(node->control->engine.core, &status);
	return status.shutting_down;
}

uint32_t
node_hold_msec(const struct node *node)
{
	struct core_status status;

	if (node->control == NULL)
		return 0;
	core_status(node->control->engine.core, &status);
	return status.hold_msec;
}

const char *
node_control_bounds(const struct node *node)
{
	const struct engine *engine;

	if (node->control == NULL)
		return NULL;
	engine = &node->control->engine;
	/* One step's records may stand above the mark when it is met. */
	if (outbox_size(&engine->outbox) > IPC_DOWN_BYTES_HIGH + (1u << 20))
		return "records for dnchatd are above their limit";
	if (engine->journal.size > JOURNAL_BYTES_LEAST + (8u << 20))
		return "the journal is above its limit";
	return NULL;
}
