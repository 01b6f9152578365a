# SPDX-License-Identifier: GPL-2.0
# A short way to the kdma command. The verdict line and out/report.json are the
# truth; make turns every failure into its own exit code 2.

# Given on the command line of make or in the environment, read by kdma.
export ALL ANEW ARGS ASSUME_YES BASE COUNT DETERMINISTIC DRIVERS ENVS FAULT FINDING FUNCTION GDB
export HEAD JOBS KDIR KDMA_CACHE KDMA_OUT KDMA_QEMU KDMA_REFRESH KDMA_SNAPSHOTS KERNEL LAYER LLVM
export MBOX ONLY PEERS PROGRAM REASON SAMPLE SEED UNTIL V WILD

.DEFAULT_GOAL := help
.PHONY: accept bench check clean doctor fuzz gate generate help lint lock mutants mutants-peers review setup test

help: ## this list
	@echo "make <target> [VARIABLE=value ...]"
	@sed -n 's/^\([a-z-]*\): ## /  \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18
	@echo "Variables:"
	@echo "  KDIR=~/linux  a kernel tree, never written to; KERNEL=7.3 a version to fetch and build"
	@echo "  ENVS=, DRIVERS=  which environments and drivers, separated by commas"
	@echo "  PROGRAM='name'  that program alone; DETERMINISTIC=1  the same bytes from run to run"
	@echo "  GDB=1  stop before the first program and say how gdb gets at the guest"
	@echo "  FINDING=, ALL=1, REASON=, UNTIL=  what is accepted, why, and until which day"
	@echo "  BASE=, HEAD=, MBOX=  what review and gate compare"
	@echo "  PEERS=1, PEERS=0  mutants: ask other tools too, or never"
	@echo "  COUNT=, SEED=, ONLY=  random programs: how many, from what, which alone"
	@echo "  ARGS=\"-k coherent -x\"  words for pytest; V=1 shows commands; ASSUME_YES=1 does not ask"
	@echo "  KDMA_REFRESH=1  look for a newer kernel package; KDMA_CACHE=path  instead of ~/.cache/kdma"

check: ## the main job: build, boot, run every driver, compare, report
	@./kdma check

test: ## this project's own tests, lint included
	@./kdma test

accept: ## accept findings of the last run: FINDING=id or ALL=1, REASON="...", UNTIL=date
	@./kdma accept

review: ## what a change means: bindings, C ABI and kernel surface against BASE, with causes
	@./kdma review

gate: ## a range of kernel commits: KDIR=~/linux BASE=v7.2, and HEAD=rev or MBOX=series.mbox
	@./kdma gate

setup: ## install what is missing, and nothing else
	@./kdma setup

doctor: ## what is there, what is missing, what that switches off
	@./kdma doctor

fuzz: ## random programs, right and wrong ones: COUNT=100000 SEED=1 KERNEL=7.3-kasan ENVS=swiotlb
	@./kdma fuzz

generate: ## write the generated files: executors and bindings
	@./kdma generate

lint: ## the linters alone
	@./kdma lint

mutants: ## which faults at the boundary are noticed: LAYER=, FUNCTION=, SAMPLE=90s
	@./kdma mutants

mutants-peers: ## fetch the other tools that make mutants PEERS=1 asks too
	@./kdma mutants --install-peers

bench: ## measure speed
	@./kdma bench

lock: ## pin the Python packages again, after a change of harness/requirements.in
	cd harness && CUSTOM_COMPILE_COMMAND="make lock" pip-compile --quiet --upgrade \
		--generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host \
		--output-file=requirements.lock requirements.in

clean: ## remove out/ and build output in the checkout; the cache stays
	rm -rf out rust-bindings/target .mypy_cache .pytest_cache .ruff_cache
	find harness tests -name __pycache__ -type d -prune -exec rm -rf {} +
