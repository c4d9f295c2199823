/* The configuration: values, files, options, and what is said of mistakes. */
#include "../../../control/config.h"
#include "shell.h"

/* ---- values ---- */

static void
expect(enum config_key key, const char *value, bool is_good)
{
	struct config config;
	const char *why;

	config_init(&config);
	why = config_set(&config, key, value);
	if ((why == NULL) != is_good)
		fail_msg("%s = %s: %s", config_key_word(key), value,
		    why != NULL ? why : "taken");
	config_deinit(&config);
}

static void
values_are_checked(void **state)
{
	static const struct {
		enum config_key key;
		const char *good[5], *bad[7];
	} rows[] = {
		{CONFIG_KEY_auth, {"accounts", "open", "password:x",
		    "password:@/f"},
		    {"", "shut", "Open"}},
		{CONFIG_KEY_connect, {"host", "host:1", "[::1]:65535", "::1",
		    "[fe80::1%eth0]"}, {"", ":", ":1", "host:0", "host:65536",
		    "[::1", "ho st"}},
		{CONFIG_KEY_federate, {"host", "host:1", "[::1]:65535", "::1",
		    "192.0.2.1:4400"}, {"", ":", "host:0", "a@b", "a,b",
		    "ho st", "[::1"}},
		{CONFIG_KEY_federate_file, {"/f"}, {""}},
		{CONFIG_KEY_federation_name, {"h", "h:4400", "[::1]:1"},
		    {"", "a@b", "a b", "a\tb"}},
		{CONFIG_KEY_accept_federation, {"any", "none"}, {"friends"}},
		{CONFIG_KEY_description, {"x", "\303\244"}, {"", "a\tb"}},
		{CONFIG_KEY_channels_list, {"all", "joined"}, {"", "none"}},
		{CONFIG_KEY_history_age, {"30d", "1s", "12h", "36525d"},
		    {"", "0", "999ms", "36526d", "1y", "d"}},
		{CONFIG_KEY_history_count, {"0", "1000000"},
		    {"", "1000001", "-1", "many"}},
		{CONFIG_KEY_history_replay, {"0", "1000"}, {"", "1001"}},
		{CONFIG_KEY_registration, {"open", "closed"},
		    {"", "Open", "no"}},
		{CONFIG_KEY_rooms_service, {"on", "off"}, {"", "yes"}},
		{CONFIG_KEY_state_dir, {"/var/lib/x"}, {""}},
		{CONFIG_KEY_link_silence, {"3", "200ms", "1m", "3s", "3600"},
		    {"", "0", "199ms", "61m", "2h", "s", "99999999"}},
		{CONFIG_KEY_log_level, {"error", "warn", "info", "debug"},
		    {"", "loud", "INFO"}},
		{CONFIG_KEY_max_hops, {"1", "255", "65534"},
		    {"", "0", "65535", "-1", "1x", "99999999999999999999"}},
		{CONFIG_KEY_name, {"n", "Zo\303\253"}, {"", "a\nb"}},
		{CONFIG_KEY_run_dir, {"/run/x"}, {""}},
		{CONFIG_KEY_srvr_number, {"zero", "any"}, {"", "0", "one"}},
		{CONFIG_KEY_text_limit, {"300", "65024"},
		    {"", "299", "65025", "4k"}},
		{CONFIG_KEY_accept_peers, {"any", "private, 192.0.2.0/24",
		    "none", "2001:db8::1 proxied"}, {"friends", "10.0.0.0/33"}},
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (j = 0; j < 5 && rows[i].good[j] != NULL; j++)
			expect(rows[i].key, rows[i].good[j], true);
		for (j = 0; j < 7 && rows[i].bad[j] != NULL; j++)
			expect(rows[i].key, rows[i].bad[j], false);
	}
}

