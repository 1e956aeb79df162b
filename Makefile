# Each target is one line or two of real tools. README.md shows what to type where make is missing.
PYTHON ?= python3
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
FIRST := $(firstword $(sort $(wildcard notebooks/*.ipynb)))
TORCH := $(shell sed -n 's/^\(torch==[^ ]*\).*/\1/p' requirements.txt)
CPU_WHEELS := https://download.pytorch.org/whl/cpu
# Two test workers that each start a thread per core would wait for one another.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto

.PHONY: help lab test exercises grade mutate operators browser bench refresh lint clean

help:  ## print this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 14

lab: .venv/trusted  ## set up what is missing and open the course in JupyterLab
	$(BIN)/jupyter lab --ServerApp.root_dir="$(CURDIR)" --LabApp.default_url=/lab/tree/$(FIRST)

test: .venv/test  ## set up what is missing and prove every output on every page
	$(PYTEST) --dist loadfile --no-loadscope-reorder

exercises: .venv/grading  ## make exercises/ from solutions/, the only place where they are edited
	$(BIN)/python -m tools.exercises

grade: .venv/grading  ## grade grading/submitted/<student>/<assignment>/: a CSV, and a feedback page for each
	$(BIN)/python -m forkgrade $(ASSIGNMENT)

mutate: .venv/test  ## alter every stored output in turn: each alteration must be caught (minutes)
	$(PYTEST) --dist load tests/pages/test_mutation.py --all-mutations

operators: .venv/test  ## draw and record every sample that PyTorch has of each operator (minutes)
	$(PYTEST) --dist load tests/autograd_seen/live/test_operators*.py --all-samples

browser: .venv/browser  ## play a backward pass in a real Chromium, in JupyterLab and on an exported page
	$(PYTEST) --dist loadfile -rs tests/autograd_seen/show/test_browser.py

bench: .venv/bench  ## time draw_graph and record_backward beside what others draw
	$(BIN)/python -m benchmarks.graphs && $(BIN)/python -m benchmarks.recording

refresh: .venv/lab  ## re-execute and normalise every notebook in place, and list the errors that they show
	$(BIN)/python -m tools.refresh && $(BIN)/python -m tools.error_index

lint: .venv/test  ## check and format code and notebooks with ruff
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

clean:  ## delete the environment and the caches
	rm -rf .venv .pytest_cache .ruff_cache

.venv/python:
	$(PYTHON) -c "import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 14) else 'Python 3.11, 3.12 or 3.13 is needed, and $(PYTHON) is %d.%d: try make PYTHON=python3.11' % v)"
	$(PYTHON) -m venv .venv && touch $@

# PyTorch's index has CPU builds. PyPI's build for Linux brings 2 GB of CUDA libraries that no lesson uses.
# Where the index does not answer, requirements.txt installs torch from wherever pip is configured to look.
.venv/lab: .venv/python requirements.txt
	-test "$$(uname -s)" != Linux || $(BIN)/pip install --no-deps --retries 1 --timeout 15 --index-url $(CPU_WHEELS) $(TORCH)
	$(BIN)/pip install -r requirements.txt && touch $@

.venv/test: .venv/grading pyproject.toml
	$(BIN)/pip install -e ".[test]" && touch $@

# nbgrader and the notebook package it brings add menus to JupyterLab. A learner's JupyterLab stays as it is.
.venv/grading: .venv/lab pyproject.toml
	$(BIN)/pip install -e ".[grading]"
	rm -rf $(addprefix .venv/share/jupyter/labextensions/@jupyter,/nbgrader -notebook)
	rm -f $(addprefix .venv/etc/jupyter/jupyter_server_config.d/,nbgrader.json notebook.json) && touch $@

.venv/bench: .venv/lab pyproject.toml
	$(BIN)/pip install -e ".[bench]" && touch $@

.venv/browser: .venv/test pyproject.toml
	$(BIN)/pip install -e ".[browser]" && touch $@

# JupyterLab hides stored pictures in a notebook that it does not trust.
.venv/trusted: .venv/lab $(wildcard notebooks/*.ipynb)
	$(BIN)/jupyter trust $(sort $(wildcard notebooks/*.ipynb)) && touch $@
