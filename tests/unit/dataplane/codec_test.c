/*
 * The codecs: what the dnchat protocol says in bytes, what is not of it, and
 * for every codec of the table that peers read what was written for them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../../../dataplane/codec.h"
#include "../../../dataplane/ws.h"
#include "dnchat/limits.h"

#define STR(text) {text, sizeof(text) - 1}

static void
assert_same(const struct dn_msg *a, const struct dn_msg *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->reason, b->reason);
	assert_int_equal(a->number, b->number);
	assert_int_equal(a->from, b->from);
	assert_int_equal(a->to, b->to);
	assert_int_equal(a->hops, b->hops);
	assert_true(dn_str_eq(a->name, b->name));
	assert_true(dn_str_eq(a->description, b->description));
	assert_true(dn_str_eq(a->secret, b->secret));
	assert_true(dn_str_eq(a->text, b->text));
}

/* Decodes a copy that ends where the message does, for ASan to watch. */
static enum dn_err
decode(enum codec_audience audience, const char *data, size_t size,
    struct dn_msg *msg, char **copy)
{
	*copy = malloc(size > 0 ? size : 1);
	assert_non_null(*copy);
	memcpy(*copy, data, size);
	return codec_dnchat.decode(audience, *copy, size, msg);
}

#define CLIENT AUDIENCE_CLIENT
#define PEER AUDIENCE_PEER

static const struct {
	enum codec_audience audience;
	struct dn_str bytes;
	struct dn_msg msg;
} said[] = {
	{CLIENT, STR("AUTH 1\r\nname\r\npass word"), {.kind = DN_KIND_AUTH,
	    .number = 1, .name = STR("name"), .secret = STR("pass word")}},
	{CLIENT, STR("AUTH 9223372036854775807\r\nn\r\n"), {
	    .kind = DN_KIND_AUTH, .number = DN_NUMBER_MAX,
	    .name = STR("n")}},
	{CLIENT, STR("AUTH 1\r\n \xc3\xa4 \r\n\t"), {.kind = DN_KIND_AUTH,
	    .number = 1, .name = STR(" \xc3\xa4 "), .secret = STR("\t")}},
	{CLIENT, STR("SEND 12\r\n*\r\nhi\tyou"), {.kind = DN_KIND_SEND,
	    .number = 12, .text = STR("hi\tyou")}},
	{CLIENT, STR("SEND 12\r\n34\r\n"), {.kind = DN_KIND_SEND,
	    .number = 12, .to = 34}},
	{CLIENT, STR("ACKN 56"), {.kind = DN_KIND_ACKN, .number = 56}},
	{PEER, STR("SRVR 0"), {.kind = DN_KIND_SRVR}},
	{PEER, STR("SRVR 42"), {.kind = DN_KIND_SRVR, .number = 42}},
	{PEER, STR("SRVR 18446744073709551615"), {.kind = DN_KIND_SRVR,
	    .number = UINT64_MAX}},
	{PEER, STR("SRVR 18446744073709551614"), {.kind = DN_KIND_SRVR,
	    .number = UINT64_MAX - 1}},
	{PEER, STR("ARRV 7\r\na b\r\non s2\r\n0"), {.kind = DN_KIND_ARRV,
	    .number = 7, .name = STR("a b"), .description = STR("on s2")}},
	{PEER, STR("ARRV 7\r\na\tb\r\n\r\n15"), {.kind = DN_KIND_ARRV,
	    .number = 7, .name = STR("a\tb"), .hops = 15}},
	{PEER, STR("ARRV 7\r\na\0b\r\n\x1b\r\n4294967295"), {
	    .kind = DN_KIND_ARRV, .number = 7, .name = STR("a\0b"),
	    .description = STR("\x1b"), .hops = UINT32_MAX}},
	{PEER, STR("LEFT 7"), {.kind = DN_KIND_LEFT, .number = 7}},
	{PEER, STR("SEND 12\r\n*\r\n5\r\ntext"), {.kind = DN_KIND_SEND,
	    .number = 12, .from = 5, .text = STR("text")}},
	{PEER, STR("SEND 12\r\n6\r\n5\r\n\x01"), {.kind = DN_KIND_SEND,
	    .number = 12, .from = 5, .to = 6, .text = STR("\x01")}},
	{PEER, STR("ACKN 12\r\n6\r\n5"), {.kind = DN_KIND_ACKN, .number = 12,
	    .from = 6, .to = 5}},
	{PEER, STR("INVD 0"), {.kind = DN_KIND_INVD}},
};

