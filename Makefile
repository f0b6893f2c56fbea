# `make` alone says what there is to make.
VENV := .venv
PY := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
TEST_INSTALLED := $(VENV)/.installed-dev

.PHONY: help install run test check format bench openapi schemathesis screenshot clean

help:
	@echo "make run         install, index seeds/ and serve the page and the API on http://127.0.0.1:8000"
	@echo "make test        install what tests need and run them all"
	@echo "make install     install into $(VENV), and nothing else"
	@echo "make check       format, lint, layers, types, tests"
	@echo "make format      format, and mend what the linter can"
	@echo "make bench       measure speed and quality; DATA=DIR for labelled sets of your own"
	@echo "make openapi     write docs/openapi.json, and say what of the API that breaks"
	@echo "make schemathesis  ask every endpoint what its schema allows and forbids; EXAMPLES=300 of each"
	@echo "make screenshot  take README's pictures of the page"
	@echo "make clean       remove $(VENV) and the built indexes"

install: $(INSTALLED)

$(INSTALLED): pyproject.toml
	python3 -m venv $(VENV)
	$(PY) -m pip install --quiet --editable .
	@touch $@

$(TEST_INSTALLED): pyproject.toml $(INSTALLED)
	$(PY) -m pip install --quiet --editable '.[dev]'
	@touch $@

run: install
	$(VENV)/bin/rag reindex seeds
	$(VENV)/bin/rag serve

test: $(TEST_INSTALLED)
	$(PY) -m pytest

check: $(TEST_INSTALLED)
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/lint-imports
	$(VENV)/bin/mypy
	$(PY) -m pytest

format: $(TEST_INSTALLED)
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: $(TEST_INSTALLED)
	$(PY) -m tests.bench $(if $(DATA),--data $(DATA))

openapi: $(TEST_INSTALLED)
	$(PY) -m tests.openapi

schemathesis: $(TEST_INSTALLED)
	$(PY) -m tests.probing $(or $(EXAMPLES),300)

screenshot: $(TEST_INSTALLED)
	$(PY) -m tests.browser.screenshot

clean:
	rm -rf $(VENV) indexes/.models indexes/*/
