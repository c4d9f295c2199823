/* Who of our clients may be who, between AUTH and way.c. */
#include "login.h"

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

/* Why the attempt fails; DN_REASON_COUNT if it doesn't. The order is that of
 * the protocol page. */
static enum dn_reason
login_judge(struct core *core, const struct event_login *body)
{
	const struct user *user = user_find(core, body->number);

	if (user != NULL && user->shown) {
		login_probe(core, user);
		return DN_REASON_NUMBER;
	}
	user = user_named(core, body->name, NULL);
	if (user != NULL) {
		for (; user != NULL; user = user_named(core, body->name, user))
			login_probe(core, user);
		return DN_REASON_NAME;
	}
	if (!name_is_good(body->name))
		return DN_REASON_NAME;
	return body->verdict ? DN_REASON_COUNT : DN_REASON_PASSWORD;
}

static void
login_notice(struct core *core, const struct event_login *body,
    const char *event, const char *reason)
{
	struct notice *notice;

	notice = updates_notice(core->updates, DN_LOG_INFO, event);
	notice_add_number(notice, "number", body->number);
	notice_add(notice, "name", body->name);
	notice_add(notice, "source", body->source);
	if (reason != NULL)
		notice_add(notice, "reason", dn_str_of(reason));
}

enum dn_err
login_attempt(struct core *core, const struct event *event)
{
	const struct event_login *body = &event->body.login;
	struct dn_str description = dn_str_of(core->settings.description);
	enum dn_reason reason;
	struct user *user;
	struct seat seat;

	if (core->incarnation == 0 || body->conn == IPC_CONN_NONE ||
	    body->door >= IPC_DOOR_COUNT || !user_is_number(body->number) ||
	    session_find(core, body->conn) != NULL ||
	    link_find(core, body->conn) != NULL)
		return DN_OK;
	if (core->shutting_down) {
		DOWN(core, close, .conn = body->conn, .code = 1001,
		    .why = dn_str_of("shutting down"));
		return DN_OK;
	}
	reason = login_judge(core, body);
	if (reason != DN_REASON_COUNT) {
		DOWN(core, deny, .conn = body->conn, .number = body->number,
		    .reason = (uint8_t)reason);
		login_notice(core, body, "login_failed",
		    dn_reason_word(reason));
		return DN_OK;
	}
	user = user_find(core, body->number);
	if (user == NULL)
		user = way_user(core, body->number, body->name, description);
	if (user == NULL) {
		DOWN(core, close, .conn = body->conn, .code = 1013,
		    .why = dn_str_of("too many users"));
		login_notice(core, body, "login_failed", "users_full");
		return DN_OK;
	}
	seat = (struct seat){.conn = body->conn, .source = body->source,
	    .door = body->door, .is_client = true,
	    .is_verified = body->is_account};
	way_login(core, user, &seat, body->name, description);
	DOWN(core, name, .conn = body->conn, .number = body->number);
	login_notice(core, body, "login", NULL);
	/* Nobody is spoken to before he has his name and the list. */
	room_login(core, user);
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
