"""Whether this process lives, and whether it is fit to be sent people: for whoever looks after it.

``/health/live`` answers as long as the event loop turns; a process that does not answer is to be
started again. ``/health/ready`` says whether a proxy should send new people here.
"""

import asyncio
from collections.abc import Callable

from msgspec import Struct
from sqlalchemy import literal, select
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from twinspace_rt.bus.base import Bus
from twinspace_rt.db.engine import Database
from twinspace_rt.errors import StorageUnavailable
from twinspace_rt.protocol import encode

DATABASE_S = 2.0
READY = "ready"


class Readiness(Struct, kw_only=True):
    """What ``/health/ready`` says; ``missing`` names what keeps people from being sent here."""

    ready: bool
    missing: list[str]
    state: str
    database: bool
    bus: bool
    """Without it people are served all the same, a moment slower between nodes."""


class Health:
    """Answers who asks how this node is.

    However many ask at once, the database is asked once.

    Args:
        state: Tells what the node is doing; anything but ``ready`` means no new people.
    """

    def __init__(self, database: Database, bus: Bus, state: Callable[[], str]) -> None:
        self._database = database
        self._bus = bus
        self._state = state
        self._asking: asyncio.Task[bool] | None = None

    def routes(self) -> list[BaseRoute]:
        """List both addresses."""
        return [
            Route("/health/live", self._live, methods=["GET"]),
            Route("/health/ready", self._ready, methods=["GET"]),
        ]

    async def _live(self, _: Request) -> Response:
        return PlainTextResponse("ok", headers={"cache-control": "no-store"})

    async def _ready(self, _: Request) -> Response:
        found = await self.look()
        return Response(
            encode(found),
            200 if found.ready else 503,
            {"cache-control": "no-store"},
            "application/json",
        )

    async def look(self) -> Readiness:
        """Find out whether new people can be served; takes two seconds at the most."""
        if self._asking is None:
            self._asking = asyncio.create_task(self._database_answers())
            self._asking.add_done_callback(self._asked)
        database, state = await asyncio.shield(self._asking), self._state()
        missing = [] if database else ["database"]
        if state != READY:
            missing.append(state)
        return Readiness(
            ready=not missing,
            missing=missing,
            state=state,
            database=database,
            bus=self._bus.connected,
        )

    def _asked(self, _: "asyncio.Task[bool]") -> None:
        self._asking = None

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(DATABASE_S):
                await self._database.read(lambda db: db.execute(select(literal(1))).scalar_one())
        except (StorageUnavailable, TimeoutError):
            return False
        return True
