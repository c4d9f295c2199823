/*
 * Messages that wait. Each held one is in two lists: of its user, and of the
 * whole pool by age. An early one is only in the list of the early.
 */
#include "held.h"

#include <assert.h>
#include <stdlib.h>

struct held_message {
	struct held_message *older, *newer; /* in the pool, or of the early */
	struct held_message *next, *prev;   /* of one user; prev is older */
	struct table_entry *entry;          /* NULL: early */
	uint64_t conn;                      /* early: where it came from */
	uint64_t deadline_msec;             /* early */
	struct dn_msg msg;                  /* its text stands in 'text' */
	char text[];
};

static size_t
held_size(const struct held_message *message)
{
	return sizeof(*message) + message->msg.text.size;
}

/* Only SEND and ACKN wait: text is all that they have of strings. */
static struct held_message *
held_copy(const struct dn_msg *msg)
{
	struct held_message *message;

	assert(msg->kind == DN_KIND_SEND || msg->kind == DN_KIND_ACKN);
	message = calloc(1, sizeof(*message) + msg->text.size);
	if (message == NULL)
		return NULL;
	message->msg = *msg;
	if (msg->text.size > 0)
		memcpy(message->text, msg->text.data, msg->text.size);
	message->msg.text.data = message->text;
	return message;
}

static void
held_link(struct held_message **oldest, struct held_message **newest,
    struct held_message *message)
{
	message->older = *newest;
	if (*newest != NULL)
		(*newest)->newer = message;
	else
		*oldest = message;
	*newest = message;
}

static void
held_unlink(struct held_message **oldest, struct held_message **newest,
    struct held_message *message)
{
	if (message->older != NULL)
		message->older->newer = message->newer;
	else
		*oldest = message->newer;
	if (message->newer != NULL)
		message->newer->older = message->older;
	else
		*newest = message->older;
	message->older = message->newer = NULL;
}

/* Takes 'message' out of both lists; its user's queue goes with the last. */
static void
held_take(struct held_pool *pool, struct held_message *message)
{
	struct held *held = message->entry->held;

	held_unlink(&pool->oldest, &pool->newest, message);
	pool->bytes -= held_size(message);
	if (message->prev != NULL)
		message->prev->next = message->next;
	else
		held->oldest = message->next;
	if (message->next != NULL)
		message->next->prev = message->prev;
	else
		held->newest = message->prev;
	held->count--;
	held->bytes -= held_size(message);
	if (held->count == 0) {
		message->entry->held = NULL;
		free(held);
	}
}

static void
held_forget(struct held_pool *pool, struct held_message *message)
{
	held_take(pool, message);
	free(message);
}

/* Enters 'message' at the end of both lists; false without memory. */
static bool
held_enter(struct held_pool *pool, struct table_entry *entry,
    struct held_message *message)
{
	struct held *held = entry->held;

	if (held == NULL) {
		held = calloc(1, sizeof(*held));
		if (held == NULL)
			return false;
		entry->held = held;
	}
	message->entry = entry;
	message->prev = held->newest;
	if (held->newest != NULL)
		held->newest->next = message;
	else
		held->oldest = message;
	held->newest = message;
	held->count++;
	held->bytes += held_size(message);
	held_link(&pool->oldest, &pool->newest, message);
	pool->bytes += held_size(message);
	return true;
}

size_t
held_push(struct held_pool *pool, struct table_entry *entry,
    const struct dn_msg *msg)
{
	struct held_message *message = held_copy(msg);
	size_t dropped = 0;

	if (message == NULL)
		return 1;
	if (!held_enter(pool, entry, message)) {
		free(message);
		return 1;
	}
	while (entry->held != NULL && (entry->held->count >
	    DN_HOLD_COUNT_MAX || entry->held->bytes > DN_HOLD_BYTES_MAX)) {
		held_forget(pool, entry->held->oldest);
		dropped++;
	}
	while (pool->bytes > DN_HOLD_TOTAL_BYTES_MAX) {
		held_forget(pool, pool->oldest);
		dropped++;
	}
	return dropped;
}

void
held_flush(struct held_pool *pool, struct table_entry *entry,
    held_deliver *deliver, void *context)
{
	struct held_message *message;
	size_t count = entry->held != NULL ? entry->held->count : 0;

	/* Counted: what is held again meanwhile stays. */
	for (; count > 0 && entry->held != NULL; count--) {
		message = entry->held->oldest;
		held_take(pool, message);
		deliver(context, IPC_CONN_NONE, &message->msg);
		free(message);
	}
}

size_t
held_drop(struct held_pool *pool, struct table_entry *entry)
{
	size_t dropped = 0;

	for (; entry->held != NULL; dropped++)
		held_forget(pool, entry->held->oldest);
	return dropped;
}

static void
held_early_take(struct held_pool *pool, struct held_message *message)
{
	held_unlink(&pool->early_oldest, &pool->early_newest, message);
	pool->early_count--;
	pool->early_bytes -= held_size(message);
}

static void
held_early_forget(struct held_pool *pool)
{
	struct held_message *message = pool->early_oldest;

	held_early_take(pool, message);
	free(message);
}

size_t
held_early(struct held_pool *pool, uint64_t conn, const struct dn_msg *msg,
    uint64_t now_msec)
{
	struct held_message *message = held_copy(msg);
	size_t dropped = 0;

	if (message == NULL)
		return 1;
	message->conn = conn;
	message->deadline_msec = now_msec + DN_EARLY_MSEC;
	held_link(&pool->early_oldest, &pool->early_newest, message);
	pool->early_count++;
	pool->early_bytes += held_size(message);
	for (; pool->early_count > DN_EARLY_COUNT_MAX ||
	    pool->early_bytes > DN_EARLY_BYTES_MAX; dropped++)
		held_early_forget(pool);
	return dropped;
}

void
held_early_flush(struct held_pool *pool, uint64_t from, held_deliver *deliver,
    void *context)
{
	struct held_message *message, *newer;

	for (message = pool->early_oldest; message != NULL; message = newer) {
		newer = message->newer;
		if (message->msg.from != from)
			continue;
		held_early_take(pool, message);
		deliver(context, message->conn, &message->msg);
		free(message);
	}
}

size_t
held_early_expire(struct held_pool *pool, uint64_t now_msec)
{
	size_t dropped = 0;

	for (; held_early_deadline(pool) <= now_msec; dropped++)
		held_early_forget(pool);
	return dropped;
}

uint64_t
held_early_deadline(const struct held_pool *pool)
{
	return pool->early_oldest != NULL ? pool->early_oldest->deadline_msec :
	    UINT64_MAX;
}

void
held_deinit(struct held_pool *pool)
{
	while (pool->early_oldest != NULL)
		held_early_forget(pool);
}
