/* Passwords, lines and rooms: see service.h. */
#include "service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "attempt.h"
#include "memory.h"

/* ---- what comes from the store ---- */

static void
service_room(void *context, const char *room, uint64_t number,
    const char *account)
{
	struct service *service = context;
	struct event event = {.type = EVENT_room};

	if (account != NULL) {
		event.type = EVENT_room_member;
		event.body.room_member.room = dn_str_of(room);
		event.body.room_member.account = dn_str_of(account);
	} else {
		event.body.room.name = dn_str_of(room);
		event.body.room.number = number;
	}
	(void)engine_step(service->engine, &event);
}

static void
service_answered(void *context, const struct request *request,
    enum dn_err err, struct dn_str rows)
{
	struct service *service = context;
	struct event event = {.type = EVENT_stored};

	if (request->kind == REQUEST_HISTORY) {
		event.type = EVENT_history;
		event.body.history.id = request->id;
		event.body.history.err = (uint8_t)err;
		event.body.history.rows = rows;
	} else {
		event.body.stored.id = request->id;
		event.body.stored.err = (uint8_t)err;
	}
	(void)engine_step(service->engine, &event);
}

static void
service_kept(void *context, uint64_t incarnation, uint64_t upto)
{
	struct service *service = context;
	struct event event = {.type = EVENT_kept};

	if (incarnation != service->engine->incarnation)
		return;
	event.body.kept.upto = upto;
	(void)engine_step(service->engine, &event);
}

/* ---- life ---- */

void
service_init(struct service *service, struct net *net, struct engine *engine,
    const struct secret *secret, const struct service_options *options)
{
	const struct archive_ops ops = {
		service, service_room, service_answered, service_kept
	};
	unsigned char key[SECRET_DIGEST_BYTES];

	memset(service, 0, sizeof(*service));
	service->engine = engine;
	service->secret = secret;
	service->is_registering = options->is_registering;
	secret_random_bytes(key, sizeof(key));
	auth_init(&service->auth, secret_random(), key);
	secret_wipe(key, sizeof(key));
	service->hashing = work_new(net, WORK_HASH_THREADS,
	    WORK_HASH_QUEUE_MAX);
	service->archive = archive_new(net, options->path, &options->bounds,
	    &ops);
}

void
service_deinit(struct service *service)
{
	struct attempt *attempt, *next;

	/* Those under way belong to the queues. */
	DL_FOREACH_SAFE(service->attempts, attempt, next)
		if (!attempt->is_under_way)
			attempt_free(attempt);
	work_free(service->hashing, false);
	archive_free(service->archive);
	auth_deinit(&service->auth);
}

void
service_configure(struct service *service,
    const struct service_options *options)
{
	service->is_registering = options->is_registering;
	archive_set_bounds(service->archive, &options->bounds);
}

void
service_turn(struct service *service)
{
	archive_turn(service->archive);
}

void
service_request(struct service *service, const struct request *request)
{
	archive_request(service->archive, request);
}

void
service_forget(struct service *service, const char *name)
{
	struct attempt *attempt;

	auth_forget(&service->auth, dn_str_of(name));
	DL_FOREACH(service->attempts, attempt)
		if (strcmp(attempt->name, name) == 0)
			attempt->is_stale = attempt->is_under_way;
}

/* ---- what comes up ---- */

/* True if record 'seq' is being looked at: it came before, over a session
 * that broke off. */
static bool
service_is_at(const struct service *service, uint64_t seq)
{
	const struct attempt *attempt;

	DL_FOREACH(service->attempts, attempt)
		if (attempt->seq == seq &&
		    attempt->incarnation == service->engine->incarnation)
			return true;
	return false;
}

static struct attempt *
service_attempt(struct service *service, uint64_t seq, uint64_t conn,
    struct dn_str name, struct dn_str secret, struct dn_str source)
{
	struct attempt *attempt = memory_new(sizeof(*attempt));

	attempt->service = service;
	attempt->incarnation = service->engine->incarnation;
	attempt->seq = seq;
	attempt->conn = conn;
	attempt->is_asked = core_is_asked(service->engine->core, seq);
	snprintf(attempt->name, sizeof(attempt->name), "%.*s",
	    (int)name.size, name.data != NULL ? name.data : "");
	snprintf(attempt->source, sizeof(attempt->source), "%.*s",
	    (int)source.size, source.data != NULL ? source.data : "");
	work_hash_init(&attempt->hash, secret, NULL);
	return attempt;
}

