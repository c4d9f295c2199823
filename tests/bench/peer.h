/*
 * Servers of others, as Debian packages have them, to measure beside ours:
 * where they are, and how they are set up.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench.h"
#include "dialect.h"

#define PEER_WORDS_MAX 8

/* What its clients speak. */
const struct dialect *peer_dialect(enum bench_system system);

/* What it prints once it listens. */
const char *peer_ready(enum bench_system system);

/* Finds the program of 'system'; its path goes to 'path'. False, with a line
 * on stderr that says what to install, if there is none. */
bool peer_find(enum bench_system system, char *path, size_t size);

/*
 * Writes the configuration of 'system', which lets it show its best, to the
 * file 'config' in the folder 'work'; it is to listen on 'port' of 127.0.0.1.
 * What starts it goes to 'words', which ends with NULL; 'program' and 'config'
 * are used there as they are. False, with a line on stderr, if the file cannot
 * be written.
 */
bool peer_configure(enum bench_system system, const char *program,
    const char *work, const char *config, uint16_t port,
    const char *words[PEER_WORDS_MAX]);

#endif
