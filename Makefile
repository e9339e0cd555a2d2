# The README's two commands are `make demo` and `make test`; each makes its own virtual environment, once.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test docs bench lint clean

# PYTHON=/path/to/python chooses the interpreter; otherwise the first that is recent enough.
RECENT = import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach p,python3 python3.11 python3.12 python3.13,$(shell $(p) -c '$(RECENT)' 2>/dev/null && echo $(p))))
PIP_FLAGS ?= --quiet --disable-pip-version-check
DEMO ?= demo
WORKERS ?= 2

# One BLAS thread a test worker: two busy ones on two busy cores are many times slower than one. Numba may have two, so
# that what runs in parallel is tested in parallel.
FEW_THREADS = OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 NUMBA_NUM_THREADS=2

help:
	@echo "make demo    install into .venv, run the digital subject from coils to maps, say where the report is"
	@echo "make test    install into .venv-test, run the test suite (PYTEST_FLAGS='-k romeo' for a part of it)"
	@echo "make docs    write the generated pages of docs/ again, build the site, run its tutorial"
	@echo "make bench   speed, memory and accuracy, in one table"
	@echo "make lint    style, format and types"
	@echo "make clean   remove the virtual environments and the demo"
	@echo ".ci/run      everything that has to pass, with what each part costs"

demo: .venv/installed
	.venv/bin/nipype-qsm demo --out $(DEMO)

test: .venv-test/installed
	$(FEW_THREADS) .venv-test/bin/python -m pytest -n $(WORKERS) --dist loadscope --durations 15 $(PYTEST_FLAGS)

docs: .venv-test/documented
	.venv-test/bin/python docs/generate.py
	.venv-test/bin/python -m sphinx -j $(WORKERS) -b html -W --keep-going -q docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: .venv-test/installed
	.venv-test/bin/python -m benchmarks

lint: .venv-test/linters
	.venv-test/bin/ruff check .
	.venv-test/bin/ruff format --check .
	.venv-test/bin/mypy

clean:
	rm -rf .venv .venv-test $(DEMO)

.venv/installed: setup.cfg pyproject.toml
	@$(MAKE) --no-print-directory environment FOLDER=.venv WHAT=.
	@touch $@

.venv-test/installed: setup.cfg pyproject.toml
	@$(MAKE) --no-print-directory environment FOLDER=.venv-test WHAT='.[test]'
	@touch $@

.venv-test/linters: .venv-test/installed
	@$(MAKE) --no-print-directory environment FOLDER=.venv-test WHAT='.[test,lint]'
	@touch $@

.venv-test/documented: .venv-test/installed
	@$(MAKE) --no-print-directory environment FOLDER=.venv-test WHAT='.[test,docs]'
	@touch $@

.PHONY: environment
environment:
	@"$(or $(PYTHON),false)" -c '$(RECENT)' || { \
	    echo "Python 3.11 or newer with its venv module is needed; none was found."; \
	    echo "Install it (Debian: apt-get install python3-venv), or say where it is: make demo PYTHON=/path/to/python3"; \
	    exit 1; } >&2
	@echo "Installing into $(FOLDER)"
	@$(PYTHON) -m venv $(FOLDER)
	@$(FOLDER)/bin/python -m pip install $(PIP_FLAGS) --editable '$(WHAT)'
