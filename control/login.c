/* Who of our clients may be who, between AUTH and way.c. */
#include "login.h"

#include "asked.h"
#include "down.h"
#include "link.h"
#include "name.h"
#include "room.h"
#include "way.h"

/* Pings a client of ours that stands in the way: if its connection is dead
 * the one who retries gets in (design: ghosts). */
static void
login_probe(struct core *core, const struct user *user)
{
	if (user->session != NULL && user->session->seat.is_client)
		DOWN(core, probe, .conn = user->session->seat.conn,
		    .msec = DN_GHOST_MSEC);
}

enum dn_reason
core_judge(const struct core *core, uint64_t number, struct dn_str name)
{
	const struct user *user = number != 0 ? user_find(core, number) : NULL;

	/* Who has yet to hear that his link has gone may be gone then. */
	if (user != NULL && user->shown && !way_is_behind(core, user))
		return DN_REASON_NUMBER;
	user = user_named(core, name, NULL);
	while (user != NULL && way_is_behind(core, user))
		user = user_named(core, name, user);
	return user != NULL || !name_is_good(name) ? DN_REASON_NAME :
	    DN_REASON_COUNT;
}

/* Whoever may stand in the way of that number and name hears of links that
 * have gone, as others do when it is their turn: by their numbers, as a replay
 * finds namesakes in another order. */
static void
login_catch_up(struct core *core, uint64_t number, struct dn_str name)
{
	struct user *user, *first;

	(void)way_find(core, number);
	do {
		first = NULL;
		for (user = user_named(core, name, NULL); user != NULL;
		    user = user_named(core, name, user))
			if (way_is_behind(core, user) && (first == NULL ||
			    user->number < first->number))
				first = user;
		if (first != NULL)
			(void)way_catch_up(core, first);
	} while (first != NULL);
}

/* Why the attempt fails; DN_REASON_COUNT if it doesn't. The order is that of
 * the protocol page. */
static enum dn_reason
login_judge(struct core *core, uint64_t number,
    const struct event_login *body)
{
	enum dn_reason reason = core_judge(core, number, body->name);
	const struct user *user;

	if (reason == DN_REASON_NUMBER)
		login_probe(core, user_find(core, number));
	if (reason == DN_REASON_NAME)
		for (user = user_named(core, body->name, NULL); user != NULL;
		    user = user_named(core, body->name, user))
			login_probe(core, user);
	if (reason != DN_REASON_COUNT || body->verdict == EVENT_RIGHT)
		return reason;
	return body->verdict == EVENT_BUSY ? DN_REASON_BUSY :
	    DN_REASON_PASSWORD;
}

/* Which number the client gets: the one that it asks for; of a door where it
 * can't, the one that its account had if that is free, else any. */
static uint64_t
login_number(struct core *core, const struct event_login *body)
{
	uint64_t number = body->number;
	const struct user *user;

	if (!(body->flags & IPC_AUTH_LOGIN))
		return number;
	user = user_find(core, number);
	while (!user_is_number(number) || (user != NULL && user->shown)) {
		number = hash_mix(++core->random) %
		    DN_NUMBER_ASSIGNED_MAX + 1;
		user = user_find(core, number);
	}
	return number;
}

static void
login_notice(struct core *core, const struct event_login *body,
    uint64_t number, const char *event, const char *reason)
{
	struct notice *notice;

	notice = updates_notice(core->updates, DN_LOG_INFO, event);
	notice_add_number(notice, "number", number);
	notice_add(notice, "name", body->name);
	notice_add(notice, "source", body->source);
	if (reason != NULL)
		notice_add(notice, "reason", dn_str_of(reason));
}

