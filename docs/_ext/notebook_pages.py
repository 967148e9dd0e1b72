"""The notebooks as pages: their words, their code, and what they showed."""

import json


def pages(folder):
    """The text of every page, by the name of its notebook."""
    return {
        file.stem: page(json.loads(file.read_text()), file.name)
        for file in sorted(folder.glob("*.ipynb"))
    }


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
