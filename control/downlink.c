/* The session with dnchatd: see downlink.h. */
#include "downlink.h"

#include <stdlib.h>
#include <string.h>

#include "dnchat/log.h"
#include "memory.h"
#include "show_view.h"

static void downlink_connect(void *context);

/* What stands before the text of VIEWED in its body: how long it is. */
#define DOWNLINK_VIEW_HEAD_BYTES 4

/* ---- the session's end ---- */

static void
downlink_retry(struct downlink *downlink)
{
	unsigned msec = downlink->attempts < DOWNLINK_RETRIES_FIRST ?
	    DOWNLINK_RETRY_MSEC : DOWNLINK_RETRY_LATER_MSEC;

	downlink->attempts++;
	net_timer_set(downlink->retry, net_now_msec() + msec);
}

/* Says why there is no session, once in a while. */
static void
downlink_complain(struct downlink *downlink, const char *why)
{
	uint64_t now_msec = net_now_msec();

	/* For a moment it may be busy with starting, or with our forerunner. */
	if (downlink->attempts < DOWNLINK_ATTEMPTS_QUIET ||
	    (downlink->complained_msec != 0 && now_msec -
	    downlink->complained_msec < DOWNLINK_COMPLAIN_MSEC))
		return;
	downlink->complained_msec = now_msec;
	dn_warn("dnchatd_missing", "socket=%s why=\"%s\"", downlink->path,
	    why);
}

/* Answers nothing to those that 'now_msec' is too late for. */
static void
downlink_end_asks(struct downlink *downlink, uint64_t now_msec)
{
	struct downlink_ask ask;
	size_t i;

	for (i = 0; i < DOWNLINK_ASKS_MAX; i++) {
		ask = downlink->asks[i];
		if (ask.id == 0 || ask.deadline_msec > now_msec)
			continue;
		downlink->asks[i].id = 0;
		ask.told(ask.context, NULL);
	}
}

/* Has 'limit' fire when the first answer is too late. */
static void
downlink_set_limit(struct downlink *downlink)
{
	uint64_t first = UINT64_MAX;
	size_t i;

	if (downlink->engine->resuming && downlink->fence_msec >
	    net_now_msec())
		first = downlink->fence_msec;
	for (i = 0; i < DOWNLINK_ASKS_MAX; i++)
		if (downlink->asks[i].id != 0 &&
		    downlink->asks[i].deadline_msec < first)
			first = downlink->asks[i].deadline_msec;
	net_timer_set(downlink->limit, first);
}

static void
downlink_end(struct downlink *downlink)
{
	net_close(downlink->stream);
	downlink->stream = NULL;
	downlink->state = DOWNLINK_OFFLINE;
	downlink->fence = 0;
	/* What waits was not acknowledged, and comes again. */
	bytes_deinit(&downlink->waiting);
	downlink->waiting_at = 0;
	downlink_end_asks(downlink, UINT64_MAX);
}

/* dnchatd said something that it can't: begin anew with it. */
static bool
downlink_fail(struct downlink *downlink, const char *why)
{
	dn_error("session", "result=broken why=\"%s\"", why);
	downlink->distrust = true;
	downlink_end(downlink);
	downlink_retry(downlink);
	return false;
}

static void
downlink_ended(void *context, bool is_broken)
{
	struct downlink *downlink = context;

	(void)is_broken;
	if (downlink->state == DOWNLINK_CONNECTED)
		downlink_complain(downlink, "dnchatd closed the connection: "
		    "another dncontrol may serve it");
	else
		dn_warn("session", "result=closed");
	downlink_end(downlink);
	downlink_retry(downlink);
}

/* ---- its beginning ---- */

/* Queues record 'name' of the session. */
#define DOWNLINK_SAY(downlink, name, ...)                              \
	do {                                                           \
		struct ipc_##name body_ = {__VA_ARGS__};               \
		unsigned char bytes_[IPC_HEADER_BYTES + 64];           \
		struct dn_wr wr_ = dn_wr_of(bytes_, sizeof(bytes_));   \
		IPC_PUT(&wr_, name, 0, &body_);                        \
		net_write((downlink)->stream, bytes_, wr_.at);         \
	} while (0)

/* Asks something that is answered behind the records that come up again. An
 * answer may overtake some of them, hence it is asked until none came between
 * two answers. */
static void
downlink_fence(struct downlink *downlink)
{
	downlink->fence = ++downlink->ask_last;
	downlink->fence_seq = downlink->up_seq;
	DOWNLINK_SAY(downlink, ask, .ask = downlink->fence);
}

