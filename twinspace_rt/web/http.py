"""What every HTTP answer has in common, and the pages of the browser client."""

import logging
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

log = logging.getLogger(__name__)
CLIENT = Path(__file__).resolve().parents[2] / "static" / "dist"


class Assets(StaticFiles):
    """The client's files. Their names carry a hash of their content, so they never change."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


async def page(_: Request) -> Response:
    """Serve the client's one page; what it shows is decided in the browser."""
    index = CLIENT / "index.html"
    if not index.exists():
        return PlainTextResponse("The browser client is not built. Run: make run", 503)
    return FileResponse(index, headers={"cache-control": "no-cache"})


async def alive(_: Request) -> Response:
    """Tell that this process answers."""
    return PlainTextResponse("ok")


def site_routes() -> list[BaseRoute]:
    """List the routes of the client; the last one takes every address of a page."""
    routes: list[BaseRoute] = [Route("/healthz", alive, methods=["GET"])]
    if (CLIENT / "assets").is_dir():
        routes.append(Mount("/assets", Assets(directory=CLIENT / "assets")))
        for name in ("favicon.svg", "theme.js"):
            routes.append(Route(f"/{name}", FileResponse(CLIENT / name)))
    routes.append(Route("/{path:path}", page, methods=["GET"]))
    return routes
