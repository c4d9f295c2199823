/*
 * Deadlines of a connection: answers that do not come, readers that do not
 * read, peers that have fallen silent. All of them share one timer; hearing a
 * byte costs nothing but a store.
 */
#include "conn.h"

#include "dnchat/log.h"
#include "plane.h"

/* Of a kind of connection: idle for 'ping' it is asked, for 'silence' it is
 * given up. */
struct conn_patience {
	uint64_t ping_msec, silence_msec;
};

static bool
conn_has_pings(const struct conn *conn)
{
	return conn->codec->transport == CODEC_WEBSOCKET;
}

static struct conn_patience
conn_patience(const struct conn *conn)
{
	uint32_t silence = conn->plane->link_silence_msec;
	uint64_t mute = conn->is_client ? CONN_IDLE_MSEC : CONN_MUTE_MSEC;

	if (!conn_has_pings(conn))
		return (struct conn_patience){mute, mute};
	if (conn->state != CONN_LINK)
		return (struct conn_patience){DN_CLIENT_PING_MSEC,
		    DN_CLIENT_SILENCE_MSEC};
	if (conn->is_foreign)
		return (struct conn_patience){DN_FOREIGN_PING_MSEC,
		    DN_FOREIGN_SILENCE_MSEC};
	return (struct conn_patience){silence / (DN_LINK_SILENCE_MSEC /
	    DN_LINK_PING_MSEC), silence};
}

/* True if its silence means something. */
static bool
conn_is_live(const struct conn *conn)
{
	return conn->state == CONN_STRANGER || (conn_has_pings(conn) &&
	    (conn->state == CONN_CLIENT || conn->state == CONN_LINK));
}

/* The wheel may be so much early. */
static bool
conn_is_due(const struct conn *conn, uint64_t deadline_msec)
{
	return conn->plane->now_msec + WHEEL_TICK_MSEC > deadline_msec;
}

/* True if a PING went out since a byte came last. */
static bool
conn_is_pinged(const struct conn *conn)
{
	return conn->pinged_msec > conn->heard_msec;
}

/* A link whose round trip has not been measured for long. */
static uint64_t
conn_rtt_deadline(const struct conn *conn)
{
	if (conn->state != CONN_LINK || conn->is_foreign ||
	    conn->ping_usec != 0)
		return UINT64_MAX;
	return conn->pinged_msec + CONN_RTT_MSEC;
}

static uint64_t
conn_alive_deadline(const struct conn *conn)
{
	struct conn_patience patience = conn_patience(conn);
	uint64_t next = conn_rtt_deadline(conn);
	uint64_t quiet = conn->heard_msec + (conn_is_pinged(conn) ?
	    patience.silence_msec : patience.ping_msec);

	/* Too late already: nothing to be done but to look again. */
	if (conn_is_due(conn, quiet))
		quiet = conn->plane->now_msec + patience.ping_msec;
	return quiet < next ? quiet : next;
}

void
conn_schedule(struct conn *conn)
{
	struct plane *plane = conn->plane;
	uint64_t next = conn->deadline_msec != 0 ? conn->deadline_msec :
	    UINT64_MAX, other;

	if (conn->is_blocked && conn->state != CONN_CLOSING) {
		other = plane->now_msec + CONN_PROGRESS_MSEC;
		next = other < next ? other : next;
	}
	if (conn->gap_msec != 0) {
		/* A tick later, as the wheel is early rather than late. */
		other = conn->gap_msec + WHEEL_TICK_MSEC;
		next = other < next ? other : next;
	}
	if (conn_is_live(conn)) {
		other = conn_alive_deadline(conn);
		next = other < next ? other : next;
	}
	if (next != UINT64_MAX)
		wheel_set(&plane->wheel, &conn->timer, next);
	else
		wheel_del(&plane->wheel, &conn->timer);
}

void
conn_heard(struct conn *conn)
{
	conn->heard_msec = conn->plane->now_msec;
	if (conn->is_probed) {
		conn->is_probed = false;
		conn->deadline_msec = 0;
	}
}

/* ---- round trips ---- */

