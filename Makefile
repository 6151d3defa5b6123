# One command per wish. Everything is installed into .venv; PYTHON picks the interpreter it is made from.
PYTHON  ?= python3
# Tests wait for servers, browsers and disks for much of their time.
WORKERS ?= 4

# Tests start a program a thousand times: it need not be compiled each time.
unexport PYTHONDONTWRITEBYTECODE

VENV    := .venv
BIN     := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt
INPUTS  := pyproject.toml constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo dev test lint bench clean

help:
	@echo "make demo    show what Headcount does, on made-up files in a directory of its own"
	@echo "make test    everything that has to hold: lint, types, tests"
	@echo "make lint    style and types only"
	@echo "make bench   measure an upload on this machine"
	@echo "make dev     install what developing needs into .venv"
	@echo "make clean   remove .venv and everything else that was made here"

demo: $(VENV)/.installed
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh scripts/demo.sh

dev: $(VENV)/.installed-dev

test: lint
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  echo "Chromium is missing, so that the tests of the pages are left out. On Debian and Ubuntu: apt-get install chromium" >&2
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

lint: $(VENV)/.installed-dev
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy

bench: $(VENV)/.installed
	$(BIN)/python -m headcount bench

clean:
	rm -rf $(VENV) build dist demo-data .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed: $(INPUTS) | $(BIN)/pip
	@echo "Installing Headcount into $(VENV) ..."
	@$(INSTALL) -e .
	@touch $@

$(VENV)/.installed-dev: $(INPUTS) | $(BIN)/pip
	@echo "Installing Headcount and its development tools into $(VENV) ..."
	@$(INSTALL) -e '.[dev]'
	@touch $@ $(VENV)/.installed

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  found=$$($(PYTHON) --version 2>/dev/null); \
	  echo "Headcount needs Python 3.11 or newer; '$(PYTHON)' is $${found:-not installed}." >&2; \
	  echo "Name another one with: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
