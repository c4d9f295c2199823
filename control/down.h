/*
 * Records for dnchatd: DOWN(core, hide, .number = 5) numbers and writes one.
 * Nothing is written, and no number used, while dnchatd is not there.
 */
#ifndef CONTROL_DOWN_H
#define CONTROL_DOWN_H

#include <assert.h>

#include "state.h"

/* No record of DOWN() is longer: a name, a description, and the numbers. */
#define DOWN_BYTES_MAX 2048

/* True if there is somebody to read it. */
static inline bool
down_begin(struct core *core, struct dn_wr *wr, size_t room_bytes)
{
	if (core->incarnation == 0 || core->done)
		return false;
	*wr = dn_wr_of(bytes_reserve(&core->updates->down, room_bytes),
	    room_bytes);
	core->down_seq++;
	return true;
}

static inline void
down_end(struct core *core, const struct dn_wr *wr)
{
	assert(!wr->failed);
	core->updates->down.size += wr->at;
}

#define DOWN(core, record_, ...) DOWN_LONG(core, 0, record_, __VA_ARGS__)

/* The same, with 'text_bytes' of text. */
#define DOWN_LONG(core, text_bytes, record_, ...)                         \
	do {                                                              \
		struct ipc_##record_ down_body_ = {__VA_ARGS__};          \
		struct dn_wr down_wr_;                                    \
		if (down_begin((core), &down_wr_,                         \
		    DOWN_BYTES_MAX + (text_bytes))) {                     \
			IPC_PUT(&down_wr_, record_, (core)->down_seq,     \
			    &down_body_);                                 \
			down_end((core), &down_wr_);                      \
		}                                                         \
	} while (0)

#endif
