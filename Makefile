# hotline: every command a developer needs. `make` alone lists them.
#
# Nothing has to be installed first but Python 3.11 or later: .venv is made on demand from the
# committed locks, with hashes, and renewed when a lock changes.

.SUFFIXES:
.DEFAULT_GOAL := help
.NOTPARALLEL:

BIN := .venv/bin
RUN := .venv/.installed-run
DEV := .venv/.installed-dev
SUPPLY := .venv-supply/.installed

# What `make demo`, `make test`, `make bench` and others hand on: make test PYTEST_ARGS="-k receipt -x"
DEMO_ARGS =
EXERCISE_ARGS =
PYTEST_ARGS =
BENCH_ARGS =
PEERS =
SCREENSHOT_ARGS =
SEEDS = 10000
TIMES = 1
FAULTS_ARGS =
SIMULATE_ARGS =
SECONDS = 10
TARGET =

# These rooms touch nothing but their arguments, so every branch can be reached from a test.
PURE := hotline/model/*,hotline/airspace/*,hotline/formats/*,hotline/trust/*,hotline/wire/*,hotline/line/*

.PHONY: help
help:  ## list these targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: $(RUN)  ## two nodes on this machine, one line between them, cut and restored
	@$(BIN)/hotline demo $(DEMO_ARGS)

.PHONY: exercise
exercise: $(RUN)  ## an exercise without people, and its after-action report in var/exercise/first-lesson
	@rm -rf var/exercise/first-lesson
	@$(BIN)/hotline exercise run first-lesson --headless --factor 10 --directory var/exercise/first-lesson $(EXERCISE_ARGS)
	@$(BIN)/hotline exercise report var/exercise/first-lesson

.PHONY: test
test: lint  ## the whole suite: style, types, import direction, tests, branch coverage
	$(BIN)/coverage erase
	$(BIN)/python tools/run_tests.py $(PYTEST_ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	@echo "Pure rooms, where every branch must have been taken:"
	$(BIN)/coverage report --include='$(PURE)' --fail-under=100

.PHONY: test-long
test-long: $(DEV)  ## the tests that `make test` bounds, unbounded
	HOTLINE_TEST_LONG=1 $(BIN)/python -m pytest -m long $(PYTEST_ARGS)

.PHONY: lint
lint: $(DEV)  ## style, types and import direction
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

.PHONY: format
format: $(DEV)  ## let ruff mend and lay out the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: bench
bench: $(RUN)  ## hotline beside its peers: a table of ratios, and a picture in var/bench/peers.svg
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

.PHONY: bench-peers
bench-peers: $(RUN)  ## the same, or beside some of them: make bench-peers PEERS="nats as2"
	$(BIN)/python -m benchmarks peers $(if $(PEERS),--peers $(PEERS)) $(BENCH_ARGS)

.PHONY: simulate
simulate: $(DEV)  ## SEEDS=n histories of two nodes on a simulated disk, network and clock
	@$(BIN)/python -m tests.simulation --seeds $(SEEDS) $(SIMULATE_ARGS)

.PHONY: faults
faults: $(DEV)  ## as root: each real fault TIMES=n times against two nodes, and a table of them
	@$(BIN)/python -m tests.pair.faults --times $(TIMES) $(FAULTS_ARGS)

.PHONY: fuzz
fuzz: $(DEV)  ## SECONDS=n of coverage-guided fuzzing of each decoder, or of TARGET="frame card"; keeps what is new
	@$(BIN)/python -m tests.security.fuzzing.running --seconds $(SECONDS) --keep $(TARGET)

.PHONY: screenshots
screenshots: $(DEV)  ## every page of the console in three languages and themes, in var/screenshots/index.html
	$(BIN)/python -m tests.console.screenshots --directory var/screenshots $(SCREENSHOT_ARGS)

.PHONY: set-up
set-up:  ## as root on Debian: what the Docker test needs, packages and a running engine
	@tools/set_up_debian.sh
	@tools/start_docker_engine.sh

.PHONY: docker-test
docker-test: $(DEV)  ## the pair in containers on a real Docker engine
	HOTLINE_REQUIRE_DOCKER=1 $(BIN)/python -m pytest tests/docker $(PYTEST_ARGS)

.PHONY: docker-wheels
docker-wheels: $(RUN)  ## fill var/docker/wheels, so that the image is built without a package index
	@tools/docker_wheels.sh

.PHONY: lock
lock: $(RUN)  ## make the lock files anew from pyproject.toml (LOCK_ARGS=--upgrade for newer versions)
	$(BIN)/python -m pip install --quiet 'uv>=0.9'
	tools/make_locks.sh $(LOCK_ARGS)

.PHONY: audit
audit: $(SUPPLY)  ## look up every locked package among known vulnerabilities: needs the internet
	@.venv-supply/bin/python tools/audit_locks.py

.PHONY: sbom
sbom: $(DEV)  ## software bill of materials of a node, CycloneDX, in var/sbom/hotline.cdx.json
	@$(BIN)/python tools/make_sbom.py var/sbom/hotline.cdx.json

.PHONY: clean
clean:  ## remove everything that was made: .venv, var, caches
	rm -rf .venv .venv-supply benchmarks/.venv var dist build .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN): requirements.lock requirements-audit.lock requirements-build.lock pyproject.toml tools/make_venv.sh
	@tools/make_venv.sh requirements-build.lock requirements.lock requirements-audit.lock
	@touch $@

$(DEV): $(RUN) requirements-dev.lock
	@tools/make_venv.sh requirements-dev.lock
	@touch $@

$(SUPPLY): requirements-supply.lock tools/make_venv.sh
	@tools/make_venv.sh --apart .venv-supply requirements-supply.lock
	@touch $@
