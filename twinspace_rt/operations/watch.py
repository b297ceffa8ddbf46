"""A node's watch over itself: it measures, tells the other nodes through the database, obeys."""

import asyncio
import contextlib
import logging
import os
import platform
import time
from collections.abc import AsyncIterator

from twinspace_rt import __version__
from twinspace_rt.db.engine import Database
from twinspace_rt.errors import StorageUnavailable
from twinspace_rt.operations import listener
from twinspace_rt.operations.figures import Figures, Parts
from twinspace_rt.operations.lag import LagWatch
from twinspace_rt.operations.metrics import NodeCollector, registry_of
from twinspace_rt.operations.models import CLOSED, DRAINING, READY
from twinspace_rt.operations.nodes import Identity, Told, do_beat, do_end, others_beat
from twinspace_rt.settings import Settings

log = logging.getLogger(__name__)
BEAT_S = 5.0
BEATS_LOST = 2.5
END_S = 1.0


class Watch:
    """Keeps the figures of one node, and the row that tells the others."""

    def __init__(self, settings: Settings, database: Database, parts: Parts) -> None:
        self.who = Identity(parts.hub.neighbours.node_id, __version__, platform.node(), os.getpid())
        self._settings = settings
        self._database = database
        self._parts = parts
        self._lag = LagWatch()
        self.told = Told(False, {})
        self._beat_at = time.monotonic()
        self._beat_failed = ""
        self._draining = False
        self._ended = False
        self._hurry = asyncio.Event()
        self.metrics_port: int | None = None
        self._looks_for_others = bool(settings.database_url) and not settings.bus_url
        self._ran = (time.monotonic(), time.process_time())
        self.registry = registry_of(NodeCollector(parts.read, lambda: self.state, self._stored))

    @property
    def state(self) -> str:
        """What the node is doing: see `models.STATES`."""
        if self._draining:
            return DRAINING
        return CLOSED if self.told.wanted_closed else READY

    @property
    def database_trouble(self) -> str:
        """The code of what keeps the database from storing this node's beats; empty while it does.

        One that does not even refuse them is `database_away`.
        """
        if time.monotonic() - self._beat_at < BEATS_LOST * BEAT_S:
            return ""
        return self._beat_failed or "database_away"

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch while the context lasts; then the node's row goes."""
        socket = listener.bind(self._settings)
        if socket is not None:
            self.metrics_port = socket.getsockname()[1]
            log.info("metrics port=%d", self.metrics_port)
        self._lag.start()
        beats = asyncio.create_task(self._beat_on(), name="beats")
        try:
            async with listener.serving(socket, self.registry, self._settings.metrics_token):
                yield
        finally:
            self._ended = True  # before the row goes: a beat under way brings none back
            beats.cancel()
            await asyncio.wait([beats], timeout=END_S)
            self._lag.stop()
            await self._end()

    def drain(self) -> None:
        """Tell the others, in a moment, that this node ends."""
        self._draining = True
        self.look_again()

    def look_again(self) -> None:
        """Beat at once: an administrator may have asked this node for something."""
        self._hurry.set()

    async def _beat_on(self) -> None:
        while True:
            self._hurry.clear()
            try:
                await self._beat()
            except StorageUnavailable as error:
                if error.code != self._beat_failed:  # not with each beat
                    log.warning("beat failed code=%s", error.code)
                self._beat_failed = error.code
            except Exception:
                # Nobody's edit depends on it.
                log.exception("beat failed")
                self._beat_failed = "database_error"
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_S):
                    await self._hurry.wait()

    async def _beat(self) -> None:
        """Write how the node does, and learn what is wanted of it."""
        figures, state = self.figures(), self.state
        told = await self._database.write(
            lambda db: do_beat(db, self.who, state, figures, ended=lambda: self._ended)
        )
        self._beat_at, self._beat_failed = time.monotonic(), ""
        if told.wanted_closed is not self.told.wanted_closed:
            log.info("newcomers closed=%d", told.wanted_closed)
            self._parts.hub.closed = told.wanted_closed or self._draining
            self.look_again()  # and tell the others
        self.told = told
        if self._looks_for_others and await self._database.read(
            lambda db: others_beat(db, self.who.id)
        ):
            self._looks_for_others = False
            log.warning(
                "nodes without a bus hint=%s",
                "Other nodes use this database, and people do not see each other across them. "
                "Set TWINSPACE_BUS_URL on all of them.",
            )

    async def _end(self) -> None:
        with contextlib.suppress(StorageUnavailable, TimeoutError):
            async with asyncio.timeout(END_S):
                await self._database.write(lambda db: do_end(db, self.who.id))

    def figures(self) -> Figures:
        """Read how the node does, for its next beat."""
        figures = self._parts.read()
        figures.lag_s = round(self._lag.take_worst(), 4)
        figures.metrics_port = self.metrics_port
        (began, ran), self._ran = self._ran, (time.monotonic(), time.process_time())
        figures.processor_share = round((self._ran[1] - ran) / max(0.001, self._ran[0] - began), 4)
        return figures

    def _stored(self) -> tuple[str, dict[str, int]]:
        return self.database_trouble, self.told.troubled
