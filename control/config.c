/* The configuration: see config.h. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "accept.h"
#include "bytes.h"
#include "memory.h"
#include "nearest.h"

/* Bounds of link-silence: below, a busy machine's pauses would end links. */
#define CONFIG_SILENCE_LEAST_MSEC 200
#define CONFIG_SILENCE_MOST_MSEC 3600000
/* Bounds of the history: an age of 100 years is for ever. */
#define CONFIG_HISTORY_COUNT_MOST 1000000
#define CONFIG_HISTORY_AGE_MOST_MSEC (UINT64_C(36525) * 86400 * 1000)
#define CONFIG_HISTORY_REPLAY_MOST 1000

/* ---- values ---- */

enum dn_err
config_number(uint64_t *value, const char *text, uint64_t least, uint64_t most)
{
	size_t size = strspn(text, "0123456789");

	if (size == 0 || text[size] != '\0')
		return DN_E_MALFORMED;
	if (size > 19)
		return DN_E_RANGE;
	*value = strtoull(text, NULL, 10);
	return *value < least || *value > most ? DN_E_RANGE : DN_OK;
}

/* True if 'text' can stand in a message: no control characters. */
static bool
config_text_is_good(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static const char *
config_set_text(char *to, size_t room, const char *value)
{
	static char why[64];

	if (*value == '\0')
		return "it is empty";
	if (strlen(value) >= room) {
		snprintf(why, sizeof(why), "it is longer than %zu bytes",
		    room - 1);
		return why;
	}
	if (!config_text_is_good(value))
		return "it holds a control character";
	snprintf(to, room, "%s", value);
	return NULL;
}

static const char *
config_set_number(uint32_t *to, const char *value, uint32_t least,
    uint32_t most)
{
	static char why[64];
	uint64_t number;

	if (config_number(&number, value, least, most) == DN_OK) {
		*to = (uint32_t)number;
		return NULL;
	}
	snprintf(why, sizeof(why), "it must be a number from %u to %u",
	    (unsigned)least, (unsigned)most);
	return why;
}

/* ---- keys: one function each ---- */

static const char *
config_set_accept(char to[CONFIG_LINE_BYTES_MAX], const char *value)
{
	static char why[160];
	struct accept accept;
	struct dn_str bad = {NULL, 0};
	enum dn_err err;

	err = accept_parse(&accept, dn_str_of(value), &bad);
	if (err == DN_E_FULL) {
		snprintf(why, sizeof(why), "it has more than %d entries",
		    ACCEPT_RANGES_MAX);
		return why;
	}
	if (err != DN_OK) {
		snprintf(why, sizeof(why), "%.*s is not an address, a network "
		    "(192.0.2.0/24), loopback, private, link-local, any, none "
		    "or proxied", (int)(bad.size < 48 ? bad.size : 48),
		    bad.data != NULL ? bad.data : "");
		return why;
	}
	return config_set_text(to, CONFIG_LINE_BYTES_MAX, value);
}

static const char *
config_set_accept_federation(struct config *config, const char *value)
{
	return config_set_accept(config->accept_federation, value);
}

static const char *
config_set_accept_peers(struct config *config, const char *value)
{
	return config_set_accept(config->accept_peers, value);
}

static const char *
config_set_auth(struct config *config, const char *value)
{
	if (strcmp(value, "accounts") != 0 && strcmp(value, "open") != 0 &&
	    strncmp(value, "password:", sizeof("password:") - 1) != 0)
		return "it must be accounts, open, password:SECRET or "
		    "password:@FILE";
	return config_set_text(config->auth, sizeof(config->auth), value);
}

static const char *
config_set_connect(struct config *config, const char *value)
{
	struct config_target target;
	size_t i;

	if (config_target(&target, value, DN_PORT_DEFAULT) != DN_OK)
		return "it must be HOST, HOST:PORT or [IPV6]:PORT, with wss:// "
		    "before it or not";
	for (i = 0; i < config->target_count; i++)
		if (config->targets[i].port == target.port &&
		    config->targets[i].is_tls == target.is_tls &&
		    strcmp(config->targets[i].host, target.host) == 0)
			return NULL;
	if (config->target_count == DN_LINKS_MAX)
		return "there are too many";
	config->targets = memory_resize(config->targets,
	    (config->target_count + 1) * sizeof(*config->targets));
	config->targets[config->target_count++] = target;
	return NULL;
}

static const char *
config_set_description(struct config *config, const char *value)
{
	return config_set_text(config->description,
	    sizeof(config->description), value);
}

static const char *
config_set_federate(struct config *config, const char *value)
{
	return config_add_federate(config, value);
}

static const char *
config_set_federate_file(struct config *config, const char *value)
{
	return config_set_text(config->federate_file,
	    sizeof(config->federate_file), value);
}

static const char *
config_set_federation_name(struct config *config, const char *value)
{
	if (strpbrk(value, " @,") != NULL)
		return "it must be a host name or address, with :PORT or not";
	return config_set_text(config->federation, sizeof(config->federation),
	    value);
}

/* Reads a number with a unit into '*msec'; false if it is none, or not from
 * 'least' to 'most'. */
static bool
config_time(uint64_t *msec, const char *value, uint64_t least, uint64_t most)
{
	static const struct {
		const char *word;
		uint64_t msec;
	} units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000},
	    {"h", 3600000}, {"d", 86400000}};
	size_t size = strspn(value, "0123456789"), i;
	uint64_t number = 0;

	for (i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (size > 0 && size < 8 &&
		    strcmp(value + size, units[i].word) == 0)
			number = strtoull(value, NULL, 10) * units[i].msec;
	if (number < least || number > most)
		return false;
	*msec = number;
	return true;
}

