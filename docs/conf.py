"""How the documentation is built: offline, from the code, warnings as errors."""

import importlib.metadata
import sys
from pathlib import Path


sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "tacit"
author = "The tacit authors"
copyright = "The tacit authors, Apache-2.0"  # noqa: A001 - Sphinx calls it so
version = release = importlib.metadata.version("tacit")

extensions = [
    "myst_parser",
    # of this project, in _ext/
    "mathml",
    "generated",
]
exclude_patterns = ["_build", "_ext"]
suppress_warnings = ["myst.header"]  # a page of a notebook begins where its cells do

myst_enable_extensions = ["dollarmath", "deflist", "attrs_inline"]
myst_heading_anchors = 3

toc_object_entries = False
python_display_short_literal_types = True

html_math_renderer = "mathml"
html_theme = "furo"
html_title = "tacit"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "default"
