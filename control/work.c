/* Threads and their queue: see work.h. */
#include "work.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "dnchat/log.h"
#include "memory.h"

struct work_list {
	struct work_job *first, **end;
	size_t count;
};

struct work {
	pthread_t threads[WORK_THREADS_MAX];
	unsigned thread_count;
	size_t queue_max;
	pthread_mutex_t mutex;  /* guards what follows */
	pthread_cond_t arrived;
	struct work_list waiting, over;
	bool ending;
	struct net_bell *bell;
};

static void
work_list_clear(struct work_list *list)
{
	*list = (struct work_list){NULL, &list->first, 0};
}

static void
work_list_add(struct work_list *list, struct work_job *job)
{
	job->next = NULL;
	*list->end = job;
	list->end = &job->next;
	list->count++;
}

static struct work_job *
work_list_take(struct work_list *list)
{
	struct work_job *job = list->first;

	list->first = job->next;
	if (list->first == NULL)
		list->end = &list->first;
	list->count--;
	return job;
}

static void *
work_thread(void *context)
{
	struct work *work = context;
	struct work_job *job;

	pthread_mutex_lock(&work->mutex);
	for (;;) {
		while (work->waiting.count == 0 && !work->ending)
			pthread_cond_wait(&work->arrived, &work->mutex);
		if (work->waiting.count == 0)
			break;
		job = work_list_take(&work->waiting);
		pthread_mutex_unlock(&work->mutex);
		job->run(job);
		job->has_run = true;
		pthread_mutex_lock(&work->mutex);
		work_list_add(&work->over, job);
		net_ring(work->bell);
	}
	pthread_mutex_unlock(&work->mutex);
	return NULL;
}

/* Hands back what is over; more may come while it does. */
static void
work_rung(void *context)
{
	struct work *work = context;
	struct work_job *job, *next;

	pthread_mutex_lock(&work->mutex);
	job = work->over.first;
	work_list_clear(&work->over);
	pthread_mutex_unlock(&work->mutex);
	for (; job != NULL; job = next) {
		next = job->next;
		job->done(job, job->has_run);
	}
}

struct work *
work_new(struct net *net, unsigned thread_count, size_t queue_max)
{
	struct work *work = memory_new(sizeof(*work));
	sigset_t all, before;

	work->queue_max = queue_max;
	work_list_clear(&work->waiting);
	work_list_clear(&work->over);
	pthread_mutex_init(&work->mutex, NULL);
	pthread_cond_init(&work->arrived, NULL);
	work->bell = net_bell_new(net, work_rung, work);
	/* Signals are for the loop. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (work->thread_count < thread_count) {
		if (pthread_create(&work->threads[work->thread_count], NULL,
		    work_thread, work) != 0) {
			dn_error("threads", "why=\"the system has none\"");
			abort();
		}
		work->thread_count++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return work;
}

static void
work_drop(struct work_list *list)
{
	struct work_job *job;

	while (list->count > 0) {
		job = work_list_take(list);
		job->drop(job);
	}
}

void
work_free(struct work *work, bool is_patient)
{
	struct work_list waiting;
	unsigned i;

	if (work == NULL)
		return;
	work_list_clear(&waiting);
	pthread_mutex_lock(&work->mutex);
	while (!is_patient && work->waiting.count > 0)
		work_list_add(&waiting, work_list_take(&work->waiting));
	work->ending = true;
	pthread_cond_broadcast(&work->arrived);
	pthread_mutex_unlock(&work->mutex);
	for (i = 0; i < work->thread_count; i++)
		pthread_join(work->threads[i], NULL);
	work_drop(&waiting);
	work_drop(&work->over);
	net_bell_free(work->bell);
	pthread_cond_destroy(&work->arrived);
	pthread_mutex_destroy(&work->mutex);
	free(work);
}

static void
work_add(struct work *work, struct work_job *job, bool is_bounded)
{
	job->has_run = false;
	pthread_mutex_lock(&work->mutex);
	if (is_bounded && work->waiting.count >= work->queue_max) {
		work_list_add(&work->over, job);
		net_ring(work->bell);
	} else {
		work_list_add(&work->waiting, job);
		pthread_cond_signal(&work->arrived);
	}
	pthread_mutex_unlock(&work->mutex);
}

void
work_put(struct work *work, struct work_job *job)
{
	work_add(work, job, true);
}

void
work_insist(struct work *work, struct work_job *job)
{
	work_add(work, job, false);
}

size_t
work_waiting(struct work *work)
{
	size_t count;

	pthread_mutex_lock(&work->mutex);
	count = work->waiting.count;
	pthread_mutex_unlock(&work->mutex);
	return count;
}
