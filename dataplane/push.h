/*
 * dncontrol's word: one handler a record of IPC_DOWN. Between uplink.c, which
 * has the bytes, and plane.c and conn.c, which do it.
 */
#ifndef DATAPLANE_PUSH_H
#define DATAPLANE_PUSH_H

#include "dnchat/err.h"

struct plane;

/*
 * Applies all whole records that have been read, and acknowledges them.
 * Errors, after which the session must end: DN_E_MALFORMED (size, type or
 * values), DN_E_STATE (a number or record out of order), DN_E_VERSION.
 */
enum dn_err push_records(struct plane *plane);

#endif
