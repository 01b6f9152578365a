# SPDX-License-Identifier: GPL-2.0
"""One module for each layer at which the boundary can go wrong; each has its `LAYER`."""
