"""Ends moderators' visits with the sign-ins they were made under, and tells their rooms."""

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from functools import partial

from twinspace_rt.errors import StorageUnavailable
from twinspace_rt.people import founding
from twinspace_rt.protocol import now_ms
from twinspace_rt.streams.log import Log

log = logging.getLogger(__name__)
EVERY_S = 4.0
"""Between two looks: a sign-in's time may be over, or a node have ended one and failed then."""


class VisitEnds:
    """Finds the visits whose sign-in has ended, however it did and wherever the room is open.

    Each is ended in a transaction of its own, which tells the room; so it does not matter how many
    nodes find it.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._wake = asyncio.Event()

    def look(self) -> None:
        """Look at once: sign-ins were ended on this node."""
        self._wake.set()

    async def run(self) -> None:
        """Look again and again, until cancelled; with the database away, until it is back."""
        while True:
            self._wake.clear()
            with _noted():
                await self._end()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._wake.wait()

    async def _end(self) -> None:
        now = now_ms()
        for room_id in await self._log.database.read(lambda db: founding.rooms_left(db, now)):
            with _noted():  # a room that fails holds up no other
                await self._log.act(partial(founding.do_end_visits, room_id=room_id), room_id)


@contextlib.contextmanager
def _noted() -> Iterator[None]:
    """Note what fails, and go on: the next look tries again."""
    try:
        yield
    except StorageUnavailable as error:
        log.warning("visits not ended code=%s", error.code)
    except Exception:
        log.exception("visits not ended")
