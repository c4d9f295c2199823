/*
 * dncontrol: the control daemon of a dnchat server. Options, signals, the
 * order of start and end, and the order within a turn: what came in is
 * applied, the journal is written, and only then anything leaves.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin.h"
#include "apply.h"
#include "config.h"
#include "dnchat/log.h"
#include "dnchat/rundir.h"
#include "downlink.h"
#include "engine.h"
#include "net.h"
#include "secret.h"
#include "service.h"
#include "statedir.h"

DN_LOG_DEFINE;

/* Exit statuses, as dncontrol(8) has them. */
#define MAIN_FAILED 1
#define MAIN_USAGE 2

/* How long the last words may take to leave. */
#define MAIN_QUIT_MSEC 1000

struct daemon {
	struct config_options options;
	struct config config;
	struct secret secret;
	char run_dir[RUNDIR_BYTES_MAX];
	char state_dir[STATEDIR_BYTES_MAX];
	int lock, state_lock;
	struct net *net;
	struct engine engine;
	struct service service;
	struct downlink downlink;
	struct consoles consoles;
	struct net_timer *timer;
	struct net_copy *copy; /* which writes a shorter journal; or NULL */
	uint16_t port;       /* of the first listening address; 0: unknown */
	unsigned terminated; /* signals to end that came */
	uint64_t quit_msec;  /* when to end at the latest; 0: not yet */
	bool ended;
	bool keep;           /* `restart`: the journal is all that is left */
};

/* ---- what the core wants of us ---- */

static void
main_looked_up(void *context, uint32_t id, const char *addresses,
    const char *why)
{
	struct daemon *daemon = context;
	struct event event = {.type = EVENT_resolved};

	event.body.resolved.peer = id;
	event.body.resolved.addresses = dn_str_of(addresses);
	event.body.resolved.why = dn_str_of(why);
	(void)engine_step(&daemon->engine, &event);
}

static void
main_resolve(void *context, const struct request *request)
{
	struct daemon *daemon = context;

	net_lookup(daemon->net, request->host, request->peer, main_looked_up,
	    daemon);
}

static void
main_store(void *context, const struct request *request)
{
	struct daemon *daemon = context;

	service_request(&daemon->service, request);
}

static void
main_notice(void *context, const struct notice *notice)
{
	struct daemon *daemon = context;
	char text[NOTICE_BYTES_MAX + 512];
	size_t at = 0, i;

	text[0] = '\0';
	for (i = 0; i < notice->count && at < sizeof(text); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
		    "%s%s=%s", i > 0 ? " " : "", notice->keys[i],
		    dn_log_str(notice->values[i]).text);
	dn_log(notice->level, notice->event, "%s", text);
	consoles_notice(&daemon->consoles, notice);
}

static uint64_t
main_write_aside(void *context)
{
	return engine_write_aside(&((struct daemon *)context)->engine);
}

static void
main_end_aside(void *context, uint64_t size)
{
	engine_end_aside(&((struct daemon *)context)->engine, size);
}

static bool
main_aside(void *context)
{
	struct daemon *daemon = context;

	/* One that is not wanted any more may not have ended yet. */
	if (daemon->copy != NULL && !net_copy_has_ended(daemon->copy))
		return false;
	net_copy_end(daemon->copy);
	daemon->copy = net_copy_run(daemon->net, daemon->engine.journal.fd,
	    main_write_aside, main_end_aside, daemon);
	return daemon->copy != NULL;
}

/* ---- configuration ---- */

static void
main_service_options(const struct daemon *daemon,
    struct service_options *options)
{
	const struct config *config = &daemon->config;

	options->path = NULL;
	options->bounds.count_max = config->history_count;
	options->bounds.age_msec = config->history_age_msec;
	options->is_registering = config->is_registering;
}

/* Applies the configuration whole: it has been checked. */
static void
main_apply(struct daemon *daemon)
{
	struct service_options options;

	main_service_options(daemon, &options);
	service_configure(&daemon->service, &options);
	apply_configure(&daemon->engine, &daemon->config, daemon->port);
	apply_level(&daemon->engine, &daemon->config);
	apply_connect(&daemon->engine, &daemon->config);
}

static void
main_greeted(void *context, struct dn_str listening, bool is_restored)
{
	struct daemon *daemon = context;

	daemon->port = apply_port(listening);
	if (is_restored) {
		archive_skip_rooms(daemon->service.archive);
		main_apply(daemon);
	} else {
		apply_configure(&daemon->engine, &daemon->config,
		    daemon->port);
	}
}

