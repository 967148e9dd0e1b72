"""How things look, whatever they are: notation, strokes, panels, tables.

`figures` and `panels` are the only files that import matplotlib, and are imported where
something is drawn.
"""
