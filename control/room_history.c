/* What was said before: see room_history.h. */
#include "room_history.h"

#include <stdio.h>

#include "room_parse.h"
#include "room_say.h"
#include "room_store.h"

/* What a line has beside author and text, roughly. */
#define ROOM_HISTORY_LINE_BYTES 48
#define ROOM_HISTORY_TIME_BYTES 40
/* The last second that a date of four digits has. */
#define ROOM_HISTORY_SECONDS_MAX UINT64_C(253402300799)

/* A line of the store's answer. */
struct row {
	uint64_t id, time_msec;
	struct dn_str author, text;
};

/* The next row, false at the end or where it makes no sense. */
static bool
room_history_row(struct dn_rd *rd, struct row *row)
{
	if (rd->at == rd->size)
		return false;
	row->id = dn_rd_uint(rd, 8);
	row->time_msec = dn_rd_uint(rd, 8);
	row->author = dn_rd_str(rd);
	row->text = dn_rd_str(rd);
	return !rd->failed;
}

static size_t
room_history_row_bytes(const struct row *row)
{
	return row->author.size + row->text.size + ROOM_HISTORY_LINE_BYTES;
}

/* How many rows there are, and their bytes. */
static size_t
room_history_count(struct dn_str rows, size_t *bytes)
{
	struct dn_rd rd = dn_rd_of(rows.data, rows.size);
	size_t count = 0;
	struct row row;

	for (*bytes = 0; room_history_row(&rd, &row); count++)
		*bytes += room_history_row_bytes(&row);
	return count;
}

/* How many of the oldest rows are too many. */
static size_t
room_history_surplus(struct dn_str rows)
{
	struct dn_rd rd = dn_rd_of(rows.data, rows.size);
	size_t bytes, count = room_history_count(rows, &bytes), surplus = 0;
	struct row row;

	while ((bytes > ROOM_HISTORY_BYTES_MAX ||
	    count - surplus > ROOM_HISTORY_LINES_MAX) &&
	    room_history_row(&rd, &row)) {
		surplus++;
		bytes -= room_history_row_bytes(&row);
	}
	return surplus;
}

/* RFC 3339, in UTC: the calendar counts years from March, so that the day
 * that some of them have more is the last. */
