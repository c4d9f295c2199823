/* The journal: see journal.h. */
#include "journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dnchat/log.h"

#define JOURNAL_MAGIC UINT64_C(0x6c6e72756f6a6e64) /* "dnjournl" */
#define JOURNAL_FORMAT 1
/* Size and type of a record, and the number and time of an event. */
#define JOURNAL_HEADER_BYTES 22
#define JOURNAL_CHECK_BYTES 8

/* Types of the records that are no events. */
enum journal_type {
	JOURNAL_HEADER = 0x8000,
	JOURNAL_SNAPSHOT,
	JOURNAL_OUTBOX,
	JOURNAL_NOTE,
	JOURNAL_STARTED
};

#ifndef DNCHAT_BUILD_ID
#error "the journal needs the name of the build"
#endif

const char *
journal_build(void)
{
	return DNCHAT_BUILD_ID;
}

/* FNV-1a. It guards against torn records, not against people. */
static uint64_t
journal_check(const void *data, size_t size)
{
	const unsigned char *bytes = data;
	uint64_t check = UINT64_C(14695981039346656037);
	size_t i;

	for (i = 0; i < size; i++)
		check = (check ^ bytes[i]) * UINT64_C(1099511628211);
	return check;
}

/* ---- writing ---- */

void
journal_init(struct journal *journal, const char *dir)
{
	memset(journal, 0, sizeof(*journal));
	journal->fd = -1;
	snprintf(journal->path, sizeof(journal->path), "%s/journal", dir);
	snprintf(journal->temporary, sizeof(journal->temporary),
	    "%s/journal.new", dir);
	snprintf(journal->aside, sizeof(journal->aside), "%s/journal.aside",
	    dir);
}

/* Whatever the copy has written is not wanted any more. */
static void
journal_forget_aside(struct journal *journal)
{
	journal->is_aside = false;
	bytes_deinit(&journal->since);
}

void
journal_deinit(struct journal *journal)
{
	if (journal->fd >= 0)
		close(journal->fd);
	journal->fd = -1;
	bytes_deinit(&journal->pending);
	bytes_deinit(&journal->body);
	journal_forget_aside(journal);
}

bool
journal_is_open(const struct journal *journal)
{
	return journal->fd >= 0;
}

/* Appends a record to 'bytes'. */
static void
journal_put(struct bytes *bytes, unsigned type, uint64_t seq,
    uint64_t now_msec, const void *body, size_t size)
{
	size_t all = JOURNAL_HEADER_BYTES + size + JOURNAL_CHECK_BYTES;
	unsigned char *at = bytes_reserve(bytes, all);
	struct dn_wr wr = dn_wr_of(at, all);

	dn_wr_uint(&wr, 4, size);
	dn_wr_uint(&wr, 2, type);
	dn_wr_uint(&wr, 8, seq);
	dn_wr_uint(&wr, 8, now_msec);
	dn_wr_bytes(&wr, body, size);
	dn_wr_uint(&wr, 8, journal_check(at, wr.at));
	bytes->size += wr.at;
}

void
journal_event(struct journal *journal, const struct event *event)
{
	size_t size = event_size(event);
	struct dn_wr wr;

	if (journal->fd < 0)
		return;
	/* Most are short, and there are many: no room for the longest. */
	wr = dn_wr_of(bytes_reserve(&journal->body, size), size);
	event_put(&wr, event);
	assert(!wr.failed && wr.at == size);
	journal_put(&journal->pending, event->type, event->seq,
	    event->now_msec, journal->body.data, size);
}

static bool
journal_write(int fd, const struct bytes *bytes)
{
	size_t at = 0;
	ssize_t size;

	while (at < bytes->size) {
		size = write(fd, bytes->data + at, bytes->size - at);
		if (size < 0 && errno == EINTR)
			continue;
		if (size <= 0)
			return false;
		at += (size_t)size;
	}
	return true;
}

void
journal_remove(struct journal *journal)
{
	/* What cannot be unlinked must at least not be taken for whole. */
	if (journal->fd >= 0 && ftruncate(journal->fd, 0) != 0)
		dn_warn("journal", "file=%s why=\"%s\"", journal->path,
		    strerror(errno));
	journal_deinit(journal);
	if (unlink(journal->path) != 0 && errno != ENOENT)
		dn_warn("journal", "file=%s why=\"%s\"", journal->path,
		    strerror(errno));
	(void)unlink(journal->temporary);
	(void)unlink(journal->aside);
}

/* There is a hole from now on: a later start must not carry on from it. */
static enum dn_err
journal_fail(struct journal *journal, uint64_t now_msec)
{
	int err = errno;

	dn_error("journal", "file=%s why=\"%s\" effect=\"going on without: "
	    "were dncontrol killed now, links would start anew\"",
	    journal->path, strerror(err));
	journal_remove(journal);
	journal->retry_msec = now_msec + JOURNAL_RETRY_MSEC;
	errno = err;
	return DN_E_IO;
}

