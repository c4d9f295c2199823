/*
 * Second part of an exploration: once all states are known, a search in depth
 * through them for runs that never end, and for the longest one that does.
 */
#ifndef SIM_ENDLESS_H
#define SIM_ENDLESS_H

#include "known.h"
#include "progress.h"
#include "symmetry.h"

struct endless_result {
	enum progress_verdict verdict; /* PROGRESS_ON: it is complete */
	unsigned run;          /* most steps until rest without an event */
	uint64_t *cycle;       /* fingerprints of states that follow each */
	size_t cycle_length;   /* other for ever; 0 if there are none */
};

/* Searches from 'start', all that follows from which is in 'known'. The caller
 * frees result->cycle. */
void endless_search(const struct world_net *net, const struct world *start,
    const struct symmetry *symmetry, const struct known *known,
    struct progress *progress, struct endless_result *result);

#endif