static void
what_is_said_is_understood(void **state)
{
	struct dn_msg msg;
	size_t i;
	char *copy;

	(void)state;
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		memset(&msg, 0xee, sizeof(msg));
		assert_int_equal(decode(said[i].audience, said[i].bytes.data,
		    said[i].bytes.size, &msg, &copy), DN_OK);
		assert_same(&msg, &said[i].msg);
		free(copy);
	}
}

/* All forms are known by their last byte: cut anywhere before their last line
 * a message is nothing, and with a line more it is nothing either. */
static void
line_counts_are_exact(void **state)
{
	struct dn_msg msg;
	char longer[256], *copy;
	size_t i, j, size, last;

	(void)state;
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		size = said[i].bytes.size;
		for (j = 0, last = 0; j + 1 < size; j++)
			if (memcmp(said[i].bytes.data + j, "\r\n", 2) == 0)
				last = j + 1;
		for (j = 0; j <= last; j++) {
			assert_int_equal(decode(said[i].audience,
			    said[i].bytes.data, j, &msg, &copy),
			    DN_E_MALFORMED);
			free(copy);
		}
		memcpy(longer, said[i].bytes.data, size);
		memcpy(longer + size, "\r\n1", 3);
		for (j = 2; j <= 3; j++) {
			assert_int_equal(decode(said[i].audience, longer,
			    size + j, &msg, &copy), DN_E_MALFORMED);
			free(copy);
		}
	}
}

/* From neither of the two. */
static const struct dn_str nonsense[] = {
	STR(""), STR("\r\n"), STR("ACKN"), STR("ACKN "), STR("ACKN  1"),
	STR("ACKN\t1"), STR("ackn 1"), STR(" ACKN 1"), STR("XXXX 1"),
	STR("ACKN 0"), STR("ACKN 01"), STR("ACKN +1"), STR("ACKN -1"),
	STR("ACKN 1 "), STR("ACKN 1\r"), STR("ACKN 1\n"), STR("ACKN 1\r\n"),
	STR("ACKN 1\0"), STR("ACKN 1.0"), STR("ACKN 0x1"), STR("ACKN \xd9\xa1"),
	STR("ACKN 9223372036854775808"), STR("ACKN 18446744073709551617"),
	STR("ACKN 99999999999999999999999999"), STR("ACKN *"),
	STR("SEND 1"), STR("SEND 1\r\n2"), STR("SEND 1\n2\ntext"),
	STR("SEND 1\r2\rtext"), STR("SEND 1\r\n**\r\n3\r\ntext"),
	STR("SEND 1\r\n\r\n3\r\ntext"), STR("SEND 1\r\n0\r\n3\r\ntext"),
	STR("SEND 1\r\n2\r\nte\nxt"), STR("SEND 1\r\n2\r\nte\rxt"),
	STR("SEND 1\r\n2\r\rtext"), STR("SEND 1\r\n2\r\n3\r\rtext"),
	STR("SEND 1\r\n2\r\ntext\r"), STR("SEND *\r\n2\r\n3\r\ntext"),
	STR("SEND 1\r\n2\r\n3\r\ntext\r\n"),
	STR("OKAY 1"), STR("FAIL 1\r\nNAME"), STR("ARRV 1\r\na\r\nb"),
	STR("INVD 1"), STR("INVD 00"), STR("INVD"), STR("INVD "),
	STR("PING 1"), STR("AUTH 1\r\n\r\nsecret"), STR("AUTH 1\r\nname"),
};

