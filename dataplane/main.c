/*
 * dnchatd: options, the run directory and its lock, privileges. Everything
 * else is net.c's.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dnchat/limits.h"
#include "dnchat/log.h"
#include "dnchat/rundir.h"
#include "http.h"
#include "net.h"

DN_LOG_DEFINE;

#define MAIN_EXIT_FAILED 1
#define MAIN_EXIT_USAGE 2

struct main_options {
	char run[RUNDIR_BYTES_MAX];
	const struct passwd *user; /* or NULL */
};

static const char main_help[] =
	"usage: dnchatd [option ...]\n"
	"\n"
	"Forwards messages between dnchat clients and servers. dncontrol tells\n"
	"it who is who; start that with the same --run-dir.\n"
	"\n"
	"  --listen [PROTOCOL:][ADDRESS:]PORT, or PROTOCOL\n"
	"                     take connections there; may be repeated.\n"
	"                     PROTOCOL is dnchat (port 42015 unless given),\n"
	"                     channels (4400) or wss, dnchat over TLS (443);\n"
	"                     default: dnchat, all addresses\n"
	"  --tls-cert FILE    certificate for wss, with its chain (PEM)\n"
	"  --tls-key FILE     its key; all three are read again on SIGHUP\n"
	"  --tls-ca FILE      whose certificates to believe of servers that are\n"
	"                     dialled by wss://, besides the system's\n"
	"  --run-dir DIR      where the two meet\n"
	"  --log-level LEVEL  error, warn, info (default) or debug\n"
	"  --user NAME        become that user when all ports are open\n"
	"  --no-page          serve no chat page\n"
	"  --status SCOPE     who sees /status: loopback (default), any or off\n"
	"  --host-name NAME   a name that /status may be asked for by, besides\n"
	"                     localhost and addresses; may be repeated\n"
	"  --help, --version\n";

