/*
 * A server of other origin in the place of a node: the classic distance vector
 * of classic.c over the protocol's messages. It has no users; it forwards.
 */
#ifndef SIM_FOREIGN_H
#define SIM_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "classic.h"
#include "sim_wire.h"

struct foreign;

struct foreign *foreign_new(unsigned index, enum classic_kind kind);
void foreign_free(struct foreign *foreign);

/* One end of a link; it begins with SRVR if it 'dialled'. */
void foreign_take(struct foreign *foreign, struct wire_end *end,
    bool dialled);

#endif
