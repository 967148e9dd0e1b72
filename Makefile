# What to type. Everything is installed into .venv, at the versions in constraints/.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
TORCH := torch==2.13.0
TESTED := data,dask,zarr,parquet,web,notebook,docs,test

# Two test processes share the cores; let each use one.
export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test soak fresh check docs bench lock clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 14

demo: $(VENV)/.run  ## reproduce the Deep LDA study: a table of verdicts and a page
	$(BIN)/tacit reproduce deep-lda

test: $(VENV)/.test  ## run the tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup -q

soak: $(VENV)/.test  ## all claims on ten draws and every variation; writes docs/soak.md
	$(BIN)/python -m tests.soak

fresh: $(VENV)/.test  ## a fresh clone: make demo, its page, and tacit view in a browser
	$(BIN)/python -m tests.fresh_clone

check: $(VENV)/.check  ## lint, format, types, the import rules, unused code, the wheel
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/python -m tests.wheel

docs: $(VENV)/.test  ## build the documentation, offline: docs/_build/html/index.html
	$(BIN)/python -m sphinx -W --keep-going -q docs docs/_build/html

bench: $(VENV)/.bench  ## run every benchmark; fails if one misses its target
	@status=0; for script in benchmarks/*.py; do echo "== $$script"; \
	  $(BIN)/python $$script --json docs/benchmarks/$$(basename $$script .py).json \
	  || status=1; done; exit $$status

lock: $(VENV)/.python  ## resolve constraints/ anew, to the newest releases
	$(PIP) uv
	set -e; whole=$$(mktemp); \
	EXTRAS='--extra dask --extra zarr --extra parquet --extra web --extra notebook --extra docs'; \
	lock() { $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	  --no-emit-index-url --no-header --no-annotate --upgrade \
	  --override constraints/no-torch.txt "$$@"; }; \
	lock --extra data --extra test --extra check --extra bench $$EXTRAS -o $$whole; \
	lock -c $$whole --extra data -o constraints/run.txt; \
	lock -c $$whole --extra data --extra test $$EXTRAS -o constraints/test.txt; \
	lock -c $$whole --extra data --extra test --extra check $$EXTRAS -o constraints/check.txt; \
	lock -c $$whole --extra data --extra bench -o constraints/bench.txt; \
	rm $$whole

clean:  ## remove what these commands made, except results/
	rm -rf $(VENV) dist build docs/_build .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each set of packages: nothing is installed twice.
$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "tacit needs Python 3.11 or later; try: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: constraints/run.txt pyproject.toml | $(VENV)/.python
	$(PIP) -e '.[data]' -c constraints/run.txt
	@touch $@

$(VENV)/.test: constraints/test.txt pyproject.toml | $(VENV)/.python
	$(PIP) $(TORCH)
	$(PIP) -e '.[$(TESTED)]' -c constraints/test.txt
	@touch $@

$(VENV)/.check: constraints/check.txt pyproject.toml | $(VENV)/.python
	$(PIP) $(TORCH)
	$(PIP) -e '.[$(TESTED),check]' -c constraints/check.txt
	@touch $@

$(VENV)/.bench: constraints/bench.txt pyproject.toml | $(VENV)/.python
	$(PIP) $(TORCH)
	$(PIP) -e '.[data,bench]' -c constraints/bench.txt
	@touch $@
