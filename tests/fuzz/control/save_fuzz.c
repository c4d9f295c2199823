/*
 * Any bytes as a saved state: refused, or a core that goes on without harm,
 * and that saves itself so that it can be loaded again.
 */
#include <stdlib.h>

#include "../../../control/core.h"

#define STEPS_MAX 30

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_so)
{
	if (!is_so)
		abort();
}

static void
check_save(const struct core *core)
{
	struct bytes saved = {0};
	struct core *again;

	core_save(core, &saved);
	again = core_load(saved.data, saved.size);
	require(again != NULL);
	core_free(again);
	bytes_deinit(&saved);
}

static void
step(struct core *core, struct updates *updates, struct event *event)
{
	updates_clear(updates);
	(void)core_step(core, event, updates);
}

static void
look(const struct core *core)
{
	struct candidate_view candidate;
	struct user_view user;
	struct peer_view peer;
	const void *at;
	size_t i;

	for (at = NULL; (at = core_next_user(core, at, &user)) != NULL;)
		for (i = 0; core_candidate(core, at, i, &candidate); i++)
			require(candidate.peer != NULL);
	for (at = NULL; (at = core_next_peer(core, at, &peer)) != NULL;)
		require(peer.state < PEER_STATE_COUNT);
}

/* Time passes, every link says something about every user, and all ends. */
static void
go_on(struct core *core, struct updates *updates)
{
	struct event event = {.type = EVENT_tick};
	struct user_view user;
	struct peer_view peer;
	const void *at;
	unsigned count;

	for (count = 0; count < STEPS_MAX &&
	    core_deadline(core) != UINT64_MAX; count++) {
		event.now_msec = core_deadline(core);
		step(core, updates, &event);
	}
	event.type = IPC_left;
	at = core_next_peer(core, NULL, &peer);
	if (at != NULL && core_next_user(core, NULL, &user) != NULL) {
		event.body.left.conn = peer.conn;
		event.body.left.number = user.number;
		step(core, updates, &event);
	}
	event.type = IPC_closed;
	event.body.closed = (struct ipc_closed){.conn = peer.conn,
	    .why = {"", 0}};
	if (at != NULL)
		step(core, updates, &event);
	event.type = EVENT_shutdown;
	step(core, updates, &event);
	event.type = EVENT_plane_down;
	step(core, updates, &event);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct updates updates = {0};
	struct core *core = core_load(data, size);

	if (core == NULL)
		return 0;
	look(core);
	check_save(core);
	go_on(core, &updates);
	check_save(core);
	core_free(core);
	updates_deinit(&updates);
	return 0;
}
