/* The core's state as rows: see show.h. */
#include "show.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

static json_t *
show_checked(json_t *json)
{
	if (json == NULL)
		abort();
	return json;
}

json_t *
show_string(struct dn_str str)
{
	json_t *json = json_stringn(str.size > 0 ? str.data : "", str.size);
	char *copy;
	size_t i;

	if (json != NULL)
		return json;
	copy = memory_string(str);
	for (i = 0; i < str.size; i++)
		if ((unsigned char)copy[i] >= 0x80)
			copy[i] = '?';
	json = json_stringn(copy, str.size);
	free(copy);
	return show_checked(json);
}

json_t *
show_number(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%ju", (uintmax_t)value);
	return show_string(dn_str_of(text));
}

/* ---- members of a row ---- */

static void
show_put(json_t *row, const char *key, json_t *value)
{
	if (json_object_set_new(row, key, show_checked(value)) != 0)
		abort();
}

static void
show_put_text(json_t *row, const char *key, const char *text)
{
	show_put(row, key, text == NULL || *text == '\0' ? json_null() :
	    show_string(dn_str_of(text)));
}

static void
show_put_str(json_t *row, const char *key, struct dn_str str)
{
	show_put(row, key, str.size == 0 ? json_null() : show_string(str));
}

static void
show_put_bool(json_t *row, const char *key, bool value)
{
	show_put(row, key, json_boolean(value));
}

static void
show_put_count(json_t *row, const char *key, uint64_t count)
{
	show_put(row, key, json_integer((json_int_t)count));
}

/* A number that is a name, or null for 0. */
static void
show_put_id(json_t *row, const char *key, uint64_t id)
{
	show_put(row, key, id == 0 ? json_null() : show_number(id));
}

static void
show_put_hops(json_t *row, uint16_t hops)
{
	show_put(row, "hops", hops == DN_HOPS_INFINITY ? json_null() :
	    json_integer(hops));
}

/* Whole seconds from 'from_msec' to 'to_msec'. */
static void
show_put_seconds(json_t *row, const char *key, uint64_t from_msec,
    uint64_t to_msec)
{
	show_put_count(row, key, to_msec > from_msec ?
	    (to_msec - from_msec) / 1000 : 0);
}

static void
show_put_rtt(json_t *row, const struct peer_view *view)
{
	show_put(row, "rtt", view->rtt_usec == 0 ? json_null() :
	    json_real(view->rtt_usec / 1e6));
}

static const char *
show_state(enum user_state state)
{
	switch (state) {
	case USER_FORWARD: return "forward";
	case USER_HOLDING: return "holding";
	case USER_ACTIVE: return "active";
	case USER_GONE: return "gone";
	}
	return "?";
}

/* ---- rows ---- */

static void
show_put_counters(json_t *row, const struct dn_list *counters)
{
	static const char *const names[] = {
#define SHOW_COUNTER(name, meaning) #name,
		IPC_COUNTERS(SHOW_COUNTER)
#undef SHOW_COUNTER
	};
	size_t i;

	for (i = 0; i < IPC_COUNTER_COUNT; i++)
		show_put_count(row, names[i], dn_list_at(*counters, i));
}

json_t *
show_status(const struct core *core, uint64_t now_msec, const char *listening,
    const struct dn_list *counters)
{
	json_t *row = show_checked(json_object());
	struct core_status status;

	core_status(core, &status);
	show_put_text(row, "name", status.name);
	show_put_text(row, "description", status.description);
	show_put_text(row, "version", DNCHAT_VERSION);
	show_put_text(row, "listening", listening);
	show_put_seconds(row, "uptime", status.started_msec, now_msec);
	show_put_count(row, "users", status.users);
	show_put_count(row, "users_local", status.users_local);
	show_put_count(row, "peers", status.peers);
	show_put_count(row, "peers_up", status.peers_up);
	show_put(row, "hold", json_real(status.hold_msec / 1e3));
	show_put_bool(row, "shutting_down", status.shutting_down);
	show_put_bool(row, "dnchatd", status.incarnation != 0);
	show_put_id(row, "incarnation", status.incarnation);
	if (counters != NULL)
		show_put_counters(row, counters);
	return row;
}