/* Gives 'attempt' a verdict at once, or has the core know that it is asked. */
static void
service_take(struct service *service, struct attempt *attempt)
{
	struct event event = {.type = EVENT_asked, .seq = attempt->seq};
	enum event_verdict verdict;
	bool is_account;

	if (attempt_is_clear(attempt, &verdict, &is_account)) {
		attempt_end_take(attempt, verdict, is_account);
		return;
	}
	if (service->attempt_count == SERVICE_ATTEMPTS_MAX) {
		attempt_end_take(attempt, EVENT_BUSY, false);
		return;
	}
	event.body.asked.conn = attempt->conn;
	if (!attempt->is_asked)
		(void)engine_step(service->engine, &event);
	attempt->is_asked = true;
	DL_APPEND(service->attempts, attempt);
	service->attempt_count++;
	attempt_begin(attempt);
}

/* Names and secrets that can't be those of an account are wrong as they
 * are. */
static bool
service_is_sane(struct dn_str name, struct dn_str secret)
{
	return name.size <= DN_NAME_OWN_BYTES_MAX &&
	    secret.size <= DN_SECRET_BYTES_MAX &&
	    memchr(name.data != NULL ? name.data : "", '\0', name.size) ==
	    NULL;
}

/* The verdict on what is not sane, with its name in full length. */
static void
service_refuse(struct service *service, struct event *event)
{
	bool is_asked = core_is_asked(service->engine->core, event->seq);
	uint64_t asked = is_asked ? event->seq : 0;

	if (event->type == EVENT_login)
		event->body.login.asked = asked;
	else
		event->body.registered.asked = asked;
	event->seq = is_asked ? 0 : event->seq;
	(void)engine_step(service->engine, event);
}

void
service_auth(struct service *service, uint64_t seq,
    const struct ipc_auth *auth)
{
	struct event event = {.type = EVENT_login, .seq = seq};
	struct attempt *attempt;

	if (service_is_at(service, seq))
		return;
	if (!service_is_sane(auth->name, auth->secret)) {
		event.body.login = (struct event_login){.conn = auth->conn,
		    .number = auth->number, .door = auth->door,
		    .flags = auth->flags, .name = auth->name,
		    .source = auth->source, .verdict = EVENT_WRONG};
		service_refuse(service, &event);
		return;
	}
	attempt = service_attempt(service, seq, auth->conn, auth->name,
	    auth->secret, auth->source);
	attempt->number = auth->number;
	attempt->door = auth->door;
	attempt->flags = auth->flags;
	service_take(service, attempt);
}

void
service_enroll(struct service *service, uint64_t seq,
    const struct ipc_call *call)
{
	struct event event = {.type = EVENT_registered, .seq = seq};
	struct attempt *attempt;

	if (service_is_at(service, seq))
		return;
	if (!service_is_sane(call->name, call->secret)) {
		event.body.registered.conn = call->conn;
		event.body.registered.name = call->name;
		service_refuse(service, &event);
		return;
	}
	attempt = service_attempt(service, seq, call->conn, call->name,
	    call->secret, call->text);
	attempt->is_register = true;
	service_take(service, attempt);
}

void
service_copy(struct service *service, uint64_t seq,
    const struct ipc_copy *copy)
{
	const struct core *core = service->engine->core;
	struct dn_str name = core_name_of(core, copy->room);
	struct event event = {.type = EVENT_copied, .seq = seq};
	struct store_line line = {.seq = seq, .author = copy->author,
	    .text = copy->text};
	bool is_old = seq <= core_up_seq(core);
	char *room;

	/* A room that has just been deleted keeps nothing; the store has to
	 * tell so of a line that it was to keep before. */
	if (name.size < 2 || name.data[0] != '#') {
		event.type = IPC_nothing;
		name = dn_str_of("#");
	}
	room = memory_string(name);
	if (!is_old)
		(void)engine_step(service->engine, &event);
	if (event.type == EVENT_copied || is_old) {
		line.room = dn_str_of(room + 1);
		archive_line(service->archive, service->engine->incarnation,
		    &line);
	}
	free(room);
}
