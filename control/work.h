/*
 * Work that takes long, done by threads of its own: a bounded queue in, first
 * come first served, and what is done comes back into the loop. Under
 * archive.c (one thread, which blocks on the disk) and service.c (two, which
 * hash passwords). The only file that knows threads.
 */
#ifndef CONTROL_WORK_H
#define CONTROL_WORK_H

#include <stdbool.h>
#include <stddef.h>

#include "net.h"

#define WORK_THREADS_MAX 2

/* The first member of whatever the work is about. Until 'done' is called it
 * belongs to the queue, and while 'run' runs to its thread alone. */
struct work_job {
	struct work_job *next;
	/* In a thread. */
	void (*run)(struct work_job *job);
	/* In a turn of the loop. False: it did not run, there was too much to
	 * do. */
	void (*done)(struct work_job *job, bool has_run);
	/* Instead of 'done' where the loop ends. */
	void (*drop)(struct work_job *job);
	bool has_run;
};

struct work;

/* Ends the process where the system has no threads. */
struct work *work_new(struct net *net, unsigned thread_count,
    size_t queue_max);

/* Takes NULL. Waits for what runs; what waits is run first if 'is_patient',
 * else dropped. */
void work_free(struct work *work, bool is_patient);

/* 'job' comes behind those that wait; it is refused, by 'done' in a later
 * turn, where 'queue_max' do. */
void work_put(struct work *work, struct work_job *job);

/* The same for a job that must not be refused: its kind is bounded
 * elsewhere. */
void work_insist(struct work *work, struct work_job *job);

/* How many wait for a thread. */
size_t work_waiting(struct work *work);

#endif
