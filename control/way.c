/*
 * The way to each user, between what happens (login.c, link.c, life.c) and
 * route.c; what follows goes to dnchatd and to the deadlines.
 */
#include "way.h"

#include <assert.h>

#include <utlist.h>

#include "down.h"

/* routing.md section 3, "Shell duties", and section 6. */
#define WAY_HOLD_MSEC_MAX 2000
#define WAY_CALM_MSEC 5000
#define WAY_LIST_HOLDS 4
#define WAY_REPLY_MSEC 30000
/* After a reset links have to be dialled before anybody can tell us a way. */
#define WAY_ENTRY_MSEC_LEAST 5000

/* What way_settle() compares with. */
struct before {
	uint16_t distance;
	int16_t succ;
	bool is_announced; /* by the link that the event is about */
};

static bool
way_is_announced(const struct user *user, int slot)
{
	return slot >= 0 && slot < user->route.link_count &&
	    user->route.links[slot].hops != ROUTE_INFINITY;
}

static struct before
way_before(const struct user *user, int slot)
{
	return (struct before){user->route.distance, user->route.succ,
	    way_is_announced(user, slot)};
}

/* ---- what dnchatd and its clients are told ---- */

/* Where messages for him go, as route.succ. */
static int16_t
way_next(const struct user *user)
{
	return user->session != NULL ? ROUTE_SELF : user->route.succ;
}

static uint64_t
way_next_conn(const struct core *core, const struct user *user)
{
	int16_t next = way_next(user);

	if (next == ROUTE_NONE)
		return IPC_CONN_NONE;
	return next == ROUTE_SELF ? user->session->seat.conn :
	    core->links[next]->conn;
}

static uint8_t
way_state(const struct user *user)
{
	return way_next(user) == ROUTE_NONE ? IPC_HOLD : IPC_FORWARD;
}

static void
way_notice(struct core *core, const struct user *user, const char *event)
{
	struct notice *notice;

	notice = updates_notice(core->updates, DN_LOG_DEBUG, event);
	notice_add_number(notice, "number", user->number);
	notice_add(notice, "name", text_name(user->text));
	notice_add(notice, "description", text_description(user->text));
	if (way_next(user) >= 0)
		notice_add(notice, "via",
		    dn_str_of(core->links[way_next(user)]->name));
}

static void
way_warn_of_namesake(struct core *core, const struct user *user)
{
	const struct user *other;
	struct notice *notice;

	other = user_named(core, text_name(user->text), NULL);
	if (other == NULL)
		return;
	notice = updates_notice(core->updates, DN_LOG_WARN, "name_doubled");
	notice_add(notice, "name", text_name(user->text));
	notice_add_number(notice, "number", user->number);
}

static void
way_show(struct core *core, struct user *user)
{
	way_warn_of_namesake(core, user);
	user_set_shown(core, user, true);
	user->sent = way_next(user);
	DOWN(core, show, .number = user->number,
	    .conn = way_next_conn(core, user), .state = way_state(user),
	    .role = user->session != NULL ? user->session->seat.role :
	    IPC_ROLE_USER, .name = text_name(user->text),
	    .description = text_description(user->text));
	way_notice(core, user, "user_shown");
}

static void
way_hide(struct core *core, struct user *user)
{
	if (core->hooks.user_hidden != NULL)
		core->hooks.user_hidden(core, user);
	user_set_shown(core, user, false);
	user->sent = ROUTE_NONE;
	DOWN(core, hide, .number = user->number);
	way_notice(core, user, "user_hidden");
}

void
way_tell(struct core *core, struct user *user)
{
	user->sent = way_next(user);
	DOWN(core, route, .number = user->number,
	    .conn = way_next_conn(core, user), .state = way_state(user));
}

/* ---- what follows from a change ---- */

/* The way in use says what he is called. */
static void
way_settle_text(struct core *core, struct user *user)
{
	struct text *text;

	if (user->session != NULL || user->route.succ < 0)
		return;
	text = user_text(user, user->route.succ);
	if (text == user->text)
		return;
	if (user->shown)
		way_hide(core, user);
	user_adopt(user, text);
}

/*
 * Before a neighbour hears anything: dncontrol may die when a part of what goes
 * down has left, and dnchatd must not go on by a way that the neighbours think
 * we have given up.
 */
