/*
 * The commands about accounts, for command.h: they wait for the hashing
 * threads and the store, and the console for them.
 */
#include "command.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "memory.h"
#include "name.h"
#include "service.h"
#include "show.h"

/* Rows that are read at a time. */
#define COMMAND_ACCOUNTS_PAGE 64

/* A command under way. The console may go before it is done. */
struct command_account {
	struct work_hash hash;    /* has the password */
	struct archive_job job;
	struct service *service;
	struct console *console;  /* NULL: it is gone */
	enum admin_id id;
	struct store_account account;
	/* The list: rows after account.name. */
	struct store_account *page;
	size_t page_count;
	bool is_resting;          /* until the console has taken the rows */
};

static struct command_account *
command_account_of(struct archive_job *job)
{
	return (struct command_account *)(void *)((char *)job -
	    offsetof(struct command_account, job));
}

static void
command_account_free(struct command_account *command)
{
	if (command->console != NULL)
		command->console->account = NULL;
	work_hash_wipe(&command->hash);
	secret_wipe(&command->account, sizeof(command->account));
	if (command->page != NULL)
		secret_wipe(command->page, COMMAND_ACCOUNTS_PAGE *
		    sizeof(*command->page));
	free(command->page);
	free(command);
}

static void
command_account_drop(struct archive_job *job)
{
	command_account_free(command_account_of(job));
}

void
command_account_forget(struct console *console)
{
	struct command_account *command = console->account;

	if (command == NULL)
		return;
	if (command->is_resting) {
		command_account_free(command);
		return;
	}
	command->console = NULL;
	console->account = NULL;
}

static void
command_account_refuse(struct console *console,
    const struct command_account *command, enum dn_err err)
{
	char error[STORE_WHY_BYTES + 32];

	if (err == DN_E_UNKNOWN) {
		console_fail(console, dn_err_code(err),
		    "there is no such account", "show accounts lists them");
	} else if (err == DN_E_EXISTS) {
		console_fail(console, dn_err_code(err),
		    "there is such an account already",
		    "account password changes its password");
	} else if (command->job.why[0] != '\0') {
		snprintf(error, sizeof(error), "the store fails: %s",
		    command->job.why);
		console_fail(console, dn_err_code(err), error,
		    "nothing was changed; try again then");
	} else {
		console_refuse(console, err, "too much is going on: try "
		    "again in a moment");
	}
}

/* The end of a command but the list: the answer, and the log. */
static void
command_account_over(struct command_account *command, enum dn_err err)
{
	struct console *console = command->console;

	if (err == DN_OK && command->id != ADMIN_ACCOUNT_ADD)
		service_forget(command->service, command->account.name);
	if (console != NULL) {
		command_log(console, admin_command(command->id)->words,
		    command->account.name, err);
		if (err == DN_OK)
			console_ok(console);
		else
			command_account_refuse(console, command, err);
	}
	command_account_free(command);
}

static void
command_account_done(struct archive_job *job)
{
	struct command_account *command = command_account_of(job);
	struct event event = {.type = EVENT_unregistered};

	if (command->id == ADMIN_ACCOUNT_DELETE && job->err == DN_OK) {
		event.body.unregistered.name =
		    dn_str_of(command->account.name);
		(void)engine_step(command->service->engine, &event);
	}
	command_account_over(command, job->err);
}

static enum dn_err
command_account_run(struct archive_job *job, struct store *store)
{
	struct command_account *command = command_account_of(job);
	const char *name = command->account.name;

	switch (command->id) {
	case ADMIN_ACCOUNT_ADD:
		return store_account_add(store, &command->account);
	case ADMIN_ACCOUNT_DELETE:
		return store_account_delete(store, name);
	case ADMIN_ACCOUNT_PASSWORD:
		return store_account_hash(store, name,
		    command->account.hash);
	case ADMIN_ACCOUNT_LOCK:
		return store_account_lock(store, name, true);
	default:
		return store_account_lock(store, name, false);
	}
}

/* ---- beginnings ---- */

/* A command about 'name'; NULL: it can't be done, and that was answered. */
static struct command_account *
command_account_new(struct console *console, enum admin_id id,
    const char *name)
{
	struct service *service = console->consoles->service;
	struct command_account *command;

	if (service == NULL) {
		console_refuse(console, DN_E_STATE, "there are no accounts");
		return NULL;
	}
	command = memory_new(sizeof(*command));
	command->service = service;
	command->console = console;
	command->id = id;
	snprintf(command->account.name, sizeof(command->account.name), "%s",
	    name);
	console->account = command;
	console_begin(console);
	return command;
}

static void
command_account_put(struct command_account *command)
{
	command->job.is_change = true;
	command->job.run = command_account_run;
	command->job.done = command_account_done;
	command->job.drop = command_account_drop;
	archive_put(command->service->archive, &command->job);
}

static void
command_account_simple(struct console *console, enum admin_id id,
    const char *const *words)
{
	struct command_account *command;

	if (strlen(words[0]) > DN_NAME_OWN_BYTES_MAX) {
		console_fail(console, dn_err_code(DN_E_UNKNOWN),
		    "there is no such account", "show accounts lists them");
		return;
	}
	command = command_account_new(console, id, words[0]);
	if (command != NULL)
		command_account_put(command);
}

