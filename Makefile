# dnchat: three programs, their tests, their manual. `make help` lists targets.

PREFIX  ?= /usr/local
DESTDIR ?=
PORT    ?=
CC      ?= cc
VERSION := 0.1

PROGRAMS := dnchatd dncontrol dnctl
dnchatd_DIR   := dataplane
dncontrol_DIR := control
dnctl_DIR     := cli
dnchatd_LIBS   := -lwebsockets -luv -lssl -lcrypto
dncontrol_LIBS := -levent -ljansson -lsodium -lsqlite3 -lutf8proc -linih -lpthread
dnctl_LIBS     := -lreadline -ljansson
MANUAL := man/dnchatd.8 man/dncontrol.8 man/dnctl.1 man/dnchat.conf.5 man/dnchat.7

# What apt installs: to build and run, and to test.
DEPS_BUILD := gcc make libc6-dev libwebsockets-dev libwebsockets-evlib-uv \
	libuv1-dev libssl-dev libevent-dev libreadline-dev libjansson-dev uthash-dev \
	libutf8proc-dev libsodium-dev libsqlite3-dev libinih-dev
DEPS_CHECK := clang llvm libclang-rt-14-dev libcmocka-dev openssl python3 \
	python3-pytest python3-pytest-timeout python3-websockets \
	python3-psutil python3-pexpect mandoc universal-ctags iproute2 nftables

WARNINGS := -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes \
	-Wshadow -Wcast-qual -Wpointer-arith -Wvla
