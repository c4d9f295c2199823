# The measuring programs: a load generator, and the server that is the limit.

BENCH_LOAD := load client seal websocket dialect dnchat nats irc crowd room traffic login flood ask bench peer server scenario report
BENCH_LIMIT := limit limit_chat handshake

build/bench/load: $(BENCH_LOAD:%=build/release/tests/bench/%.o)
build/bench/limit: $(BENCH_LIMIT:%=build/release/tests/bench/%.o)
build/bench/load build/bench/limit:
	@mkdir -p $(@D)
	$(SAY)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lssl -lcrypto

bench bench-peers: build/bench/load build/bench/limit

# Beside servers of others, those that are installed; no other target wants
# them: apt-get install nats-server inspircd
.PHONY: bench-peers
bench-peers: all
	@tests/bench/run.sh --peers

# What the clients of all servers say, and how it stands on a connection.
UNIT_BENCH := client seal websocket dialect dnchat nats irc
UNIT_TESTS += $(patsubst tests/unit/%.c,build/asan/unit/%, \
	$(wildcard tests/unit/bench/*_test.c))
build/asan/unit/bench/%: build/asan/tests/unit/bench/%.o \
		$(UNIT_BENCH:%=build/asan/tests/bench/%.o)
	@mkdir -p $(@D)
	$(SAY)$(CC) $(SANITIZE) -o $@ $^ -lssl -lcrypto -lcmocka
