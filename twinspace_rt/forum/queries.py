"""What the forum reads: a joiner's snapshot, pages of threads, searches, and its own shapes."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, func, or_, select

from twinspace_rt.errors import InvalidCommand, NotFound
from twinspace_rt.forum.access import HELD_SEEN, THREADS_SEEN, access_thread, whose
from twinspace_rt.forum.messages import (
    Board,
    ForumSnapshot,
    FoundPage,
    FoundPost,
    HeldPost,
    Post,
    Quote,
    ReadThread,
    SearchForum,
    Thread,
    ThreadPage,
    ThreadRead,
)
from twinspace_rt.forum.models import board, post, post_like, read_mark, thread
from twinspace_rt.ids import is_id
from twinspace_rt.plain_text import clean_text, fold, like_pattern
from twinspace_rt.rooms.access import Principal, Role
from twinspace_rt.rooms.models import member
from twinspace_rt.streams.models import stream

PAGE_POSTS = 50
PAGE_FOUND = 20
EXCERPT_CHARS = 160
WORDS_MAX = 8


# -- shapes


def to_board(row: Row[Any]) -> Board:
    """Shape a board's row."""
    return Board(
        id=row.id,
        name=row.name,
        description=row.description,
        position=row.position,
        hold=row.hold,
        archived=row.archived,
    )


def to_thread(row: Row[Any]) -> Thread:
    """Shape a thread's row."""
    return Thread(
        id=row.id,
        board_id=row.board_id,
        author_id=row.author_id,
        title=row.title,
        created_at=row.created_at,
        held=row.held,
        pinned=row.pinned,
        locked=row.locked,
        best_post_id=row.best_post_id,
        posts=row.posts,
        last_place=row.last_place,
        last_at=row.last_at,
        last_author_id=row.last_author_id,
    )


def to_post(row: Row[Any], likes: list[str]) -> Post:
    """Shape the row of a post that the room sees."""
    return Post(
        id=row.id,
        thread_id=row.thread_id,
        place=row.place,
        author_id=row.author_id,
        at=row.shown_at,
        text=row.text,
        edited_at=row.edited_at,
        quote=to_quote(row),
        likes=likes,
        removed_by=row.removed_by,
    )


def to_held(row: Row[Any]) -> HeldPost:
    """Shape the row of a held post."""
    return HeldPost(
        id=row.id,
        thread_id=row.thread_id,
        author_id=row.author_id,
        at=row.edited_at or row.created_at,
        text=row.text,
        quote=to_quote(row),
        state=row.state,
        reason=row.reason,
        teacher_id=row.returned_by,
    )


def to_quote(row: Row[Any]) -> Quote | None:
    """Shape the quote in a post's row, if it has one."""
    if row.quote_post_id is None:
        return None
    return Quote(post_id=row.quote_post_id, author_id=row.quote_author_id, text=row.quote_text)


# -- what a joiner receives


def _reads_of(posts: ColumnElement[bool]) -> Select[Any]:
    mark = read_mark.c.place
    came_after = or_(
        post.c.place > mark, and_(mark.is_(None), post.c.shown_at >= member.c.created_at)
    )
    # Whoever joins late does not find years of posts unread: without a mark of one's own, what
    # was there before one came counts as read.
    before = func.max(post.c.place).filter(post.c.shown_at < member.c.created_at)
    not_own = post.c.author_id != bindparam("member_id")
    return (
        select(
            post.c.thread_id,
            func.coalesce(func.max(mark), before, 0).label("place"),
            func.count().filter(post.c.state == "seen", not_own, came_after).label("unread"),
        )
        .select_from(post)
        .join(member, member.c.id == bindparam("member_id"))
        .outerjoin(
            read_mark,
            and_(
                read_mark.c.thread_id == post.c.thread_id,
                read_mark.c.member_id == bindparam("member_id"),
            ),
        )
        .where(posts)
        .group_by(post.c.thread_id)
    )


# Asked for by everyone who comes. Made once: to make a statement takes longer than to ask it.
_BOARDS = select(board).where(board.c.room_id == bindparam("room_id")).order_by(board.c.position)
_THREADS = {
    staff: select(thread).where(seen).order_by(thread.c.created_at, thread.c.id)
    for staff, seen in THREADS_SEEN.items()
}
_HELD = {
    staff: select(post).where(seen).order_by(post.c.created_at, post.c.id)
    for staff, seen in HELD_SEEN.items()
}
_READS = _reads_of(post.c.room_id == bindparam("room_id"))
# One thread is found by its own index; the room's would lead through every post of the room.
_READ = _reads_of(post.c.thread_id == bindparam("thread_id"))


def forum_snapshot(connection: Connection, principal: Principal) -> ForumSnapshot:
    """Read the forum as one person sees it: boards, threads, held posts, and what is unread.

    Visitors see none of it: a class discusses among itself.
    """
    if principal.role is Role.VISITOR:
        return ForumSnapshot(boards=[], threads=[], held=[], reads=[])
    asked = whose(principal)
    boards = connection.execute(_BOARDS, asked)
    threads = connection.execute(_THREADS[principal.is_staff], asked).all()
    held = connection.execute(_HELD[principal.is_staff], asked)
    return ForumSnapshot(
        boards=[to_board(row) for row in boards],
        threads=[to_thread(row) for row in threads],
        held=[to_held(row) for row in held],
        reads=_reads(connection, principal, [row.id for row in threads if not row.held]),
    )


