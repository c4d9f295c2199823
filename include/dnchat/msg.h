/*
 * The one message that every protocol is decoded to and encoded from. It is
 * neutral: a codec words it in its protocol's way, or in no way at all.
 */
#ifndef DNCHAT_MSG_H
#define DNCHAT_MSG_H

#include "buf.h"

/* X(name, word on the wire of the dnchat protocol) */
#define DN_KINDS(X) \
	X(AUTH) X(SEND) X(ACKN) X(OKAY) X(FAIL) X(ARRV) X(LEFT) X(INVD) X(SRVR)

enum dn_kind {
#define DN_KIND_ENUM(name) DN_KIND_##name,
	DN_KINDS(DN_KIND_ENUM)
#undef DN_KIND_ENUM
	DN_KIND_COUNT
};

/* Why an AUTH or SEND failed, in the words of the protocol. */
#define DN_REASONS(X) X(NUMBER) X(NAME) X(PASSWORD) X(LENGTH)

enum dn_reason {
#define DN_REASON_ENUM(name) DN_REASON_##name,
	DN_REASONS(DN_REASON_ENUM)
#undef DN_REASON_ENUM
	DN_REASON_COUNT
};

/* 'to' of a message for all other users. 0 is no user's number. */
#define DN_TO_ALL UINT64_C(0)

/*
 * Strings point into the bytes that were decoded, or belong to the caller:
 * they live until the call that was given the message returns.
 * Which members mean something depends on the kind:
 *   AUTH  number (the user), name, secret
 *   SEND  number (the message), from, to, text
 *   ACKN  number (the message), from (who acknowledges), to (its author)
 *   OKAY  number              FAIL  number, reason
 *   ARRV  number (the user), name, description, hops (to peers only)
 *   LEFT  number (the user)   INVD  nothing      SRVR  number (should be 0)
 */
struct dn_msg {
	enum dn_kind kind;
	enum dn_reason reason;
	uint64_t number;
	uint64_t from;
	uint64_t to;
	uint32_t hops;
	struct dn_str name;
	struct dn_str description;
	struct dn_str secret;
	struct dn_str text;
};

static inline const char *
dn_kind_word(enum dn_kind kind)
{
	static const char *const words[] = {
#define DN_KIND_WORD(name) #name,
		DN_KINDS(DN_KIND_WORD)
#undef DN_KIND_WORD
	};

	return (unsigned)kind < DN_KIND_COUNT ? words[kind] : "?";
}

static inline const char *
dn_reason_word(enum dn_reason reason)
{
	static const char *const words[] = {
#define DN_REASON_WORD(name) #name,
		DN_REASONS(DN_REASON_WORD)
#undef DN_REASON_WORD
	};

	return (unsigned)reason < DN_REASON_COUNT ? words[reason] : "?";
}

#endif
