/*
 * The channels protocol: lines of words with one blank between two. Clients
 * and servers use one port; a table for each says what they may say, and how
 * it goes on behind the first word.
 */
#include "codec.h"

#include "dnchat/limits.h"

/* How a line goes on. */
enum codec_channels_form {
	FORM_NOTHING,
	FORM_SECRET,  /* name, password */
	FORM_ROOM,    /* room */
	FORM_SAY,     /* room, text */
	FORM_LIST,    /* names, perhaps none */
	FORM_JOIN,    /* name, room */
	FORM_FEDSAY,  /* name, room, text */
	FORM_FEDRECV, /* name, author, room, text */
	FORM_RESULT,  /* name, verb, room, 0 or 1 */
	FORM_COUNT
};

struct codec_channels_row {
	const char *word;
	enum dn_kind kind;
	enum dn_verb verb; /* of a CALL, and of the REPLY that refuses */
	enum codec_channels_form form;
};

static const struct codec_channels_row codec_channels_client[] = {
	{"SAY", DN_KIND_SAY, DN_VERB_SAY, FORM_SAY},
	{"LOGIN", DN_KIND_AUTH, DN_VERB_LOGIN, FORM_SECRET},
	{"REGISTER", DN_KIND_CALL, DN_VERB_REGISTER, FORM_SECRET},
	{"CREATE", DN_KIND_CALL, DN_VERB_CREATE, FORM_ROOM},
	{"JOIN", DN_KIND_CALL, DN_VERB_JOIN, FORM_ROOM},
	{"CHANNELS", DN_KIND_CALL, DN_VERB_CHANNELS, FORM_NOTHING},
	{NULL, DN_KIND_COUNT, DN_VERB_COUNT, FORM_COUNT},
};

static const char codec_channels_hello[] = "FEDERATE-OUT";

static const struct codec_channels_row codec_channels_peer[] = {
	{"FEDRECV", DN_KIND_RECV, DN_VERB_COUNT, FORM_FEDRECV},
	{"FEDSAY", DN_KIND_SAY, DN_VERB_SAY, FORM_FEDSAY},
	{codec_channels_hello, DN_KIND_SRVR, DN_VERB_COUNT, FORM_NOTHING},
	{"FEDERATE-CONFIRM", DN_KIND_CALL, DN_VERB_CONFIRM, FORM_NOTHING},
	{"FEDCHANNELS", DN_KIND_CALL, DN_VERB_FEDCHANNELS, FORM_LIST},
	{"FEDNEW", DN_KIND_CALL, DN_VERB_FEDNEW, FORM_ROOM},
	{"FEDJOIN", DN_KIND_CALL, DN_VERB_FEDJOIN, FORM_JOIN},
	{"FEDRESULT", DN_KIND_CALL, DN_VERB_FEDRESULT, FORM_RESULT},
	/* Ours; others ignore it, as what they don't know. */
	{"DNCHAT", DN_KIND_CALL, DN_VERB_DNCHAT, FORM_ROOM},
	{NULL, DN_KIND_COUNT, DN_VERB_COUNT, FORM_COUNT},
};

static const char *
codec_channels_verb(enum dn_verb verb)
{
	static const char *const words[] = {
#define CODEC_CHANNELS_WORD(name, meaning) #name,
		DN_VERBS(CODEC_CHANNELS_WORD)
#undef CODEC_CHANNELS_WORD
	};

	return words[verb];
}

/* ---- reading ---- */

/* What follows the word that was read last; 'has_more' if a blank did, with
 * something or nothing behind it. */
struct codec_channels_line {
	struct dn_str rest;
	bool has_more;
};

/* The next word, empty if there is none. */
static struct dn_str
codec_channels_word(struct codec_channels_line *line)
{
	struct dn_str word = line->rest;
	const char *blank = word.size > 0 ?
	    memchr(word.data, ' ', word.size) : NULL;

	line->has_more = blank != NULL;
	if (blank == NULL) {
		line->rest.size = 0;
		return word;
	}
	word.size = (size_t)(blank - word.data);
	line->rest.data = blank + 1;
	line->rest.size -= word.size + 1;
	return word;
}

/* Reads a word that must be there to '*word'. */
static bool
codec_channels_take(struct codec_channels_line *line, struct dn_str *word)
{
	if (!line->has_more)
		return false;
	*word = codec_channels_word(line);
	return word->size > 0;
}

/* Reads all that is left, which must be something. */
static bool
codec_channels_text(struct codec_channels_line *line, struct dn_msg *msg)
{
	msg->text = line->rest;
	return line->has_more && msg->text.size > 0;
}

static bool
codec_channels_read_nothing(struct codec_channels_line *line,
    struct dn_msg *msg)
{
	(void)msg;
	return !line->has_more;
}

static bool
codec_channels_read_secret(struct codec_channels_line *line,
    struct dn_msg *msg)
{
	return codec_channels_take(line, &msg->name) &&
	    codec_channels_take(line, &msg->secret) && !line->has_more;
}

static bool
codec_channels_read_room(struct codec_channels_line *line, struct dn_msg *msg)
{
	return codec_channels_take(line, &msg->room) && !line->has_more;
}

