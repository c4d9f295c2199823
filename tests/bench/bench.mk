# The measuring programs: a load generator, and the server that is the limit.

BENCH_LOAD := load client websocket dialect dnchat crowd room traffic login flood ask bench server scenario report
BENCH_LIMIT := limit limit_chat handshake

build/bench/load: $(BENCH_LOAD:%=build/release/tests/bench/%.o)
build/bench/limit: $(BENCH_LIMIT:%=build/release/tests/bench/%.o)
build/bench/load build/bench/limit:
	@mkdir -p $(@D)
	$(SAY)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

bench: build/bench/load build/bench/limit
