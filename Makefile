# `make` alone says what there is to make.
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet
INSTALLED := $(VENV)/.installed
TEST_INSTALLED := $(VENV)/.installed-dev

# Every other dependency is installed from a lock file, by hash. torch is not locked, because its CPU and CUDA builds
# are different files under one version: pip takes the one that the machine is configured for.
TORCH := torch==2.13.0
LOCK := $(VENV)/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-package torch --no-emit-index-url --no-annotate --custom-compile-command 'make lock'

# Two processes run the tests, each a whole file at a time, so that what a file sets up is set up once.
JOBS := 2
PYTEST := $(PY) -m pytest --numprocesses $(JOBS) --dist loadfile

.PHONY: help install run test test-fast cov check typecheck format lock dist bench openapi schemathesis screenshot clean

help:
	@echo "make run         install, index seeds/ and serve the page and the API on http://127.0.0.1:8000"
	@echo "make test        install what tests need and run them all; JOBS=0 for one process"
	@echo "make test-fast   run the unit and contract tests but for those that take seconds each"
	@echo "make cov         run all tests and write htmlcov/index.html"
	@echo "make install     install into $(VENV), and nothing else"
	@echo "make check       format, lint, layers, types, dependencies, tests: what CI runs"
	@echo "make typecheck   check the types of product and tests"
	@echo "make format      format, and mend what the linter can"
	@echo "make lock        write requirements.lock and requirements-dev.lock; UPGRADE=1 for the newest versions"
	@echo "make dist        build the source distribution and the wheel into dist/"
	@echo "make bench       measure speed and quality; DATA=DIR for labelled sets of your own"
	@echo "make openapi     write docs/openapi.json, and say what of the API that breaks"
	@echo "make schemathesis  ask every endpoint what its schema allows and forbids; EXAMPLES=300 of each"
	@echo "make screenshot  take README's pictures of the page"
	@echo "make clean       remove $(VENV), the built indexes and distributions"

install: $(INSTALLED)

$(INSTALLED): pyproject.toml requirements.lock
	python3 -m venv $(VENV)
	$(PIP) --no-deps --require-hashes --requirement requirements.lock
	$(PIP) $(TORCH)
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(TEST_INSTALLED): $(INSTALLED) requirements-dev.lock
	$(PIP) --no-deps --require-hashes --requirement requirements-dev.lock
	@touch $@

run: install
	$(VENV)/bin/rag reindex seeds
	$(VENV)/bin/rag serve

test: $(TEST_INSTALLED)
	$(PYTEST)

test-fast: $(TEST_INSTALLED)
	$(PYTEST) -m 'not slow' tests/unit tests/contract

cov: $(TEST_INSTALLED)
	$(PYTEST) --cov --cov-report=html

check: typecheck
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/lint-imports
	$(VENV)/bin/deptry .
	$(PYTEST)

typecheck: $(TEST_INSTALLED)
	$(VENV)/bin/mypy

format: $(TEST_INSTALLED)
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

lock: $(TEST_INSTALLED)
	$(LOCK) $(if $(UPGRADE),--upgrade) --extra standard --output-file requirements.lock
	$(LOCK) $(if $(UPGRADE),--upgrade) --extra dev --constraints requirements.lock --output-file requirements-dev.lock

dist: $(TEST_INSTALLED)
	$(VENV)/bin/uv build --quiet --no-build-isolation --python $(PY) --out-dir dist

bench: $(TEST_INSTALLED)
	$(PY) -m tests.bench $(if $(DATA),--data $(DATA))

openapi: $(TEST_INSTALLED)
	$(PY) -m tests.openapi

schemathesis: $(TEST_INSTALLED)
	$(PY) -m tests.probing $(or $(EXAMPLES),300)

screenshot: $(TEST_INSTALLED)
	$(PY) -m tests.browser.screenshot

clean:
	rm -rf $(VENV) indexes/.models indexes/*/ build dist htmlcov .coverage
