/*
 * The channels protocol in bytes: every message of its clients and servers,
 * in both directions, and what is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../../../dataplane/codec.h"
#include "dnchat/limits.h"

#define STR(text) {text, sizeof(text) - 1}
#define CLIENT AUDIENCE_CLIENT
#define PEER AUDIENCE_PEER

struct vector {
	enum codec_audience audience;
	struct dn_str line; /* without its end */
	struct dn_msg msg;
};

static void
assert_same(const struct dn_msg *a, const struct dn_msg *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->verb, b->verb);
	assert_int_equal(a->about, b->about);
	assert_int_equal(a->result, b->result);
	assert_int_equal(a->number, b->number);
	assert_true(dn_str_eq(a->name, b->name));
	assert_true(dn_str_eq(a->secret, b->secret));
	assert_true(dn_str_eq(a->room, b->room));
	assert_true(dn_str_eq(a->author, b->author));
	assert_true(dn_str_eq(a->text, b->text));
}

/* What is read. */
static const struct vector said[] = {
	{CLIENT, STR("REGISTER bob p%w"), {.kind = DN_KIND_CALL,
	    .verb = DN_VERB_REGISTER, .name = STR("bob"),
	    .secret = STR("p%w")}},
	{CLIENT, STR("LOGIN b\xc3\xb6" "b p:w@"), {.kind = DN_KIND_AUTH,
	    .name = STR("b\xc3\xb6" "b"), .secret = STR("p:w@")}},
	{CLIENT, STR("CREATE lobby"), {.kind = DN_KIND_CALL,
	    .verb = DN_VERB_CREATE, .room = STR("lobby")}},
	{CLIENT, STR("JOIN lobby"), {.kind = DN_KIND_CALL,
	    .verb = DN_VERB_JOIN, .room = STR("lobby")}},
	{CLIENT, STR("JOIN hello:server2.com:4400"), {.kind = DN_KIND_CALL,
	    .verb = DN_VERB_JOIN, .room = STR("hello:server2.com:4400")}},
	{CLIENT, STR("SAY lobby  hi  you "), {.kind = DN_KIND_SAY,
	    .room = STR("lobby"), .text = STR(" hi  you ")}},
	{CLIENT, STR("CHANNELS"), {.kind = DN_KIND_CALL,
	    .verb = DN_VERB_CHANNELS}},
	{PEER, STR("FEDERATE-OUT"), {.kind = DN_KIND_SRVR}},
	{PEER, STR("FEDERATE-CONFIRM"), {.kind = DN_KIND_CALL,
	    .verb = DN_VERB_CONFIRM}},
	{PEER, STR("FEDCHANNELS a, b"), {.kind = DN_KIND_CALL,
	    .verb = DN_VERB_FEDCHANNELS, .text = STR("a, b")}},
	{PEER, STR("FEDCHANNELS "), {.kind = DN_KIND_CALL,
	    .verb = DN_VERB_FEDCHANNELS}},
	{PEER, STR("FEDCHANNELS"), {.kind = DN_KIND_CALL,
	    .verb = DN_VERB_FEDCHANNELS}},
	{PEER, STR("FEDNEW a"), {.kind = DN_KIND_CALL,
	    .verb = DN_VERB_FEDNEW, .room = STR("a")}},
	{PEER, STR("FEDJOIN bob@server1.com helloworld"), {
	    .kind = DN_KIND_CALL, .verb = DN_VERB_FEDJOIN,
	    .name = STR("bob@server1.com"), .room = STR("helloworld")}},
	{PEER, STR("FEDSAY bob@s1 a hi you"), {.kind = DN_KIND_SAY,
	    .name = STR("bob@s1"), .room = STR("a"), .text = STR("hi you")}},
	{PEER, STR("FEDRECV ann bob@s1 a hi you"), {.kind = DN_KIND_RECV,
	    .name = STR("ann"), .author = STR("bob@s1"), .room = STR("a"),
	    .text = STR("hi you")}},
	{PEER, STR("FEDRESULT bob JOIN helloworld:server2.com 1"), {
	    .kind = DN_KIND_CALL, .verb = DN_VERB_FEDRESULT,
	    .about = DN_VERB_JOIN, .result = true, .name = STR("bob"),
	    .room = STR("helloworld:server2.com")}},
	{PEER, STR("DNCHAT 12"), {.kind = DN_KIND_CALL,
	    .verb = DN_VERB_DNCHAT, .room = STR("12")}},
	{PEER, STR("FEDRESULT bob SAY a 0"), {.kind = DN_KIND_CALL,
	    .verb = DN_VERB_FEDRESULT, .about = DN_VERB_SAY,
	    .name = STR("bob"), .room = STR("a")}},
};

