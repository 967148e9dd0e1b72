"""Experiments that theorems are tried on."""