static bool
codec_channels_read_say(struct codec_channels_line *line, struct dn_msg *msg)
{
	return codec_channels_take(line, &msg->room) &&
	    codec_channels_text(line, msg);
}

static bool
codec_channels_read_list(struct codec_channels_line *line, struct dn_msg *msg)
{
	msg->text = line->rest;
	return true;
}

static bool
codec_channels_read_join(struct codec_channels_line *line, struct dn_msg *msg)
{
	return codec_channels_take(line, &msg->name) &&
	    codec_channels_take(line, &msg->room) && !line->has_more;
}

static bool
codec_channels_read_fedsay(struct codec_channels_line *line,
    struct dn_msg *msg)
{
	return codec_channels_take(line, &msg->name) &&
	    codec_channels_take(line, &msg->room) &&
	    codec_channels_text(line, msg);
}

static bool
codec_channels_read_fedrecv(struct codec_channels_line *line,
    struct dn_msg *msg)
{
	return codec_channels_take(line, &msg->name) &&
	    codec_channels_take(line, &msg->author) &&
	    codec_channels_take(line, &msg->room) &&
	    codec_channels_text(line, msg);
}

static bool
codec_channels_read_result(struct codec_channels_line *line,
    struct dn_msg *msg)
{
	struct dn_str word, result;
	unsigned verb;

	if (!codec_channels_take(line, &msg->name) ||
	    !codec_channels_take(line, &word) ||
	    !codec_channels_take(line, &msg->room) ||
	    !codec_channels_take(line, &result) || line->has_more)
		return false;
	for (verb = 0; verb < DN_VERB_COUNT; verb++)
		if (dn_str_eq(word, dn_str_of(codec_channels_verb(
		    (enum dn_verb)verb))))
			break;
	if (verb == DN_VERB_COUNT)
		return false;
	msg->about = (enum dn_verb)verb;
	msg->result = dn_str_eq(result, dn_str_of("1"));
	return msg->result || dn_str_eq(result, dn_str_of("0"));
}

static bool (*const codec_channels_readers[FORM_COUNT])(
    struct codec_channels_line *line, struct dn_msg *msg) = {
	[FORM_NOTHING] = codec_channels_read_nothing,
	[FORM_SECRET] = codec_channels_read_secret,
	[FORM_ROOM] = codec_channels_read_room,
	[FORM_SAY] = codec_channels_read_say,
	[FORM_LIST] = codec_channels_read_list,
	[FORM_JOIN] = codec_channels_read_join,
	[FORM_FEDSAY] = codec_channels_read_fedsay,
	[FORM_FEDRECV] = codec_channels_read_fedrecv,
	[FORM_RESULT] = codec_channels_read_result,
};

/* The answer to a client's line that lacks words or has too many: what it
 * wrote behind CREATE and JOIN is said again. */
static enum dn_err
codec_channels_refuse(const struct codec_channels_row *row, struct dn_str rest,
    struct dn_msg *msg)
{
	memset(msg, 0, sizeof(*msg));
	if (row->form == FORM_NOTHING)
		return DN_E_UNKNOWN;
	msg->kind = DN_KIND_REPLY;
	msg->verb = row->verb;
	if (row->form == FORM_ROOM)
		msg->room = rest;
	return DN_E_REFUSED;
}

static enum dn_err
codec_channels_decode(enum codec_audience audience, const void *data,
    size_t size, struct dn_msg *msg)
{
	const struct codec_channels_row *row = audience == AUDIENCE_CLIENT ?
	    codec_channels_client : codec_channels_peer;
	struct codec_channels_line line = {{data, size}, false};
	struct dn_str word = codec_channels_word(&line);
	struct dn_str rest = line.rest;

	memset(msg, 0, sizeof(*msg));
	while (row->word != NULL && !dn_str_eq(word, dn_str_of(row->word)))
		row++;
	if (row->word == NULL)
		return DN_E_UNKNOWN;
	msg->kind = row->kind;
	msg->verb = row->kind == DN_KIND_CALL ? row->verb : 0;
	if (codec_channels_readers[row->form](&line, msg))
		return DN_OK;
	if (audience == AUDIENCE_CLIENT)
		return codec_channels_refuse(row, rest, msg);
	memset(msg, 0, sizeof(*msg));
	return DN_E_UNKNOWN;
}

static bool
codec_channels_is_peer(const void *data, size_t size)
{
	return dn_str_eq((struct dn_str){data, size},
	    dn_str_of(codec_channels_hello));
}

/* ---- writing ---- */

/* Writes 'word' and a blank. */
static void
codec_channels_put(struct dn_wr *wr, struct dn_str word)
{
	dn_wr_bytes(wr, word.data, word.size);
	dn_wr_bytes(wr, " ", 1);
}

/* Writes the rest of the line, and its end. */
static void
codec_channels_end(struct dn_wr *wr, struct dn_str text)
{
	dn_wr_bytes(wr, text.data, text.size);
	dn_wr_bytes(wr, "\n", 1);
}

