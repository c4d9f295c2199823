/*
 * The errors of dnchat: one table, from which the enum, the words for people
 * and the codes for scripts are made.
 */
#ifndef DNCHAT_ERR_H
#define DNCHAT_ERR_H

/* X(name, code for scripts, sentence for people) */
#define DN_ERRORS(X)                                                     \
	X(OK, "ok", "done")                                              \
	X(MALFORMED, "malformed", "not of the form that was expected")   \
	X(RANGE, "range", "a value is out of its range")                 \
	X(TOO_LONG, "too-long", "longer than its limit")                 \
	X(UNKNOWN, "unknown", "no such thing")                           \
	X(EXISTS, "exists", "it exists already")                         \
	X(FULL, "full", "a limit has been reached")                      \
	X(STATE, "state", "not possible in the present state")           \
	X(REFUSED, "refused", "the rules do not allow it")               \
	X(MEMORY, "memory", "out of memory")                             \
	X(IO, "io", "the system refused")                                \
	X(TIMEOUT, "timeout", "it took too long")                        \
	X(VERSION, "version", "of another version")                      \
	X(OFFLINE, "offline", "the forwarding daemon is not there")

enum dn_err {
#define DN_ERR_ENUM(name, code, sentence) DN_E_##name,
	DN_ERRORS(DN_ERR_ENUM)
#undef DN_ERR_ENUM
	DN_ERR_COUNT
};
#define DN_OK DN_E_OK

/* The code of 'err' that scripts read, e.g. "unknown". */
static inline const char *
dn_err_code(enum dn_err err)
{
	static const char *const codes[] = {
#define DN_ERR_CODE(name, code, sentence) code,
		DN_ERRORS(DN_ERR_CODE)
#undef DN_ERR_CODE
	};

	return (unsigned)err < DN_ERR_COUNT ? codes[err] : "unknown-error";
}

/* The sentence of 'err' that people read. */
static inline const char *
dn_err_text(enum dn_err err)
{
	static const char *const texts[] = {
#define DN_ERR_TEXT(name, code, sentence) sentence,
		DN_ERRORS(DN_ERR_TEXT)
#undef DN_ERR_TEXT
	};

	return (unsigned)err < DN_ERR_COUNT ? texts[err] : "unknown error";
}

#endif
