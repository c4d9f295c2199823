/*
 * One function for each struct both writes and reads it, so that the two can't
 * drift apart. save.c has the whole, save_user.c the users, save_peer.c the
 * servers, save_room.c the rooms; a reader that once failed stays failed, as a struct dn_rd.
 */
#ifndef CONTROL_SAVE_H
#define CONTROL_SAVE_H

#include "state.h"

/* What is read of older versions: without seats, rooms and the like. */
#define SAVE_VERSION_ROOMS 2
/* ... without what is known of who dialled us, and orders otherwise. */
#define SAVE_VERSION_OFFERS 3
/* ... without servers that are dialled over TLS. */
#define SAVE_VERSION_TLS 4
/* ... without links that have gone, but not for every user yet. */
#define SAVE_VERSION_LOST 5

/* Which way it goes: 'out' is NULL where it reads from 'rd'. */
struct save {
	struct bytes *out;
	struct dn_rd rd;
	uint32_t version; /* of what is read or written */
};

/* Writes '*value', or reads it. */
void save_u8(struct save *save, uint8_t *value);
void save_u16(struct save *save, uint16_t *value);
void save_u32(struct save *save, uint32_t *value);
void save_u64(struct save *save, uint64_t *value);
void save_bool(struct save *save, bool *value);

/* Next hops: slots, or ROUTE_SELF and ROUTE_NONE. */
void save_slot(struct save *save, int16_t *value);

/* What it reads points into the bytes read. */
void save_str(struct save *save, struct dn_str *value);

/* What it reads replaces '*value', which is for free(); NULL is none. */
void save_string(struct save *save, char **value);

/* Whether it runs, and then until when. */
void save_timer(struct save *save, struct core *core, struct timer *timer);

/* Reading: what has been read makes no sense. */
void save_fail(struct save *save);

static inline bool
save_is_reading(const struct save *save)
{
	return save->out == NULL;
}

/* True as long as reading makes sense; always when writing. */
static inline bool
save_is_good(const struct save *save)
{
	return save->out != NULL || !save->rd.failed;
}

/* All servers, in their order, and links that have gone; after the users, how
 * far each has got. */
void save_peers(struct save *save, struct core *core);
void save_cursors(struct save *save, struct core *core);

/* Federated servers, and what links to them are. The servers of save_peers()
 * have been read. */
void save_federation(struct save *save, struct core *core);

/* All users, in their order. The servers have been read. */
void save_users(struct save *save, struct core *core);

/* All rooms, and what is outstanding about them. The users have been read. */
void save_rooms(struct save *save, struct core *core);

#endif
