/* The store's thread: see archive.h. */
#include "archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "dnchat/log.h"
#include "memory.h"

/* Lines on their way. */
struct archive_lines {
	struct archive_job job;
	struct bytes bytes; /* seq, time, room, author, text of each */
	uint64_t incarnation, upto;
	uint64_t count, lost;
	uint32_t count_max;
};

struct archive_request {
	struct archive_job job;
	struct request request;
	uint64_t oldest_msec;
	struct bytes rows;
};

/* Rooms and members as they are read: name, number, account or "". */
struct archive_rooms {
	struct archive_job job;
	struct bytes bytes;
};

struct archive_expiry {
	struct archive_job job;
	uint64_t oldest_msec;
	bool more;
};

struct archive {
	struct archive_ops ops;
	struct archive_bounds bounds;
	struct work *work;
	struct net_timer *probe, *expire;
	/* Of the thread, once it runs: */
	char path[STORE_PATH_BYTES];
	struct store *store;   /* NULL: it can't be opened */
	enum dn_err held;      /* DN_OK, or why changes are refused */
	char held_why[STORE_WHY_BYTES];
	/* Of the loop: */
	struct archive_lines *lines; /* that were not put yet; or NULL */
	unsigned lines_out;          /* portions on their way */
	size_t lines_bytes;          /* in all */
	uint64_t seen_incarnation, seen_seq; /* the last line that came */
	uint64_t lines_lost;
	bool has_rooms;
	char why[STORE_WHY_BYTES];   /* "": it is well */
};

uint64_t
archive_now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- in the thread ---- */

static bool
archive_is_failure(enum dn_err err)
{
	return err == DN_E_TIMEOUT || err == DN_E_FULL || err == DN_E_IO ||
	    err == DN_E_VERSION;
}

static void
archive_hold(struct archive *archive, enum dn_err err, const char *why)
{
	archive->held = err;
	snprintf(archive->held_why, sizeof(archive->held_why), "%s", why);
	/* A handle on a file that went bad is of no use any more. */
	if (err == DN_E_IO) {
		store_close(archive->store);
		archive->store = NULL;
	}
}

static void
archive_run(struct work_job *work)
{
	struct archive_job *job = (struct archive_job *)work;
	struct archive *archive = job->archive;

	job->why[0] = '\0';
	if (archive->store == NULL || (job->is_change &&
	    archive->held != DN_OK)) {
		job->err = archive->held;
	} else {
		job->err = job->run(job, archive->store);
		if (!archive_is_failure(job->err))
			return;
		archive_hold(archive, job->err, store_why(archive->store));
	}
	snprintf(job->why, sizeof(job->why), "%s", archive->held_why);
}

/* Is it all right again? */
static void
archive_run_probe(struct work_job *work)
{
	struct archive_job *job = (struct archive_job *)work;
	struct archive *archive = job->archive;
	char why[STORE_WHY_BYTES] = "";

	if (archive->store == NULL)
		job->err = store_open(&archive->store, archive->path, why);
	else
		job->err = DN_OK;
	if (job->err == DN_OK) {
		job->err = store_probe(archive->store);
		snprintf(why, sizeof(why), "%s", store_why(archive->store));
	}
	if (job->err == DN_OK)
		why[0] = '\0';
	archive_hold(archive, job->err, why);
	memcpy(job->why, why, sizeof(job->why));
}

/* ---- in the loop ---- */

static void
archive_failed(struct archive *archive, const char *why)
{
	if (strcmp(archive->why, why) != 0)
		dn_error("store", "result=degraded file=%s why=%s "
		    "note=\"talk goes on, and whoever logged in before gets "
		    "in; nobody can register, and history is lost\"",
		    dn_log_str(dn_str_of(archive->path)).text,
		    dn_log_str(dn_str_of(why)).text);
	snprintf(archive->why, sizeof(archive->why), "%s", why);
	net_timer_set(archive->probe, net_now_msec() + ARCHIVE_PROBE_MSEC);
}

static void
archive_over(struct work_job *work, bool has_run)
{
	struct archive_job *job = (struct archive_job *)work;

	if (!has_run)
		job->err = DN_E_FULL;
	else if (job->why[0] != '\0' && job->archive->why[0] == '\0')
		archive_failed(job->archive, job->why);
	job->done(job);
}

