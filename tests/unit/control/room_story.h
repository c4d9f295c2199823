/* Stories of rooms: the server s1 has room #lobby (number 900), and clients
 * ann (5, whose account is here) and bob (6, who has none). */
#ifndef TESTS_ROOM_STORY_H
#define TESTS_ROOM_STORY_H

#include "story.h"

#define LOBBY 900
#define ANN 5
#define BOB 6

static inline void
story_login_as(struct story *story, uint64_t conn, uint64_t number,
    const char *name, uint8_t door, bool is_account)
{
	story_step(story, &(struct event){.type = EVENT_login, .body.login = {
	    .conn = conn, .number = number, .name = S(name), .door = door,
	    .source = S("192.0.2.9:4000"), .verdict = 1,
	    .is_account = is_account}});
}

static inline void
room_begin(struct story *story)
{
	story_begin(story, "s1", 1);
	DO(story, room, .name = S("lobby"), .number = LOBBY);
	story_login_as(story, 1, ANN, "ann", IPC_DOOR_DNCHAT, true);
	story_login_as(story, 2, BOB, "bob", IPC_DOOR_DNCHAT, false);
	story_forget(story);
}

/* Somebody says something to a room that is not for its members. */
static inline void
room_hears(struct story *story, uint64_t room, uint64_t user,
    const char *text)
{
	UP(story, command, .room = room, .user = user, .text = S(text));
}

/* The id in the last step's request to the store, 0 if there is none. */
static inline uint64_t
room_order(const struct story *story)
{
	size_t count = story->updates.request_count;

	return count > 0 ? story->updates.requests[count - 1].id : 0;
}

/* He joins #lobby, of which there is no history, and is live. */
static inline void
story_join(struct story *story, uint64_t user)
{
	uint64_t id;

	room_hears(story, LOBBY, user, "/join");
	UP(story, joined, .room = LOBBY, .user = user);
	id = room_order(story);
	DO(story, history, .id = id);
	story_forget(story);
}

/* The rows of a HISTORY event. */
struct rows {
	unsigned char data[1u << 20];
	struct dn_wr wr;
};

static inline void
rows_begin(struct rows *rows)
{
	rows->wr = dn_wr_of(rows->data, sizeof(rows->data));
}

static inline void
rows_add(struct rows *rows, uint64_t id, uint64_t time_msec,
    const char *author, const char *text)
{
	dn_wr_uint(&rows->wr, 8, id);
	dn_wr_uint(&rows->wr, 8, time_msec);
	dn_wr_str(&rows->wr, S(author));
	dn_wr_str(&rows->wr, S(text));
	assert_false(rows->wr.failed);
}

static inline struct dn_str
rows_all(const struct rows *rows)
{
	return (struct dn_str){(const char *)rows->data, rows->wr.at};
}

#endif
