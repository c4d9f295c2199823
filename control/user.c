/* Who is known: the tables of users and their clients, under way.c. */
#include "user.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "memory.h"

#define USER_LINKS_STEP 4

static void user_drop_alias(struct user *user, struct alias **at);
static void user_set_sign(struct core *core, struct user *user);

/* ---- hashes ---- */

static unsigned
user_hash_number(const void *core, struct chain_link *link)
{
	return hash_number(((const struct core *)core)->seed,
	    CHAIN_RECORD(link, struct user, by_number)->number);
}

static unsigned
user_hash_name(const void *core, struct chain_link *link)
{
	return hash_string(((const struct core *)core)->seed, text_name(
	    CHAIN_RECORD(link, struct user, by_name)->text));
}

static unsigned
session_hash_conn(const void *core, struct chain_link *link)
{
	return hash_number(((const struct core *)core)->seed,
	    CHAIN_RECORD(link, struct session, by_conn)->seat.conn);
}

/* ---- records ---- */

struct user *
user_find(const struct core *core, uint64_t number)
{
	struct chain_link *link = chain_first(&core->users_by_number,
	    hash_number(core->seed, number));
	struct user *user;

	for (; link != NULL; link = link->next) {
		user = CHAIN_RECORD(link, struct user, by_number);
		if (user->number == number)
			return user;
	}
	return NULL;
}

struct user *
user_new(struct core *core, uint64_t number, struct dn_str name,
    struct dn_str description)
{
	struct user *user = memory_new(sizeof(*user));

	user->number = number;
	user->since_msec = core->now_msec;
	user->text = text_new(name, description);
	user->sent = ROUTE_NONE;
	user->lost_by = ROUTE_NONE;
	route_init(&user->route, NULL, 0);
	user->withdrawals_seen = user->route.withdrawals;
	DL_APPEND(core->users, user);
	chain_add(&core->users_by_number, &user->by_number, user_hash_number,
	    core);
	return user;
}

/* Who was about to be brought up on a link is so no more. */
static void
user_leave_cursors(struct core *core, const struct user *user)
{
	unsigned slot;

	for (slot = 0; slot < core->slot_end; slot++)
		if (core->links[slot] != NULL &&
		    core->links[slot]->cursor == user)
			core->links[slot]->cursor = user->next;
}

static void
user_stop_clock(struct core *core, struct user *user)
{
	if (user->clock == NULL)
		return;
	timer_stop(&core->timers, &user->clock->hold);
	timer_stop(&core->timers, &user->clock->calm);
	timer_stop(&core->timers, &user->clock->list);
	timer_stop(&core->timers, &user->clock->reply);
	user_clock_trim(user);
}

void
user_free(struct core *core, struct user *user)
{
	user_leave_cursors(core, user);
	user_stop_clock(core, user);
	session_free(core, user->session);
	if (user->shown)
		user_set_shown(core, user, false);
	chain_del(&core->users_by_number, &user->by_number,
	    user_hash_number(core, &user->by_number));
	DL_DELETE(core->users, user);
	while (user->aliases != NULL)
		user_drop_alias(user, &user->aliases);
	text_put(user->text);
	free(user->route.links);
	free(user);
}

void
user_reserve(struct core *core, struct user *user)
{
	struct route_link *links;
	size_t count = (size_t)(core->slot_end + USER_LINKS_STEP - 1) /
	    USER_LINKS_STEP * USER_LINKS_STEP;

	if (user->route.link_count >= core->slot_end)
		return;
	links = memory_resize(user->route.links, count * sizeof(*links));
	route_grow(&user->route, links, (uint16_t)count);
}

/* ---- names ---- */

void
user_set_shown(struct core *core, struct user *user, bool is_shown)
{
	assert(user->shown != is_shown);
	user->shown = is_shown;
	if (text_name(user->text).size > 0 &&
	    text_name(user->text).data[0] == '#')
		user_set_sign(core, user);
	user->since_msec = core->now_msec;
	if (is_shown) {
		chain_add(&core->users_by_name, &user->by_name,
		    user_hash_name, core);
		core->users_shown++;
		return;
	}
	chain_del(&core->users_by_name, &user->by_name,
	    user_hash_name(core, &user->by_name));
	core->users_shown--;
}

struct user *
user_named(const struct core *core, struct dn_str name,
    const struct user *after)
{
	struct chain_link *link = after != NULL ? after->by_name.next :
	    chain_first(&core->users_by_name, hash_string(core->seed, name));
	struct user *user;

	for (; link != NULL; link = link->next) {
		user = CHAIN_RECORD(link, struct user, by_name);
		if (dn_str_eq(text_name(user->text), name))
			return user;
	}
	return NULL;
}

static void
user_set_sign(struct core *core, struct user *user)
{
	unsigned hash = hash_number(core->seed, user->number);
	struct sign *sign;

	if (user->shown) {
		sign = memory_new(sizeof(*sign));
		sign->number = user->number;
		sign->user = user;
		HASH_ADD_BYHASHVALUE(hh, core->signs, number,
		    sizeof(sign->number), hash, sign);
		return;
	}
	HASH_FIND_BYHASHVALUE(hh, core->signs, &user->number,
	    sizeof(user->number), hash, sign);
	HASH_DEL(core->signs, sign);
	free(sign);
}