static void
archive_drop(struct work_job *work)
{
	struct archive_job *job = (struct archive_job *)work;

	job->drop(job);
}

static void
archive_prepare(struct archive *archive, struct archive_job *job)
{
	job->archive = archive;
	job->job.run = archive_run;
	job->job.done = archive_over;
	job->job.drop = archive_drop;
	job->why[0] = '\0';
	job->err = DN_OK;
}

void
archive_put(struct archive *archive, struct archive_job *job)
{
	archive_prepare(archive, job);
	work_put(archive->work, &job->job);
}

static void
archive_free_job(struct archive_job *job)
{
	free(job);
}

/* ---- rooms ---- */

static void
archive_room_read(void *context, const char *room, uint64_t number,
    const char *account)
{
	struct archive_rooms *rooms = context;
	struct dn_str names[2] = {dn_str_of(room),
	    dn_str_of(account != NULL ? account : "")};
	size_t size = 16 + names[0].size + names[1].size;
	struct dn_wr wr;

	wr = dn_wr_of(bytes_reserve(&rooms->bytes, size), size);
	dn_wr_uint(&wr, 8, number);
	dn_wr_str(&wr, names[0]);
	dn_wr_str(&wr, names[1]);
	rooms->bytes.size += size;
}

static enum dn_err
archive_rooms_run(struct archive_job *job, struct store *store)
{
	return store_rooms(store, archive_room_read, job);
}

static void
archive_rooms_drop(struct archive_job *job)
{
	struct archive_rooms *rooms = (struct archive_rooms *)job;

	bytes_deinit(&rooms->bytes);
	free(rooms);
}

static void
archive_rooms_done(struct archive_job *job)
{
	struct archive_rooms *rooms = (struct archive_rooms *)job;
	struct archive *archive = job->archive;
	struct dn_rd rd = dn_rd_of(rooms->bytes.data, rooms->bytes.size);
	char *room, *account;
	uint64_t number;

	while (job->err == DN_OK && !archive->has_rooms && rd.at < rd.size) {
		number = dn_rd_uint(&rd, 8);
		room = memory_string(dn_rd_str(&rd));
		account = memory_string(dn_rd_str(&rd));
		archive->ops.room(archive->ops.context, room, number,
		    *account != '\0' ? account : NULL);
		free(room);
		free(account);
	}
	if (job->err == DN_OK)
		archive->has_rooms = true;
	archive_rooms_drop(job);
}

static struct archive_rooms *
archive_rooms_new(struct archive *archive)
{
	struct archive_rooms *rooms = memory_new(sizeof(*rooms));

	rooms->job.run = archive_rooms_run;
	rooms->job.done = archive_rooms_done;
	rooms->job.drop = archive_rooms_drop;
	archive_prepare(archive, &rooms->job);
	return rooms;
}

void
archive_skip_rooms(struct archive *archive)
{
	archive->has_rooms = true;
}

/* ---- probes and expiry: what time brings ---- */

static void
archive_probed(struct archive_job *job)
{
	struct archive *archive = job->archive;

	if (job->err == DN_OK && archive->why[0] != '\0') {
		dn_info("store", "result=recovered lines_lost=%ju",
		    (uintmax_t)archive->lines_lost);
		archive->why[0] = '\0';
		if (!archive->has_rooms)
			work_insist(archive->work,
			    &archive_rooms_new(archive)->job.job);
	} else if (job->err != DN_OK) {
		archive_failed(archive, job->why);
	}
	free(job);
}

static struct archive_job *
archive_probe_new(struct archive *archive)
{
	struct archive_job *job = memory_new(sizeof(*job));

	job->done = archive_probed;
	job->drop = archive_free_job;
	archive_prepare(archive, job);
	job->job.run = archive_run_probe;
	return job;
}

static void
archive_probe(void *context)
{
	struct archive *archive = context;

	work_insist(archive->work, &archive_probe_new(archive)->job);
}

static enum dn_err
archive_expiry_run(struct archive_job *job, struct store *store)
{
	struct archive_expiry *expiry = (struct archive_expiry *)job;

	return store_lines_expire(store, expiry->oldest_msec, &expiry->more);
}

static uint64_t
archive_oldest_msec(const struct archive *archive)
{
	uint64_t now_msec = archive_now_msec();

	return now_msec > archive->bounds.age_msec ?
	    now_msec - archive->bounds.age_msec : 0;
}

