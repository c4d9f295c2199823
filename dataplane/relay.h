/*
 * Receipts of what rooms passed on: the numbers under which a message went to
 * a room's members, and whose message it was. Between plane_room.c, which
 * passes messages on, and the ACKNs that come back. DN_RELAYED_MAX numbers at
 * most, for DN_MESSAGE_MSEC; the oldest gives way.
 *
 * 'now_msec' is monotonic and must not go back from call to call.
 */
#ifndef DATAPLANE_RELAY_H
#define DATAPLANE_RELAY_H

#include <stdbool.h>
#include <stddef.h>

#include "dnchat/err.h"
#include "dnchat/limits.h"

struct relay;

/* Whose message it was, and how he numbered it. */
struct relay_origin {
	uint64_t author;
	uint64_t number;
};

/* An empty one, or NULL if out of memory. 'seed' must be hard to guess. */
struct relay *relay_new(uint64_t seed);

/* Frees 'relay'; NULL is allowed. */
void relay_free(struct relay *relay);

/*
 * What 'origin' said went to 'member' as 'number', which is used for nothing
 * else; 'member' 0: to all members who are here.
 * Errors: DN_E_MEMORY (its receipts are lost).
 */
enum dn_err relay_put(struct relay *relay, uint64_t number, uint64_t member,
    const struct relay_origin *origin, uint64_t now_msec);

/*
 * 'acker' has received 'number': true if its author is to be told, and then
 * '*origin' is set. For what went to one member that is once; of what went to
 * all who are here, the message table knows who has acknowledged it.
 */
bool relay_acknowledge(struct relay *relay, uint64_t number, uint64_t acker,
    uint64_t now_msec, struct relay_origin *origin);

/* Forgets what is too old. relay_put() and relay_acknowledge() do so too: this
 * is for quiet times. */
void relay_expire(struct relay *relay, uint64_t now_msec);

/* How many numbers are known. */
size_t relay_count(const struct relay *relay);

#endif
