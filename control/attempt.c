/* From password to verdict: see attempt.h. */
#include "attempt.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "accept.h"
#include "memory.h"
#include "name.h"

static struct dn_str
attempt_secret(const struct attempt *attempt)
{
	return (struct dn_str){attempt->hash.secret,
	    attempt->hash.secret_size};
}

static struct dn_str
attempt_host(const struct attempt *attempt)
{
	return accept_source_host(dn_str_of(attempt->source));
}

void
attempt_free(struct attempt *attempt)
{
	work_hash_wipe(&attempt->hash);
	secret_wipe(&attempt->account, sizeof(attempt->account));
	free(attempt);
}

/* ---- the end ---- */

static enum dn_err
attempt_seen_run(struct archive_job *job, struct store *store)
{
	struct attempt *attempt = ATTEMPT_OF_JOB(job);

	return store_account_seen(store, attempt->name, attempt->number,
	    archive_now_msec());
}

/* Nothing more comes of it. */
static void
attempt_over(struct archive_job *job)
{
	attempt_free(ATTEMPT_OF_JOB(job));
}

static void
attempt_put(struct attempt *attempt, bool is_change,
    enum dn_err (*run)(struct archive_job *job, struct store *store),
    void (*done)(struct archive_job *job))
{
	attempt->job.run = run;
	attempt->job.is_change = is_change;
	attempt->job.done = done;
	attempt->job.drop = attempt_over;
	archive_put(attempt->service->archive, &attempt->job);
}

/* The store is to know which number the account has, once in a while. False:
 * it knows. */
static bool
attempt_note(struct attempt *attempt)
{
	struct service *service = attempt->service;
	uint64_t now_msec = archive_now_msec();
	struct auth_account *account;

	account = auth_knows(&service->auth, dn_str_of(attempt->name),
	    attempt_secret(attempt));
	attempt->number = core_number_of(service->engine->core,
	    attempt->conn);
	if (account == NULL || attempt->number == 0 ||
	    (account->number == attempt->number &&
	    now_msec - account->seen_msec < SERVICE_SEEN_MSEC))
		return false;
	account->number = attempt->number;
	account->seen_msec = now_msec;
	return true;
}

static void
attempt_tell(const struct attempt *attempt, enum event_verdict verdict,
    bool is_account)
{
	struct event event = {.seq = attempt->is_asked ? 0 : attempt->seq};
	uint64_t asked = attempt->is_asked ? attempt->seq : 0;
	struct event_login *login = &event.body.login;

	if (attempt->is_register) {
		event.type = EVENT_registered;
		event.body.registered = (struct event_registered){
		    .conn = attempt->conn, .name = dn_str_of(attempt->name),
		    .verdict = (uint8_t)verdict, .asked = asked};
	} else {
		event.type = EVENT_login;
		login->conn = attempt->conn;
		login->number = attempt->number;
		login->door = attempt->door;
		login->flags = attempt->flags;
		login->name = dn_str_of(attempt->name);
		login->source = dn_str_of(attempt->source);
		login->verdict = (uint8_t)verdict;
		login->is_account = is_account;
		login->asked = asked;
	}
	(void)engine_step(attempt->service->engine, &event);
}

/* The next one of 'name', which has waited. */
static void
attempt_next(struct service *service, const char *name)
{
	struct attempt *attempt;

	DL_FOREACH(service->attempts, attempt)
		if (!attempt->is_under_way && strcmp(attempt->name, name) == 0)
			break;
	if (attempt != NULL)
		attempt_begin(attempt);
}

void
attempt_end_take(struct attempt *attempt, enum event_verdict verdict,
    bool is_account)
{
	struct service *service = attempt->service;
	char name[sizeof(attempt->name)];

	memcpy(name, attempt->name, sizeof(name));
	if (attempt->is_under_way) {
		DL_DELETE(service->attempts, attempt);
		service->attempt_count--;
	}
	/* Another dnchatd does not know the record any more. */
	if (attempt->incarnation == service->engine->incarnation)
		attempt_tell(attempt, verdict, is_account);
	if (is_account && !attempt->is_register && attempt_note(attempt))
		attempt_put(attempt, true, attempt_seen_run, attempt_over);
	else
		attempt_free(attempt);
	attempt_next(service, name);
}