/* What is written, with its end. */
static const struct vector told[] = {
	{CLIENT, STR("RESULT LOGIN 1\n"), {.kind = DN_KIND_OKAY,
	    .number = 7}},
	{CLIENT, STR("RESULT LOGIN 0\n"), {.kind = DN_KIND_FAIL,
	    .number = 7, .reason = DN_REASON_PASSWORD}},
	{CLIENT, STR("RESULT LOGIN 0\n"), {.kind = DN_KIND_FAIL,
	    .reason = DN_REASON_BUSY}},
	{CLIENT, STR("RESULT LOGIN 0\n"), {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_LOGIN}},
	{CLIENT, STR("RESULT REGISTER 1\n"), {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_REGISTER, .result = true, .name = STR("bob")}},
	{CLIENT, STR("RESULT CREATE lobby 1\n"), {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_CREATE, .result = true, .room = STR("lobby")}},
	{CLIENT, STR("RESULT CREATE 0\n"), {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_CREATE}},
	{CLIENT, STR("RESULT JOIN a:b 0\n"), {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_JOIN, .room = STR("a:b")}},
	{CLIENT, STR("RESULT SAY 0\n"), {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_SAY, .room = STR("lobby")}},
	{CLIENT, STR("RESULT CHANNELS \n"), {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_CHANNELS}},
	{CLIENT, STR("RESULT CHANNELS a\n"), {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_CHANNELS, .text = STR("a")}},
	{CLIENT, STR("RESULT CHANNELS a, b, c:host\n"), {
	    .kind = DN_KIND_REPLY, .verb = DN_VERB_CHANNELS, .result = true,
	    .text = STR("a\nb\nc:host")}},
	{CLIENT, STR("RECV bob lobby hi you\n"), {.kind = DN_KIND_SEND,
	    .number = 7, .from = 1, .to = 2, .author = STR("bob"),
	    .room = STR("lobby"), .text = STR("hi you")}},
	{CLIENT, STR(""), {.kind = DN_KIND_SEND, .author = STR("bob"),
	    .text = STR("hi")}},
	{CLIENT, STR(""), {.kind = DN_KIND_ACKN, .number = 1}},
	{CLIENT, STR(""), {.kind = DN_KIND_ARRV, .name = STR("a")}},
	{CLIENT, STR(""), {.kind = DN_KIND_LEFT, .number = 1}},
	{CLIENT, STR(""), {.kind = DN_KIND_INVD}},
	{CLIENT, STR(""), {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_FEDNEW, .room = STR("a")}},
	{PEER, STR("FEDERATE-OUT\n"), {.kind = DN_KIND_SRVR}},
	{PEER, STR("FEDERATE-CONFIRM\n"), {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_CONFIRM}},
	{PEER, STR("FEDCHANNELS \n"), {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_FEDCHANNELS}},
	{PEER, STR("FEDCHANNELS a, b\n"), {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_FEDCHANNELS, .text = STR("a\nb")}},
	{PEER, STR("FEDNEW a\n"), {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_FEDNEW, .room = STR("a")}},
	{PEER, STR("FEDJOIN bob@s1 a\n"), {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_FEDJOIN, .name = STR("bob@s1"),
	    .room = STR("a")}},
	{PEER, STR("DNCHAT 12\n"), {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_DNCHAT, .room = STR("12")}},
	{PEER, STR("FEDSAY bob@s1 a hi you\n"), {.kind = DN_KIND_SAY,
	    .name = STR("bob@s1"), .room = STR("a"), .text = STR("hi you")}},
	{PEER, STR("FEDRECV ann bob@s1 a hi you\n"), {.kind = DN_KIND_SEND,
	    .name = STR("ann"), .author = STR("bob@s1"), .room = STR("a"),
	    .text = STR("hi you")}},
	{PEER, STR("FEDRESULT bob JOIN a:s2 1\n"), {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_FEDRESULT, .about = DN_VERB_JOIN,
	    .result = true, .name = STR("bob"), .room = STR("a:s2")}},
	{PEER, STR("FEDRESULT bob SAY a 0\n"), {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_FEDRESULT, .about = DN_VERB_SAY,
	    .name = STR("bob"), .room = STR("a")}},
	{PEER, STR(""), {.kind = DN_KIND_SEND, .author = STR("bob"),
	    .name = STR("ann"), .text = STR("hi")}},
	{PEER, STR(""), {.kind = DN_KIND_ACKN, .number = 1}},
	{PEER, STR(""), {.kind = DN_KIND_ARRV, .name = STR("a")}},
	{PEER, STR(""), {.kind = DN_KIND_LEFT, .number = 1}},
	{PEER, STR(""), {.kind = DN_KIND_INVD}},
	{PEER, STR(""), {.kind = DN_KIND_REPLY, .verb = DN_VERB_LOGIN}},
};

