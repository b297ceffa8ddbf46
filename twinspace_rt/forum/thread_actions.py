"""What changes a thread as a whole: title, pin, lock, best answer, board, and who has read it."""

from typing import Any

from sqlalchemy import Row, String, delete, insert, literal, select, true, update

from twinspace_rt.errors import Forbidden, InvalidCommand, NotFound
from twinspace_rt.forum.access import (
    access_board,
    access_open_board,
    access_open_thread,
    access_post,
    access_thread,
    audience_of,
    require_unlocked,
)
from twinspace_rt.forum.events import forget_thread, keep_title
from twinspace_rt.forum.messages import (
    ChooseBest,
    DeleteThread,
    ForumMarked,
    LockThread,
    MarkForumRead,
    MarkThreadRead,
    MoveThread,
    PinThread,
    RenameThread,
    ThreadChanged,
    ThreadDeleted,
    ThreadMarked,
)
from twinspace_rt.forum.models import post, post_like, read_mark, thread
from twinspace_rt.forum.queries import read_of, to_thread
from twinspace_rt.plain_text import clean_line, fold
from twinspace_rt.rooms.access import member_audience
from twinspace_rt.rooms.feature import Act


def do_pin(act: Act, command: PinThread) -> None:
    """Keep a thread at the top of its board, or no longer.

    Raises:
        NotFound: There is no such thread.
    """
    row = access_thread(act.connection, act.principal, command.thread_id, to_write=True)
    change_thread(act, row, pinned=command.pinned)


def do_lock(act: Act, command: LockThread) -> None:
    """Let only teachers write in a thread, or everyone again.

    Raises:
        NotFound: There is no such thread.
    """
    row = access_thread(act.connection, act.principal, command.thread_id, to_write=True)
    change_thread(act, row, locked=command.locked)


def do_move(act: Act, command: MoveThread) -> None:
    """Put a thread on another board.

    Raises:
        NotFound: There is no such thread or board.
        Conflict: The other board is kept for reading only.
    """
    row = access_thread(act.connection, act.principal, command.thread_id, to_write=True)
    access_open_board(act, command.board_id)
    change_thread(act, row, board_id=command.board_id)


def do_rename(act: Act, command: RenameThread) -> None:
    """Give a thread another title: a teacher, or its author where pupils' words need no teacher.

    Raises:
        InvalidCommand: Nothing is left of the title when it is cleaned.
        NotFound: There is no such thread, or not for this person.
        Forbidden: It is somebody else's, it is locked, or a teacher has approved it.
        Conflict: Its board is kept for reading only.
    """
    row = access_thread(act.connection, act.principal, command.thread_id, to_write=True)
    home = access_open_board(act, row.board_id)
    require_unlocked(act, row)
    if not act.principal.is_teacher:
        if row.author_id != act.principal.member_id:
            raise Forbidden("Only its author or a teacher can rename a thread.")
        if home.hold and not row.held:
            raise approved_already()
    title = titled(command.title)
    # A held thread holds its first post alone, which has no place yet.
    first = act.connection.execute(
        select(post).where(post.c.thread_id == row.id, true() if row.held else post.c.place == 1)
    ).one()
    act.connection.execute(
        update(post).where(post.c.id == first.id).values(search_text=search_text(first.text, title))
    )
    change_thread(act, row, title=title)


def do_choose_best(act: Act, command: ChooseBest) -> None:
    """Mark the reply that answers best, or none: the thread's author or a teacher.

    Raises:
        NotFound: There is no such thread or reply, or not for the room.
        Forbidden: It is somebody else's thread, or it is locked.
        InvalidCommand: The post is the question itself.
        Conflict: The thread waits for a teacher, or its board is kept for reading only.
    """
    row, _ = access_open_thread(act, command.thread_id)
    if row.author_id != act.principal.member_id and not act.principal.is_teacher:
        raise Forbidden("Only the thread's author or a teacher can choose the best answer.")
    if command.post_id is not None:
        chosen = access_post(act.connection, act.principal, command.post_id)
        if chosen.thread_id != row.id or chosen.state != "seen":
            raise NotFound("This post is not here any more.")
        if chosen.place == 1:
            raise InvalidCommand("Choose one of the replies.", code="forum.not_a_reply")
    change_thread(act, row, best_post_id=command.post_id)


