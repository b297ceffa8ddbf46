"""Asks a server everything there is to ask: each route, each socket, each command."""

import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.routing import Route
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.live import COOKIE, Live
from tests.security.samples import IdOf, Json, sample
from twinspace_rt.app import api_routes
from twinspace_rt.json_http import Body


@dataclass(frozen=True)
class Asked:
    """A request, and the body that its handler reads, if any."""

    method: str
    path: str
    body: type[Body] | None

    def filled(self, id_of: IdOf) -> Json:
        """Make a valid body."""
        return sample(self.body, id_of, full=True) if self.body else {}


def every_request(live: Live) -> Iterator[Asked]:
    """List all routes under ``/api`` with each of their methods."""
    assert live.node is not None
    for route in api_routes(live.node):
        assert isinstance(route, Route)
        for method in sorted(route.methods or ()):
            yield Asked(method, f"/api{route.path}", _body_of(route.endpoint))


def _body_of(handler: Any) -> type[Body] | None:
    # The handler names the form of its body; a body it does not read is sent empty.
    found = re.search(r"read_body\(request, (\w+)\)", inspect.getsource(handler))
    kind = getattr(sys.modules[handler.__module__], found[1]) if found else None
    assert kind is None or issubclass(kind, Body)
    return kind


def browser(live: Live, token: str | None) -> httpx.AsyncClient:
    """Open a browser on the server's own origin."""
    return httpx.AsyncClient(
        base_url=live.http,
        headers={"origin": live.origin, "cookie": f"{COOKIE}={token}" if token else ""},
        timeout=30,
    )


def told(response: httpx.Response) -> str:
    """Return all that an answer tells: status, headers and body, without the hour."""
    headers = sorted(
        (k, re.sub("(?<=expires=)[^;]+", "", v)) for k, v in response.headers.items() if k != "date"
    )
    return f"{response.status_code} {headers} {response.text}"


async def knock(
    live: Live, path: str, token: str | None, frame: str | bytes = "", *, origin: str | None = ""
) -> str:
    """Open a socket, send a frame, and read until the server closes; returns all that it told.

    Args:
        origin: The header; empty for the server's own, ``None`` for no header.
    """
    headers = {"Cookie": f"{COOKIE}={token}"} if token else {}
    if origin is not None:
        headers["Origin"] = origin or live.origin
    heard: list[Any] = []
    try:
        socket = await connect(
            f"{live.ws}{path}",
            additional_headers=headers,
            subprotocols=[Subprotocol("twinspace.v1")],
            compression=None,
            ping_interval=None,
        )
    except InvalidStatus as refused:
        response = refused.response
        lines = sorted((k, v) for k, v in response.headers.raw_items() if k != "Date")
        return f"{response.status_code} {lines} {response.body!r}"
    async with socket:
        await socket.send(frame)
        try:
            async for message in socket:
                heard.append(message)
        except ConnectionClosed:
            pass
        return f"{heard} {socket.close_code} {socket.close_reason}"