static const struct dn_str not_of_clients[] = {
	STR("AUTH 1\r\na\tb\r\n"), STR("AUTH 1\r\na\0b\r\n"),
	STR("AUTH 0\r\na\r\n"), STR("AUTH 1\r\na\r\ns\n"),
	STR("AUTH 1\r\na\r\ns\r"), STR("AUTH *\r\na\r\ns"),
	STR("AUTH 1\r\na\r\nb\r\nc"), STR("SEND 1\r\n*\r\na\x1b[0m"),
	STR("SEND 1\r\n*\r\na\0"), STR("SEND 1\r\n2\r\n3\r\ntext"),
	STR("ACKN 1\r\n2"), STR("ACKN 1\r\n2\r\n3"), STR("INVD 0"),
	STR("SRVR 0"), STR("LEFT 1"), STR("ARRV 1\r\na\r\nb\r\n0"),
};

static const struct dn_str not_of_peers[] = {
	STR("AUTH 1\r\na\r\nb"), STR("SEND 1\r\n*\r\ntext"), STR("ACKN 1"),
	STR("SRVR"), STR("SRVR "), STR("SRVR 00"), STR("SRVR 01"),
	STR("SRVR x"), STR("SRVR 0\r\n"), STR("SRVR 0 "),
	STR("SEND 1\r\n2\r\n*\r\ntext"), STR("SEND 1\r\n*\r\n0\r\ntext"),
	STR("ACKN 1\r\n*\r\n3"), STR("ACKN 1\r\n0\r\n3"),
	STR("ACKN 1\r\n2\r\n0"), STR("ARRV 1\r\n\r\nb\r\n0"),
	STR("ARRV 0\r\na\r\nb\r\n0"), STR("ARRV 1\r\na\r\nb\r\n00"),
	STR("ARRV 1\r\na\r\nb\r\n-1"), STR("ARRV 1\r\na\r\nb\r\n"),
	STR("ARRV 1\r\na\nb\r\nb\r\n1"), STR("ARRV 1\r\na\r\nb\n\r\n1"),
	STR("LEFT 0"), STR("LEFT *"), STR("SEND 1\r\n2\r\n3\r\nte\nxt"),
};

static void
assert_refused(enum codec_audience audience, const struct dn_str *bytes,
    size_t count)
{
	static const struct dn_msg nothing;
	struct dn_msg msg;
	char *copy;
	size_t i;

	for (i = 0; i < count; i++) {
		assert_int_equal(decode(audience, bytes[i].data,
		    bytes[i].size, &msg, &copy), DN_E_MALFORMED);
		assert_same(&msg, &nothing);
		free(copy);
	}
}

static void
nonsense_is_refused(void **state)
{
	size_t count = sizeof(nonsense) / sizeof(nonsense[0]);

	(void)state;
	assert_refused(CLIENT, nonsense, count);
	assert_refused(PEER, nonsense, count);
	assert_refused(CLIENT, not_of_clients,
	    sizeof(not_of_clients) / sizeof(not_of_clients[0]));
	assert_refused(PEER, not_of_peers,
	    sizeof(not_of_peers) / sizeof(not_of_peers[0]));
}

static void
what_is_too_great_stays_great(void **state)
{
	const char *srvr = "SRVR 18446744073709551616";
	const char *srvr_long = "SRVR 99999999999999999999999999999999999";
	const char *arrv = "ARRV 1\r\na\r\nb\r\n4294967296";
	struct dn_msg msg;

	(void)state;
	assert_int_equal(codec_dnchat.decode(PEER, srvr, strlen(srvr), &msg),
	    DN_OK);
	assert_int_equal(msg.number, UINT64_MAX);
	assert_int_equal(codec_dnchat.decode(PEER, srvr_long,
	    strlen(srvr_long), &msg), DN_OK);
	assert_int_equal(msg.number, UINT64_MAX);
	assert_int_equal(codec_dnchat.decode(PEER, arrv, strlen(arrv), &msg),
	    DN_OK);
	assert_int_equal(msg.hops, UINT32_MAX);
}

/* Whatever is as long as peers may make it passes; one byte more does not,
 * but all the rest is there to be counted. */