def _reads(connection: Connection, principal: Principal, thread_ids: list[str]) -> list[ThreadRead]:
    if principal.role is Role.MODERATOR or not thread_ids:
        return []
    reads = {row.thread_id: row for row in connection.execute(_READS, whose(principal))}
    return [_to_read(thread_id, reads.get(thread_id)) for thread_id in thread_ids]


def read_of(connection: Connection, principal: Principal, thread_id: str) -> ThreadRead:
    """Read how far one person has read one thread."""
    asked = whose(principal) | {"thread_id": thread_id}
    return _to_read(thread_id, connection.execute(_READ, asked).one_or_none())


def _to_read(thread_id: str, row: Row[Any] | None) -> ThreadRead:
    if row is None:
        return ThreadRead(thread_id=thread_id, place=0, unread=0)
    return ThreadRead(thread_id=thread_id, place=row.place, unread=row.unread)


# -- pages of a thread


def thread_page(connection: Connection, principal: Principal, command: ReadThread) -> ThreadPage:
    """Read a page of a thread.

    Held posts are in the snapshot and its pushes alone, never here: so nobody has to be left out
    of a page. Pages are of at most ``PAGE_POSTS`` posts.

    Raises:
        NotFound: There is no such thread or post, or not for this person.
    """
    thread_row = access_thread(connection, principal, command.thread_id)
    posts = select(post).where(post.c.thread_id == thread_row.id, post.c.place.is_not(None))
    if command.post_id is not None:
        middle = connection.execute(
            posts.with_only_columns(post.c.place).where(post.c.id == command.post_id)
        ).scalar_one_or_none()
        if middle is None:
            raise NotFound("This post is not here any more.")
        after = max(0, middle - PAGE_POSTS // 2)
    elif command.before is not None:
        after = max(0, command.before - 1 - PAGE_POSTS)
        posts = posts.where(post.c.place < command.before)
    else:
        after = command.after
    # Places have no holes, so a page is a range of them.
    rows = connection.execute(
        posts.where(post.c.place > after, post.c.place <= after + PAGE_POSTS).order_by(post.c.place)
    ).all()
    likes = likes_of(connection, [row.id for row in rows])
    last = rows[-1].place if rows else after
    return ThreadPage(
        seq=connection.execute(
            select(stream.c.head_seq).where(stream.c.id == principal.room_id)
        ).scalar_one(),
        thread=to_thread(thread_row),
        posts=[to_post(row, likes.get(row.id, [])) for row in rows],
        more_before=after > 0,
        more_after=last < thread_row.last_place,
    )


def likes_of(connection: Connection, post_ids: Iterable[str]) -> dict[str, list[str]]:
    """Read who likes each of these posts, in order of their ids."""
    likes: defaultdict[str, list[str]] = defaultdict(list)
    rows = connection.execute(
        select(post_like.c.post_id, post_like.c.member_id)
        .where(post_like.c.post_id.in_(list(post_ids)))
        .order_by(post_like.c.member_id)
    )
    for row in rows:
        likes[row.post_id].append(row.member_id)
    return likes


# -- search


def search_page(connection: Connection, principal: Principal, command: SearchForum) -> FoundPage:
    """Find what the whole room sees, newest first; held and removed posts are never found.

    Case and composition of letters make no difference. Pages are of ``PAGE_FOUND`` posts.

    Raises:
        InvalidCommand: There is no word to look for, or the cursor is none of ours.
    """
    words = fold(clean_text(command.query)).split()[:WORDS_MAX]
    if not words:
        raise InvalidCommand("Write a word to look for.", code="forum.no_words")
    query = (
        select(post, thread.c.title)
        .join(thread, thread.c.id == post.c.thread_id)
        .where(
            post.c.room_id == principal.room_id,
            post.c.state == "seen",
            *(post.c.search_text.like(like_pattern(word), escape="\\") for word in words),
        )
        .order_by(post.c.shown_at.desc(), post.c.id.desc())
        .limit(PAGE_FOUND + 1)
    )
    if command.cursor is not None:
        at, post_id = _read_cursor(command.cursor)
        query = query.where(
            or_(post.c.shown_at < at, and_(post.c.shown_at == at, post.c.id < post_id))
        )
    rows = connection.execute(query).all()
    found = [
        FoundPost(
            post_id=row.id,
            thread_id=row.thread_id,
            title=row.title,
            author_id=row.author_id,
            at=row.shown_at,
            excerpt=_excerpt(row.text, words),
        )
        for row in rows[:PAGE_FOUND]
    ]
    more = len(rows) > PAGE_FOUND
    return FoundPage(found=found, next=f"{found[-1].at}.{found[-1].post_id}" if more else None)


def _read_cursor(cursor: str) -> tuple[int, str]:
    at, _, post_id = cursor.partition(".")
    if not (at.isascii() and at.isdigit() and len(at) <= 15 and is_id(post_id)):
        raise InvalidCommand("This page of the search is not known.", code="forum.bad_cursor")
    return int(at), post_id


def _excerpt(text: str, words: list[str]) -> str:
    line = " ".join(text.split())
    # Folding can change the length, so the place found is near enough, not exact.
    folded = fold(line)
    places = [place for word in words if (place := folded.find(word)) >= 0]
    start = max(0, min(places, default=0) - EXCERPT_CHARS // 4)
    excerpt = line[start : start + EXCERPT_CHARS]
    return ("…" if start else "") + excerpt + ("…" if start + EXCERPT_CHARS < len(line) else "")
