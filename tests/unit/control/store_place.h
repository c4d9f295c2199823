/* A store in a directory of its own, for the tests of store.c. */
#ifndef TESTS_STORE_PLACE_H
#define TESTS_STORE_PLACE_H

#include "../../../control/store.h"
#include "shell.h"

struct place {
	char dir[RUNDIR_BYTES_MAX];
	char path[STORE_PATH_BYTES];
	struct store *store;
};

static inline void
open_store(struct place *place)
{
	char why[STORE_WHY_BYTES] = "";

	if (store_open(&place->store, place->path, why) != DN_OK)
		fail_msg("%s", why);
}

static inline void
reopen_store(struct place *place)
{
	store_close(place->store);
	open_store(place);
}

static inline void
begin(struct place *place)
{
	shell_dir(place->dir);
	snprintf(place->path, sizeof(place->path), "%s/" STORE_FILE,
	    place->dir);
	open_store(place);
}

static inline void
end(struct place *place)
{
	store_close(place->store);
	shell_clean(place->dir);
}

static inline struct store_account
account_of(const char *name)
{
	struct store_account account = {.hash = "hash", .created_msec = 9,
	    .incarnation = UINT64_MAX, .seq = 3};

	snprintf(account.name, sizeof(account.name), "%s", name);
	return account;
}

#endif