static void
journal_put_header(struct bytes *bytes, uint64_t incarnation)
{
	unsigned char body[128];
	struct dn_wr wr = dn_wr_of(body, sizeof(body));

	dn_wr_uint(&wr, 8, JOURNAL_MAGIC);
	dn_wr_uint(&wr, 4, JOURNAL_FORMAT);
	dn_wr_uint(&wr, 8, incarnation);
	dn_wr_str(&wr, dn_str_of(DNCHAT_BUILD_ID));
	journal_put(bytes, JOURNAL_HEADER, 0, 0, body, wr.at);
}

/* All that stands before the events, appended to 'bytes'. */
static void
journal_put_start(struct bytes *bytes, const struct journal_start *start,
    uint64_t now_msec)
{
	journal_put_header(bytes, start->incarnation);
	journal_put(bytes, JOURNAL_SNAPSHOT, 0, now_msec, start->snapshot,
	    start->snapshot_size);
	journal_put(bytes, JOURNAL_OUTBOX, 0, now_msec, start->outbox,
	    start->outbox_size);
	journal_put(bytes, JOURNAL_NOTE, 0, now_msec, start->note,
	    start->note_size);
	journal_put(bytes, JOURNAL_STARTED, 0, now_msec, "", 0);
}

enum dn_err
journal_begin(struct journal *journal, const struct journal_start *start,
    uint64_t now_msec)
{
	struct bytes bytes = {0};
	bool is_written;
	int fd;

	journal_forget_aside(journal);
	journal_put_start(&bytes, start, now_msec);
	fd = open(journal->temporary, O_WRONLY | O_CREAT | O_TRUNC |
	    O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	is_written = fd >= 0 && journal_write(fd, &bytes) &&
	    rename(journal->temporary, journal->path) == 0;
	if (journal->fd >= 0)
		close(journal->fd);
	journal->fd = fd;
	journal->pending.size = 0;
	journal->start_size = bytes.size;
	journal->size = bytes.size;
	bytes_deinit(&bytes);
	return is_written ? DN_OK : journal_fail(journal, now_msec);
}

enum dn_err
journal_flush(struct journal *journal, uint64_t now_msec)
{
	if (journal->fd < 0 || journal->pending.size == 0)
		return DN_OK;
	if (!journal_write(journal->fd, &journal->pending))
		return journal_fail(journal, now_msec);
	journal->size += journal->pending.size;
	if (journal->is_aside)
		bytes_append(&journal->since, journal->pending.data,
		    journal->pending.size);
	if (journal->since.size > JOURNAL_SINCE_BYTES_MAX)
		journal_forget_aside(journal);
	bytes_deinit(&journal->pending);
	return DN_OK;
}

bool
journal_is_long(const struct journal *journal, uint64_t now_msec)
{
	return journal->fd >= 0 && !journal->is_aside &&
	    journal->size > JOURNAL_BYTES_LEAST &&
	    journal->size / 2 > journal->start_size &&
	    now_msec >= journal->retry_msec;
}

/* ---- aside ---- */

uint64_t
journal_write_aside(const struct journal *journal,
    const struct journal_start *start, uint64_t now_msec)
{
	struct bytes bytes = {0};
	uint64_t size = 0;
	int fd;

	journal_put_start(&bytes, start, now_msec);
	/* Another copy that is not wanted any more may still write to that. */
	(void)unlink(journal->aside);
	fd = open(journal->aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (fd >= 0 && journal_write(fd, &bytes))
		size = bytes.size;
	if (fd >= 0)
		close(fd);
	bytes_deinit(&bytes);
	return size;
}

void
journal_begin_aside(struct journal *journal)
{
	assert(journal->fd >= 0 && journal->pending.size == 0);
	journal_forget_aside(journal);
	journal->is_aside = true;
}

enum dn_err
journal_end_aside(struct journal *journal, uint64_t size, uint64_t now_msec)
{
	int fd = -1;

	if (!journal->is_aside)
		return DN_OK;
	if (size > 0)
		fd = open(journal->aside, O_WRONLY | O_APPEND | O_CLOEXEC |
		    O_NOFOLLOW);
	if (fd < 0 || !journal_write(fd, &journal->since) ||
	    rename(journal->aside, journal->path) != 0) {
		dn_warn("journal", "file=%s why=\"%s\" effect=\"the longer "
		    "one stays\"", journal->aside, size > 0 ?
		    strerror(errno) : "it could not be written");
		if (fd >= 0)
			close(fd);
		journal_forget_aside(journal);
		journal->retry_msec = now_msec + JOURNAL_RETRY_MSEC;
		return DN_E_IO;
	}
	close(journal->fd);
	journal->fd = fd;
	journal->start_size = size;
	journal->size = size + journal->since.size;
	journal_forget_aside(journal);
	return DN_OK;
}

/* ---- reading ---- */

enum dn_err
journal_read(const struct journal *journal, struct bytes *bytes)
{
	int fd = open(journal->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	enum dn_err err = DN_OK;
	ssize_t size = 1;

	if (fd < 0)
		return errno == ENOENT ? DN_E_UNKNOWN : DN_E_IO;
	while (err == DN_OK && size != 0) {
		size = read(fd, bytes_reserve(bytes, 1u << 20), 1u << 20);
		if (size > 0)
			bytes->size += (size_t)size;
		else if (size < 0 && errno != EINTR)
			err = DN_E_IO;
		if (bytes->size > JOURNAL_FILE_BYTES_MAX)
			err = DN_E_TOO_LONG;
	}
	close(fd);
	return err;
}

struct journal_record {
	unsigned type;
	uint64_t seq, now_msec;
	const unsigned char *body;
	size_t size;
};

/* The next whole record; false where there is none. */
static bool
journal_get(struct dn_rd *rd, struct journal_record *record)
{
	size_t from = rd->at;

	record->size = (size_t)dn_rd_uint(rd, 4);
	record->type = (unsigned)dn_rd_uint(rd, 2);
	record->seq = dn_rd_uint(rd, 8);
	record->now_msec = dn_rd_uint(rd, 8);
	record->body = dn_rd_take(rd, record->size);
	return !rd->failed && dn_rd_uint(rd, 8) == journal_check(
	    rd->data + from, JOURNAL_HEADER_BYTES + record->size) &&
	    !rd->failed;
}

static bool
journal_get_part(struct dn_rd *rd, enum journal_type type, const void **data,
    size_t *size)
{
	struct journal_record record;

	if (!journal_get(rd, &record) || record.type != (unsigned)type)
		return false;
	*data = record.body;
	*size = record.size;
	return true;
}

static enum dn_err
journal_parse_header(struct journal_image *image)
{
	const void *body;
	struct dn_str build;
	struct dn_rd rd;
	size_t size;

	if (!journal_get_part(&image->rd, JOURNAL_HEADER, &body, &size))
		return DN_E_MALFORMED;
	rd = dn_rd_of(body, size);
	if (dn_rd_uint(&rd, 8) != JOURNAL_MAGIC || rd.failed)
		return DN_E_MALFORMED;
	if (dn_rd_uint(&rd, 4) != JOURNAL_FORMAT || rd.failed)
		return DN_E_VERSION;
	image->start.incarnation = dn_rd_uint(&rd, 8);
	build = dn_rd_str(&rd);
	image->same_build = dn_str_eq(build, dn_str_of(DNCHAT_BUILD_ID));
	return rd.failed ? DN_E_MALFORMED : DN_OK;
}

enum dn_err
journal_parse(struct journal_image *image, const void *data, size_t size)
{
	struct journal_start *start = &image->start;
	const void *body;
	enum dn_err err;

	memset(image, 0, sizeof(*image));
	image->rd = dn_rd_of(data, size);
	err = journal_parse_header(image);
	if (err != DN_OK)
		return err;
	if (!journal_get_part(&image->rd, JOURNAL_SNAPSHOT, &start->snapshot,
	    &start->snapshot_size) || !journal_get_part(&image->rd,
	    JOURNAL_OUTBOX, &start->outbox, &start->outbox_size) ||
	    !journal_get_part(&image->rd, JOURNAL_NOTE, &start->note,
	    &start->note_size) || !journal_get_part(&image->rd,
	    JOURNAL_STARTED, &body, &size))
		return DN_E_MALFORMED;
	image->has_events = image->rd.at < image->rd.size;
	return image->same_build || !image->has_events ? DN_OK :
	    DN_E_VERSION;
}

bool
journal_next(struct journal_image *image, struct event *event)
{
	struct journal_record record;
	struct dn_rd rd;

	/* Where one record is not whole, what follows is not trusted. */
	if (image->rd.failed || image->rd.at == image->rd.size)
		return false;
	if (!journal_get(&image->rd, &record)) {
		image->rd.failed = true;
		return false;
	}
	rd = dn_rd_of(record.body, record.size);
	memset(event, 0, sizeof(*event));
	if (record.type == IPC_auth ||
	    event_get(event, record.type, &rd) != DN_OK) {
		image->rd.failed = true;
		return false;
	}
	event->seq = record.seq;
	event->now_msec = record.now_msec;
	return true;
}
