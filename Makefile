# Everything runs from .venv, made here from requirements.lock. Needs only Python 3.11 or newer.

PYTHON ?= python3
PYTEST_ARGS ?= -n 2
export WHISTLE_DATA ?= .whistle

VENV := .venv/bin
READY := .venv/ready

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

run: $(READY) ## the service with the demonstration town; data in $WHISTLE_DATA (.whistle); ARGS="--port 8001"
	@$(VENV)/whistle serve --demo $(ARGS)

test: check browser ## all checks, then all tests; PYTEST_ARGS="tests/domain -x" chooses
	$(VENV)/pytest -q $(PYTEST_ARGS)

bench: $(READY) ## measure; results in bench/results; ARGS go to the benchmark
	@$(VENV)/python -m bench $(ARGS)

check: $(READY) ## format, lint, types, direction of imports
	$(VENV)/ruff format --check
	$(VENV)/ruff check
	$(VENV)/mypy
	$(VENV)/lint-imports

browser: # the Chromium of the system for the tests of the pages, with Chinese letters
	@command -v chromium chromium-browser google-chrome >/dev/null && exit; \
	if test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium"; apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; \
	else echo "The tests of the pages need Chromium: install chromium and fonts-noto-cjk, then repeat." >&2; exit 1; fi

audit: $(READY) ## known weaknesses of what we depend on; where their database is out of reach it says so
	@rm -f .venv/audit; \
	said=$$($(VENV)/pip-audit --strict --disable-pip --require-hashes -r requirements.lock -o .venv/audit \
	  --progress-spinner off 2>&1) && echo "No known weakness." || \
	if test -s .venv/audit; then cat .venv/audit; exit 1; else echo "Not audited: $$(echo "$$said" | tail -n 1)"; fi

lock: $(READY) ## write requirements.lock anew from pyproject.toml; ARGS=--upgrade for the newest versions
	@$(VENV)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra dev \
	  --no-emit-index-url --custom-compile-command "make lock" $(ARGS) pyproject.toml -o requirements.lock

words: $(READY) ## add what pages say anew to api/translations/en.po, to be translated there
	@$(VENV)/pybabel -q extract -F babel.toml -k _ -k N_ -k say --no-location --omit-header -o .venv/pages.pot api
	@$(VENV)/pybabel -q update -N --no-wrap --omit-header -l en -i .venv/pages.pot -o api/translations/en.po

clean: ## remove what was installed and cached; data stays
	rm -rf .venv .*_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp comes last, so an installation cut short is done again. uv asks where pip is set to ask.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Whistle needs Python 3.11 or newer: install it, or name it as in make PYTHON=python3.12." >&2; exit 1; }
	@echo "Installing into .venv"
	@test -x $(VENV)/python || $(PYTHON) -m venv --clear .venv
	@sed -n '/^uv==/,/# via/p' requirements.lock | \
	  $(VENV)/python -m pip install -qq --disable-pip-version-check --require-hashes -r /dev/stdin
	@export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$($(VENV)/python -m pip config get global.index-url 2>/dev/null)}"; \
	  $(VENV)/uv pip sync --quiet --python $(VENV)/python --require-hashes requirements.lock && \
	  $(VENV)/uv pip install --quiet --python $(VENV)/python --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: help run test browser words bench check audit lock clean
