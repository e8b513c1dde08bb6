# A thin front: the work is in .ci/setup, CMakePresets.json and the programs themselves.
.PHONY: help build demo test test-unit fuzz bench bundle check-gpu format clean
.DEFAULT_GOAL := help

help: ## lists these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

build: ## builds build/bin/sluice and build/bin/bench_*, after installing what that needs
	@.ci/setup --build
	@cmake --preset release --log-level=NOTICE
	@cmake --build --preset release

demo: build ## builds, and runs the main job for 30 seconds: in-process Kafka, live results, metrics
	@build/bin/sluice demo --for 30s

test: ## builds and runs every test, under the sanitizers too
	@.ci/setup --test
	@cmake --preset release --log-level=NOTICE
	@cmake --build --preset release
	@cmake --preset asan --log-level=NOTICE
	@cmake --build --preset asan
	@cmake --preset tsan --log-level=NOTICE
	@cmake --build --preset tsan
	@ctest --preset release

test-unit: build ## builds, and runs only the quick tests
	@ctest --preset release -L unit

SECONDS ?= 60
fuzz: ## fuzzes everything that reads bytes from outside, SECONDS=60 each; what it finds stays in build/fuzz
	@.ci/setup --fuzz
	@cmake --preset fuzz --log-level=NOTICE
	@cmake --build --preset fuzz
	@cd build/fuzz && for program in bin/fuzz_*; do \
	  name=$${program#bin/fuzz_}; mkdir -p corpus/$$name; echo "== $$name"; \
	  $$program -max_total_time=$(SECONDS) -rss_limit_mb=4096 corpus/$$name $(CURDIR)/tests/fuzz/corpus/$$name || exit 1; \
	done

bench: build ## builds, and runs every benchmark once
	@for program in build/bin/bench_*; do echo "== $$program"; $$program || exit 1; done

bundle: build ## makes bundle/, a tree that runs on another Linux machine with glibc and, for the GPU, the driver
	@rm -rf bundle
	@cmake --install build --prefix bundle --strip >/dev/null
	@du -sh bundle

check-gpu: bundle ## on a machine with a GPU: runs the GPU tests and benchmarks, writes report.md and report.json
	@bundle/run.sh

format: ## formats every source file
	@git ls-files -co --exclude-standard '*.cpp' '*.hpp' '*.cu' '*.cuh' | xargs ls -d 2>/dev/null | xargs clang-format-14 -i

clean: ## removes what was built
	@rm -rf build bundle
