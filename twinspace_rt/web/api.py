"""What stands before every address under ``/api``: who may ask, and how a refusal is told."""

import logging
from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Router
from starlette.types import Receive, Scope, Send

from twinspace_rt.errors import (
    CommandError,
    Forbidden,
    InvalidCommand,
    NotFound,
    StorageUnavailable,
)
from twinspace_rt.json_http import answer_error
from twinspace_rt.web.security import Origins, client_address

log = logging.getLogger(__name__)
SAFE_METHODS = frozenset({"GET", "HEAD"})


class Api:
    """The routes under ``/api``, guarded against requests that other sites make people send.

    What changes something needs an allowed ``Origin``, a ``Sec-Fetch-Site`` (where the browser
    sends one) that is not another site's, and a JSON body, which a form cannot send. What reads
    is answered to this origin's own pages: no answer carries a CORS header.
    """

    def __init__(
        self, routes: Sequence[BaseRoute], *, origins: Origins, trusted_proxies: int
    ) -> None:
        # No redirects: they would name whatever host the request named.
        self._router = Router(routes, redirect_slashes=False, default=_nothing_here)
        self._origins = origins
        self._trusted_proxies = trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response: Response
        try:
            self._check(scope)
            scope.setdefault("state", {})["address"] = client_address(
                scope["headers"], (scope.get("client") or (None,))[0], self._trusted_proxies
            )
            await self._router(scope, receive, send)
            return
        except CommandError as error:
            response = answer_error(error)
        except HTTPException as error:
            # The router raises one alone: the address is right and the method is not.
            response = answer_error(_WrongMethod("This address is not asked like this."))
            response.headers.update(error.headers or {})
        except StorageUnavailable as error:
            response = answer_error(
                _Unavailable(
                    "This could not be saved just now. Please try again.",
                    code=f"storage.{error.code}",
                    retryable=True,
                    retry_after_s=5,
                )
            )
        except Exception:
            log.exception("request failed path=%s", _route_path(self._router, scope))
            response = answer_error(
                _Broken("Something went wrong on the server. It has been noted.", code="internal")
            )
        await response(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        if scope["type"] != "http":
            raise NotFound
        if scope["method"] in SAFE_METHODS:
            return
        request = Request(scope)
        same_site = request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
        if not same_site or not self._origins.allows(request.headers.get("origin")):
            raise Forbidden("This request came from another site.", code="origin")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise InvalidCommand("Send JSON.", code="content_type")


class _WrongMethod(CommandError):
    default_code = "method"
    status = 405


class _Unavailable(CommandError):
    status = 503


class _Broken(CommandError):
    status = 500


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    raise NotFound


def _route_path(router: Router, scope: Scope) -> str:
    # The route, not the address: that may carry what a person typed.
    for route in router.routes:
        if route.matches(scope)[0] is Match.FULL:
            return str(getattr(route, "path", "?"))
    return "?"
