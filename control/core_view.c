/* What can be asked of the core: the read-only part of core.h. */
#include "core.h"

#include <string.h>

#include <utlist.h>

#include "user.h"

void
core_status(const struct core *core, struct core_status *status)
{
	const struct peer *peer;

	*status = (struct core_status){
		.name = core->settings.name,
		.description = core->settings.description,
		.started_msec = core->started_msec,
		.users = core->users_shown,
		.users_local = core->users_local,
		.peers_up = HASH_COUNT(core->peers_up),
		.incarnation = core->incarnation,
		.shutting_down = core->shutting_down,
		.hold_msec = core->hold_msec,
	};
	DL_FOREACH(core->peers, peer)
		status->peers++;
}

static enum user_state
core_user_state(const struct user *user)
{
	if (user->session != NULL || user->route.succ != ROUTE_NONE)
		return USER_FORWARD;
	if (user->route.wait_count > 0)
		return USER_ACTIVE;
	return user->route.hold ? USER_HOLDING : USER_GONE;
}

static bool
core_is_doubled(const struct core *core, const struct user *user)
{
	struct dn_str name = text_name(user->text);
	const struct user *first;

	if (!user->shown)
		return false;
	first = user_named(core, name, NULL);
	return first != user || user_named(core, name, first) != NULL;
}

static void
core_view_user(const struct core *core, const struct user *user,
    struct user_view *view)
{
	const struct session *session = user->session;

	*view = (struct user_view){
		.number = user->number,
		.name = text_name(user->text),
		.description = text_description(user->text),
		.local = session != NULL,
		.shown = user->shown,
		.doubled = core_is_doubled(core, user),
		.disputed = user_is_disputed(user),
		.conn = session != NULL ? session->seat.conn : IPC_CONN_NONE,
		.source = session != NULL ? session->seat.source : dn_str_of(""),
		.since_msec = user->since_msec,
		.state = core_user_state(user),
		.hops = session != NULL ? 0 : user->route.distance,
		.withdrawals = user->route.withdrawals,
	};
	if (session == NULL && user->route.succ >= 0)
		view->via = core->links[user->route.succ]->name;
}

const void *
core_next_user(const struct core *core, const void *cursor,
    struct user_view *view)
{
	const struct user *user = cursor;

	user = user == NULL ? core->users : user->next;
	if (user != NULL)
		core_view_user(core, user, view);
	return user;
}

/* The number that 'word' is, or 0. */
static uint64_t
core_number(const char *word)
{
	uint64_t number = 0;

	if (*word == '0')
		return 0;
	for (; *word >= '0' && *word <= '9'; word++) {
		if (number > (DN_NUMBER_MAX - (uint64_t)(*word - '0')) / 10)
			return 0;
		number = number * 10 + (uint64_t)(*word - '0');
	}
	return *word == '\0' ? number : 0;
}

enum dn_err
core_find_user(const struct core *core, const char *word,
    const void **user, struct user_view *view)
{
	uint64_t number = core_number(word);
	const struct user *found = NULL;

	if (number != 0)
		found = user_find(core, number);
	if (found == NULL) {
		found = user_named(core, dn_str_of(word), NULL);
		if (found != NULL &&
		    user_named(core, dn_str_of(word), found) != NULL)
			return DN_E_EXISTS;
	}
	if (found == NULL)
		return DN_E_UNKNOWN;
	*user = found;
	core_view_user(core, found, view);
	return DN_OK;
}

uint64_t
core_number_of(const struct core *core, uint64_t conn)
{
	const struct session *session = session_find(core, conn);

	return session != NULL ? session->user->number : 0;
}

struct dn_str
core_name_of(const struct core *core, uint64_t number)
{
	const struct user *user = user_find(core, number);

	return user != NULL ? text_name(user->text) : dn_str_of("");
}

bool
core_holds(const struct core *core, struct dn_str name, bool *is_local)
{
	const struct user *user = user_named(core, name, NULL), *first = user;

	*is_local = false;
	for (; user != NULL; user = user_named(core, name, user))
		*is_local = *is_local || user->session != NULL;
	return first != NULL;
}

static const char *
core_why_unreachable(const struct route_link *link)
{
	if (link->flags & ROUTE_WAIT)
		return "our withdrawal is not acknowledged yet";
	if (link->flags & ROUTE_OWE)
		return "withdrawn by it, not acknowledged by us yet";
	return "not announced by it";
}

/* Why the link on 'slot' is or is not the way. */
static const char *
core_why(const struct core *core, const struct user *user, uint16_t slot)
{
	const struct route *route = &user->route;
	const struct route_link *link = &route->links[slot];

	if (core->links[slot]->is_lost)
		return "the link has gone";
	if (link->flags & ROUTE_DRAIN)
		return "the link is being taken down";
	if (link->hops == ROUTE_INFINITY)
		return core_why_unreachable(link);
	if (route->succ == (int16_t)slot)
		return "the nearest";
	if (user->session != NULL)
		return "the user is connected here";
	if (link->hops >= core->node.hops_max || (core->naive[slot] &&
	    link->hops >= DN_HOPS_FOREIGN_INFINITY))
		return "too many hops";
	if (route->wait_count > 0)
		return "our withdrawal is not acknowledged by all yet";
	if (route->hold)
		return "the wait after a withdrawal is not over yet";
	if (route->succ >= 0 && link->hops == route->links[route->succ].hops)
		return "no nearer than the way in use";
	return "further than the way in use";
}

bool
core_candidate(const struct core *core, const void *user_, size_t index,
    struct candidate_view *view)
{
	const struct user *user = user_;
	const struct route_link *link = NULL;
	uint16_t slot;

	for (slot = 0; slot < user->route.link_count; slot++) {
		link = &user->route.links[slot];
		if ((link->flags & ROUTE_UP) && index-- == 0)
			break;
	}
	if (slot == user->route.link_count)
		return false;
	*view = (struct candidate_view){
		.peer = core->links[slot]->name,
		.hops = link->hops,
		.chosen = user->route.succ == (int16_t)slot,
		.told = link->flags & ROUTE_TOLD,
		.waiting = link->flags & ROUTE_WAIT,
		.owing = link->flags & ROUTE_OWE,
		.draining = link->flags & ROUTE_DRAIN,
		.why = core_why(core, user, slot),
	};
	return true;
}

const void *
core_next_peer(const struct core *core, const void *cursor,
    struct peer_view *view)
{
	const struct peer *peer = cursor;

	peer = peer == NULL ? core->peers : peer->next;
	if (peer == NULL)
		return NULL;
	*view = (struct peer_view){
		.name = peer->name,
		.state = peer->state,
		.door = (enum ipc_door)peer->door,
		.dialled = peer->dialled,
		.foreign = peer->foreign,
		.conn = peer->conn,
		.since_msec = peer->since_msec,
		.retry_msec = peer->state == PEER_WAITING ?
		    peer->timer.deadline_msec : 0,
		.rtt_usec = peer->rtt_usec,
		.failures = peer->failures,
		.users = peer->routed,
		.announced = peer->announced,
		.why = peer->why,
	};
	return peer;
}

const char *
core_door_word(enum ipc_door door)
{
	return door == IPC_DOOR_CHANNELS ? "channels" : "dnchat";
}

const char *
core_peer_state_word(enum peer_state state)
{
	static const char *const words[] = {
#define CORE_PEER_WORD(name, word) word,
		PEER_STATES(CORE_PEER_WORD)
#undef CORE_PEER_WORD
	};

	return (unsigned)state < PEER_STATE_COUNT ? words[state] : "?";
}
