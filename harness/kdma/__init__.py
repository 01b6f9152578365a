# SPDX-License-Identifier: GPL-2.0
"""kdma: keeps C and Rust in step over the Linux DMA API."""
