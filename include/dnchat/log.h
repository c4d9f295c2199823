/*
 * The log: one line an event, "level=info event=link_up peer=s2", to standard
 * error. Values that hold blanks, quotes or bytes that do not print are quoted
 * and escaped by dn_log_str(). The level can be changed while running.
 *
 * Each program defines the level once: DN_LOG_DEFINE in its main.c.
 */
#ifndef DNCHAT_LOG_H
#define DNCHAT_LOG_H

#include <stdarg.h>
#include <stdio.h>

#include "buf.h"

#define DN_LOG_LEVELS(X) \
	X(ERROR, "error") X(WARN, "warn") X(INFO, "info") X(DEBUG, "debug")

enum dn_log_level {
#define DN_LOG_ENUM(name, word) DN_LOG_##name,
	DN_LOG_LEVELS(DN_LOG_ENUM)
#undef DN_LOG_ENUM
	DN_LOG_COUNT
};

extern enum dn_log_level dn_log_level;
#define DN_LOG_DEFINE enum dn_log_level dn_log_level = DN_LOG_INFO

static inline const char *
dn_log_word(enum dn_log_level level)
{
	static const char *const words[] = {
#define DN_LOG_WORD(name, word) word,
		DN_LOG_LEVELS(DN_LOG_WORD)
#undef DN_LOG_WORD
	};

	return (unsigned)level < DN_LOG_COUNT ? words[level] : "?";
}

/* The level called 'word', or DN_LOG_COUNT. */
static inline enum dn_log_level
dn_log_parse(struct dn_str word)
{
	unsigned level;

	for (level = 0; level < DN_LOG_COUNT; level++)
		if (dn_str_eq(word, dn_str_of(dn_log_word(
		    (enum dn_log_level)level))))
			break;
	return (enum dn_log_level)level;
}

/* Lines that wait: see dn_log_gather(). */
#define DN_LOG_GATHER_BYTES 16384

/* One longer value than this is cut, with "..." for the rest. */
#define DN_LOG_VALUE_MAX 256
struct dn_log_value {
	char text[DN_LOG_VALUE_MAX];
};

/* 'str' as a value: quoted and escaped where it needs to be. UTF-8 passes;
 * control characters, quotes and backslashes become \xNN. */
static inline struct dn_log_value
dn_log_str(struct dn_str str)
{
	struct dn_log_value value;
	size_t at = 0, i;
	bool quoted = str.size == 0;

	for (i = 0; i < str.size; i++)
		if ((unsigned char)str.data[i] <= ' ' || str.data[i] == '"' ||
		    str.data[i] == '=' || str.data[i] == '\\' ||
		    str.data[i] == 0x7f)
			quoted = true;
	if (quoted)
		value.text[at++] = '"';
	for (i = 0; i < str.size && at < DN_LOG_VALUE_MAX - 10; i++) {
		unsigned char c = (unsigned char)str.data[i];

		if (c < ' ' || c == 0x7f || c == '"' || c == '\\')
			at += (size_t)snprintf(value.text + at,
			    DN_LOG_VALUE_MAX - at, "\\x%02x", c);
		else
			value.text[at++] = (char)c;
	}
	if (i < str.size) {
		/* No half of a character before the dots. */
		while (at > 1 && ((unsigned char)str.data[i] & 0xc0) == 0x80) {
			at--;
			i--;
		}
		memcpy(value.text + at, "...", 3);
		at += 3;
	}
	if (quoted)
		value.text[at++] = '"';
	value.text[at] = '\0';
	return value;
}

__attribute__((format(printf, 3, 4))) static inline void
dn_log(enum dn_log_level level, const char *event, const char *format, ...)
{
	char line[2048];
	va_list args;
	int head, rest;

	if (level > dn_log_level)
		return;
	head = snprintf(line, sizeof(line), "level=%s event=%s%s",
	    dn_log_word(level), event, *format != '\0' ? " " : "");
	va_start(args, format);
	rest = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, format,
	    args);
	va_end(args);
	if (rest < 0)
		rest = 0;
	if ((size_t)(head + rest) > sizeof(line) - 2)
		rest = (int)sizeof(line) - 2 - head;
	line[head + rest] = '\n';
	(void)fwrite(line, 1, (size_t)(head + rest + 1), stderr);
	if (level <= DN_LOG_WARN)
		(void)fflush(stderr);
}

/* From now on lines wait for dn_log_flush(), warnings and errors excepted: one
 * write for all of a turn. */
static inline void
dn_log_gather(void)
{
	(void)setvbuf(stderr, NULL, _IOFBF, DN_LOG_GATHER_BYTES);
}

/* To be called before sleeping, or anything that may end the process. */
static inline void
dn_log_flush(void)
{
	(void)fflush(stderr);
}

#define dn_error(...) dn_log(DN_LOG_ERROR, __VA_ARGS__)
#define dn_warn(...) dn_log(DN_LOG_WARN, __VA_ARGS__)
#define dn_info(...) dn_log(DN_LOG_INFO, __VA_ARGS__)
#define dn_debug(...) dn_log(DN_LOG_DEBUG, __VA_ARGS__)

#endif
