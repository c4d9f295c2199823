/* Any configuration file. What is taken keeps its bounds; what is refused is
 * refused with a sentence that names a line. */
#include <stdlib.h>
#include <string.h>

#include "../../../control/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

DN_LOG_DEFINE;

static void
require(bool is_so)
{
	if (!is_so)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[CONFIG_WHY_BYTES] = "";
	struct config config;
	enum dn_err err;
	size_t i;

	config_init(&config);
	err = config_parse(&config, (const char *)data, size, "FILE", why);
	require(err == DN_OK || err == DN_E_MALFORMED);
	require((err == DN_OK) == (why[0] == '\0'));
	require(err == DN_OK || strncmp(why, "FILE:", 5) == 0);
	require(config.hops_max >= 1 && config.hops_max < DN_HOPS_INFINITY);
	require(config.text_bytes_max >= DN_TEXT_BYTES_LEAST);
	require(config.text_bytes_max <= DN_TEXT_BYTES_MOST);
	require(config.link_silence_msec >= 200);
	require(config.level < DN_LOG_COUNT);
	require(config.target_count <= DN_LINKS_MAX);
	for (i = 0; i < config.target_count; i++)
		require(config.targets[i].host[0] != '\0' &&
		    config.targets[i].port != 0);
	config_deinit(&config);
	return 0;
}
