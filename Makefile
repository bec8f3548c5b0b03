# `make demo` and `make test` need only Python 3.11 and make: each sets up .venv from the pinned versions by itself.
PYTHON ?= python3
BIN := .venv/bin
# Constraints hold for what the build itself installs, too.
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Every worker, and every process that a test starts, would compile each file anew.
unexport PYTHONDONTWRITEBYTECODE
# One more than there are processors: a quarter of the time the tests wait for real servers and terminals.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

.PHONY: demo test lint lint-types lint-house bench snapshots pictures reference torture clients clean

$(BIN)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-compile -e '.[test]'  # the half that is used compiles itself
	touch $@

.venv/.demo-ready: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -e .
	touch $@

demo: .venv/.demo-ready  ## open the cockpit on a simulated system whose new deployment is about to fail
	$(BIN)/cockpit demo

test: $(BIN)/.ready  ## every test
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup

lint: lint-types lint-house  ## style, types, the arrows of docs/architecture.md, names and folders

lint-types: $(BIN)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lint-house: $(BIN)/.ready
	$(BIN)/lint-imports
	$(BIN)/python tests/lint_house.py

bench: $(BIN)/.ready  ## measure speed and size side by side
	$(BIN)/python -m bench

snapshots: $(BIN)/.ready  ## accept the screens as they are now drawn
	$(BIN)/python -m pytest -q tests/tui --snapshot-update

reference: $(BIN)/.ready  ## write the tables of docs/configuration.md from the declarations of the keys
	$(BIN)/python -c "from pathlib import Path; from cockpit.config.schema import write_reference; \
	document = Path('docs/configuration.md'); document.write_text(write_reference(document.read_text()))"

pictures: $(BIN)/.ready  ## draw the pictures of the README from the running demo
	$(BIN)/python docs/pictures/make.py

torture: $(BIN)/.ready  ## 200 kill -9 points and races instead of a few, 300 nights, 5,000 alerts, a week of polls, and 1,000 new examples
	$(BIN)/python -m pytest -q -m torture
	$(BIN)/python -m pytest -q -n $(WORKERS) --hypothesis-profile=thorough tests/unit tests/integration

CLIENTS := .venv/clients
$(CLIENTS)/bin/az: tests/clients/az.txt  # in an environment of its own: it pins other versions of the SDKs
	$(PYTHON) -m venv $(CLIENTS)
	PIP_CONSTRAINT= $(CLIENTS)/bin/python -m pip install --quiet --no-deps --no-compile -r tests/clients/az.txt
	touch $@

# docker, docker-compose and a shell for the images of a real engine are Debian's: docker.io docker-compose busybox-static
clients: $(BIN)/.ready $(CLIENTS)/bin/az  ## the real az, gh, docker, docker-compose and kubectl on the simulator, and a real engine
	COCKPIT_AZ=$(CLIENTS)/bin/az COCKPIT_GH=$$(command -v gh) COCKPIT_DOCKERD=1 $(BIN)/python -m pytest -q tests/clients tests/integration/platforms/kubernetes/test_perform.py

clean:
	rm -rf .venv
