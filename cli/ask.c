/* Passwords from people and scripts: see ask.h. */
#include "ask.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "dnchat/limits.h"

/* A line of 'fd', byte by byte: what follows it is for others to read. */
static enum dn_err
ask_read(int fd, char *text, size_t room)
{
	size_t size = 0;
	ssize_t got;
	char c;

	while ((got = read(fd, &c, 1)) == 1 && c != '\n')
		if (size < room)
			text[size++] = c;
	if (got < 0)
		return errno == EINTR ? DN_E_STATE : DN_E_IO;
	if (size == room)
		return DN_E_TOO_LONG;
	text[size] = '\0';
	return size > 0 ? DN_OK : DN_E_IO;
}

static enum dn_err
ask_once(int fd, const char *prompt, char *text, size_t room)
{
	enum dn_err err;

	if (write(fd, prompt, strlen(prompt)) < 0)
		return DN_E_IO;
	err = ask_read(fd, text, room);
	if (write(fd, "\n", 1) < 0)
		return DN_E_IO;
	return err;
}

enum dn_err
ask_terminal(char *text, size_t room)
{
	char again[DN_SECRET_BYTES_MAX + 1];
	struct termios before, silent;
	enum dn_err err;
	int fd;

	fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return DN_E_IO;
	if (tcgetattr(fd, &before) != 0) {
		close(fd);
		return DN_E_IO;
	}
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(fd, TCSAFLUSH, &silent);
	err = ask_once(fd, "Password: ", text, room);
	if (err == DN_OK)
		err = ask_once(fd, "Once more: ", again, sizeof(again));
	if (err == DN_OK && strcmp(text, again) != 0)
		err = DN_E_MALFORMED;
	(void)tcsetattr(fd, TCSAFLUSH, &before);
	explicit_bzero(again, sizeof(again));
	close(fd);
	return err;
}

enum dn_err
ask_stream(FILE *in, char *text, size_t room)
{
	size_t size = 0;
	int c;

	while ((c = getc(in)) != EOF && c != '\n')
		if (size < room)
			text[size++] = (char)c;
	if (size == room)
		return DN_E_TOO_LONG;
	if (size > 0 && text[size - 1] == '\r')
		size--;
	text[size] = '\0';
	return size > 0 ? DN_OK : DN_E_IO;
}
