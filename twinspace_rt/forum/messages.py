"""Frames of the forum, and the shapes they carry.

What a person may see is decided before a shape is filled: :class:`Post` is what the whole room
sees, :class:`HeldPost` what only its author and the staff do. No count, place or moment in a
:class:`Thread` knows of held posts.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from twinspace_rt.protocol import Command, Id, Millis, Push, WriteCommand

TEXT_MAX = 8_000
BOARDS_MAX = 50

BoardName = Annotated[str, Meta(min_length=1, max_length=80)]
BoardDescription = Annotated[str, Meta(max_length=300)]
ThreadTitle = Annotated[str, Meta(min_length=1, max_length=140)]
Text = Annotated[str, Meta(min_length=1, max_length=TEXT_MAX)]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]
QuoteText = Annotated[str, Meta(min_length=1, max_length=600)]
Place = Annotated[int, Meta(ge=0, le=2**31 - 1)]
"""A post's number in its thread, from 1, as the room sees it; removed posts keep theirs."""


# -- shapes


class Board(Struct, kw_only=True):
    """A board; with ``hold``, what pupils newly write there waits for a teacher."""

    id: str
    name: str
    description: str
    position: int
    hold: bool
    archived: bool


class Thread(Struct, kw_only=True):
    """A thread in a list. ``held``: its first post waits; only its author and staff know of it."""

    id: str
    board_id: str
    author_id: str
    title: str
    created_at: Millis
    held: bool
    pinned: bool
    locked: bool
    best_post_id: str | None
    posts: int
    """Posts the room sees, the first one too, without removed ones."""
    last_place: int
    last_at: Millis
    last_author_id: str


class Quote(Struct, kw_only=True):
    """Words of another post of the thread; empty once that post is removed."""

    post_id: str
    author_id: str
    text: str


class Post(Struct, kw_only=True):
    """A post as the room sees it; of a removed one only the mark is left."""

    id: str
    thread_id: str
    place: int
    author_id: str
    at: Millis
    text: str
    edited_at: Millis | None
    quote: Quote | None
    likes: list[str]
    """Members who like it, in order of their ids."""
    removed_by: Literal["author", "teacher"] | None


class HeldPost(Struct, kw_only=True):
    """A post that waits for a teacher, or that a teacher returned to its author."""

    id: str
    thread_id: str
    author_id: str
    at: Millis
    """When it was handed in last."""
    text: str
    quote: Quote | None
    state: Literal["waiting", "returned"]
    reason: str
    teacher_id: str | None
    """Who returned it."""


class ThreadRead(Struct, kw_only=True):
    """How far this person has read a thread, and how many posts of others came after."""

    thread_id: str
    place: int
    unread: int


class ForumSnapshot(Struct, kw_only=True):
    """The forum as one person sees it; ``reads`` is empty for moderators, who keep no marks."""

    boards: list[Board]
    threads: list[Thread]
    held: list[HeldPost]
    reads: list[ThreadRead]


class Made(Struct, kw_only=True):
    """What a new thread or reply became; ``held``: it waits for a teacher."""

    thread_id: str
    post_id: str
    held: bool


class ThreadPage(Struct, kw_only=True):
    """Posts of one thread in order of place, as they stood at ``seq`` of the room."""

    seq: int
    thread: Thread
    posts: list[Post]
    more_before: bool
    more_after: bool


class FoundPost(Struct, kw_only=True):
    """A post that a search found; ``excerpt`` is the part of it around the first word."""

    post_id: str
    thread_id: str
    title: str
    author_id: str
    at: Millis
    excerpt: str


class FoundPage(Struct, kw_only=True):
    """Newest first; ``next`` asks for the older ones, ``None`` when there are none."""

    found: list[FoundPost]
    next: str | None


# -- commands


class CreateBoard(WriteCommand, tag="forum.board_create", kw_only=True, frozen=True):
    """Make a board, last in the order."""

    name: BoardName
    description: BoardDescription = ""
    hold: bool = False


class EditBoard(WriteCommand, tag="forum.board_edit", kw_only=True, frozen=True):
    """Give a board another name, description or rule."""

    board_id: Id
    name: BoardName
    description: BoardDescription
    hold: bool


class OrderBoards(WriteCommand, tag="forum.board_order", kw_only=True, frozen=True):
    """Put all boards in this order."""

    board_ids: Annotated[list[Id], Meta(max_length=BOARDS_MAX)]


class ArchiveBoard(WriteCommand, tag="forum.board_archive", kw_only=True, frozen=True):
    """Put a board away for reading only, or take it back."""

    board_id: Id
    archived: bool


class StartThread(WriteCommand, tag="forum.start", kw_only=True, frozen=True):
    """Open a thread with its first post."""

    board_id: Id
    title: ThreadTitle
    text: Text


