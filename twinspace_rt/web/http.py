"""What every HTTP answer has in common, and the pages of the browser client."""

import logging
import re
from mimetypes import guess_type
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

log = logging.getLogger(__name__)
CLIENT = Path(__file__).resolve().parents[2] / "static" / "dist"


ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""The content codings of the client's files, best first, and where the build put them."""


class Assets(StaticFiles):
    """The client's files, compressed if the browser takes that and the build made it.

    Their names carry a hash of their content, so they never change.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        accepted = accepted_encodings(Headers(scope=scope).get("accept-encoding", ""))
        for encoding, suffix in ENCODINGS.items():
            if encoding in accepted and self.lookup_path(path + suffix)[1] is not None:
                response = await super().get_response(path + suffix, scope)
                response.headers["content-encoding"] = encoding
                # Guessed anew: that of the compressed file is its coding's.
                kind = guess_type(path)[0] or "application/octet-stream"
                response.headers["content-type"] = f"{kind}; charset=utf-8"
                break
        else:
            response = await super().get_response(path, scope)
        response.headers["vary"] = "accept-encoding"
        if response.status_code == 200:
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def accepted_encodings(header: str) -> set[str]:
    """Name the content codings a browser takes (RFC 9110 section 12.5.3); ``q=0`` means never."""
    accepted = set()
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        if re.fullmatch(r"q=0(\.0*)?", weight.replace(" ", "")) is None:
            accepted.add(name.strip())
    return accepted


async def page(_: Request) -> Response:
    """Serve the client's one page; what it shows is decided in the browser."""
    index = CLIENT / "index.html"
    if not index.exists():
        return PlainTextResponse("The browser client is not built. Run: make run", 503)
    return FileResponse(index, headers={"cache-control": "no-cache"})


def site_routes() -> list[BaseRoute]:
    """List the routes of the client; the last one takes every address of a page."""
    routes: list[BaseRoute] = []
    if (CLIENT / "assets").is_dir():
        routes.append(Mount("/assets", Assets(directory=CLIENT / "assets")))
        routes.append(Route("/favicon.svg", FileResponse(CLIENT / "favicon.svg")))
    routes.append(Route("/{path:path}", page, methods=["GET"]))
    return routes