const struct sign *
user_next_sign(const struct core *core, const struct sign *sign)
{
	return sign == NULL ? core->signs : sign->hh.next;
}

/* ---- what links call him ---- */

static struct alias **
user_alias(struct user *user, int slot)
{
	struct alias **at = &user->aliases;

	while (*at != NULL && (*at)->slot != slot)
		at = &(*at)->next;
	return at;
}

static void
user_set_alias(struct user *user, uint16_t slot, struct text *text)
{
	struct alias *alias = *user_alias(user, slot);

	if (alias == NULL) {
		alias = memory_new(sizeof(*alias));
		alias->slot = slot;
		alias->next = user->aliases;
		user->aliases = alias;
	} else {
		text_put(alias->text);
	}
	alias->text = text_get(text);
	user->route.links[slot].flags |= ROUTE_OTHER;
}

/* Takes the alias at '*at' out. */
static void
user_drop_alias(struct user *user, struct alias **at)
{
	struct alias *alias = *at;

	*at = alias->next;
	if (alias->slot < user->route.link_count)
		user->route.links[alias->slot].flags &= (uint8_t)~ROUTE_OTHER;
	text_put(alias->text);
	free(alias);
}

void
user_uncalled(struct user *user, uint16_t slot)
{
	struct alias **at = user_alias(user, slot);

	if (*at != NULL)
		user_drop_alias(user, at);
}

struct text *
user_text(const struct user *user, int slot)
{
	const struct alias *alias = user->aliases;

	while (alias != NULL && alias->slot != slot)
		alias = alias->next;
	return alias != NULL ? alias->text : user->text;
}

bool
user_called(struct user *user, uint16_t slot, struct dn_str name,
    struct dn_str description)
{
	struct text *text;
	bool was_disputed;

	if (text_is(user_text(user, slot), name, description))
		return false;
	if (text_is(user->text, name, description)) {
		user_uncalled(user, slot);
		return false;
	}
	was_disputed = user_is_disputed(user);
	text = text_new(name, description);
	user_set_alias(user, slot, text);
	text_put(text);
	return !was_disputed && user_is_disputed(user);
}

void
user_adopt(struct user *user, struct text *text)
{
	struct alias **at = &user->aliases;
	struct text *old = user->text;
	uint16_t slot;

	for (slot = 0; slot < user->route.link_count; slot++)
		if (user->route.links[slot].hops != ROUTE_INFINITY &&
		    *user_alias(user, slot) == NULL)
			user_set_alias(user, slot, old);
	user->text = text_get(text);
	text_put(old);
	while (*at != NULL)
		if (text_eq((*at)->text, user->text))
			user_drop_alias(user, at);
		else
			at = &(*at)->next;
}

bool
user_is_disputed(const struct user *user)
{
	const struct alias *alias;

	for (alias = user->aliases; alias != NULL; alias = alias->next)
		if (!dn_str_eq(text_name(alias->text), text_name(user->text)))
			return true;
	return false;
}

/* ---- who is local ---- */

struct session *
session_find(const struct core *core, uint64_t conn)
{
	struct chain_link *link = chain_first(&core->sessions_by_conn,
	    hash_number(core->seed, conn));
	struct session *session;

	for (; link != NULL; link = link->next) {
		session = CHAIN_RECORD(link, struct session, by_conn);
		if (session->seat.conn == conn)
			return session;
	}
	return NULL;
}

void
session_new(struct core *core, struct user *user, const struct seat *seat)
{
	size_t size = seat->source.size;
	struct session *session = memory_new(sizeof(*session) + size);

	assert(user->session == NULL);
	session->seat = *seat;
	if (size > 0)
		memcpy(session->bytes, seat->source.data, size);
	session->seat.source.data = session->bytes;
	session->user = user;
	if (seat->is_client)
		chain_add(&core->sessions_by_conn, &session->by_conn,
		    session_hash_conn, core);
	user->session = session;
	core->users_local++;
}

void
session_free(struct core *core, struct session *session)
{
	if (session == NULL)
		return;
	if (session->seat.is_client)
		chain_del(&core->sessions_by_conn, &session->by_conn,
		    session_hash_conn(core, &session->by_conn));
	session->user->session = NULL;
	core->users_local--;
	free(session);
}

/* ---- deadlines ---- */

struct clock *
user_clock(struct user *user)
{
	struct clock *clock = user->clock;

	if (clock != NULL)
		return clock;
	clock = memory_new(sizeof(*clock));
	clock->hold.kind = TIMER_HOLD;
	clock->calm.kind = TIMER_CALM;
	clock->list.kind = TIMER_LIST;
	clock->reply.kind = TIMER_REPLY;
	clock->hold.owner = clock->calm.owner = user->number;
	clock->list.owner = clock->reply.owner = user->number;
	user->clock = clock;
	return clock;
}

void
user_clock_trim(struct user *user)
{
	const struct clock *clock = user->clock;

	if (clock == NULL || timer_runs(&clock->hold) ||
	    timer_runs(&clock->calm) || timer_runs(&clock->list) ||
	    timer_runs(&clock->reply))
		return;
	free(user->clock);
	user->clock = NULL;
}
