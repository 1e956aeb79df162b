# Each target is one line or two of real tools. README.md shows what to type where make is missing.
PYTHON ?= python3
PIN := $(shell sed -n 's/^torch==\([^ ]*\).*/\1/p' requirements.txt)
# `make test TORCH=2.14.1` proves the same pages on another PyTorch, in an environment of its own.
TORCH := $(PIN)
VENV := .venv$(if $(filter-out $(PIN),$(TORCH)),-$(TORCH))
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
# In a container people are root, and JupyterLab does not start as root unless it is told to.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
# Without a display Python knows text browsers only, and one would hide the address that JupyterLab prints.
NO_BROWSER := $(if $(DISPLAY)$(WAYLAND_DISPLAY)$(BROWSER)$(filter-out Linux,$(shell uname -s)),,--no-browser)
CPU_WHEELS := https://download.pytorch.org/whl/cpu
# Python starts a hundred times in a run of the tests: without its bytecode it would compile all of this each time.
unexport PYTHONDONTWRITEBYTECODE
# Two test workers that each start a thread per core would wait for one another.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto

.PHONY: help lab fresh test lesson exercises release intake grade export mutate operators hostile browser bench refresh lint figures site slides clean

help:  ## print this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

lab: $(VENV)/lab  ## set up what is missing and open your copies of the lessons, in my/, in JupyterLab
	@test -z "$(AS_ROOT)" || echo "You are root, so JupyterLab gets --allow-root: whoever has its address can do all that you can."
	$(BIN)/python -m tools.working_copies
	$(BIN)/jupyter lab --config=lab_config.py $(AS_ROOT) $(NO_BROWSER) $(LAB_ARGS)

fresh: $(VENV)/lab  ## lay one lesson down anew in my/, and keep your old one: make fresh LESSON=03
	@$(BIN)/python -m tools.working_copies --fresh "$(LESSON)"

test: $(VENV)/test  ## set up what is missing and prove every output on every page
	$(PYTEST) --dist loadfile --no-loadscope-reorder

lesson: $(VENV)/lab  ## lay down an empty lesson that the tests reject: make lesson SLUG=18_your_topic
	$(BIN)/python -m tools.lesson $(SLUG)

exercises: $(VENV)/grading  ## make exercises/ from solutions/, the only place where they are edited
	$(BIN)/python -m tools.exercises

release: exercises  ## lay down in release/ what a class gets, searched for answers: give out that folder alone
	$(BIN)/python -m tools.release

intake: $(VENV)/grading  ## lay down what Canvas, Moodle or Gradescope hands over: make intake FROM=submissions.zip ASSIGNMENT=01_scalar_gradients
	$(BIN)/python -m forkgrade.intake "$(FROM)" "$(ASSIGNMENT)" $(if $(ROSTER),--roster "$(ROSTER)") $(if $(STUDENT),--student "$(STUDENT)")

grade: $(VENV)/$(if $(SCHEDULER),cluster,grading)  ## grade grading/submitted/<student>/<assignment>/: a CSV, and a feedback page for each
	$(BIN)/python -m forkgrade $(ASSIGNMENT) $(if $(SCHEDULER),--scheduler "$(SCHEDULER)") $(if $(FEEDBACK),--feedback $(FEEDBACK))

export: $(VENV)/grading  ## hand grades on: make export TO=canvas ROSTER=canvas_gradebook.csv, or TO=gradescope
	$(BIN)/python -m forkgrade.export "$(TO)" $(if $(ROSTER),--roster "$(ROSTER)") $(if $(COLUMN),--column "$(COLUMN)") $(if $(STUDENT),--student "$(STUDENT)") $(if $(ASSIGNMENT),--assignment "$(ASSIGNMENT)")

mutate: $(VENV)/test  ## alter every stored output in turn: each alteration must be caught (minutes)
	$(PYTEST) --dist load tests/pages/test_mutation.py --all-mutations

operators: $(VENV)/test  ## draw and record every sample that PyTorch has of each operator (minutes)
	$(PYTEST) --dist load tests/autograd_seen/live/test_operators.py --all-samples

