"""Threads and posts: writing, quoting, changing, removing, liking (PROTOCOL.md F4-F6, F8)."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.classroom import Json, nonce
from tests.forum.conftest import Forum
from twinspace_rt.forum.handlers import POSTS_BURST
from twinspace_rt.forum.messages import TEXT_MAX
from twinspace_rt.forum.models import post, post_like
from twinspace_rt.streams.models import entry


async def stored_events(forum: Forum) -> str:
    """Read all stored events of the room as one text."""
    rows = await forum.classroom.database.read(lambda db: db.execute(select(entry.c.body)).all())
    return b"\n".join(row.body for row in rows).decode()


@pytest.mark.parametrize("name", ["anna", "olga"])
async def test_teachers_and_pupil_admins_start_threads(forum: Forum, name: str) -> None:
    made = await forum.start(name, " Our\nbees ", text="One.\r\nTwo.")

    for reader in ("maja", "eleni", "anna", "mod"):
        [push] = forum[reader].pushes("forum.started")
        assert push["thread"]["title"] == "Our bees"
        assert push["post"]["text"] == "One.\nTwo."
        assert push["post"]["place"] == push["thread"]["posts"] == 1
        assert push["post"]["author_id"] == forum[name].member_id
        assert (await forum.page(reader, made["thread_id"]))["posts"] == [push["post"]]


@pytest.mark.parametrize("name", ["maja", "vera", "mod"])
async def test_others_start_none(forum: Forum, name: str) -> None:
    fields = {"board_id": forum.open_board, "title": "Mine", "text": "Mine"}
    assert await forum[name].refused("forum.start", **fields) == "forbidden"
    assert (await forum.fresh("anna"))["threads"] == []


@pytest.mark.parametrize("name", ["anna", "olga", "maja"])
async def test_writers_reply_and_the_thread_counts_it(forum: Forum, name: str) -> None:
    thread = await forum.start("anna")
    made = await forum.reply(name, thread["thread_id"])

    seen = await forum.post("eleni", made)
    assert (seen["place"], seen["author_id"]) == (2, forum[name].member_id)
    [summary] = (await forum.fresh("eleni"))["threads"]
    assert (summary["posts"], summary["last_place"]) == (2, 2)
    assert summary["last_author_id"] == forum[name].member_id
    assert summary["last_at"] == seen["at"]


@pytest.mark.parametrize("name", ["vera", "mod"])
async def test_readers_do_not_reply(forum: Forum, name: str) -> None:
    thread = await forum.start("anna")
    fields = {"thread_id": thread["thread_id"], "text": "Hello"}
    assert await forum[name].refused("forum.reply", **fields) == "forbidden"


async def test_a_resent_post_is_there_once_and_its_sender_knows_it(forum: Forum) -> None:
    thread = await forum.start("anna")
    key = nonce()
    fields = {"thread_id": thread["thread_id"], "text": "Once", "nonce": key}
    first = await forum["maja"].do("forum.reply", **fields)
    again = await forum["maja"].do("forum.reply", **fields)

    assert again == {"seq": first["seq"], "repeated": True}
    [push] = forum["maja"].pushes("forum.replied")
    assert push["nonce"] == key
    assert len((await forum.page("maja", thread["thread_id"]))["posts"]) == 2


@pytest.mark.parametrize("text", ["", "\u200b", " \n ", "x" * (TEXT_MAX + 1)])
async def test_nothing_and_too_much_are_refused(forum: Forum, text: str) -> None:
    thread = await forum.start("anna")
    fields: dict[str, Any] = {"thread_id": thread["thread_id"]}
    code = await forum["maja"].refused("forum.reply", **fields, text=text)
    assert code in {"forum.empty", "invalid"}
    await forum.reply("maja", thread["thread_id"], "x" * TEXT_MAX)


async def test_tricks_in_a_text_are_taken_out(forum: Forum) -> None:
    thread = await forum.start("anna")
    made = await forum.reply("maja", thread["thread_id"], "a\u202eb\x07c<script>")
    assert (await forum.post("eleni", made))["text"] == "abc<script>"


async def test_words_of_a_post_can_be_quoted_and_others_cannot(forum: Forum) -> None:
    thread = await forum.start("anna", text="We saw forty\nbees today.")
    other = await forum.start("anna", "Other", text="We saw forty bees today.")
    quote = {"post_id": thread["post_id"], "text": "forty bees"}
    fields: Json = {"thread_id": thread["thread_id"], "text": "Really?"}

    for wrong, code in [
        ({**quote, "text": "no bees"}, "forum.not_in_post"),
        ({**quote, "post_id": other["post_id"]}, "not_found"),
        ({**quote, "post_id": "0" * 20}, "not_found"),
    ]:
        assert await forum["maja"].refused("forum.reply", **fields, quote=wrong) == code

    made = await forum.reply("maja", thread["thread_id"], "Really?", quote=quote)
    assert (await forum.post("eleni", made))["quote"] == {
        **quote,
        "author_id": forum["anna"].member_id,
    }


async def test_one_changes_ones_own_post_and_no_other(forum: Forum) -> None:
    thread = await forum.start("anna")
    made = await forum.reply("maja", thread["thread_id"], "Frist words")
    fields = {"post_id": made["post_id"], "text": "First words"}

    for name, code in [
        ("eleni", "forum.not_yours"),
        ("anna", "forum.not_yours"),
        ("vera", "forbidden"),
    ]:
        assert await forum[name].refused("forum.edit", **fields) == code
    await forum["maja"].do("forum.edit", **fields)

    seen = await forum.post("eleni", made)
    assert (seen["text"], seen["edited_at"] is not None) == ("First words", True)
    assert "Frist" not in await stored_events(forum)


@pytest.mark.parametrize(("name", "removed_by"), [("maja", "author"), ("bo", "teacher")])
async def test_a_removed_post_leaves_only_its_mark(
    forum: Forum, name: str, removed_by: str
) -> None:
    thread = await forum.start("anna")
    made = await forum.reply("maja", thread["thread_id"], "Unkind words")
    quote = {"post_id": made["post_id"], "text": "Unkind words"}
    answer = await forum.reply("eleni", thread["thread_id"], "Oh!", quote=quote)
    await forum["eleni"].do("forum.like", post_id=made["post_id"], liked=True)
    best = {"thread_id": thread["thread_id"], "post_id": made["post_id"]}
    await forum["anna"].do("forum.best", **best)
    forum.clear()

    for wrong in ("eleni", "olga"):
        code = await forum[wrong].refused("forum.delete", post_id=made["post_id"])
        assert code == "forum.not_yours"
    await forum[name].do("forum.delete", post_id=made["post_id"])

    [push] = forum["eleni"].pushes()
    assert (push["type"], push["removed_by"]) == ("forum.deleted", removed_by)
    page = await forum.page("eleni", thread["thread_id"])
    assert [(p["text"], p["removed_by"]) for p in page["posts"]] == [
        ("We saw forty bees today.", None),
        ("", removed_by),
        ("Oh!", None),
    ]
    assert page["posts"][2]["quote"] == {**quote, "text": "", "author_id": forum["maja"].member_id}
    assert answer["post_id"] == page["posts"][2]["id"]
    assert (page["thread"]["posts"], page["thread"]["best_post_id"]) == (2, None)
    rows = await forum.classroom.database.read(
        lambda db: (db.execute(select(post)).all(), db.execute(select(post_like)).all())
    )
    assert "Unkind" not in f"{rows} {await stored_events(forum)}"
    assert rows[1] == []
    assert await forum["maja"].refused("forum.delete", post_id=made["post_id"]) == "not_found"


async def test_one_likes_others_posts_once(forum: Forum) -> None:
    thread = await forum.start("anna")
    made = await forum.reply("maja", thread["thread_id"])
    fields = {"post_id": made["post_id"], "liked": True}

    assert await forum["maja"].refused("forum.like", **fields) == "forum.own_post"
    for name in ("eleni", "anna", "eleni"):
        await forum[name].do("forum.like", **fields)
    assert len(forum["nils"].pushes("forum.liked")) == 2
    both = sorted([forum["eleni"].member_id, forum["anna"].member_id])
    assert (await forum.post("nils", made))["likes"] == both

    await forum["eleni"].do("forum.like", post_id=made["post_id"], liked=False)
    assert (await forum.post("nils", made))["likes"] == [forum["anna"].member_id]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("forum.reply", {"thread_id": "thread", "text": "x"}),
        ("forum.edit", {"post_id": "post", "text": "x"}),
        ("forum.like", {"post_id": "first", "liked": True}),
    ],
)
async def test_a_locked_thread_is_for_teachers_to_write_in(
    forum: Forum, kind: str, fields: Json
) -> None:
    thread = await forum.start("anna")
    made = await forum.reply("maja", thread["thread_id"])
    ids = {"thread": made["thread_id"], "post": made["post_id"], "first": thread["post_id"]}
    fields = {key: ids.get(value, value) for key, value in fields.items()}
    lock = {"thread_id": made["thread_id"]}

    await forum["anna"].do("forum.lock", **lock, locked=True)
    assert await forum["maja"].refused(kind, **fields) == "forum.locked"
    await forum.reply("anna", made["thread_id"], "Closed for today.")
    await forum["anna"].do("forum.lock", **lock, locked=False)
    await forum["maja"].do(kind, **fields)


async def test_whoever_writes_too_fast_waits(forum: Forum) -> None:
    thread = await forum.start("anna")
    for n in range(int(POSTS_BURST)):
        await forum.reply("maja", thread["thread_id"], f"{n}")
    reply = await forum["maja"].ask(
        "forum.reply", thread_id=thread["thread_id"], text="x", nonce=nonce()
    )
    assert reply["error"]["code"] == "rate_limited"
    assert reply["error"]["retry_after_s"] >= 1
    await forum.reply("eleni", thread["thread_id"], "Others are not held up.")
