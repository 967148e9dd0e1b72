"""The entry point of the console script."""

import contextlib
import gc
import os
import sys
import traceback
from typing import NoReturn

from ..errors import StoreError, TacitError
from .base import app, FAULT, FINE, INCOMPLETE, NUMERICAL, UNREAD, USAGE


def main() -> NoReturn:
    """Entry point: run the command, and turn what went wrong into a line and a code."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="replace")  # pyright: ignore[reportAttributeAccessIssue]
    # Most of what a verb loads and traces stays: to look for rubbish among it at
    # Python's usual pace takes a tenth of a first call.
    gc.set_threshold(100_000, 20, 20)
    code = FINE
    try:
        app(prog_name="tacit")  # the name that shells complete, however it was called
    except SystemExit as stop:  # typer leaves this way, always
        code = stop.code if isinstance(stop.code, int) else FAULT
        if isinstance(stop.__context__, BrokenPipeError):
            code = UNREAD
    except TacitError as error:
        print(f"tacit: {error}", file=sys.stderr)
        if os.environ.get("TACIT_DEBUG"):
            traceback.print_exc()
        code = INCOMPLETE if isinstance(error, StoreError) else USAGE
    except Exception as error:
        traceback.print_exc()
        arithmetic = isinstance(error, ArithmeticError)
        code = NUMERICAL if arithmetic or "LinAlg" in type(error).__name__ else FAULT
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = UNREAD
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
