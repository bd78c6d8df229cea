# Callout: `make run` to try it, `make test` to check it. Needs Python >= 3.11, make and a package index.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
DATA ?= data
HANDLE ?= campaign
NAME ?= Our campaign
PORT ?= 8000
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: words pictures run setup test check demo bench counts faults serve migrate clean constraints

run: $(VENV)/.runtime
	@test -e $(DATA)/callout.toml || $(BIN)/callout init --data $(DATA) --domain localhost:$(PORT) --handle $(HANDLE) --name "$(NAME)"
	@$(BIN)/callout serve --data $(DATA) --port $(PORT)

$(VENV)/.python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.python constraints.txt pyproject.toml
	$(PIP) install --require-hashes -r constraints.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime constraints-dev.txt tests/constraints-inputs.txt
	$(PIP) install --require-hashes -r constraints-dev.txt
	$(PIP) install --require-hashes --no-deps -r tests/constraints-inputs.txt
	@touch $@

setup: $(VENV)/.dev

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 --dist worksteal --durations=15 tests

check: $(VENV)/.dev
	$(BIN)/ruff format --check federation server tests
	$(BIN)/ruff check federation server tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/house

demo: $(VENV)/.runtime
	$(BIN)/callout demo

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench $(if $(AGAINST),--against $(AGAINST)) $(if $(SAVE),--save $(SAVE))

counts: $(VENV)/.dev
	$(BIN)/python -m tests.bench --only counting $(if $(AGAINST),--against $(AGAINST)) $(if $(SAVE),--save $(SAVE))

faults: $(VENV)/.dev
	CALLOUT_LONG=1 $(BIN)/python -m pytest -v -n 2 --dist worksteal --durations=15 tests/faults

pictures: $(VENV)/.dev
	CALLOUT_PICTURES=1 $(BIN)/python -m pytest -q tests/browser/test_pictures.py

words: $(VENV)/.dev
	$(BIN)/python -m tests.words

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis demo

# Needs uv; hashes and versions only, no addresses.
constraints:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --extra build --extra postgres pyproject.toml -o constraints.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --all-extras pyproject.toml -o constraints-dev.txt