hostile: $(VENV)/hostile  ## grade everything that is hostile, each attack on each assignment, each wrong answer by 1,000 secrets (minutes)
	$(PYTEST) --dist loadfile -rs -m "" tests/forkgrade tests/autograd_seen/checks/test_engine.py --all-mutations

browser: $(VENV)/browser  ## play a backward pass, move a slider, and open hostile feedback, in a real Chromium
	$(PYTEST) --dist loadfile -rs tests/autograd_seen/show/test_browser*.py tests/forkgrade/test_browser*.py tests/tools/test_browser*.py

bench: $(VENV)/bench  ## time draw_graph and record_backward beside what others draw
	$(BIN)/python -m benchmarks.graphs && $(BIN)/python -m benchmarks.recording

refresh: $(VENV)/lab  ## re-execute and normalise every notebook in place, and list the lessons and their errors
	$(BIN)/python -m tools.refresh
	$(BIN)/python -m tools.error_index && $(BIN)/python -m tools.lesson_table

lint: $(VENV)/test  ## check and format code and notebooks with ruff
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

figures: $(VENV)/lab  ## count what the house style asks of code: lengths, branches, docstrings
	$(BIN)/python -m tools.figures

site: $(VENV)/site  ## build the course as web pages that need no network, and open them
	@$(BIN)/python -m tools.site $(if $(NO_BROWSER),,--open) $(if $(TEACHER),--teacher) $(if $(SOLUTIONS),--worked) $(if $(REPOSITORY),--repository "$(REPOSITORY)")

slides: $(VENV)/site  ## make a deck of a lesson that needs no network: make slides LESSON=02
	@$(BIN)/python -m tools.slides "$(LESSON)"

clean:  ## delete the environments and the caches
	rm -rf .venv .venv-[0-9]* .pytest_cache .ruff_cache

$(VENV)/python:
	$(PYTHON) -c "import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 14) else 'Python 3.11, 3.12 or 3.13 is needed, and $(PYTHON) is %d.%d: try make PYTHON=python3.11' % v)"
	$(PYTHON) -m venv $(VENV) && touch $@

# PyTorch's index has CPU builds. PyPI's build for Linux brings 2 GB of CUDA libraries that no lesson uses.
# Where the index does not answer, torch comes from wherever pip is configured to look.
$(VENV)/torch: $(VENV)/python requirements.txt
	-test "$$(uname -s)" != Linux || $(BIN)/pip install --no-deps --retries 1 --timeout 15 --index-url $(CPU_WHEELS) torch==$(TORCH)
	$(BIN)/pip install torch==$(TORCH) && touch $@

$(VENV)/lab: $(VENV)/torch
	sed 's/^torch==[^ ]*/torch==$(TORCH)/' requirements.txt > $(VENV)/requirements.txt
	$(BIN)/pip install -r $(VENV)/requirements.txt && touch $@

$(VENV)/test: $(VENV)/grading pyproject.toml
	$(BIN)/pip install -e ".[test]" && touch $@

# nbgrader and the notebook package it brings add menus to JupyterLab. A learner's JupyterLab stays as it is.
$(VENV)/grading: $(VENV)/lab pyproject.toml
	$(BIN)/pip install -e ".[grading]"
	rm -rf $(addprefix $(VENV)/share/jupyter/labextensions/@jupyter,/nbgrader -notebook)
	rm -f $(addprefix $(VENV)/etc/jupyter/jupyter_server_config.d/,nbgrader.json notebook.json) && touch $@

$(VENV)/cluster: $(VENV)/grading pyproject.toml
	$(BIN)/pip install -e ".[cluster]" && touch $@

$(VENV)/site: $(VENV)/grading pyproject.toml
	$(BIN)/pip install -e ".[site]" && touch $@

$(VENV)/bench: $(VENV)/lab pyproject.toml
	$(BIN)/pip install -e ".[bench]" && touch $@

$(VENV)/hostile: $(VENV)/test pyproject.toml
	$(BIN)/pip install -e ".[hostile]" && touch $@

$(VENV)/browser: $(VENV)/test $(VENV)/site pyproject.toml
	$(BIN)/pip install -e ".[browser]" && touch $@
