# make demo   the whole loop on sample hand-ins      make test   the project's tests
# make help   all targets

VENV := .venv
BIN := $(VENV)/bin
# How many tests run at a time; 0 for one after the other in one process.
WORKERS ?= 2
BACKEND_PACKAGES ?= cpu
BACKEND ?= tensorflow
UNITS ?=
VERIFY ?=
# The first Python here that TensorFlow has packages for.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null && echo $$p && break; done)
# Where there is uv, it makes the environments and installs into them; `make UV=` for pip.
UV ?= $(shell command -v uv)
MAKE_VENV = $(if $(UV),$(UV) venv --quiet --seed --python $(PYTHON),$(PYTHON) -m venv)
INSTALL = $(if $(UV),$(UV) pip install --python $(BIN)/python,$(BIN)/python -m pip install --disable-pip-version-check)
INSTALLED := $(VENV)/.installed-$(BACKEND_PACKAGES)
BOOK_INSTALLED := $(VENV)/.installed-book
POSTGRES_INSTALLED := $(VENV)/.installed-postgres
CLUSTER_INSTALLED := $(VENV)/.installed-cluster

# Which tests go to which worker: tests/scheduling.py.
PYTEST = $(BIN)/python -m pytest
SIDE_BY_SIDE = -n $(WORKERS) --no-loadscope-reorder --durations 20

# Tests marked `races` kill, starve and race on purpose, and beside each other. Where only such tests
# failed (tests/scheduling.py says so by this status), they have to pass when they are run again by
# themselves. Any other failure fails at once.
AGAIN = [ $$? -eq 75 ] && $(PYTEST) --last-failed --last-failed-no-failures=none

export TF_CPP_MIN_LOG_LEVEL ?= 3
export TF_ENABLE_ONEDNN_OPTS ?= 0

.PHONY: help demo test test-slow test-full test-backends lint sync pairs book verify bench clean

help:  ## This list.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: $(INSTALLED)  ## The whole loop on sample hand-ins: release, grade in isolation, diagnose.
	$(BIN)/python -m autograder demo

test: $(INSTALLED)  ## The project's own tests, without the slow ones.
	$(PYTEST) $(SIDE_BY_SIDE) || { $(AGAIN); }

test-slow: $(INSTALLED) $(BOOK_INSTALLED) $(POSTGRES_INSTALLED) $(CLUSTER_INSTALLED)  ## The slow tests: verify, notebooks, the book, nbgrader, a cluster, the demo.
	$(PYTEST) -v $(SIDE_BY_SIDE) -m slow || { $(AGAIN) -m slow; }
	$(PYTEST) tests/autograder/running/test_cluster.py || { $(AGAIN); } # the quick ones need dask too

test-full:  ## All tests, with the full number of random kills and broken inputs: two hours.
	TEST_FULL=1 $(MAKE) test test-slow

test-backends:  ## Prove the suites on JAX and on PyTorch too, each in an environment of its own.
	$(MAKE) verify VENV=.venv-jax BACKEND_PACKAGES=jax BACKEND=jax VERIFY=--right-only
	$(MAKE) verify VENV=.venv-torch BACKEND_PACKAGES=torch BACKEND=torch

lint: $(INSTALLED)  ## ruff and mypy.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

sync: $(INSTALLED)  ## Make stubs, notebooks and the READMEs' counts again from solutions, lessons and suites.
	$(BIN)/python -m autograder.authoring.stubs
	$(BIN)/python -m autograder.authoring.notebooks
	$(BIN)/python -m autograder.authoring.readme

pairs: $(INSTALLED)  ## Write down that the lessons' texts fit, English and Chinese; REVIEWED=1 where one changed.
	$(BIN)/python -m autograder.authoring.language_pairs $(if $(REVIEWED),reviewed,record)

book: $(INSTALLED) $(BOOK_INSTALLED)  ## The lessons as a website, in both languages: book-out/index.html.
	$(BIN)/python -m autograder.authoring.book book-out $(UNITS)

verify: $(INSTALLED)  ## Prove the suites; UNITS="rnn cnn" for some of them.
	$(BIN)/python -m autograder verify --backend $(BACKEND) $(UNITS) $(VERIFY)

bench: $(INSTALLED)  ## nbgrader and this grader on the same hand-ins.
	$(BIN)/python -m benchmarks.throughput

clean:  ## Take the environment and the demonstration away.
	rm -rf $(VENV) .venv-jax .venv-torch demo-out book-out

# Nothing is installed again, or asked for, until a pin changes.
$(INSTALLED): requirements/base.txt requirements/course.txt requirements/tensorflow.txt requirements/$(BACKEND_PACKAGES).txt
	@test -n "$(PYTHON)" || { echo "Install Python 3.11, 3.12 or 3.13 first, or name it: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@test -x $(BIN)/python || $(MAKE_VENV) $(VENV)
	@echo "Installing the packages of requirements/$(BACKEND_PACKAGES).txt into $(VENV): up to 2 GB on the disk, once; some minutes."
	$(INSTALL) -r requirements/$(BACKEND_PACKAGES).txt
	@touch $@

$(BOOK_INSTALLED): $(INSTALLED) requirements/book.txt
	$(INSTALL) -r requirements/book.txt
	@touch $@

$(CLUSTER_INSTALLED): $(INSTALLED) requirements/cluster.txt
	$(INSTALL) -r requirements/cluster.txt
	@touch $@

$(POSTGRES_INSTALLED): $(INSTALLED) requirements/postgres.txt
	$(INSTALL) -r requirements/postgres.txt
	@touch $@
