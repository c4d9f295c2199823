/*
 * Stories of federation: the server s1 has room #lobby (number 900), a client
 * ann (5) of the channels door, whose account is here, and bob (6) of the
 * dnchat door. Numbers of imports and guests are found by their names.
 */
#ifndef TESTS_FED_STORY_H
#define TESTS_FED_STORY_H

#include "room_story.h"

#include "../../../control/fed_name.h"

#define ANN_CONN 1
#define BOB_CONN 2

__attribute__((format(printf, 2, 3))) static inline void
fed_expect(struct story *story, const char *format, ...)
{
	char *lines = malloc(STORY_TEXT_MAX);
	va_list args;

	assert_non_null(lines);
	va_start(args, format);
	(void)vsnprintf(lines, STORY_TEXT_MAX, format, args);
	va_end(args);
	assert_string_equal(story->text, lines);
	story_forget(story);
	free(lines);
}

/* The number of who is called 'name'; he is there, and the only one. */
static inline unsigned long long
fed_number_of(const struct story *story, const char *name)
{
	struct user_view view;
	const void *user;

	assert_int_equal(core_find_user(story->core, name, &user, &view),
	    DN_OK);
	assert_true(view.shown);
	return view.number;
}

static inline bool
fed_is_there(const struct story *story, const char *name)
{
	struct user_view view;
	const void *user;

	return core_find_user(story->core, name, &user, &view) == DN_OK &&
	    view.shown;
}

static inline void
fed_scene(struct story *story)
{
	story_begin(story, "s1", 1);
	DO(story, room, .name = S("lobby"), .number = LOBBY);
	story_login_as(story, ANN_CONN, ANN, "ann", IPC_DOOR_CHANNELS, true);
	story_login_as(story, BOB_CONN, BOB, "bob", IPC_DOOR_DNCHAT, false);
	story_forget(story);
}

/* What a server says. */
#define FED_SAYS(story, conn_, verb_, ...)                                \
	UP((story), call, .conn = (conn_), .verb = DN_VERB_##verb_,       \
	    __VA_ARGS__)

/* A server on 'source' dials us, and is accepted. */
static inline void
fed_accept(struct story *story, uint64_t conn, const char *source)
{
	UP(story, srvr, .conn = conn, .door = IPC_DOOR_CHANNELS,
	    .source = S(source));
}

/* We dial 'written', whose address is 'address', and are through. */
static inline void
fed_dial(struct story *story, const char *written, const char *host,
    uint16_t port, const char *address, uint64_t conn)
{
	struct peer_view view;
	const void *peer = NULL;
	unsigned id = 0, dial;
	const char *at;

	DO(story, federate, .host = S(host), .port = port,
	    .written = S(written));
	assert_int_equal(story->err, DN_OK);
	at = strstr(story->text, "resolve ");
	assert_non_null(at);
	assert_int_equal(sscanf(at, "resolve %u", &id), 1);
	DO(story, resolved, .peer = id, .addresses = S(address));
	at = strstr(story->text, "dial ");
	assert_non_null(at);
	assert_int_equal(sscanf(at, "dial %u", &dial), 1);
	story_forget(story);
	UP(story, dialled, .dial = dial, .conn = conn);
	while ((peer = core_next_peer(story->core, peer, &view)) != NULL)
		if (view.conn == conn)
			break;
	assert_non_null(peer);
	assert_int_equal(view.state, PEER_ASKING);
}

/* The same, and the server agrees. */
static inline void
fed_link(struct story *story, const char *written, const char *host,
    uint16_t port, const char *address, uint64_t conn)
{
	fed_dial(story, written, host, port, address, conn);
	FED_SAYS(story, conn, CONFIRM);
	story_forget(story);
}

/* server2.com on connection 30, with room x. */
static inline void
fed_begin(struct story *story)
{
	fed_scene(story);
	fed_link(story, "server2.com", "server2.com", 4400, "203.0.113.7",
	    30);
	FED_SAYS(story, 30, FEDCHANNELS, .text = S("x"));
	assert_true(fed_is_there(story, "#x:server2.com"));
	story_forget(story);
}

/* A client of the channels door joins. */
static inline void
fed_joins(struct story *story, uint64_t conn, const char *room)
{
	UP(story, call, .conn = conn, .verb = DN_VERB_JOIN, .room = S(room));
}

/* The server on 'conn' answers a FEDJOIN. */
static inline void
fed_answers(struct story *story, uint64_t conn, const char *user,
    const char *room, uint8_t result)
{
	FED_SAYS(story, conn, FEDRESULT, .about = DN_VERB_JOIN,
	    .name = S(user), .room = S(room), .result = result);
}

static inline struct peer_view
fed_peer_on(const struct story *story, const char *name)
{
	struct peer_view view = {0};
	const void *peer = NULL;

	while ((peer = core_next_peer(story->core, peer, &view)) != NULL)
		if (strcmp(view.name, name) == 0)
			return view;
	fail_msg("there is no peer %s", name);
	return view;
}

#endif
