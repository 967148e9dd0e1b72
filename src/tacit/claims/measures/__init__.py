"""Quantities that several claims read off a run."""