/* The attempt succeeds, unless there are too many of us. */
static void
login_enter(struct core *core, const struct event_login *body,
    uint64_t number)
{
	struct dn_str description = dn_str_of(core->settings.description);
	struct user *user = way_find(core, number);
	struct seat seat;

	if (user == NULL)
		user = way_user(core, number, body->name, description);
	if (user == NULL) {
		DOWN(core, close, .conn = body->conn, .code = 1013,
		    .why = dn_str_of("too many users"));
		login_notice(core, body, number, "login_failed",
		    "users_full");
		return;
	}
	seat = (struct seat){.conn = body->conn, .source = body->source,
	    .door = body->door, .is_client = true,
	    .is_verified = body->is_account};
	way_login(core, user, &seat, body->name, description);
	DOWN(core, name, .conn = body->conn, .number = number);
	/* Nobody is spoken to before he has his name and the list. */
	room_login(core, user);
	login_notice(core, body, number, "login", NULL);
}

enum dn_err
login_attempt(struct core *core, const struct event *event)
{
	const struct event_login *body = &event->body.login;
	enum dn_reason reason;
	uint64_t number;

	if (body->asked != 0 && !asked_take(core, body->asked))
		return DN_OK;
	if (core->incarnation == 0 || body->conn == IPC_CONN_NONE ||
	    body->door >= IPC_DOOR_COUNT || (!user_is_number(body->number) &&
	    !(body->flags & IPC_AUTH_LOGIN)) ||
	    session_find(core, body->conn) != NULL ||
	    link_find(core, body->conn) != NULL)
		return DN_OK;
	if (core->shutting_down) {
		DOWN(core, close, .conn = body->conn, .code = 1001,
		    .why = dn_str_of("shutting down"));
		return DN_OK;
	}
	login_catch_up(core, body->number, body->name);
	number = login_number(core, body);
	reason = login_judge(core, number, body);
	if (reason == DN_REASON_COUNT) {
		login_enter(core, body, number);
		return DN_OK;
	}
	DOWN(core, deny, .conn = body->conn, .number = body->number,
	    .reason = (uint8_t)reason);
	login_notice(core, body, body->number, "login_failed",
	    dn_reason_word(reason));
	return DN_OK;
}

enum dn_err
login_registered(struct core *core, const struct event *event)
{
	const struct event_registered *body = &event->body.registered;
	struct notice *notice;

	if (body->asked != 0 && !asked_take(core, body->asked))
		return DN_OK;
	DOWN(core, reply, .conn = body->conn, .verb = DN_VERB_REGISTER,
	    .result = body->verdict == EVENT_RIGHT);
	notice = updates_notice(core->updates, DN_LOG_INFO, "register");
	notice_add(notice, "name", body->name);
	notice_add(notice, "result", dn_str_of(
	    body->verdict == EVENT_RIGHT ? "ok" :
	    body->verdict == EVENT_BUSY ? "busy" : "refused"));
	return DN_OK;
}

enum dn_err
login_unregistered(struct core *core, const struct event *event)
{
	room_forget_account(core, event->body.unregistered.name);
	return DN_OK;
}

enum dn_err
login_kick(struct core *core, const struct event *event)
{
	const struct user *user = user_find(core, event->body.kick.number);
	struct notice *notice;

	if (user == NULL || !user->shown)
		return DN_E_UNKNOWN;
	if (user->session == NULL || !user->session->seat.is_client)
		return DN_E_STATE;
	/* All else follows when the connection is gone. */
	DOWN(core, close, .conn = user->session->seat.conn, .code = 1008,
	    .why = dn_str_of("ended by the operator"));
	notice = updates_notice(core->updates, DN_LOG_INFO, "kick");
	notice_add_number(notice, "number", user->number);
	notice_add(notice, "name", text_name(user->text));
	return DN_OK;
}

void
login_closed(struct core *core, struct session *session, uint16_t code,
    struct dn_str why)
{
	struct user *user = session->user;
	struct notice *notice;

	notice = updates_notice(core->updates, DN_LOG_INFO, "logout");
	notice_add_number(notice, "number", user->number);
	notice_add(notice, "name", text_name(user->text));
	notice_add_number(notice, "code", code);
	notice_add(notice, "why", why);
	way_logout(core, user);
}
