/* What the operator's page shows: see status.h. */
#include "status.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
status_deinit(struct status *status)
{
	free(status->view);
	status->view = NULL;
}

static uint32_t
status_rate(uint64_t before, uint64_t after, uint64_t msec)
{
	return (uint32_t)(((after - before) * 1000 + msec / 2) / msec);
}

void
status_sample(struct status *status, const uint64_t *counters,
    uint64_t now_msec)
{
	uint64_t received = counters[IPC_COUNTER_messages_in];
	uint64_t sent = counters[IPC_COUNTER_messages_out];
	uint64_t msec = now_msec - status->sampled_msec;
	size_t at;

	if (status->sampled_msec != 0 && msec < STATUS_SAMPLE_MSEC / 2)
		return;
	if (status->sampled_msec != 0) {
		at = (status->first + status->count) % STATUS_SAMPLES_MAX;
		status->samples[at] = (struct status_sample){
			status_rate(status->received, received, msec),
			status_rate(status->sent, sent, msec),
		};
		if (status->count < STATUS_SAMPLES_MAX)
			status->count++;
		else
			status->first = (status->first + 1) %
			    STATUS_SAMPLES_MAX;
	}
	status->sampled_msec = now_msec;
	status->received = received;
	status->sent = sent;
}

bool
status_asks(struct status *status, uint64_t now_msec)
{
	if (status->asked_msec != 0 &&
	    now_msec - status->asked_msec < STATUS_VIEW_MSEC)
		return false;
	status->asked_msec = now_msec;
	return true;
}

enum dn_err
status_take(struct status *status, struct dn_str view, uint64_t now_msec)
{
	char *copy = malloc(view.size + 1);

	if (copy == NULL)
		return DN_E_MEMORY;
	if (view.size > 0)
		memcpy(copy, view.data, view.size);
	free(status->view);
	status->view = copy;
	status->view_size = view.size;
	status->viewed_msec = now_msec;
	return DN_OK;
}

/* ---- writing ---- */

__attribute__((format(printf, 2, 3))) static void
status_put(struct dn_wr *wr, const char *format, ...)
{
	char text[1024];
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (size < 0 || (size_t)size >= sizeof(text))
		wr->failed = true;
	else
		dn_wr_bytes(wr, text, (size_t)size);
}

static void
status_put_counters(struct dn_wr *wr, const uint64_t *counters)
{
	static const char *const names[] = {
#define STATUS_COUNTER(name, meaning) #name,
		IPC_COUNTERS(STATUS_COUNTER)
#undef STATUS_COUNTER
	};
	size_t i;

	status_put(wr, "\"counters\":{");
	for (i = 0; i < IPC_COUNTER_COUNT; i++)
		status_put(wr, "%s\"%s\":%" PRIu64, i > 0 ? "," : "",
		    names[i], counters[i]);
	status_put(wr, "}");
}

/* Oldest first. */
static void
status_put_rates(struct dn_wr *wr, const struct status *status)
{
	const struct status_sample *sample;
	size_t i;

	status_put(wr, "\"rates\":[");
	for (i = 0; i < status->count; i++) {
		sample = &status->samples[(status->first + i) %
		    STATUS_SAMPLES_MAX];
		status_put(wr, "%s[%" PRIu32 ",%" PRIu32 "]", i > 0 ? "," :
		    "", sample->received, sample->sent);
	}
	status_put(wr, "]");
}

void
status_write(const struct status *status, const struct status_facts *facts,
    struct dn_wr *wr)
{
	status_put(wr, "{\"version\":\"" DNCHAT_VERSION "\",\"uptime\":%"
	    PRIu64 ",\"listening\":\"%s\",\"control\":%s,",
	    facts->uptime_msec / 1000, facts->listening,
	    facts->control_up ? "true" : "false");
	status_put_counters(wr, facts->counters);
	status_put(wr, ",");
	status_put_rates(wr, status);
	if (status->view == NULL) {
		status_put(wr, ",\"view_age\":null,\"view\":null}");
		return;
	}
	status_put(wr, ",\"view_age\":%" PRIu64 ",\"view\":",
	    facts->now_msec - status->viewed_msec);
	dn_wr_bytes(wr, status->view, status->view_size);
	status_put(wr, "}");
}
