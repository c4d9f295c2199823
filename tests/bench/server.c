/*
 * The servers under test, as child processes: each start is a fresh one, so
 * that no measurement inherits anything from the one before it.
 */
#include "server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peer.h"
#include "seal.h"
#include "websocket.h"

#define CORE_DATA 0
#define CORE_REST 1
#define START_MSEC 5000
#define POLL_USEC 2000
#define LOG_SIZE 8192

static void
pin(int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	/* A machine of one core measures something else, but it does. */
	(void)sched_setaffinity(0, sizeof(set), &set);
}

void
server_pin(void)
{
	pin(CORE_REST);
}

void
server_precede(bool is_first)
{
	struct sched_param param = {.sched_priority = is_first ? 1 : 0};
	int policy = is_first ? SCHED_FIFO : SCHED_OTHER;

	(void)sched_setscheduler(0, policy | SCHED_RESET_ON_FORK, &param);
}

/* The child's half of spawn(); it does not return. */
static void
become(const char *const *argv, const char *log, int core)
{
	char *words[16];
	int null = open("/dev/null", O_RDONLY);
	int out = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	unsigned i;

	for (i = 0; argv[i] != NULL && i < 15; i++)
		words[i] = strdup(argv[i]);
	words[i] = NULL;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	pin(core);
	if (null < 0 || out < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 ||
	    dup2(out, 2) < 0)
		_exit(126);
	(void)execv(words[0], words);
	perror(words[0]);
	_exit(127);
}

static pid_t
spawn(const char *const *argv, const char *log, int core)
{
	pid_t pid;

	/* What an earlier one wrote must not be taken for its word. */
	(void)unlink(log);
	pid = fork();
	if (pid == 0)
		become(argv, log, core);
	return pid;
}

static void
log_read(const char *log, char *text)
{
	FILE *file = fopen(log, "r");
	size_t size = 0;

	if (file != NULL) {
		size = fread(text, 1, LOG_SIZE - 1, file);
		fclose(file);
	}
	text[size] = '\0';
}

/* The line of 'log' that tells 'event', once it is there; else NULL. */
static const char *
await(const char *log, const char *event, pid_t pid, char *text)
{
	uint64_t end = bench_now() + START_MSEC * BENCH_MSEC;
	const char *line;

	do {
		log_read(log, text);
		line = strstr(text, event);
		if (line != NULL && strchr(line, '\n') != NULL)
			return line;
		if (waitpid(pid, NULL, WNOHANG) != 0)
			break;
		(void)usleep(POLL_USEC);
	} while (bench_now() < end);
	log_read(log, text);
	(void)fprintf(stderr, "bench: a server did not start:\n%s", text);
	return NULL;
}

static bool
start_data(struct server *server, const char *const *argv, const char *log)
{
	unsigned node = server->node_count;
	char text[LOG_SIZE];
	const char *line, *address;

	server->data[node] = spawn(argv, log, CORE_DATA);
	server->control[node] = 0;
	server->node_count++;
	line = await(log, "event=listening", server->data[node], text);
	if (line == NULL)
		return false;
	address = strstr(line, "address=127.0.0.1:");
	if (address == NULL)
		return false;
	server->ports[node] = (uint16_t)atoi(address +
	    strlen("address=127.0.0.1:"));
	return true;
}

static bool
start_limit(struct server *server, const struct server_place *place)
{
	char program[SERVER_PATH_SIZE], log[SERVER_PATH_SIZE];
	const char *const argv[] = {program, NULL};

	(void)snprintf(program, sizeof(program), "%s/bench/limit",
	    place->build);
	(void)snprintf(log, sizeof(log), "%s/limit.log", place->work);
	return start_data(server, argv, log);
}

/* A node of both daemons; from the second on, it links to the one before, and
 * to the first if it 'closes' a ring. */
static bool
start_node(struct server *server, const struct server_place *place,
    bool closes)
{
	static unsigned serial;
	unsigned node = server->node_count;
	char data[SERVER_PATH_SIZE], control[SERVER_PATH_SIZE];
	char log[SERVER_PATH_SIZE + 16], name[16], peer[32], first[32];
	char *run = server->run_dirs[node];
	char text[LOG_SIZE], pair[SERVER_PATH_SIZE];
	bool is_sealed = server->dialect->wire->is_sealed;
	const char *const data_argv[] = {data, "--listen",
	    is_sealed ? "wss:127.0.0.1:0" : "127.0.0.1:0", "--run-dir", run,
	    is_sealed ? "--tls-cert" : NULL, pair, "--tls-key", pair, NULL};
	const char *const control_argv[] = {control, "--run-dir", run,
	    "--auth", "open", "--name", name,
	    node > 0 ? "--connect" : NULL, peer,
	    closes ? "--connect" : NULL, first, NULL};

	serial++;
	(void)snprintf(data, sizeof(data), "%s/dnchatd", place->build);
	(void)snprintf(control, sizeof(control), "%s/dncontrol", place->build);
	(void)snprintf(run, SERVER_PATH_SIZE, "%s/run%u", place->work, serial);
	(void)snprintf(name, sizeof(name), "bench%u", node);
	(void)snprintf(pair, sizeof(pair), "%s/pair.pem", place->work);
	if (is_sealed && !seal_make_pair(pair))
		return false;
	(void)snprintf(log, sizeof(log), "%s.data.log", run);
	if (!start_data(server, data_argv, log))
		return false;
	if (node > 0)
		(void)snprintf(peer, sizeof(peer), "127.0.0.1:%u",
		    server->ports[node - 1]);
	(void)snprintf(first, sizeof(first), "127.0.0.1:%u",
	    server->ports[0]);
	(void)snprintf(log, sizeof(log), "%s.control.log", run);
	server->control[node] = spawn(control_argv, log, CORE_REST);
	return await(log, "event=ready", server->control[node], text) != NULL;
}

