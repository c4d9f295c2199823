/*
 * The dnchat protocol: lines separated by CR LF, the first a word and a
 * number, the message having exactly as many lines as its kind has. A table
 * per audience says which kinds there are and what their lines hold; another
 * one says how such a line is read and written.
 */
#include "codec.h"

#include "decimal.h"
#include "dnchat/limits.h"
#include "utf8.h"

#define CODEC_DNCHAT_WORD_BYTES 4

/* What a line holds. The first line's is what follows the word. */
enum codec_dnchat_line {
	LINE_END,
	LINE_NUMBER,
	LINE_ZERO,
	LINE_SRVR,
	LINE_FROM,
	LINE_TO,
	LINE_DEST,
	LINE_HOPS,
	LINE_NAME,
	LINE_DESCRIPTION,
	LINE_SECRET,
	LINE_TEXT,
	LINE_REASON,
	LINE_PEER_NAME,
	LINE_PEER_DESCRIPTION,
	LINE_PEER_TEXT
};

/* All kinds' lines; a kind that can't be said has none. */
#define CODEC_DNCHAT_LINES_MAX 5
typedef const unsigned char
    codec_dnchat_forms[DN_KIND_WORDS][CODEC_DNCHAT_LINES_MAX];

static codec_dnchat_forms codec_dnchat_from_client = {
	[DN_KIND_AUTH] = {LINE_NUMBER, LINE_NAME, LINE_SECRET},
	[DN_KIND_SEND] = {LINE_NUMBER, LINE_DEST, LINE_TEXT},
	[DN_KIND_ACKN] = {LINE_NUMBER},
};

static codec_dnchat_forms codec_dnchat_to_client = {
	[DN_KIND_SEND] = {LINE_NUMBER, LINE_FROM, LINE_TEXT},
	[DN_KIND_ACKN] = {LINE_NUMBER, LINE_FROM},
	[DN_KIND_OKAY] = {LINE_NUMBER},
	[DN_KIND_FAIL] = {LINE_NUMBER, LINE_REASON},
	[DN_KIND_ARRV] = {LINE_NUMBER, LINE_NAME, LINE_DESCRIPTION},
	[DN_KIND_LEFT] = {LINE_NUMBER},
	[DN_KIND_INVD] = {LINE_ZERO},
};

/* Servers say the same to one another in both directions. */
static codec_dnchat_forms codec_dnchat_peers = {
	[DN_KIND_SEND] = {LINE_NUMBER, LINE_DEST, LINE_FROM, LINE_PEER_TEXT},
	[DN_KIND_ACKN] = {LINE_NUMBER, LINE_FROM, LINE_TO},
	[DN_KIND_ARRV] = {LINE_NUMBER, LINE_PEER_NAME, LINE_PEER_DESCRIPTION,
	    LINE_HOPS},
	[DN_KIND_LEFT] = {LINE_NUMBER},
	[DN_KIND_INVD] = {LINE_ZERO},
	[DN_KIND_SRVR] = {LINE_SRVR},
};

/* Control characters that a string may hold. CR and LF it never may. */
enum codec_dnchat_control {
	CONTROL_NONE,
	CONTROL_TAB,
	CONTROL_ANY
};

/* How a kind of line is read and written. */
struct codec_dnchat_field {
	enum dn_err (*read)(const struct codec_dnchat_field *field,
	    struct dn_str line, struct dn_msg *msg);
	void (*write)(const struct codec_dnchat_field *field,
	    const struct dn_msg *msg, struct dn_wr *wr);
	size_t member;     /* where it goes in a dn_msg */
	size_t least;      /* of a string, in bytes */
	size_t most;       /* the same, for peers; 0: as the frame allows */
	enum codec_dnchat_control control;
};

static uint64_t *
codec_dnchat_number(const struct codec_dnchat_field *field, struct dn_msg *msg)
{
	return (uint64_t *)(void *)((char *)msg + field->member);
}

