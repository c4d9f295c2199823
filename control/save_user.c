/* The users as bytes and back, for save.c. */
#include "save.h"

#include <utlist.h>

#include "memory.h"
#include "user.h"

/* What is written of a user's name and description, wherever they stand. */
static void
save_text(struct save *save, struct dn_str *name, struct dn_str *description)
{
	save_str(save, name);
	save_str(save, description);
	if (name->size > DN_NAME_BYTES_MAX ||
	    description->size > DN_DESCRIPTION_BYTES_MAX)
		save_fail(save);
}

static void
save_alias(struct save *save, struct alias *alias)
{
	struct dn_str name = {"", 0}, description = {"", 0};

	if (alias->text != NULL) {
		name = text_name(alias->text);
		description = text_description(alias->text);
	}
	save_u16(save, &alias->slot);
	save_text(save, &name, &description);
	if (save_is_reading(save))
		alias->text = save_is_good(save) ?
		    text_new(name, description) : NULL;
}

static void
save_aliases(struct save *save, struct user *user)
{
	struct alias **at = &user->aliases, *alias;
	uint16_t count = 0;

	for (alias = user->aliases; alias != NULL; alias = alias->next)
		count++;
	save_u16(save, &count);
	for (; count > 0 && save_is_good(save); count--, at = &(*at)->next) {
		if (save_is_reading(save))
			*at = memory_new(sizeof(**at));
		save_alias(save, *at);
	}
}

static void
save_session(struct save *save, struct core *core, struct user *user)
{
	bool is_there = user->session != NULL;
	struct seat seat = {0};

	save_bool(save, &is_there);
	if (!is_there)
		return;
	if (user->session != NULL)
		seat = user->session->seat;
	save_u64(save, &seat.conn);
	save_str(save, &seat.source);
	if (save->version >= SAVE_VERSION_ROOMS) {
		save_u8(save, &seat.role);
		save_u8(save, &seat.door);
		save_bool(save, &seat.is_client);
		save_bool(save, &seat.is_verified);
	} else {
		seat.is_client = true;
	}
	if (!save_is_reading(save))
		return;
	if (seat.role >= IPC_ROLE_COUNT || seat.door >= IPC_DOOR_COUNT ||
	    (seat.is_client && session_find(core, seat.conn) != NULL))
		save_fail(save);
	else
		session_new(core, user, &seat);
}

static void
save_clock(struct save *save, struct core *core, struct user *user)
{
	bool is_there = user->clock != NULL;
	struct clock *clock;

	save_bool(save, &is_there);
	if (!is_there)
		return;
	clock = user_clock(user);
	save_timer(save, core, &clock->hold);
	save_timer(save, core, &clock->calm);
	save_timer(save, core, &clock->list);
	save_timer(save, core, &clock->reply);
	if (save_is_reading(save) && timer_runs(&clock->list) &&
	    (!user->shown || user->session != NULL))
		save_fail(save);
}

/* What route.c relies on, for one link. */
static bool
save_link_is_sane(const struct core *core, const struct route *route,
    uint16_t slot)
{
	const struct route_link *link = &route->links[slot];
	uint8_t flags = link->flags;

	if ((flags & ROUTE_OTHER) && link->hops == ROUTE_INFINITY)
		return false;
	if (!(flags & ROUTE_UP))
		return flags == 0 && link->hops == ROUTE_INFINITY;
	/* While a link is taken down, and when it has gone, some have been told
	 * of it and others have not. */
	if (slot >= DN_LINKS_MAX || core->links[slot] == NULL ||
	    (core->usable[slot] && (flags & ROUTE_DRAIN)))
		return false;
	if (flags & ROUTE_TOLD)
		return !(flags & (ROUTE_WAIT | ROUTE_DRAIN | ROUTE_PEND)) &&
		    route->distance != ROUTE_INFINITY;
	return !(flags & ROUTE_PEND) || (flags & ROUTE_DRAIN);
}