static void
archive_expired(struct archive_job *job)
{
	bool more = ((struct archive_expiry *)job)->more;

	net_timer_set(job->archive->expire, net_now_msec() +
	    (more ? 0 : ARCHIVE_EXPIRE_MSEC));
	free(job);
}

/* Portion by portion, so that others get their turn. */
static void
archive_expire(void *context)
{
	struct archive_expiry *expiry = memory_new(sizeof(*expiry));
	struct archive *archive = context;

	expiry->oldest_msec = archive_oldest_msec(archive);
	expiry->job.is_change = true;
	expiry->job.run = archive_expiry_run;
	expiry->job.done = archive_expired;
	expiry->job.drop = archive_free_job;
	archive_put(archive, &expiry->job);
}

/* ---- lines ---- */

static enum dn_err
archive_lines_add(struct archive_lines *lines, struct store *store)
{
	struct dn_rd rd = dn_rd_of(lines->bytes.data, lines->bytes.size);
	struct store_line line;
	enum dn_err err = DN_OK;

	while (err == DN_OK && rd.at < rd.size) {
		line.seq = dn_rd_uint(&rd, 8);
		line.time_msec = dn_rd_uint(&rd, 8);
		line.room = dn_rd_str(&rd);
		line.author = dn_rd_str(&rd);
		line.text = dn_rd_str(&rd);
		err = store_line_add(store, &line, &lines->lost);
	}
	return err;
}

static enum dn_err
archive_lines_run(struct archive_job *job, struct store *store)
{
	struct archive_lines *lines = (struct archive_lines *)job;
	enum dn_err err;

	err = store_lines_begin(store, lines->incarnation, lines->count_max);
	if (err == DN_OK)
		err = archive_lines_add(lines, store);
	if (err == DN_OK)
		err = store_lines_end(store);
	else
		store_lines_drop(store);
	return err;
}

static void
archive_lines_drop(struct archive_job *job)
{
	struct archive_lines *lines = (struct archive_lines *)job;

	bytes_deinit(&lines->bytes);
	free(lines);
}

static void
archive_lines_done(struct archive_job *job)
{
	struct archive_lines *lines = (struct archive_lines *)job;
	struct archive *archive = job->archive;

	archive->lines_out--;
	archive->lines_bytes -= lines->bytes.size;
	archive->lines_lost += job->err == DN_OK ? lines->lost : lines->count;
	archive->ops.kept(archive->ops.context, lines->incarnation,
	    lines->upto);
	archive_lines_drop(job);
}

/* Sends what has come on its way. */
static void
archive_lines_put(struct archive *archive)
{
	struct archive_lines *lines = archive->lines;

	if (lines == NULL)
		return;
	archive->lines = NULL;
	archive->lines_out++;
	work_insist(archive->work, &lines->job.job);
}

static struct archive_lines *
archive_lines_of(struct archive *archive, uint64_t incarnation)
{
	struct archive_lines *lines = archive->lines;

	if (lines != NULL && (lines->incarnation != incarnation ||
	    lines->bytes.size > ARCHIVE_PORTION_BYTES))
		archive_lines_put(archive);
	if (archive->lines != NULL)
		return archive->lines;
	lines = memory_new(sizeof(*lines));
	lines->job.is_change = true;
	lines->job.run = archive_lines_run;
	lines->job.done = archive_lines_done;
	lines->job.drop = archive_lines_drop;
	archive_prepare(archive, &lines->job);
	lines->incarnation = incarnation;
	lines->count_max = archive->bounds.count_max;
	archive->lines = lines;
	return lines;
}

void
archive_line(struct archive *archive, uint64_t incarnation,
    const struct store_line *line)
{
	size_t size = 28 + line->room.size + line->author.size +
	    line->text.size;
	struct archive_lines *lines;
	struct dn_wr wr;

	/* After a session broke off it may come again. */
	if (archive->seen_incarnation == incarnation &&
	    line->seq <= archive->seen_seq)
		return;
	archive->seen_incarnation = incarnation;
	archive->seen_seq = line->seq;
	lines = archive_lines_of(archive, incarnation);
	lines->upto = line->seq;
	if (archive->lines_bytes + size > ARCHIVE_LINES_BYTES_MAX) {
		archive->lines_lost++;
		return;
	}
	wr = dn_wr_of(bytes_reserve(&lines->bytes, size), size);
	dn_wr_uint(&wr, 8, line->seq);
	dn_wr_uint(&wr, 8, archive_now_msec());
	dn_wr_str(&wr, line->room);
	dn_wr_str(&wr, line->author);
	dn_wr_str(&wr, line->text);
	lines->bytes.size += size;
	lines->count++;
	archive->lines_bytes += size;
}

