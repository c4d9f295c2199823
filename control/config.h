/*
 * The configuration: defaults, then the file, then the options of the command
 * line, which have the same names. Between main.c and inih, which only
 * config.c knows. Everything is checked here, so that a reload takes a
 * configuration whole or not at all.
 */
#ifndef CONTROL_CONFIG_H
#define CONTROL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dnchat/err.h"
#include "dnchat/limits.h"
#include "dnchat/log.h"

#define CONFIG_FILE_DEFAULT "/etc/dnchat/dnchat.conf"
/* The file, one line of it, and one value. */
#define CONFIG_FILE_BYTES_MAX (1u << 20)
#define CONFIG_LINE_BYTES_MAX 4096
#define CONFIG_NAME_BYTES_MAX 64
#define CONFIG_WHY_BYTES 512

/* What rooms keep unless told otherwise. */
#define CONFIG_HISTORY_COUNT 10000
#define CONFIG_HISTORY_AGE_MSEC (UINT64_C(30) * 86400 * 1000)
#define CONFIG_HISTORY_REPLAY 50

/* X(name, key, argument, help): one row a key of the file, which is also the
 * option --key. Each has its function config_set_NAME in config.c. */
#define CONFIG_KEYS(X)                                                      \
	X(accept_federation, "accept-federation", "LIST", "who may federate by dialling us (as accept-peers)") \
	X(accept_peers, "accept-peers", "LIST", "who may link by dialling us: addresses, any, ...") \
	X(auth, "auth", "METHOD", "accounts | open | password:SECRET | password:@FILE") \
	X(channels_list, "channels-list", "WORD", "all | joined: what CHANNELS answers") \
	X(connect, "connect", "HOST[:PORT]", "keep a link to that server; repeatable") \
	X(description, "description", "TEXT", "how our users are described")  \
	X(federate, "federate", "HOST[:PORT]", "keep a federation with that channels server; repeatable") \
	X(federate_file, "federate-file", "FILE", "the same for each line ADDRESS:PORT of FILE") \
	X(federation_name, "federation-name", "HOST", "what federated servers know us as (our address)") \
	X(history_age, "history-age", "TIME", "how long rooms keep what was said (30d)") \
	X(history_count, "history-count", "N", "how many messages a room keeps (10000)") \
	X(history_replay, "history-replay", "N", "how many of them who joins is told (50)") \
	X(link_silence, "link-silence", "TIME", "when a silent peer is given up: 3, 500ms, 1m") \
	X(log_level, "log-level", "LEVEL", "error, warn, info or debug")     \
	X(max_hops, "max-hops", "N", "longer ways are not used (255)")       \
	X(name, "name", "NAME", "of this server (host name and port)")       \
	X(registration, "registration", "WORD", "open | closed: may clients make accounts?") \
	X(rooms_service, "rooms-service", "WORD", "on | off: the user rooms@NAME makes rooms") \
	X(run_dir, "run-dir", "DIR", "where the daemons meet")               \
	X(srvr_number, "srvr-number", "WORD", "zero | any: what peers may begin with") \
	X(state_dir, "state-dir", "DIR", "where accounts and rooms are kept") \
	X(text_limit, "text-limit", "BYTES", "longest text of our clients (4096)")

enum config_key {
#define CONFIG_KEY_ENUM(name, key, argument, help) CONFIG_KEY_##name,
	CONFIG_KEYS(CONFIG_KEY_ENUM)
#undef CONFIG_KEY_ENUM
	CONFIG_KEY_COUNT
};

/* Text of row 'key', e.g. "log-level". */
const char *config_key_word(enum config_key key);

/* A server to link to. */
struct config_target {
	char host[DN_HOST_BYTES_MAX + 1];
	uint16_t port;
	bool is_tls;
};

/* What was written of a target: a host, in brackets perhaps, and a port. */
#define CONFIG_WRITTEN_BYTES_MAX DN_HOST_BYTES_MAX

/* A server to federate with. */
struct config_federate {
	struct config_target target;
	char written[CONFIG_WRITTEN_BYTES_MAX + 1]; /* as it stands there */
};

