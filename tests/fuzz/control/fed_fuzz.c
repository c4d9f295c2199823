/*
 * How other servers' names are written, and the file of those to federate
 * with: every line is a user and a channel, all of it a list and a file.
 */
#include <stdlib.h>
#include <string.h>

#include "../../../control/config.h"
#include "../../../control/fed_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

DN_LOG_DEFINE;

static void
require(bool is_so)
{
	if (!is_so)
		abort();
}

/* The two parts and the mark between them are the whole. */
static void
check_name(const struct fed_name *name, struct dn_str text, char mark)
{
	struct dn_str port, bare = fed_host_bare(name->host, &port);

	require(name->local.size > 0 &&
	    name->local.size <= DN_NAME_OWN_BYTES_MAX);
	require(name->local.data == text.data);
	require(name->local.size + name->host.size +
	    (name->local.size < text.size) == text.size);
	if (name->local.size < text.size)
		require(text.data[name->local.size] == mark &&
		    name->host.size > 0);
	require(bare.size + port.size <= name->host.size);
	require(name->host.size == 0 || fed_host_is(name->host, name->host));
}

static void
check_list(struct dn_str list)
{
	struct dn_str text, before = list;
	struct fed_name name;

	while (fed_name_next(&list, &text)) {
		require(text.size > 0);
		require(list.size < before.size);
		before = list;
		if (fed_name_of_room(&name, text))
			check_name(&name, text, ':');
		if (fed_name_of_user(&name, text))
			check_name(&name, text, '@');
	}
}

static void
check_file(const char *data, size_t size)
{
	char why[CONFIG_WHY_BYTES] = "";
	struct config config;
	enum dn_err err;
	size_t i;

	config_init(&config);
	err = config_parse_federates(&config, data, size, "FILE", why);
	require(err == DN_OK || err == DN_E_MALFORMED);
	require((err == DN_OK) == (why[0] == '\0'));
	require(config.federate_count <= DN_LINKS_MAX);
	for (i = 0; i < config.federate_count; i++)
		require(config.federates[i].target.port != 0 &&
		    config.federates[i].target.host[0] != '\0' &&
		    config.federates[i].written[0] != '\0');
	config_deinit(&config);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_list((struct dn_str){(const char *)data, size});
	check_file((const char *)data, size);
	return 0;
}
