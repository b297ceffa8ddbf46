"""The nodes in the database: a node's beat, and what is known of all of them."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from sqlalchemy import BigInteger, Connection, cast, delete, extract, func, insert, select, update

from twinspace_rt.operations.figures import Figures
from twinspace_rt.operations.models import node
from twinspace_rt.protocol import encode, now_ms
from twinspace_rt.streams.models import TROUBLED, stream

GONE_AFTER_MS = 30_000
FORGOTTEN_AFTER_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class Identity:
    """What does not change of a node while it runs."""

    id: str
    version: str
    host: str
    process: int


@dataclass(frozen=True)
class Told:
    """What a node learns with its beat."""

    wanted_closed: bool
    troubled: dict[str, int]
    """How many documents are suspect or quarantined, in the whole installation."""


class NodeFacts(msgspec.Struct, kw_only=True):
    """A node, as an administrator sees it."""

    id: str
    version: str
    host: str
    process: int
    started_at: int
    seen_at: int
    state: str
    gone: bool
    wanted_closed: bool
    figures: Figures


def database_now(connection: Connection) -> int:
    """Return the time in milliseconds by the one clock that all nodes share: the database's."""
    if connection.dialect.name != "postgresql":
        return now_ms()
    seconds = extract("epoch", func.clock_timestamp())
    return connection.execute(select(cast(seconds * 1000, BigInteger))).scalar_one()


def do_beat(
    connection: Connection,
    who: Identity,
    state: str,
    figures: Figures,
    *,
    ended: Callable[[], bool] = lambda: False,
) -> Told:
    """Write how a node does, and forget those that have been gone for a day.

    Args:
        ended: Tells, when it is asked, whether the node has begun to take its row away. A
            transaction runs to its end after its beat was cancelled, and again if the database
            wants it so: it must not put the row back, which would stand there for a day.
    """
    now = database_now(connection)
    values = {"seen_at": now, "state": state, "figures": encode(figures).decode()}
    wanted = connection.execute(
        update(node).where(node.c.id == who.id).values(**values).returning(node.c.wanted_closed)
    ).scalar_one_or_none()
    if wanted is None and not ended():
        connection.execute(
            insert(node).values(
                id=who.id,
                version=who.version,
                host=who.host[:80],
                process=who.process,
                started_at=now,
                **values,
            )
        )
    connection.execute(delete(node).where(node.c.seen_at < now - FORGOTTEN_AFTER_MS))
    return Told(bool(wanted), count_troubled(connection))


def others_beat(connection: Connection, node_id: str) -> bool:
    """Tell whether other nodes have shown that they run since this one started."""
    mine = select(node.c.started_at).where(node.c.id == node_id).scalar_subquery()
    others = select(node.c.id).where(node.c.id != node_id, node.c.seen_at > mine)
    return connection.execute(others.limit(1)).first() is not None


def do_end(connection: Connection, node_id: str) -> None:
    """Forget a node that ends as it should; one that is killed stays to be seen for a day."""
    connection.execute(delete(node).where(node.c.id == node_id))


def do_want_closed(connection: Connection, node_id: str, closed: bool) -> None:
    """Ask a node to open no more rooms, or to open them again."""
    connection.execute(update(node).where(node.c.id == node_id).values(wanted_closed=closed))


def count_troubled(connection: Connection) -> dict[str, int]:
    """Count the documents that the engine has failed on."""
    counted = connection.execute(
        select(stream.c.state, func.count().label("number"))
        .where(TROUBLED)
        .group_by(stream.c.state)
    )
    return {"suspect": 0, "quarantined": 0} | {row.state: row.number for row in counted}


def read_nodes(connection: Connection) -> list[NodeFacts]:
    """Read all nodes, those that started last first."""
    now = database_now(connection)
    return [
        NodeFacts(
            id=row.id,
            version=row.version,
            host=row.host,
            process=row.process,
            started_at=row.started_at,
            seen_at=row.seen_at,
            state=row.state,
            gone=now - row.seen_at > GONE_AFTER_MS,
            wanted_closed=row.wanted_closed,
            figures=msgspec.json.decode(row.figures, type=Figures),
        )
        for row in connection.execute(select(node).order_by(node.c.started_at.desc(), node.c.id))
    ]
