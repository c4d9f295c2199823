/*
 * How many users can connect, log in and leave again in a second.
 */
#ifndef BENCH_LOGIN_H
#define BENCH_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "bench.h"
#include "server.h"

/*
 * 'lanes' clients connect, log in, close in good order and begin again, for
 * 'msec' after a while of warming up. Fills '*sample'. False, and '*error', if
 * a login failed.
 */
bool login_run(uint32_t lanes, uint64_t msec, const struct server *server,
    struct bench_sample *sample, const char **error);

#endif
