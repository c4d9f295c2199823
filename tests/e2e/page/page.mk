# The page: its core by node's test runner, then all of it in Debian's Chromium
# on real servers. Pictures go to build/page-shots. Included by the Makefile.

.PHONY: page-test

# Debian's node and npm, unless there are others.
DEPS_CHECK += chromium $(if $(shell command -v node),,nodejs) \
	$(if $(shell command -v npm),,npm)

PAGE_MODULES := tests/e2e/page/node_modules/.package-lock.json

$(PAGE_MODULES): tests/e2e/page/package-lock.json
	$(SAY)cd $(<D) && npm ci --ignore-scripts --no-audit --no-fund \
	    --loglevel=error >/dev/null
	@touch $@

NODE_TEST := node --test --test-reporter=tap

page-test: all asan $(PAGE_MODULES)
	@$(NODE_TEST) tests/unit/page/*_test.mjs >build/page-unit.log || \
	    { cat build/page-unit.log; exit 1; }
	@grep -E '^# (pass|fail)' build/page-unit.log
	@for t in tests/e2e/page/*_test.mjs; do echo "== $$t"; \
	    $(NODE_TEST) $$t >build/page-test.log || \
	    { cat build/page-test.log; exit 1; }; \
	    grep -E '^# (pass|fail|people|messages|said)' build/page-test.log; \
	done
