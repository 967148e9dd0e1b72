"""The notebooks as pages: their words, their code, and what they showed."""

import json


INTRODUCTION = """
Four notebooks, each run by the tests as it stands. They are in `notebooks/` and open
in Jupyter with `pip install 'tacit[notebook]'`.
"""
TOCTREE = """
```{toctree}
:maxdepth: 1

"""


def pages(folder):
    """The text of every page, by the name of its notebook."""
    found = {
        file.stem: page(json.loads(file.read_text()), file.name)
        for file in sorted(folder.glob("*.ipynb"))
    }
    names = "\n".join(found)
    return found | {"index": f"# Tutorials\n\n{INTRODUCTION}\n{TOCTREE}{names}\n```\n"}


def page(notebook, name):
    parts = []
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(text)
        else:
            parts.append(f"```python\n{text}\n```")
            parts += filter(None, map(shown, cell["outputs"]))
    parts.insert(1, f"*This page is the notebook `notebooks/{name}`.*")
    return "\n\n".join(parts) + "\n"


def shown(output):
    """One output, in the richest form that needs no script."""
    if output["output_type"] == "stream":
        return f"```text\n{''.join(output['text']).rstrip()}\n```"
    data = output.get("data", {})
    for kind in ("image/svg+xml", "text/html"):
        if kind in data:
            body = "".join(data[kind])
            return f'````{{raw}} html\n<div class="output">{body}</div>\n````'
    if "text/plain" in data:
        return f"```text\n{''.join(data['text/plain'])}\n```"
    return ""
