/* What can be asked of the core about rooms: the part of core.h on them. */
#include "core.h"

#include <string.h>

#include "room.h"

static void
core_view_room(const struct core *core, const struct room *room,
    struct room_view *view)
{
	*view = (struct room_view){
		.name = dn_str_of(room->name),
		.number = room->number,
		.local = room->role == IPC_ROLE_ROOM,
		.shown = room->user != NULL,
		.members = room->member_count,
		.here = room->here_count,
		.since_msec = room->user != NULL ? room->user->since_msec :
		    core->started_msec,
	};
	if (!view->local && room->user != NULL)
		view->home = text_description(room->user->text);
}

const void *
core_next_room(const struct core *core, const void *cursor,
    struct room_view *view)
{
	const struct room *room = room_next(core, cursor);

	if (room != NULL)
		core_view_room(core, room, view);
	return room;
}

enum dn_err
core_find_room(const struct core *core, const char *word, const void **room,
    struct room_view *view)
{
	const struct room *found = room_find(core, room_bare(dn_str_of(word)));

	if (found == NULL)
		return DN_E_UNKNOWN;
	*room = found;
	core_view_room(core, found, view);
	return DN_OK;
}

const void *
core_next_member(const void *room_, const void *cursor,
    struct member_view *view)
{
	static const char *const words[] = {
#define CORE_STAGE_WORD(name, word) word,
		ROOM_STAGES(CORE_STAGE_WORD)
#undef CORE_STAGE_WORD
	};
	const struct room *room = room_;
	const struct member *member = cursor;

	member = member == NULL ? room->members : member->next;
	if (member == NULL)
		return NULL;
	*view = (struct member_view){
		.name = member->user != NULL ? text_name(member->user->text) :
		    dn_str_of(member->keeper->name),
		.number = member->user != NULL ? member->user->number : 0,
		.state = words[member->stage],
		.kept = member->keeper != NULL,
	};
	return member;
}