/* ---- what comes up and is no event ---- */

static void
main_auth(void *context, uint64_t seq, const struct ipc_auth *auth)
{
	service_auth(&((struct daemon *)context)->service, seq, auth);
}

static void
main_enroll(void *context, uint64_t seq, const struct ipc_call *call)
{
	service_enroll(&((struct daemon *)context)->service, seq, call);
}

static void
main_copy(void *context, uint64_t seq, const struct ipc_copy *copy)
{
	service_copy(&((struct daemon *)context)->service, seq, copy);
}

static void
main_start_service(struct daemon *daemon)
{
	char path[STORE_PATH_BYTES];
	struct service_options options;

	snprintf(path, sizeof(path), "%s/" STORE_FILE, daemon->state_dir);
	main_service_options(daemon, &options);
	options.path = path;
	service_init(&daemon->service, daemon->net, &daemon->engine,
	    &daemon->secret, &options);
}

/* ---- signals ---- */

/* What can't change while we run. */
static const char *
main_is_fixed(const struct config *old, const struct config *new)
{
	if (strcmp(old->run_dir, new->run_dir) != 0)
		return "run-dir";
	return strcmp(old->state_dir, new->state_dir) != 0 ? "state-dir" :
	    NULL;
}

static void
main_reload(struct daemon *daemon)
{
	char why[CONFIG_WHY_BYTES], wrong[SECRET_WHY_BYTES];
	struct config config;
	struct secret secret;
	const char *fixed;
	enum dn_err err;

	err = config_load(&config, &daemon->options, why);
	fixed = err == DN_OK ? main_is_fixed(&daemon->config, &config) : NULL;
	if (fixed != NULL) {
		err = DN_E_STATE;
		snprintf(why, sizeof(why),
		    "%s cannot change while dncontrol runs", fixed);
	}
	if (err == DN_OK) {
		err = secret_init(&secret, config.auth, wrong);
		if (err != DN_OK)
			snprintf(why, sizeof(why), "auth: %s", wrong);
	}
	if (err != DN_OK) {
		config_deinit(&config);
		dn_error("reload", "result=refused why=%s",
		    dn_log_str(dn_str_of(why)).text);
		return;
	}
	config_deinit(&daemon->config);
	daemon->config = config;
	daemon->secret = secret;
	secret_deinit(&secret);
	main_apply(daemon);
	dn_info("reload", "result=ok");
}

static void
main_signalled(void *context, int number)
{
	struct daemon *daemon = context;
	struct event event = {.type = EVENT_shutdown};

	if (number == SIGHUP) {
		main_reload(daemon);
		return;
	}
	dn_info("signal", "number=%d", number);
	if (daemon->terminated++ == 0)
		(void)engine_step(&daemon->engine, &event);
	else
		daemon->ended = true;
}

/* ---- the turn ---- */

static void
main_restart(struct daemon *daemon)
{
	enum dn_err err;

	err = engine_save(&daemon->engine);
	consoles_restart(&daemon->consoles, err);
	daemon->keep = err == DN_OK;
	daemon->ended = daemon->ended || daemon->keep;
}

/* Ends once the core's last words have left, or can't. */
static void
main_quit(struct daemon *daemon)
{
	uint64_t now_msec = net_now_msec();

	if (daemon->quit_msec == 0)
		daemon->quit_msec = now_msec + MAIN_QUIT_MSEC;
	/* A session that just broke may come back within the time. */
	if (now_msec >= daemon->quit_msec ||
	    daemon->engine.incarnation == 0 ||
	    downlink_is_flushed(&daemon->downlink))
		daemon->ended = true;
}

static void
main_turn(struct daemon *daemon)
{
	uint64_t deadline_msec;

	downlink_take(&daemon->downlink);
	service_turn(&daemon->service);
	engine_tick(&daemon->engine);
	if (consoles_want_restart(&daemon->consoles))
		main_restart(daemon);
	engine_flush(&daemon->engine);
	if (daemon->keep)
		return;
	downlink_flush(&daemon->downlink);
	consoles_turn(&daemon->consoles);
	if (daemon->engine.quit)
		main_quit(daemon);
	deadline_msec = engine_deadline(&daemon->engine);
	if (daemon->quit_msec != 0 && daemon->quit_msec < deadline_msec)
		deadline_msec = daemon->quit_msec;
	net_timer_set(daemon->timer, deadline_msec);
}

