# The routing that ships in small networks: all orders of all that can happen
# (explore), the wrong simplifications of it that this must find (mutants), and
# what the unit tests use of it. Included by the Makefile.

.PHONY: explore prove prove-routing mutants

SIM_WORLD := $(patsubst %,build/release/tests/sim/%.o, \
	rip world world_check world_pack)
SIM_SEARCH := $(patsubst %,build/release/tests/sim/%.o, \
	endless explore known outcome progress scenario scenario_list \
	symmetry trail)
SIM_EXPLORE := $(SIM_WORLD) $(SIM_SEARCH) \
	build/release/tests/sim/explore_main.o

build/sim/explore: $(SIM_EXPLORE) build/release/control/route.o
	@mkdir -p $(@D)
	$(SAY)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

# SCENARIO="NAME ..." explores these only; build/sim/explore --help has more.
explore: build/sim/explore
	@build/sim/explore $(SCENARIO)

# The long ones, each until it is complete or meets a bound.
PROVE_MIB ?= 8000
PROVE_SECONDS ?= 3600
prove: prove-routing
prove-routing: build/sim/explore
	@build/sim/explore --prove --progress=10 --memory=$(PROVE_MIB) \
	    --time=$(PROVE_SECONDS) $(SCENARIO) || [ $$? = 3 ]

comma := ,
empty :=
mutants: $(SIM_EXPLORE)
	@/usr/bin/python3 tests/sim/mutants.py control/route.c \
	    $(subst $(empty) $(empty),$(comma),$(strip $^)) build/sim/mutants \
	    $(CC) -std=c11 $(CPPFLAGS) $(CFLAGS) $(HARDEN) $(LDFLAGS)

# The archive comes before these and would not be searched again for route.o.
build/asan/unit/control/route_random_test: \
	$(SIM_WORLD:build/release/%=build/asan/%) build/asan/control/route.o
build/asan/unit/control/explore_test: \
	$(SIM_WORLD:build/release/%=build/asan/%) \
	$(SIM_SEARCH:build/release/%=build/asan/%) build/asan/control/route.o

# ---- whole nodes, scale and aggregation ----

.PHONY: simulate sim-mutants prove-sim

# What else they are linked from is what ships.
SIM_NODE := $(patsubst %.c,%.o,tests/sim/classic.c \
	$(wildcard tests/sim/node_*.c tests/sim/sim_*.c))
# The files of journal and store are of memory; time is virtual.
SIM_WRAP := $(patsubst %,-Wl$(comma)--wrap=%, \
	open close read write rename unlink ftruncate sqlite3_open_v2 \
	sqlite3_close clock_gettime)
SIM_LIBS := -lutf8proc -lsodium -lsqlite3 -ljansson

define SIM_PROGRAM
$(1)/sim/simulate: $(SIM_NODE:%=$(1)/%) $(1)/control.a $(1)/dataplane.a
	@mkdir -p $$(@D)
	$$(SAY)$$(CC) $(2) -o $$@ $$^ $$(SIM_WRAP) $$(SIM_LIBS)
endef
$(eval $(call SIM_PROGRAM,build/release,$$(CFLAGS) $$(LDFLAGS)))
build/sim/simulate: build/release/sim/simulate
	@mkdir -p $(@D) && cp $< $@
$(eval $(call SIM_PROGRAM,build/asan,$$(SANITIZE)))

# In two parts: many events fast, and some with the sanitizers watching.
SIM_EVENTS ?= 10000000
SIM_EVENTS_ASAN ?= 300000
simulate: build/sim/simulate build/asan/sim/simulate
	@build/asan/sim/simulate --seed 1000000 --events $(SIM_EVENTS_ASAN)
	@build/sim/simulate --events $(SIM_EVENTS)
	@$(MAKE) --no-print-directory sim-mutants

SIM_MUTANT_LINK := $(SIM_NODE:%=build/release/%) build/release/control.a \
	build/release/dataplane.a $(SIM_WRAP) $(SIM_LIBS)
sim-mutants: build/sim/simulate
	@/usr/bin/python3 tests/sim/sim_mutants.py \
	    $(subst $(empty) $(empty),:,$(strip $(SIM_MUTANT_LINK))) \
	    build/sim/whole-mutants \
	    $(CC) -std=c11 $(CPPFLAGS) $(CFLAGS) $(HARDEN) $(LDFLAGS)

SIM_SCALE := $(patsubst %,build/release/tests/sim/%.o, \
	classic scale_graph scale_heap scale_net scale_core)
build/sim/scale: $(SIM_SCALE) build/release/tests/sim/scale_main.o
build/sim/aggregate: $(SIM_SCALE) $(patsubst %,build/release/tests/sim/%.o, \
	agg_study agg_main)
build/sim/scale build/sim/aggregate: build/release/control.a
	@mkdir -p $(@D)
	$(SAY)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) \
	    -lutf8proc

# At most so long and so much, by far.
PROVE_SCALE_SECONDS ?= 1200
PROVE_SCALE_GIB ?= 8
prove: prove-sim
prove-sim: build/sim/scale build/sim/aggregate
	@build/sim/scale --seconds $(PROVE_SCALE_SECONDS) \
	    --gibibytes $(PROVE_SCALE_GIB)
	@build/sim/aggregate