static void
way_give_up(struct core *core, struct user *user)
{
	if (user->sent < 0 || user->sent == way_next(user) ||
	    core->shutting_down)
		return;
	way_settle_text(core, user);
	if (user->shown)
		way_tell(core, user);
}

static uint32_t
way_hold_msec(const struct core *core, unsigned strikes)
{
	uint32_t length = core->hold_msec;

	while (strikes-- > 0 && length < WAY_HOLD_MSEC_MAX)
		length *= 2;
	return length < WAY_HOLD_MSEC_MAX ? length : WAY_HOLD_MSEC_MAX;
}

static void
way_settle_hold(struct core *core, struct user *user)
{
	struct clock *clock;

	if (user->route.withdrawals != user->withdrawals_seen) {
		user->withdrawals_seen = user->route.withdrawals;
		clock = user_clock(user);
		timer_start(&core->timers, &clock->hold, core->now_msec,
		    way_hold_msec(core, user->strikes));
		timer_start(&core->timers, &clock->calm, core->now_msec,
		    WAY_CALM_MSEC);
		if (user->strikes < UINT8_MAX)
			user->strikes++;
	}
	if (!user->route.hold && user->clock != NULL)
		timer_stop(&core->timers, &user->clock->hold);
}

static void
way_settle_reply(struct core *core, struct user *user)
{
	if (user->route.wait_count == 0) {
		if (user->clock != NULL)
			timer_stop(&core->timers, &user->clock->reply);
	} else if (!timer_runs(&user_clock(user)->reply)) {
		timer_start(&core->timers, &user->clock->reply, core->now_msec,
		    WAY_REPLY_MSEC);
	}
}

static bool
way_is_usable_but(const struct core *core, int slot)
{
	int i;

	for (i = 0; i < core->slot_end; i++)
		if (core->usable[i] && i != slot)
			return true;
	return false;
}

/*
 * True if nobody could know another way to him: no need to wait for it. A
 * neighbour of our kind that withdrew him may be about to find one, so only a
 * foreign one's LEFT is final; and what was lost with the link itself is.
 */
static bool
way_is_gone(const struct core *core, const struct user *user)
{
	int slot = user->lost_by;

	if (slot == ROUTE_SELF)
		return true;
	return slot >= 0 && user->route.wait_count == 0 &&
	    !way_is_usable_but(core, slot) &&
	    (!core->usable[slot] ||
	    (core->naive[slot] && !way_is_announced(user, slot)));
}

static void
way_settle_lost(struct core *core, struct user *user)
{
	if (way_is_gone(core, user)) {
		way_hide(core, user);
	} else if (user->sent != way_next(user)) {
		way_tell(core, user);
	}
	if (user->shown && user->route.wait_count == 0 && !user->route.hold) {
		if (!timer_runs(&user_clock(user)->list))
			timer_start(&core->timers, &user->clock->list,
			    core->now_msec, core->hold_msec * WAY_LIST_HOLDS);
	} else if (user->clock != NULL) {
		timer_stop(&core->timers, &user->clock->list);
	}
}

static void
way_settle_entry(struct core *core, struct user *user,
    const struct before *before, int cause)
{
	bool has_way = user->session != NULL ||
	    user->route.distance != ROUTE_INFINITY;

	if (has_way) {
		user->lost_by = ROUTE_NONE;
		if (user->clock != NULL)
			timer_stop(&core->timers, &user->clock->list);
		if (!user->shown)
			way_show(core, user);
		else if (user->sent != way_next(user))
			way_tell(core, user);
		return;
	}
	if (before->distance != ROUTE_INFINITY || cause == ROUTE_SELF)
		user->lost_by = (int16_t)cause;
	if (user->shown)
		way_settle_lost(core, user);
}

/* For `show peers`: how many users a link announces, and is the way of. */
static void
way_settle_counts(struct core *core, const struct user *user,
    const struct before *before, int cause)
{
	bool is_announced = way_is_announced(user, cause);

	if (is_announced && !before->is_announced)
		core->links[cause]->announced++;
	else if (!is_announced && before->is_announced)
		core->links[cause]->announced--;
	if (user->route.succ == before->succ)
		return;
	if (before->succ >= 0)
		core->links[before->succ]->routed--;
	if (user->route.succ >= 0)
		core->links[user->route.succ]->routed++;
}

