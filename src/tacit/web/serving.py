"""The server of the dashboard. The door to uvicorn."""

import logging
import socket

from ..errors import MissingExtraError, OutputError
from .app import dashboard
from .sweeps import Sweep


try:
    import uvicorn
except ModuleNotFoundError as error:
    raise MissingExtraError("the dashboard", "uvicorn", "web") from error

HOST = "127.0.0.1"


def serve(
    *, store: str = "", study: str = "", port: int = 0, ahead: bool = True
) -> None:
    """Show the dashboard on this machine until Ctrl-C; prints its address.

    A `port` of 0 is any that is free. Raises `OutputError` for one that is taken and
    what `dashboard` and `tacit.Store` raise.
    """
    sweep = Sweep(store) if store else None
    at_once = ahead and sweep is None
    app = dashboard(sweep=sweep, study=study, ahead=ahead, at_once=at_once)
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((HOST, port))
    except OSError as error:
        raise OutputError(
            f"port {port} of this machine cannot be had: {error.strerror}.\n"
            "Choose another one with --port, or leave it out."
        ) from error
    print(f"http://{HOST}:{door.getsockname()[1]}/", flush=True)
    # Whoever watches a sweep is listening when the server ends: no error of anybody's.
    quiet = logging.getLogger("uvicorn.error")
    quiet.addFilter(lambda said: "graceful shutdown" not in said.getMessage())
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False,
        timeout_graceful_shutdown=1, ws="none",
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[door])
