# The commands of the course; `make help` lists them. For GNU make 3.81 or newer, on Linux and macOS; the README has the
# same for Windows. Every command first sets up .venv, once, and again when pyproject.toml or constraints.txt change.

PYTHON ?= python3
LAB_OPTIONS ?=
TEST_OPTIONS ?=
BENCH_OPTIONS ?=
CLAIMS_OPTIONS ?=
BOOK_OPTIONS ?=

VENV_PYTHON = .venv/bin/python
INSTALLED = .venv/.installed
NEEDED_PYTHON = 3.11 to 3.14

.PHONY: help lab check test test-all chapters book claims bench
.DELETE_ON_ERROR:

help: ## this list
	@echo "Usage: make COMMAND"
	@sed -n 's/^\([a-z-]*\): .*## \(.*\)$$/  make \1	\2/p' Makefile
	@echo "PYTHON=python3.12 chooses the Python that .venv is made with (it needs $(NEEDED_PYTHON))."

lab: $(INSTALLED) ## open the course: JupyterLab in chapters/, with chapter 0
	@echo "Opening JupyterLab with chapter 0 (about 10 seconds). To stop it, press Ctrl+C in this window."
	@root=; if [ "$$(id -u)" = 0 ]; then root=--allow-root; fi; \
	$(VENV_PYTHON) -m jupyterlab -y --LabApp.default_url=/lab/tree/chapters/00_thirty_minutes.ipynb $$root $(LAB_OPTIONS)

check: $(INSTALLED) ## style and the tests of the engines, about a minute; TEST_OPTIONS="-k dropout" goes to pytest
	@$(VENV_PYTHON) tests/run_all.py check $(TEST_OPTIONS)

test: $(INSTALLED) ## style, tests, and every notebook executed
	@echo "Testing everything that a change can break (about 15 minutes on two cores). It stops at the first step that fails."
	@$(VENV_PYTHON) tests/run_all.py test $(TEST_OPTIONS)

test-all: $(INSTALLED) ## the same, and what takes long and rarely changes its answer: every week on GitHub
	@echo "Testing everything, what takes long too (about 35 minutes on two cores). It stops at the first step that fails."
	@echo "On Linux two steps at the end set up environments of their own, and download about 1 GB for them."
	@$(VENV_PYTHON) tests/run_all.py test-all $(TEST_OPTIONS)

chapters: $(INSTALLED) ## build chapters/ and solutions/*.ipynb from solutions/*.py, the syllabus, the README's table
	@echo "Building the notebooks from solutions/*.py (a few seconds)."
	@$(VENV_PYTHON) -m course_lib.authoring build
	@$(VENV_PYTHON) -m course_lib syllabus
	@$(VENV_PYTHON) -m course_lib.authoring readme

book: $(INSTALLED) ## the course as pages that need no kernel and no network: build/book/site
	@echo "Executing the notebooks that have changed, then building the pages (about 5 minutes for all)."
	@$(VENV_PYTHON) -m course_lib.book $(BOOK_OPTIONS)

claims: $(INSTALLED) ## measure each claim that has no current result; CLAIMS_OPTIONS=--anew measures all (it says how long)
	@echo "Ctrl+C stops it; what is done is kept, and the same call goes on."
	@$(VENV_PYTHON) -m course_lib claims run --all $(CLAIMS_OPTIONS)

bench: $(INSTALLED) ## measure the speed of both engines and of the explorers; BENCH_OPTIONS=--quick only tries it
	@echo "Measuring both engines on one thread, then the explorers (about 15 minutes; leave the machine alone meanwhile)."
	@$(VENV_PYTHON) tests/performance/bench_engines.py $(BENCH_OPTIONS)
	@$(VENV_PYTHON) tests/performance/bench_stack.py $(BENCH_OPTIONS)
	@$(VENV_PYTHON) tests/performance/bench_explorers.py $(BENCH_OPTIONS)

# .venv holds the path of this folder in several places: after a move it is installed again.
ifneq ($(shell pwd -P | cmp -s - $(INSTALLED) || echo moved),)
.PHONY: $(INSTALLED)
endif

# The line before the last stops JupyterLab from asking whether to show its news, at every start.
# The last line of this rule writes the stamp, so an installation that was interrupted starts again the next time.
$(INSTALLED): pyproject.toml constraints.txt
	@rm -f $(INSTALLED)
	@echo "Setting up .venv: downloads 0.5 GB (3 GB with CUDA), 2 to 15 minutes, this once."
	@$(VENV_PYTHON) -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null \
	  || $(MAKE) --no-print-directory new-venv
	@$(VENV_PYTHON) -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@$(VENV_PYTHON) -m jupyter labextension disable @jupyterlab/apputils-extension:announcements > /dev/null 2>&1 || true
	@pwd -P > $(INSTALLED)

.PHONY: new-venv
new-venv:
	@command -v "$(PYTHON)" > /dev/null || { \
	  echo "There is no '$(PYTHON)' here. Install Python $(NEEDED_PYTHON), or name yours: make lab PYTHON=python3.12"; \
	  exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || { \
	  echo "'$(PYTHON)' is $$("$(PYTHON)" --version 2>&1); the course needs Python $(NEEDED_PYTHON)." \
	    "Install one, then name it: make lab PYTHON=python3.12"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2> /dev/null || { \
	  echo "'$(PYTHON)' comes without the module venv." \
	    "On Debian and Ubuntu install it with: sudo apt-get install python3-venv"; exit 1; }
	@"$(PYTHON)" -m venv --clear .venv