/*
 * After every call of route.c; 'cause' is the slot that the event was about,
 * ROUTE_SELF for the user's own client, ROUTE_NONE for anything else. While
 * shutting down clients' lists stay as they are, but for their own leaving.
 */
static void
way_settle(struct core *core, struct user *user, const struct before *before,
    int cause)
{
	way_settle_counts(core, user, before, cause);
	if (core->shutting_down) {
		if (user->shown && user->session == NULL && cause == ROUTE_SELF)
			way_hide(core, user);
	} else {
		way_settle_text(core, user);
		way_settle_hold(core, user);
		way_settle_reply(core, user);
		way_settle_entry(core, user, before, cause);
		user_clock_trim(user);
	}
	if (!user->shown && route_is_empty(&user->route))
		user_free(core, user);
}

/* ---- what happens ---- */

struct user *
way_user(struct core *core, uint64_t number, struct dn_str name,
    struct dn_str description)
{
	struct user *user;
	uint16_t slot;

	if (core->users_by_number.count >= core->users_max)
		return NULL;
	user = user_new(core, number, name, description);
	user_reserve(core, user);
	/* He has no way yet, so nothing follows from it. */
	for (slot = 0; slot < core->slot_end; slot++) {
		if (core->links[slot] == NULL || core->links[slot]->is_lost)
			continue;
		if (core->usable[slot])
			route_link_up(&user->route, &core->node, slot);
		else
			route_link_drain(&user->route, &core->node, slot);
	}
	return user;
}

/* Something may be sent when 'slot' is down. */
static bool
way_hangs_on(const struct user *user, int slot)
{
	return slot == user->route.succ ||
	    (user->route.links[slot].flags & ROUTE_WAIT);
}

/* A link that has gone, and is up for him still; or ROUTE_NONE. His way, and
 * who owes him an acknowledgement, come last: so none of the others is taken
 * for a way then, or told of it. */
static int
way_lost_slot(const struct core *core, const struct user *user)
{
	const struct peer *lost;
	int found = ROUTE_NONE;

	DL_FOREACH(core->lost, lost)
		if (lost->slot < user->route.link_count &&
		    (user->route.links[lost->slot].flags & ROUTE_UP) &&
		    (found == ROUTE_NONE || way_hangs_on(user, found)))
			found = lost->slot;
	return found;
}

bool
way_is_behind(const struct core *core, const struct user *user)
{
	return way_lost_slot(core, user) != ROUTE_NONE;
}

struct user *
way_catch_up(struct core *core, struct user *user)
{
	uint64_t number = user->number;
	int slot;

	while (user != NULL &&
	    (slot = way_lost_slot(core, user)) != ROUTE_NONE) {
		way_link_down(core, user, (uint16_t)slot);
		user = user_find(core, number);
	}
	return user;
}

struct user *
way_find(struct core *core, uint64_t number)
{
	struct user *user = user_find(core, number);

	return user != NULL ? way_catch_up(core, user) : NULL;
}

void
way_login(struct core *core, struct user *user, const struct seat *seat,
    struct dn_str name, struct dn_str description)
{
	struct before before = way_before(user, ROUTE_SELF);
	struct text *text;

	assert(user->session == NULL);
	if (!text_is(user->text, name, description)) {
		text = text_new(name, description);
		user_adopt(user, text);
		text_put(text);
	}
	session_new(core, user, seat);
	route_local(&user->route, &core->node, true);
	way_settle(core, user, &before, ROUTE_SELF);
}

void
way_logout(struct core *core, struct user *user)
{
	struct before before;
	bool was_user;

	/* While he is local his record stays. */
	(void)way_catch_up(core, user);
	before = way_before(user, ROUTE_SELF);
	was_user = user->session->seat.role == IPC_ROLE_USER;
	session_free(core, user->session);
	route_local(&user->route, &core->node, false);
	/* Elsewhere he is still there: as a user, for us. */
	if (!was_user && user->shown &&
	    user->route.distance != ROUTE_INFINITY)
		way_hide(core, user);
	way_settle(core, user, &before, ROUTE_SELF);
}

void
way_link_up(struct core *core, struct user *user, uint16_t slot)
{
	struct before before = way_before(user, slot);

	user_reserve(core, user);
	route_link_up(&user->route, &core->node, slot);
	way_settle(core, user, &before, slot);
}

