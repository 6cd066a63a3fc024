# The three targets that people and CI use: each makes .venv and installs what it needs, on a machine that has only
# Python >= 3.11, make and a package registry.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     ?= uv
# More than processors: tests on the wire wait for the time-outs of real protocols, and others can run meanwhile.
WORKERS ?= $(shell $(PYTHON) -c 'import os; n = os.cpu_count() or 2; print(n + n // 2)')
# Of what is slow, half does nothing but wait.
SLOW_WORKERS ?= $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 2))')

# Where this is set, every program that a test starts would compile itself anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test test-python slow check docs bench lock clean programs

help:  ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Rackloop needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Say PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: $(VENV)/.installed  ## every scenario in simulated mode, and the verdicts
	$(BIN)/rackloop run scenarios/

test: $(VENV)/.installed programs  ## the test suite, but for what takes minutes
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal -m "not slow" --durations=12

# The loop leans on asyncio's insides, which a new Python may change. In a .venv of its own, so that the other one stays.
OTHER := .venv-$(notdir $(PYTHON))
test-python:  ## loop, plant, labs, stores and every scenario with another Python: PYTHON=python3.13
	$(MAKE) VENV=$(OTHER) $(OTHER)/.installed
	$(OTHER)/bin/python -m pytest -q -n $(WORKERS) --dist worksteal -m "not slow" \
		tests/kernel tests/fabric tests/plant tests/lab tests/provisioner
	$(OTHER)/bin/rackloop run scenarios/

slow: $(VENV)/.installed programs  ## the rest of it: crash points, the image's steps, billing's scenarios on the wire
	$(BIN)/python -m pytest -q -n $(SLOW_WORKERS) --dist worksteal -m slow --durations=25

check: $(VENV)/.installed  ## ruff, mypy, import rules, and the documentation builds strictly
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

docs: $(VENV)/.installed  ## the documentation's site, into site/; `rackloop docs` shows it
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

bench: $(VENV)/.installed  ## how long the whole life of a service takes
	$(BIN)/python benchmarks/service_life.py

programs:  # foreign programs that tests drive (ipmitool, net-snmp): installed where apt is and we may
	@sh tests/interop/install-programs

# Of snmpsim-data only the recordings are wanted, not the programs that it asks for.
lock:  ## write requirements.lock anew (needs uv)
	$(UV) pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-emit-package snmpsim \
		--no-emit-package pysmi --no-emit-package ply --no-annotate --no-header \
		--group dev pyproject.toml --output-file requirements.lock

clean:
	rm -rf site $(VENV) .venv-* .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