static void
downlink_hello(struct downlink *downlink, bool is_reset)
{
	downlink->up_seq = core_ack_seq(downlink->engine->core);
	downlink->acked = downlink->up_seq;
	downlink->taken = downlink->up_seq;
	downlink->taken_told = downlink->up_seq;
	DOWNLINK_SAY(downlink, hello, .version = IPC_VERSION,
	    .reset = is_reset, .applied = downlink->up_seq);
	outbox_rewind(&downlink->engine->outbox);
	downlink->state = DOWNLINK_OPEN;
	downlink->distrust = false;
	downlink->attempts = 0;
	downlink->complained_msec = 0;
	downlink->fence = 0;
	downlink->fence_passed = false;
	if (downlink->engine->resuming) {
		downlink->fence_msec = net_now_msec() + DOWNLINK_ASK_MSEC;
		downlink_fence(downlink);
		downlink_set_limit(downlink);
	}
}

static void
downlink_say_ready(struct downlink *downlink)
{
	if (downlink->ready)
		return;
	downlink->ready = true;
	dn_info("ready", "dnchatd=%ju", (uintmax_t)downlink->pid);
}

/* How to go on with a dnchatd that applied all up to 'applied'. */
static void
downlink_greet(struct downlink *downlink, uint64_t incarnation,
    uint64_t applied)
{
	struct engine *engine = downlink->engine;
	bool is_known, is_restored = false;

	is_known = !downlink->distrust &&
	    engine_fits(engine, incarnation, applied);
	if (!is_known && !downlink->distrust && !engine->greeted)
		is_restored = engine_restore(engine, incarnation, applied);
	if (is_known || is_restored) {
		(void)outbox_ack(&engine->outbox, applied);
	} else {
		downlink->ops.greeted(downlink->ops.context,
		    dn_str_of(downlink->listening), false);
		engine_reset(engine, incarnation);
	}
	dn_info("session", "result=%s incarnation=%ju applied=%ju last=%ju",
	    is_known ? "resumed" : is_restored ? "restored" : "reset",
	    (uintmax_t)incarnation, (uintmax_t)applied,
	    (uintmax_t)engine->outbox.last);
	downlink_hello(downlink, !is_known && !is_restored);
}

static bool
downlink_take_welcome(struct downlink *downlink,
    const struct ipc_header *header, struct dn_rd *rd)
{
	struct ipc_welcome welcome;

	if (header->type != IPC_welcome || !ipc_get_welcome(rd, &welcome) ||
	    welcome.incarnation == 0)
		return downlink_fail(downlink, "a greeting was expected");
	if (welcome.version != IPC_VERSION) {
		downlink_complain(downlink, "it is of another version");
		downlink_end(downlink);
		downlink_retry(downlink);
		return false;
	}
	snprintf(downlink->listening, sizeof(downlink->listening), "%.*s",
	    (int)welcome.listening.size, welcome.listening.data);
	downlink->pid = welcome.pid;
	downlink_greet(downlink, welcome.incarnation, welcome.applied);
	return true;
}

/* ---- records that come up ---- */

/* A record that is no event itself. */
static bool
downlink_hand_on(struct downlink *downlink, const struct event *event)
{
	const struct downlink_ops *ops = &downlink->ops;

	if (event->type == IPC_auth)
		ops->auth(ops->context, event->seq, &event->body.auth);
	else if (event->type == IPC_copy)
		ops->copy(ops->context, event->seq, &event->body.copy);
	else if (event->type == IPC_call &&
	    event->body.call.verb == DN_VERB_REGISTER)
		ops->enroll(ops->context, event->seq, &event->body.call);
	else
		return false;
	return true;
}

/* True for a record that the core has had, and wants nothing more of. */
static bool
downlink_is_old(const struct downlink *downlink, const struct event *event)
{
	const struct core *core = downlink->engine->core;

	/* Whether a copy is kept only the store knows. */
	return event->seq <= core_up_seq(core) && event->type != IPC_copy &&
	    !core_is_asked(core, event->seq);
}

/* Applies a numbered record. False: the session has ended. */
static bool
downlink_apply(struct downlink *downlink, const struct ipc_header *header,
    struct dn_rd *rd)
{
	struct event event = {.seq = header->seq};

	if (event_get(&event, header->type, rd) != DN_OK)
		return downlink_fail(downlink, "a malformed record");
	downlink->taken = header->seq;
	if (!downlink_is_old(downlink, &event) &&
	    !downlink_hand_on(downlink, &event)) {
		if (event.type == IPC_call)
			event.body.call.secret = dn_str_of("");
		(void)engine_step(downlink->engine, &event);
	}
	if (header->type == IPC_synced)
		downlink_say_ready(downlink);
	return true;
}