static void
lengths_are_bounded(void **state)
{
	char text[CONFIG_LINE_BYTES_MAX + 1];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[CONFIG_NAME_BYTES_MAX + 1] = '\0';
	expect(CONFIG_KEY_name, text + 1, true);
	expect(CONFIG_KEY_name, text, false);
	text[CONFIG_NAME_BYTES_MAX + 1] = 'x';
	text[DN_DESCRIPTION_OWN_BYTES_MAX + 1] = '\0';
	expect(CONFIG_KEY_description, text + 1, true);
	expect(CONFIG_KEY_description, text, false);
	text[DN_DESCRIPTION_OWN_BYTES_MAX + 1] = 'x';
	text[DN_HOST_BYTES_MAX + 1] = '\0';
	expect(CONFIG_KEY_connect, text + 1, true);
	expect(CONFIG_KEY_connect, text, false);
}

static void
targets_have_hosts_and_ports(void **state)
{
	static const struct {
		const char *text, *host;
		uint16_t port;
		bool is_tls;
	} rows[] = {
		{"host", "host", DN_PORT_DEFAULT, false},
		{"host:7", "host", 7, false},
		{"192.0.2.1", "192.0.2.1", DN_PORT_DEFAULT, false},
		{"[2001:db8::1]:8", "2001:db8::1", 8, false},
		{"[::1]", "::1", DN_PORT_DEFAULT, false},
		{"2001:db8::1", "2001:db8::1", DN_PORT_DEFAULT, false},
		{"wss://host", "host", DN_PORT_WSS_DEFAULT, true},
		{"wss://host:7", "host", 7, true},
		{"wss://[::1]:8", "::1", 8, true},
		{"wss", "wss", DN_PORT_DEFAULT, false},
	};
	struct config_target target;
	struct config config;
	char text[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(config_target(&target, rows[i].text,
		    DN_PORT_DEFAULT), DN_OK);
		assert_string_equal(target.host, rows[i].host);
		assert_int_equal(target.port, rows[i].port);
		assert_int_equal(target.is_tls, rows[i].is_tls);
	}
	config_init(&config);
	for (i = 0; i < DN_LINKS_MAX; i++) {
		snprintf(text, sizeof(text), "host:%zu", i + 1);
		assert_null(config_set(&config, CONFIG_KEY_connect, text));
		/* Twice is once. */
		assert_null(config_set(&config, CONFIG_KEY_connect, text));
	}
	assert_int_equal(config.target_count, DN_LINKS_MAX);
	assert_non_null(config_set(&config, CONFIG_KEY_connect, "more"));
	config_deinit(&config);
}

/* ---- files ---- */

static enum dn_err
parse(struct config *config, const char *text, char *why)
{
	config_init(config);
	return config_parse(config, text, strlen(text), "FILE", why);
}

static void
a_file_is_read(void **state)
{
	char why[CONFIG_WHY_BYTES];
	struct config config;

	(void)state;
	assert_int_equal(parse(&config, "\357\273\277# comment\n"
	    "; another\n\n[section]\nname = alpha; beta\r\n"
	    "  connect = one\n\tconnect=two:5\n[other]\n"
	    "auth: password:a = b\nlink-silence = 500ms\n"
	    "srvr-number = any\nlog-level = debug", why), DN_OK);
	assert_string_equal(config.name, "alpha; beta");
	assert_int_equal(config.target_count, 2);
	assert_string_equal(config.targets[1].host, "two");
	assert_int_equal(config.targets[1].port, 5);
	assert_string_equal(config.auth, "password:a = b");
	assert_int_equal(config.link_silence_msec, 500);
	assert_true(config.srvr_any);
	assert_true(config.level_given && config.level == DN_LOG_DEBUG);
	assert_int_equal(config.hops_max, DN_HOPS_MAX_DEFAULT);
	config_deinit(&config);
}

static void
refuses(const char *text, const char *wanted)
{
	char why[CONFIG_WHY_BYTES] = "";
	struct config config;

	assert_int_equal(parse(&config, text, why), DN_E_MALFORMED);
	if (strstr(why, wanted) == NULL)
		fail_msg("%s: %s", wanted, why);
	config_deinit(&config);
}

