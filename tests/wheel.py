"""The wheel: what is in it, and that what somebody writes on top of it works.

Run as ``python -m tests.wheel``, with `build`, `hatchling` and `pyright` installed.
"""

import email
import json
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
import zipfile


ROOT = pathlib.Path(__file__).parent.parent
SOURCE = ROOT / "src" / "tacit"
ASKED = (
    "py.typed", "__init__.pyi", "reporting/templates/page.html.j2",
    "reporting/schemas/check-1.json", "web/static/page.html", "web/static/main.js",
)  # fmt: skip
"""Files that no import would miss."""


def main() -> None:
    """Build the wheel, and raise `SystemExit` with the first thing wrong with it."""
    with tempfile.TemporaryDirectory() as place:
        there = pathlib.Path(place)
        wheel = built(there)
        refuse("in the wheel", wrong_files(wheel))
        refuse("in the metadata", wrong_metadata(wheel))
        site = installed(wheel, there)
        refuse("pyright", types_of_a_consumer(site, there))
        refuse("running it", run_of_a_consumer(site, there))
    print(f"{wheel.name}: contents, metadata, types and a run of tests/consumer.py")


def refuse(what: str, wrong: list[str]) -> None:
    """End with `wrong`, if it is anything."""
    if wrong:
        raise SystemExit("\n".join([f"{what}:", *wrong]))


def built(there: pathlib.Path) -> pathlib.Path:
    """The wheel, made with what is installed: nothing is fetched."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", there]
    done = subprocess.run([*build, ROOT], capture_output=True, text=True)
    refuse("build", [done.stdout, done.stderr] if done.returncode else [])
    (wheel,) = there.glob("*.whl")
    return wheel


def wrong_files(wheel: pathlib.Path) -> list[str]:
    """Files of the package that it lacks, and what it holds besides them."""
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}
    files = (p for p in SOURCE.rglob("*") if p.is_file())
    own = {p.relative_to(ROOT / "src").as_posix() for p in files}
    own = {name for name in own if "__pycache__" not in name}
    wanted = own | {f"tacit/{name}" for name in ASKED}
    lacks = [f"{name} is missing" for name in sorted(wanted - names)]
    return lacks + [f"{name} is not of the package" for name in sorted(names - own)]


def wrong_metadata(wheel: pathlib.Path) -> list[str]:
    """What it says of itself that pyproject.toml does not, and the other way round."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    with zipfile.ZipFile(wheel) as packed:
        info = f"tacit-{project['version']}.dist-info"
        head, _, text = packed.read(f"{info}/METADATA").decode().partition("\n\n")
        scripts = packed.read(f"{info}/entry_points.txt").decode()
        kept = {name for name in packed.namelist() if name.startswith(info)}
    told = email.message_from_string(head)
    pairs = {
        "Name": project["name"],
        "Version": project["version"],
        "Summary": project["description"],
        "License-Expression": project["license"],
        "Requires-Python": project["requires-python"],
        "Description-Content-Type": "text/markdown",
    }
    wrong = [f"{k}: {told[k]!r}, not {v!r}" for k, v in pairs.items() if told[k] != v]
    extras = set(told.get_all("Provides-Extra", []))
    if extras != set(project["optional-dependencies"]):
        wrong.append(f"extras: {sorted(extras)}")
    if len(told.get_all("Project-URL", [])) != len(project["urls"]):
        wrong.append("project URLs")
    if text != (ROOT / project["readme"]).read_text():
        wrong.append("the description is not the README")
    if f"tacit = {project['scripts']['tacit']}" not in scripts:
        wrong.append(f"scripts: {scripts!r}")
    if f"{info}/licenses/LICENSE" not in kept:
        wrong.append("no LICENSE")
    return wrong


def installed(wheel: pathlib.Path, there: pathlib.Path) -> pathlib.Path:
    """A folder of packages with the wheel unpacked, beside those of this Python."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = there / "env" / "lib" / version / "site-packages"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    (site / "others.pth").write_text(sysconfig.get_path("purelib"))
    return site


def types_of_a_consumer(site: pathlib.Path, there: pathlib.Path) -> list[str]:
    """What pyright says of tests/consumer.py where only the wheel is found."""
    del site  # pyright finds it as the environment `env`
    home = there / "home"
    home.mkdir()
    shutil.copy(ROOT / "tests" / "consumer.py", home)
    settings = {"include": ["."], "venvPath": str(there), "venv": "env"}
    (home / "pyrightconfig.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson"],
        cwd=home, capture_output=True, text=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    if not found["summary"]["filesAnalyzed"]:
        return ["no file was looked at"]
    return [
        f"line {each['range']['start']['line'] + 1}: {each['message']}"
        for each in found["generalDiagnostics"]
        if each["severity"] == "error"
    ]


def run_of_a_consumer(site: pathlib.Path, there: pathlib.Path) -> list[str]:
    """What goes wrong where tests/consumer.py is run on the wheel."""
    code = "import tacit, consumer; print(tacit.__file__); consumer.main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=there / "home", capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(site)},
    )  # fmt: skip
    if done.returncode or not done.stdout.startswith(str(site)):
        return [done.stdout, done.stderr]
    return []


if __name__ == "__main__":
    main()
