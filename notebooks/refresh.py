"""Run the notebooks and keep what they showed: ``python refresh.py [NAME ...]``.

Outputs that need a script of their own (sliders) are left out, and so are counters and
times: a notebook that shows the same is the same file.
"""

import sys
from pathlib import Path

import nbclient
import nbformat
from jupyter_client.manager import KernelManager


HERE = Path(__file__).parent
KEPT = ("text/plain", "text/html", "image/svg+xml")


def executed(path, folder):
    """The notebook at `path`, run in `folder`, with what it showed."""
    book = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(
        book,
        timeout=120,
        kernel_name="python3",
        # One that does not block misses a reply now and then, and waits out `timeout`.
        kernel_manager_class=KernelManager,
        coalesce_streams=True,  # what is printed arrives in pieces as it pleases
        resources={"metadata": {"path": folder}},
    ).execute()
    book.metadata.pop("widgets", None)  # the state of sliders, by names drawn anew
    for cell in book.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = list(filter(None, map(kept, cell.outputs)))
    return book


def kept(output):
    """The output without what only a live kernel can show; None if nothing is left."""
    if output.output_type == "stream":
        return output if output.name == "stdout" else None
    live = "application/vnd.jupyter.widget-view+json" in output.data
    data = {k: v for k, v in output.data.items() if k in KEPT and not live}
    if "image/svg+xml" in data or "text/html" in data:
        data.pop("text/plain", None)
    if not data:
        return None
    shown = {"output_type": "display_data", "data": data, "metadata": {}}
    return nbformat.from_dict(shown)


def main():
    """Run those named, or all."""
    names = sys.argv[1:] or [path.stem for path in sorted(HERE.glob("*.ipynb"))]
    for name in names:
        path = HERE / f"{name}.ipynb"
        book = executed(path, str(HERE))
        path.write_text(nbformat.writes(book) + "\n")
        print(f"{name}: {sum(len(c.get('outputs', ())) for c in book.cells)} outputs")


if __name__ == "__main__":
    main()