# The journal belongs to one build: this is its name. Who says it is made anew
# with every change of the plane (VARIANT).
BUILD_ID := $(shell cat include/dnchat/*.h control/*.[ch] 2>/dev/null | cksum | cut -d' ' -f1)
CPPFLAGS += -Iinclude -D_GNU_SOURCE -DDNCHAT_VERSION='"$(VERSION)"' \
	-DDNCHAT_BUILD_ID='"$(BUILD_ID)"'
CFLAGS   ?= -O2 -g
HARDEN   := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE \
	-fstack-clash-protection -fcf-protection
# Each message is a struct that begins as zeros; "rep stos", which gcc takes for
# its size on x86, is slow to begin.
ZEROS := -mmemset-strategy=unrolled_loop:256:noalign,libcall:-1:noalign
TUNE  := $(shell $(CC) $(ZEROS) -E -x c /dev/null >/dev/null 2>&1 && echo '$(ZEROS)')
LDFLAGS  += -pie -Wl,-z,relro,-z,now,-z,noexecstack
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer

# One short line a file; V=1 shows the commands whole.
SAY = $(if $(V),,@echo '  $@'; )

.PHONY: all run check build-tests unit asan lint fuzz e2e soak bench install \
	uninstall deps deps-check clean help
.SECONDARY:

all: $(PROGRAMS:%=build/%)

help:
	@echo 'make            build build/dnchatd, build/dncontrol, build/dnctl'
	@echo 'make run        install what is missing, build, start a server here'
	@echo '                (PORT=N to choose its port)'
	@echo 'make check      install what is missing, build, run all tests'
	@echo 'make unit | lint | explore | mutants | simulate | fuzz | e2e'
	@echo '                | page-test    parts of it'
	@echo 'make prove      long explorations and simulations of the routing'
	@echo '                (PROVE_SECONDS each)'
	@echo 'make soak       the fault tests in full counts (about an hour)'
	@echo 'make bench      measurements, as ratios within one run (bench-peers:'
	@echo '                beside nats-server and inspircd, too)'
	@echo 'make install    to PREFIX=$(PREFIX), below DESTDIR'

# A variant of the build: $(1) its folder, $(2) compiler, $(3) flags.
define VARIANT
$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$$(SAY)$(2) -std=c11 $$(WARNINGS) $$(CPPFLAGS) $(3) -MMD -MP -c -o $$@ $$<
$(1)/control/journal.o $(1)/control/main.o: $(wildcard control/*.[ch] include/dnchat/*.h)
$(1)/control/store.o: control/schema.sql
$(1)/include.a: $(1)/tests/empty.o
	@rm -f $$@ && ar rcs $$@ $$^
$(1)/tests/empty.o:
	@mkdir -p $$(@D) && echo 'typedef int empty;' | $(2) -x c -c -o $$@ -
$(1)/dataplane.a: $(patsubst %.c,$(1)/%.o,$(filter-out %/main.c,$(wildcard dataplane/*.c)))
	@rm -f $$@ && ar rcs $$@ $$^
$(1)/control.a: $(patsubst %.c,$(1)/%.o,$(filter-out %/main.c,$(wildcard control/*.c)))
	@rm -f $$@ && ar rcs $$@ $$^
$(1)/cli.a: $(patsubst %.c,$(1)/%.o,$(filter-out %/main.c,$(wildcard cli/*.c)))
	@rm -f $$@ && ar rcs $$@ $$^
endef
$(eval $(call VARIANT,build/release,$$(CC),$$(CFLAGS) $$(TUNE) $$(HARDEN)))
$(eval $(call VARIANT,build/asan,$$(CC),$$(SANITIZE)))
$(eval $(call VARIANT,build/fuzz,clang,$$(SANITIZE) -fsanitize=fuzzer-no-link))

# The chat page, as part of dnchatd.
build/page.c: dataplane/page/embed.sh $(wildcard dataplane/page/*.*)
	@mkdir -p $(@D)
	$(SAY)dataplane/page/embed.sh >$@.new && mv $@.new $@
dnchatd_MADE := build/page.c

define PROGRAM
build/$(1): $(patsubst %.c,build/release/%.o,$(wildcard $($(1)_DIR)/*.c) $($(1)_MADE))
	$$(SAY)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ $$($(1)_LIBS)
build/asan/$(1): $(patsubst %.c,build/asan/%.o,$(wildcard $($(1)_DIR)/*.c) $($(1)_MADE))
	$$(SAY)$$(CC) $$(SANITIZE) -o $$@ $$^ $$($(1)_LIBS)
endef
$(foreach program,$(PROGRAMS),$(eval $(call PROGRAM,$(program))))

asan: $(PROGRAMS:%=build/asan/%)

# Unit tests: tests/unit/FOLDER/X_test.c links what it uses of FOLDER.
UNIT_include   :=
UNIT_dataplane := $(dnchatd_LIBS)
UNIT_control   := $(dncontrol_LIBS)
UNIT_cli       := $(dnctl_LIBS)
define UNIT
UNIT_TESTS += $(patsubst tests/unit/%.c,build/asan/unit/%,$(wildcard tests/unit/$(1)/*_test.c))
build/asan/unit/$(1)/%: build/asan/tests/unit/$(1)/%.o build/asan/$(1).a
	@mkdir -p $$(@D)
	$$(SAY)$$(CC) $$(SANITIZE) -o $$@ $$^ $$(UNIT_$(1)) -lcmocka
# Fuzz targets: tests/fuzz/FOLDER/X_fuzz.c likewise; corpus in tests/fuzz/corpus/X.
FUZZ_TARGETS += $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/$(1)/*_fuzz.c))
build/fuzz/$(1)/%: build/fuzz/tests/fuzz/$(1)/%.o build/fuzz/$(1).a
	@mkdir -p $$(@D)
	$$(SAY)clang $$(SANITIZE) -fsanitize=fuzzer -o $$@ $$^ $$(UNIT_$(1))
endef
$(foreach folder,include dataplane control cli,$(eval $(call UNIT,$(folder))))

include tests/sim/sim.mk tests/bench/bench.mk tests/e2e/page/page.mk

unit: $(UNIT_TESTS)
	@for t in $^; do echo "== $$t"; $$t || exit 1; done

FUZZ_SECONDS ?= 60
fuzz: $(FUZZ_TARGETS)
	@tests/fuzz/run.sh $(FUZZ_SECONDS) $^

build-tests: $(UNIT_TESTS) $(FUZZ_TARGETS) build/sim/explore \
	build/sim/simulate build/asan/sim/simulate

lint:
	@tests/lint.sh

e2e: all asan
	@tests/e2e/run.sh

check: deps-check
	@$(MAKE) --no-print-directory -j2 all asan
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory -j2 build-tests
	@$(MAKE) --no-print-directory -j2 -O unit explore mutants simulate
	@$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=5
	@$(MAKE) --no-print-directory e2e
	@$(MAKE) --no-print-directory page-test

soak: deps-check
	@$(MAKE) --no-print-directory -j2 all asan
	DNCHAT_SOAK=1 /usr/bin/python3 -m pytest -q tests/e2e

bench: all
	@tests/bench/run.sh

run: deps
	@$(MAKE) --no-print-directory -s -j2 all
	@cli/run.sh build "$(PORT)"

# Installs packages that are missing, as root or through sudo.
define APT
@missing=; for p in $(1); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
[ -z "$$missing" ] || { echo "installing:$$missing"; \
if [ "$$(id -u)" = 0 ]; then as=; elif command -v sudo >/dev/null; then as=sudo; \
else echo "run this as root, then try again: apt-get install$$missing" >&2; exit 1; fi; \
$$as apt-get update -q >/dev/null && \
DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -q --no-install-recommends $$missing >build-deps.log 2>&1 || \
{ tail -n 5 build-deps.log >&2; exit 1; }; rm -f build-deps.log; }
endef
deps:
	$(call APT,$(DEPS_BUILD))
deps-check:
	$(call APT,$(DEPS_BUILD) $(DEPS_CHECK))

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin
	install -m 755 build/dnctl $(DESTDIR)$(PREFIX)/bin
	install -m 755 build/dnchatd build/dncontrol $(DESTDIR)$(PREFIX)/sbin
	for m in $(MANUAL); do d=$(DESTDIR)$(PREFIX)/share/man/man$${m##*.}; \
	    install -d $$d && install -m 644 $$m $$d || exit 1; done

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/dnctl $(PROGRAMS:%=$(DESTDIR)$(PREFIX)/sbin/%)
	for m in $(MANUAL); do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m##*/}; done

clean:
	rm -rf build

-include $(shell find build -name '*.d' 2>/dev/null)
