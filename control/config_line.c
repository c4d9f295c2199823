/* The command line, for config.h. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "memory.h"

static void
config_options_add(struct config_options *options, enum config_key key,
    char *value)
{
	struct config_option *option;

	options->options = memory_resize(options->options,
	    (options->count + 1) * sizeof(*options->options));
	option = &options->options[options->count++];
	option->key = key;
	option->value = memory_string(dn_str_of(value));
	if (key == CONFIG_KEY_auth && strncmp(value, "password:",
	    sizeof("password:") - 1) == 0 && value[9] != '@')
		memset(value + 9, 'x', strlen(value + 9));
}

enum dn_err
config_options_init(struct config_options *options, int argc, char **argv,
    char *why)
{
	static const struct option longs[] = {
#define CONFIG_LONG(name, key, argument, help) \
		{key, required_argument, NULL, CONFIG_KEY_##name + 256},
		CONFIG_KEYS(CONFIG_LONG)
#undef CONFIG_LONG
		{"config", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{NULL, 0, NULL, 0}
	};
	int c;

	memset(options, 0, sizeof(*options));
	opterr = 0;
	optind = 0;
	while ((c = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		if (c == '?' || c == ':') {
			snprintf(why, CONFIG_WHY_BYTES, "%s: %s",
			    argv[optind > 1 ? optind - 1 : 1], c == '?' ?
			    "there is no such option (--help lists them)" :
			    "it needs a value");
			return DN_E_MALFORMED;
		}
		options->help = options->help || c == 'h';
		options->version = options->version || c == 'v';
		if (c == 'c') {
			free(options->file);
			options->file = memory_string(dn_str_of(optarg));
		} else if (c >= 256) {
			config_options_add(options,
			    (enum config_key)(c - 256), optarg);
		}
	}
	if (optind < argc) {
		snprintf(why, CONFIG_WHY_BYTES,
		    "%s: there are only options", argv[optind]);
		return DN_E_MALFORMED;
	}
	return DN_OK;
}

void
config_options_deinit(struct config_options *options)
{
	size_t i;

	for (i = 0; i < options->count; i++) {
		explicit_bzero(options->options[i].value,
		    strlen(options->options[i].value));
		free(options->options[i].value);
	}
	free(options->options);
	free(options->file);
	memset(options, 0, sizeof(*options));
}
