/* Random events: who is called how, and all that is about rooms. */
#ifndef TESTS_CHANCE_H
#define TESTS_CHANCE_H

#include "story.h"

struct chance {
	uint64_t state;
};

static inline uint32_t
chance_below(struct chance *chance, uint32_t limit)
{
	chance->state ^= chance->state << 13;
	chance->state ^= chance->state >> 7;
	chance->state ^= chance->state << 17;
	return (uint32_t)(chance->state >> 32) % limit;
}

static const char *const names[] = {"ann", "bob", "cid", "#ann", "ann "};

static inline struct dn_str
any_name(struct chance *chance)
{
	return S(names[chance_below(chance, 5)]);
}

/* Names and numbers of rooms, which others have, too. */
static const char *const rooms[] = {"ann", "lobby", "a b", "x:s2", ""};
static const char *const commands[] = {"/join", "/leave", "/who", "/history",
    "/history 3 after 9", "/help", "hello", "/create lobby", "/list", "/x",
    "/join plain"};

/* What the store says, or is made to say. */
static inline void
make_store_event(struct chance *chance, struct story *story,
    struct event *event)
{
	static unsigned char rows[128];
	struct dn_wr wr = dn_wr_of(rows, sizeof(rows));
	size_t count = story->updates.request_count;
	uint64_t id = 1 + chance_below(chance, 90);

	if (count > 0 && chance_below(chance, 3) > 0)
		id = story->updates.requests[count - 1].id;
	switch (chance_below(chance, 6)) {
	case 0:
		event->type = EVENT_room;
		event->body.room = (struct event_room){
		    S(rooms[chance_below(chance, 5)]),
		    8 + chance_below(chance, 6)};
		break;
	case 1:
		event->type = EVENT_room_member;
		event->body.room_member = (struct event_room_member){
		    S(rooms[chance_below(chance, 5)]), any_name(chance)};
		break;
	case 2: case 3:
		event->type = EVENT_stored;
		event->body.stored = (struct event_stored){id,
		    (uint8_t)(chance_below(chance, 4) == 0 ? DN_E_IO : DN_OK)};
		break;
	default:
		dn_wr_uint(&wr, 8, id);
		dn_wr_uint(&wr, 8, UINT64_C(1795535232123));
		dn_wr_str(&wr, any_name(chance));
		dn_wr_str(&wr, S("hello"));
		event->type = EVENT_history;
		event->body.history = (struct event_history){id,
		    (uint8_t)(chance_below(chance, 4) == 0 ? DN_E_IO : DN_OK),
		    {(const char *)rows, wr.at - chance_below(chance, 2)}};
		break;
	}
}

/* The number of a room as like as not, else of a user. */
static inline uint64_t
any_room(struct chance *chance, const struct story *story)
{
	const void *at = NULL;
	uint32_t skip = chance_below(chance, 6);
	struct user_view view;

	while ((at = core_next_user(story->core, at, &view)) != NULL)
		if ((view.name.data[0] == '#' || view.name.size > 5) &&
		    skip-- == 0)
			return view.number;
	return 8 + chance_below(chance, 6);
}

static inline void
make_room_event(struct chance *chance, struct story *story,
    struct event *event)
{
	static const uint8_t verbs[] = {DN_VERB_CREATE, DN_VERB_JOIN,
	    DN_VERB_JOIN, DN_VERB_CHANNELS};
	struct dn_str name = S(rooms[chance_below(chance, 5)]);
	uint64_t user = 1 + chance_below(chance, 9);

	switch (chance_below(chance, 8)) {
	case 0:
		event->type = EVENT_room_create;
		event->body.room_create.name = name;
		break;
	case 1:
		event->type = EVENT_room_delete;
		event->body.room_delete.name = chance_below(chance, 5) == 0 ?
		    name : S("nowhere");
		break;
	case 2: case 3:
		event->type = IPC_joined;
		event->body.joined = (struct ipc_joined){
		    any_room(chance, story), user};
		break;
	case 4:
		event->type = IPC_call;
		event->body.call = (struct ipc_call){.conn =
		    1 + chance_below(chance, 8),
		    .verb = verbs[chance_below(chance, 4)], .room = name};
		break;
	default:
		event->type = IPC_command;
		event->body.command = (struct ipc_command){
		    any_room(chance, story), user,
		    S(commands[chance_below(chance, 11)])};
		break;
	}
}

#endif
