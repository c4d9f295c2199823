/*
 * CONTRACT of the core: what it wants done. Records for dnchatd, already
 * numbered and encoded; requests to the shell; and notices, which the shell
 * logs and shows to whoever watches. After a crash the shell replays the
 * journal: records up to what dnchatd applied are skipped, requests and
 * notices of the replay are ignored (RESUMED brings pending requests again).
 */
#ifndef CONTROL_UPDATE_H
#define CONTROL_UPDATE_H

#include "bytes.h"
#include "dnchat/ipc.h"
#include "dnchat/log.h"

/*
 * Those to the store are done in their order, and may be made again after a
 * crash: each says how it shall be, not what changes.
 */
enum request_kind {
	REQUEST_RESOLVE, /* look 'host' up; answer with a RESOLVED event */
	REQUEST_QUIT,    /* dnchatd was told DONE: end as soon as that is sent */
	REQUEST_ROOM_PUT,      /* keep 'room' with 'number': STORED */
	REQUEST_ROOM_DELETE,   /* forget 'room', members and history: STORED */
	REQUEST_MEMBER_PUT,    /* keep 'account' in 'room': STORED */
	REQUEST_MEMBER_DELETE, /* forget that: STORED */
	REQUEST_HISTORY  /* the last 'count' of what was said in 'room', or the
			  * first after line 'after', if that is not 0: HISTORY */
};

struct request {
	enum request_kind kind;
	uint32_t peer;  /* RESOLVE: to be repeated in the answer */
	uint16_t port;
	char host[DN_HOST_BYTES_MAX + 1];
	uint64_t id;     /* to the store: to be repeated in the answer */
	uint64_t number; /* ROOM_PUT */
	char room[DN_ROOM_NAME_BYTES_MAX + 1]; /* without '#' */
	char account[DN_NAME_OWN_BYTES_MAX + 1];
	uint32_t count;  /* HISTORY */
	uint64_t from;
};

/* More in one step are not told one by one: the last is "notices_dropped". */
#define UPDATES_NOTICES_MAX 1024

#define NOTICE_FIELDS_MAX 8
#define NOTICE_BYTES_MAX 1024

/* One thing that happened: an event word and pairs of key and value. */
struct notice {
	enum dn_log_level level;
	const char *event; /* a literal, e.g. "link_up" */
	size_t count;
	const char *keys[NOTICE_FIELDS_MAX]; /* literals */
	struct dn_str values[NOTICE_FIELDS_MAX]; /* point into 'text' */
	char text[NOTICE_BYTES_MAX];
	size_t text_size;
};

/* Zeroed is empty. The shell takes what it finds and calls updates_clear(). */
struct updates {
	struct bytes down;
	struct request *requests;
	size_t request_count, request_room;
	struct notice *notices;
	size_t notice_count, notice_room;
};

/* Takes everything out; the memory is kept for the next step. */
void updates_clear(struct updates *updates);
/* Frees the memory. */
void updates_deinit(struct updates *updates);

/* Appends a request; what it returns is zeroed and to be filled in. */
struct request *updates_request(struct updates *updates, enum request_kind kind);

/* Appends a notice; fields are added with notice_add() or notice_add_number(),
 * which copy, and drop what exceeds NOTICE_FIELDS_MAX or NOTICE_BYTES_MAX.
 * NULL, which those two take, once UPDATES_NOTICES_MAX are there. */
struct notice *updates_notice(struct updates *updates,
    enum dn_log_level level, const char *event);
void notice_add(struct notice *notice, const char *key, struct dn_str value);
void notice_add_number(struct notice *notice, const char *key, uint64_t value);

#endif
