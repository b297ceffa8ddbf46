"""What changes on the room's first page."""

from sqlalchemy import insert, update

from twinspace_rt.home.messages import NoteVisit, Visited
from twinspace_rt.home.models import visit
from twinspace_rt.home.queries import new_since
from twinspace_rt.rooms.access import member_audience
from twinspace_rt.rooms.feature import Act


def do_visit(act: Act, _: NoteVisit) -> None:
    """Note that a person is here; their windows hear of it when another visit begins with it."""
    member_id = act.principal.member_id
    since = new_since(act.connection, member_id, act.now)
    mine = visit.c.member_id == member_id
    goes_on = act.connection.execute(
        update(visit).where(mine, visit.c.since == since).values(seen_at=act.now)
    )
    if goes_on.rowcount:
        return
    begins = {"since": since, "seen_at": act.now}
    if act.connection.execute(update(visit).where(mine).values(**begins)).rowcount == 0:
        act.connection.execute(insert(visit).values(member_id=member_id, **begins))
    act.emit(Visited(since=since), member_audience(member_id))
