/* What our own users may be called (design: Identity). login.c asks it. */
#ifndef CONTROL_NAME_H
#define CONTROL_NAME_H

#include "dnchat/buf.h"

/*
 * True if 'name' is 1 to DN_NAME_OWN_BYTES_MAX bytes of UTF-8 in normal form
 * C, without control, format and line separator characters, without blanks
 * at its ends, and does not begin with '#'.
 */
bool name_is_good(struct dn_str name);

#endif