def do_delete_thread(act: Act, command: DeleteThread) -> None:
    """Remove a thread with all its posts, those that wait too.

    Raises:
        NotFound: There is no such thread.
    """
    row = access_thread(act.connection, act.principal, command.thread_id, to_write=True)
    erase_thread(act, row)
    act.emit(ThreadDeleted(thread_id=row.id), audience_of(row))


def do_mark_thread_read(act: Act, command: MarkThreadRead) -> None:
    """Move this person's mark forward; a mark that is already there stays without an event.

    Raises:
        NotFound: There is no such thread, or not for this person.
    """
    row = access_thread(act.connection, act.principal, command.thread_id)
    place = min(command.place, row.last_place)
    if place <= read_of(act.connection, act.principal, row.id).place:
        return
    key = {"member_id": act.principal.member_id, "thread_id": row.id}
    act.connection.execute(
        delete(read_mark).where(*(read_mark.c[name] == value for name, value in key.items()))
    )
    act.connection.execute(insert(read_mark).values(**key, place=place))
    act.emit(
        ThreadMarked(read=read_of(act.connection, act.principal, row.id)),
        member_audience(act.principal.member_id),
    )


def do_mark_forum_read(act: Act, command: MarkForumRead) -> None:
    """Mark every thread the room sees as read, or those of one board.

    Raises:
        NotFound: The room has no such board.
    """
    wanted = select(
        literal(act.principal.member_id, String), thread.c.id, thread.c.last_place
    ).where(thread.c.room_id == act.principal.room_id, thread.c.held.is_(False))
    if command.board_id is not None:
        home = access_board(act.connection, act.principal, command.board_id)
        wanted = wanted.where(thread.c.board_id == home.id)
    act.connection.execute(
        delete(read_mark).where(
            read_mark.c.member_id == act.principal.member_id,
            read_mark.c.thread_id.in_(wanted.with_only_columns(thread.c.id)),
        )
    )
    act.connection.execute(
        insert(read_mark).from_select(["member_id", "thread_id", "place"], wanted)
    )
    act.emit(ForumMarked(board_id=command.board_id), member_audience(act.principal.member_id))


def change_thread(act: Act, row: Row[Any], **values: Any) -> None:
    """Write what differs from ``row`` and tell those who may know; else do nothing."""
    if all(getattr(row, name) == value for name, value in values.items()):
        return
    changed = act.connection.execute(
        update(thread).where(thread.c.id == row.id).values(**values).returning(thread)
    ).one()
    seq = act.emit(ThreadChanged(thread=to_thread(changed)), audience_of(row))
    keep_title(act, row, seq)


def erase_thread(act: Act, row: Row[Any]) -> None:
    """Delete a thread with all that hangs on it, and its words in stored events."""
    forget_thread(act, row)
    posts = select(post.c.id).where(post.c.thread_id == row.id)
    act.connection.execute(delete(post_like).where(post_like.c.post_id.in_(posts)))
    act.connection.execute(delete(read_mark).where(read_mark.c.thread_id == row.id))
    act.connection.execute(delete(post).where(post.c.thread_id == row.id))
    act.connection.execute(delete(thread).where(thread.c.id == row.id))


def titled(title: str) -> str:
    """Clean a thread's title.

    Raises:
        InvalidCommand: Nothing is left of it.
    """
    cleaned = clean_line(title)
    if not cleaned:
        raise InvalidCommand("A thread needs a title.", code="forum.empty")
    return cleaned


def search_text(text: str, title: str = "") -> str:
    """Make what a search compares with; a first post is found by its thread's title too."""
    return fold(f"{title} {text}")


def approved_already() -> Forbidden:
    """Refuse a pupil's change of words that a teacher has approved.

    Otherwise something else could stand there than what the teacher read.
    """
    return Forbidden(
        "A teacher has approved this. Write a new reply, or delete it and write it again.",
        code="forum.approved",
    )
