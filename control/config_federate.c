/* Servers to federate with, one by one or in a file: for config.c. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

const char *
config_federate(struct config_target *target, const char *text)
{
	if (strlen(text) > CONFIG_WRITTEN_BYTES_MAX ||
	    strpbrk(text, "@, ") != NULL ||
	    config_target(target, text, DN_PORT_CHANNELS_DEFAULT) != DN_OK ||
	    target->is_tls)
		return "it must be HOST, HOST:PORT or [IPV6]:PORT";
	return NULL;
}

const char *
config_add_federate(struct config *config, const char *text)
{
	struct config_federate federate, *at;
	const char *wrong = config_federate(&federate.target, text);
	size_t i;

	if (wrong != NULL)
		return wrong;
	for (i = 0; i < config->federate_count; i++) {
		at = &config->federates[i];
		if (at->target.port == federate.target.port &&
		    strcasecmp(at->target.host, federate.target.host) == 0)
			return NULL;
	}
	if (config->federate_count == DN_LINKS_MAX)
		return "there are too many";
	snprintf(federate.written, sizeof(federate.written), "%s", text);
	config->federates = memory_resize(config->federates,
	    (config->federate_count + 1) * sizeof(*config->federates));
	config->federates[config->federate_count++] = federate;
	return NULL;
}

/* What is wrong with a line of 'size' bytes, or NULL. */
static const char *
config_federate_line(struct config *config, const char *line, size_t size)
{
	char text[CONFIG_WRITTEN_BYTES_MAX + 1];

	while (size > 0 && line[size - 1] != '\0' &&
	    strchr(" \t\r", line[size - 1]) != NULL)
		size--;
	while (size > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		size--;
	}
	if (size == 0)
		return NULL;
	if (memchr(line, '\0', size) != NULL)
		return "there is a NUL byte";
	if (size >= sizeof(text))
		return "the line is too long";
	memcpy(text, line, size);
	text[size] = '\0';
	return config_add_federate(config, text);
}

enum dn_err
config_parse_federates(struct config *config, const char *data, size_t size,
    const char *file, char *why)
{
	const char *end, *wrong = NULL;
	unsigned number = 0;
	size_t length;

	while (wrong == NULL && size > 0) {
		end = memchr(data, '\n', size);
		length = end != NULL ? (size_t)(end - data) : size;
		wrong = config_federate_line(config, data, length);
		number++;
		length += end != NULL;
		data += length;
		size -= length;
	}
	if (wrong == NULL)
		return DN_OK;
	snprintf(why, CONFIG_WHY_BYTES, "%s:%u: %s", file, number, wrong);
	return DN_E_MALFORMED;
}
