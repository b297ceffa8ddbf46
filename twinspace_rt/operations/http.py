"""HTTP for administrators: the nodes and how they do."""

import msgspec
from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from twinspace_rt.accounts.entry import Entry
from twinspace_rt.accounts.http import administrator
from twinspace_rt.errors import Conflict, NotFound
from twinspace_rt.json_http import Body, Done, answer, read_body
from twinspace_rt.operations.models import READY
from twinspace_rt.operations.nodes import NodeFacts, do_want_closed, read_nodes
from twinspace_rt.operations.watch import Watch
from twinspace_rt.rooms.models import room

ROOMS_MAX = 50


class SetNode(Body, kw_only=True):
    """Whether a node is to take nobody new."""

    closed: bool


class RoomFacts(msgspec.Struct, kw_only=True):
    """A room that is open, from outside: how many connections, never whose."""

    id: str
    title: str
    connections: int


class Installation(msgspec.Struct, kw_only=True):
    """All nodes, and the rooms with most connections."""

    nodes: list[NodeFacts]
    rooms: list[RoomFacts]


class OperationsRoutes:
    """The routes, below ``/api``; whoever is no administrator finds nothing behind them."""

    def __init__(self, entry: Entry, watch: Watch) -> None:
        self._entry = entry
        self._watch = watch

    def routes(self) -> list[BaseRoute]:
        """List them."""
        return [
            Route("/administration/operations", self.installation, methods=["GET"]),
            Route("/administration/nodes/{id}", self.set_node, methods=["POST"]),
        ]

    async def installation(self, request: Request) -> Response:
        """Show the nodes and the rooms that are open on them."""
        await administrator(self._entry, request)
        return answer(await self._entry.database.read(read_installation))

    async def set_node(self, request: Request) -> Response:
        """Have a node open no more rooms, so that it empties, or open them again.

        Raises:
            NotFound: There is no such node.
            Conflict: No other node would be left for newcomers.
        """
        await administrator(self._entry, request)
        body = await read_body(request, SetNode)
        node_id = request.path_params["id"]

        def ask(db: Connection) -> None:
            nodes = {one.id: one for one in read_nodes(db) if not one.gone}
            if node_id not in nodes:
                raise NotFound
            others = [
                one
                for one in nodes.values()
                if one.id != node_id and one.state == READY and not one.wanted_closed
            ]
            if body.closed and not others:
                raise Conflict(
                    "No other node would be left for newcomers.", code="operations.last_node"
                )
            do_want_closed(db, node_id, body.closed)

        await self._entry.database.write(ask)
        self._watch.look_again()
        return answer(Done())


def read_installation(connection: Connection) -> Installation:
    """Read the nodes, and put together what they tell of their rooms."""
    nodes = read_nodes(connection)
    counts: dict[str, int] = {}
    for one in nodes:
        for open_room in () if one.gone else one.figures.busiest:
            counts[open_room.id] = counts.get(open_room.id, 0) + open_room.connections
    busiest = sorted(counts, key=lambda id_: (-counts[id_], id_))[:ROOMS_MAX]
    titles = {
        row.id: row.title
        for row in connection.execute(select(room.c.id, room.c.title).where(room.c.id.in_(busiest)))
    }
    return Installation(
        nodes=nodes,
        rooms=[
            RoomFacts(id=id_, title=titles[id_], connections=counts[id_])
            for id_ in busiest
            if id_ in titles
        ],
    )
