# The recipes only put the steps in order; the steps themselves are in scripts/.

# Python that makes the environment: the first on the PATH that is new enough.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
SETUP = $(PYTHON) -m scripts.setup
NPM = $(PYTHON) -m scripts.node
IN_VENV = .venv/bin/python -m

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test test-long bench check format lock clean python

help: ## Show what each target does.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | \
		while IFS='|' read -r target does; do printf '%-15s %s\n' "$$target" "$$does"; done

run: python ## Install what is needed, build the client and start the server.
	@$(SETUP) runtime client
	@exec $(IN_VENV) twinspace_rt serve

# Also on two processors: half of what a test takes, it waits.
AT_ONCE = --numprocesses 3 --dist worksteal
# What tells how long something takes would tell how long the tests beside it take. Beside others,
# in "make test", it is allowed to take longer; here it is not.
ALONE = $(addprefix tests/faults/test_,bus.py crowds.py ends.py every_node.py full_disk.py kill.py \
	many.py outage.py) tests/test_workers.py tests/web/test_health.py

test: python ## Install what the tests need and run them all, the client's and the server's.
	@$(SETUP) dev client peers programs
	@failed=0; \
	$(NPM) static test || failed=1; \
	$(NPM) static run size || failed=1; \
	$(IN_VENV) pytest $(AT_ONCE) || failed=1; \
	exit $$failed

test-long: python ## Run the tests that take minutes each, and the features' on PostgreSQL, in some two hours.
	@$(SETUP) dev client peers programs bench bench-peers
	@failed=0; \
	$(IN_VENV) pytest -m '' $(ALONE) || failed=1; \
	$(IN_VENV) pytest -m long $(addprefix --ignore=,$(ALONE)) $(AT_ONCE) || failed=1; \
	$(IN_VENV) pytest --postgresql tests/accounts tests/chat tests/forum tests/home $(AT_ONCE) \
		|| failed=1; \
	exit $$failed

bench: python ## Measure this server beside its peers, in 25 minutes; QUICK=1 tries it in two.
	@$(SETUP) dev client bench bench-peers programs
	@$(IN_VENV) benchmarks $(if $(QUICK),--quick)

check: python ## Check format, style and types of server and client, then run the tests.
	@$(SETUP) dev client-packages
	$(IN_VENV) ruff format --check .
	$(IN_VENV) ruff check .
	$(IN_VENV) mypy
	$(NPM) static run lint
	$(NPM) static run typecheck
	@$(MAKE) --no-print-directory test

format: python ## Format server and client.
	@$(SETUP) dev client-packages
	$(IN_VENV) ruff format .
	$(IN_VENV) ruff check --fix .
	$(NPM) static run format

lock: python ## Write the lock files anew; UPGRADE=1 takes newer versions.
	@$(PYTHON) -m scripts.lock $(if $(UPGRADE),--upgrade)

clean: ## Remove all that was installed or built; var/, the rooms' data, stays.
	rm -rf .venv static/node_modules static/dist tests/peers/node_modules benchmarks/peers/node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "==> Python 3.11 or newer is needed; name one with: make PYTHON=python3.11"; exit 1; }