static void
attempt_wrong(struct attempt *attempt)
{
	auth_guessed(&attempt->service->auth, attempt_host(attempt),
	    dn_str_of(attempt->name), net_now_msec());
	attempt_end_take(attempt, EVENT_WRONG, false);
}

static void
attempt_right(struct attempt *attempt)
{
	struct auth_account account = {attempt->account.number,
	    attempt->account.seen_msec};

	/* What was right a moment ago may be locked or deleted now. */
	if (attempt->is_stale) {
		attempt_end_take(attempt, EVENT_BUSY, false);
		return;
	}
	auth_remember(&attempt->service->auth, dn_str_of(attempt->name),
	    attempt_secret(attempt), &account);
	attempt->number = attempt->flags & IPC_AUTH_LOGIN ?
	    account.number : attempt->number;
	attempt_end_take(attempt, EVENT_RIGHT, true);
}

/* ---- a new account ---- */

static enum dn_err
attempt_add_run(struct archive_job *job, struct store *store)
{
	return store_account_add(store, &ATTEMPT_OF_JOB(job)->account);
}

static void
attempt_added(struct archive_job *job)
{
	struct attempt *attempt = ATTEMPT_OF_JOB(job);

	if (job->err == DN_OK)
		attempt_right(attempt);
	else
		attempt_end_take(attempt, EVENT_BUSY, false);
}

static void
attempt_add(struct attempt *attempt)
{
	struct store_account *account = &attempt->account;

	memset(account, 0, sizeof(*account));
	memcpy(account->name, attempt->name, sizeof(account->name));
	memcpy(account->hash, attempt->hash.hash, sizeof(account->hash));
	account->created_msec = archive_now_msec();
	account->incarnation = attempt->incarnation;
	account->seq = attempt->seq;
	attempt_put(attempt, true, attempt_add_run, attempt_added);
}

/* ---- hashing ---- */

static enum dn_err
attempt_renew_run(struct archive_job *job, struct store *store)
{
	struct attempt *attempt = ATTEMPT_OF_JOB(job);

	return store_account_hash(store, attempt->name, attempt->hash.hash);
}

/* Whether it can be written or not, it was right. */
static void
attempt_renewed(struct archive_job *job)
{
	attempt_right(ATTEMPT_OF_JOB(job));
}

static void
attempt_hashed(struct work_job *job, bool has_run)
{
	struct attempt *attempt = ATTEMPT_OF_HASH(job);
	bool is_made = attempt->account.hash[0] == '\0';

	if (!has_run || attempt->hash.is_late || (is_made && !attempt->hash.is_right))
		attempt_end_take(attempt, EVENT_BUSY, false);
	else if (is_made)
		attempt_add(attempt);
	else if (!attempt->hash.is_right)
		attempt_wrong(attempt);
	else if (attempt->hash.is_new)
		attempt_put(attempt, true, attempt_renew_run,
		    attempt_renewed);
	else
		attempt_right(attempt);
}

static void
attempt_hash_dropped(struct work_job *job)
{
	attempt_free(ATTEMPT_OF_HASH(job));
}

static void
attempt_hash(struct attempt *attempt)
{
	work_hash_init(&attempt->hash, attempt_secret(attempt),
	    attempt->account.hash);
	attempt->hash.job.done = attempt_hashed;
	attempt->hash.job.drop = attempt_hash_dropped;
	work_put(attempt->service->hashing, &attempt->hash.job);
}

/* ---- looking it up ---- */

static enum dn_err
attempt_get_run(struct archive_job *job, struct store *store)
{
	struct attempt *attempt = ATTEMPT_OF_JOB(job);

	return store_account_get(store, attempt->name, &attempt->account);
}

