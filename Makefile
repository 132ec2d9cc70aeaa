# Every target sets up what it needs in .venv and node_modules first; `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup serve test site update translated faults outdated terms copied pressed library reproducible bench mutants lint format lock stats clean

PY := .venv/bin/python
PORT ?= 8000
COUNT ?= 100
SEED ?= 1
AS = # make's own is an assembler
OTHER = $(if $(AS),--python $(AS)) $(if $(VERSIONS),--versions $(VERSIONS))
export PYTHON
export PYTHONDONTWRITEBYTECODE = # some images set it: hundreds of processes would compile all that they import

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name text; do \
		printf '%-18s %s\n' "$$name" "$$text"; done

setup: ## Prepare .venv and node_modules (the others do it themselves)
	@scripts/setup

serve: setup ## Read the site in a browser; rebuilds on change (PORT=8000)
	@$(PY) -m dlnotes_site serve --port $(PORT)

test: setup ## Check everything
	@$(PY) -m dlnotes_site.steps test

site: setup ## Build both languages into site/
	@$(PY) -m dlnotes_site build --strict

update: setup ## Write the outputs that the blocks print into the pages
	@$(PY) -m dlnotes_site update

translated: setup ## Record that the English pages follow the Japanese ones (SAME="path:line ...")
	@$(PY) -m dlnotes_site translated --same $(SAME)

faults: setup ## Plant faults and see which check notices (COUNT=100 SEED=1), write tests/faults.json
	@$(PY) -m dlnotes_site.faults --count $(COUNT) --seed $(SEED) --results tests/faults.json

outdated: setup ## Show what changed in Japanese since it was translated (PAGE="guide": one page)
	@$(PY) -m dlnotes_site outdated $(PAGE)

terms: setup ## Record where one language does well without a term of the other (SAME="path:line ...")
	@$(PY) -m dlnotes_site terms --same $(SAME)

copied: setup ## Run every block as copied from the built site (AS=3.13 VERSIONS=oldest)
	@$(PY) -m dlnotes_site.copied $(OTHER)

pressed: setup ## Press Run on every block of the built site in Chromium (PAGE="guide": one page)
	@$(PY) -m dlnotes_site.pressed $(PAGE)

library: setup ## Test the library with other versions of what it needs (AS=3.13 VERSIONS=oldest)
	@$(PY) -m dlnotes_site.environments $(OTHER) -m pytest -q -n auto tests --ignore=tests/site --ignore=tests/browser

reproducible: setup ## Build the last commit on two Python versions and compare all files
	@$(PY) -m dlnotes_site.reproducible

bench: setup ## Measure the speed beside PyTorch, write benchmarks/results.json (ONLY="adam pool": a part)
	@$(PY) -m benchmarks.bench $(ONLY)

mutants: setup ## Plant small faults in the library, see its tests notice (half an hour; ONLY=survivors, "*losses*")
	@$(PY) scripts/mutants.py "$(ONLY)"

lint: setup ## Check code, workflows, Markdown and Japanese prose
	@$(PY) -m dlnotes_site.steps lint

format: setup ## Put the Python code into its form
	@$(PY) -m ruff check --fix . && $(PY) -m ruff format .

lock: ## Pin what pyproject.toml and package.json name (UPGRADE=1: the newest versions)
	@test -x $(PY) || scripts/setup
	@$(PY) -m uv pip compile pyproject.toml --group dev --universal --python-version 3.12 \
		--generate-hashes --no-header --quiet $(if $(UPGRADE),--upgrade) -o requirements.txt
	@PATH="$(CURDIR)/.venv/bin:$$PATH" npm install --package-lock-only --ignore-scripts --no-audit --no-fund
	@scripts/setup

stats: setup ## Count blocks, figures, formulas and tests
	@$(PY) -m dlnotes_site stats

clean: ## Remove everything that can be made again, .venv and node_modules included
	rm -rf .venv node_modules .setup site .cache dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