static uint64_t
codec_dnchat_number_of(const struct codec_dnchat_field *field,
    const struct dn_msg *msg)
{
	uint64_t number;

	memcpy(&number, (const char *)msg + field->member, sizeof(number));
	return number;
}

static struct dn_str
codec_dnchat_string_of(const struct codec_dnchat_field *field,
    const struct dn_msg *msg)
{
	struct dn_str str;

	memcpy(&str, (const char *)msg + field->member, sizeof(str));
	return str;
}

static enum dn_err
codec_dnchat_read_number(const struct codec_dnchat_field *field,
    struct dn_str line, struct dn_msg *msg)
{
	uint64_t *number = codec_dnchat_number(field, msg);

	if (!decimal_read(line.data, line.size, number) || *number == 0 ||
	    *number > DN_NUMBER_MAX)
		return DN_E_MALFORMED;
	return DN_OK;
}

static enum dn_err
codec_dnchat_read_zero(const struct codec_dnchat_field *field,
    struct dn_str line, struct dn_msg *msg)
{
	(void)field;
	(void)msg;
	return dn_str_eq(line, dn_str_of("0")) ? DN_OK : DN_E_MALFORMED;
}

static enum dn_err
codec_dnchat_read_srvr(const struct codec_dnchat_field *field,
    struct dn_str line, struct dn_msg *msg)
{
	return decimal_read(line.data, line.size,
	    codec_dnchat_number(field, msg)) ?
	    DN_OK : DN_E_MALFORMED;
}

static enum dn_err
codec_dnchat_read_dest(const struct codec_dnchat_field *field,
    struct dn_str line, struct dn_msg *msg)
{
	if (dn_str_eq(line, dn_str_of("*")))
		return DN_OK;
	return codec_dnchat_read_number(field, line, msg);
}

static enum dn_err
codec_dnchat_read_hops(const struct codec_dnchat_field *field,
    struct dn_str line, struct dn_msg *msg)
{
	uint64_t value;

	(void)field;
	if (!decimal_read(line.data, line.size, &value))
		return DN_E_MALFORMED;
	msg->hops = value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
	return DN_OK;
}

static enum dn_err
codec_dnchat_read_string(const struct codec_dnchat_field *field,
    struct dn_str line, struct dn_msg *msg)
{
	bool tab = field->control == CONTROL_TAB;

	if (line.size < field->least)
		return DN_E_MALFORMED;
	/* There is no CR: each was taken for the end of a line. */
	if (field->control == CONTROL_ANY ?
	    line.size > 0 && memchr(line.data, '\n', line.size) != NULL :
	    utf8_has_control(line, tab))
		return DN_E_MALFORMED;
	memcpy((char *)msg + field->member, &line, sizeof(line));
	return field->most > 0 && line.size > field->most ?
	    DN_E_TOO_LONG : DN_OK;
}

/* There is room for the longest number wherever there is for any: see
 * CODEC_EXTRA_BYTES. */
static void
codec_dnchat_write_digits(struct dn_wr *wr, uint64_t value)
{
	char *digits = (char *)wr->data + wr->at;

	if (wr->failed || wr->size - wr->at < DECIMAL_DIGITS_MAX)
		wr->failed = true;
	else
		wr->at += decimal_write(digits, value);
}

static void
codec_dnchat_write_number(const struct codec_dnchat_field *field,
    const struct dn_msg *msg, struct dn_wr *wr)
{
	codec_dnchat_write_digits(wr, codec_dnchat_number_of(field, msg));
}

static void
codec_dnchat_write_zero(const struct codec_dnchat_field *field,
    const struct dn_msg *msg, struct dn_wr *wr)
{
	(void)field;
	(void)msg;
	dn_wr_bytes(wr, "0", 1);
}