/* A port that was free a moment ago, or 0: what is told its port in a file can
 * be asked for none. */
static uint16_t
free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return 0;
	if (bind(fd, (struct sockaddr *)&address, size) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		address.sin_port = 0;
	close(fd);
	return ntohs(address.sin_port);
}

static bool
start_peer(struct server *server, enum bench_system system,
    const struct server_place *place)
{
	char program[SERVER_PATH_SIZE], log[SERVER_PATH_SIZE];
	char config[SERVER_PATH_SIZE], text[LOG_SIZE];
	const char *words[PEER_WORDS_MAX];

	(void)snprintf(log, sizeof(log), "%s/%s.log", place->work,
	    bench_name(system));
	(void)snprintf(config, sizeof(config), "%s/%s.conf", place->work,
	    bench_name(system));
	server->dialect = peer_dialect(system);
	server->ports[0] = free_port();
	if (!peer_find(system, program, sizeof(program)) ||
	    !peer_configure(system, program, place->work, config,
	    server->ports[0], words))
		return false;
	server->data[0] = spawn(words, log, CORE_DATA);
	server->node_count = 1;
	return await(log, peer_ready(system), server->data[0], text) != NULL;
}

/* What dnchat's users say, over TLS. */
static const struct dialect *
sealed_dialect(void)
{
	static struct dialect dialect;

	dialect = dialect_dnchat;
	dialect.wire = &websocket_sealed_wire;
	return &dialect;
}

bool
server_start(struct server *server, enum bench_system system,
    const struct server_place *place)
{
	const struct bench_shape *shape = bench_shape(system);
	bool started = true;
	unsigned node;

	*server = (struct server){.dialect = system == BENCH_WSS ?
	    sealed_dialect() : &dialect_dnchat};
	if (shape->package != NULL)
		started = start_peer(server, system, place);
	else if (shape->nodes == 0)
		started = start_limit(server, place);
	for (node = 0; started && node < shape->nodes; node++)
		started = start_node(server, place,
		    shape->is_ring && node == shape->nodes - 1);
	if (!started)
		server_stop(server);
	return started;
}

static void
end(pid_t *pid)
{
	if (*pid <= 0)
		return;
	(void)kill(*pid, SIGKILL);
	(void)waitpid(*pid, NULL, 0);
	*pid = 0;
}

void
server_stop(struct server *server)
{
	unsigned i;

	for (i = 0; i < server->node_count; i++) {
		end(&server->control[i]);
		end(&server->data[i]);
	}
	server->node_count = 0;
}

static bool
alive(pid_t pid)
{
	siginfo_t info = {0};

	/* WNOWAIT: server_stop() still finds it. */
	return pid == 0 || (waitid(P_PID, (id_t)pid, &info,
	    WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0);
}

bool
server_alive(const struct server *server)
{
	unsigned i;

	for (i = 0; i < server->node_count; i++)
		if (!alive(server->data[i]) || !alive(server->control[i]))
			return false;
	return true;
}

static double
cpu_of(pid_t pid)
{
	unsigned long user = 0, kernel = 0;
	char path[64], text[1024] = "";
	const char *at;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = pid > 0 ? fopen(path, "r") : NULL;
	if (file == NULL)
		return 0;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	/* The program's name may hold blanks; it ends at the last bracket. */
	at = strrchr(text, ')');
	if (at == NULL || sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u "
	    "%*u %*u %*u %lu %lu", &user, &kernel) != 2)
		return 0;
	return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static double
memory_of(pid_t pid)
{
	char path[64], line[256];
	double size = 0;
	FILE *file;

	/* statm is only good to some pages per core. */
	(void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	file = pid > 0 ? fopen(path, "r") : NULL;
	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "Rss: %lf", &size) == 1)
			break;
	fclose(file);
	return size * 1024;
}

static void
sum(const struct server *server, double (*of)(pid_t), double *data,
    double *control)
{
	unsigned i;

	*data = 0;
	*control = 0;
	for (i = 0; i < server->node_count; i++) {
		*data += of(server->data[i]);
		*control += of(server->control[i]);
	}
}

void
server_cpu(const struct server *server, double *data, double *control)
{
	sum(server, cpu_of, data, control);
}

void
server_memory(const struct server *server, double *data, double *control)
{
	sum(server, memory_of, data, control);
}
