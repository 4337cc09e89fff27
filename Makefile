# `make demo` and `make test` do all set-up by themselves; nothing but Python 3.11 and a package
# index is needed. `make help` lists the targets.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   := compare/demo

# Exact versions of everything, where they have been resolved (`make lock`): Linux on x86-64. On
# another system or Python, or once `make setup LOCK=` has been said, the bounds of pyproject.toml
# decide, until `make clean`.
HERE   := $(shell $(or $(wildcard $(BIN)/python),$(PYTHON)) -c 'import platform, sys; print("%s-%s-py%d%d" \
	% (platform.system().lower(), platform.machine(), *sys.version_info[:2]))' 2>/dev/null)
LOCK   := $(if $(wildcard $(VENV)/.ready-without-lock),,$(wildcard $(HERE:%=requirements/%.txt)))
READY  := $(VENV)/.ready$(if $(LOCK),,-without-lock)
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	$(if $(LOCK),--constraint $(LOCK),--upgrade --upgrade-strategy eager)

# What resolves versions for other Pythons and for the ends of the bounds.
TOOLS   := .venv-tools
UV      := $(TOOLS)/bin/uv
RESOLVE := $(UV) pip compile --quiet --extra dev
LOCKED  := 3.11 3.12 3.13

.DEFAULT_GOAL := help
.PHONY: help setup demo format lint check test test-slow test-oldest test-newest coverage fuzz kill lock \
	bench clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:[^#]*## /\t/' | expand -t 13

setup: $(READY)  ## install everything into .venv

# What builds the package comes first, so that it has the locked version too.
$(READY): pyproject.toml $(LOCK)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "captioner needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) hatchling
	$(PIP) --no-build-isolation -e '.[dev]'
	@rm -f $(VENV)/.ready*
	@touch $@

demo: $(READY)  ## train three text models on drawn pictures, compare them, caption a few
	$(BIN)/python -m captioner compare --config $(DEMO)

format: $(READY)  ## put into the format, and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(READY)  ## check format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint  ## lint, and the tests that are quick: for while you work
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow and not integration"

test: lint  ## install, then all checks and tests
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-slow: $(READY)  ## run the tests that `test` leaves out: the captions in CAPTIONER_REAL_DATA against Java
	$(BIN)/python -m pytest -m slow

coverage: $(READY)  ## say which lines no test runs; pages land in runs/coverage
	@mkdir -p runs/coverage
	$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term --cov-report=html

lock: $(TOOLS)/.ready  ## resolve the versions anew that setup installs
	for python in $(LOCKED); do \
		$(RESOLVE) --python-platform x86_64-manylinux_2_28 --upgrade --no-annotate \
			--custom-compile-command 'make lock' \
			--python-version $$python pyproject.toml \
			--output-file requirements/linux-x86_64-py$$(echo $$python | tr -d .).txt || exit 1; done

test-oldest: .venv-oldest/.ready  ## test with the lower bounds of pyproject.toml, Python 3.11
	.venv-oldest/bin/python -m pytest -n 2 --dist loadfile

.venv-oldest/.ready: pyproject.toml $(TOOLS)/.ready
	$(UV) venv --quiet --clear --seed --python 3.11 .venv-oldest
	$(RESOLVE) --python-version 3.11 --resolution lowest-direct pyproject.toml \
		--output-file .venv-oldest/requirements.txt
	$(UV) pip install --quiet --python .venv-oldest -r .venv-oldest/requirements.txt
	$(UV) pip install --quiet --python .venv-oldest --no-build-isolation --no-deps -e .
	@touch $@

# Resolved anew each time. A failure is news of a library, not a fault of a change.
test-newest: $(TOOLS)/.ready  ## test with the newest releases, whatever the upper bounds say
	$(UV) venv --quiet --clear --seed --python $(PYTHON) .venv-newest
	sed -E 's/,<[^"]*"/"/' pyproject.toml > .venv-newest/pyproject.toml
	$(RESOLVE) --python .venv-newest .venv-newest/pyproject.toml \
		--output-file .venv-newest/requirements.txt
	$(UV) pip install --quiet --python .venv-newest -r .venv-newest/requirements.txt
	$(UV) pip install --quiet --python .venv-newest --no-build-isolation --no-deps -e .
	.venv-newest/bin/python -m pytest -n 2 --dist loadfile

$(TOOLS)/.ready:
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@

bench: $(READY)  ## measure against peers; figures land in runs/bench
	$(PIP) --no-build-isolation -e '.[bench]'
	@mkdir -p runs/bench
	@for file in benchmarks/[a-z]*.py; do \
		$(BIN)/python $$file --json runs/bench/$$(basename $$file .py).json || exit 1; done

fuzz: $(READY)  ## damage files of every format 10,000 times; findings land in runs/fuzz
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.fuzz

kill: $(READY)  ## kill fit, predict, shard, .. at any moment and go on; findings land in runs/kill
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.kill

clean:  ## remove the environment, runs and generated data
	rm -rf $(VENV) .venv-* runs data/scenes* data/cache .pytest_cache .mypy_cache .ruff_cache