static void
codec_dnchat_write_dest(const struct codec_dnchat_field *field,
    const struct dn_msg *msg, struct dn_wr *wr)
{
	if (msg->to == DN_TO_ALL)
		dn_wr_bytes(wr, "*", 1);
	else
		codec_dnchat_write_number(field, msg, wr);
}

static void
codec_dnchat_write_hops(const struct codec_dnchat_field *field,
    const struct dn_msg *msg, struct dn_wr *wr)
{
	(void)field;
	codec_dnchat_write_digits(wr, msg->hops);
}

static void
codec_dnchat_write_string(const struct codec_dnchat_field *field,
    const struct dn_msg *msg, struct dn_wr *wr)
{
	struct dn_str str = codec_dnchat_string_of(field, msg);

	dn_wr_bytes(wr, str.data, str.size);
}

static void
codec_dnchat_write_reason(const struct codec_dnchat_field *field,
    const struct dn_msg *msg, struct dn_wr *wr)
{
	const char *word = dn_reason_word(msg->reason);

	(void)field;
	dn_wr_bytes(wr, word, strlen(word));
}

#define CODEC_DNCHAT_FIELD(how_read, how_write, where) \
	.read = codec_dnchat_read_##how_read,          \
	.write = codec_dnchat_write_##how_write,       \
	.member = offsetof(struct dn_msg, where)

static const struct codec_dnchat_field codec_dnchat_fields[] = {
	[LINE_NUMBER] = {CODEC_DNCHAT_FIELD(number, number, number)},
	[LINE_ZERO] = {CODEC_DNCHAT_FIELD(zero, zero, number)},
	[LINE_SRVR] = {CODEC_DNCHAT_FIELD(srvr, number, number)},
	[LINE_FROM] = {CODEC_DNCHAT_FIELD(number, number, from)},
	[LINE_TO] = {CODEC_DNCHAT_FIELD(number, number, to)},
	[LINE_DEST] = {CODEC_DNCHAT_FIELD(dest, dest, to)},
	[LINE_HOPS] = {CODEC_DNCHAT_FIELD(hops, hops, hops)},
	[LINE_NAME] = {CODEC_DNCHAT_FIELD(string, string, name), .least = 1},
	[LINE_DESCRIPTION] = {CODEC_DNCHAT_FIELD(string, string,
	    description)},
	[LINE_SECRET] = {CODEC_DNCHAT_FIELD(string, string, secret),
	    .control = CONTROL_ANY},
	[LINE_TEXT] = {CODEC_DNCHAT_FIELD(string, string, text),
	    .control = CONTROL_TAB},
	[LINE_REASON] = {.write = codec_dnchat_write_reason},
	[LINE_PEER_NAME] = {CODEC_DNCHAT_FIELD(string, string, name),
	    .least = 1, .most = DN_NAME_BYTES_MAX, .control = CONTROL_ANY},
	[LINE_PEER_DESCRIPTION] = {CODEC_DNCHAT_FIELD(string, string,
	    description), .most = DN_DESCRIPTION_BYTES_MAX,
	    .control = CONTROL_ANY},
	[LINE_PEER_TEXT] = {CODEC_DNCHAT_FIELD(string, string, text),
	    .most = DN_TEXT_PEER_BYTES_MAX, .control = CONTROL_ANY},
};

/* Takes the next line off 'rest', with the CR LF behind it; '*more' tells
 * whether there was one, and so another line, if only an empty one. False if
 * a CR stands alone. */
static bool
codec_dnchat_cut(struct dn_str *rest, struct dn_str *line, bool *more)
{
	const char *cr = rest->size > 0 ?
	    memchr(rest->data, '\r', rest->size) : NULL;

	*more = cr != NULL;
	*line = *rest;
	if (cr == NULL)
		return true;
	line->size = (size_t)(cr - rest->data);
	if (rest->size - line->size < 2 || cr[1] != '\n')
		return false;
	rest->data = cr + 2;
	rest->size -= line->size + 2;
	return true;
}

