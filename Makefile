# `make demo` and `make test` do all the set-up themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV_VERSION := 0.13.9
export UV_LINK_MODE ?= hardlink

.PHONY: demo test quick lint lock wheel bench gpu-check clean

demo: $(STAMP)  ## a complete constrained sweep on real data
	$(BIN)/hyperwatt run digits

test: $(STAMP)  ## everything but the tests that need a GPU
	$(BIN)/python -m pytest -m "not gpu"

quick: $(STAMP)  ## the inner loop, under 20 s
	$(BIN)/python -m pytest -m "not gpu and not slow and not ray and not browser" -q

lint: $(STAMP)  ## ruff and mypy, whatever the checkout's folder is called
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	PYTHON=$(abspath $(BIN))/python .ci/typecheck

lock: $(STAMP)  ## pin the dependencies anew (universal: Python 3.11 to 3.13)
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate \
	  --no-emit-index-url --extra dev --extra botorch --extra optuna pyproject.toml -o requirements.txt

wheel: $(STAMP)  ## dist/hyperwatt-*.whl
	$(BIN)/uv build -q --wheel

bench: $(STAMP)  ## the cost of the orchestration itself, into benchmarks/
	$(BIN)/python -m benchmarks.overhead

gpu-check: $(STAMP)  ## all that needs a real GPU, into benchmarks/gpu/results/; skips without one
	$(BIN)/python -m benchmarks.gpu

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache

$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "hyperwatt needs Python 3.11 to 3.13, '$(PYTHON)' is another: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install -q --python $(BIN)/python -r requirements.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e .
	@touch $@
