# The routing that ships in small networks: all orders of all that can happen
# (explore), the wrong simplifications of it that this must find (mutants), and
# what the unit tests use of it. Included by the Makefile.

.PHONY: explore mutants

SIM_WORLD := $(patsubst %,build/release/tests/sim/%.o, \
	rip world world_check world_pack)
SIM_EXPLORE := $(SIM_WORLD) $(patsubst %,build/release/tests/sim/%.o, \
	explore explore_main scenario)

build/sim/explore: $(SIM_EXPLORE) build/release/control/route.o
	@mkdir -p $(@D)
	$(SAY)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

explore: build/sim/explore
	@build/sim/explore

comma := ,
empty :=
mutants: $(SIM_EXPLORE)
	@/usr/bin/python3 tests/sim/mutants.py control/route.c \
	    $(subst $(empty) $(empty),$(comma),$(strip $^)) build/sim/mutants \
	    $(CC) -std=c11 $(CPPFLAGS) $(CFLAGS) $(HARDEN) $(LDFLAGS)

# The archive comes before these and would not be searched again for route.o.
build/asan/unit/control/route_random_test: \
	$(SIM_WORLD:build/release/%=build/asan/%) build/asan/control/route.o
