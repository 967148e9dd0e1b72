"""Grids of experiments, run in batches and kept."""
