"""Which stored events hold people's words, and how those are taken out of them again.

At any time exactly one stored event holds a post's present text, its quote or a thread's title,
and none holds an older one or a removed one: whoever resumes later must not be sent it. The live
event that says so is emitted as well, for those who have seen the words.
"""

from typing import Any

from sqlalchemy import Row, select, update

from twinspace_rt.forum.models import post, thread
from twinspace_rt.rooms.feature import Act


def keep_title(act: Act, thread_row: Row[Any], seq: int) -> None:
    """Note that event ``seq`` holds the thread's title now, and take it out of the one before."""
    forget_title(act, thread_row)
    act.connection.execute(update(thread).where(thread.c.id == thread_row.id).values(title_seq=seq))


def forget_title(act: Act, thread_row: Row[Any]) -> None:
    """Take a thread's title out of the stored event that holds it."""
    act.amend(thread_row.title_seq, lambda push: push["thread"].update(title=""))


def keep_words(act: Act, post_row: Row[Any], seq: int) -> None:
    """Note that event ``seq`` holds a post's text and quote now, and take them out of the others.

    Args:
        act: The action.
        post_row: The post as it was before.
        seq: An event with the whole post.
    """
    forget_words(act, post_row)
    act.connection.execute(
        update(post).where(post.c.id == post_row.id).values(text_seq=seq, quote_seq=seq)
    )


def keep_text(act: Act, post_row: Row[Any], seq: int) -> None:
    """Note that event ``seq`` holds a post's text now, and take it out of the one before."""
    act.amend(post_row.text_seq, _without_text)
    act.connection.execute(update(post).where(post.c.id == post_row.id).values(text_seq=seq))


def forget_words(act: Act, post_row: Row[Any]) -> None:
    """Take a post's text and quote out of the stored events that hold them."""
    act.amend(post_row.text_seq, _without_text)
    if post_row.quote_post_id is not None:
        act.amend(post_row.quote_seq, _without_quote)


def forget_quotes_of(act: Act, post_id: str) -> None:
    """Take out what others have quoted of a post, of their posts and of the stored events."""
    for row in act.connection.execute(select(post).where(post.c.quote_post_id == post_id)).all():
        act.amend(row.quote_seq, _without_quote)
    act.connection.execute(
        update(post).where(post.c.quote_post_id == post_id).values(quote_text="")
    )


def forget_thread(act: Act, thread_row: Row[Any]) -> None:
    """Take a thread's title, and the words of all its posts, out of the stored events."""
    forget_title(act, thread_row)
    rows = select(post).where(post.c.thread_id == thread_row.id)
    for row in act.connection.execute(rows).all():
        forget_words(act, row)


def _without_text(push: Any) -> None:
    push.get("post", push)["text"] = ""


def _without_quote(push: Any) -> None:
    push["post"]["quote"]["text"] = ""
