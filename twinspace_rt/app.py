"""Builds every object once, top to bottom, and lists the features: it alone knows everything."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, WebSocketRoute

from twinspace_rt.accounts.entry import Entry
from twinspace_rt.accounts.http import SignInRoutes
from twinspace_rt.accounts.sessions import cookie_name
from twinspace_rt.accounts.tickets import Tickets, shared_secret
from twinspace_rt.bus.base import Bus
from twinspace_rt.bus.memory import MemoryBus
from twinspace_rt.bus.redis import RedisBus
from twinspace_rt.chat import feature as chat_feature
from twinspace_rt.db.engine import Database, SqliteDatabase
from twinspace_rt.db.migrate import migrate
from twinspace_rt.db.postgresql import PostgresqlDatabase
from twinspace_rt.docs.engine import Engine
from twinspace_rt.docs.feature import feature as docs_feature
from twinspace_rt.docs.http import DocumentRoutes
from twinspace_rt.docs.library import Library
from twinspace_rt.docs.repair import Repairs
from twinspace_rt.docs.repair_http import RepairRoutes
from twinspace_rt.docs.tending import Tending
from twinspace_rt.docs.waiting import Waiting
from twinspace_rt.errors import StorageUnavailable
from twinspace_rt.forum import feature as forum_feature
from twinspace_rt.home import feature as home_feature
from twinspace_rt.operations.figures import Parts
from twinspace_rt.operations.http import OperationsRoutes
from twinspace_rt.operations.listener import check_guarded
from twinspace_rt.operations.watch import Watch
from twinspace_rt.people import feature as people_feature
from twinspace_rt.people.administration import AdministrationRoutes
from twinspace_rt.people.http import PeopleRoutes
from twinspace_rt.people.visits import VisitEnds
from twinspace_rt.rooms.admission import Doorkeeper
from twinspace_rt.rooms.feature import Feature
from twinspace_rt.rooms.hub import RoomHub
from twinspace_rt.rooms.presence import feature as room_feature
from twinspace_rt.rooms.room import FeatureSet
from twinspace_rt.settings import Settings
from twinspace_rt.web.api import Api
from twinspace_rt.web.health import Health
from twinspace_rt.web.http import site_routes
from twinspace_rt.web.intake import Intake
from twinspace_rt.web.security import Origins
from twinspace_rt.web.websocket import Door, NoEndpoint, RoomEndpoint, YjsEndpoint

log = logging.getLogger(__name__)
FEATURES: tuple[Feature, ...] = (
    room_feature,
    people_feature,
    chat_feature,
    forum_feature,
    docs_feature,
    home_feature,
)
DRAIN_S = 5.0
LAST_COMMIT_S = 2.0


@dataclass
class Node:
    """The parts of one running server."""

    settings: Settings
    database: Database
    bus: Bus
    origins: Origins
    tickets: Tickets
    hub: RoomHub
    entry: Entry
    visits: VisitEnds
    engine: Engine
    tending: Tending
    library: Library
    watch: Watch
    intake: Intake

    async def drain(self) -> None:
        """Take no more, commit and acknowledge what was taken, and send everyone away (1012).

        Ends within ``DRAIN_S`` seconds even if the database does not answer; what was not
        acknowledged then is sent again by its author.
        """
        self.watch.drain()
        self.hub.take_no_more()
        with contextlib.suppress(TimeoutError, StorageUnavailable):
            async with asyncio.timeout(DRAIN_S):
                await self.library.drain()
                await self.hub.log.act(lambda _: None)  # and what commands are being done
        self.hub.send_away()
        self.hub.neighbours.leave()


def build_node(settings: Settings) -> Node:
    """Open the database and build all parts around it.

    Raises:
        BadSetting: The settings ask for something this server cannot do.
        DatabaseBusy: Another process has the embedded database.
        StorageUnavailable: PostgreSQL does not answer, or does not let this server in.
    """
    check_guarded(settings)
    bus: Bus = RedisBus(settings.bus_url) if settings.bus_url else MemoryBus()
    settings.data_dir.mkdir(parents=True, exist_ok=True)  # with any database
    database: Database = (
        PostgresqlDatabase(settings.database_url)
        if settings.database_url
        else SqliteDatabase(settings.sqlite_path)
    )
    secret = database.write_now(_prepare)
    features = FeatureSet(FEATURES)
    intake = Intake()
    hub = RoomHub(
        database,
        features,
        bus,
        interval_s=settings.commit_interval_s,
        max_connections=settings.room_max_connections,
        intake=intake,
    )
    engine = Engine(step_s=settings.engine_step_s)
    tending = Tending(database, hub, engine, Waiting(settings.backlog_max_bytes))
    library = Library(database, hub, engine, tending)
    visits = VisitEnds(hub.log)

    def close_sessions(session_ids: Sequence[str]) -> None:
        hub.close_sessions(session_ids)
        if session_ids:
            visits.look()

    return Node(
        settings=settings,
        database=database,
        bus=bus,
        origins=Origins(settings),
        tickets=Tickets(secret),
        hub=hub,
        entry=Entry(settings, database, close_sessions),
        visits=visits,
        engine=engine,
        tending=tending,
        library=library,
        watch=Watch(settings, database, Parts(hub, tending, engine)),
        intake=intake,
    )


def _prepare(connection: Connection) -> bytes:
    migrate(connection)
    return shared_secret(connection)


def create_app(node: Node) -> Starlette:
    """Make the ASGI application of a node."""
    door = Door(
        settings=node.settings,
        origins=node.origins,
        cookie_name=cookie_name(node.settings),
        doorkeeper=Doorkeeper(node.database, node.tickets),
        hub=node.hub,
        documents=node.library,
        intake=node.intake,
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        node.intake.open()
        async with node.engine, node.watch.running(), asyncio.TaskGroup() as tasks:
            writer = tasks.create_task(node.hub.log.run())
            watch = tasks.create_task(node.hub.watch())
            tending = tasks.create_task(node.tending.run())
            beating = tasks.create_task(node.hub.neighbours.run())
            carrying = tasks.create_task(node.bus.run())
            parting = tasks.create_task(node.visits.run())
            for task in (writer, watch, tending, beating, carrying, parting):
                task.add_done_callback(_stop_if_failed)
            try:
                yield
            finally:
                node.bus.close()
                node.hub.log.close()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(writer, LAST_COMMIT_S)
                for task in (watch, tending, beating, parting):
                    task.cancel()
                await node.tending.close()
        node.intake.close()
        await node.database.close()

    return Starlette(
        routes=[
            WebSocketRoute("/ws/rooms/{room_id}", RoomEndpoint(door)),
            WebSocketRoute("/ws/yjs/{document}", YjsEndpoint(door)),
            Mount(
                "/api",
                Api(
                    api_routes(node),
                    origins=node.origins,
                    trusted_proxies=node.settings.trusted_proxies,
                ),
            ),
            *Health(node.database, node.bus, lambda: node.watch.state).routes(),
            WebSocketRoute("/{path:path}", NoEndpoint(door)),
            *site_routes(),
        ],
        lifespan=lifespan,
    )


def _stop_if_failed(task: "asyncio.Task[None]") -> None:
    # A server that accepts edits and stores none is worse than one that is restarted.
    if not task.cancelled() and task.exception() is not None:
        log.critical("a part the server cannot do without has failed", exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)


def api_routes(node: Node) -> list[BaseRoute]:
    """List all that is asked over HTTP, below ``/api``."""
    library = node.library
    repairs = Repairs(node.database, node.hub.log, node.engine, library.look_again)
    return [
        *SignInRoutes(node.entry).routes(),
        *PeopleRoutes(node.entry, node.hub.log, node.tickets).routes(),
        *AdministrationRoutes(node.entry).routes(),
        *DocumentRoutes(node.entry, library, node.engine).routes(),
        *RepairRoutes(node.entry, repairs).routes(),
        *OperationsRoutes(node.entry, node.watch).routes(),
    ]