static void
mistakes_are_told_with_their_place(void **state)
{
	char text[CONFIG_LINE_BYTES_MAX + 64];

	(void)state;
	refuses("name = a\n\ntext-limti = 5\n",
	    "FILE:3: text-limti: there is no such key; "
	    "did you mean text-limit?");
	refuses("colour = red\n", "FILE:1: colour: there is no such key");
	refuses("# x\nmax-hops = many\n", "FILE:2: max-hops: it must be");
	refuses("name = a\nnonsense\n", "FILE:2: this is not KEY = VALUE");
	refuses("[open\n", "FILE:1: this is not KEY = VALUE");
	refuses("name =\n", "FILE:1: name: it is empty");
	/* The first one counts. */
	refuses("a = 1\nb = 2\n", "FILE:1: a:");
	memset(text, 'x', sizeof(text));
	memcpy(text, "name = a\nname = ", 16);
	text[sizeof(text) - 1] = '\0';
	refuses(text, "FILE:2: the line is too long");
}

static void
long_lines_are_whole(void **state)
{
	char text[CONFIG_LINE_BYTES_MAX] = "accept-peers = 192.0.2.1";
	char why[CONFIG_WHY_BYTES];
	struct config config;
	size_t i;

	(void)state;
	for (i = 0; i < 200; i++)
		strcat(text, ", 192.0.2.2");
	assert_int_equal(parse(&config, text, why), DN_OK);
	assert_int_equal(strlen(config.accept_peers), 9 + 200 * 11);
	config_deinit(&config);
}

static void
nul_is_refused(void **state)
{
	char why[CONFIG_WHY_BYTES];
	struct config config;

	(void)state;
	config_init(&config);
	assert_int_equal(config_parse(&config, "name = a\0b\n", 11, "FILE",
	    why), DN_E_MALFORMED);
	assert_non_null(strstr(why, "FILE:1: "));
	config_deinit(&config);
}

/* ---- the command line ---- */

/* getopt_long() moves the words, and a password is overwritten. */
#define ARGV_MAX 12
struct argv {
	char text[ARGV_MAX][64];
	char *words[ARGV_MAX + 1];
	int count;
};

static enum dn_err
options_of(struct config_options *options, struct argv *argv,
    const char *const *words, char *why)
{
	memset(argv, 0, sizeof(*argv));
	for (; words[argv->count] != NULL; argv->count++) {
		snprintf(argv->text[argv->count], 64, "%s",
		    words[argv->count]);
		argv->words[argv->count] = argv->text[argv->count];
	}
	return config_options_init(options, argv->count, argv->words, why);
}

static void
options_win_over_the_file(void **state)
{
	char dir[RUNDIR_BYTES_MAX], path[RUNDIR_BYTES_MAX + 16];
	const char *words[] = {"dncontrol", "--config", path, "--name=beta",
	    "--connect", "two", "--auth", "password:sesame", NULL};
	struct config_options options;
	char why[CONFIG_WHY_BYTES] = "";
	struct config config;
	struct argv argv;
	int round;

	(void)state;
	shell_dir(dir);
	snprintf(path, sizeof(path), "%s/conf", dir);
	shell_write(dir, "conf", "name = alpha\nconnect = one\n"
	    "max-hops = 9\n", 40);
	assert_int_equal(options_of(&options, &argv, words, why), DN_OK);
	assert_string_equal(argv.text[7], "password:xxxxxx");
	/* A reload reads both again. */
	for (round = 0; round < 2; round++) {
		assert_int_equal(config_load(&config, &options, why), DN_OK);
		assert_string_equal(config.name, "beta");
		assert_string_equal(config.auth, "password:sesame");
		assert_int_equal(config.hops_max, round == 0 ? 9 : 7);
		assert_int_equal(config.target_count, 2);
		assert_string_equal(config.targets[0].host, "one");
		config_deinit(&config);
		shell_write(dir, "conf", "max-hops = 7\nconnect = one\n", 27);
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(config_load(&config, &options, why), DN_E_IO);
	assert_non_null(strstr(why, path));
	config_deinit(&config);
	config_options_deinit(&options);
	shell_clean(dir);
}

static void
bad_options_are_named(void **state)
{
	static const struct {
		const char *words[4], *wanted;
	} rows[] = {
		{{"dncontrol", "--no-such", "x"}, "--no-such"},
		{{"dncontrol", "--auth"}, "--auth: it needs a value"},
		{{"dncontrol", "stray"}, "stray"},
		{{"dncontrol", "-x"}, "-x"},
	};
	struct config_options options;
	char why[CONFIG_WHY_BYTES];
	struct argv argv;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(options_of(&options, &argv, rows[i].words,
		    why), DN_E_MALFORMED);
		if (strstr(why, rows[i].wanted) == NULL)
			fail_msg("%s: %s", rows[i].wanted, why);
		config_options_deinit(&options);
	}
}

