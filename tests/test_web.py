"""The dashboard without a browser: bounds, manners, and runs on behalf of many."""

import asyncio
import json
import math
import subprocess
import sys
import threading
import time

import httpx
import jax
import numpy as np
import pytest


pytest.importorskip("starlette")

from tacit.compilation import compiled
from tacit.errors import DataError, NotFoundError, TacitError
from tacit.web import jobs
from tacit.web.app import dashboard
from tacit.web.benches.base import moves
from tacit.web.controls import read_values, Slider
from tacit.web.jobs import BusyError, Desk
from tacit.web.panels import drift
from tacit.web.shown import SHOWN
from tacit.web.solving import solve
from tacit.web.uploads import MOST_BYTES, TABLES


SMALL = b"a,b,kind\n" + b"\n".join(
    b"%d.5,%d,%s" % (i * i % 7, i * 3 % 5, b"xy"[i % 2 : i % 2 + 1]) for i in range(20)
)


def ask(*requests):
    """The answers of one dashboard to ``(method, path, words)``, one after another."""

    async def main():
        app = dashboard(ahead=False)
        door = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=door, base_url="http://127.0.0.1") as client,
        ):
            return [await client.request(m, path, **w) for m, path, w in requests]

    return asyncio.run(main())


def get(path, **words):
    return ask(("GET", path, words))[0]


def post(path, **words):
    return ask(("POST", path, words))[0]


def events(answer):
    """The pieces of a stream of server-sent events."""
    blocks = answer.text.strip().split("\n\n")
    return [
        (head.removeprefix("event: "), json.loads(data.removeprefix("data: ")))
        for head, data in (block.split("\n") for block in blocks)
    ]


def run(study, **moved):
    """What `solve` tells of a study with these sliders moved."""
    values = read_values(SHOWN[study].controls, {k: str(v) for k, v in moved.items()})
    told = {}
    solve(study, values, told.__setitem__, threading.Event())
    return told


# --- bounds


@pytest.mark.parametrize("study", SHOWN)
def test_every_default_is_within_its_bounds(study):
    controls = SHOWN[study].controls
    defaults = {c.key: str(c.default) for c in controls}
    assert read_values(controls, defaults) == read_values(controls, {})
    for control in controls:
        if isinstance(control, Slider):
            assert control.default in control.stops
            assert list(control.stops) == sorted(control.stops)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"depth": "99"}, "depth is a whole number from 1 to 8; got '99'"),
        ({"depth": "2.5"}, "whole number"),
        ({"depth": "nan"}, "from 1 to 8"),
        ({"depth": "x" * 1000}, r"got 'x{37}\.\.\.'"),
        ({"step": "-1"}, "step is a number from 0 to 1"),
        ({"time": "inf"}, "from 10 to 1e"),
        ({"dept": "1"}, "Did you mean 'depth'"),
    ],
    ids=str,
)
def test_what_is_out_of_bounds_is_refused_with_the_bounds(given, says):
    with pytest.raises(TacitError, match=says):
        read_values(SHOWN["deep-lda"].controls, given)
    answer = get("/run/deep-lda", params=given)
    assert answer.status_code in (404, 422)
    assert answer.json()["text"]


