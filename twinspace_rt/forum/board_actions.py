"""What changes boards. Teachers alone do; the permission table says so."""

from sqlalchemy import func, insert, select, update

from twinspace_rt.errors import Conflict, InvalidCommand
from twinspace_rt.forum.access import access_board
from twinspace_rt.forum.messages import (
    BOARDS_MAX,
    ArchiveBoard,
    BoardChanged,
    BoardsOrdered,
    CreateBoard,
    EditBoard,
    OrderBoards,
)
from twinspace_rt.forum.models import board
from twinspace_rt.forum.queries import to_board
from twinspace_rt.ids import new_id
from twinspace_rt.plain_text import clean_line
from twinspace_rt.rooms.feature import Act


def do_create_board(act: Act, command: CreateBoard) -> str:
    """Make a board, last in the order; returns its id.

    Raises:
        InvalidCommand: Nothing is left of the name when it is cleaned.
        Conflict: The room has ``BOARDS_MAX`` boards.
    """
    count, last = act.connection.execute(
        select(func.count(), func.coalesce(func.max(board.c.position), -1)).where(
            board.c.room_id == act.principal.room_id
        )
    ).one()
    if count >= BOARDS_MAX:
        raise Conflict(
            f"A forum holds at most {BOARDS_MAX} boards. Rename one you no longer need.",
            code="forum.boards_full",
        )
    board_id = new_id()
    act.connection.execute(
        insert(board).values(
            id=board_id,
            room_id=act.principal.room_id,
            name=_named(command.name),
            description=clean_line(command.description),
            position=last + 1,
            hold=command.hold,
            archived=False,
            created_at=act.now,
        )
    )
    _tell(act, board_id)
    return board_id


def do_edit_board(act: Act, command: EditBoard) -> None:
    """Give a board another name, description or rule; what waits already goes on waiting.

    Raises:
        InvalidCommand: Nothing is left of the name when it is cleaned.
        NotFound: The room has no such board.
    """
    row = access_board(act.connection, act.principal, command.board_id)
    act.connection.execute(
        update(board)
        .where(board.c.id == row.id)
        .values(
            name=_named(command.name),
            description=clean_line(command.description),
            hold=command.hold,
        )
    )
    _tell(act, row.id)


def do_archive_board(act: Act, command: ArchiveBoard) -> None:
    """Put a board away for reading only, or take it back.

    Raises:
        NotFound: The room has no such board.
    """
    row = access_board(act.connection, act.principal, command.board_id)
    act.connection.execute(
        update(board).where(board.c.id == row.id).values(archived=command.archived)
    )
    _tell(act, row.id)


def do_order_boards(act: Act, command: OrderBoards) -> None:
    """Put all boards of the room in the order given.

    Raises:
        Conflict: These are not exactly the room's boards; somebody has changed them meanwhile.
    """
    known = act.connection.execute(
        select(board.c.id).where(board.c.room_id == act.principal.room_id)
    ).scalars()
    if sorted(known) != sorted(command.board_ids):
        raise Conflict(
            "The boards have just been changed by somebody else. Please look and try again.",
            code="forum.boards_changed",
        )
    for position, board_id in enumerate(command.board_ids):
        act.connection.execute(
            update(board).where(board.c.id == board_id).values(position=position)
        )
    act.emit(BoardsOrdered(board_ids=command.board_ids))


def _named(name: str) -> str:
    cleaned = clean_line(name)
    if not cleaned:
        raise InvalidCommand("A board needs a name.", code="forum.empty")
    return cleaned


def _tell(act: Act, board_id: str) -> None:
    row = act.connection.execute(select(board).where(board.c.id == board_id)).one()
    act.emit(BoardChanged(board=to_board(row)))
