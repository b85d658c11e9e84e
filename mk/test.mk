# The suite speaks TAP; prove runs it on all cores.
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
TESTS ?= $(sort $(wildcard t/t[0-9]*.sh))
# Many tests wait for servers and clocks: two for each core.
PROVE_JOBS ?= $(shell expr 2 '*' $(JOBS))
PROVE = prove --exec /bin/sh -j$(PROVE_JOBS) --timer $(PROVE_FLAGS)
TEST_ENV = B='$(abspath $(B))' CC='$(CC)'

test: deps-test
	@$(MAKE) --no-print-directory -j$(JOBS) test-only

test-only: programs tool man completion
	@$(TEST_ENV) $(PROVE) $(TESTS)

# The suite once more under AddressSanitizer and UndefinedBehaviorSanitizer.
sanitize:
	@$(MAKE) --no-print-directory -j$(JOBS) B=$(B)-asan CFLAGS='-O1 -g' \
		SANITIZE=address,undefined test-only

# Static checks: layers, file lengths, warnings of two compilers, shell
# scripts, pages that say what -h says.
check: check-source check-warnings check-shell check-docs

check-source:
	@echo "  check    layers, file lengths"
	@awk -f t/check-floors.awk lib/FLOORS $(sort $(wildcard lib/*/*.[ch]))
	@sh t/check-lengths.sh

check-warnings:
	@$(MAKE) --no-print-directory -j$(JOBS) B=$(B)-gcc CC=gcc WERROR=1 \
		programs tool
	@$(MAKE) --no-print-directory -j$(JOBS) B=$(B)-clang CC=clang \
		WERROR=1 programs tool

check-shell:
	@echo "  check    shell scripts"
	@sh t/check-shell.sh

check-docs: programs man
	@echo "  check    pages against -h"
	@$(TEST_ENV) sh t/check-docs.sh

# The slow lanes: what takes minutes, and what measures.
torture: programs tool
	@$(TEST_ENV) TEST_LONG=1 $(PROVE) $(TESTS) \
		$(sort $(wildcard t/torture/*.sh))

perf: deps-perf
	@$(MAKE) --no-print-directory -j$(JOBS) programs tool
	@$(TEST_ENV) sh t/perf/run.sh $(PERF)

.PHONY: test test-only sanitize check check-source check-warnings \
	check-shell check-docs torture perf
