# `make demo` and `make test` do all set-up by themselves; nothing but Python 3.11 and a package
# index is needed. `make help` lists the targets.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
DEMO   := configs/compare/demo.yaml

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow fuzz lint bench clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: $(READY)  ## install everything into .venv

$(VENV)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "captioner needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: $(READY)  ## train three text models on drawn pictures, compare them, caption a few
	$(BIN)/python -m captioner compare --config $(DEMO)

lint: $(READY)  ## check format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

test: lint  ## install, then all checks and tests
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-slow: $(READY)  ## run the tests that `test` leaves out: real captions against Java
	$(BIN)/python -m pytest -m slow

bench: $(READY)  ## measure against peers; figures land in runs/bench
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@mkdir -p runs/bench
	@for file in benchmarks/[a-z]*.py; do \
		$(BIN)/python $$file --json runs/bench/$$(basename $$file .py).json || exit 1; done

fuzz: $(READY)  ## damage files of every format 10,000 times; findings land in runs/fuzz
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.fuzz

clean:  ## remove the environment, runs and generated data
	rm -rf $(VENV) runs data/scenes* data/cache .pytest_cache .mypy_cache .ruff_cache
