/* The configuration as events: see apply.h. */
#include "apply.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
apply_name(const struct config *config, uint16_t port, char *name,
    size_t room)
{
	char host[CONFIG_NAME_BYTES_MAX - 8] = "";

	if (config->name[0] != '\0') {
		snprintf(name, room, "%s", config->name);
		return;
	}
	if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0')
		snprintf(host, sizeof(host), "dnchat");
	if (port != 0)
		snprintf(name, room, "%s-%u", host, (unsigned)port);
	else
		snprintf(name, room, "%s", host);
}

void
apply_configure(struct engine *engine, const struct config *config,
    uint16_t port)
{
	char name[CONFIG_NAME_BYTES_MAX + 1];
	char description[DN_DESCRIPTION_OWN_BYTES_MAX + 1];
	struct event event = {.type = EVENT_configure};
	struct event_configure *body = &event.body.configure;

	apply_name(config, port, name, sizeof(name));
	if (config->description[0] != '\0')
		snprintf(description, sizeof(description), "%s",
		    config->description);
	else
		snprintf(description, sizeof(description), "on %s", name);
	body->name = dn_str_of(name);
	body->description = dn_str_of(description);
	body->accept_peers = dn_str_of(config->accept_peers);
	body->hops_max = config->hops_max;
	body->text_bytes_max = config->text_bytes_max;
	body->link_silence_msec = config->link_silence_msec;
	body->srvr_any = config->srvr_any;
	body->accept_federation = dn_str_of(config->accept_federation);
	body->federation = dn_str_of(config->federation);
	body->history_replay = config->history_replay;
	body->rooms_service = config->rooms_service;
	body->channels_joined = config->channels_joined;
	(void)engine_step(engine, &event);
}

void
apply_level(struct engine *engine, const struct config *config)
{
	struct event event = {.type = EVENT_level};

	if (!config->level_given)
		return;
	dn_log_level = config->level;
	event.body.level.level = (uint8_t)config->level;
	(void)engine_step(engine, &event);
}

/* Adds a line for 'target' to the note that the journal keeps: the servers
 * that the configuration named, so that a link the operator took down later
 * stays down when dncontrol comes back. */
static size_t
apply_note_line(const char *word, const struct config_target *target,
    char *line, size_t room)
{
	return (size_t)snprintf(line, room, "%s%s%s %u\n", word,
	    target->is_tls ? DN_WSS_PREFIX : "", target->host,
	    (unsigned)target->port);
}

static bool
apply_is_noted(const struct bytes *note, const char *line, size_t size)
{
	size_t at, from = 0;

	for (at = 0; at < note->size; at++) {
		if (note->data[at] != '\n')
			continue;
		if (at + 1 - from == size &&
		    memcmp(note->data + from, line, size) == 0)
			return true;
		from = at + 1;
	}
	return false;
}

/* Notes 'target' in 'note'; true if the one before has not got it, and a link
 * to it is to be asked for. */
static bool
apply_is_news(const struct engine *engine, struct bytes *note,
    const char *word, const struct config_target *target)
{
	char line[DN_HOST_BYTES_MAX + 32];
	size_t size = apply_note_line(word, target, line, sizeof(line));

	bytes_append(note, line, size);
	return !apply_is_noted(&engine->note, line, size);
}

static void
apply_connect_to(struct engine *engine, const struct config_target *target)
{
	struct event event = {.type = EVENT_connect};

	event.body.connect.host = dn_str_of(target->host);
	event.body.connect.port = target->port;
	event.body.connect.tls = target->is_tls;
	(void)engine_step(engine, &event);
}

static void
apply_federate_with(struct engine *engine,
    const struct config_federate *federate)
{
	struct event event = {.type = EVENT_federate};

	event.body.federate.host = dn_str_of(federate->target.host);
	event.body.federate.port = federate->target.port;
	event.body.federate.written = dn_str_of(federate->written);
	(void)engine_step(engine, &event);
}

void
apply_connect(struct engine *engine, const struct config *config)
{
	struct bytes note = {0};
	size_t i;

	for (i = 0; i < config->target_count; i++)
		if (apply_is_news(engine, &note, "", &config->targets[i]))
			apply_connect_to(engine, &config->targets[i]);
	for (i = 0; i < config->federate_count; i++)
		if (apply_is_news(engine, &note, "federate ",
		    &config->federates[i].target))
			apply_federate_with(engine, &config->federates[i]);
	engine_set_note(engine, &note);
	bytes_deinit(&note);
}

uint16_t
apply_port(struct dn_str listening)
{
	uint32_t port = 0;
	size_t size = 0, i;

	while (size < listening.size &&
	    memchr(" ,;", listening.data[size], 3) == NULL)
		size++;
	for (i = size; i > 0 && listening.data[i - 1] != ':'; i--)
		continue;
	for (; i < size && listening.data[i] >= '0' &&
	    listening.data[i] <= '9' && port < UINT16_MAX; i++)
		port = port * 10 + (uint32_t)(listening.data[i] - '0');
	return i == size && port <= UINT16_MAX ? (uint16_t)port : 0;
}