/* One of two words: '*is_second' tells which. */
static const char *
config_set_word(bool *is_second, const char *value, const char *first,
    const char *second)
{
	static char why[64];

	*is_second = strcmp(value, second) == 0;
	if (*is_second || strcmp(value, first) == 0)
		return NULL;
	snprintf(why, sizeof(why), "it must be %s or %s", first, second);
	return why;
}

static const char *
config_set_channels_list(struct config *config, const char *value)
{
	return config_set_word(&config->channels_joined, value, "all",
	    "joined");
}

static const char *
config_set_history_age(struct config *config, const char *value)
{
	return config_time(&config->history_age_msec, value, 1000,
	    CONFIG_HISTORY_AGE_MOST_MSEC) ? NULL :
	    "it must be a time from 1s to 36525d, such as 30d or 12h";
}

static const char *
config_set_history_count(struct config *config, const char *value)
{
	return config_set_number(&config->history_count, value, 0,
	    CONFIG_HISTORY_COUNT_MOST);
}

static const char *
config_set_history_replay(struct config *config, const char *value)
{
	return config_set_number(&config->history_replay, value, 0,
	    CONFIG_HISTORY_REPLAY_MOST);
}

static const char *
config_set_link_silence(struct config *config, const char *value)
{
	uint64_t msec;

	if (!config_time(&msec, value, CONFIG_SILENCE_LEAST_MSEC,
	    CONFIG_SILENCE_MOST_MSEC))
		return "it must be a time from 200ms to 60m, such as 3 or 3s";
	config->link_silence_msec = (uint32_t)msec;
	return NULL;
}

static const char *
config_set_log_level(struct config *config, const char *value)
{
	enum dn_log_level level = dn_log_parse(dn_str_of(value));

	if (level == DN_LOG_COUNT)
		return "it must be error, warn, info or debug";
	config->level = level;
	config->level_given = true;
	return NULL;
}

static const char *
config_set_max_hops(struct config *config, const char *value)
{
	return config_set_number(&config->hops_max, value, 1,
	    DN_HOPS_INFINITY - 1);
}

static const char *
config_set_name(struct config *config, const char *value)
{
	return config_set_text(config->name, sizeof(config->name), value);
}

static const char *
config_set_registration(struct config *config, const char *value)
{
	return config_set_word(&config->is_registering, value, "closed",
	    "open");
}

