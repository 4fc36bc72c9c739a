# Two commands need nothing but python3 and make: `make demo` and `make test`.
PYTHON ?= python3
# Extra words for pip, e.g. PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu" for the small PyTorch.
PIP_ARGS ?=
# Extra words for pytest, e.g. PYTEST_ARGS="-k gallery -x"; -n 0 runs one test after the other.
PYTEST_ARGS ?=
PIP = .venv/bin/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -c constraints.txt

.PHONY: venv demo test chaos outages soak load run lint messages clean
.DELETE_ON_ERROR:

venv: .venv/.dev

demo: .venv/.demo
	@exec .venv/bin/easel demo

test: .venv/.dev
	@.venv/bin/python -m pytest -n auto --dist worksteal $(PYTEST_ARGS)

# Kills the bot and its inference server at random moments, 200 times; CHAOS_KILLS=20 is a short one, CHAOS_SECONDS=600 ends sooner.
chaos: .venv/.dev
	@.venv/bin/python -m tests.discord_wire.chaos

# The network, the database, a server and Discord away for half a minute each; OUTAGE_SECONDS=12 is shorter.
outages: .venv/.dev
	@.venv/bin/python -m tests.discord_wire.outages

# An hour of looking at pictures; SOAK_S=120 is a short one.
soak: .venv/.dev
	@.venv/bin/python -m tests.discord_wire.soak

# Fifty orders a second for a minute; LOAD_S=20 is a short one.
load: .venv/.dev
	@.venv/bin/python -m tests.discord_wire.load

run: .venv/.demo
	@exec .venv/bin/easel run

lint: .venv/.dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

# Collects what people read and brings the catalogues up to date; then translate what is empty there.
messages: .venv/.dev
	@.venv/bin/python docs/collect_messages.py

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Easel needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || [ "$$(id -u)" -ne 0 ] || \
		{ apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "Python's venv module is not complete here. On Debian and Ubuntu: sudo apt-get install python3-venv"; exit 1; }

.venv/.demo: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing Easel into .venv (once; PyTorch is large) …"
	@$(PIP) -e '.[demo]'
	@touch $@

.venv/.dev: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing Easel and its test tools into .venv (once; PyTorch is large) …"
	@$(PIP) -e '.[dev]'
	@touch $@ .venv/.demo