/* A turn's end does what is due. */
static void
main_timer(void *context)
{
	(void)context;
}

/* ---- start and end ---- */

static void
main_help(void)
{
	printf("usage: dncontrol [--option value]...\n"
	    "The control daemon of a dnchat server; dnchatd(8) is the other "
	    "half.\n");
#define MAIN_HELP(name, key, argument, help) \
	printf("  --%-13s %-13s %s\n", key, argument, help);
	CONFIG_KEYS(MAIN_HELP)
#undef MAIN_HELP
	printf("  --%-13s %-13s %s\n", "config", "FILE",
	    "options, as KEY = VALUE (" CONFIG_FILE_DEFAULT ")");
	printf("  --help, --version\n"
	    "Commands can be typed here, too: help lists them.\n");
}

static int
main_fail(int status, const char *why)
{
	fprintf(stderr, "dncontrol: %s\n", why);
	return status;
}

/* Descriptors 0 to 2 must not become something else's. */
static void
main_standard_files(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* Options and configuration. Returns 0, or a status to end with. */
static int
main_read_config(struct daemon *daemon, int argc, char **argv)
{
	char why[CONFIG_WHY_BYTES], wrong[SECRET_WHY_BYTES];
	enum dn_err err;

	err = config_options_init(&daemon->options, argc, argv, why);
	if (err == DN_OK && !daemon->options.help && !daemon->options.version)
		err = config_load(&daemon->config, &daemon->options, why);
	if (err != DN_OK)
		return main_fail(err == DN_E_IO ? MAIN_FAILED : MAIN_USAGE,
		    why);
	if (daemon->options.help || daemon->options.version)
		return 0;
	dn_log_level = daemon->config.level;
	if (secret_start() != DN_OK)
		return main_fail(MAIN_FAILED, "there is no randomness");
	err = secret_init(&daemon->secret, daemon->config.auth, wrong);
	if (err != DN_OK) {
		snprintf(why, sizeof(why), "auth: %s", wrong);
		return main_fail(err == DN_E_IO ? MAIN_FAILED : MAIN_USAGE,
		    why);
	}
	return 0;
}

/* The run directory and its lock. Returns 0, or a status to end with. */
static int
main_take_run_dir(struct daemon *daemon)
{
	const char *wanted = daemon->config.run_dir, *reason;
	char why[512];
	enum dn_err err = DN_OK;
	pid_t holder = 0;
	bool is_new;

	if (*wanted == '\0')
		err = rundir_default(daemon->run_dir);
	else if (snprintf(daemon->run_dir, sizeof(daemon->run_dir), "%s",
	    wanted) >= (int)sizeof(daemon->run_dir))
		err = DN_E_TOO_LONG;
	if (err == DN_OK)
		err = rundir_prepare(daemon->run_dir, &is_new);
	if (err == DN_OK)
		err = rundir_lock(daemon->run_dir, "dncontrol.lock",
		    &daemon->lock, &holder);
	if (err == DN_OK)
		return 0;
	reason = err == DN_E_IO ? strerror(errno) : err == DN_E_TOO_LONG ?
	    "its name is too long for a socket's address" :
	    "it belongs to somebody else, or others may enter it";
	if (err == DN_E_EXISTS)
		snprintf(why, sizeof(why), "another dncontrol (pid %jd) "
		    "serves %s; give this one --run-dir DIR",
		    (intmax_t)holder, daemon->run_dir);
	else
		snprintf(why, sizeof(why), "run directory %s: %s; give "
		    "--run-dir DIR", daemon->run_dir, reason);
	return main_fail(MAIN_FAILED, why);
}

/* The state directory and its lock. A directory that can't be used keeps
 * nobody from talking: the store says so, and what to do. Returns 0, or a
 * status to end with. */
static int
main_take_state_dir(struct daemon *daemon)
{
	char why[STATEDIR_BYTES_MAX + 128];
	pid_t holder = 0;
	enum dn_err err;

	err = statedir_find(daemon->state_dir, daemon->config.state_dir,
	    daemon->config.run_dir[0] != '\0' ? daemon->run_dir : NULL);
	if (err != DN_OK)
		return main_fail(MAIN_FAILED, err == DN_E_UNKNOWN ?
		    "there is no home directory for accounts and rooms; give "
		    "--state-dir DIR" : "the state directory's name is too "
		    "long; give --state-dir DIR");
	err = statedir_take(daemon->state_dir, &daemon->state_lock, &holder);
	if (err == DN_E_IO)
		dn_error("state_dir", "dir=%s why=\"%s\"",
		    dn_log_str(dn_str_of(daemon->state_dir)).text,
		    strerror(errno));
	if (err != DN_E_EXISTS)
		return 0;
	snprintf(why, sizeof(why), "another dncontrol (pid %jd) keeps its "
	    "accounts in %s; give this one --state-dir DIR",
	    (intmax_t)holder, daemon->state_dir);
	return main_fail(MAIN_FAILED, why);
}

static int
main_start(struct daemon *daemon)
{
	const struct engine_ops engine_ops = {
		daemon, main_resolve, main_store, main_notice, main_aside
	};
	const struct downlink_ops downlink_ops = {
		daemon, main_greeted, main_auth, main_enroll, main_copy
	};
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	char why[RUNDIR_BYTES_MAX + 256];
	enum dn_err err;
	size_t i;

	daemon->net = net_new();
	if (daemon->net == NULL)
		return main_fail(MAIN_FAILED, "the system gives no loop");
	engine_init(&daemon->engine, daemon->run_dir, secret_random(),
	    &engine_ops);
	main_start_service(daemon);
	downlink_init(&daemon->downlink, daemon->net, &daemon->engine,
	    daemon->run_dir, &downlink_ops);
	daemon->timer = net_timer_new(daemon->net, main_timer, daemon);
	err = consoles_init(&daemon->consoles, daemon->net, &daemon->engine,
	    &daemon->downlink, daemon->run_dir);
	daemon->consoles.service = &daemon->service;
	if (err != DN_OK) {
		snprintf(why, sizeof(why), "%s/admin.sock: %s",
		    daemon->run_dir, err == DN_E_IO ? strerror(errno) :
		    dn_err_text(err));
		return main_fail(MAIN_FAILED, why);
	}
	main_apply(daemon);
	signal(SIGPIPE, SIG_IGN);
	/* In the background our terminal is somebody else's for a while. */
	signal(SIGTTIN, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		/* What libevent goes back to while we are ending. */
		signal(signals[i], SIG_IGN);
		net_signal(daemon->net, signals[i], main_signalled, daemon);
	}
	dn_info("started", "pid=%jd version=" DNCHAT_VERSION
	    " build=%s run_dir=%s state_dir=%s", (intmax_t)getpid(),
	    journal_build(), daemon->run_dir,
	    dn_log_str(dn_str_of(daemon->state_dir)).text);
	return 0;
}

static void
main_end(struct daemon *daemon)
{
	if (daemon->net != NULL) {
		consoles_deinit(&daemon->consoles);
		downlink_deinit(&daemon->downlink);
		service_deinit(&daemon->service);
		net_copy_end(daemon->copy);
		net_timer_free(daemon->timer);
		net_free(daemon->net);
		if (daemon->engine.quit || daemon->terminated > 1)
			journal_remove(&daemon->engine.journal);
		engine_deinit(&daemon->engine);
	}
	if (daemon->state_lock >= 0)
		close(daemon->state_lock);
	if (daemon->lock >= 0)
		close(daemon->lock);
	secret_deinit(&daemon->secret);
	config_deinit(&daemon->config);
	config_options_deinit(&daemon->options);
}

int
main(int argc, char **argv)
{
	static struct daemon daemon = {.lock = -1, .state_lock = -1};
	int status;

	main_standard_files();
	dn_log_gather();
	status = main_read_config(&daemon, argc, argv);
	if (status == 0 && daemon.options.help) {
		main_help();
		daemon.ended = true;
	} else if (status == 0 && daemon.options.version) {
		printf("dncontrol " DNCHAT_VERSION " (build %s)\n",
		    journal_build());
		daemon.ended = true;
	}
	if (status == 0 && !daemon.ended)
		status = main_take_run_dir(&daemon);
	if (status == 0 && !daemon.ended)
		status = main_take_state_dir(&daemon);
	if (status == 0 && !daemon.ended)
		status = main_start(&daemon);
	while (status == 0 && !daemon.ended) {
		main_turn(&daemon);
		dn_log_flush();
		if (!daemon.ended)
			net_turn(daemon.net, true);
	}
	if (status == 0 && daemon.net != NULL)
		dn_info("ended", "pid=%jd", (intmax_t)getpid());
	main_end(&daemon);
	return status;
}
