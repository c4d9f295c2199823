/*
 * The life of a connection: asking dncontrol, its answers, closing.
 */
#include "conn.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dnchat/log.h"
#include "plane.h"
#include "utf8.h"

/* What is read of somebody who writes no LF while he waits for an answer. */
#define CONN_UNREAD_BYTES_MAX 4096

/* The code of a CLOSED whose connection ended without a close frame
 * (RFC 6455, 7.4.1: never sent). */
#define CONN_CODE_ABNORMAL 1006

/* What an AUTH may hold goes up whole; more only so far that dncontrol sees
 * that it is too long. */
#define CONN_NAME_BYTES_MAX (DN_NAME_BYTES_MAX + 1)
#define CONN_SECRET_BYTES_MAX (DN_SECRET_BYTES_MAX + 1)

void
conn_part_free(struct conn *conn)
{
	if (conn->part != NULL)
		explicit_bzero(conn->part->data, conn->part->size);
	free(conn->part);
	conn->part = NULL;
}

void
conn_part_keep(struct conn *conn, const void *data, size_t size)
{
	conn_part_free(conn);
	conn->part = malloc(sizeof(*conn->part) + size);
	if (conn->part == NULL)
		return;
	conn->part->size = conn->part->room = size;
	if (size > 0)
		memcpy(conn->part->data, data, size);
}

void
conn_free(struct conn *conn)
{
	conn_list_end(conn);
	conn_part_free(conn);
	free(conn->rest);
	queue_clear(&conn->queue);
	wheel_del(&conn->plane->wheel, &conn->timer);
	if (conn->lines != NULL)
		lines_deinit(conn->lines);
	free(conn->lines);
	free(conn->host);
	free(conn->said_host);
	free(conn->source);
	free(conn->near);
	free(conn);
}

void
conn_attend(struct conn *conn)
{
	uint8_t paused = conn->paused;

	/* Only time tells where the messages of somebody end who never sends
	 * an LF: it must not run while they pile up unread. */
	if (conn->lines != NULL && !conn->lines->has_lf &&
	    lines_bytes(conn->lines) < CONN_UNREAD_BYTES_MAX)
		paused &= (uint8_t)~CONN_PAUSED_PUNT;
	if (conn->is_deaf == (paused != 0))
		return;
	conn->is_deaf = paused != 0;
	/* Silence while nothing is received is ours, not theirs. */
	conn->heard_msec = conn->plane->now_msec;
	conn->plane->ops->pause(conn->plane, conn, conn->is_deaf);
}

void
conn_read_on(struct conn *conn)
{
	if (conn->lines != NULL)
		conn_lines(conn);
	else
		conn_frames_go_on(conn);
}

void
conn_pause(struct conn *conn, uint8_t reason, bool pause)
{
	if (pause)
		conn->paused |= reason;
	else
		conn->paused &= (uint8_t)~reason;
	conn_attend(conn);
	/* Later, as we may be in the midst of something. */
	if (!pause && (conn->rest != NULL || conn_has_lines(conn)) &&
	    plane_ids_add(&conn->plane->unread, conn) != DN_OK)
		conn_cut(conn, WS_CLOSE_LATER, "out of memory");
}

void
conn_upgraded(struct conn *conn, uint8_t flags)
{
	struct plane *plane = conn->plane;

	if (conn->state != CONN_UPGRADING)
		return;
	conn->state = CONN_STRANGER;
	conn->is_upgraded = true;
	conn->link_flags = flags;
	conn->deadline_msec = 0;
	conn->heard_msec = plane->now_msec;
	conn_schedule(conn);
}

/* ---- asking ---- */

bool
conn_is_crowded(const struct plane *plane)
{
	return plane->uplink.bytes > plane->links_uplink_bytes +
	    plane->copy_bytes + UPLINK_STRANGER_BYTES_MAX;
}

void
conn_hold(struct conn *conn)
{
	conn->is_told = true;
	conn->deadline_msec = conn->plane->now_msec + DN_PUNT_MSEC;
	conn_pause(conn, CONN_PAUSED_PUNT, true);
	conn_schedule(conn);
}

void
conn_unhold(struct conn *conn)
{
	conn_part_free(conn);
	conn->deadline_msec = 0;
	conn_pause(conn, CONN_PAUSED_PUNT, false);
	conn_schedule(conn);
}

static void
conn_await(struct conn *conn, enum conn_state state)
{
	conn->state = (uint8_t)state;
	conn_hold(conn);
}