static void
conn_measure(struct conn *conn, uint64_t usec)
{
	uint32_t sample = usec < 1 ? 1 : usec < UINT32_MAX ? (uint32_t)usec :
	    UINT32_MAX;
	uint32_t smooth = conn->srtt_usec, told = conn->rtt_told_usec;
	struct ipc_rtt body = {conn->id, 0};

	smooth = smooth == 0 ? sample :
	    (uint32_t)(((uint64_t)smooth * 7 + sample) / 8);
	conn->srtt_usec = smooth = smooth > 0 ? smooth : 1;
	if ((smooth > told ? smooth - told : told - smooth) < told / 4 + 1)
		return;
	conn->rtt_told_usec = body.usec = smooth;
	PLANE_PUT(conn->plane, conn, rtt, &body);
}

void
conn_pong(struct conn *conn, const void *data, size_t size)
{
	struct dn_rd rd = dn_rd_of(data, size);
	uint64_t sent = dn_rd_uint(&rd, 8);

	conn_heard(conn);
	conn->has_ponged = true;
	if (rd.failed || sent != conn->ping_usec || sent == 0)
		return;
	conn->ping_usec = 0;
	if (conn->state == CONN_LINK)
		conn_measure(conn, conn->plane->now_usec - sent);
}

/* ---- what is due ---- */

static void
conn_silent(struct conn *conn)
{
	struct plane *plane = conn->plane;

	plane->counters[IPC_COUNTER_silent_closed]++;
	dn_log(conn->state == CONN_LINK ? DN_LOG_WARN : DN_LOG_DEBUG,
	    "silent", "source=%s conn=%llx", conn->source,
	    (unsigned long long)conn->id);
	conn_cut(conn, WS_CLOSE_POLICY, "silent for too long");
}

/* The deadline of the state has passed. */
static void
conn_expire(struct conn *conn)
{
	static const struct dn_msg fail = {.kind = DN_KIND_FAIL};
	struct plane *plane = conn->plane;

	conn->deadline_msec = 0;
	switch ((enum conn_state)conn->state) {
	case CONN_UPGRADING:
		conn_close(conn, WS_CLOSE_LATER, "no upgrade");
		break;
	case CONN_ASKING:
		if (!conn->codec->has_lists)
			conn_say(conn, &fail);
		/* fall through */
	case CONN_OFFERED:
		conn_close(conn, WS_CLOSE_LATER, "try again later");
		break;
	case CONN_CLOSING:
		conn->is_ending = true;
		conn->deadline_msec = plane->now_msec + DN_CLOSE_MSEC;
		plane->ops->kill(plane, conn);
		break;
	case CONN_STRANGER:
	case CONN_CLIENT:
	case CONN_LINK:
		if (conn->is_probed)
			conn_silent(conn);
		else if (conn->is_calling)
			conn_call_fail(conn);
		break;
	}
}

/* Something waits to be written: has the other end taken any of it? */
static void
conn_check_progress(struct conn *conn)
{
	struct plane *plane = conn->plane;
	uint64_t progress = plane->ops->progress(plane, conn);

	if (progress != conn->progress) {
		conn->progress = progress;
		conn->moved_msec = plane->now_msec;
	} else if (conn->state != CONN_LINK &&
	    conn_is_due(conn, conn->moved_msec + DN_CLIENT_STALL_MSEC)) {
		plane->counters[IPC_COUNTER_slow_closed]++;
		conn_cut(conn, WS_CLOSE_POLICY, "does not read");
	}
}

static void
conn_check_alive(struct conn *conn)
{
	struct conn_patience patience = conn_patience(conn);
	bool counts = conn->state != CONN_LINK || !conn->is_foreign ||
	    conn->has_ponged;

	if (conn->paused != 0) {
		conn->heard_msec = conn->plane->now_msec;
		return;
	}
	if (conn_is_due(conn, conn->heard_msec + patience.silence_msec) &&
	    counts)
		conn_silent(conn);
	else if (conn_is_due(conn, conn->heard_msec + patience.ping_msec) ?
	    !conn_is_pinged(conn) : conn_is_due(conn,
	    conn_rtt_deadline(conn)))
		conn_ping(conn);
}

void
conn_tick(struct conn *conn)
{
	if (conn->deadline_msec != 0 && conn_is_due(conn,
	    conn->deadline_msec))
		conn_expire(conn);
	if (conn->is_blocked && conn->state != CONN_CLOSING)
		conn_check_progress(conn);
	if (conn->gap_msec != 0)
		conn_lines_tick(conn);
	if (conn_is_live(conn))
		conn_check_alive(conn);
	conn_schedule(conn);
}
