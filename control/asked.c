/* What must not be acknowledged yet: see asked.h. */
#include "asked.h"

#include <stdlib.h>

#include <utlist.h>

#include "memory.h"

void
asked_add(struct core *core, uint64_t seq, uint64_t conn)
{
	struct asked *asked = memory_new(sizeof(*asked));

	asked->seq = seq;
	asked->conn = conn;
	DL_APPEND(core->asked, asked);
}

static void
asked_free(struct core *core, struct asked *asked)
{
	DL_DELETE(core->asked, asked);
	free(asked);
}

static struct asked *
asked_find(const struct core *core, uint64_t seq)
{
	struct asked *asked;

	DL_FOREACH(core->asked, asked)
		if (asked->seq == seq)
			break;
	return asked;
}

bool
asked_take(struct core *core, uint64_t seq)
{
	struct asked *asked = asked_find(core, seq);

	if (asked != NULL)
		asked_free(core, asked);
	return asked != NULL;
}

void
asked_closed(struct core *core, uint64_t conn)
{
	struct asked *asked, *next;

	DL_FOREACH_SAFE(core->asked, asked, next)
		if (asked->conn == conn)
			asked_free(core, asked);
}

void
asked_clear(struct core *core)
{
	while (core->asked != NULL)
		asked_free(core, core->asked);
	core->copied_first = 0;
	core->copied_last = 0;
}

enum dn_err
asked_came(struct core *core, const struct event *event)
{
	if (core->incarnation != 0 && event->seq != 0)
		asked_add(core, event->seq, event->body.asked.conn);
	return DN_OK;
}

/* In place of a record that was taken back, when it came again. */
enum dn_err
asked_nothing(struct core *core, const struct event *event)
{
	(void)asked_take(core, event->seq);
	return DN_OK;
}

enum dn_err
asked_copied(struct core *core, const struct event *event)
{
	if (core->incarnation == 0 || event->seq == 0)
		return DN_OK;
	if (core->copied_first == 0)
		core->copied_first = event->seq;
	core->copied_last = event->seq;
	return DN_OK;
}

enum dn_err
asked_kept(struct core *core, const struct event *event)
{
	uint64_t upto = event->body.kept.upto;

	if (core->copied_first == 0 || upto < core->copied_first)
		return DN_OK;
	/* The next copy is not before the next record. */
	core->copied_first = upto < core->copied_last ? upto + 1 : 0;
	return DN_OK;
}

/* ---- what core.h asks ---- */

bool
core_is_asked(const struct core *core, uint64_t seq)
{
	return asked_find(core, seq) != NULL;
}

uint64_t
core_ack_seq(const struct core *core)
{
	uint64_t seq = core->up_seq;

	if (core->asked != NULL && core->asked->seq <= seq)
		seq = core->asked->seq - 1;
	if (core->copied_first != 0 && core->copied_first <= seq)
		seq = core->copied_first - 1;
	return seq;
}
