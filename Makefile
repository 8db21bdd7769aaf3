# `make report` and `make test` set up everything they need, ask nothing, and do nothing twice.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV ?= .venv
BIN := $(VENV)/bin
FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	if $$python -c '$(FITS)' 2>/dev/null; then echo $$python; break; fi; done)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.PHONY: help report test lint format benchmark clean distclean

help:  ## what can be made
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 with venv and ensurepip was found; install one \
	(on Debian: apt-get install python3-venv) or name one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.packages: requirements.txt $(VENV)/.made
	@echo "Installing the pinned packages into $(VENV); this takes a few minutes, once."
	$(BIN)/python -m pip install -qq -r requirements.txt
	@touch $@

$(VENV)/.project: pyproject.toml $(VENV)/.packages
	$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

report: $(VENV)/.project  ## the ranked conflicts of corpus/, in the terminal and in reports/
	@mkdir -p reports
	@$(BIN)/detector run corpus --store reports/detector.db --report reports/report.html --report reports/report.json
	@echo
	@echo "The same as a page for the browser (and as reports/report.json for programs):"
	@echo reports/report.html

test: lint  ## lint, type check and all tests
	@$(BIN)/python -m pytest

lint: $(VENV)/.project  ## ruff and mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/.project  ## rewrite the code in the project's format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

benchmark: $(VENV)/.project  ## the speed table of docs/benchmarks.md, measured here
	@$(BIN)/python -m benchmarks.speed

clean:  ## remove what runs and tests left behind, keep the environment
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
	@find reports -mindepth 1 -maxdepth 1 ! -name sample -exec rm -rf {} + 2>/dev/null || true

distclean: clean  ## the environment as well
	@rm -rf $(VENV)
