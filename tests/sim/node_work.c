/*
 * control/work.h in virtual time: what a node's dncontrol gives to threads is
 * done one after the other, some while later, and some while after that told.
 * And what the jobs of its store meet: a database in memory, which outlives
 * dncontrol as a file does, and the time of day. store.c is linked with --wrap
 * for these calls.
 */
#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <time.h>

#include "../../control/work.h"
#include "node.h"
#include "node_net.h"
#include "sim_clock.h"

/* A job takes less than that; or, now and then, the disk is slow. */
#define NODE_WORK_MSEC 4
#define NODE_WORK_SLOW_MSEC 400
#define NODE_WORK_SLOW_PERCENT 3
/* The Unix time at which worlds begin. */
#define NODE_EPOCH_SEC 1700000000

struct work_list {
	struct work_job *first, **end;
	size_t count;
};

struct work {
	struct node *node;
	struct net_timer *timer;
	struct work_list waiting, over;
	size_t queue_max;
};

int __real_sqlite3_open_v2(const char *path, sqlite3 **db, int flags,
    const char *vfs);
int __real_sqlite3_close(sqlite3 *db);
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **db, int flags,
    const char *vfs);
int __wrap_sqlite3_close(sqlite3 *db);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

/* ---- the queue ---- */

static void
work_add(struct work_list *list, struct work_job *job)
{
	job->next = NULL;
	*list->end = job;
	list->end = &job->next;
	list->count++;
}

static struct work_list
work_list_of(struct work_list *list)
{
	struct work_list all = *list;

	*list = (struct work_list){NULL, &list->first, 0};
	return all;
}

static void
work_arm(struct work *work)
{
	uint32_t most_msec = sim_chance(NODE_WORK_SLOW_PERCENT) ?
	    NODE_WORK_SLOW_MSEC : NODE_WORK_MSEC;

	net_timer_set(work->timer, net_now_msec() + sim_below(most_msec));
}

static void
work_run(struct work *work)
{
	struct work_job *job = work->waiting.first;

	work->waiting.first = job->next;
	if (--work->waiting.count == 0)
		work->waiting.end = &work->waiting.first;
	job->run(job);
	job->has_run = true;
	work_add(&work->over, job);
}

static void
work_fired(void *context)
{
	struct work *work = context;
	struct work_list over = work_list_of(&work->over);
	struct work_job *job, *next;

	for (job = over.first; job != NULL; job = next) {
		next = job->next;
		job->done(job, job->has_run);
	}
	if (work->waiting.count > 0)
		work_run(work);
	if (work->waiting.count > 0 || work->over.count > 0)
		work_arm(work);
}

struct work *
work_new(struct net *net, unsigned thread_count, size_t queue_max)
{
	struct work *work = calloc(1, sizeof(*work));

	(void)thread_count;
	assert(work != NULL);
	work->node = node_net_node(net);
	work->queue_max = queue_max;
	work->timer = net_timer_new(net, work_fired, work);
	(void)work_list_of(&work->waiting);
	(void)work_list_of(&work->over);
	return work;
}

static void
work_drop(struct work_list *list)
{
	struct work_job *job, *next;

	for (job = list->first; job != NULL; job = next) {
		next = job->next;
		job->drop(job);
	}
}

/* Who is killed has done some of what waits, and told nobody. */
void
work_free(struct work *work, bool is_patient)
{
	size_t count;

	if (work == NULL)
		return;
	count = is_patient ? work->waiting.count : 0;
	if (work->node->is_killed)
		count = sim_below((uint32_t)count + 1);
	while (count-- > 0)
		work_run(work);
	work_drop(&work->waiting);
	work_drop(&work->over);
	net_timer_free(work->timer);
	free(work);
}

void
work_put(struct work *work, struct work_job *job)
{
	job->has_run = false;
	work_add(work->waiting.count >= work->queue_max ? &work->over :
	    &work->waiting, job);
	if (work->waiting.count + work->over.count == 1)
		work_arm(work);
}

void
work_insist(struct work *work, struct work_job *job)
{
	job->has_run = false;
	work_add(&work->waiting, job);
	if (work->waiting.count + work->over.count == 1)
		work_arm(work);
}

size_t
work_waiting(struct work *work)
{
	return work->waiting.count;
}

/* ---- the store's file ---- */

int
__wrap_sqlite3_open_v2(const char *path, sqlite3 **db, int flags,
    const char *vfs)
{
	struct node *node = node_disk_user();
	int result = SQLITE_OK;

	(void)path;
	if (node->store == NULL)
		result = __real_sqlite3_open_v2(":memory:", &node->store,
		    flags, vfs);
	*db = node->store;
	return result;
}

int
__wrap_sqlite3_close(sqlite3 *db)
{
	/* The file stays. */
	(void)db;
	return SQLITE_OK;
}

void
node_store_end(struct node *node)
{
	(void)__real_sqlite3_close(node->store);
	node->store = NULL;
}

int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	now->tv_sec = NODE_EPOCH_SEC + (time_t)(sim_now() / SIM_SEC);
	now->tv_nsec = (long)(sim_now() % SIM_SEC * 1000);
	return 0;
}
