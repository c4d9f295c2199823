/* Servers to link to, as an operator writes them: for config.c. */
#include "config.h"

#include <stdio.h>
#include <string.h>

/* No blank, nor what has a meaning of its own where hosts are written. */
static bool
target_host_is_good(const char *host)
{
	for (; *host != '\0'; host++)
		if ((unsigned char)*host <= ' ' || *host == 0x7f ||
		    strchr("[]/\"\\", *host) != NULL)
			return false;
	return true;
}

/* Finds where the host of 'text' begins and ends, and its port, or NULL. */
static enum dn_err
target_split(const char *text, const char **host, const char **end,
    const char **port)
{
	*host = text;
	*end = text + strlen(text);
	*port = NULL;
	if (*text == '[') {
		*host = text + 1;
		*end = strchr(*host, ']');
		if (*end == NULL || ((*end)[1] != '\0' && (*end)[1] != ':'))
			return DN_E_MALFORMED;
		*port = (*end)[1] == ':' ? *end + 2 : NULL;
	} else if (strchr(text, ':') != NULL &&
	    strchr(text, ':') == strrchr(text, ':')) {
		*end = strchr(text, ':');
		*port = *end + 1;
	}
	return *end - *host > DN_HOST_BYTES_MAX ? DN_E_TOO_LONG : DN_OK;
}

enum dn_err
config_target(struct config_target *target, const char *text,
    uint16_t port_default)
{
	const char *host, *end, *port;
	uint64_t number = port_default;
	enum dn_err err;

	target->is_tls = strncmp(text, DN_WSS_PREFIX,
	    strlen(DN_WSS_PREFIX)) == 0;
	if (target->is_tls) {
		text += strlen(DN_WSS_PREFIX);
		number = DN_PORT_WSS_DEFAULT;
	}
	err = target_split(text, &host, &end, &port);
	if (err == DN_OK && port != NULL)
		err = config_number(&number, port, 1, UINT16_MAX);
	if (err != DN_OK)
		return err;
	snprintf(target->host, sizeof(target->host), "%.*s",
	    (int)(end - host), host);
	target->port = (uint16_t)number;
	return end == host || !target_host_is_good(target->host) ?
	    DN_E_MALFORMED : DN_OK;
}
