# SPDX-License-Identifier: GPL-2.0
"""One module for each other tool that a user could take; each has its `PEERS`."""
