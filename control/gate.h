/* Servers that dial us: accepted or refused. Under core.c. */
#ifndef CONTROL_GATE_H
#define CONTROL_GATE_H

#include "state.h"

/* An accepted connection says that it is a server. */
enum dn_err gate_srvr(struct core *core, const struct event *event);

#endif
