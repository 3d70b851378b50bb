# Needs Python 3.11 or newer, make and git. `make demo` and `make test` do the rest.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
HUBS := 2.4.0 1.6.0 0.36.2
CLIENTS := $(HUBS:%=.venvs/hub-%/.done) .venvs/train/.done .venvs/node/.done
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command "make lock" $(UPGRADE)

.PHONY: help demo test test-clients clients check format bench lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

demo: .venv/.demo ## a hub with a little content on http://127.0.0.1:7979
	$(BIN)/python -m demo.run

test: .venv/.test ## the tests that need no real client
	$(BIN)/pytest -n auto -m "not clients"

test-clients: .venv/.test clients ## the real clients, each in its own environment
	$(BIN)/pytest -m clients

clients: $(CLIENTS) ## only set up their environments

check: .venv/.check ## style, types, architecture, house rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest tests/house

format: .venv/.check ## put the style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.test .venvs/hub-2.4.0/.done ## the speed goals, as ratios measured in one run
	$(BIN)/python -m bench

lock: .venv/.lock ## resolve requirements/ again (newer ones with UPGRADE=--upgrade)
	$(LOCK) pyproject.toml -o requirements/base.txt
	$(LOCK) --group lock -o requirements/lock.txt
	for group in check test demo; do \
		$(LOCK) pyproject.toml --group $$group -c requirements/base.txt \
			-o requirements/$$group.txt || exit 1; done
	for client in $(HUBS:%=hub-%) train; do \
		$(LOCK) requirements/clients/$$client.in --excludes requirements/clients/excludes.txt \
			-o requirements/clients/$$client.txt || exit 1; done

clean: ## remove what the commands above made
	rm -rf .venv .venvs build dist .hypothesis .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Everything is installed from hashed files; the checkout itself with the builder among them.
.venv/.%: requirements/%.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -qq --require-hashes -r $<
	$(BIN)/python -m pip install -qq --no-index --no-deps --no-build-isolation -e .
	@touch $@

.venv/.lock: requirements/lock.txt | $(BIN)/python
	$(BIN)/python -m pip install -qq --require-hashes -r $<
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer was not found; say where one is:" \
		"make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venvs/hub-%/.done: requirements/clients/hub-%.txt | $(BIN)/python
	$(BIN)/python -m venv $(@D)
	$(@D)/bin/python -m pip install -qq --require-hashes -r $<
	@touch $@

# torch is in no hashed file: its builds differ between machines. It comes first, so that
# nothing below asks for another; --no-deps, because the file is the whole list.
.venvs/train/.done: requirements/clients/train.txt | $(BIN)/python
	$(BIN)/python -m venv $(@D)
	$(@D)/bin/python -m pip install -qq torch==2.13.0
	$(@D)/bin/python -m pip install -qq --require-hashes --no-deps -r $<
	$(@D)/bin/python -m pip check
	@touch $@

# Without npm the tests of huggingface.js say so and are skipped.
.venvs/node/.done: requirements/clients/node.txt
	@mkdir -p $(@D)
	@if command -v npm >/dev/null; then \
		npm install --loglevel=error --no-audit --no-fund --no-save --no-package-lock --prefix $(@D) $$(cat $<) && touch $@; \
	else echo "npm was not found: huggingface.js will not be tested"; fi
