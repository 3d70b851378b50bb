# Needs Python 3.11 or newer, make and git. `make demo` and `make test` do the rest.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
HUBS := 2.4.0 1.6.0 0.36.2
CLIENTS := $(HUBS:%=.venvs/hub-%/.done) .venvs/train/.done .venvs/node/.done \
	.venvs/ramalama/.done
BROWSER := .venvs/browser/.done .venvs/axe/.done .venvs/html/.done
ENGINES := .venvs/engines/.done .venvs/train/.done
LLAMA_CPP_PYTHON := $(shell sed -n 's/^llama-cpp-python==//p' requirements/clients/engines.in)
LLAMA := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/hearthub/llama-cpp-python-$(LLAMA_CPP_PYTHON)
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command "make lock" $(UPGRADE)

.PHONY: help demo test test-clients clients test-browser test-engines check format bench oracles lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

demo: .venv/.demo ## a hub with content and a history on http://127.0.0.1:7979
	$(BIN)/python -m demo.run

test: .venv/.test ## the tests that need no real client
	$(BIN)/pytest -n auto -m "not clients and not engines and not browser"

test-clients: .venv/.test clients ## the real clients, each in its own environment
	$(BIN)/pytest -m clients

clients: $(CLIENTS) ## only set up their environments

test-browser: .venv/.test $(BROWSER) ## the pages in Chromium, which is to be on the PATH
	$(BIN)/pytest -m browser

test-engines: .venv/.test $(ENGINES) ## what `hearthub fit` prints, run by llama.cpp and others
	$(BIN)/pytest -m engines

check: .venv/.check ## style, types, architecture, house rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest tests/house

format: .venv/.check ## put the style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.test .venvs/hub-2.4.0/.done .venvs/readers/.done ## the speed goals, as ratios measured in one run
	$(BIN)/python -m bench

ORACLES := .venvs/oracles
oracles: $(ORACLES)/.done .venv/.test ## measure again what tests/fit compares with
	PYTHONPATH=tests $(ORACLES)/bin/python tests/fit/oracles/meta.py $(ORACLES)/configs \
		> $(ORACLES)/meta.json
	PYTHONPATH=tests $(BIN)/python tests/fit/oracles/llama.py \
		$(ORACLES)/build/bin/llama-fit-params > $(ORACLES)/llama.json
	PYTHONPATH=tests $(BIN)/python tests/fit/oracles/quantize.py \
		$(ORACLES)/build/bin/llama-quantize > $(ORACLES)/quantize.json
	mv $(ORACLES)/meta.json $(ORACLES)/llama.json $(ORACLES)/quantize.json tests/fit/oracles/
	HEARTHUB_ORACLE_CONFIGS=$(ORACLES)/configs $(BIN)/pytest tests/fit/architecture

lock: .venv/.lock ## resolve requirements/ again (newer ones with UPGRADE=--upgrade)
	$(LOCK) pyproject.toml -o requirements/base.txt
	$(LOCK) --group lock -o requirements/lock.txt
	$(LOCK) pyproject.toml --extra reports -c requirements/base.txt -o requirements/reports.txt
	for group in check test demo; do \
		$(LOCK) pyproject.toml --extra reports --group $$group -c requirements/base.txt \
			-o requirements/$$group.txt || exit 1; done
	for client in $(HUBS:%=hub-%) train readers engines browser ramalama; do \
		$(LOCK) requirements/clients/$$client.in --excludes requirements/clients/excludes.txt \
			-o requirements/clients/$$client.txt || exit 1; done

clean: ## remove what the commands above made
	rm -rf .demo .venv .venvs build dist .hypothesis .mypy_cache .ruff_cache .pytest_cache \
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

.venvs/readers/.done .venvs/browser/.done .venvs/ramalama/.done: .venvs/%/.done: requirements/clients/%.txt | $(BIN)/python
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

# The binding is a source distribution with llama.cpp in it. That is built once for all checkouts,
# kept, and has server and command line too; the binding itself then builds none. Needs CMake, a C++
# compiler and, on two cores, some ten minutes.
$(LLAMA)/.built: | $(BIN)/python
	rm -rf $(@D)
	mkdir -p $(@D)/source
	sed -n '/^llama-cpp-python==/,/[^\\]$$/p' requirements/clients/engines.txt \
		> $(@D)/source/requirements.txt
	$(BIN)/python -m pip download -qq --require-hashes --no-deps --no-binary llama-cpp-python \
		-d $(@D)/source -r $(@D)/source/requirements.txt
	tar -xzf $(@D)/source/llama_cpp_python-*.tar.gz --strip-components 1 -C $(@D)/source
	cmake -S $(@D)/source/vendor/llama.cpp -B $(@D)/source/build -DCMAKE_BUILD_TYPE=Release \
		-DBUILD_SHARED_LIBS=ON -DGGML_NATIVE=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF \
		-DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_UI=OFF \
		-DLLAMA_USE_PREBUILT_UI=OFF -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON \
		-DCMAKE_INSTALL_RPATH='$$ORIGIN'
	cmake --build $(@D)/source/build --target llama-server llama-cli \
		-j $$(getconf _NPROCESSORS_ONLN)
	cp -a $(@D)/source/build/bin/. $(@D)
	rm -rf $(@D)/source
	@touch $@

# Not from pip's cache nor into it: of this binding it would be one without its library.
.venvs/engines/.done: requirements/clients/engines.txt $(LLAMA)/.built | $(BIN)/python
	$(BIN)/python -m venv $(@D)
	CMAKE_ARGS="-DLLAMA_BUILD=OFF -DLLAVA_BUILD=OFF" \
		$(@D)/bin/python -m pip install -qq --no-cache-dir --require-hashes -r $<
	ln -sfn $(LLAMA) $(@D)/llama.cpp
	@touch $@

# transformers counts on torch's meta device; the real configs are a wheel's, llama.cpp a source
# distribution's: neither is installed, and none of their files is kept here. Needs CMake and a
# C++ compiler, and some ten minutes.
$(ORACLES)/.done: | $(BIN)/python
	$(BIN)/python -m venv $(@D)
	$(@D)/bin/python -m pip install -qq torch==2.13.0
	$(@D)/bin/python -m pip install -qq transformers==5.23.0
	$(@D)/bin/python -m pip download -qq --no-deps -d $(@D) aiconfigurator-core==0.12.0
	$(@D)/bin/python -m zipfile -e $(@D)/aiconfigurator_core-*.whl $(@D)/configs
	$(@D)/bin/python -m pip download -qq --no-deps --no-binary llama-cpp-python -d $(@D) \
		llama-cpp-python==0.3.36
	tar -xzf $(@D)/llama_cpp_python-0.3.36.tar.gz -C $(@D)
	cmake -S $(@D)/llama_cpp_python-0.3.36/vendor/llama.cpp -B $(@D)/build \
		-DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DLLAMA_BUILD_TESTS=OFF \
		-DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=OFF -DLLAMA_OPENSSL=OFF
	cmake --build $(@D)/build --target llama-fit-params llama-quantize
	@touch $@

# Without npm the tests that need what it installs say so and are skipped.
.venvs/node/.done .venvs/axe/.done .venvs/html/.done: .venvs/%/.done: requirements/clients/%.txt
	@mkdir -p $(@D)
	@if command -v npm >/dev/null; then \
		npm install --loglevel=error --no-audit --no-fund --no-save --no-package-lock --prefix $(@D) $$(cat $<) && touch $@; \
	else echo "npm was not found: what needs $* will not be tested"; fi