@pytest.mark.parametrize(
    ("moved", "says"),
    [
        ({"step": 0.001, "time": 1e6}, "1e\\+09 steps"),
        ({"batch": 8}, "choose a step above 0"),
        ({"batch": 128, "step": 0.1, "ratio": 1.5, "time": 10}, "128 from 30 samples"),
        ({"depth": 1, "imbalance": 0.1}, "depth from 2 on"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_said(moved, says):
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(run("deep-lda", **moved)["refused"]["text"])


def test_a_step_is_counted_before_it_is_taken():
    assert moves(10.0, 0.1) == 100
    for time_, step in ((1e6, 1e-3), (0.1, 1.0)):
        with pytest.raises(DataError, match="step"):
            moves(time_, step)


# --- what a run tells


def test_a_run_is_foretold_then_drawn_then_judged():
    told = run("deep-lda", depth=2)
    assert list(told) == ["forecast", "run", "verdicts"]
    outcomes = {each["id"]: each["outcome"] for each in told["verdicts"]["verdicts"]}
    assert outcomes["C1"] == outcomes["B3"] == "holds"
    assert outcomes["C2"] == "does not apply"
    panels = {panel["key"] for panel in told["forecast"]["panels"]}
    assert {curve["panel"] for curve in told["run"]["curves"]} == panels
    json.dumps(told, allow_nan=False)


def test_the_forecast_is_where_the_run_ends():
    """Beside the curves, not read off them: at every depth, and with wrong signs."""
    for moved in ({}, {"wrong": 3, "time": 1e6}, {"imbalance": 0.3}):
        told = run("deep-lda", depth=2, **moved)
        ends = {
            curve["name"]: curve["y"][-1]
            for curve in told["run"]["curves"]
            if curve["panel"] == "weights"
        }
        marks = {
            mark["name"]: mark["value"]
            for mark in told["forecast"]["marks"]
            if mark["panel"] == "weights"
        }
        assert ends.keys() == marks.keys()
        apart = max(abs(ends[name] - marks[name]) for name in ends)
        assert apart < 2e-3, moved


def test_a_law_is_counted_and_its_drift_is_foretold():
    """By steps of descent: what is predicted from the gradients is what is measured."""
    told = run("laws", hidden=2, inputs=2, outputs=1, time=1.0)
    (first, *_) = told["forecast"]["foreseen"]
    assert first["text"].startswith("2 (certified): ")
    seen, foreseen = (
        {c["name"]: c["y"] for c in told["run"]["curves"]
         if c["panel"] == "conserved" and c["foretold"] == ahead}
        for ahead in (False, True)
    )  # fmt: skip
    assert len(seen) == 2
    assert seen.keys() == foreseen.keys()
    for law, values in seen.items():
        # Between records the drift of a step is interpolated: less known at the start.
        assert values == pytest.approx(foreseen[law], abs=2e-2 * max(values))
        assert max(values) > 1e-5


def test_the_correction_says_where_memory_carries_adam():
    told = run("adam-noise", moves=64, step=3e-4, beta1=0.5, beta2=0.8)
    curves = {
        (c["name"], c["foretold"]): np.array(c["y"])
        for c in told["run"]["curves"]
        if c["panel"] == "weights"
    }
    carried, foretold = curves["Adam", False], curves["Adam", True]
    missed = curves["what the correction misses", False]
    later = slice(5, None)  # at first there is nothing to remember
    assert np.all(missed[later] < 0.1 * carried[later])
    assert carried[-1] == pytest.approx(foretold[-1], rel=0.1)


def test_a_balanced_start_ends_in_its_orthant_and_another_does_not():
    """As the claim says, which is asked of the same run."""
    ends = {}
    for imbalance in (0.0, 1.0):
        told = run("phase-diagram", imbalance=imbalance, time=1e3, seed=4)
        (far,) = [c for c in told["run"]["curves"] if c["panel"] == "alignment"]
        verdicts = {v["id"]: v["outcome"] for v in told["verdicts"]["verdicts"]}
        ends[imbalance] = far["y"][-1], verdicts["C1"]
        (row,) = told["more"]["curves"]
        assert row["y"][-1] > 0.05
        assert row["x"][-1] == 1.0
    assert ends[0.0][0] < 0.05
    assert ends[0.0][1] == "holds"
    assert ends[1.0][0] == pytest.approx(row["y"][-1], rel=1e-3)
    assert ends[1.0][1] == "does not apply"


def test_steps_out_of_a_saddle_escape_when_the_flow_does():
    ends = []
    for step in (0.0, 0.03):
        told = run("saddle-escape", depth=3, start=1e-2, ratio=3, step=step)
        (risk,) = [c for c in told["run"]["curves"] if c["panel"] == "margin"]
        x, y = np.array(risk["x"]), np.array(risk["y"])
        ends.append(x[np.argmax(y < 0.5)])
        outcomes = {v["id"]: v["outcome"] for v in told["verdicts"]["verdicts"]}
        assert outcomes["S1"] == ("does not apply" if step else "holds")
    assert ends[1] == pytest.approx(ends[0], rel=0.05)
    text = run("saddle-escape", batch=8)["refused"]["text"]
    assert "choose a step above 0" in text


def test_the_first_run_of_a_shape_says_that_it_compiles():
    path = "/run/deep-lda"
    found = ask(
        *(("GET", path, {"params": {"depth": d, "start": s}})
          for d, s in (("1", "1"), ("1", "3"), ("2", "1")))
    )  # fmt: skip
    told = [events(each)[0] for each in found]
    assert told == [("begun", {"compiles": c}) for c in (True, False, True)]


def test_a_depth_once_seen_compiles_nothing():
    jax.clear_caches()  # else room may be made in the middle, and all compiles anew
    for depth in (2, 3):
        run("deep-lda", depth=depth)
    before = compiled()
    for depth in (2, 3, 2):
        run("deep-lda", depth=depth, start=0.3)
    assert compiled() == before


def between(slider, i):
    """A value of a slider that is none of its stops, or else the stop itself."""
    low, high = sorted((slider.default, slider.stops[i]))
    if slider.whole:
        return slider.stops[i]
    return math.sqrt(low * high) if low > 0 else high / 2


RECORDED_IN_TWO = {"time", "seed"}
"""What moves where the records of `phase-diagram` change the chart: a part more."""


@pytest.mark.parametrize("study", [s for s in SHOWN if not SHOWN[s].given])
def test_a_slider_moved_to_a_number_not_seen_before_compiles_nothing(study):
    """Once it was moved elsewhere; other shapes and another number of samples apart."""
    shown = SHOWN[study]
    anew = {"step", "batch"}  # another flow
    jax.clear_caches()  # else room may be made in the middle, and all compiles anew
    run(study)
    for slider in shown.controls:
        if not isinstance(slider, Slider) or slider.key in {*shown.shapes, *anew}:
            continue
        if slider.key == "ratio":
            continue
        if study == "phase-diagram" and slider.key in RECORDED_IN_TWO:
            continue
        here = slider.stops.index(slider.default)
        near = range(len(slider.stops)) if not here else range(here - 1, -1, -1)
        first, second = ([i for i in near if i != here] + [here + 1])[:2]
        run(study, **{slider.key: between(slider, first)})
        before = compiled()
        told = run(study, **{slider.key: between(slider, second)})
        assert "refused" not in told
        assert compiled() == before, slider.key


def test_what_is_drawn_beside_a_run_comes_after_it_and_once():
    told = run("phase-diagram", seed=7)
    assert list(told) == ["forecast", "run", "verdicts", "more"]
    again = run("phase-diagram", seed=7, imbalance=0.5)
    assert again["more"] == told["more"]
    assert again["run"] != told["run"]


@pytest.mark.parametrize(
    "moved",
    [{"small": 3}, {"small": 4}, {"depth": 5, "small": 5, "start": 1e-2},
     {"depth": 5, "small": 5}, {"activation": "gelu", "start": 1e-5}],
    ids=str,
)  # fmt: skip
def test_records_of_an_escape_resolve_it(moved):
    """However long it waits: what a theorem integrates over them is then known."""
    told = run("saddle-escape", **moved)
    assert not told["run"]["reason"]
    (found,) = [v for v in told["verdicts"]["verdicts"] if v["id"] == "S1"]
    assert found["outcome"] == "holds"
    (risk,) = [c for c in told["run"]["curves"] if c["panel"] == "margin"]
    # On its way from the plateau to what it comes to.
    high, low = risk["y"][0], risk["y"][-1]
    between = [y for y in risk["y"] if 0.1 < (y - low) / (high - low) < 0.9]
    assert len(between) >= 8


def test_a_wait_too_long_for_its_end_to_be_seen_is_said_beforehand():
    values = {"depth": 5, "small": 5, "start": 1e-4}
    said = {
        f["name"]: f["text"]
        for f in run("saddle-escape", **values)["forecast"]["foreseen"]
    }
    assert "fewer small layers" in said["Too short to be seen"]
    assert "Too short to be seen" not in str(run("saddle-escape", depth=5, small=5))


@pytest.mark.parametrize("depth", [2, 3])
def test_the_first_record_of_a_norm_is_beyond_the_start(depth):
    told = run("alignment", depth=depth)
    assert not told["run"]["reason"]
    assert len(told["run"]["curves"][0]["x"]) == 60


def test_a_run_that_is_told_to_stop_says_so():
    stop, told = threading.Event(), {}
    values = read_values(SHOWN["deep-lda"].controls, {"depth": "2"})

    def say(kind, piece):
        told[kind] = piece
        stop.set()

    solve("deep-lda", values, say, stop)
    assert list(told) == ["forecast"]


def test_drift_is_relative_and_zero_at_the_start():
    values = np.array([[4.0, 2.0], [4.0, 3.0]])
    assert drift(values).tolist() == [0.0, 0.25]


# --- manners


def test_other_names_of_this_machine_are_refused():
    assert get("/").status_code == 200
    assert get("/", headers={"host": "localhost:8000"}).status_code == 200
    for host in ("evil.example", "127.0.0.1.evil.example", "192.168.0.2"):
        assert get("/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [{"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"},
     {"origin": "null"}],
    ids=str,
)  # fmt: skip
def test_other_sites_are_refused(headers):
    assert post("/table", content=SMALL, headers=headers).status_code == 403
    assert get("/run/deep-lda?depth=2", headers=headers).status_code == 403


def test_the_page_may_load_nothing_from_elsewhere():
    answer = get("/")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "access-control-allow-origin" not in answer.headers
    assert answer.text.count("{{") == 0


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/../../errors.py"]
)
def test_only_what_is_meant_to_be_served_is(path):
    assert get(path).status_code == 404


def test_nothing_that_computes_is_imported_before_somebody_asks():
    code = """
import asyncio, httpx, re, sys
from tacit.web import serving

async def main():
    app = serving.dashboard()
    door = httpx.ASGITransport(app=app)
    async with app.router.lifespan_context(app):
        async with httpx.AsyncClient(transport=door, base_url="http://localhost") as c:
            for path in ("/", "/plotly.js", "/static/app.css"):
                assert (await c.get(path)).status_code == 200
            assert (await c.get("/run/deep-lda?depth=99")).status_code == 422

asyncio.run(main())
heavy = {"jax", "numpy", "scipy", "pandas", "xarray", "plotly", "matplotlib"}
peak = re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]
print(*heavy & set(sys.modules), "|", int(peak) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    imported, megabytes = done.stdout.split("|")
    assert not imported.split()
    assert int(megabytes) < 150


# --- tables


def test_a_table_is_kept_in_memory_and_run():
    told = post("/table", content=SMALL).json()
    assert told["labels"]["kind"] == ["x", "y"]
    assert told["numbers"] == ["a", "b"]
    asked = {"table": told["table"], "label": "kind", "against": "y", "depth": "2"}
    found = events(get("/run/own-data", params=asked))
    kinds = [kind for kind, _ in found]
    assert kinds == ["begun", "forecast", "run", "verdicts", "done"]
    names = {c["name"] for c in found[2][1]["curves"] if c["panel"] == "weights"}
    assert len(names) == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "names in its first row"),
        (b"\xff\xfe\x00", "no table of text"),
        (b"a,a\n1,2\n3,4\n", "one name"),
        (b"a,b\n1\n2,3\n", "row 1 has 1 entries"),
        (b"a,b\n1.5,2\n3,4\n5,6\n", "no column can be a label"),
        (b"x" * (MOST_BYTES + 1), "more than 2 MB"),
        (b"a,b\n" + b"1,2\n" * 5001, "5001 rows"),
    ],
    ids=lambda each: str(each)[:30],
)
def test_what_is_no_small_table_is_refused(content, says):
    answer = post("/table", content=content)
    assert answer.status_code == 422
    assert says in answer.json()["text"]


def test_a_table_that_is_not_there_is_named():
    with pytest.raises(NotFoundError, match="upload it"):
        TABLES.get("gone")
    assert "upload it" in run("own-data", table="gone")["refused"]["text"]


# --- many at once


def slow(log, name, pieces=3, pause=0.03):
    """Work that tells its pieces slowly, and stops between them when told to."""

    def work(say, stop):
        log.append(name)
        for i in range(pieces):
            if stop.wait(pause):
                log.append(f"{name} stopped")
                return
            say("piece", {"i": i})

    return work


async def follow(desk, key, work):
    return [piece async for piece in desk.follow(key, work)]


def test_equal_runs_are_one_and_all_hear_all_of_it():
    async def main():
        desk, log = Desk(), []
        work = slow(log, "a")
        heard = await asyncio.gather(*(follow(desk, "a", work) for _ in range(50)))
        later = await follow(desk, "a", work)
        desk.close()
        return heard, later, log

    heard, later, log = asyncio.run(main())
    assert log == ["a"]
    assert all(each == heard[0] for each in heard)
    assert [kind for kind, _ in heard[0]] == ["piece"] * 3
    assert later == heard[0]


def test_superseded_runs_end_and_waiting_ones_never_begin():
    """Fifty listeners, each moving on ten times while all threads are busy.

    Those first begun are told to stop; of the others only the last ones begin, however
    many were superseded while they waited.
    """
    people, moves = 50, 10
    assert people * moves > jobs.MOST_WAITING, "superseded runs must not fill the queue"

    async def main():
        desk, log, gate, there = Desk(), [], threading.Event(), []

        def held(name):
            def work(say, stop):
                log.append(name)
                gate.wait(60)
                say("piece", {"stopped": stop.is_set()})

            return work

        async def person(i):
            for move in range(moves - 1):
                work = held((i, move))
                task = asyncio.ensure_future(follow(desk, (i, move), work))
                await asyncio.sleep(0.002)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            last = asyncio.ensure_future(
                follow(desk, (i, moves - 1), held((i, moves - 1)))
            )
            there.append(i)
            if len(there) == people:
                gate.set()
            return await last

        heard = await asyncio.gather(*map(person, range(people)))
        started = desk.started
        desk.close()
        return heard, started, log

    heard, started, log = asyncio.run(main())
    assert heard == [[("piece", {"stopped": False})]] * people
    begun = [name for name in log if name[1] < moves - 1]
    assert len(begun) == jobs.WORKERS, "a run that nobody waited for was begun"
    assert started == people + jobs.WORKERS


def test_a_run_under_way_is_told_to_stop_when_nobody_is_left():
    async def main():
        desk, log = Desk(), []
        task = asyncio.ensure_future(follow(desk, "a", slow(log, "a", pause=30)))
        while not log:
            await asyncio.sleep(0.001)
        task.cancel()
        while len(log) < 2:
            await asyncio.sleep(0.001)
        desk.close()
        return log

    assert asyncio.run(asyncio.wait_for(main(), 20)) == ["a", "a stopped"]


def test_a_listener_that_leaves_does_not_end_the_run_of_another():
    async def main():
        desk, log = Desk(), []
        first = asyncio.ensure_future(follow(desk, "a", slow(log, "a")))
        second = asyncio.ensure_future(follow(desk, "a", slow(log, "a")))
        await asyncio.sleep(0.01)
        first.cancel()
        heard = await second
        desk.close()
        return heard, log

    heard, log = asyncio.run(main())
    assert len(heard) == 3
    assert log == ["a"]


def test_too_many_are_told_to_come_back():
    async def main():
        desk, log = Desk(), []
        tasks = [
            asyncio.ensure_future(follow(desk, i, slow(log, i, pause=0.5)))
            for i in range(jobs.MOST_WAITING + jobs.WORKERS)
        ]
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="waiting"):
            await follow(desk, "one more", slow(log, "one more"))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        desk.close()

    asyncio.run(main())


def test_a_run_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(jobs, "LONGEST", 0.05)

    async def main():
        desk = Desk()
        heard = await follow(desk, "a", slow([], "a", pieces=1000, pause=0.01))
        desk.close()
        return heard

    heard = asyncio.run(main())
    assert heard[-1][0] == "refused"
    assert "ended after" in heard[-1][1]["text"]


def test_a_fault_ends_a_run_and_not_the_desk():
    def work(say, stop):
        del say, stop
        raise ZeroDivisionError("by hand")

    async def main():
        desk, log = Desk(), []
        first = await follow(desk, "a", work)
        second = await follow(desk, "a", slow(log, "a"))
        desk.close()
        return first, second

    first, second = asyncio.run(main())
    assert first == [("fault", {"text": "a fault of ours, ZeroDivisionError: by hand"})]
    assert len(second) == 3


def test_rehearsals_wait_until_nobody_does():
    async def main():
        desk, log = Desk(), []
        tasks = [asyncio.ensure_future(follow(desk, i, slow(log, i))) for i in range(4)]
        await asyncio.sleep(0)
        for _ in range(2):
            desk.rehearse("shape", "r", slow(log, "rehearsal", pieces=0))
        await asyncio.gather(*tasks)
        begun = time.monotonic()
        while "rehearsal" not in log and time.monotonic() - begun < 5:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)  # for a second one, which must not come
        desk.close()
        return log

    assert asyncio.run(main()) == [0, 1, 2, 3, "rehearsal"]


def test_who_asks_for_what_is_rehearsed_listens_to_that():
    async def main():
        desk, log = Desk(), []
        desk.rehearse("shape", "a", slow(log, "rehearsal"))
        heard = await follow(desk, "a", slow(log, "anew"))
        desk.close()
        return heard, log

    heard, log = asyncio.run(main())
    assert log == ["rehearsal"]
    assert [kind for kind, _ in heard] == ["piece"] * 3
