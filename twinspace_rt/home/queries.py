"""Reading since when things are new to a person."""

from sqlalchemy import Connection, bindparam, select

from twinspace_rt.home.messages import HomeSnapshot
from twinspace_rt.home.models import visit
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.access import Principal

SAME_VISIT_MS = 30 * 60_000
"""Coming back within this time continues a visit: a break is shorter, two lessons lie further."""
NEVER = 0
"""On a first visit everything is new: no visit ended before it."""
# Asked for by everyone who comes. Made once: to make a statement takes longer than to ask it.
_VISIT = select(visit.c.since, visit.c.seen_at).where(visit.c.member_id == bindparam("member_id"))


def home_snapshot(connection: Connection, principal: Principal) -> HomeSnapshot:
    """Read since when things are new to ``principal``, who comes now."""
    return HomeSnapshot(since=new_since(connection, principal.member_id, now_ms()))


def new_since(connection: Connection, member_id: str, now: int) -> int:
    """Tell since when things are new to a member who is here at ``now``."""
    row = connection.execute(_VISIT, {"member_id": member_id}).one_or_none()
    if row is None:
        return NEVER
    since: int = row.since if now - row.seen_at < SAME_VISIT_MS else row.seen_at
    return since
