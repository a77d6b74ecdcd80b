# Both make demo and make test work on a machine with only python3 (3.11 or later), python3-venv and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := actions calendars config notifications plans reports scheduler store web
# The requirement files are complete, so nothing is resolved (--no-deps): pip 23 would else look for the newest release of a
# package that another asks for with an extra (coverage[toml]), and refuse it because it has no hash.
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# Python compiles what it loads; compiling all that is installed takes a third of the time of installing it.
INSTALL := $(PIP) install --no-compile --no-deps
# A directory only its owner may enter, for the sockets of the PostgreSQL that the tests start.
RUNTIME_DIR := $(CURDIR)/.cache/run

.PHONY: help setup setup-development demo check format test coverage bench screenshots catalogues lock wheel clean

help:  ## What can be made here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.runtime  ## The environment of the program alone

setup-development: $(VENV)/.development  ## The environment with everything that checks and tests need

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "nhachan needs Python 3.11 or later; set PYTHON=python3.xx" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "python3-venv is missing: apt install python3-venv" >&2; exit 1; }

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV) …"
	@$(INSTALL) --require-hashes -r requirements/runtime.txt
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

$(VENV)/.development: requirements/development.txt $(VENV)/.runtime
	@$(INSTALL) --require-hashes -r requirements/development.txt
	@touch $@

demo: setup  ## The sample province, running: board, feeds, mail kept in a Maildir (stop with Ctrl-C)
	@$(BIN)/nhachan --home demo-home demo

check: setup-development  ## Formatting, lint, types, import order
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: setup-development  ## Put the source into its one format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

test: check  ## Everything that CI runs
	@mkdir -p $(RUNTIME_DIR) && chmod 700 $(RUNTIME_DIR)
	@XDG_RUNTIME_DIR=$(RUNTIME_DIR) $(BIN)/python -m pytest --numprocesses=auto --dist=worksteal

coverage: setup-development  ## The same tests, with the coverage of each file (a third slower)
	@mkdir -p $(RUNTIME_DIR) && chmod 700 $(RUNTIME_DIR)
	@XDG_RUNTIME_DIR=$(RUNTIME_DIR) $(BIN)/python -m pytest --numprocesses=auto --dist=worksteal --cov --cov-report=term

bench: setup-development  ## Speed and memory, as ratios measured in the same run
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

screenshots: setup-development  ## Make the pictures of the documentation anew (needs Chromium)
	@NHACHAN_SCREENSHOTS=docs/images $(BIN)/python -m pytest -q -m chromium

catalogues: setup-development  ## Compile the words of each language
	@for po in plans/locale/*/LC_MESSAGES/*.po; do $(BIN)/pybabel compile --statistics -i $$po -o $${po%.po}.mo; done

lock: setup-development  ## Resolve the two hashed requirement files anew (needs uv)
	uv pip compile --no-header --universal --generate-hashes --no-annotate --python-version 3.11 --upgrade \
	  pyproject.toml requirements/build.in --extra postgresql -o requirements/runtime.txt
	uv pip compile --no-header --universal --generate-hashes --no-annotate --python-version 3.11 --upgrade \
	  pyproject.toml --extra postgresql --group dev -c requirements/runtime.txt -o requirements/development.txt

wheel: setup  ## The distribution
	@$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .

clean:
	rm -rf build dist .cache .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis
