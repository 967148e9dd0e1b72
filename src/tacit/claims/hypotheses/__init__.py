"""Conditions of theorems, by what they are about."""