struct config {
	char auth[CONFIG_LINE_BYTES_MAX];
	char accept_peers[CONFIG_LINE_BYTES_MAX];
	char accept_federation[CONFIG_LINE_BYTES_MAX]; /* "": as the former */
	char name[CONFIG_NAME_BYTES_MAX + 1]; /* "": host name and port */
	char description[DN_DESCRIPTION_OWN_BYTES_MAX + 1]; /* "": "on NAME" */
	char run_dir[256];                    /* "": the default */
	uint32_t hops_max;
	uint32_t text_bytes_max;
	uint32_t link_silence_msec;
	char state_dir[256];                  /* "": the default */
	uint32_t history_count;
	uint64_t history_age_msec;
	uint32_t history_replay;
	bool is_registering;                  /* clients may make accounts */
	bool rooms_service;
	bool channels_joined;
	bool srvr_any;
	bool level_given;                     /* dnchatd gets the level, too */
	enum dn_log_level level;
	struct config_target *targets;        /* what `connect` says */
	size_t target_count;
	struct config_federate *federates;    /* what `federate` says */
	size_t federate_count;
	char federate_file[256];              /* "": none */
	char federation[DN_HOST_BYTES_MAX + 1]; /* "": our address */
};

/* What the command line said, for this start and for each reload. */
struct config_options {
	struct config_option {
		enum config_key key;
		char *value;
	} *options;
	size_t count;
	char *file;        /* --config, or NULL */
	bool help, version;
};

/*
 * Reads the command line. Errors, with a line for people in 'why' of
 * CONFIG_WHY_BYTES: DN_E_MALFORMED (no such option, or no value). A password
 * in 'argv' is overwritten, as others can see it there.
 */
enum dn_err config_options_init(struct config_options *options, int argc,
    char **argv, char *why);
void config_options_deinit(struct config_options *options);

/* An empty configuration: the defaults. To be ended by config_deinit(). */
void config_init(struct config *config);
void config_deinit(struct config *config);

/*
 * Sets 'key' to 'value'. Returns NULL, or a sentence that says what is wrong
 * with the value; it lives until the next call.
 */
const char *config_set(struct config *config, enum config_key key,
    const char *value);

/* Reads 'size' bytes of a configuration file; 'file' is its name, for 'why'
 * ("FILE:LINE: ..."). Errors: DN_E_MALFORMED. */
enum dn_err config_parse(struct config *config, const char *data,
    size_t size, const char *file, char *why);

/* Fills '*config' (initialised here, also on failure) from file and options.
 * Errors, with 'why': DN_E_MALFORMED, DN_E_IO (the file cannot be read). */
enum dn_err config_load(struct config *config,
    const struct config_options *options, char *why);

/* Reads "HOST", "HOST:PORT", "[IPv6]:PORT" or a bare IPv6 address; without a
 * port it is 'port'. With "wss://" before it it is dialled over TLS, and the
 * port is that of wss. Errors: DN_E_MALFORMED, DN_E_RANGE (port),
 * DN_E_TOO_LONG. */
enum dn_err config_target(struct config_target *target, const char *text,
    uint16_t port);

/* Reads a server to federate with, HOST or HOST:PORT. NULL, or what is wrong
 * with 'text'. These three are in config_federate.c. */
const char *config_federate(struct config_target *target, const char *text);

/* Adds a server to federate with, unless it is there. NULL, or what is wrong
 * with 'text'. */
const char *config_add_federate(struct config *config, const char *text);

/* Reads 'size' bytes of a file of servers to federate with, in the format of
 * the task sheet: ADDRESS:PORT a line, blanks around it, empty lines. As
 * config_parse(). */
enum dn_err config_parse_federates(struct config *config, const char *data,
    size_t size, const char *file, char *why);

/* Reads digits as a number from 'least' to 'most' into '*value'. Errors:
 * DN_E_MALFORMED, DN_E_RANGE. */
enum dn_err config_number(uint64_t *value, const char *text, uint64_t least,
    uint64_t most);

#endif