/* What a client gets for a line with too few or too many words. */
static const struct {
	struct dn_str line;
	struct dn_str answer;
} refused[] = {
	{STR("REGISTER"), STR("RESULT REGISTER 0\n")},
	{STR("REGISTER "), STR("RESULT REGISTER 0\n")},
	{STR("REGISTER bob"), STR("RESULT REGISTER 0\n")},
	{STR("REGISTER bob "), STR("RESULT REGISTER 0\n")},
	{STR("REGISTER  bob pw"), STR("RESULT REGISTER 0\n")},
	{STR("REGISTER bob smith pw"), STR("RESULT REGISTER 0\n")},
	{STR("LOGIN"), STR("RESULT LOGIN 0\n")},
	{STR("LOGIN bob"), STR("RESULT LOGIN 0\n")},
	{STR("LOGIN bob pw "), STR("RESULT LOGIN 0\n")},
	{STR("CREATE"), STR("RESULT CREATE 0\n")},
	{STR("CREATE "), STR("RESULT CREATE 0\n")},
	{STR("CREATE a b"), STR("RESULT CREATE a b 0\n")},
	{STR("JOIN"), STR("RESULT JOIN 0\n")},
	{STR("JOIN a b"), STR("RESULT JOIN a b 0\n")},
	{STR("SAY"), STR("RESULT SAY 0\n")},
	{STR("SAY lobby"), STR("RESULT SAY 0\n")},
	{STR("SAY lobby "), STR("RESULT SAY 0\n")},
	{STR("SAY  hi"), STR("RESULT SAY 0\n")},
};

/* Nothing of the protocol. */
static const struct {
	enum codec_audience audience;
	struct dn_str line;
} unknown[] = {
	{CLIENT, STR("")}, {CLIENT, STR(" ")}, {CLIENT, STR("say a b")},
	{CLIENT, STR(" SAY a b")}, {CLIENT, STR("CHANNELS x")},
	{CLIENT, STR("CHANNELS ")}, {CLIENT, STR("SAYa b")},
	{CLIENT, STR("FEDNEW a")}, {CLIENT, STR("FEDERATE-OUT")},
	{CLIENT, STR("GET / HTTP/1.1")},
	{PEER, STR("")}, {PEER, STR("SAY a b")}, {PEER, STR("FEDNEW")},
	{PEER, STR("FEDNEW a b")}, {PEER, STR("FEDJOIN bob")},
	{PEER, STR("FEDSAY bob a")}, {PEER, STR("FEDSAY bob a ")},
	{PEER, STR("FEDRECV a b c")}, {PEER, STR("FEDRESULT bob JOIN a")},
	{PEER, STR("FEDRESULT bob JOIN a 2")},
	{PEER, STR("FEDRESULT bob JOIN a 1 ")},
	{PEER, STR("FEDRESULT bob DANCE a 1")},
	{PEER, STR("FEDERATE-OUT x")}, {PEER, STR("FEDERATE-CONFIRM 1")},
};

