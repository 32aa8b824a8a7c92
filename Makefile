# Tandem. `make up` runs it, `make test` checks it; both install what they need into .venv.
#
#   make up [PORT=8000]      database, demo project, web, worker and scheduler in this terminal
#   make test                everything that CI runs
#   make install             the environment alone
#   make lint, make format   ruff, mypy, imports, migrations; ruff's own repairs
#   make screenshots         the README's pictures, taken from the running program
#   make clean               removes .venv and caches (var/, with the data, stays)
#
# PYTHON names another interpreter, TORCH_INDEX a package index for torch ("" for the usual one).

SHELL := /bin/bash
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11 python3.14,$(shell $(name) -c \
	'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
# On Linux the usual index gives torch with 3 GB of CUDA, which a machine without a GPU cannot use.
TORCH_INDEX ?= $(if $(filter Linux,$(shell uname -s)),$(if $(shell command -v nvidia-smi),,https://download.pytorch.org/whl/cpu))

PIP := .venv/bin/python -m pip install --quiet --disable-pip-version-check
RUN := .venv/bin/python -m

.PHONY: up test install lint format browser screenshots clean

up: install
	@$(RUN) annotate.supervisor

install: .venv/installed

.venv/python:
	@[ -n "$(PYTHON)" ] || { echo "Tandem needs Python 3.11 or later; none was found. Install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11: name another one, as in make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) comes without venv: install it (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

# torch first and alone, so that the index with its CPU build serves nothing else.
.venv/torch: constraints.txt | .venv/python
	@echo "Installing torch (200 MB, once)"
	@$(PIP) --constraint constraints.txt --no-deps --retries 1 $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) torch
	@touch $@

.venv/installed: pyproject.toml constraints.txt .venv/torch
	@echo "Installing the pinned dependencies"
	@$(PIP) --constraint constraints.txt --editable .
	@touch $@

.venv/installed-dev: .venv/installed
	@echo "Installing what the checks need"
	@$(PIP) --constraint constraints.txt --editable '.[dev]'
	@touch $@

test: .venv/installed-dev browser
	@.ci/checks

lint: .venv/installed-dev
	@.ci/checks lint

format: .venv/installed-dev
	@$(RUN) ruff check --fix --quiet
	@$(RUN) ruff format --quiet

browser: .venv/installed-dev
	@.ci/browser

screenshots: .venv/installed-dev browser
	@.venv/bin/python docs/screenshots.py

clean:
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache tandem.egg-info test-results
	@find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +
