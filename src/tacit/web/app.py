"""The routes of the dashboard. The door to Starlette."""

import contextlib
import functools
import importlib.util
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from ..errors import DataError, MissingExtraError, NotFoundError, TacitError
from .controls import read_values, Slider, Values
from .guard import Guarded
from .jobs import Desk, Work
from .shown import SHOWN
from .study import Shown
from .sweeps import Sweep
from .uploads import MOST_BYTES, TABLES


try:
    from starlette.applications import Starlette
    from starlette.background import BackgroundTask
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import (
        FileResponse,
        HTMLResponse,
        JSONResponse,
        Response,
        StreamingResponse,
    )
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles
except ModuleNotFoundError as error:
    raise MissingExtraError("the dashboard", "starlette", "web") from error

HERE = Path(__file__).parent / "static"
HOSTS = ["127.0.0.1", "localhost"]


def dashboard(
    *,
    sweep: Sweep | None = None,
    study: str = "",
    ahead: bool = True,
    at_once: bool = False,
) -> Starlette:
    """The application; `sweep` is a store to read and `study` what is shown first.

    Where `ahead`, what other shapes and studies need is compiled while nobody waits;
    where it begins `at_once`, that of the first study before anybody asks.

    Raises `NotFoundError` for a study that is not on it.
    """
    if study and study not in SHOWN:
        raise NotFoundError("study on the dashboard", study, SHOWN)
    app = Starlette(
        routes=[
            Route("/", _page),
            Route("/plotly.js", _plotly),
            Route("/run/{study}", _run),
            Route("/table", _upload, methods=["POST"]),
            Route("/sweep", _sweep),
            Route("/sweep/run/{key}", _sweep_run),
            Mount("/static", StaticFiles(directory=HERE)),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False),
            Middleware(Guarded),
        ],
        exception_handlers={TacitError: _refused, ClientDisconnect: _gone},
        lifespan=_lifespan,
    )
    app.state.sweep, app.state.first = sweep, study or next(iter(SHOWN))
    app.state.ahead, app.state.at_once = ahead, at_once
    app.state.compiled = set()
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    app.state.desk = Desk()
    first = SHOWN[app.state.first]
    if app.state.at_once and not first.given:
        _rehearse(app.state, first, {})
    yield
    app.state.desk.close()


async def _page(request: Request) -> Response:
    state = request.app.state
    told = {
        "studies": [study.to_json() for study in SHOWN.values()],
        "first": state.first,
        "sweep": state.sweep and state.sweep.name,
        "upload": MOST_BYTES,
    }
    text = json.dumps(told, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
    return HTMLResponse(_template().replace("{{told}}", text))


@functools.cache
def _template() -> str:
    return (HERE / "page.html").read_text(encoding="utf-8")


async def _plotly(request: Request) -> Response:
    del request
    kept = {"Cache-Control": "max-age=86400"}
    return FileResponse(_script(), media_type="text/javascript", headers=kept)


@functools.cache
def _script() -> Path:
    """Plotly's own script, in the installed package; the package is not imported."""
    found = importlib.util.find_spec("plotly")
    if found is None or not found.origin:
        raise MissingExtraError("the dashboard", "plotly", "web")
    return Path(found.origin).parent / "package_data" / "plotly.min.js"


async def _run(request: Request) -> Response:
    """A run as server-sent events; closing the connection gives it up."""
    name = request.path_params["study"]
    if name not in SHOWN:
        raise NotFoundError("study on the dashboard", name[:40], SHOWN)
    study, state = SHOWN[name], request.app.state
    values = read_values(study.controls, dict(request.query_params))
    pieces = state.desk.follow(_key(study, values), _work(state, study, values))
    begun = {"compiles": study.shape(values) not in state.compiled}
    after = BackgroundTask(_ahead, state, study, values) if state.ahead else None
    return _streamed(_events(pieces, begun), after)


def _streamed(events: AsyncIterator[str], after: Any = None) -> Response:
    kept = {"Cache-Control": "no-store"}
    kind = "text/event-stream"
    return StreamingResponse(events, media_type=kind, headers=kept, background=after)


async def _events(pieces: Any, begun: dict) -> AsyncIterator[str]:
    yield _event("begun", begun)
    async with contextlib.aclosing(pieces):
        try:
            async for kind, piece in pieces:
                yield _event(kind, piece)
        except TacitError as error:
            yield _event("refused", {"text": str(error)})
    yield _event("done", {})


async def _ahead(state: Any, study: Shown, values: Values) -> None:
    """Once a study is looked at, compile the shapes that its sliders lead to.

    The nearest first: that is where the slider is moved to next. Then what the other
    studies begin with.
    """
    for control in study.controls:
        if control.key not in study.shapes or not isinstance(control, Slider):
            continue
        here = float(values[control.key])
        for stop in sorted(control.stops, key=lambda stop: abs(stop - here)):
            _rehearse(state, study, {**values, control.key: stop})
    for other in SHOWN.values():
        if not other.given:
            _rehearse(state, other, {})


def _rehearse(state: Any, study: Shown, moved: Values) -> None:
    values = {**read_values(study.controls, {}), **moved}
    work = _work(state, study, values)
    state.desk.rehearse(study.shape(values), _key(study, values), work)


def _key(study: Shown, values: Values) -> tuple:
    return (study.name, *values.items())


def _work(state: Any, study: Shown, values: Values) -> Work:
    """What solves it, and remembers that its shape was compiled."""

    def work(say: Any, stop: Any) -> None:
        _solve(study.name, values, say, stop)
        if not stop.is_set():
            state.compiled.add(study.shape(values))

    return work


def _solve(name: str, values: Any, say: Any, stop: Any) -> None:
    from .solving import solve  # all that computes, once somebody asks

    solve(name, values, say, stop)


def _event(kind: str, piece: dict) -> str:
    data = json.dumps(piece, ensure_ascii=False, allow_nan=False)
    return f"event: {kind}\ndata: {data}\n\n"


async def _upload(request: Request) -> Response:
    """Keep a small table, sent as it is; what its columns are."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MOST_BYTES:
            raise DataError(f"the table has more than {MOST_BYTES // 10**6} MB.")
    return JSONResponse(TABLES.add(bytes(content)).to_json())


async def _sweep(request: Request) -> Response:
    """How far the sweep is, again whenever that changes, as server-sent events."""

    async def events() -> AsyncIterator[str]:
        async for piece in _of(request).watch():
            yield _event("sweep", piece)

    return _streamed(events())


async def _sweep_run(request: Request) -> Response:
    return JSONResponse(await _of(request).run(request.path_params["key"][:80]))


def _of(request: Request) -> Sweep:
    sweep = request.app.state.sweep
    if sweep is None:
        raise NotFoundError("sweep; start with `tacit view STORE`:", "", ())
    return sweep


async def _refused(request: Request, error: Exception) -> Response:
    del request
    code = 404 if isinstance(error, NotFoundError) else 422
    return JSONResponse({"text": str(error)}, status_code=code)


async def _gone(request: Request, error: Exception) -> Response:
    del request, error
    return Response(status_code=499)