void
conn_ask(struct conn *conn, const struct dn_msg *msg)
{
	struct plane *plane = conn->plane;
	unsigned char bytes[UPLINK_SHORT_BYTES_MAX];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct ipc_auth body = {
		.conn = conn->id,
		.number = msg->number,
		.door = (uint8_t)conn->codec->door,
		.flags = msg->number == 0 ? IPC_AUTH_LOGIN : 0,
		.name = msg->name,
		.secret = msg->secret,
		.source = dn_str_of(conn->source),
	};

	if (conn_is_crowded(plane)) {
		conn_close(conn, WS_CLOSE_LATER, "too many logins wait");
		return;
	}
	body.name.size = utf8_clip(body.name, CONN_NAME_BYTES_MAX);
	body.secret.size = utf8_clip(body.secret, CONN_SECRET_BYTES_MAX);
	IPC_PUT(&wr, auth, 0, &body);
	assert(!wr.failed);
	conn->user = msg->number;
	conn_part_keep(conn, bytes, wr.at);
	uplink_append(&plane->uplink, IPC_CONN_NONE, bytes, wr.at);
	explicit_bzero(bytes, sizeof(bytes));
	conn->auth_seq = plane->uplink.seq;
	conn_await(conn, CONN_ASKING);
}

void
conn_ask_again(struct conn *conn)
{
	struct plane *plane = conn->plane;

	if (conn->state != CONN_ASKING)
		return;
	if (conn->part == NULL) {
		conn_close(conn, WS_CLOSE_LATER, "out of memory");
		return;
	}
	uplink_append(&plane->uplink, IPC_CONN_NONE, conn->part->data,
	    conn->part->size);
	conn->auth_seq = plane->uplink.seq;
	conn->is_told = true;
}

void
conn_offer(struct conn *conn, uint64_t number)
{
	struct plane *plane = conn->plane;
	struct ipc_srvr body = {
		.conn = conn->id,
		.number = number,
		.door = (uint8_t)conn->codec->door,
		.flags = conn->link_flags,
		.source = dn_str_of(conn->source),
	};

	if (conn_is_crowded(plane)) {
		conn_close(conn, WS_CLOSE_LATER, "too many logins wait");
		return;
	}
	UPLINK_PUT(&plane->uplink, IPC_CONN_NONE, srvr, &body);
	conn_await(conn, CONN_OFFERED);
}

void
conn_dialled(struct conn *conn, uint32_t dial, uint8_t flags)
{
	struct plane *plane = conn->plane;
	struct ipc_dialled body = {dial, conn->id, flags};

	assert(conn->is_dialled && conn->state == CONN_UPGRADING);
	conn->dial = dial;
	conn->is_upgraded = true;
	conn->link_flags = flags;
	conn->heard_msec = plane->now_msec;
	UPLINK_PUT(&plane->uplink, IPC_CONN_NONE, dialled, &body);
	conn_await(conn, CONN_OFFERED);
}

/* ---- answers ---- */

static void
conn_answered(struct conn *conn, enum conn_state state)
{
	conn->state = (uint8_t)state;
	conn->auth_seq = 0;
	conn_unhold(conn);
}

void
conn_name(struct conn *conn, uint64_t number)
{
	struct plane *plane = conn->plane;
	struct dn_msg okay = {.kind = DN_KIND_OKAY, .number = number};
	struct table_entry *entry;
	struct frame frame;

	if (conn->state != CONN_ASKING)
		return;
	conn->user = number;
	conn->since = msgtable_stamp(plane->msgtable);
	plane_stranger(plane, conn, false);
	if (codec_frame(conn->codec, &plane->arena, AUDIENCE_CLIENT, &okay,
	    &frame) != DN_OK ||
	    plane_set_add(&plane->clients, conn) != DN_OK) {
		frame_release(&frame);
		conn_cut(conn, WS_CLOSE_LATER, "out of memory");
		return;
	}
	conn_answered(conn, CONN_CLIENT);
	if (conn->codec->has_lists)
		conn_list_begin(conn, frame);
	else
		conn_send(conn, frame);
	/* Messages may have come between SHOW and now. */
	entry = table_find(plane->table, number);
	if (entry != NULL && entry->conn == conn->id)
		held_flush(&plane->held, entry, plane_release, plane);
}

void
conn_deny(struct conn *conn, uint64_t number, enum dn_reason reason)
{
	struct dn_msg fail = {.kind = DN_KIND_FAIL, .number = number,
	    .reason = reason};

	if (conn->state != CONN_ASKING)
		return;
	conn_say(conn, &fail);
	if (conn->state == CONN_ASKING)
		conn_answered(conn, CONN_STRANGER);
}

void
conn_open(struct conn *conn, uint8_t flags)
{
	struct plane *plane = conn->plane;
	struct dn_msg srvr = {.kind = DN_KIND_SRVR};

	if (conn->state != CONN_OFFERED)
		return;
	plane_stranger(plane, conn, false);
	if (plane->links.count >= DN_LINKS_MAX ||
	    plane_set_add(&plane->links, conn) != DN_OK) {
		conn_cut(conn, WS_CLOSE_LATER, "too many links");
		return;
	}
	conn->is_foreign = (flags & IPC_OPEN_FOREIGN) != 0;
	plane->ops->tune(plane, conn);
	conn_answered(conn, CONN_LINK);
	if (flags & IPC_OPEN_DIALLED)
		conn_say(conn, &srvr);
	/* At once, so that the round trip is known when routes need it; a peer
	 * of other origin may take a PING ill before it has said anything. */
	if (!conn->is_foreign && conn->codec->transport == CODEC_WEBSOCKET)
		conn_ping(conn);
}