static void
a_bad_value_of_an_option_is_named(void **state)
{
	const char *words[] = {"dncontrol", "--max-hops", "0", NULL};
	struct config_options options;
	char why[CONFIG_WHY_BYTES];
	struct config config;
	struct argv argv;

	(void)state;
	assert_int_equal(options_of(&options, &argv, words, why), DN_OK);
	assert_int_equal(config_load(&config, &options, why),
	    DN_E_MALFORMED);
	assert_non_null(strstr(why, "--max-hops: it must be"));
	config_deinit(&config);
	config_options_deinit(&options);
}

/* ---- servers to federate with ---- */

static void
parse_federates(const char *text, enum dn_err err, const char *why_expected,
    size_t count)
{
	char why[CONFIG_WHY_BYTES] = "";
	struct config config;

	config_init(&config);
	assert_int_equal(config_parse_federates(&config, text, strlen(text),
	    "servers", why), err);
	assert_string_equal(why, why_expected);
	assert_int_equal(config.federate_count, count);
	config_deinit(&config);
}

static void
federates_are_read_line_by_line(void **state)
{
	static const char wrong[] = "it must be HOST, HOST:PORT or "
	    "[IPV6]:PORT";
	char why[CONFIG_WHY_BYTES], text[64];
	struct config config;
	char *many, *at;
	unsigned i;

	(void)state;
	parse_federates("", DN_OK, "", 0);
	parse_federates("\n \n\t\r\n", DN_OK, "", 0);
	parse_federates("192.0.2.1:4400\n  192.0.2.2:4401\t\r\n"
	    "192.0.2.1:4400", DN_OK, "", 2);
	(void)snprintf(why, sizeof(why), "servers:2: %s", wrong);
	parse_federates("192.0.2.1:4400\nbad line\n192.0.2.2:1\n",
	    DN_E_MALFORMED, why, 1);
	many = malloc(20000);
	assert_non_null(many);
	for (at = many, i = 0; i <= DN_LINKS_MAX; i++)
		at += sprintf(at, "h%u:1\n", i);
	parse_federates(many, DN_E_MALFORMED,
	    "servers:257: there are too many", DN_LINKS_MAX);
	memset(many, 'x', 300);
	many[300] = '\0';
	parse_federates(many, DN_E_MALFORMED, "servers:1: the line is too "
	    "long", 0);
	free(many);
	/* What was written is how names end. */
	config_init(&config);
	(void)snprintf(text, sizeof(text), " Server2.com \n[::1]:1\n");
	assert_int_equal(config_parse_federates(&config, text, strlen(text),
	    "servers", why), DN_OK);
	assert_string_equal(config.federates[0].written, "Server2.com");
	assert_int_equal(config.federates[0].target.port, 4400);
	assert_string_equal(config.federates[1].written, "[::1]:1");
	assert_string_equal(config.federates[1].target.host, "::1");
	config_deinit(&config);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_checked),
		cmocka_unit_test(federates_are_read_line_by_line),
		cmocka_unit_test(lengths_are_bounded),
		cmocka_unit_test(targets_have_hosts_and_ports),
		cmocka_unit_test(a_file_is_read),
		cmocka_unit_test(mistakes_are_told_with_their_place),
		cmocka_unit_test(long_lines_are_whole),
		cmocka_unit_test(nul_is_refused),
		cmocka_unit_test(options_win_over_the_file),
		cmocka_unit_test(bad_options_are_named),
		cmocka_unit_test(a_bad_value_of_an_option_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
