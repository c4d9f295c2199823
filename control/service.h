/*
 * What the core leaves to its shell and takes time: passwords to verdicts, by
 * hashing threads (work_hash.c) and the store (archive.c) under the policy of
 * auth.c; lines to the store; rooms from it. Between downlink.c, which hands
 * on what is no event, and the engine, which gets the verdicts as events.
 */
#ifndef CONTROL_SERVICE_H
#define CONTROL_SERVICE_H

#include "archive.h"
#include "auth.h"
#include "engine.h"
#include "secret.h"
#include "work_hash.h"

/* Attempts under way, those included that wait for another of the same name;
 * more are told that we are busy. */
#define SERVICE_ATTEMPTS_MAX 1024
/* The store hears of a login where number or hour are new. */
#define SERVICE_SEEN_MSEC 3600000

struct attempt;

struct service {
	struct engine *engine;
	struct archive *archive;
	struct work *hashing;
	struct auth auth;
	const struct secret *secret;
	bool is_registering;       /* new accounts may be made */
	struct attempt *attempts;  /* utlist, in order of arrival */
	size_t attempt_count;
};

struct service_options {
	const char *path;          /* of the store's file */
	struct archive_bounds bounds;
	bool is_registering;
};

/* '*secret' may change later. The engine has begun, and dnchatd has not. */
void service_init(struct service *service, struct net *net,
    struct engine *engine, const struct secret *secret,
    const struct service_options *options);

/* Before the engine's end. What came up is written, attempts are dropped. */
void service_deinit(struct service *service);

/* Other options, but for the path. */
void service_configure(struct service *service,
    const struct service_options *options);

/* As struct downlink_ops has them. */
void service_auth(struct service *service, uint64_t seq,
    const struct ipc_auth *auth);
void service_enroll(struct service *service, uint64_t seq,
    const struct ipc_call *call);
void service_copy(struct service *service, uint64_t seq,
    const struct ipc_copy *copy);

/* What struct engine_ops calls 'store'. */
void service_request(struct service *service, const struct request *request);

/* At the end of a turn. */
void service_turn(struct service *service);

/* The account's password is not sure any more. */
void service_forget(struct service *service, const char *name);

#endif
