# Argosy. `make demo` needs Python >= 3.11 and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The lock goes first and by hash; the package itself is then installed without any download.
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test browser screenshots check format reference lock clean

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Argosy needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=python3.12, for example.") if sys.version_info < (3, 11) else None'
	@echo "Making the environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { \
	  rm -rf $(VENV) && $(PYTHON) -m venv --without-pip $(VENV) && \
	  $(BIN)/python tools/vendor/pip-26.3-py3-none-any.whl/pip --quiet --disable-pip-version-check \
	    install --no-index tools/vendor/pip-26.3-py3-none-any.whl; }

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing from requirements.lock (checked by hash) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing what the tests need ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(VENV)/.installed ## Start a whole shop: database, catalogue, server, worker, sandbox payments
	@exec $(BIN)/argosy demo $(ARGS)

test: $(VENV)/.installed-dev ## Install what the tests need and run every test and check
	@$(MAKE) --no-print-directory browser check
	@$(BIN)/python -m pytest -n auto --dist worksteal --ignore=tests/tidy $(ARGS)

browser: $(VENV)/.installed-dev ## See that there is a browser for the tests of pages
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
	  echo "Installing Chromium for the tests of pages ..."; \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	    { apt-get install -y --no-install-recommends chromium >/dev/null 2>&1 || \
	      { apt-get update >/dev/null && \
	        apt-get install -y --no-install-recommends chromium >/dev/null; }; }; } || \
	  $(BIN)/python -m playwright install chromium; }

screenshots: browser ## Take pictures of the pages of a running demo into docs/images/pages
	@$(BIN)/python tools/build_screenshots.py $(ARGS)

check: $(VENV)/.installed-dev ## Formatter, linter, types, contracts, tidy tests, dependencies, migrations, SQL
	$(BIN)/ruff format --check src tests tools bench
	$(BIN)/ruff check src tests tools bench
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry src
	$(BIN)/squawk src/argosy/migrations/sql/*.sql
	$(BIN)/python -m pytest -n auto --dist worksteal tests/tidy

format: $(VENV)/.installed-dev ## Format and fix what can be fixed
	$(BIN)/ruff check --fix src tests tools bench
	$(BIN)/ruff format src tests tools bench

reference: $(VENV)/.installed-dev ## Write the generated pages of docs/reference anew
	$(BIN)/python tools/build_reference.py
	$(BIN)/python tools/build_cli_reference.py

lock: $(VENV)/.installed-dev ## Renew both lock files from pyproject.toml (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml --group build -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml --group build --group dev -o requirements-dev.lock

clean: ## Remove the environment and all caches (the demo's data in .argosy stays)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist site