static void
downlink_take_tell(struct downlink *downlink, const struct ipc_tell *tell)
{
	const struct dn_list *counters =
	    tell->counters.count >= IPC_COUNTER_COUNT ? &tell->counters : NULL;
	struct downlink_ask ask;
	size_t i;

	if (tell->ask == downlink->fence && downlink->fence != 0) {
		if (downlink->up_seq != downlink->fence_seq)
			downlink_fence(downlink);
		else
			downlink->fence_passed = true;
		return;
	}
	for (i = 0; i < DOWNLINK_ASKS_MAX; i++) {
		ask = downlink->asks[i];
		if (tell->ask == 0 || ask.id != tell->ask)
			continue;
		downlink->asks[i].id = 0;
		ask.told(ask.context, counters);
	}
}

/* Somebody looks at the operator's page. */
static void
downlink_show(struct downlink *downlink)
{
	size_t room = DN_IPC_BODY_BYTES_MAX + IPC_HEADER_BYTES;
	unsigned char *bytes = memory_new(room);
	char *text = show_view(downlink->engine->core, net_now_msec(),
	    DN_IPC_BODY_BYTES_MAX - DOWNLINK_VIEW_HEAD_BYTES);
	struct ipc_viewed viewed = {dn_str_of(text)};
	struct dn_wr wr = dn_wr_of(bytes, room);

	IPC_PUT(&wr, viewed, 0, &viewed);
	if (!wr.failed)
		net_write(downlink->stream, bytes, wr.at);
	free(text);
	free(bytes);
}

/* A record of the session itself. */
static bool
downlink_take_session(struct downlink *downlink,
    const struct ipc_header *header, struct dn_rd *rd)
{
	struct ipc_tell tell;
	struct ipc_view view;
	struct ipc_ack ack;

	if (header->type == IPC_ack && ipc_get_ack(rd, &ack)) {
		if (!outbox_ack(&downlink->engine->outbox, ack.applied))
			return downlink_fail(downlink,
			    "it acknowledged what was never sent");
		return true;
	}
	if (header->type == IPC_tell && ipc_get_tell(rd, &tell)) {
		downlink_take_tell(downlink, &tell);
		return true;
	}
	if (header->type == IPC_view && ipc_get_view(rd, &view)) {
		downlink_show(downlink);
		return true;
	}
	return downlink_fail(downlink, "an unknown record");
}

/* Takes record 'header' of 'length' bytes at 'data'. False: the session has
 * ended. */
static bool
downlink_record(struct downlink *downlink, const struct ipc_header *header,
    const char *data, size_t length)
{
	struct dn_rd rd = dn_rd_of(data + IPC_HEADER_BYTES, header->size);

	if (downlink->state == DOWNLINK_CONNECTED)
		return downlink_take_welcome(downlink, header, &rd);
	if (header->seq == 0)
		return downlink_take_session(downlink, header, &rd);
	if (!ipc_is_up(header->type))
		return downlink_fail(downlink, "an unknown record");
	if (header->seq <= downlink->up_seq)
		return true;
	if (header->seq != downlink->up_seq + 1)
		return downlink_fail(downlink, "a record is missing");
	downlink->up_seq = header->seq;
	/* Acknowledgements stand behind it, so the socket is read on. dnchatd
	 * bounds what may wait: it closes links and rests clients. */
	if (downlink->waiting.size > 0 ||
	    engine_is_congested(downlink->engine)) {
		bytes_append(&downlink->waiting, data, length);
		return true;
	}
	return downlink_apply(downlink, header, &rd);
}

static size_t
downlink_input(void *context, const char *data, size_t size)
{
	struct downlink *downlink = context;
	struct ipc_header header;
	size_t at = 0;
	long length;

	while ((length = ipc_peek(data + at, size - at, &header)) > 0) {
		if (!downlink_record(downlink, &header, data + at,
		    (size_t)length))
			return size;
		at += (size_t)length;
	}
	if (length < 0) {
		(void)downlink_fail(downlink, "a record is too long");
		return size;
	}
	return at;
}

/* ---- the turn ---- */

static void
downlink_take_waiting(struct downlink *downlink)
{
	struct ipc_header header;
	struct dn_rd rd;
	long length;

	while (downlink->waiting_at < downlink->waiting.size &&
	    !engine_is_congested(downlink->engine)) {
		length = ipc_peek(downlink->waiting.data +
		    downlink->waiting_at, downlink->waiting.size -
		    downlink->waiting_at, &header);
		rd = dn_rd_of(downlink->waiting.data + downlink->waiting_at +
		    IPC_HEADER_BYTES, header.size);
		downlink->waiting_at += (size_t)length;
		if (!downlink_apply(downlink, &header, &rd))
			return;
	}
	if (downlink->waiting_at == downlink->waiting.size) {
		bytes_deinit(&downlink->waiting);
		downlink->waiting_at = 0;
	}
}

