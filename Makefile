# The commands of this house. Each does its own set-up from a fresh clone and asks nothing.
.PHONY: help setup demo demo-reset test contract sdk faults soak planted-bugs year year-short figures lint sqlx

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

setup: ## find or install what the build needs
	@scripts/setup browser

demo: ## the portal beside a simulated Microsoft cloud, with customers to look at
	@scripts/demo

demo-reset: ## removes what the demo keeps; it starts afresh
	@scripts/demo reset

test: ## everything: format, lint, unit, integration, browser
	@scripts/setup $(if $(wildcard tests/browser),browser)
	@scripts/test

contract: ## the simulated cloud and the Graph client against Microsoft's own description of Graph
	@scripts/contract

sdk: ## Microsoft's own clients, Python and JavaScript, against the simulated cloud and the portal
	@scripts/sdk

faults: ## the portal under schedules of faults: every fault at every call, deaths at every point, 500 seeds
	@scripts/setup
	@scripts/faults

soak: ## the same one by one, and 20,000 seeds, or FAULT_SEEDS of them from FAULT_FIRST on
	@scripts/setup
	@scripts/faults soak

planted-bugs: ## shows that the schedules bite: which seed finds which known bug
	@scripts/setup
	@scripts/faults planted-bugs

year: ## 400 simulated days of 50 customers and 10 analysts, two portals, one killed now and then; in hours
	@scripts/setup
	@scripts/year

year-short: ## the same with 6 customers and 3 analysts, in minutes
	@scripts/setup
	@scripts/year short

figures: ## pages with 10,000 customers, and background reading of 1,000, in figures
	@scripts/setup
	@scripts/figures

lint: ## format, clippy, and whether .sqlx is current
	@scripts/setup
	@cargo fmt --all --check
	@scripts/sqlx-prepare --check

sqlx: ## describe the checked queries anew, after a query or a migration changed
	@scripts/setup
	@scripts/sqlx-prepare
