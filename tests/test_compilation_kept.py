"""Compiled functions in memory and on disk: bounded there, whole or absent here."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tacit.compilation import cache_folder, disk
from tests.present import present


def python(code, **environment):
    """What a fresh process prints; it must not fail nor say a word on stderr."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JAX_", "TACIT"))}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return run.stdout.strip()


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_more_shapes_than_the_system_has_mappings_for():
    code = """
    import ctypes, pathlib
    import jax, numpy as np
    from tacit.compilation import make_room
    limit = int(pathlib.Path("/proc/sys/vm/max_map_count").read_text())
    used = lambda: pathlib.Path("/proc/self/maps").read_bytes().count(b"\\n")
    double = jax.jit(lambda x: 2 * x)
    double(np.ones(2))
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + 3 * [ctypes.c_int] + [
        ctypes.c_long]
    libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    more = limit - 1200 - used()
    base = libc.mmap(None, 4096 * (more + 2), 1, 0x22, -1, 0)
    for page in range(0, more, 2):  # every other page of another kind
        libc.mprotect(base + 4096 * page, 4096, 3)
    most = 0
    for d in range(3, 150):
        make_room()
        double(np.ones(d))
        most = max(most, used())
    print(limit - most > 200)
    """
    assert python(code, TACIT_CACHE="off") == "True"


def test_little_that_is_compiled_stays():
    code = """
    import jax, numpy as np
    from tacit.compilation import make_room
    double, traced = jax.jit(lambda x: (traced.append(1), 2 * x)[1]), []
    for d in range(3, 40):
        make_room()
        double(np.ones(d))
    make_room()
    double(np.ones(3))
    print(len(traced))
    """
    assert python(code, TACIT_CACHE="off") == "37"


USED = """
import jax
import tacit._types
hits = []
jax.monitoring.register_event_listener(
    lambda event, **_: hits.append(1) if event.endswith("cache_hits") else None)
print(float(jax.jit(lambda x: x * 3.0 + 1.0)(2.0)), len(hits))
"""


def test_a_second_process_compiles_nothing(tmp_path):
    assert python(USED, TACIT_CACHE=str(tmp_path)) == "7.0 0"
    assert python(USED, TACIT_CACHE=str(tmp_path)) == "7.0 1"


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda _: b""])
def test_a_damaged_file_is_a_miss_and_is_mended(tmp_path, damage):
    python(USED, TACIT_CACHE=str(tmp_path))
    (file,) = tmp_path.rglob("*" + disk.SUFFIX)
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert python(USED, TACIT_CACHE=str(tmp_path)) == "7.0 0"
    assert python(USED, TACIT_CACHE=str(tmp_path)) == "7.0 1"


def test_off_and_a_cache_of_the_users_own(tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    assert python(USED, TACIT_CACHE="off", XDG_CACHE_HOME=str(ours)) == "7.0 0"
    named = {"JAX_COMPILATION_CACHE_DIR": str(theirs), "XDG_CACHE_HOME": str(ours)}
    asked = {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    assert python(USED, **named, **asked) == "7.0 0"
    assert list(theirs.iterdir())
    assert not ours.exists()


@pytest.mark.parametrize(
    ("system", "place"),
    [
        ("linux", ".cache/tacit"),
        ("darwin", "Library/Caches/tacit"),
        ("win32", "AppData/Local/tacit"),
    ],
)
def test_the_users_cache_folder_by_platform(monkeypatch, tmp_path, system, place):
    for name in ("TACIT_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert present(cache_folder()).parent == tmp_path / place


@pytest.mark.parametrize("home", ["a file", "a full disk"])
def test_a_home_that_takes_nothing(tmp_path, home):
    """No word, no error; a limit on the size of files stands for the full disk."""
    if home == "a file":
        (tmp_path / "home").write_text("not a folder")
        assert python(USED, TACIT_CACHE=str(tmp_path / "home")) == "7.0 0"
        return
    limited = """
    import resource, signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    """
    code = textwrap.dedent(limited) + USED
    assert python(code, TACIT_CACHE=str(tmp_path)) == "7.0 0"
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_two_writers_leave_whole_files(tmp_path):
    value, files = os.urandom(2**20), tmp_path / "store"
    code = f"""
    import pathlib
    from tacit.compilation.disk import _Files
    files = _Files(pathlib.Path({str(files)!r}))
    value, seen = pathlib.Path({str(tmp_path / "value")!r}).read_bytes(), set()
    for _ in range(200):
        files.put("key", value)
        seen.add(files.get("key") == value)
    print(seen)
    """
    (tmp_path / "value").write_bytes(value)
    command = [sys.executable, "-c", textwrap.dedent(code)]
    two = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in "ab"]
    assert [each.communicate(timeout=300)[0].strip() for each in two] == ["{True}"] * 2
    assert [file.name for file in files.iterdir()] == ["key" + disk.SUFFIX]


def test_a_jax_whose_inside_is_another(tmp_path):
    """Without the name that we replace, JAX's own files serve."""
    code = "import jax\nfrom jax._src import compilation_cache as store\n"
    inner = "make = store.get_file_cache\ndel store.get_file_cache\n"
    later = USED.replace("hits = []", "store.get_file_cache = make\nhits = []")
    assert python(code + inner + later, TACIT_CACHE=str(tmp_path)) == "7.0 0"
    assert python(code + inner + later, TACIT_CACHE=str(tmp_path)) == "7.0 1"
    assert not list(tmp_path.rglob("*" + disk.SUFFIX))


def test_versions_and_processors_have_folders_of_their_own(monkeypatch, tmp_path):
    monkeypatch.setenv("TACIT_CACHE", str(tmp_path))
    here = cache_folder()
    monkeypatch.setattr("jax.__version__", "0.0.0")
    assert cache_folder() != here


def test_the_least_used_go_first(tmp_path, monkeypatch):
    files = disk._Files(tmp_path)
    for age, key in enumerate("abc"):
        files.put(key, bytes(100))
        os.utime(tmp_path / (key + disk.SUFFIX), (age, age))
    assert files.get("a") == bytes(100)  # now the one used last
    monkeypatch.setattr(disk, "MOST", 250)
    disk._Files(tmp_path)
    assert sorted(file.name[0] for file in tmp_path.iterdir()) == ["a", "c"]