/* One line to standard error; returns 'status'. */
__attribute__((format(printf, 2, 3))) static int
main_fail(int status, const char *format, ...)
{
	va_list args;

	fputs("dnchatd: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

/* ---- options ---- */

static int
main_option_listen(struct netd *netd, const char *value)
{
	switch (netd_listen(netd, value)) {
	case DN_E_OK:
		return -1;
	case DN_E_UNKNOWN:
		return main_fail(MAIN_EXIT_USAGE, "--listen %s: there is no "
		    "such protocol; this one speaks dnchat, channels and wss",
		    value);
	case DN_E_FULL:
		return main_fail(MAIN_EXIT_USAGE, "--listen may be given %d "
		    "times", NETD_LISTEN_MAX);
	default:
		return main_fail(MAIN_EXIT_USAGE, "--listen %s: expected "
		    "[ADDRESS:]PORT, such as 42015, 127.0.0.1:42015 or "
		    "[::1]:42015", value);
	}
}

static int
main_option_level(const char *value)
{
	enum dn_log_level level = dn_log_parse(dn_str_of(value));

	if (level == DN_LOG_COUNT)
		return main_fail(MAIN_EXIT_USAGE, "--log-level %s: expected "
		    "error, warn, info or debug", value);
	dn_log_level = level;
	return -1;
}

static int
main_option_user(struct main_options *options, const char *value)
{
	options->user = getpwnam(value);
	if (options->user == NULL)
		return main_fail(MAIN_EXIT_USAGE, "--user %s: there is no "
		    "such user", value);
	return -1;
}

static int
main_option_status(struct netd *netd, const char *value)
{
	if (netd_set_status(netd, value) != DN_OK)
		return main_fail(MAIN_EXIT_USAGE, "--status %s: expected "
		    "loopback, any or off", value);
	return -1;
}

static int
main_option_host(struct netd *netd, const char *value)
{
	switch (netd_add_host_name(netd, value)) {
	case DN_E_OK:
		return -1;
	case DN_E_FULL:
		return main_fail(MAIN_EXIT_USAGE, "--host-name may be given "
		    "%d times", HTTP_HOST_NAMES_MAX);
	default:
		return main_fail(MAIN_EXIT_USAGE, "--host-name %s: expected a "
		    "name such as chat.example.org, without a port", value);
	}
}

static int
main_option_run(struct main_options *options, const char *value)
{
	if (strlen(value) >= sizeof(options->run))
		return main_fail(MAIN_EXIT_USAGE, "--run-dir %s: longer than "
		    "%zu bytes", value, sizeof(options->run) - 1);
	memcpy(options->run, value, strlen(value) + 1);
	return -1;
}

/* Returns the status to exit with, or -1 to go on. */
static int
main_option(struct netd *netd, struct main_options *options, int option)
{
	switch (option) {
	case 'l':
		return main_option_listen(netd, optarg);
	case 'r':
		return main_option_run(options, optarg);
	case 'v':
		return main_option_level(optarg);
	case 'u':
		return main_option_user(options, optarg);
	case 'p':
		netd_set_page(netd, false);
		return -1;
	case 's':
		return main_option_status(netd, optarg);
	case 'n':
		return main_option_host(netd, optarg);
	case 'c':
		netd_set_tls_cert(netd, optarg);
		return -1;
	case 'k':
		netd_set_tls_key(netd, optarg);
		return -1;
	case 'a':
		netd_set_tls_ca(netd, optarg);
		return -1;
	case 'h':
		fputs(main_help, stdout);
		return 0;
	case 'V':
		puts("dnchatd " DNCHAT_VERSION);
		return 0;
	default:
		/* getopt has said why. */
		return MAIN_EXIT_USAGE;
	}
}

static int
main_parse(struct netd *netd, struct main_options *options, int argc,
    char **argv)
{
	static const struct option names[] = {
		{"listen", required_argument, NULL, 'l'},
		{"run-dir", required_argument, NULL, 'r'},
		{"log-level", required_argument, NULL, 'v'},
		{"user", required_argument, NULL, 'u'},
		{"no-page", no_argument, NULL, 'p'},
		{"status", required_argument, NULL, 's'},
		{"host-name", required_argument, NULL, 'n'},
		{"tls-cert", required_argument, NULL, 'c'},
		{"tls-key", required_argument, NULL, 'k'},
		{"tls-ca", required_argument, NULL, 'a'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	const char *misuse;
	int option, status;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		status = main_option(netd, options, option);
		if (status >= 0)
			return status;
	}
	if (optind < argc)
		return main_fail(MAIN_EXIT_USAGE, "%s: there are only "
		    "options; see dnchatd --help", argv[optind]);
	misuse = netd_tls_misuse(netd);
	if (misuse != NULL)
		return main_fail(MAIN_EXIT_USAGE, "%s", misuse);
	if (options->run[0] == '\0' &&
	    rundir_default(options->run) != DN_OK)
		return main_fail(MAIN_EXIT_USAGE, "the default run directory "
		    "has too long a name; give --run-dir");
	return -1;
}

/* ---- the run directory ---- */

static int
main_prepare_run(const struct main_options *options)
{
	const char *path = options->run;
	bool is_new;

	switch (rundir_prepare(path, &is_new)) {
	case DN_E_OK:
		break;
	case DN_E_REFUSED:
		return main_fail(MAIN_EXIT_FAILED, "%s is not ours alone; "
		    "give another --run-dir", path);
	default:
		return main_fail(MAIN_EXIT_FAILED, "cannot use %s: %s; give "
		    "another --run-dir", path, strerror(errno));
	}
	if (is_new && options->user != NULL &&
	    chown(path, options->user->pw_uid, options->user->pw_gid) != 0)
		return main_fail(MAIN_EXIT_FAILED, "cannot give %s to %s: %s",
		    path, options->user->pw_name, strerror(errno));
	return -1;
}

/* Sees to it that there is one dnchatd; the lock lasts as long as we do. */
static int
main_lock_run(const struct main_options *options)
{
	pid_t holder;
	int fd;

	switch (rundir_lock(options->run, "dnchatd.lock", &fd, &holder)) {
	case DN_E_OK:
		break;
	case DN_E_EXISTS:
		return main_fail(MAIN_EXIT_FAILED, "another dnchatd (pid %ld) "
		    "serves %s; give this one --run-dir DIR", (long)holder,
		    options->run);
	default:
		return main_fail(MAIN_EXIT_FAILED, "cannot lock %s: %s",
		    options->run, strerror(errno));
	}
	if (options->user != NULL && fchown(fd, options->user->pw_uid,
	    options->user->pw_gid) != 0)
		dn_warn("lock_file", "run_dir=%s", options->run);
	return -1;
}

static int
main_drop(const struct passwd *user)
{
	if (user == NULL)
		return -1;
	if (setgid(user->pw_gid) != 0 ||
	    initgroups(user->pw_name, user->pw_gid) != 0 ||
	    setuid(user->pw_uid) != 0)
		return main_fail(MAIN_EXIT_FAILED, "cannot become %s: %s",
		    user->pw_name, strerror(errno));
	return -1;
}

/* ---- running ---- */

static int
main_run(struct netd *netd, const struct main_options *options)
{
	char path[RUNDIR_FILE_BYTES_MAX];
	const char *address = "";
	char why[NETD_WHY_BYTES_MAX];
	int status;

	status = main_prepare_run(options);
	if (status < 0)
		status = main_lock_run(options);
	if (status >= 0)
		return status;
	if (netd_bind(netd, &address) != DN_OK)
		return main_fail(MAIN_EXIT_FAILED, "cannot listen on %s: %s; "
		    "give another --listen", address, strerror(errno));
	status = main_drop(options->user);
	if (status >= 0)
		return status;
	/* As who reads them again later. */
	if (netd_tls_load(netd, why, sizeof(why)) != DN_OK)
		return main_fail(MAIN_EXIT_FAILED, "cannot use TLS: %s", why);
	snprintf(path, sizeof(path), "%s/dnchatd.sock", options->run);
	switch (netd_run(netd, path)) {
	case DN_E_OK:
		return 0;
	case DN_E_IO:
		return main_fail(MAIN_EXIT_FAILED, "cannot use %s: %s", path,
		    strerror(errno));
	default:
		return main_fail(MAIN_EXIT_FAILED, "out of memory");
	}
}

int
main(int argc, char **argv)
{
	struct main_options options = {0};
	struct netd *netd = netd_new();
	int status;

	if (netd == NULL)
		return main_fail(MAIN_EXIT_FAILED, "out of memory");
	status = main_parse(netd, &options, argc, argv);
	if (status < 0)
		status = main_run(netd, &options);
	netd_free(netd);
	return status;
}
