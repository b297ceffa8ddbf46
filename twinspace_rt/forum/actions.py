"""What people do with posts: start a thread, reply, edit, delete, like."""

from typing import Any, Literal

from sqlalchemy import Row, delete, func, insert, select, update

from twinspace_rt.errors import Conflict, Forbidden, InvalidCommand, NotFound
from twinspace_rt.forum.access import (
    HELD_STATES,
    access_open_board,
    access_open_thread,
    access_post,
    access_thread,
    require_unlocked,
)
from twinspace_rt.forum.events import forget_quotes_of, forget_words, keep_text
from twinspace_rt.forum.held_actions import show, tell_held
from twinspace_rt.forum.messages import (
    DeletePost,
    EditPost,
    HeldDeleted,
    LikePost,
    Made,
    PostDeleted,
    PostEdited,
    PostLiked,
    QuoteOf,
    ReplyToThread,
    StartThread,
)
from twinspace_rt.forum.models import post, post_like, thread
from twinspace_rt.forum.thread_actions import (
    approved_already,
    erase_thread,
    search_text,
    titled,
)
from twinspace_rt.ids import new_id
from twinspace_rt.plain_text import clean_text
from twinspace_rt.rooms.access import author_audience
from twinspace_rt.rooms.feature import Act

HELD_MAX = 8
THREADS_MAX = 1_000
POSTS_MAX = 2_000


# -- writing


def do_start_thread(act: Act, command: StartThread) -> Made:
    """Open a thread with its first post; where a pupil's post waits, the thread does too.

    Raises:
        InvalidCommand: Nothing is left of the title or text when it is cleaned.
        NotFound: The room has no such board.
        Conflict: The board is kept for reading only, or the forum or the waiting list is full.
    """
    home = access_open_board(act, command.board_id)
    title, text = titled(command.title), _written(command.text)
    held = _must_wait(act, home)
    if held:
        _require_few_waiting(act)
    count = select(func.count()).where(thread.c.room_id == act.principal.room_id)
    if act.connection.execute(count).scalar_one() >= THREADS_MAX:
        raise Conflict(
            "This forum is full. A teacher can remove threads that are no longer needed.",
            code="forum.threads_full",
        )
    thread_id, post_id = new_id(), new_id()
    act.connection.execute(
        insert(thread).values(
            id=thread_id,
            room_id=act.principal.room_id,
            board_id=home.id,
            author_id=act.principal.member_id,
            title=title,
            created_at=act.now,
            held=True,
            posts=0,
            last_place=0,
            last_at=act.now,
            last_author_id=act.principal.member_id,
        )
    )
    _insert_post(act, post_id, thread_id, text, search_text(text, title), None)
    if held:
        tell_held(act, post_id)
    else:
        show(act, post_id)
    return Made(thread_id=thread_id, post_id=post_id, held=held)


def do_reply(act: Act, command: ReplyToThread) -> Made:
    """Add a post to a thread, last of all; a pupil's waits where the board says so.

    Raises:
        InvalidCommand: Nothing is left of the text, or the quoted words do not stand there.
        NotFound: There is no such thread or quoted post, or not for this person.
        Forbidden: The thread is locked.
        Conflict: The thread waits itself, its board is kept for reading only, or it is full.
    """
    row, home = access_open_thread(act, command.thread_id)
    text = _written(command.text)
    quote = _quoted(act, row.id, command.quote) if command.quote is not None else None
    held = _must_wait(act, home)
    if held:
        _require_few_waiting(act)
    if row.last_place >= POSTS_MAX:
        raise Conflict("This thread is full. Start a new one.", code="forum.thread_full")
    post_id = new_id()
    _insert_post(act, post_id, row.id, text, search_text(text), quote)
    if held:
        tell_held(act, post_id)
    else:
        show(act, post_id)
    return Made(thread_id=row.id, post_id=post_id, held=held)


def do_edit(act: Act, command: EditPost) -> None:
    """Change the text of one's own post; a held one waits for a teacher (again).

    Raises:
        InvalidCommand: Nothing is left of the text when it is cleaned.
        NotFound: There is no such post, or not for this person.
        Forbidden: It is somebody else's, the thread is locked, or a teacher has approved it.
        Conflict: The board is kept for reading only.
    """
    row = access_post(act.connection, act.principal, command.post_id)
    if row.author_id != act.principal.member_id:
        raise Forbidden("You can change only what you wrote yourself.", code="forum.not_yours")
    thread_row = access_thread(act.connection, act.principal, row.thread_id, to_write=True)
    require_unlocked(act, thread_row)
    home = access_open_board(act, thread_row.board_id)
    held = row.state in HELD_STATES
    if not held and _must_wait(act, home):
        raise approved_already()
    text = _written(command.text)
    title = thread_row.title if thread_row.held or row.place == 1 else ""
    act.connection.execute(
        update(post)
        .where(post.c.id == row.id)
        .values(
            text=text,
            search_text=search_text(text, title),
            edited_at=act.now,
            **({"state": "waiting", "reason": "", "returned_by": None} if held else {}),
        )
    )
    if held:
        tell_held(act, row.id)
    else:
        edited = PostEdited(thread_id=row.thread_id, post_id=row.id, text=text, edited_at=act.now)
        keep_text(act, row, act.emit(edited))