/* Reads the lines of 'form' out of 'rest' into '*msg'. */
static enum dn_err
codec_dnchat_lines(const unsigned char *form, struct dn_str rest,
    struct dn_msg *msg)
{
	const struct codec_dnchat_field *field;
	bool too_long = false, more = true;
	struct dn_str line;
	enum dn_err err;

	for (; *form != LINE_END; form++) {
		field = &codec_dnchat_fields[*form];
		if (!more || !codec_dnchat_cut(&rest, &line, &more))
			return DN_E_MALFORMED;
		err = field->read(field, line, msg);
		if (err == DN_E_MALFORMED)
			return err;
		too_long = too_long || err == DN_E_TOO_LONG;
	}
	if (more)
		return DN_E_MALFORMED;
	return too_long ? DN_E_TOO_LONG : DN_OK;
}

static enum dn_err
codec_dnchat_decode(enum codec_audience audience, const void *data,
    size_t size, struct dn_msg *msg)
{
	codec_dnchat_forms *forms = audience == AUDIENCE_CLIENT ?
	    &codec_dnchat_from_client : &codec_dnchat_peers;
	struct dn_str rest = {data, size};
	enum dn_err err;
	unsigned kind;

	memset(msg, 0, sizeof(*msg));
	if (size <= CODEC_DNCHAT_WORD_BYTES ||
	    rest.data[CODEC_DNCHAT_WORD_BYTES] != ' ')
		return DN_E_MALFORMED;
	for (kind = 0; kind < DN_KIND_WORDS; kind++)
		if (memcmp(data, dn_kind_word((enum dn_kind)kind),
		    CODEC_DNCHAT_WORD_BYTES) == 0)
			break;
	if (kind == DN_KIND_WORDS || (*forms)[kind][0] == LINE_END)
		return DN_E_MALFORMED;
	rest.data += CODEC_DNCHAT_WORD_BYTES + 1;
	rest.size -= CODEC_DNCHAT_WORD_BYTES + 1;
	msg->kind = (enum dn_kind)kind;
	err = codec_dnchat_lines((*forms)[kind], rest, msg);
	if (err == DN_E_MALFORMED)
		memset(msg, 0, sizeof(*msg));
	return err;
}

static void
codec_dnchat_encode(enum codec_audience audience, const struct dn_msg *msg,
    struct dn_wr *wr)
{
	codec_dnchat_forms *forms = audience == AUDIENCE_CLIENT ?
	    &codec_dnchat_to_client : &codec_dnchat_peers;
	const unsigned char *form;
	const struct codec_dnchat_field *field;

	if (msg->kind >= DN_KIND_WORDS)
		return;
	form = (*forms)[msg->kind];
	if (*form == LINE_END)
		return;
	dn_wr_bytes(wr, dn_kind_word(msg->kind), CODEC_DNCHAT_WORD_BYTES);
	dn_wr_bytes(wr, " ", 1);
	for (; *form != LINE_END; form++) {
		field = &codec_dnchat_fields[*form];
		field->write(field, msg, wr);
		if (form[1] != LINE_END)
			dn_wr_bytes(wr, "\r\n", 2);
	}
}

static bool
codec_dnchat_is_peer(const void *data, size_t size)
{
	return size >= CODEC_DNCHAT_WORD_BYTES &&
	    memcmp(data, dn_kind_word(DN_KIND_SRVR),
	    CODEC_DNCHAT_WORD_BYTES) == 0;
}

const struct codec codec_dnchat = {
	.name = "dnchat",
	.door = IPC_DOOR_DNCHAT,
	.transport = CODEC_WEBSOCKET,
	.port = DN_PORT_DEFAULT,
	.has_lists = true,
	.is_peer = codec_dnchat_is_peer,
	.decode = codec_dnchat_decode,
	.encode = codec_dnchat_encode,
};