static void
room_history_time(char text[ROOM_HISTORY_TIME_BYTES], uint64_t time_msec)
{
	uint64_t seconds = time_msec / 1000, days, era, year, day, month;

	if (seconds > ROOM_HISTORY_SECONDS_MAX)
		seconds = ROOM_HISTORY_SECONDS_MAX;
	days = seconds / 86400 + 719468;
	seconds %= 86400;
	era = days / 146097;
	days %= 146097;
	year = (days - days / 1460 + days / 36524 - days / 146096) / 365;
	days -= 365 * year + year / 4 - year / 100;
	month = (5 * days + 2) / 153;
	day = days - (153 * month + 2) / 5 + 1;
	month = month < 10 ? month + 3 : month - 9;
	year += era * 400 + (month <= 2);
	(void)snprintf(text, ROOM_HISTORY_TIME_BYTES,
	    "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)year, (unsigned)month,
	    (unsigned)day, (unsigned)(seconds / 3600),
	    (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
}

/* A door without numbers has no words for when and which it was. */
static bool
room_history_is_plain(const struct member *member)
{
	const struct session *session = member->user->session;

	return member->is_plain ||
	    (session != NULL && session->seat.door == IPC_DOOR_CHANNELS);
}

static void
room_history_say(struct core *core, const struct member *member,
    const struct row *row)
{
	char time[ROOM_HISTORY_TIME_BYTES];
	char head[ROOM_HISTORY_TIME_BYTES + 32];
	struct bytes line = {0};

	if (!room_history_is_plain(member)) {
		room_history_time(time, row->time_msec);
		(void)snprintf(head, sizeof(head), "[%s #%llu] ", time,
		    (unsigned long long)row->id);
		bytes_append(&line, head, strlen(head));
	}
	room_say_name(&line, row->author, ":");
	bytes_append(&line, ": ", 2);
	bytes_append(&line, row->text.data, row->text.size);
	room_say(core, member->room->user, member->user,
	    (struct dn_str){(const char *)line.data, line.size});
	bytes_deinit(&line);
}

/* Says as much as may be, of the newest rows, or of the first where somebody
 * wants those from 'from' on. Returns how many lines were said. */
static size_t
room_history_say_all(struct core *core, const struct member *member,
    struct dn_str rows, uint64_t from)
{
	struct dn_rd rd = dn_rd_of(rows.data, rows.size);
	size_t surplus = from > 0 ? 0 : room_history_surplus(rows);
	size_t said = 0, bytes = 0;
	struct row row;

	for (; surplus > 0; surplus--)
		(void)room_history_row(&rd, &row);
	while (said < ROOM_HISTORY_LINES_MAX && room_history_row(&rd, &row)) {
		bytes += room_history_row_bytes(&row);
		if (bytes > ROOM_HISTORY_BYTES_MAX)
			break;
		room_history_say(core, member, &row);
		said++;
	}
	return said;
}

/* The member has what there is; 'err' says whether that is all. */
static void
room_history_over(struct core *core, struct member *member, size_t count,
    enum dn_err err)
{
	struct notice *notice;

	member->order = 0;
	if (err != DN_OK) {
		notice = updates_notice(core->updates, DN_LOG_WARN,
		    "room_history_failed");
		notice_add(notice, "room", dn_str_of(member->room->name));
		notice_add(notice, "why", dn_str_of(dn_err_text(err)));
	}
	if (member->stage == ROOM_READING)
		room_set_live(core, member);
	else if (err == DN_OK)
		room_answer(core, member->room->user, member->user,
		    "history %zu line%s", count, count == 1 ? "" : "s");
	else
		room_answer(core, member->room->user, member->user,
		    "error %s: what was said before cannot be read now; "
		    "try again later", dn_err_code(err));
}

/* Who waits for 'order', or NULL if he does so no more. */
static struct member *
room_history_waiter(const struct core *core, const struct order *order)
{
	const struct room *room = room_of_id(core, order->room_id);
	const struct user *user = user_find(core, order->user);
	struct member *member;

	if (room == NULL || user == NULL || room->user == NULL)
		return NULL;
	member = room_member(core, room, user);
	return member != NULL && member->order == order->id ? member : NULL;
}

/* ---- what happens ---- */

enum dn_err
room_history_joined(struct core *core, const struct event *event)
{
	const struct ipc_joined *body = &event->body.joined;
	const struct room *room = room_at(core, body->room);
	const struct user *user = user_find(core, body->user);
	struct member *member;

	if (room == NULL || user == NULL)
		return DN_OK;
	member = room_member(core, room, user);
	if (member == NULL || member->stage != ROOM_JOINING)
		return DN_OK;
	if (core->settings.history_replay > 0)
		member->order = room_store_ask_history(core, member,
		    core->settings.history_replay, 0);
	if (member->order != 0)
		member->stage = ROOM_READING;
	else
		room_set_live(core, member);
	return DN_OK;
}

enum dn_err
room_history_ask(struct core *core, struct member *member, uint32_t count,
    uint64_t from)
{
	if (member->order != 0)
		return DN_E_STATE;
	member->order = room_store_ask_history(core, member, count, from);
	return member->order != 0 ? DN_OK : DN_E_FULL;
}

enum dn_err
room_history_read(struct core *core, const struct event *event)
{
	const struct event_history *body = &event->body.history;
	struct order *order = room_store_find(core, body->id);
	enum dn_err err = (enum dn_err)body->err;
	struct member *member;
	size_t count = 0;

	if (order == NULL || order->kind != REQUEST_HISTORY)
		return DN_OK;
	member = room_history_waiter(core, order);
	if (member != NULL) {
		room_welcome(core, member);
		if (err == DN_OK)
			count = room_history_say_all(core, member,
			    body->rows, order->from);
		room_history_over(core, member, count, err);
	}
	room_store_done(core, order);
	return DN_OK;
}

void
room_history_overdue(struct core *core, uint64_t id)
{
	struct order *order = room_store_find(core, id);
	struct member *member = room_history_waiter(core, order);

	if (member != NULL)
		room_history_over(core, member, 0, DN_E_TIMEOUT);
	room_store_done(core, order);
}
