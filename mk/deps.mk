# What the system must have; quiet and quick when it is all there.
deps-build:
	@./install-deps.sh build
deps-test:
	@./install-deps.sh build test
deps-perf:
	@./install-deps.sh build perf

# The Makefile looks for libraries when it starts, so what comes after an
# installation is another make.
quickstart: deps-build
	@$(MAKE) --no-print-directory programs
	@B='$(abspath $(B))' ./mk/quickstart.sh

.PHONY: deps-build deps-test deps-perf quickstart
