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

/* Messages of other doors, for which the dnchat protocol has no word. */
#define DN_DOOR_KINDS(X) X(SAY) X(RECV) X(CALL) X(REPLY)

enum dn_kind {
#define DN_KIND_ENUM(name) DN_KIND_##name,
	DN_KINDS(DN_KIND_ENUM)
	DN_KIND_WORDS, /* kinds above have a word */
	DN_KIND_BEFORE_DOORS = DN_KIND_WORDS - 1,
	DN_DOOR_KINDS(DN_KIND_ENUM)
#undef DN_KIND_ENUM
	DN_KIND_COUNT
};

/*
 * What a CALL asks or says, and a REPLY answers or tells. X(name, meaning):
 * of clients; then of servers, where "says" goes either way. Clients' rooms are
 * words as doors spell them, %XX for what those can't hold; all else is names.
 */
#define DN_VERBS(X)                                                          \
	X(REGISTER, "an account 'name' with 'secret'")                       \
	X(LOGIN, "only in a REPLY: LOGIN goes as AUTH")                      \
	X(CREATE, "a room 'room'")                                           \
	X(JOIN, "membership of 'room'")                                      \
	X(SAY, "only in a REPLY, about a SAY that could not be")             \
	X(CHANNELS, "all rooms; the answer's 'text' has a name a line")      \
	X(CONFIRM, "says: the federation stands")                            \
	X(FEDCHANNELS, "says: my rooms are 'text', a name a line")           \
	X(FEDNEW, "says: I have a new room 'room'")                          \
	X(FEDJOIN, "my user 'name' asks for membership of your 'room'")      \
	X(FEDRESULT, "'result' for your user 'name' and 'about' in 'room'")  \
	X(DNCHAT, "says: I am a server of this kind, and 'name' is the number of a user of mine")

enum dn_verb {
#define DN_VERB_ENUM(name, meaning) DN_VERB_##name,
	DN_VERBS(DN_VERB_ENUM)
#undef DN_VERB_ENUM
	DN_VERB_COUNT
};

/* Why an AUTH or SEND failed, in the words of the protocol; BUSY is ours: the
 * password was not looked at, try again later. */
#define DN_REASONS(X) X(NUMBER) X(NAME) X(PASSWORD) X(LENGTH) X(BUSY)

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
 * Of other doors:
 *   SAY   room, text; from a server also name (the author, as it writes him)
 *   RECV  name (our user), author, room, text: a server's room said it
 *   CALL, REPLY  verb, about, result, name, secret, room, text (DN_VERBS)
 * And for codecs that write names where dnchat writes numbers, whoever encodes
 * a SEND fills in:
 *   room (the room's name without '#', or empty), author, name (of 'to')
 */
struct dn_msg {
	enum dn_kind kind;
	enum dn_reason reason;
	enum dn_verb verb, about;
	bool result;
	uint64_t number;
	uint64_t from;
	uint64_t to;
	uint32_t hops;
	struct dn_str name;
	struct dn_str description;
	struct dn_str secret;
	struct dn_str text;
	struct dn_str room;
	struct dn_str author;
};

static inline const char *
dn_kind_word(enum dn_kind kind)
{
	static const char *const words[] = {
#define DN_KIND_WORD(name) #name,
		DN_KINDS(DN_KIND_WORD)
#undef DN_KIND_WORD
	};

	return (unsigned)kind < DN_KIND_WORDS ? words[kind] : "?";
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