void
way_link_drain(struct core *core, struct user *user, uint16_t slot)
{
	struct before before = way_before(user, slot);

	user_reserve(core, user);
	route_link_drain(&user->route, &core->node, slot);
	way_settle(core, user, &before, slot);
}

void
way_link_down(struct core *core, struct user *user, uint16_t slot)
{
	struct before before = way_before(user, slot);

	if (slot >= user->route.link_count ||
	    !(user->route.links[slot].flags & ROUTE_UP))
		return;
	route_link_down(&user->route, &core->node, slot);
	user_uncalled(user, slot);
	way_settle(core, user, &before, slot);
}

bool
way_is_renamed(const struct user *user, uint16_t slot, uint16_t hops,
    struct dn_str name, struct dn_str description)
{
	return way_is_announced(user, slot) &&
	    user->route.links[slot].hops == hops &&
	    !text_is(user_text(user, slot), name, description);
}

void
way_arrv(struct core *core, struct user *user, uint16_t slot, uint16_t hops,
    struct dn_str name, struct dn_str description)
{
	struct before before = way_before(user, slot);
	bool is_taken = way_next(user) != ROUTE_NONE;
	struct notice *notice;

	user_reserve(core, user);
	/* First, as it clears what is known of the link. */
	route_link_up(&user->route, &core->node, slot);
	if (user_called(user, slot, name, description) && is_taken) {
		notice = updates_notice(core->updates, DN_LOG_WARN,
		    "number_disputed");
		notice_add_number(notice, "number", user->number);
		notice_add(notice, "name", text_name(user->text));
		notice_add(notice, "other", name);
		notice_add(notice, "peer",
		    dn_str_of(core->links[slot]->name));
	}
	(void)route_arrv(&user->route, &core->node, slot, hops);
	way_settle(core, user, &before, slot);
}

void
way_left(struct core *core, struct user *user, uint16_t slot)
{
	struct before before = way_before(user, slot);

	user_reserve(core, user);
	(void)route_left(&user->route, &core->node, slot);
	user_uncalled(user, slot);
	way_settle(core, user, &before, slot);
}

void
way_shutdown(struct core *core, struct user *user)
{
	struct before before = way_before(user, ROUTE_NONE);

	route_shutdown(&user->route, &core->node);
	way_settle(core, user, &before, ROUTE_NONE);
}

void
way_entry(struct core *core, struct user *user)
{
	uint32_t length = core->hold_msec * WAY_LIST_HOLDS;

	if (length < WAY_ENTRY_MSEC_LEAST)
		length = WAY_ENTRY_MSEC_LEAST;
	user_set_shown(core, user, true);
	timer_start(&core->timers, &user_clock(user)->list, core->now_msec,
	    length);
}

void
way_unlist(struct core *core, struct user *user)
{
	if (user->clock != NULL)
		timer_stop(&core->timers, &user->clock->list);
	way_hide(core, user);
	user_clock_trim(user);
	if (route_is_empty(&user->route))
		user_free(core, user);
}

void
way_send(void *context, struct route *route, uint16_t slot,
    enum route_message message, uint16_t hops)
{
	struct core *core = context;
	struct user *user = (struct user *)(void *)((char *)route -
	    offsetof(struct user, route));
	const struct text *text;

	way_give_up(core, user);
	if (message == ROUTE_LEFT) {
		DOWN(core, withdraw, .conn = core->links[slot]->conn,
		    .number = user->number);
		return;
	}
	text = route->succ >= 0 ? user_text(user, route->succ) : user->text;
	DOWN(core, announce, .conn = core->links[slot]->conn,
	    .number = user->number, .hops = hops, .name = text_name(text),
	    .description = text_description(text));
}

/* ---- deadlines ---- */

void
way_hold_over(struct core *core, uint64_t number)
{
	/* Who holds is not forgotten. */
	struct user *user = way_find(core, number);
	struct before before = way_before(user, ROUTE_NONE);

	/* He has withdrawn once more just now, and holds anew. */
	if (user->clock != NULL && timer_runs(&user->clock->hold))
		return;
	route_hold_over(&user->route, &core->node);
	way_settle(core, user, &before, ROUTE_NONE);
}

void
way_calm_over(struct core *core, uint64_t number)
{
	struct user *user = user_find(core, number);

	user->strikes = 0;
	user_clock_trim(user);
}

void
way_list_over(struct core *core, uint64_t number)
{
	way_unlist(core, user_find(core, number));
}