/* There is no such account. */
static void
attempt_unknown(struct attempt *attempt)
{
	bool is_login = (attempt->flags & IPC_AUTH_LOGIN) != 0;

	if (is_login || !attempt->service->is_registering) {
		if (attempt->is_register)
			attempt_end_take(attempt, EVENT_WRONG, false);
		else
			attempt_wrong(attempt);
	} else if (!attempt->is_register && attempt->hash.secret_size == 0) {
		/* A guest: without a password there is nothing to keep. */
		attempt_end_take(attempt, EVENT_RIGHT, false);
	} else if (!auth_may_make(&attempt->service->auth,
	    attempt_host(attempt), net_now_msec())) {
		attempt_end_take(attempt, EVENT_BUSY, false);
	} else {
		attempt_hash(attempt);
	}
}

/* There is one. */
static void
attempt_known(struct attempt *attempt)
{
	const struct store_account *account = &attempt->account;
	/* The record comes again, whose account was made before a crash. */
	bool is_own = account->seq == attempt->seq &&
	    account->incarnation == attempt->incarnation;

	if (attempt->is_register)
		attempt_end_take(attempt, is_own ? EVENT_RIGHT : EVENT_WRONG,
		    false);
	else if (account->is_locked)
		attempt_wrong(attempt);
	else
		attempt_hash(attempt);
}

/* Who wanted to log in has hung up. An account that he asked for is made all
 * the same. */
static bool
attempt_is_moot(const struct attempt *attempt)
{
	const struct engine *engine = attempt->service->engine;

	return !attempt->is_register &&
	    (attempt->incarnation != engine->incarnation ||
	    !core_is_asked(engine->core, attempt->seq));
}

static void
attempt_got(struct archive_job *job)
{
	struct attempt *attempt = ATTEMPT_OF_JOB(job);

	if (attempt_is_moot(attempt))
		attempt_end_take(attempt, EVENT_BUSY, false);
	else if (job->err == DN_OK)
		attempt_known(attempt);
	else if (job->err == DN_E_UNKNOWN)
		attempt_unknown(attempt);
	else
		attempt_end_take(attempt, EVENT_BUSY, false);
}

/* ---- the beginning ---- */

/* A REGISTER says nothing of a number; its name must be one that every door
 * can spell. */
static bool
attempt_is_clear_register(const struct attempt *attempt,
    enum event_verdict *verdict)
{
	*verdict = EVENT_WRONG;
	return attempt->hash.secret_size == 0 ||
	    !name_is_good(dn_str_of(attempt->name)) ||
	    strpbrk(attempt->name, " @:") != NULL;
}

bool
attempt_is_clear(struct attempt *attempt, enum event_verdict *verdict,
    bool *is_account)
{
	struct service *service = attempt->service;
	struct auth_account *account;

	*is_account = false;
	if (attempt->is_register)
		return attempt_is_clear_register(attempt, verdict);
	/* The core will say why before it looks at the verdict. */
	*verdict = EVENT_WRONG;
	if (core_judge(service->engine->core, attempt->number,
	    dn_str_of(attempt->name)) != DN_REASON_COUNT)
		return true;
	if (service->secret->mode != SECRET_ACCOUNTS) {
		*verdict = secret_is_right(service->secret,
		    attempt_secret(attempt)) ? EVENT_RIGHT : EVENT_WRONG;
		return true;
	}
	account = auth_knows(&service->auth, dn_str_of(attempt->name),
	    attempt_secret(attempt));
	if (account != NULL) {
		if (attempt->flags & IPC_AUTH_LOGIN)
			attempt->number = account->number;
		*verdict = EVENT_RIGHT;
		*is_account = true;
		return true;
	}
	*verdict = EVENT_BUSY;
	return !auth_may_try(&service->auth, attempt_host(attempt),
	    dn_str_of(attempt->name), net_now_msec());
}

static bool
attempt_has_to_wait(const struct attempt *attempt)
{
	const struct attempt *other;

	DL_FOREACH(attempt->service->attempts, other)
		if (other->is_under_way &&
		    strcmp(other->name, attempt->name) == 0)
			return true;
	return false;
}

void
attempt_begin(struct attempt *attempt)
{
	enum event_verdict verdict;
	bool is_account;

	if (attempt_has_to_wait(attempt))
		return;
	attempt->is_under_way = true;
	if (attempt_is_clear(attempt, &verdict, &is_account))
		attempt_end_take(attempt, verdict, is_account);
	else
		attempt_put(attempt, false, attempt_get_run, attempt_got);
}
