/* The configuration as events for the core. Between main.c, which reads it,
 * and the engine. */
#ifndef CONTROL_APPLY_H
#define CONTROL_APPLY_H

#include "config.h"
#include "engine.h"

/* Tells the core of all but log level and links; 'port' is where dnchatd
 * listens, 0 if that is not known. */
void apply_configure(struct engine *engine, const struct config *config,
    uint16_t port);

/* Sets the log level of both daemons, where the configuration names one. */
void apply_level(struct engine *engine, const struct config *config);

/* Dials what the configuration names and did not name before. */
void apply_connect(struct engine *engine, const struct config *config);

/* The port in the first of 'listening', or 0. */
uint16_t apply_port(struct dn_str listening);

#endif
