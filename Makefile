# Everything runs in .venv; nothing is installed elsewhere. Without make, see the README.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: report test lab benchmark accuracy mutations fuzz independent format size lock clean

report: .venv/report.stamp ## set up, ingest, run every notebook, write site/index.html
	$(BIN)/reportlib ingest
	$(BIN)/reportlib run
	@echo "open $(CURDIR)/site/index.html"

test: .venv/dev.stamp ## set up and pass every test
	scripts/need_chromium.sh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy reportlib
	$(BIN)/lint-imports
	$(BIN)/python -m pip check
	$(BIN)/pytest -n 2 --dist loadscope

lab: .venv/report.stamp ## open JupyterLab on the notebooks; flags: make lab FLAGS="--no-browser --port 9000"
	$(BIN)/reportlib ingest
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) $(FLAGS) notebooks

accuracy: .venv/dev.stamp ## the README's table of cell-level accuracy, ours beside the usual tools
	$(BIN)/python tests/benchmarks/accuracy.py

benchmark: .venv/dev.stamp ## speed, side by side with what a user would pick instead
	for script in tests/benchmarks/bench_*.py; do $(BIN)/python $$script || exit 1; done

mutations: .venv/dev.stamp ## 10,000 damaged reports: none may pass without a finding
	MUTATIONS=10000 $(BIN)/pytest -s tests/report/test_mutations.py

fuzz: .venv/dev.stamp ## 20,000 damaged files of every format: a report or one clear line; a fresh seed, printed
	$(BIN)/python tests/support/fuzz.py

format: .venv/dev.stamp ## lay code and notebooks out as `make test` wants them
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/nbstripout notebooks/*.ipynb

size: .venv/dev.stamp ## how large and how dense the package is
	$(BIN)/python scripts/count_nodes.py

independent: .venv/dev.stamp ## 5,000 documents of an independent writer, a fresh seed each time
	DOCUMENTS=5000 SEED=$${SEED:-$$(date +%s)} $(BIN)/pytest -s tests/independent

lock: .venv/dev.stamp ## renew the locked requirements
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command "make lock" pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command "make lock" --all-extras -c requirements.txt pyproject.toml -o requirements-dev.txt

clean: ## remove what was made: processed data, pages, caches, the environment
	rm -rf .venv data/processed site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/report.stamp: requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

.venv/dev.stamp: requirements-dev.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@ .venv/report.stamp