static void
peers_limits(void **state)
{
	static const size_t limits[][3] = {
		{DN_NAME_BYTES_MAX, 1, 0}, {1, DN_DESCRIPTION_BYTES_MAX, 0},
		{0, 0, DN_TEXT_PEER_BYTES_MAX},
	};
	char *filler = malloc(DN_TEXT_PEER_BYTES_MAX + 1);
	unsigned char *bytes = malloc(DN_FRAME_PEER_BYTES_MAX);
	struct dn_msg msg, back;
	struct dn_wr wr;
	size_t i, more;

	(void)state;
	memset(filler, 'x', DN_TEXT_PEER_BYTES_MAX + 1);
	for (i = 0; i < 3; i++)
		for (more = 0; more < 2; more++) {
			memset(&msg, 0, sizeof(msg));
			msg.kind = i < 2 ? DN_KIND_ARRV : DN_KIND_SEND;
			msg.number = 1;
			msg.from = i < 2 ? 0 : 2;
			msg.name = (struct dn_str){filler,
			    limits[i][0] + (i == 0) * more};
			msg.description = (struct dn_str){filler,
			    limits[i][1] + (i == 1) * more};
			msg.text = (struct dn_str){filler,
			    limits[i][2] + (i == 2) * more};
			wr = dn_wr_of(bytes, DN_FRAME_PEER_BYTES_MAX);
			codec_dnchat.encode(PEER, &msg, &wr);
			assert_false(wr.failed);
			assert_int_equal(codec_dnchat.decode(PEER, bytes,
			    wr.at, &back), more ? DN_E_TOO_LONG : DN_OK);
			assert_same(&msg, &back);
		}
	free(filler);
	free(bytes);
}

static const struct {
	struct dn_msg msg;
	const char *bytes; /* or NULL: there are no words for it */
} heard[] = {
	{{.kind = DN_KIND_OKAY, .number = 1}, "OKAY 1"},
	{{.kind = DN_KIND_FAIL, .number = 1, .reason = DN_REASON_NUMBER},
	    "FAIL 1\r\nNUMBER"},
	{{.kind = DN_KIND_FAIL, .number = 1, .reason = DN_REASON_NAME},
	    "FAIL 1\r\nNAME"},
	{{.kind = DN_KIND_FAIL, .number = 1, .reason = DN_REASON_PASSWORD},
	    "FAIL 1\r\nPASSWORD"},
	{{.kind = DN_KIND_FAIL, .number = 1, .reason = DN_REASON_LENGTH},
	    "FAIL 1\r\nLENGTH"},
	{{.kind = DN_KIND_SEND, .number = 9, .from = 2, .to = 3,
	    .text = STR("hi")}, "SEND 9\r\n2\r\nhi"},
	{{.kind = DN_KIND_SEND, .number = 9, .from = 2}, "SEND 9\r\n2\r\n"},
	{{.kind = DN_KIND_ACKN, .number = 9, .from = 3, .to = 2},
	    "ACKN 9\r\n3"},
	{{.kind = DN_KIND_ARRV, .number = DN_NUMBER_MAX, .name = STR("n"),
	    .description = STR("d"), .hops = 3},
	    "ARRV 9223372036854775807\r\nn\r\nd"},
	{{.kind = DN_KIND_LEFT, .number = 4}, "LEFT 4"},
	{{.kind = DN_KIND_INVD}, "INVD 0"},
	{{.kind = DN_KIND_AUTH, .number = 1, .name = STR("n")}, NULL},
	{{.kind = DN_KIND_SRVR}, NULL},
};

static void
clients_hear(void **state)
{
	unsigned char bytes[256];
	struct dn_wr wr;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(heard) / sizeof(heard[0]); i++) {
		wr = dn_wr_of(bytes, sizeof(bytes));
		codec_dnchat.encode(CLIENT, &heard[i].msg, &wr);
		assert_false(wr.failed);
		assert_true(dn_str_eq(dn_str_of(heard[i].bytes),
		    (struct dn_str){(char *)bytes, wr.at}));
	}
}

/* In any codec of frames: what is written for peers, peers read; a writer that is too
 * small fails and stays within its bounds. */
