"""The only way to a board, a thread or a post: fetched with this person's rights checked.

What is not there and what this person may not see give the same answer.
"""

from typing import Any

from sqlalchemy import Connection, Row, bindparam, literal, or_, select

from twinspace_rt.errors import Conflict, Forbidden, NotFound
from twinspace_rt.forum.models import board, post, thread
from twinspace_rt.rooms.access import ROOM, Principal, author_audience
from twinspace_rt.rooms.feature import Act

HELD_STATES = ("waiting", "returned")


# Conditions of statements that are made once, of the staff and of others.
_IN_ROOM = thread.c.room_id == bindparam("room_id")
_MINE = thread.c.author_id == bindparam("member_id")
THREADS_SEEN = {True: _IN_ROOM, False: _IN_ROOM & or_(thread.c.held.is_(False), _MINE)}
"""Which of ``thread`` somebody may see, by whether they are staff; the room is included."""
# As a list they would be written out again each time.
_HELD_STATE = post.c.state.in_([literal(state) for state in HELD_STATES])
_HELD = (post.c.room_id == bindparam("room_id")) & _HELD_STATE
HELD_SEEN = {True: _HELD, False: _HELD & (post.c.author_id == bindparam("member_id"))}
"""Which held ones of ``post`` somebody may see, likewise."""
_THREAD = {
    staff: select(thread).where(thread.c.id == bindparam("thread_id"), seen)
    for staff, seen in THREADS_SEEN.items()
}
_THREAD_TO_WRITE = {staff: query.with_for_update() for staff, query in _THREAD.items()}


def whose(principal: Principal) -> dict[str, str]:
    """Name for whom a statement with these conditions asks."""
    return {"room_id": principal.room_id, "member_id": principal.member_id}


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
    query = (_THREAD_TO_WRITE if to_write else _THREAD)[principal.is_staff]
    row = connection.execute(query, whose(principal) | {"thread_id": thread_id}).one_or_none()
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