void
downlink_take(struct downlink *downlink)
{
	downlink_take_waiting(downlink);
	if (downlink->state != DOWNLINK_OPEN || !downlink->engine->resuming ||
	    downlink->waiting.size > 0 || (!downlink->fence_passed &&
	    net_now_msec() < downlink->fence_msec))
		return;
	engine_resumed(downlink->engine);
	downlink->ops.greeted(downlink->ops.context,
	    dn_str_of(downlink->listening), true);
	downlink_say_ready(downlink);
}

void
downlink_flush(struct downlink *downlink)
{
	struct engine *engine = downlink->engine;
	uint64_t applied = core_ack_seq(engine->core);
	const unsigned char *data;
	size_t size;

	if (downlink->state != DOWNLINK_OPEN)
		return;
	data = outbox_take(&engine->outbox, &size);
	net_write(downlink->stream, data, size);
	if (applied != downlink->acked) {
		DOWNLINK_SAY(downlink, ack, .applied = applied);
		downlink->acked = applied;
		if (applied > downlink->taken_told)
			downlink->taken_told = applied;
	}
	if (downlink->taken > downlink->taken_told) {
		DOWNLINK_SAY(downlink, taken, .seq = downlink->taken);
		downlink->taken_told = downlink->taken;
	}
	net_flush(downlink->stream);
}

bool
downlink_is_flushed(const struct downlink *downlink)
{
	return downlink->state == DOWNLINK_OPEN &&
	    !outbox_has_unsent(&downlink->engine->outbox) &&
	    net_pending(downlink->stream) == 0;
}

/* ---- asking ---- */

static void
downlink_limit(void *context)
{
	struct downlink *downlink = context;

	/* The fence's limit is seen at the end of this turn. */
	downlink_end_asks(downlink, net_now_msec());
	downlink_set_limit(downlink);
}

uint32_t
downlink_ask(struct downlink *downlink, downlink_told *told, void *context)
{
	struct downlink_ask *ask = downlink->asks;
	size_t i;

	for (i = 0; i < DOWNLINK_ASKS_MAX && ask->id != 0; i++)
		ask++;
	if (downlink->state != DOWNLINK_OPEN || i == DOWNLINK_ASKS_MAX)
		return 0;
	if (++downlink->ask_last == 0)
		downlink->ask_last = 1;
	ask->id = downlink->ask_last;
	ask->deadline_msec = net_now_msec() + DOWNLINK_ASK_MSEC;
	ask->told = told;
	ask->context = context;
	downlink_set_limit(downlink);
	DOWNLINK_SAY(downlink, ask, .ask = ask->id);
	return ask->id;
}

void
downlink_forget(struct downlink *downlink, uint32_t id)
{
	size_t i;

	for (i = 0; i < DOWNLINK_ASKS_MAX; i++)
		if (id != 0 && downlink->asks[i].id == id)
			downlink->asks[i].id = 0;
}

/* ---- connecting ---- */

static void
downlink_connect(void *context)
{
	static const struct net_stream_ops ops = {
		downlink_input, NULL, downlink_ended
	};
	struct downlink *downlink = context;
	enum dn_err err;

	err = net_connect(downlink->net, downlink->path, &ops, downlink,
	    &downlink->stream);
	if (err == DN_OK) {
		downlink->state = DOWNLINK_CONNECTED;
		return;
	}
	/* Its socket lives as long as dnchatd, whatever became of ours. */
	if (err == DN_E_OFFLINE)
		engine_down(downlink->engine);
	downlink_complain(downlink, err == DN_E_OFFLINE ?
	    "waiting for it to be started" : dn_err_text(err));
	downlink_retry(downlink);
}

void
downlink_init(struct downlink *downlink, struct net *net,
    struct engine *engine, const char *dir, const struct downlink_ops *ops)
{
	memset(downlink, 0, sizeof(*downlink));
	downlink->net = net;
	downlink->engine = engine;
	downlink->ops = *ops;
	snprintf(downlink->path, sizeof(downlink->path), "%s/dnchatd.sock",
	    dir);
	downlink->retry = net_timer_new(net, downlink_connect, downlink);
	downlink->limit = net_timer_new(net, downlink_limit, downlink);
	net_timer_set(downlink->retry, 0);
}

void
downlink_deinit(struct downlink *downlink)
{
	downlink_end(downlink);
	net_timer_free(downlink->retry);
	net_timer_free(downlink->limit);
}
