/*
 * Virtual time, what will happen in it, and chance: one world at a time, as
 * the planes' shells ask for the time without saying whose. All that a run
 * does comes from its seed.
 */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_MSEC UINT64_C(1000)
#define SIM_SEC (1000 * SIM_MSEC)

/* What happens to 'object'; 'what' is the scheduler's. */
typedef void sim_act(void *object, uint64_t what);

/* A world begins, with nothing to happen in it; and ends. */
void sim_clock_begin(uint64_t seed);
void sim_clock_end(void);

/* Now, in microseconds. */
uint64_t sim_now(void);

/* 'act' happens at 'at_usec', or now if that is past; in the order of these
 * calls where times are equal. 'object' must live until then. */
void sim_at(uint64_t at_usec, sim_act *act, void *object, uint64_t what);

/* Time goes on to what happens next, unless that is after 'until_usec'; false
 * then, and time is 'until_usec'. */
bool sim_step(uint64_t until_usec);

/* A number below 'limit', which is not 0. */
uint32_t sim_below(uint32_t limit);

/* True in 'percent' of 100 cases. */
bool sim_chance(uint32_t percent);

/* 64 bits by chance. */
uint64_t sim_random(void);

/* Counts events of the simulation, and how many there were in all worlds. */
void sim_count(uint64_t count);
uint64_t sim_counted(void);

#endif
