/*
 * Members stand in an array without gaps, to be gone through; an index of open
 * addressing with linear probing, at most half full, says who stands where.
 * Those who are joining share one list of lines: it is there as long as any of
 * them is.
 */
#include "room.h"

#include <assert.h>
#include <stdlib.h>

#include "hash.h"

#define ROOM_SLOTS_LEAST 8

struct room *
room_new(uint64_t seed)
{
	struct room *room = calloc(1, sizeof(*room));

	if (room != NULL)
		room->seed = seed;
	return room;
}

/* ---- lines ---- */

static void
room_line_forget(struct room *room)
{
	struct room_line *line = room->oldest;

	room->oldest = line->newer;
	if (room->oldest == NULL)
		room->newest = NULL;
	room->line_count--;
	room->line_bytes -= sizeof(*line) + line->text.size;
	free(line);
}

static void
room_lines_forget(struct room *room)
{
	while (room->oldest != NULL)
		room_line_forget(room);
}

size_t
room_keep(struct room *room, const struct room_line *line)
{
	struct room_line *kept;
	size_t dropped = 0;

	if (room->joining == 0)
		return 0;
	kept = malloc(sizeof(*kept) + line->text.size);
	if (kept == NULL)
		return 1;
	*kept = *line;
	kept->newer = NULL;
	kept->stamp = ++room->stamp;
	kept->text.data = (char *)(kept + 1);
	if (line->text.size > 0)
		memcpy(kept + 1, line->text.data, line->text.size);
	if (room->newest != NULL)
		room->newest->newer = kept;
	else
		room->oldest = kept;
	room->newest = kept;
	room->line_count++;
	room->line_bytes += sizeof(*kept) + kept->text.size;
	for (; room->line_count > DN_JOINING_COUNT_MAX ||
	    room->line_bytes > DN_JOINING_BYTES_MAX; dropped++)
		room_line_forget(room);
	return dropped;
}

/* ---- members ---- */

void
room_free(struct room *room)
{
	if (room == NULL)
		return;
	room_lines_forget(room);
	free(room->members);
	free(room->slots);
	free(room);
}

static uint32_t
room_home(const struct room *room, uint64_t user)
{
	return (uint32_t)hash_mix(room->seed, user) & (room->slot_count - 1);
}

/* The slot of 'user', or the free one where he would stand. */
static uint32_t *
room_probe(const struct room *room, uint64_t user)
{
	uint32_t at = room_home(room, user);

	while (room->slots[at] != 0 &&
	    room->members[room->slots[at] - 1].user != user)
		at = (at + 1) & (room->slot_count - 1);
	return &room->slots[at];
}

static struct room_member *
room_find(const struct room *room, uint64_t user)
{
	uint32_t place;

	if (room == NULL || room->count == 0)
		return NULL;
	place = *room_probe(room, user);
	return place != 0 ? &room->members[place - 1] : NULL;
}

/* Makes an index of 'slot_count' slots and room for half as many members.
 * Where there is no memory for it, the present ones stay. */
static bool
room_resize(struct room *room, uint32_t slot_count)
{
	uint32_t *slots = calloc(slot_count, sizeof(*slots)), i;
	struct room_member *members;

	if (slots == NULL)
		return false;
	members = realloc(room->members, slot_count / 2 * sizeof(*members));
	if (members == NULL) {
		free(slots);
		return false;
	}
	free(room->slots);
	room->slots = slots;
	room->slot_count = slot_count;
	room->members = members;
	for (i = 0; i < room->count; i++)
		*room_probe(room, members[i].user) = i + 1;
	return true;
}

/* The member 'user', new perhaps. */
static enum dn_err
room_enter(struct room *room, uint64_t user, struct room_member **member)
{
	*member = room_find(room, user);
	if (*member != NULL)
		return DN_OK;
	if (room->count >= DN_ROOM_MEMBERS_MAX)
		return DN_E_FULL;
	if ((room->count + 1) * 2 > room->slot_count && !room_resize(room,
	    room->slot_count > 0 ? room->slot_count * 2 : ROOM_SLOTS_LEAST))
		return DN_E_MEMORY;
	*room_probe(room, user) = room->count + 1;
	*member = &room->members[room->count++];
	**member = (struct room_member){user, 0};
	return DN_OK;
}

/* Nothing waits for 'member' any more. */
static void
room_settle(struct room *room, struct room_member *member)
{
	if (member->since == 0)
		return;
	member->since = 0;
	if (--room->joining == 0)
		room_lines_forget(room);
}

enum ipc_membership
room_membership(const struct room *room, uint64_t user)
{
	const struct room_member *member = room_find(room, user);

	if (member == NULL)
		return IPC_MEMBER_GONE;
	return member->since != 0 ? IPC_MEMBER_JOINING : IPC_MEMBER_LIVE;
}

enum dn_err
room_join(struct room *room, uint64_t user)
{
	struct room_member *member;
	enum dn_err err = room_enter(room, user, &member);

	if (err != DN_OK)
		return err;
	room_settle(room, member);
	room->joining++;
	member->since = room->stamp + 1;
	return DN_OK;
}

enum dn_err
room_admit(struct room *room, uint64_t user, room_deliver *deliver,
    void *context)
{
	struct room_member *member;
	struct room_line *line;
	enum dn_err err = room_enter(room, user, &member);

	if (err != DN_OK)
		return err;
	for (line = room->oldest; line != NULL && member->since != 0;
	    line = line->newer)
		if (line->stamp >= member->since)
			deliver(context, line);
	room_settle(room, member);
	return DN_OK;
}

/* Empties the slot 'at', and moves those behind it up that would not be found
 * past a free one. */
static void
room_vacate(struct room *room, uint32_t at)
{
	uint32_t mask = room->slot_count - 1, next, home;

	for (next = (at + 1) & mask; room->slots[next] != 0;
	    next = (next + 1) & mask) {
		home = room_home(room,
		    room->members[room->slots[next] - 1].user);
		if (((next - home) & mask) < ((next - at) & mask))
			continue;
		room->slots[at] = room->slots[next];
		at = next;
	}
	room->slots[at] = 0;
}

void
room_leave(struct room *room, uint64_t user)
{
	struct room_member *member = room_find(room, user), *last;

	if (member == NULL)
		return;
	room_settle(room, member);
	last = &room->members[room->count - 1];
	room_vacate(room, (uint32_t)(room_probe(room, user) - room->slots));
	if (member != last) {
		*room_probe(room, last->user) =
		    (uint32_t)(member - room->members) + 1;
		*member = *last;
	}
	room->count--;
	/* Shrinks long after it grew, lest it do both again and again. */
	if (room->slot_count > ROOM_SLOTS_LEAST &&
	    room->count * 8 < room->slot_count)
		(void)room_resize(room, room->slot_count / 2);
}
