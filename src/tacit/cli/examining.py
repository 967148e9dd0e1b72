"""`tacit doctor`."""

import time

import typer

from .base import app, exit_code, FINE, Json, print_json


@app.command()
def doctor(*, as_json: Json = False) -> None:
    """Say what is installed, and whether it computes as it should.

    Three claims are held against their witnesses, rivals and foils, in about ten
    seconds; exit code 1 if one does not come out as it must.
    """
    from ..display import progress as shown
    from ..reporting import terminal
    from ..reporting.installation import installation, self_check

    found = installation()
    begun = time.perf_counter()
    with shown.progress("doctor") as progress:
        findings = list(self_check(progress))
    seconds = round(time.perf_counter() - begun, 1)
    code = exit_code(findings)
    if as_json:
        rows = [each.to_json() for each in findings]
        print_json("doctor", **found, verdicts=rows, seconds=seconds, ok=code == FINE)
        raise typer.Exit(code)
    for line in _lines(found):
        print(line)
    terminal.show(findings)
    well = "as it should" if code == FINE else "NOT as it should"
    print(f"self-check: {len(findings)} verdicts in {seconds} s; it computes {well}")
    raise typer.Exit(code)


def _lines(found: dict) -> list[str]:
    """The report, a line a matter."""
    versions = ", ".join(
        f"{name} {version or 'missing'}" for name, version in found["versions"].items()
    )
    how, cache = found["precision"], found["cache"]
    cores = ", ".join(f"{name} {value}" for name, value in found["threads"].items())
    kept = "off"
    if cache["folder"]:
        size = f"{cache['functions']} functions, {cache['bytes'] / 2**20:.0f} MiB"
        kept = f"{cache['folder']} ({size})"
        kept += "" if cache["writable"] else ", cannot be written to"
    lines = [
        f"versions   {versions}",
        f"machine    {found['machine']}, {how['device']}",
        f"precision  {how['dtype']}, 64-bit mode {'on' if how['x64'] else 'OFF'}",
        f"threads    {cores}",
        f"cache      {kept}",
    ]
    for extra, packages in found["extras"].items():
        lacks = [name for name, version in packages.items() if version is None]
        said = f"lacks {', '.join(lacks)}" if lacks else "installed"
        lines.append(f"extra      {extra}: {said}")
    return lines