static void
command_account_hashed(struct work_job *job, bool has_run)
{
	struct command_account *command = (struct command_account *)job;

	if (!has_run || !command->hash.is_right) {
		command_account_over(command, DN_E_FULL);
		return;
	}
	memcpy(command->account.hash, command->hash.hash,
	    sizeof(command->account.hash));
	command->account.created_msec = archive_now_msec();
	command_account_put(command);
}

static void
command_account_hash_dropped(struct work_job *job)
{
	command_account_free((struct command_account *)job);
}

/* With a password, which is the second word. */
static void
command_account_secret(struct console *console, enum admin_id id,
    const char *const *words)
{
	struct dn_str secret = dn_str_of(words[1]);
	struct command_account *command;

	if (!name_is_good(dn_str_of(words[0]))) {
		console_fail(console, dn_err_code(DN_E_MALFORMED),
		    "nobody can be called so", "a name has 1 to 64 bytes, no "
		    "blanks at its ends, and does not begin with #");
		return;
	}
	if (secret.size == 0 || secret.size > DN_SECRET_BYTES_MAX) {
		console_fail(console, dn_err_code(DN_E_RANGE),
		    "a password has 1 to 1024 bytes", "");
		return;
	}
	command = command_account_new(console, id, words[0]);
	if (command == NULL)
		return;
	work_hash_init(&command->hash, secret, NULL);
	command->hash.job.done = command_account_hashed;
	command->hash.job.drop = command_account_hash_dropped;
	work_put(command->service->hashing, &command->hash.job);
}

void
command_account_add(struct console *console, const char *const *words,
    size_t count)
{
	(void)count;
	command_account_secret(console, ADMIN_ACCOUNT_ADD, words);
}

void
command_account_password(struct console *console, const char *const *words,
    size_t count)
{
	(void)count;
	command_account_secret(console, ADMIN_ACCOUNT_PASSWORD, words);
}

void
command_account_delete(struct console *console, const char *const *words,
    size_t count)
{
	(void)count;
	command_account_simple(console, ADMIN_ACCOUNT_DELETE, words);
}

void
command_account_lock(struct console *console, const char *const *words,
    size_t count)
{
	(void)count;
	command_account_simple(console, ADMIN_ACCOUNT_LOCK, words);
}

void
command_account_unlock(struct console *console, const char *const *words,
    size_t count)
{
	(void)count;
	command_account_simple(console, ADMIN_ACCOUNT_UNLOCK, words);
}

/* ---- the list ---- */

static enum dn_err
command_accounts_run(struct archive_job *job, struct store *store)
{
	struct command_account *command = command_account_of(job);
	const char *name = command->account.name;
	enum dn_err err = DN_OK;

	command->page_count = 0;
	while (command->page_count < COMMAND_ACCOUNTS_PAGE) {
		err = store_account_next(store, name,
		    &command->page[command->page_count]);
		if (err != DN_OK)
			break;
		name = command->page[command->page_count++].name;
	}
	return err == DN_E_UNKNOWN ? DN_OK : err;
}

/* Shows a page. False: that was the last. */
static bool
command_accounts_show(struct command_account *command)
{
	const struct store_account *account = NULL;
	bool is_there, is_local;
	size_t i;

	for (i = 0; i < command->page_count; i++) {
		account = &command->page[i];
		is_there = core_holds(command->service->engine->core,
		    dn_str_of(account->name), &is_local);
		console_row_take(command->console, show_account(account,
		    !is_there ? NULL : is_local ? "here" : "elsewhere"));
	}
	if (command->page_count < COMMAND_ACCOUNTS_PAGE)
		return false;
	memcpy(command->account.name, account->name,
	    sizeof(account->name));
	return true;
}

static void
command_accounts_read(struct archive_job *job)
{
	struct command_account *command = command_account_of(job);
	struct console *console = command->console;

	if (console == NULL) {
		command_account_free(command);
	} else if (job->err != DN_OK) {
		command_account_refuse(console, command, job->err);
		command_account_free(command);
	} else if (command_accounts_show(command)) {
		command->is_resting = true;
		if (!console_is_full(console))
			command_accounts_more(console);
	} else {
		console_ok(console);
		command_account_free(command);
	}
}

static void
command_accounts_put(struct command_account *command)
{
	command->job.run = command_accounts_run;
	command->job.done = command_accounts_read;
	command->job.drop = command_account_drop;
	archive_put(command->service->archive, &command->job);
}

void
command_accounts_more(struct console *console)
{
	struct command_account *command = console->account;

	if (command == NULL || !command->is_resting || console->cut)
		return;
	command->is_resting = false;
	command_accounts_put(command);
}

void
command_show_accounts(struct console *console, const char *const *words,
    size_t count)
{
	struct command_account *command;

	(void)words;
	(void)count;
	command = command_account_new(console, ADMIN_SHOW_ACCOUNTS, "");
	if (command == NULL)
		return;
	command->page = memory_new(COMMAND_ACCOUNTS_PAGE *
	    sizeof(*command->page));
	command_accounts_put(command);
}