static bool
save_route_is_sane(const struct core *core, const struct user *user)
{
	const struct route *route = &user->route;
	uint16_t slot, waits = 0;

	for (slot = 0; slot < route->link_count; slot++) {
		if (!save_link_is_sane(core, route, slot))
			return false;
		waits += (route->links[slot].flags & ROUTE_WAIT) != 0;
	}
	if (waits != route->wait_count ||
	    route->local != (user->session != NULL && !core->shutting_down))
		return false;
	if (route->succ == ROUTE_NONE)
		return route->distance == ROUTE_INFINITY &&
		    (!route->local || waits > 0);
	if (waits > 0 || route->local != (route->succ == ROUTE_SELF))
		return false;
	if (route->succ == ROUTE_SELF)
		return route->distance == 0;
	return route->succ < route->link_count &&
	    (route->links[route->succ].flags & (ROUTE_UP | ROUTE_DRAIN)) ==
	    ROUTE_UP && route->distance != ROUTE_INFINITY;
}

/* What `show peers` counts follows from the users. */
static void
save_count(struct core *core, const struct route *route)
{
	uint16_t slot;

	for (slot = 0; slot < route->link_count; slot++)
		if (route->links[slot].hops != ROUTE_INFINITY)
			core->links[slot]->announced++;
	if (route->succ >= 0)
		core->links[route->succ]->routed++;
}

static void
save_route(struct save *save, struct core *core, struct user *user)
{
	struct route *route = &user->route;
	uint16_t slot, count = route->link_count;

	save_u16(save, &count);
	if (save_is_reading(save) && (count > DN_LINKS_MAX ||
	    count < route->link_count)) {
		save_fail(save);
		return;
	}
	if (count > route->link_count)
		route_grow(route, memory_resize(route->links,
		    count * sizeof(*route->links)), count);
	for (slot = 0; slot < count; slot++) {
		save_u16(save, &route->links[slot].hops);
		save_u8(save, &route->links[slot].flags);
	}
	save_u16(save, &route->distance);
	save_slot(save, &route->succ);
	save_u16(save, &route->wait_count);
	save_u8(save, &route->withdrawals);
	save_bool(save, &route->local);
	save_bool(save, &route->hold);
	if (!save_is_reading(save))
		return;
	if (!save_is_good(save) || !save_route_is_sane(core, user))
		save_fail(save);
	else
		save_count(core, route);
}

static void
save_user(struct save *save, struct core *core, struct user *user)
{
	bool is_shown = user->shown;
	uint64_t since = user->since_msec;

	save_bool(save, &is_shown);
	save_u64(save, &since);
	if (save_is_reading(save)) {
		if (is_shown)
			user_set_shown(core, user, true);
		user->since_msec = since;
	}
	save_slot(save, &user->sent);
	save_slot(save, &user->lost_by);
	save_u8(save, &user->withdrawals_seen);
	save_u8(save, &user->strikes);
	save_aliases(save, user);
	save_session(save, core, user);
	save_clock(save, core, user);
	if (save_is_good(save))
		save_route(save, core, user);
}

/* Number and text stand before all else: a record is made of them. */
static void
save_read_users(struct save *save, struct core *core, uint32_t count)
{
	struct dn_str name, description;
	struct user *user;
	uint64_t number;

	while (count-- > 0 && save_is_good(save)) {
		save_u64(save, &number);
		save_text(save, &name, &description);
		if (!save_is_good(save) || number == 0 ||
		    user_find(core, number) != NULL) {
			save_fail(save);
			return;
		}
		user = user_new(core, number, name, description);
		save_user(save, core, user);
	}
}

void
save_users(struct save *save, struct core *core)
{
	uint32_t count = (uint32_t)core->users_by_number.count;
	struct dn_str name, description;
	struct user *user;

	save_u32(save, &count);
	if (save_is_reading(save)) {
		save_read_users(save, core, count);
		return;
	}
	DL_FOREACH(core->users, user) {
		name = text_name(user->text);
		description = text_description(user->text);
		save_u64(save, &user->number);
		save_text(save, &name, &description);
		save_user(save, core, user);
	}
}
