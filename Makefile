# Two commands matter: `make demo` and `make test`. The environment is made here and reused.
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
DEMO_OUT ?= demo-out
SAMPLE := samples/harbour_dialogue.mp4
TORCH_VENV ?= .venv-torch
# the extras that share the environment of the heavy tests
EXTRAS := faster-whisper,sherpa,transformers,spacy,vision,wandb,keras

ENVIRONMENTS ?= .environments
OWN := LOQUITUR_ENVIRONMENT_ROOT=$(CURDIR)/$(ENVIRONMENTS) $(BIN)/loquitur engines env

.PHONY: demo test test-pyannote test-nemo test-funasr test-extras test-engines environments test-slow lint types layers unit docs bench conformance postgres test-postgres caption-conformance clean help

help:
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 16

$(VENV)/.core: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed (set PYTHON=...)"; exit 1; }
	@echo "making the environment in $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	@echo "adding the tools for tests ..."
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@

$(VENV)/.models: $(VENV)/.core
	@$(BIN)/loquitur models pull offline || $(BIN)/loquitur models pull dvector || echo "not all models: the demo goes on in draft quality, or with one speaker"
	@touch $@

demo: $(VENV)/.core $(VENV)/.models  ## captions with speakers and moods for the sample clip
	@$(BIN)/loquitur run $(SAMPLE) -o $(DEMO_OUT) --profile offline --format vtt,srt,json,txt,md
	@echo
	@cat $(DEMO_OUT)/harbour_dialogue.vtt
	@echo
	@echo "results: $(DEMO_OUT)/  (the same command again takes every stage from the store)"

test: $(VENV)/.dev lint types layers unit  ## ruff, mypy, layers, pytest on the core: no torch, 5 minutes at most

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.dev
	@$(BIN)/mypy

layers: $(VENV)/.dev
	@$(BIN)/lint-imports

unit: $(VENV)/.dev $(VENV)/.models
	@$(BIN)/pytest -m "not slow and not extras" -n 2

test-slow: $(VENV)/.dev $(VENV)/.models  ## the long suites: 1,000 mutants, every write point, 50 kills, 10 hours, accuracy
	@$(BIN)/pytest -m slow -n 2 --dist worksteal --timeout 900

$(TORCH_VENV)/.ready: pyproject.toml constraints.txt
	@test -x $(TORCH_VENV)/bin/python || $(PYTHON) -m venv $(TORCH_VENV)
	@$(TORCH_VENV)/bin/python -m pip --disable-pip-version-check --quiet install torch==2.13.0
	@$(TORCH_VENV)/bin/python -m pip --disable-pip-version-check --quiet install -c constraints.txt -e '.[dev,$(EXTRAS)]'
	@$(TORCH_VENV)/bin/python -m loquitur.testing.torchvision_operators
	@touch $@

$(ENVIRONMENTS)/%/loquitur-environment.json: constraints-%.txt pyproject.toml $(VENV)/.dev
	@PIP_CONSTRAINT=constraints-$*.txt PIP_QUIET=1 $(OWN) $* --create --with torch==2.13.0

test-pyannote: $(ENVIRONMENTS)/pyannote/loquitur-environment.json  ## pyannote.audio in its own environment (1.6 GB)
	@$(BIN)/pytest tests/extras/test_extras_pyannote.py

test-nemo: $(ENVIRONMENTS)/nemo/loquitur-environment.json $(ENVIRONMENTS)/pyannote/loquitur-environment.json  ## NeMo in its own environment (2.2 GB), and both in one run
	@$(BIN)/pytest tests/extras/test_extras_nemo.py tests/extras/test_extras_sortformer.py

test-funasr: $(ENVIRONMENTS)/funasr/loquitur-environment.json  ## FunASR in its own environment (1.8 GB)
	@$(BIN)/pytest tests/extras/test_extras_emotion2vec.py

environments: $(TORCH_VENV)/.ready $(ENVIRONMENTS)/pyannote/loquitur-environment.json $(ENVIRONMENTS)/nemo/loquitur-environment.json $(ENVIRONMENTS)/funasr/loquitur-environment.json  ## the environments of the heavy engines

test-engines: $(TORCH_VENV)/.ready $(VENV)/.models test-pyannote test-nemo test-funasr  ## heavy engines, in environments of their own
	@$(TORCH_VENV)/bin/pytest -m extras -n 2 --dist worksteal --deselect tests/extras/test_extras_pyannote.py --deselect tests/extras/test_extras_nemo.py --deselect tests/extras/test_extras_sortformer.py --deselect tests/extras/test_extras_emotion2vec.py

test-extras: test-slow test-engines  ## the long suites and the heavy engines

conformance: $(VENV)/.dev $(VENV)/.models  ## the table of engine x check, for every engine that can run here
	@PYTHON=$(BIN)/python; test -e $(TORCH_VENV)/.ready && PYTHON=$(TORCH_VENV)/bin/python; \
	LOQUITUR_ENVIRONMENT_ROOT=$(CURDIR)/$(ENVIRONMENTS) $$PYTHON -m loquitur.testing.conformance

postgres: $(VENV)/.dev  ## a PostgreSQL server for trials: prints its address, runs until Ctrl-C
	@$(BIN)/python tools/postgres.py

test-postgres: $(VENV)/.dev  ## the indexes' suite and the server's faults; LOQUITUR_TEST_POSTGRES=URL takes another server
	@$(BIN)/pytest tests/*/test_*_postgres*.py tests/conformance/test_conformance_indexes.py tests/library/test_library_adding.py -k "postgres or on_a_server"

caption-conformance: $(VENV)/.dev  ## the tables of the caption formats, with the peers that are installed
	@$(BIN)/python benchmarks/caption_conformance.py

bench: $(VENV)/.dev $(VENV)/.models  ## every claim with its figure
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:
	rm -rf $(VENV) $(TORCH_VENV) $(ENVIRONMENTS) $(DEMO_OUT) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
