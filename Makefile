# Everything runs in .venv, which the first target that needs it makes and fills.

PYTHON ?= python3
BROWSER ?= yes

RUN := .venv/bin/python
LAB_FLAGS = $(if $(PORT),--port "$(PORT)") $(if $(filter no,$(BROWSER)),--no-browser)
FORCE := $(if $(findstring B,$(firstword -$(MAKEFLAGS))),--force)

.DEFAULT_GOAL := help
.PHONY: help lab test edit notebooks release grade formgrader lint bench peers upgrade clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

lab: have-base ## open the course in JupyterLab (PORT=8890, BROWSER=no, PYTHON=python3.12)
	@$(RUN) -m course_lib.lab $(LAB_FLAGS)

test: have-test ## run all tests
	$(RUN) -m pytest -n auto --maxprocesses 4

edit: have-test ## open the originals in JupyterLab; saving one writes its text in sources/
	@$(RUN) -m course_lib.lab --edit $(LAB_FLAGS)

notebooks: have-test ## rebuild lessons and exercises whose sources changed (make -B notebooks: all)
	@$(RUN) -m $(if $(wildcard grading),grading.build,course_lib.notebooks) $(FORCE)

release: have-test ## pack what students get, without solutions: dist/
	@$(RUN) -m grading.release

grade: have-test ## grade what is in submitted/ (ASSIGNMENT=ex10, STUDENT=ada: that one again)
	@$(RUN) -m grading.grade "$$ASSIGNMENT" $${STUDENT:+--student="$$STUDENT"}

formgrader: have-test ## open nbgrader's page to read, mark and comment (PORT=8890, BROWSER=no)
	@$(RUN) -m course_lib.lab --grade $(LAB_FLAGS)

lint: have-test ## check style and types
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

bench: have-test peers ## measure the library side by side with its peers
	OPENBLAS_NUM_THREADS=1 $(RUN) -m benchmarks.bench

peers: have-test ## install the libraries that tests and measurements compare with
	@$(call install,peers,-r benchmarks/peers.txt)

upgrade: ## renew constraints.txt with the newest versions that Python 3.11.0 can use
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
	  echo "make upgrade needs Python 3.11, the oldest that the course runs on;" \
	    "name one, as in: make upgrade PYTHON=python3.11" >&2; exit 1; }
	@set -e; fresh="$$(mktemp -d)"; trap 'rm -rf "$$fresh"' EXIT; trap 'exit 1' INT TERM; \
	"$(PYTHON)" -m venv "$$fresh"; \
	"$$fresh/bin/python" -m pip install --quiet --dry-run --report "$$fresh/report" \
	  --python-version 3.11.0 --only-binary :all: --target "$$fresh" '.[test,teach,publish]'; \
	{ echo "# The versions that the tests last passed on, resolved for Python 3.11.0 by: make upgrade"; \
	  "$$fresh/bin/python" -c '$(PINS)' <"$$fresh/report"; } >constraints.txt.part; \
	mv constraints.txt.part constraints.txt
	@echo "constraints.txt is new. Now run: make test"

clean: ## remove .venv and caches (your work/ and the lab's settings stay)
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
	find . -path ./work -prune -o -name __pycache__ -prune -exec rm -rf {} +

PINS = import json, sys; \
  found = json.load(sys.stdin)["install"]; \
  names = ["{name}=={version}".format(**one["metadata"]) for one in found if "archive_info" in one["download_info"]]; \
  print("\n".join(sorted(names, key=str.lower)))

ALL = -e '.[test,teach]'

# Installs are remembered by content, not by time, so that -B and git leave them alone.
.PHONY: have-base have-test
have-base:
	@$(call install,base,-e .)
have-test:
	@$(call install,test,$(ALL))

TOO_OLD = The course needs Python 3.11 or newer, and $(PYTHON) is older or missing; \
  name another one, as in: make lab PYTHON=python3.12

# $(call install,NAME,WHAT): unless .venv has NAME for these very files, at this very place.
define install
set -e; \
wanted="$$(pwd; cat pyproject.toml constraints.txt benchmarks/peers.txt 2>/dev/null | cksum)"; \
has() { [ -x $(RUN) ] && [ "$$(cat ".venv/has-$$1" 2>/dev/null)" = "$$wanted" ]; }; \
if has $1 || { [ $1 = base ] && has test; }; then exit 0; fi; \
"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
  echo "$(TOO_OLD)" >&2; exit 1; }; \
$(RUN) -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear .venv; \
echo "Installing into .venv, which takes a minute or two; the next time it is there already."; \
$(RUN) -m pip install --quiet -c constraints.txt $2; \
echo "$$wanted" > ".venv/has-$1"
endef
