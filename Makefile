# `make run` and `make test` set up whatever they need on a fresh machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# As app.py does: threads that wait leave their core to others.
export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: run test check bench screenshots chromium clean

run: $(VENV)/.run-ready
	$(BIN)/python app.py $(ARGS)

test: check chromium
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.test-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

bench: $(VENV)/.run-ready
	$(BIN)/python -m benchmarks $(ARGS)

screenshots: $(VENV)/.test-ready chromium
	$(BIN)/python docs/screenshots.py

chromium:
	@sh tests/browser/install-chromium.sh

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache

$(VENV)/.run-ready: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/.test-ready: requirements-dev.txt $(VENV)/.run-ready
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	touch $@