static const char *
config_set_rooms_service(struct config *config, const char *value)
{
	return config_set_word(&config->rooms_service, value, "off", "on");
}

static const char *
config_set_run_dir(struct config *config, const char *value)
{
	return config_set_text(config->run_dir, sizeof(config->run_dir),
	    value);
}

static const char *
config_set_srvr_number(struct config *config, const char *value)
{
	return config_set_word(&config->srvr_any, value, "zero", "any");
}

static const char *
config_set_state_dir(struct config *config, const char *value)
{
	return config_set_text(config->state_dir, sizeof(config->state_dir),
	    value);
}

static const char *
config_set_text_limit(struct config *config, const char *value)
{
	return config_set_number(&config->text_bytes_max, value,
	    DN_TEXT_BYTES_LEAST, DN_TEXT_BYTES_MOST);
}

static const struct config_row {
	const char *word;
	const char *(*set)(struct config *config, const char *value);
} config_rows[] = {
#define CONFIG_ROW(name, key, argument, help) {key, config_set_##name},
	CONFIG_KEYS(CONFIG_ROW)
#undef CONFIG_ROW
};

const char *
config_key_word(enum config_key key)
{
	return config_rows[key].word;
}

const char *
config_set(struct config *config, enum config_key key, const char *value)
{
	return config_rows[key].set(config, value);
}

void
config_init(struct config *config)
{
	memset(config, 0, sizeof(*config));
	snprintf(config->auth, sizeof(config->auth), "accounts");
	config->is_registering = true;
	config->history_count = CONFIG_HISTORY_COUNT;
	config->history_age_msec = CONFIG_HISTORY_AGE_MSEC;
	config->history_replay = CONFIG_HISTORY_REPLAY;
	config->hops_max = DN_HOPS_MAX_DEFAULT;
	config->text_bytes_max = DN_TEXT_BYTES_DEFAULT;
	config->link_silence_msec = DN_LINK_SILENCE_MSEC;
	config->level = DN_LOG_INFO;
}

void
config_deinit(struct config *config)
{
	free(config->targets);
	free(config->federates);
	explicit_bzero(config, sizeof(*config));
}

/* ---- the file ---- */

/* A file that inih reads line by line. */
struct config_reader {
	struct config *config;
	const char *data, *file;
	size_t size, at;
	unsigned line;
	bool failed;
	char *why;
};

static void
config_reader_fail(struct config_reader *reader, const char *what,
    const char *why, const char *hint)
{
	if (reader->failed)
		return;
	reader->failed = true;
	snprintf(reader->why, CONFIG_WHY_BYTES, "%s:%u: %s%s%s%s",
	    reader->file, reader->line, what, *what != '\0' ? ": " : "", why,
	    hint);
}

/* inih's fgets(): the next line, without the blanks before it, as these would
 * make it a continuation. */
static char *
config_reader_line(char *to, int room, void *context)
{
	struct config_reader *reader = context;
	const char *line = reader->data + reader->at, *end;
	size_t size = reader->size - reader->at;

	if (reader->failed || size == 0)
		return NULL;
	end = memchr(line, '\n', size);
	size = end != NULL ? (size_t)(end - line) + 1 : size;
	reader->at += size;
	reader->line++;
	while (size > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		size--;
	}
	if (memchr(line, '\0', size) != NULL)
		config_reader_fail(reader, "", "there is a NUL byte", "");
	else if (size > CONFIG_LINE_BYTES_MAX || size >= (size_t)room)
		config_reader_fail(reader, "", "the line is too long", "");
	if (reader->failed)
		return NULL;
	memcpy(to, line, size);
	to[size] = '\0';
	return to;
}

static void
config_unknown_key(struct config_reader *reader, const char *name)
{
	const char *words[CONFIG_KEY_COUNT], *nearest;
	char hint[64] = "";
	size_t i;

	for (i = 0; i < CONFIG_KEY_COUNT; i++)
		words[i] = config_rows[i].word;
	nearest = nearest_word(name, words, CONFIG_KEY_COUNT);
	if (nearest != NULL)
		snprintf(hint, sizeof(hint), "; did you mean %s?", nearest);
	config_reader_fail(reader, dn_log_str(dn_str_of(name)).text,
	    "there is no such key", hint);
}