void
show_add_downlink(json_t *row, size_t bytes)
{
	show_put_count(row, "downlink_bytes", bytes);
}

json_t *
show_peer(const struct peer_view *view, uint64_t now_msec)
{
	json_t *row = show_checked(json_object());

	show_put_text(row, "name", view->name);
	show_put_text(row, "state", core_peer_state_word(view->state));
	show_put_text(row, "door", core_door_word(view->door));
	show_put_count(row, "users", view->users);
	show_put_count(row, "announced", view->announced);
	show_put_rtt(row, view);
	show_put_seconds(row, "since", view->since_msec, now_msec);
	if (view->retry_msec != 0)
		show_put_seconds(row, "retry", now_msec, view->retry_msec);
	else
		show_put(row, "retry", json_null());
	show_put_count(row, "failures", view->failures);
	show_put_bool(row, "dialled", view->dialled);
	show_put_bool(row, "foreign", view->foreign);
	show_put_id(row, "conn", view->conn);
	show_put_text(row, "why", view->why);
	return row;
}

/* A row that begins with who it is, and which way leads to him. */
static json_t *
show_way(const struct user_view *view)
{
	json_t *row = show_checked(json_object());

	show_put_id(row, "number", view->number);
	show_put(row, "name", show_string(view->name));
	show_put_hops(row, view->hops);
	show_put_text(row, "via", view->via);
	show_put_text(row, "state", show_state(view->state));
	return row;
}

json_t *
show_user(const struct user_view *view, uint64_t now_msec)
{
	json_t *row = show_way(view);

	show_put_bool(row, "local", view->local);
	show_put_str(row, "source", view->source);
	show_put_seconds(row, "since", view->since_msec, now_msec);
	show_put_bool(row, "doubled", view->doubled);
	show_put_bool(row, "disputed", view->disputed);
	show_put(row, "description", show_string(view->description));
	return row;
}

json_t *
show_route(const struct user_view *view)
{
	json_t *row = show_way(view);

	show_put_bool(row, "shown", view->shown);
	show_put_count(row, "withdrawals", view->withdrawals);
	return row;
}

json_t *
show_connection(const struct user_view *view, uint64_t now_msec)
{
	json_t *row = show_checked(json_object());

	show_put_id(row, "conn", view->conn);
	show_put_text(row, "kind", "client");
	show_put_id(row, "number", view->number);
	show_put(row, "name", show_string(view->name));
	show_put_str(row, "source", view->source);
	show_put_seconds(row, "since", view->since_msec, now_msec);
	return row;
}

json_t *
show_link(const struct peer_view *view, uint64_t now_msec)
{
	json_t *row = show_checked(json_object());

	show_put_id(row, "conn", view->conn);
	show_put_text(row, "kind", "peer");
	show_put(row, "number", json_null());
	show_put_text(row, "name", view->name);
	show_put(row, "source", json_null());
	show_put_seconds(row, "since", view->since_msec, now_msec);
	return row;
}

json_t *
show_room(const struct room_view *view, uint64_t now_msec)
{
	json_t *row = show_checked(json_object());

	show_put(row, "name", show_string(view->name));
	show_put_id(row, "number", view->number);
	show_put_bool(row, "local", view->local);
	show_put_count(row, "members", view->members);
	show_put_count(row, "here", view->here);
	show_put_seconds(row, "since", view->since_msec, now_msec);
	show_put_bool(row, "shown", view->shown);
	show_put_str(row, "home", view->home);
	return row;
}

json_t *
show_member(const struct member_view *view)
{
	json_t *row = show_checked(json_object());

	show_put(row, "name", show_string(view->name));
	show_put_id(row, "number", view->number);
	show_put_text(row, "state", view->state);
	show_put_bool(row, "kept", view->kept);
	return row;
}

static void
show_append(json_t *rows, json_t *row)
{
	if (json_array_append_new(rows, row) != 0)
		abort();
}