def do_delete(act: Act, command: DeletePost) -> None:
    """Take out one's own post, or as a teacher anyone's.

    Of a post the room has seen the mark stays; its text, its likes and all quotes of it go. A held
    one goes without a trace, and a held thread with it.

    Raises:
        NotFound: There is no such post, or not for this person.
        Forbidden: It is somebody else's, and this person is no teacher.
    """
    row = access_post(act.connection, act.principal, command.post_id)
    own = row.author_id == act.principal.member_id
    if not own and not act.principal.is_teacher:
        raise Forbidden("You can delete only what you wrote yourself.", code="forum.not_yours")
    thread_row = access_thread(act.connection, act.principal, row.thread_id, to_write=True)
    if row.state in HELD_STATES:
        if thread_row.held:
            erase_thread(act, thread_row)
        else:
            forget_words(act, row)
            act.connection.execute(delete(post).where(post.c.id == row.id))
        gone = HeldDeleted(thread_id=row.thread_id, post_id=row.id)
        act.emit(gone, author_audience(row.author_id))
        return
    removed_by: Literal["author", "teacher"] = "author" if own else "teacher"
    act.connection.execute(
        update(post)
        .where(post.c.id == row.id)
        .values(
            state="removed",
            removed_by=removed_by,
            text="",
            search_text="",
            quote_post_id=None,
            quote_author_id=None,
            quote_text="",
            edited_at=None,
        )
    )
    act.connection.execute(delete(post_like).where(post_like.c.post_id == row.id))
    forget_words(act, row)
    forget_quotes_of(act, row.id)
    best = None if thread_row.best_post_id == row.id else thread_row.best_post_id
    act.connection.execute(
        update(thread)
        .where(thread.c.id == row.thread_id)
        .values(posts=thread.c.posts - 1, best_post_id=best)
    )
    act.emit(
        PostDeleted(
            thread_id=row.thread_id,
            post_id=row.id,
            place=row.place,
            author_id=row.author_id,
            removed_by=removed_by,
        )
    )


def do_like(act: Act, command: LikePost) -> None:
    """Like somebody's post, or no longer; what is so already stays without an event.

    Raises:
        NotFound: There is no such post, or not for the room.
        Forbidden: It is one's own, or the thread is locked.
        Conflict: The board is kept for reading only.
    """
    row = access_post(act.connection, act.principal, command.post_id)
    if row.state != "seen":
        raise NotFound("This post is not here any more.")
    access_open_thread(act, row.thread_id)
    if row.author_id == act.principal.member_id:
        raise Forbidden("You cannot like your own post.", code="forum.own_post")
    key = {"post_id": row.id, "member_id": act.principal.member_id}
    mine = [post_like.c[name] == value for name, value in key.items()]
    there = act.connection.execute(select(post_like).where(*mine)).one_or_none() is not None
    if there == command.liked:
        return
    act.connection.execute(
        insert(post_like).values(key) if command.liked else delete(post_like).where(*mine)
    )
    act.emit(PostLiked(thread_id=row.thread_id, **key, liked=command.liked))


# -- rules of writing


def _insert_post(
    act: Act,
    post_id: str,
    thread_id: str,
    text: str,
    searched: str,
    quote: tuple[Row[Any], str] | None,
) -> None:
    quoted = (
        {
            "quote_post_id": quote[0].id,
            "quote_author_id": quote[0].author_id,
            "quote_text": quote[1],
        }
        if quote is not None
        else {}
    )
    act.connection.execute(
        insert(post).values(
            id=post_id,
            room_id=act.principal.room_id,
            thread_id=thread_id,
            author_id=act.principal.member_id,
            created_at=act.now,
            state="waiting",
            text=text,
            search_text=searched,
            **quoted,
        )
    )


def _must_wait(act: Act, board_row: Row[Any]) -> bool:
    return bool(board_row.hold) and act.principal.is_pupil


def _written(text: str) -> str:
    cleaned = clean_text(text)
    if not cleaned:
        raise InvalidCommand("Write something first.", code="forum.empty")
    return cleaned


def _quoted(act: Act, thread_id: str, quote: QuoteOf) -> tuple[Row[Any], str]:
    row = access_post(act.connection, act.principal, quote.post_id)
    if row.thread_id != thread_id or row.state != "seen":
        raise NotFound("The post you quote is not here any more.")
    words = clean_text(quote.text)
    # Nobody can be quoted with words they did not write.
    if not words or " ".join(words.split()) not in " ".join(row.text.split()):
        raise InvalidCommand(
            "The quoted words do not stand in that post.", code="forum.not_in_post"
        )
    return row, words


def _require_few_waiting(act: Act) -> None:
    waiting = act.connection.execute(
        select(func.count()).where(
            post.c.author_id == act.principal.member_id, post.c.state.in_(HELD_STATES)
        )
    ).scalar_one()
    if waiting >= HELD_MAX:
        raise Conflict(
            f"You have {HELD_MAX} posts waiting already. Ask a teacher to look at them.",
            code="forum.held_full",
        )
