/*
 * One command, one connection: what is measured meets no more of it than it
 * must. It stands between scenario.c, flood.c and dncontrol.
 */
#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_SECONDS_MAX 10
#define LINE_SIZE 65536

static int
ask_open(const char *run_dir)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = ANSWER_SECONDS_MAX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path),
	    "%s/admin.sock", run_dir) >= sizeof(address.sun_path) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) !=
	    0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) !=
	    0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Reads rows up to the status line, which is left in 'line'. */
static bool
ask_read(FILE *stream, char *line, char *rows, size_t size)
{
	size_t at = 0, length;

	if (size > 0)
		rows[0] = '\0';
	while (fgets(line, LINE_SIZE, stream) != NULL) {
		if (strncmp(line, "{\"ok\":", 6) == 0)
			return strncmp(line + 6, "true", 4) == 0;
		length = strlen(line);
		if (at + length >= size)
			continue;
		memcpy(rows + at, line, length + 1);
		at += length;
	}
	(void)snprintf(line, LINE_SIZE, "no answer");
	return false;
}

bool
ask(const char *run_dir, const char *command, char *rows, size_t size)
{
	static char line[LINE_SIZE];
	int fd = ask_open(run_dir);
	FILE *stream = fd >= 0 ? fdopen(fd, "r+") : NULL;
	bool done;

	if (stream == NULL) {
		(void)fprintf(stderr, "bench: %s: no admin socket\n",
		    run_dir);
		if (fd >= 0)
			close(fd);
		return false;
	}
	done = fprintf(stream, "%s\n", command) > 0 && fflush(stream) == 0 &&
	    ask_read(stream, line, rows, size);
	if (!done)
		(void)fprintf(stderr, "bench: %s: %s\n", command, line);
	fclose(stream);
	return done;
}

double
ask_number(const char *rows, const char *key)
{
	char name[64];
	const char *at;

	(void)snprintf(name, sizeof(name), "\"%s\":", key);
	at = strstr(rows, name);
	if (at == NULL)
		return 0;
	at += strlen(name);
	while (*at == ' ' || *at == '"')
		at++;
	return strtod(at, NULL);
}