/* Decodes a copy that ends where the line does, for ASan to watch. */
static enum dn_err
decode(enum codec_audience audience, struct dn_str line, struct dn_msg *msg,
    char **copy)
{
	*copy = malloc(line.size > 0 ? line.size : 1);
	assert_non_null(*copy);
	if (line.size > 0)
		memcpy(*copy, line.data, line.size);
	return codec_channels.decode(audience, *copy, line.size, msg);
}

static void
assert_told(enum codec_audience audience, const struct dn_msg *msg,
    struct dn_str line)
{
	struct arena arena;
	struct frame frame;

	arena_init(&arena);
	assert_int_equal(codec_frame(&codec_channels, &arena, audience, msg,
	    &frame), line.size > 0 ? DN_OK : DN_E_UNKNOWN);
	assert_int_equal(frame.size, line.size);
	if (line.size > 0)
		assert_memory_equal(frame_data(&frame), line.data, line.size);
	frame_release(&frame);
	arena_deinit(&arena);
}

static void
test_said(void **state)
{
	struct dn_msg msg;
	char *copy;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		assert_int_equal(decode(said[i].audience, said[i].line, &msg,
		    &copy), DN_OK);
		assert_same(&msg, &said[i].msg);
		free(copy);
	}
}

static void
test_told(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		assert_told(told[i].audience, &told[i].msg, told[i].line);
}

static void
test_refused(void **state)
{
	struct dn_msg msg;
	char *copy;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_int_equal(decode(CLIENT, refused[i].line, &msg,
		    &copy), DN_E_REFUSED);
		assert_told(CLIENT, &msg, refused[i].answer);
		free(copy);
	}
}

static void
test_unknown(void **state)
{
	static const struct dn_msg none;
	struct dn_msg msg;
	char *copy;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		assert_int_equal(decode(unknown[i].audience, unknown[i].line,
		    &msg, &copy), DN_E_UNKNOWN);
		assert_memory_equal(&msg, &none, sizeof(msg));
		free(copy);
	}
}

static void
test_is_peer(void **state)
{
	(void)state;
	assert_true(codec_channels.is_peer("FEDERATE-OUT", 12));
	assert_false(codec_channels.is_peer("FEDERATE-OUTX", 13));
	assert_false(codec_channels.is_peer("FEDERATE-OU", 11));
	assert_false(codec_channels.is_peer("LOGIN a b", 9));
	assert_false(codec_channels.is_peer("", 0));
}

/* A list as long as there can be. */
static void
test_long_list(void **state)
{
	size_t size = DN_IPC_BODY_BYTES_MAX, i;
	char *names = malloc(size), *line = malloc(size * 2);
	struct dn_msg msg = {.kind = DN_KIND_REPLY,
	    .verb = DN_VERB_FEDCHANNELS, .text = {names, size - 1}};
	struct dn_wr wr = dn_wr_of(line, size * 2);

	(void)state;
	assert_true(names != NULL && line != NULL);
	dn_wr_bytes(&wr, "FEDCHANNELS ", 12);
	for (i = 0; i + 1 < size; i++) {
		names[i] = i % 2 == 0 ? 'a' : '\n';
		dn_wr_bytes(&wr, i % 2 == 0 ? "a" : ", ",
		    i % 2 == 0 ? 1 : 2);
	}
	dn_wr_bytes(&wr, "\n", 1);
	assert_told(PEER, &msg, (struct dn_str){line, wr.at});
	free(names);
	free(line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_said),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_is_peer),
		cmocka_unit_test(test_long_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
