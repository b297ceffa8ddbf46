"""Asks a server everything there is to ask: each route, each socket, each command."""

import hashlib
import inspect
import json
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
from tests.security.projects import Project, leaked
from tests.security.samples import IdOf, Json, sample
from twinspace_rt.app import api_routes
from twinspace_rt.ids import new_id
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
    source = inspect.getsource(handler)
    found = re.search(r"read_body\(request, (\w+)\)", source)
    assert found or not re.search(r"read_body|request\.(body|json|stream|form)", source), handler
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


async def same_as_nothing(
    window: httpx.AsyncClient, project: Project, asked: Asked, *, room_id: str = ""
) -> list[httpx.Response]:
    """Check that a request about a project is answered as one about nothing at all.

    Args:
        window: Of somebody who may not have what is asked for.
        project: What is asked for.
        asked: The route.
        room_id: A room of theirs, through which to reach for what is in the project.

    Returns:
        The answers.
    """
    answers = []

    def public(field: str) -> str:
        return project.schools[0] if field == "school_id" else new_id()

    def unknown(found: re.Match[str]) -> str:
        return room_id if found[1] == "room_id" and room_id else new_id()

    blank = re.sub(r"\{(\w+)\}", unknown, asked.path)
    nothing = await send(window, asked, blank, public)
    for path in project.fill_path(asked.path, room_id):
        known = await send(window, asked, path, project.id_of)
        assert scrubbed(told(known), project) == scrubbed(told(nothing), project), asked
        assert known.status_code < 500, asked
        assert not leaked(project, told(known)), asked
        answers.append(known)
    return answers


async def send(window: httpx.AsyncClient, asked: Asked, path: str, id_of: IdOf) -> httpx.Response:
    """Send a request with all that its route reads, and no cookie but the window's own."""
    window.cookies.clear()
    return await window.request(
        asked.method,
        path,
        params={"format": "html"},
        content=json.dumps(asked.filled(id_of)),
        headers={"content-type": "application/json"},
    )


def scrubbed(text: str, project: Project) -> str:
    """Take out what is new with every answer, but nothing of the project."""
    without = re.sub(
        "[0-9a-hjkmnp-tv-z]{20}", lambda m: m[0] if m[0] in project.secret_ids else "~", text
    )
    return re.sub('link#[^"]+', "link#~", without)


def database_hash(live: Live) -> str:
    """Hash all that is stored but a node's own row, which it writes every few seconds."""
    database = live.database()
    try:
        lines = [one for one in database.iterdump() if not one.startswith('INSERT INTO "node"')]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()
    finally:
        database.close()


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
