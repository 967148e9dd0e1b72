"""What a person sees of a run: the page, the terminal, the folder they are kept in.

`plots` is imported by its own name (``from tacit.reporting import plots``): it is the
only door to matplotlib, and a verdict on the terminal has no need of it.
"""

from ..display.notation import number
from .findings import Finding
from .folder import claim_folder, Folder
from .page import About, Numbers, Page, Picture, Provenance, Section


__all__ = [
    "About",
    "Finding",
    "Folder",
    "Numbers",
    "Page",
    "Picture",
    "Provenance",
    "Section",
    "claim_folder",
    "number",
]
