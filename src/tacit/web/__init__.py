"""The dashboard: studies that run live in a browser, and sweeps read while they run.

It listens on this machine only, sends nothing anywhere and writes to no store. Until
somebody asks for a run, nothing that computes is imported.
"""
