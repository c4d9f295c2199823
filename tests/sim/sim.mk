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