void
conn_refuse(struct conn *conn, struct dn_str why)
{
	struct dn_msg invd = {.kind = DN_KIND_INVD};
	char text[WS_CONTROL_BYTES_MAX];

	if (conn->state == CONN_CLOSING)
		return;
	(void)snprintf(text, sizeof(text), "%.*s",
	    (int)utf8_clip(why, sizeof(text) - 1), why.data);
	conn_say(conn, &invd);
	conn_close(conn, WS_CLOSE_POLICY, text);
}

void
conn_probe(struct conn *conn, uint32_t msec)
{
	if ((conn->state != CONN_CLIENT && conn->state != CONN_LINK) ||
	    conn->codec->transport != CODEC_WEBSOCKET)
		return;
	/* Whoever asks again must not give it more time. */
	if (conn->is_probed)
		return;
	/* Heard of from now on, or not. */
	conn_ping(conn);
	conn->is_probed = true;
	conn->deadline_msec = conn->plane->now_msec + msec;
	conn_schedule(conn);
}

void
conn_slice(struct conn *conn)
{
	if (conn->state != CONN_LINK)
		return;
	conn->wants_sliced = true;
	/* The end of the turn answers if little waits. */
	conn_mark_dirty(conn);
}

/* ---- closing ---- */

/* Takes 'conn' out of what it was. */
static void
conn_resign(struct conn *conn)
{
	struct plane *plane = conn->plane;

	plane_stranger(plane, conn, false);
	if (conn->state == CONN_CLIENT)
		plane_set_del(&plane->clients, conn);
	if (conn->state == CONN_LINK)
		plane_set_del(&plane->links, conn);
	if (conn->state == CONN_ASKING)
		uplink_void(&plane->uplink, conn->auth_seq);
	plane->links_uplink_bytes -= conn->uplink_bytes;
	conn->uplink_bytes = 0;
	if (conn->list != NULL) {
		/* What waits behind a list makes no sense without it. */
		conn_list_end(conn);
		queue_clear(&conn->queue);
	}
}

void
conn_retire(struct conn *conn, uint16_t code, const char *why)
{
	struct plane *plane = conn->plane;
	struct ipc_closed body = {conn->id, code, dn_str_of(why)};
	bool is_link = conn->state == CONN_LINK;

	if (conn->state == CONN_CLOSING)
		return;
	body.code = code != 0 ? code : CONN_CODE_ABNORMAL;
	conn_resign(conn);
	conn->state = CONN_CLOSING;
	conn->close_code = code;
	dn_debug("closed", "conn=%llx source=%s code=%u why=%s",
	    (unsigned long long)conn->id, conn->source, body.code,
	    dn_log_str(body.why).text);
	if (conn->is_told && is_link)
		UPLINK_PUT_BEHIND(&plane->uplink, IPC_CONN_NONE, closed,
		    &body);
	else if (conn->is_told)
		UPLINK_PUT(&plane->uplink, IPC_CONN_NONE, closed, &body);
	conn_part_keep(conn, body.why.data, body.why.size);
	conn->deadline_msec = plane->now_msec + DN_CLOSE_MSEC;
	conn_schedule(conn);
	conn->is_calling = false;
	/* The answer to our close frame must be read. */
	conn_pause(conn, conn->paused, false);
}

void
conn_close(struct conn *conn, enum ws_close code, const char *why)
{
	bool upgrading = conn->state == CONN_UPGRADING;

	if (conn->state == CONN_CLOSING)
		return;
	conn_retire(conn, (uint16_t)code, why);
	if (upgrading) {
		conn->is_ending = true;
		conn->plane->ops->kill(conn->plane, conn);
		return;
	}
	conn_mark_dirty(conn);
}

void
conn_cut(struct conn *conn, enum ws_close code, const char *why)
{
	if (conn->state == CONN_CLOSING)
		return;
	queue_clear(&conn->queue);
	conn_close(conn, code, why);
	queue_clear(&conn->queue);
}

void
conn_complain(struct conn *conn, const char *why)
{
	conn->plane->counters[IPC_COUNTER_invalid]++;
	if (plane_may_log(conn->plane))
		dn_warn("invalid", "source=%s conn=%llx user=%llu why=%s",
		    conn->source, (unsigned long long)conn->id,
		    (unsigned long long)conn->user,
		    dn_log_str(dn_str_of(why)).text);
}

void
conn_invalid(struct conn *conn, enum ws_close code, const char *why)
{
	struct dn_msg invd = {.kind = DN_KIND_INVD};

	if (conn->state == CONN_CLOSING)
		return;
	conn_complain(conn, why);
	if (conn->list != NULL) {
		conn_list_end(conn);
		queue_clear(&conn->queue);
	}
	if (code != WS_CLOSE_UTF8)
		conn_say(conn, &invd);
	conn_close(conn, code, why);
}

void
conn_lost(struct conn *conn, uint16_t code, const char *why)
{
	if (conn->state != CONN_CLOSING) {
		conn_retire(conn, code, why);
		queue_clear(&conn->queue);
	}
	conn->is_ending = true;
}