static int
config_reader_take(void *context, const char *section, const char *name,
    const char *value)
{
	struct config_reader *reader = context;
	const char *why;
	size_t i;

	(void)section;
	for (i = 0; i < CONFIG_KEY_COUNT; i++)
		if (strcmp(name, config_rows[i].word) == 0)
			break;
	if (i == CONFIG_KEY_COUNT) {
		config_unknown_key(reader, name);
		return 0;
	}
	why = config_set(reader->config, (enum config_key)i, value);
	if (why != NULL)
		config_reader_fail(reader, name, why, "");
	return why == NULL;
}

enum dn_err
config_parse(struct config *config, const char *data, size_t size,
    const char *file, char *why)
{
	struct config_reader reader = {
		config, data, file, size, 0, 0, false, why
	};
	int line;

	ini_allow_multiline = false;
	ini_allow_inline_comments = false;
	ini_use_stack = false;
	ini_initial_alloc = CONFIG_LINE_BYTES_MAX + 4;
	ini_max_line = CONFIG_LINE_BYTES_MAX + 4;
	line = ini_parse_stream(config_reader_line, &reader,
	    config_reader_take, &reader);
	if (!reader.failed && line != 0) {
		reader.line = line > 0 ? (unsigned)line : reader.line;
		config_reader_fail(&reader, "", "this is not KEY = VALUE", "");
	}
	return reader.failed ? DN_E_MALFORMED : DN_OK;
}

/* config_parse() or config_parse_federates(). */
typedef enum dn_err config_parser(struct config *config, const char *data,
    size_t size, const char *file, char *why);

static enum dn_err
config_read_file(struct config *config, const char *path, bool is_needed,
    config_parser *parse, char *why)
{
	struct bytes bytes = {0};
	FILE *file = fopen(path, "re");
	enum dn_err err;
	size_t size;

	if (file == NULL && errno == ENOENT && !is_needed)
		return DN_OK;
	errno = file == NULL ? errno : 0;
	do {
		size = file == NULL ? 0 :
		    fread(bytes_reserve(&bytes, 4096), 1, 4096, file);
		bytes.size += size;
	} while (size > 0 && bytes.size <= CONFIG_FILE_BYTES_MAX);
	if (file == NULL || ferror(file)) {
		snprintf(why, CONFIG_WHY_BYTES, "%s cannot be read: %s", path,
		    strerror(errno));
		err = DN_E_IO;
	} else if (bytes.size > CONFIG_FILE_BYTES_MAX) {
		snprintf(why, CONFIG_WHY_BYTES, "%s is too long", path);
		err = DN_E_MALFORMED;
	} else {
		err = parse(config, (const char *)bytes.data,
		    bytes.size, path, why);
	}
	if (file != NULL)
		fclose(file);
	if (bytes.size > 0)
		explicit_bzero(bytes.data, bytes.size);
	bytes_deinit(&bytes);
	return err;
}

enum dn_err
config_load(struct config *config, const struct config_options *options,
    char *why)
{
	const struct config_option *option;
	const char *wrong;
	enum dn_err err;
	size_t i;

	config_init(config);
	err = config_read_file(config, options->file != NULL ? options->file :
	    CONFIG_FILE_DEFAULT, options->file != NULL, config_parse, why);
	for (i = 0; err == DN_OK && i < options->count; i++) {
		option = &options->options[i];
		wrong = config_set(config, option->key, option->value);
		if (wrong != NULL) {
			snprintf(why, CONFIG_WHY_BYTES, "--%s: %s",
			    config_rows[option->key].word, wrong);
			err = DN_E_MALFORMED;
		}
	}
	if (err == DN_OK && config->federate_file[0] != '\0')
		err = config_read_file(config, config->federate_file, true,
		    config_parse_federates, why);
	return err;
}
