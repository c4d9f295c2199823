/*
 * dncontrol's word: one handler a record of IPC_DOWN. Between uplink.c, which
 * has the bytes, and plane.c and conn.c, which do it.
 */
#ifndef DATAPLANE_PUSH_H
#define DATAPLANE_PUSH_H

#include "dnchat/err.h"

struct plane;

/* What is applied in one turn: PUSH_RECORD_COST a record, and 1 for each client
 * that is told of it. Others have their turn between such pieces. For each
 * client it is PUSH_CLIENT_COST more: one write for the few words of a turn
 * costs more than the words. */
#define PUSH_COST_MAX 4096
#define PUSH_RECORD_COST 8
#define PUSH_CLIENT_COST 256

/*
 * Applies whole records that have been read, and acknowledges them. Where more
 * may wait, as these cost enough, plane->control_waits is set.
 * Errors, after which the session must end: DN_E_MALFORMED (size, type or
 * values), DN_E_STATE (a number or record out of order), DN_E_VERSION.
 */
enum dn_err push_records(struct plane *plane);

#endif
