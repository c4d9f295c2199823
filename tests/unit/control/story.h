/*
 * Drives a core with events, and tells what it wants done as lines of text:
 * what the tests of the core compare with.
 */
#ifndef TESTS_STORY_H
#define TESTS_STORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../control/core.h"

#define STORY_TEXT_MAX (2u << 20)

struct story {
	struct core *core;
	struct updates updates;
	uint64_t now;
	uint64_t up_seq;
	uint64_t down_seq;  /* of the last record that was read */
	enum dn_err err;    /* of the last step */
	size_t size;
	char *text;         /* lines since the last story_expect() */
	struct bytes down;  /* all records ever */
	struct bytes *journal; /* all events ever, if there is one */
};

#define S(text) dn_str_of(text)

/* UP(story, arrv, .conn = 10, ...): a record came from dnchatd. */
#define UP(story, name_, ...)                                             \
	story_up((story), &(struct event){                                \
	    .type = IPC_##name_, .body.name_ = {__VA_ARGS__}})

/* DO(story, kick, .number = 5): a local event. */
#define DO(story, name_, ...)                                             \
	story_step((story), &(struct event){                              \
	    .type = EVENT_##name_, .body.name_ = {__VA_ARGS__}})

__attribute__((format(printf, 2, 3))) static inline void
story_say(struct story *story, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	story->size += (size_t)vsnprintf(story->text + story->size,
	    STORY_TEXT_MAX - story->size, format, args);
	va_end(args);
	assert_true(story->size < STORY_TEXT_MAX);
}

static inline void
story_say_next(struct story *story, uint64_t conn, uint8_t state)
{
	if (state == IPC_HOLD) {
		assert_int_equal(conn, 0);
		story_say(story, " hold\n");
	} else {
		story_say(story, " conn %llu\n", (unsigned long long)conn);
	}
}

#define STORY_STR(str) (int)(str).size, (str).data
#define STORY_U64(value) ((unsigned long long)(value))

#define STORY_READ(name_)                                                 \
	static inline void                                                \
	story_say_##name_(struct story *story, struct dn_rd *rd)          \
	{                                                                 \
		struct ipc_##name_ body;                                  \
		assert_true(ipc_get_##name_(rd, &body));                  \
		story_body_##name_(story, &body);                         \
	}
#define STORY_BODY(name_)                                                 \
	static inline void                                                \
	story_body_##name_(struct story *story, const struct ipc_##name_ *body)

STORY_BODY(config)
{
	story_say(story, "config text %u silence %u flags %u\n",
	    body->text_bytes_max, body->link_silence_msec, body->flags);
}
STORY_READ(config)

STORY_BODY(name)
{
	story_say(story, "name %llu %llu\n", STORY_U64(body->conn),
	    STORY_U64(body->number));
}
STORY_READ(name)

STORY_BODY(deny)
{
	story_say(story, "deny %llu %llu %s\n", STORY_U64(body->conn),
	    STORY_U64(body->number),
	    dn_reason_word((enum dn_reason)body->reason));
}
STORY_READ(deny)

STORY_BODY(open)
{
	story_say(story, "open %llu%s%s\n", STORY_U64(body->conn),
	    body->flags & IPC_OPEN_FOREIGN ? " foreign" : "",
	    body->flags & IPC_OPEN_DIALLED ? " dialled" : "");
}
STORY_READ(open)

STORY_BODY(refuse)
{
	story_say(story, "refuse %llu %.*s\n", STORY_U64(body->conn),
	    STORY_STR(body->why));
}
STORY_READ(refuse)

STORY_BODY(close)
{
	story_say(story, "close %llu %u %.*s\n", STORY_U64(body->conn),
	    body->code, STORY_STR(body->why));
}
STORY_READ(close)

STORY_BODY(dial)
{
	story_say(story, "dial %u %.*s %u host %.*s%s%s\n", body->dial,
	    STORY_STR(body->address), body->port, STORY_STR(body->host),
	    body->routing ? "" : " plain", body->tls ? " tls" : "");
}
STORY_READ(dial)

STORY_BODY(undial)
{
	story_say(story, "undial %u\n", body->dial);
}
STORY_READ(undial)

STORY_BODY(show)
{
	static const char *const roles[] = {"", "room ", "import ", "service "};

	assert_in_range(body->role, 0, IPC_ROLE_COUNT - 1);
	story_say(story, "show %s%llu %.*s (%.*s)", roles[body->role],
	    STORY_U64(body->number), STORY_STR(body->name),
	    STORY_STR(body->description));
	story_say_next(story, body->conn, body->state);
}
STORY_READ(show)

STORY_BODY(route)
{
	story_say(story, "route %llu", STORY_U64(body->number));
	story_say_next(story, body->conn, body->state);
}
STORY_READ(route)

STORY_BODY(hide)
{
	story_say(story, "hide %llu\n", STORY_U64(body->number));
}
STORY_READ(hide)

STORY_BODY(announce)
{
	story_say(story, "announce %llu %llu %.*s (%.*s) %u\n",
	    STORY_U64(body->conn), STORY_U64(body->number),
	    STORY_STR(body->name), STORY_STR(body->description), body->hops);
}
STORY_READ(announce)

STORY_BODY(withdraw)
{
	story_say(story, "withdraw %llu %llu\n", STORY_U64(body->conn),
	    STORY_U64(body->number));
}
STORY_READ(withdraw)

STORY_BODY(slice)
{
	story_say(story, "slice %llu\n", STORY_U64(body->conn));
}
STORY_READ(slice)

STORY_BODY(probe)
{
	story_say(story, "probe %llu %u\n", STORY_U64(body->conn),
	    body->msec);
}
STORY_READ(probe)

STORY_BODY(withhold)
{
	story_say(story, "withhold %.*s %u\n", STORY_STR(body->address),
	    body->msec);
}
STORY_READ(withhold)

STORY_BODY(level)
{
	story_say(story, "level %u\n", body->level);
}
STORY_READ(level)

STORY_BODY(member)
{
	static const char *const words[] = {"gone", "joining", "live"};

	assert_in_range(body->membership, 0, IPC_MEMBERSHIP_COUNT - 1);
	story_say(story, "member %llu %llu %s\n", STORY_U64(body->room),
	    STORY_U64(body->user), words[body->membership]);
}
STORY_READ(member)

STORY_BODY(say)
{
	story_say(story, "say %llu %llu %.*s\n", STORY_U64(body->from),
	    STORY_U64(body->to), STORY_STR(body->text));
}
STORY_READ(say)

/* A list in 'text' has its lines joined by '|'. */
STORY_BODY(reply)
{
	static const char *const verbs[] = {
#define STORY_VERB(name, meaning) #name,
		DN_VERBS(STORY_VERB)
#undef STORY_VERB
	};
	size_t i;

	assert_in_range(body->verb, 0, DN_VERB_COUNT - 1);
	assert_in_range(body->about, 0, DN_VERB_COUNT - 1);
	story_say(story, "reply %llu %s", STORY_U64(body->conn),
	    verbs[body->verb]);
	if (body->verb == DN_VERB_FEDRESULT)
		story_say(story, " %s", verbs[body->about]);
	story_say(story, " %u name=%.*s room=%.*s text=", body->result,
	    STORY_STR(body->name), STORY_STR(body->room));
	for (i = 0; i < body->text.size; i++)
		story_say(story, "%c", body->text.data[i] == '\n' ? '|' :
		    body->text.data[i]);
	story_say(story, "\n");
}
STORY_READ(reply)

STORY_BODY(done)
{
	(void)body;
	story_say(story, "done\n");
}
STORY_READ(done)

static inline void
story_read_down(struct story *story)
{
	static void (*const readers[IPC_DOWN_END])(struct story *,
	    struct dn_rd *) = {
#define STORY_ROW(name_, FIELDS, meaning) [IPC_##name_] = story_say_##name_,
		IPC_DOWN(STORY_ROW)
#undef STORY_ROW
	};
	const unsigned char *at = story->updates.down.data;
	size_t rest = story->updates.down.size;
	struct ipc_header header;
	struct dn_rd rd;
	long size;

	for (; rest > 0; at += size, rest -= (size_t)size) {
		size = ipc_peek(at, rest, &header);
		assert_true(size > 0);
		assert_true(ipc_is_down(header.type));
		assert_int_equal(header.seq, ++story->down_seq);
		rd = dn_rd_of(at + IPC_HEADER_BYTES, header.size);
		readers[header.type](story, &rd);
	}
	assert_int_equal(story->down_seq, core_down_seq(story->core));
}

/* Those to the store begin with their id. */
static inline void
story_say_request(struct story *story, const struct request *request)
{
	static const char *const words[] = {
		[REQUEST_ROOM_PUT] = "put room",
		[REQUEST_ROOM_DELETE] = "delete room",
		[REQUEST_MEMBER_PUT] = "put member",
		[REQUEST_MEMBER_DELETE] = "delete member",
		[REQUEST_HISTORY] = "history",
	};

	story_say(story, "%llu: %s %s", STORY_U64(request->id),
	    words[request->kind], request->room);
	if (request->kind == REQUEST_ROOM_PUT)
		story_say(story, " %llu", STORY_U64(request->number));
	if (request->account[0] != '\0')
		story_say(story, " %s", request->account);
	if (request->kind == REQUEST_HISTORY)
		story_say(story, " %u from %llu", request->count,
		    STORY_U64(request->from));
	story_say(story, "\n");
}

/* Requests come last: "resolve ID HOST PORT", "quit", "ID: put room NAME". */
static inline void
story_read_updates(struct story *story)
{
	const struct request *request;
	size_t i;

	story_read_down(story);
	for (i = 0; i < story->updates.request_count; i++) {
		request = &story->updates.requests[i];
		if (request->kind == REQUEST_QUIT)
			story_say(story, "quit\n");
		else if (request->kind == REQUEST_RESOLVE)
			story_say(story, "resolve %u %s %u\n", request->peer,
			    request->host, request->port);
		else
			story_say_request(story, request);
	}
	bytes_append(&story->down, story->updates.down.data,
	    story->updates.down.size);
}

static inline void
story_log(struct story *story, const struct event *event)
{
	unsigned char body[8192];
	struct dn_wr wr = dn_wr_of(body, sizeof(body));
	unsigned char head[26];
	struct dn_wr head_wr = dn_wr_of(head, sizeof(head));

	event_put(&wr, event);
	assert_false(wr.failed);
	dn_wr_uint(&head_wr, 2, event->type);
	dn_wr_uint(&head_wr, 8, event->seq);
	dn_wr_uint(&head_wr, 8, event->now_msec);
	dn_wr_uint(&head_wr, 8, wr.at);
	bytes_append(story->journal, head, sizeof(head));
	bytes_append(story->journal, body, wr.at);
}

static inline void
story_step(struct story *story, struct event *event)
{
	event->now_msec = story->now;
	if (story->journal != NULL)
		story_log(story, event);
	updates_clear(&story->updates);
	if (event->type == EVENT_plane_up) {
		story->down_seq = 0;
		story->up_seq = 0;
	}
	story->err = core_step(story->core, event, &story->updates);
	story_read_updates(story);
}

static inline void
story_up(struct story *story, struct event *event)
{
	event->seq = ++story->up_seq;
	story_step(story, event);
}

/* Lets 'msec' pass; deadlines fire when they are due. */
static inline void
story_wait(struct story *story, uint64_t msec)
{
	uint64_t end = story->now + msec;

	while (core_deadline(story->core) <= end) {
		if (core_deadline(story->core) > story->now)
			story->now = core_deadline(story->core);
		DO(story, tick, 0);
	}
	story->now = end;
}

/* All lines since the last time are 'lines', which each end in \n. */
#define story_expect(story, lines)                                        \
	do {                                                              \
		assert_string_equal((story)->text, (lines));              \
		story_forget(story);                                      \
	} while (0)

static inline void
story_forget(struct story *story)
{
	story->size = 0;
	story->text[0] = '\0';
}

/* True if the last step made notice 'event'. */
static inline bool
story_noticed(const struct story *story, const char *event)
{
	size_t i;

	for (i = 0; i < story->updates.notice_count; i++)
		if (strcmp(story->updates.notices[i].event, event) == 0)
			return true;
	return false;
}

/* The value of 'key' in the last step's notice 'event', or "". */
static inline const char *
story_notice(const struct story *story, const char *event, const char *key)
{
	static char text[NOTICE_BYTES_MAX + 1];
	const struct notice *notice;
	size_t i, j;

	for (i = 0; i < story->updates.notice_count; i++) {
		notice = &story->updates.notices[i];
		for (j = 0; j < notice->count; j++)
			if (strcmp(notice->event, event) == 0 &&
			    strcmp(notice->keys[j], key) == 0) {
				(void)snprintf(text, sizeof(text), "%.*s",
				    STORY_STR(notice->values[j]));
				return text;
			}
	}
	return "";
}

static inline void
story_init(struct story *story)
{
	memset(story, 0, sizeof(*story));
	story->core = core_new();
	story->text = calloc(1, STORY_TEXT_MAX);
	story->now = 1000;
	assert_non_null(story->text);
}

/* 'slice_users' at once hear of a link; 0: as many as ship. */
static inline void
story_configure_slices(struct story *story, const char *name,
    const char *accept, uint32_t slice_users)
{
	char description[64];

	(void)snprintf(description, sizeof(description), "on %s", name);
	DO(story, configure, .name = S(name), .description = S(description),
	    .accept_peers = S(accept), .hops_max = DN_HOPS_MAX_DEFAULT,
	    .text_bytes_max = DN_TEXT_BYTES_DEFAULT,
	    .link_silence_msec = DN_LINK_SILENCE_MSEC,
	    .history_replay = DN_HISTORY_REPLAY_DEFAULT,
	    .slice_users = slice_users);
}

static inline void
story_configure(struct story *story, const char *name, const char *accept)
{
	story_configure_slices(story, name, accept, 0);
}

/* Server 'name' with a dnchatd that has nothing. */
static inline void
story_begin(struct story *story, const char *name, uint64_t seed)
{
	story_init(story);
	DO(story, start, .seed = seed);
	story_configure(story, name, "");
	DO(story, plane_up, .incarnation = 77);
	UP(story, synced, 0);
	story_expect(story, "config text 4096 silence 3000 flags 0\n");
}

static inline void
story_end(struct story *story)
{
	core_free(story->core);
	updates_deinit(&story->updates);
	bytes_deinit(&story->down);
	free(story->text);
}

/* Saves, loads, and goes on with the loaded one. */
static inline void
story_reload(struct story *story)
{
	struct bytes saved = {0}, again = {0};
	struct core *core;

	core_save(story->core, &saved);
	core = core_load(saved.data, saved.size);
	assert_non_null(core);
	core_save(core, &again);
	assert_int_equal(saved.size, again.size);
	assert_memory_equal(saved.data, again.data, saved.size);
	assert_int_equal(core_deadline(story->core), core_deadline(core));
	assert_int_equal(core_has_slices(story->core), core_has_slices(core));
	core_free(story->core);
	story->core = core;
	bytes_deinit(&saved);
	bytes_deinit(&again);
}

/* ---- what tests need again and again ---- */

static inline void
story_login(struct story *story, uint64_t conn, uint64_t number,
    const char *name)
{
	story_up(story, &(struct event){.type = EVENT_login, .body.login = {
	    .conn = conn, .number = number, .name = S(name),
	    .source = S("192.0.2.9:4000"), .verdict = 1}});
}

/* A server of our kind dials us. */
static inline void
story_link(struct story *story, uint64_t conn)
{
	char source[32];

	(void)snprintf(source, sizeof(source), "10.0.0.%llu:5000",
	    STORY_U64(conn % 250));
	UP(story, srvr, .conn = conn, .flags = IPC_LINK_ROUTING,
	    .source = S(source));
}

static inline void
story_arrv(struct story *story, uint64_t conn, uint64_t number,
    const char *name, uint32_t hops)
{
	UP(story, arrv, .conn = conn, .number = number, .hops = hops,
	    .name = S(name), .description = S("there"));
}

#endif
