"""What keeps other sites out, and the page at home."""

from typing import Any


HEADERS = {
    "content-security-policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}
OWN = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
REFUSED = b"Requests from other sites are refused."


class Guarded:
    """Refuse what another site's page sends, and forbid pages to load from elsewhere.

    A browser lets any site send requests to this machine; it says so in the headers.
    """

    def __init__(self, app: Any):
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *OWN]
            await send(message)

        if _from_elsewhere(scope):
            await guarded({"type": "http.response.start", "status": 403})
            await guarded({"type": "http.response.body", "body": REFUSED})
            return
        await self.app(scope, receive, guarded)


def _from_elsewhere(scope: Any) -> bool:
    """Whether a page of another site asks; a link to the first page may be followed."""
    headers = dict(scope["headers"])
    site = headers.get(b"sec-fetch-site", b"none")
    origin, host = headers.get(b"origin"), headers.get(b"host", b"")
    linked = scope["path"] == "/" and scope["method"] == "GET"
    foreign = origin is not None and origin != b"http://" + host
    return foreign or (site not in (b"none", b"same-origin") and not linked)