class QuoteOf(Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """The words to quote; they must stand in that post of the same thread."""

    post_id: Id
    text: QuoteText


class ReplyToThread(WriteCommand, tag="forum.reply", kw_only=True, frozen=True):
    """Add a post to a thread."""

    thread_id: Id
    text: Text
    quote: QuoteOf | None = None


class EditPost(WriteCommand, tag="forum.edit", kw_only=True, frozen=True):
    """Change the text of one's own post; a returned one is handed in again by it."""

    post_id: Id
    text: Text


class DeletePost(WriteCommand, tag="forum.delete", kw_only=True, frozen=True):
    """Take out one's own post; teachers any."""

    post_id: Id


class LikePost(WriteCommand, tag="forum.like", kw_only=True, frozen=True):
    """Like somebody's post, or no longer."""

    post_id: Id
    liked: bool


class ChooseBest(WriteCommand, tag="forum.best", kw_only=True, frozen=True):
    """Mark the reply that answers the thread best, or none."""

    thread_id: Id
    post_id: Id | None


class RenameThread(WriteCommand, tag="forum.rename", kw_only=True, frozen=True):
    """Give a thread another title: its author or a teacher."""

    thread_id: Id
    title: ThreadTitle


class PinThread(WriteCommand, tag="forum.pin", kw_only=True, frozen=True):
    """Keep a thread at the top of its board, or no longer."""

    thread_id: Id
    pinned: bool


class LockThread(WriteCommand, tag="forum.lock", kw_only=True, frozen=True):
    """Let only teachers write in a thread, or everyone again."""

    thread_id: Id
    locked: bool


class MoveThread(WriteCommand, tag="forum.move", kw_only=True, frozen=True):
    """Put a thread on another board."""

    thread_id: Id
    board_id: Id


class DeleteThread(WriteCommand, tag="forum.thread_delete", kw_only=True, frozen=True):
    """Remove a thread with all its posts."""

    thread_id: Id


class ApprovePost(WriteCommand, tag="forum.approve", kw_only=True, frozen=True):
    """Let the room see a held post as it was handed in ``at``, and with a first post its thread."""

    post_id: Id
    at: Millis


class ReturnPost(WriteCommand, tag="forum.return", kw_only=True, frozen=True):
    """Give a held post back to its author, with a reason."""

    post_id: Id
    reason: Reason


class MarkThreadRead(WriteCommand, tag="forum.read", kw_only=True, frozen=True):
    """Tell how far one has read a thread; the mark only moves forward."""

    thread_id: Id
    place: Place


class MarkForumRead(WriteCommand, tag="forum.read_all", kw_only=True, frozen=True):
    """Mark every thread, or every thread of one board, as read."""

    board_id: Id | None = None


class ReadThread(Command, tag="forum.thread", kw_only=True, frozen=True):
    """Ask for a page of a thread: after a place, before one, or around a post."""

    thread_id: Id
    after: Place = 0
    before: Place | None = None
    post_id: Id | None = None


class SearchForum(Command, tag="forum.search", kw_only=True, frozen=True):
    """Find the posts that hold all the words, in their text or their thread's title."""

    query: Annotated[str, Meta(min_length=1, max_length=100)]
    cursor: Annotated[str, Meta(max_length=60)] | None = None


# -- pushes


class BoardChanged(Push, tag="forum.board_changed", kw_only=True):
    """A board is new, or is now like this."""

    board: Board


class BoardsOrdered(Push, tag="forum.boards_ordered", kw_only=True):
    """The boards stand in this order now: positions 0, 1, 2…"""

    board_ids: list[str]


class ThreadStarted(Push, tag="forum.started", kw_only=True):
    """The room sees a new thread; for those who knew it as held, it is no longer."""

    thread: Thread
    post: Post


class Replied(Push, tag="forum.replied", kw_only=True):
    """The room sees a new post, last in its thread; for those who knew it as held, no longer."""

    post: Post


class PostHeld(Push, tag="forum.held", kw_only=True):
    """A held post is new, or is now like this; ``thread`` if that is held with it."""

    post: HeldPost
    thread: Thread | None


class HeldDeleted(Push, tag="forum.held_deleted", kw_only=True):
    """A held post is gone; if it was a thread's first one, the thread with it."""

    thread_id: str
    post_id: str


class PostEdited(Push, tag="forum.edited", kw_only=True):
    """A post has another text now."""

    thread_id: str
    post_id: str
    text: str
    edited_at: Millis


class PostDeleted(Push, tag="forum.deleted", kw_only=True):
    """A post is gone but for its mark: its text, its likes and all quotes of it are empty."""

    thread_id: str
    post_id: str
    place: int
    author_id: str
    removed_by: Literal["author", "teacher"]


class PostLiked(Push, tag="forum.liked", kw_only=True):
    """Somebody likes a post, or no longer."""

    thread_id: str
    post_id: str
    member_id: str
    liked: bool


class ThreadChanged(Push, tag="forum.thread_changed", kw_only=True):
    """A thread has another title, board, pin, lock or best answer now."""

    thread: Thread


class ThreadDeleted(Push, tag="forum.thread_deleted", kw_only=True):
    """A thread is gone with all its posts."""

    thread_id: str


class ThreadMarked(Push, tag="forum.read_marked", kw_only=True):
    """This person has read a thread up to here."""

    read: ThreadRead


class ForumMarked(Push, tag="forum.all_read", kw_only=True):
    """This person has read all that stands in every thread, or in one board's."""

    board_id: str | None