/* While a portion is on its way, the next one grows. */
void
archive_turn(struct archive *archive)
{
	if (archive->lines_out == 0)
		archive_lines_put(archive);
}

/* ---- what the core wants ---- */

static enum dn_err
archive_request_run(struct archive_job *job, struct store *store)
{
	struct archive_request *at = (struct archive_request *)job;
	const struct request *request = &at->request;

	switch (request->kind) {
	case REQUEST_ROOM_PUT:
		return store_room_put(store, request->room, request->number);
	case REQUEST_ROOM_DELETE:
		return store_room_delete(store, request->room);
	case REQUEST_MEMBER_PUT:
		return store_member_put(store, request->room,
		    request->account);
	case REQUEST_MEMBER_DELETE:
		return store_member_delete(store, request->room,
		    request->account);
	case REQUEST_HISTORY:
		return store_history(store, request->room, request->from,
		    request->count, at->oldest_msec, &at->rows);
	default:
		return DN_E_UNKNOWN;
	}
}

static void
archive_request_drop(struct archive_job *job)
{
	struct archive_request *at = (struct archive_request *)job;

	bytes_deinit(&at->rows);
	free(at);
}

static void
archive_request_done(struct archive_job *job)
{
	struct archive_request *at = (struct archive_request *)job;
	struct archive *archive = job->archive;

	archive->ops.answered(archive->ops.context, &at->request, job->err,
	    (struct dn_str){(const char *)at->rows.data, at->rows.size});
	archive_request_drop(job);
}

void
archive_request(struct archive *archive, const struct request *request)
{
	struct archive_request *at = memory_new(sizeof(*at));

	at->request = *request;
	if (at->request.count > archive->bounds.count_max)
		at->request.count = archive->bounds.count_max;
	at->oldest_msec = archive_oldest_msec(archive);
	at->job.is_change = request->kind != REQUEST_HISTORY;
	at->job.run = archive_request_run;
	at->job.done = archive_request_done;
	at->job.drop = archive_request_drop;
	/* What was said before is in the history that is asked for. */
	archive_lines_put(archive);
	archive_put(archive, &at->job);
}

/* ---- life ---- */

struct archive *
archive_new(struct net *net, const char *path,
    const struct archive_bounds *bounds, const struct archive_ops *ops)
{
	struct archive *archive = memory_new(sizeof(*archive));
	struct archive_job *probe;
	struct archive_rooms *rooms;

	archive->ops = *ops;
	archive->bounds = *bounds;
	snprintf(archive->path, sizeof(archive->path), "%s", path);
	archive->probe = net_timer_new(net, archive_probe, archive);
	archive->expire = net_timer_new(net, archive_expire, archive);
	net_timer_set(archive->expire, net_now_msec() + ARCHIVE_EXPIRE_MSEC);
	/* There is no thread yet that it could disturb. */
	probe = archive_probe_new(archive);
	archive_run_probe(&probe->job);
	archive_over(&probe->job, true);
	rooms = archive_rooms_new(archive);
	archive_run(&rooms->job.job);
	archive_over(&rooms->job.job, true);
	archive->work = work_new(net, 1, ARCHIVE_QUEUE_MAX);
	return archive;
}

void
archive_free(struct archive *archive)
{
	if (archive == NULL)
		return;
	archive_lines_put(archive);
	work_free(archive->work, true);
	store_close(archive->store);
	net_timer_free(archive->probe);
	net_timer_free(archive->expire);
	free(archive);
}

void
archive_set_bounds(struct archive *archive,
    const struct archive_bounds *bounds)
{
	archive->bounds = *bounds;
}

void
archive_status(struct archive *archive, struct archive_status *status)
{
	status->why = archive->why;
	status->lines_lost = archive->lines_lost;
	status->waiting = work_waiting(archive->work);
}