static void
peers_hear_what_was_said(void **state)
{
	const struct codec *codec;
	unsigned char bytes[256], *small;
	struct dn_msg back;
	struct dn_wr wr;
	size_t i, j, size;

	(void)state;
	for (j = 0; j < codec_count(); j++)
		for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
			codec = codec_at(j);
			if (said[i].audience != PEER ||
			    codec->transport != CODEC_WEBSOCKET)
				continue;
			wr = dn_wr_of(bytes, sizeof(bytes));
			codec->encode(PEER, &said[i].msg, &wr);
			if (wr.at == 0)
				continue;
			assert_int_equal(codec->decode(PEER, bytes, wr.at,
			    &back), DN_OK);
			assert_same(&said[i].msg, &back);
			for (size = 0; size < wr.at; size++) {
				struct dn_wr little;

				small = malloc(size > 0 ? size : 1);
				little = dn_wr_of(small, size);
				codec->encode(PEER, &said[i].msg, &little);
				assert_true(little.failed);
				free(small);
			}
		}
}

static void
first_word_tells_servers(void **state)
{
	(void)state;
	assert_true(codec_dnchat.is_peer("SRVR 0", 6));
	assert_true(codec_dnchat.is_peer("SRVRish", 7));
	assert_false(codec_dnchat.is_peer("SRV", 3));
	assert_false(codec_dnchat.is_peer("AUTH 1\r\na\r\nb", 12));
	assert_false(codec_dnchat.is_peer(NULL, 0));
}

static void
codecs_are_found_by_name(void **state)
{
	size_t i;

	(void)state;
	assert_true(codec_count() > 0);
	for (i = 0; i < codec_count(); i++)
		assert_ptr_equal(codec_find(dn_str_of(codec_at(i)->name)),
		    codec_at(i));
	assert_ptr_equal(codec_find(dn_str_of("dnchat")), &codec_dnchat);
	assert_null(codec_find(dn_str_of("dnch")));
	assert_null(codec_find(dn_str_of("")));
}

/* Texts of every length around the boundaries of WebSocket's heads: frames
 * touch, and hold what the codec wrote. */
static void
frames_are_neighbours(void **state)
{
	static const size_t edges[] = {0, 90, 110, 120, 65500, 65520};
	char *filler = malloc(70000);
	struct arena arena;
	struct frame frame, last = {0};
	struct dn_msg msg = {.kind = DN_KIND_SEND, .number = 1, .from = 2};
	size_t i, size, payload, head;

	(void)state;
	memset(filler, 'x', 70000);
	arena_init(&arena);
	for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		for (size = edges[i]; size < edges[i] + 30; size++) {
			msg.text = (struct dn_str){filler, size};
			assert_int_equal(codec_frame(&codec_dnchat, &arena,
			    CLIENT, &msg, &frame), DN_OK);
			head = ws_get_head(frame_data(&frame), frame.size,
			    &payload);
			assert_int_equal(head + payload, frame.size);
			assert_int_equal(payload, size + 11);
			assert_memory_equal(frame_data(&frame) + head,
			    "SEND 1\r\n2\r\n", 11);
			assert_int_equal(head, ws_head_bytes(payload));
			if (last.chunk == frame.chunk)
				assert_int_equal(last.offset + last.size,
				    frame.offset);
			frame_release(&last);
			last = frame;
		}
	msg.kind = DN_KIND_AUTH;
	assert_int_equal(codec_frame(&codec_dnchat, &arena, CLIENT, &msg,
	    &frame), DN_E_UNKNOWN);
	assert_null(frame.chunk);
	frame_release(&last);
	arena_deinit(&arena);
	assert_int_equal(arena.bytes, 0);
	free(filler);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_is_understood),
		cmocka_unit_test(line_counts_are_exact),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(what_is_too_great_stays_great),
		cmocka_unit_test(peers_limits),
		cmocka_unit_test(clients_hear),
		cmocka_unit_test(peers_hear_what_was_said),
		cmocka_unit_test(first_word_tells_servers),
		cmocka_unit_test(codecs_are_found_by_name),
		cmocka_unit_test(frames_are_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