/* Writes names that stand a line each as "a, b", and ends the line. */
static void
codec_channels_list(struct dn_wr *wr, struct dn_str names)
{
	const char *lf;

	while (names.size > 0) {
		lf = memchr(names.data, '\n', names.size);
		if (lf == NULL)
			break;
		dn_wr_bytes(wr, names.data, (size_t)(lf - names.data));
		dn_wr_bytes(wr, ", ", 2);
		names.size -= (size_t)(lf + 1 - names.data);
		names.data = lf + 1;
	}
	codec_channels_end(wr, names);
}

static void
codec_channels_result(struct dn_wr *wr, bool result)
{
	codec_channels_end(wr, dn_str_of(result ? "1" : "0"));
}

/* "RESULT VERB [ROOM] RESULT" or "RESULT CHANNELS LIST". */
static void
codec_channels_reply(const struct dn_msg *msg, struct dn_wr *wr)
{
	if (msg->verb > DN_VERB_CHANNELS)
		return;
	codec_channels_put(wr, dn_str_of("RESULT"));
	codec_channels_put(wr, dn_str_of(codec_channels_verb(msg->verb)));
	if (msg->verb == DN_VERB_CHANNELS) {
		codec_channels_list(wr, msg->text);
		return;
	}
	if ((msg->verb == DN_VERB_CREATE || msg->verb == DN_VERB_JOIN) &&
	    msg->room.size > 0)
		codec_channels_put(wr, msg->room);
	codec_channels_result(wr, msg->result);
}

static void
codec_channels_to_client(const struct dn_msg *msg, struct dn_wr *wr)
{
	static const struct dn_msg login = {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_LOGIN};
	struct dn_msg reply = login;

	reply.result = msg->kind == DN_KIND_OKAY;
	if (msg->kind == DN_KIND_OKAY || msg->kind == DN_KIND_FAIL) {
		codec_channels_reply(&reply, wr);
	} else if (msg->kind == DN_KIND_REPLY) {
		codec_channels_reply(msg, wr);
	} else if (msg->kind == DN_KIND_SEND && msg->room.size > 0) {
		codec_channels_put(wr, dn_str_of("RECV"));
		codec_channels_put(wr, msg->author);
		codec_channels_put(wr, msg->room);
		codec_channels_end(wr, msg->text);
	}
}

/* A room of ours has said something to a user of theirs, or the other way
 * round. */
static void
codec_channels_fedrecv(const struct dn_msg *msg, struct dn_wr *wr)
{
	codec_channels_put(wr, dn_str_of("FEDRECV"));
	codec_channels_put(wr, msg->name);
	codec_channels_put(wr, msg->author);
	codec_channels_put(wr, msg->room);
	codec_channels_end(wr, msg->text);
}

static void
codec_channels_tell(const struct dn_msg *msg, struct dn_wr *wr)
{
	const struct codec_channels_row *row = codec_channels_peer;

	while (row->word != NULL && row->verb != msg->verb)
		row++;
	if (row->word == NULL || row->kind != DN_KIND_CALL)
		return;
	if (row->form == FORM_NOTHING) {
		codec_channels_end(wr, dn_str_of(row->word));
		return;
	}
	codec_channels_put(wr, dn_str_of(row->word));
	if (row->form == FORM_LIST) {
		codec_channels_list(wr, msg->text);
		return;
	}
	if (row->form != FORM_ROOM)
		codec_channels_put(wr, msg->name);
	if (row->form != FORM_RESULT) {
		codec_channels_end(wr, msg->room);
		return;
	}
	codec_channels_put(wr, dn_str_of(codec_channels_verb(msg->about)));
	codec_channels_put(wr, msg->room);
	codec_channels_result(wr, msg->result);
}

static void
codec_channels_to_peer(const struct dn_msg *msg, struct dn_wr *wr)
{
	if (msg->kind == DN_KIND_SRVR) {
		codec_channels_end(wr, dn_str_of(codec_channels_hello));
	} else if (msg->kind == DN_KIND_REPLY || msg->kind == DN_KIND_CALL) {
		codec_channels_tell(msg, wr);
	} else if (msg->kind == DN_KIND_SAY) {
		codec_channels_put(wr, dn_str_of("FEDSAY"));
		codec_channels_put(wr, msg->name);
		codec_channels_put(wr, msg->room);
		codec_channels_end(wr, msg->text);
	} else if (msg->kind == DN_KIND_RECV ||
	    (msg->kind == DN_KIND_SEND && msg->room.size > 0)) {
		codec_channels_fedrecv(msg, wr);
	}
}

static void
codec_channels_encode(enum codec_audience audience, const struct dn_msg *msg,
    struct dn_wr *wr)
{
	if (audience == AUDIENCE_CLIENT)
		codec_channels_to_client(msg, wr);
	else
		codec_channels_to_peer(msg, wr);
}

const struct codec codec_channels = {
	.name = "channels",
	.door = IPC_DOOR_CHANNELS,
	.transport = CODEC_TCP,
	.port = DN_PORT_CHANNELS_DEFAULT,
	.wants_names = true,
	.is_peer = codec_channels_is_peer,
	.decode = codec_channels_decode,
	.encode = codec_channels_encode,
};
