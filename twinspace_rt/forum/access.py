"""The only way to a board, a thread or a post: fetched with this person's rights checked.

What is not there and what this person may not see give the same answer.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select, true

from twinspace_rt.errors import Conflict, Forbidden, NotFound
from twinspace_rt.forum.models import board, post, thread
from twinspace_rt.rooms.access import ROOM, Principal, author_audience
from twinspace_rt.rooms.feature import Act

HELD_STATES = ("waiting", "returned")


def threads_seen(principal: Principal) -> ColumnElement[bool]:
    """Write the condition on ``thread`` of what this person may see; the room is included."""
    seen = (
        true()
        if principal.is_staff
        else or_(thread.c.held.is_(False), thread.c.author_id == principal.member_id)
    )
    return (thread.c.room_id == principal.room_id) & seen


def held_seen(principal: Principal) -> ColumnElement[bool]:
    """Write the condition on ``post`` of the held ones this person may see."""
    held = (post.c.room_id == principal.room_id) & post.c.state.in_(HELD_STATES)
    return held if principal.is_staff else held & (post.c.author_id == principal.member_id)


def access_thread(
    connection: Connection, principal: Principal, thread_id: str, *, to_write: bool = False
) -> Row[Any]:
    """Fetch a thread that this person may see.

    Args:
        connection: The transaction.
        principal: Who asks.
        thread_id: Which one.
        to_write: Hold the row until the transaction ends, so that counts stay true.

    Raises:
        NotFound: There is none, or not for this person.
    """
    query = select(thread).where(thread.c.id == thread_id, threads_seen(principal))
    row = connection.execute(query.with_for_update() if to_write else query).one_or_none()
    if row is None:
        raise NotFound("This thread is not here. A teacher may have removed it.")
    return row


def access_board(connection: Connection, principal: Principal, board_id: str) -> Row[Any]:
    """Fetch a board of the room.

    Raises:
        NotFound: The room has no such board.
    """
    row = connection.execute(
        select(board).where(board.c.id == board_id, board.c.room_id == principal.room_id)
    ).one_or_none()
    if row is None:
        raise NotFound("This board is not here.")
    return row


def access_post(connection: Connection, principal: Principal, post_id: str) -> Row[Any]:
    """Fetch a post that is not removed and that this person may see.

    Raises:
        NotFound: There is none, or not for this person.
    """
    row = connection.execute(
        select(post).where(post.c.id == post_id, post.c.room_id == principal.room_id)
    ).one_or_none()
    if row is None or row.state == "removed":
        raise NotFound("This post is not here any more.")
    if row.state in HELD_STATES and not (
        principal.is_staff or row.author_id == principal.member_id
    ):
        raise NotFound("This post is not here any more.")
    return row


def access_open_board(act: Act, board_id: str) -> Row[Any]:
    """Fetch a board that takes changes.

    Raises:
        NotFound: The room has no such board.
        Conflict: It is put away for reading only.
    """
    row = access_board(act.connection, act.principal, board_id)
    if row.archived:
        raise Conflict(
            "This board is kept for reading only. A teacher can open it again.",
            code="forum.board_archived",
        )
    return row


def access_open_thread(act: Act, thread_id: str) -> tuple[Row[Any], Row[Any]]:
    """Fetch a thread that this person may write in now, and its board.

    Raises:
        NotFound: There is none, or not for this person.
        Forbidden: It is locked, and this person is no teacher.
        Conflict: It waits for a teacher itself, or its board is kept for reading only.
    """
    row = access_thread(act.connection, act.principal, thread_id, to_write=True)
    if row.held:
        raise Conflict(
            "This thread is still waiting for a teacher. You can write in it once it is approved.",
            code="forum.thread_waiting",
        )
    require_unlocked(act, row)
    return row, access_open_board(act, row.board_id)


def require_unlocked(act: Act, thread_row: Row[Any]) -> None:
    """Make sure that this person may change something in the thread.

    Raises:
        Forbidden: It is locked, and this person is no teacher.
    """
    if thread_row.locked and not act.principal.is_teacher:
        raise Forbidden(
            "A teacher has locked this thread. You can still read it.", code="forum.locked"
        )


def audience_of(thread_row: Row[Any]) -> str:
    """Name who may know of the thread: the room, or its author and the staff."""
    return author_audience(thread_row.author_id) if thread_row.held else ROOM