json_t *
show_candidates(const struct core *core, const void *user,
    const struct user_view *view)
{
	json_t *rows = show_checked(json_array()), *row;
	struct candidate_view way;
	size_t i;

	for (i = 0; core_candidate(core, user, i, &way); i++) {
		row = show_checked(json_object());
		show_put_id(row, "number", view->number);
		show_put(row, "name", show_string(view->name));
		show_put_text(row, "peer", way.peer);
		show_put_hops(row, way.hops);
		show_put_bool(row, "chosen", way.chosen);
		show_put_bool(row, "told", way.told);
		show_put_bool(row, "waiting", way.waiting);
		show_put_bool(row, "owing", way.owing);
		show_put_bool(row, "draining", way.draining);
		show_put_text(row, "why", way.why);
		show_append(rows, row);
	}
	return rows;
}

/* ---- trace ---- */

static json_t *
show_trace_row(const struct user_view *view, const char *next, uint16_t hops,
    bool is_chosen, const char *why)
{
	json_t *row = show_checked(json_object());

	show_put_id(row, "number", view->number);
	show_put(row, "name", show_string(view->name));
	show_put_text(row, "next", next);
	show_put_hops(row, hops);
	show_put_bool(row, "chosen", is_chosen);
	show_put_text(row, "why", why);
	return row;
}

static const char *
show_trace_why(const struct user_view *view, size_t count)
{
	if (view->state == USER_ACTIVE)
		return "no way for now: a withdrawal is not acknowledged by "
		    "all yet; messages wait";
	if (view->state == USER_HOLDING)
		return "no way for now: the wait after a withdrawal is not "
		    "over yet; messages wait";
	return count == 0 ? "no way: no server announces this user" :
	    "no way";
}

json_t *
show_trace(const struct core *core, const void *user,
    const struct user_view *view)
{
	json_t *rows = show_checked(json_array());
	struct candidate_view way;
	bool is_chosen = false;
	uint16_t hops;
	size_t i;

	for (i = 0; core_candidate(core, user, i, &way); i++) {
		hops = way.hops < DN_HOPS_INFINITY ? way.hops + 1 : way.hops;
		if (!way.chosen || view->local) {
			show_append(rows, show_trace_row(view, way.peer, hops,
			    false, way.why));
			continue;
		}
		is_chosen = true;
		if (json_array_insert_new(rows, 0, show_trace_row(view,
		    way.peer, hops, true, way.why)) != 0)
			abort();
	}
	if (!is_chosen && json_array_insert_new(rows, 0, view->local ?
	    show_trace_row(view, "the client's connection here", 0, true,
	    "the user is connected to this server") :
	    show_trace_row(view, NULL, DN_HOPS_INFINITY, false,
	    show_trace_why(view, i))) != 0)
		abort();
	return rows;
}

/* ---- accounts and the store ---- */

static void
show_put_date(json_t *row, const char *key, uint64_t msec)
{
	time_t time = (time_t)(msec / 1000);
	struct tm tm;
	char text[40];

	gmtime_r(&time, &tm);
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	show_put_text(row, key, msec != 0 ? text : NULL);
}

json_t *
show_account(const struct store_account *account, const char *held)
{
	json_t *row = show_checked(json_object());

	show_put_text(row, "name", account->name);
	show_put_bool(row, "locked", account->is_locked);
	show_put_text(row, "online", held);
	show_put_date(row, "created", account->created_msec);
	show_put_date(row, "seen", account->seen_msec);
	show_put_id(row, "number", account->number);
	return row;
}

void
show_add_store(json_t *row, const struct archive_status *status)
{
	show_put_text(row, "store", *status->why != '\0' ? status->why : "ok");
	show_put_count(row, "store_waiting", status->waiting);
	show_put_count(row, "history_lost", status->lines_lost);
}

/* ---- notices ---- */

json_t *
show_notice(const struct notice *notice, const struct timespec *time)
{
	json_t *row = show_checked(json_object());
	struct tm tm;
	char text[40];
	size_t size, i;

	gmtime_r(&time->tv_sec, &tm);
	size = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + size, sizeof(text) - size, ".%03ldZ",
	    time->tv_nsec / 1000000);
	show_put_text(row, "time", text);
	show_put_text(row, "event", notice->event);
	show_put_text(row, "level", dn_log_word(notice->level));
	for (i = 0; i < notice->count; i++)
		show_put(row, notice->keys[i], show_string(notice->values[i]));
	return row;
}
