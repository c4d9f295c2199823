/* What the core wants done, between core_step() and its shell. */
#include "update.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

/* Memory beyond this is given back by updates_clear(). */
#define UPDATE_ROOM_KEPT 64

void
updates_clear(struct updates *updates)
{
	updates->down.size = 0;
	updates->request_count = 0;
	updates->notice_count = 0;
	if (updates->notice_room > UPDATE_ROOM_KEPT) {
		free(updates->notices);
		updates->notices = NULL;
		updates->notice_room = 0;
	}
}

void
updates_deinit(struct updates *updates)
{
	bytes_deinit(&updates->down);
	free(updates->requests);
	free(updates->notices);
	*updates = (struct updates){0};
}

struct request *
updates_request(struct updates *updates, enum request_kind kind)
{
	struct request *request;

	if (updates->request_count == updates->request_room) {
		updates->request_room = updates->request_room * 2 + 4;
		updates->requests = memory_resize(updates->requests,
		    updates->request_room * sizeof(*updates->requests));
	}
	request = &updates->requests[updates->request_count++];
	memset(request, 0, sizeof(*request));
	request->kind = kind;
	return request;
}

/* The values of a notice point into it: they move when it does. */
static void
updates_grow_notices(struct updates *updates)
{
	size_t room = updates->notice_room * 2 + 4, i, j;
	struct notice *notices = memory_new(room * sizeof(*notices));

	for (i = 0; i < updates->notice_count; i++) {
		const struct notice *from = &updates->notices[i];

		notices[i] = *from;
		for (j = 0; j < from->count; j++)
			notices[i].values[j].data = notices[i].text +
			    (from->values[j].data - from->text);
	}
	free(updates->notices);
	updates->notices = notices;
	updates->notice_room = room;
}

struct notice *
updates_notice(struct updates *updates, enum dn_log_level level,
    const char *event)
{
	struct notice *notice;

	if (updates->notice_count == UPDATES_NOTICES_MAX)
		return NULL;
	if (updates->notice_count == UPDATES_NOTICES_MAX - 1) {
		level = DN_LOG_WARN;
		event = "notices_dropped";
	}
	if (updates->notice_count == updates->notice_room)
		updates_grow_notices(updates);
	notice = &updates->notices[updates->notice_count++];
	notice->level = level;
	notice->event = event;
	notice->count = 0;
	notice->text_size = 0;
	return updates->notice_count < UPDATES_NOTICES_MAX ? notice : NULL;
}

void
notice_add(struct notice *notice, const char *key, struct dn_str value)
{
	char *at;

	if (notice == NULL || notice->count == NOTICE_FIELDS_MAX ||
	    NOTICE_BYTES_MAX - notice->text_size < value.size)
		return;
	at = notice->text + notice->text_size;
	if (value.size > 0)
		memcpy(at, value.data, value.size);
	notice->text_size += value.size;
	notice->keys[notice->count] = key;
	notice->values[notice->count] = (struct dn_str){at, value.size};
	notice->count++;
}

void
notice_add_number(struct notice *notice, const char *key, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	notice_add(notice, key, dn_str_of(text));
}
