"""The experiments behind the studies of the dashboard, one module each.

A module has ``PANELS`` and ``bench(values)``; it is imported when first asked for.
"""
