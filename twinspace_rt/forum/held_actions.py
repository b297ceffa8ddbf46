"""Posts that wait for a teacher: approved, returned, shown.

On a board with ``hold`` a pupil's new post waits. Until a teacher approves it, its events go to
its author and the staff alone, and it has no place in the thread: nobody else can learn of it.
"""

from typing import Any

from sqlalchemy import Row, select, update

from twinspace_rt.errors import Conflict, InvalidCommand
from twinspace_rt.forum.access import HELD_STATES, access_open_board, access_post, access_thread
from twinspace_rt.forum.events import keep_title, keep_words
from twinspace_rt.forum.messages import ApprovePost, PostHeld, Replied, ReturnPost, ThreadStarted
from twinspace_rt.forum.models import post, thread
from twinspace_rt.forum.queries import likes_of, to_held, to_post, to_thread
from twinspace_rt.plain_text import clean_text
from twinspace_rt.rooms.access import author_audience
from twinspace_rt.rooms.feature import Act


def do_approve(act: Act, command: ApprovePost) -> None:
    """Let the room see a held post, last in its thread; with a first post its thread appears.

    Raises:
        NotFound: There is no such post.
        Conflict: The room sees it already, its author has changed it since the teacher read it,
            or its board is kept for reading only.
    """
    row = _access_held(act, command.post_id)
    if to_held(row).at != command.at:
        raise Conflict(
            "Its author has just changed this post. Please read it once more.",
            code="forum.edited_since",
        )
    show(act, row.id)


def do_return(act: Act, command: ReturnPost) -> None:
    """Give a held post back to its author, with a reason; it waits again once it is edited.

    Raises:
        InvalidCommand: Nothing is left of the reason when it is cleaned.
        NotFound: There is no such post.
        Conflict: The room sees it already, or its board is kept for reading only.
    """
    row = _access_held(act, command.post_id)
    reason = clean_text(command.reason)
    if not reason:
        raise InvalidCommand("Tell the author why, in a sentence.", code="forum.empty")
    act.connection.execute(
        update(post)
        .where(post.c.id == row.id)
        .values(state="returned", reason=reason, returned_by=act.principal.member_id)
    )
    tell_held(act, row.id)


def _access_held(act: Act, post_id: str) -> Row[Any]:
    row = access_post(act.connection, act.principal, post_id)
    if row.state not in HELD_STATES:
        raise Conflict("Another teacher has approved this post already.", code="forum.not_held")
    thread_row = access_thread(act.connection, act.principal, row.thread_id, to_write=True)
    access_open_board(act, thread_row.board_id)
    return row


def tell_held(act: Act, post_id: str) -> None:
    """Tell its author and the staff of a held post, and of its thread if that is held with it."""
    row = act.connection.execute(select(post).where(post.c.id == post_id)).one()
    thread_row = access_thread(act.connection, act.principal, row.thread_id)
    seq = act.emit(
        PostHeld(post=to_held(row), thread=to_thread(thread_row) if thread_row.held else None),
        author_audience(row.author_id),
    )
    keep_words(act, row, seq)
    if thread_row.held:
        keep_title(act, thread_row, seq)


def show(act: Act, post_id: str) -> None:
    """Give a post the next place in its thread, and tell the room."""
    row = act.connection.execute(select(post).where(post.c.id == post_id)).one()
    first = access_thread(act.connection, act.principal, row.thread_id).held
    thread_row = act.connection.execute(
        update(thread)
        .where(thread.c.id == row.thread_id)
        .values(
            held=False,
            posts=thread.c.posts + 1,
            last_place=thread.c.last_place + 1,
            last_at=act.now,
            last_author_id=row.author_id,
        )
        .returning(thread)
    ).one()
    shown = act.connection.execute(
        update(post)
        .where(post.c.id == post_id)
        .values(
            state="seen",
            place=thread_row.last_place,
            shown_at=act.now,
            edited_at=None,
            reason="",
            returned_by=None,
        )
        .returning(post)
    ).one()
    seen = to_post(shown, likes_of(act.connection, [post_id]).get(post_id, []))
    if first:
        seq = act.emit(ThreadStarted(thread=to_thread(thread_row), post=seen))
        keep_title(act, thread_row, seq)
    else:
        seq = act.emit(Replied(post=seen))
    keep_words(act, row, seq)
