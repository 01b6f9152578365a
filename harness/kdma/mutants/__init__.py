# SPDX-License-Identifier: GPL-2.0
"""`kdma mutants`: which faults at the boundary are noticed, by kdma and by other tools.

`model.py` says what a fault, an outcome, a layer and a peer are; `run.py`
collects, chooses and judges; `report.py` says what came of it. `layers/` has
one module for each place where the boundary can go wrong, `peers/` one for
each other tool.
"""
