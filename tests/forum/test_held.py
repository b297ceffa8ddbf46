"""Posts that wait for a teacher (PROTOCOL.md F1-F3): nobody else learns that they exist."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.classroom import Json
from tests.forum.conftest import Forum
from tests.forum.test_posts import stored_events
from twinspace_rt.forum.actions import HELD_MAX

OTHERS = ("eleni", "nils", "olga", "vera")


@dataclass
class Waiting:
    """What waits, and the thread it waits in."""

    post_id: str
    thread_id: str
    author: str
    text: str
    at: int


async def held_reply(forum: Forum) -> Waiting:
    """Have Maja reply on the board where pupils' posts wait."""
    thread = await forum.start("anna", board_id=forum.held_board)
    made = await forum.reply("maja", thread["thread_id"], "Waiting words")
    assert made["held"]
    [mine] = (await forum.fresh("maja"))["held"]
    return Waiting(made["post_id"], made["thread_id"], "maja", mine["text"], mine["at"])


async def held_thread(forum: Forum) -> Waiting:
    """Have Olga start a thread there; it waits with its first post."""
    made = await forum.start("olga", "Waiting title", board_id=forum.held_board, text="First words")
    assert made["held"]
    [mine] = (await forum.fresh("olga"))["held"]
    return Waiting(made["post_id"], made["thread_id"], "olga", mine["text"], mine["at"])


CASES = pytest.mark.parametrize("hold", [held_reply, held_thread])


@CASES
async def test_author_and_staff_see_what_waits(forum: Forum, hold: Any) -> None:
    waiting: Waiting = await hold(forum)

    for name in (waiting.author, "anna", "bo", "mod"):
        snapshot = await forum.fresh(name)
        [held] = snapshot["held"]
        assert (held["id"], held["state"], held["reason"]) == (waiting.post_id, "waiting", "")
        [push] = forum[name].pushes("forum.held")
        assert push["post"] == held
        assert waiting.thread_id in [t["id"] for t in snapshot["threads"]]
        assert push["thread"] in [None, *snapshot["threads"]]


@CASES
async def test_nobody_else_learns_that_it_exists(forum: Forum, hold: Any) -> None:
    others = [name for name in (*OTHERS, "maja") if name != "vera"]
    seen_before = {name: await forum.fresh(name) for name in others}
    waiting: Waiting = await hold(forum)
    others.remove(waiting.author)
    thread_is_held = hold is held_thread
    if thread_is_held:
        for name in others:
            assert await forum.fresh(name) == seen_before[name]
            assert forum[name].pushes() == []

    seen = {name: await forum.fresh(name) for name in others}
    at = waiting.at
    await forum["bo"].do("forum.return", post_id=waiting.post_id, reason="Please be kind.")
    await forum[waiting.author].do("forum.edit", post_id=waiting.post_id, text="Kinder words")

    for name in others:
        person = forum[name]
        assert await forum.fresh(name) == seen[name]
        for query in ("words", "title", "Kinder"):
            assert (await person.read("forum.search", query=query))["found"] == []
        refusals: list[tuple[str, Json]] = [
            ("forum.edit", {"post_id": waiting.post_id, "text": "x"}),
            ("forum.delete", {"post_id": waiting.post_id}),
            ("forum.like", {"post_id": waiting.post_id, "liked": True}),
        ]
        if thread_is_held:
            refusals += [
                ("forum.reply", {"thread_id": waiting.thread_id, "text": "x"}),
                ("forum.rename", {"thread_id": waiting.thread_id, "title": "x"}),
                ("forum.best", {"thread_id": waiting.thread_id, "post_id": None}),
                ("forum.read", {"thread_id": waiting.thread_id, "place": 1}),
            ]
        for kind, fields in refusals:
            real = await person.ask(kind, **fields, nonce="a-nonce-of-mine")
            invented = {
                k: "0" * 20 if k in {"post_id", "thread_id"} else v for k, v in fields.items()
            }
            if kind == "forum.best":
                invented["post_id"] = None
            unknown = await person.ask(kind, **invented, nonce="a-nonce-of-mine")
            assert real["error"] == unknown["error"]
        page = await person.ask(
            "forum.thread", thread_id=waiting.thread_id, post_id=waiting.post_id
        )
        assert page["error"]["code"] == "not_found"
        heard = json.dumps(person.inbox.frames)
        for trace in (waiting.post_id, waiting.text, "Kinder", "be kind", str(at)):
            assert trace not in heard
        if thread_is_held:
            assert waiting.thread_id not in heard
    since = {"epoch": 1, "seq": 0}
    for name in (*others, "vera"):
        resumed = await forum.classroom.enter(name, since)
        assert resumed.welcome["resumed"]
        heard = json.dumps(resumed.inbox.frames)
        assert waiting.post_id not in heard
        assert "Kinder" not in heard
        resumed.leave()


@CASES
async def test_a_teacher_approves_it_and_it_comes_last(forum: Forum, hold: Any) -> None:
    waiting: Waiting = await hold(forum)
    if hold is held_reply:
        await forum.reply("bo", waiting.thread_id, "Written later, seen sooner")
    fields = {"post_id": waiting.post_id, "at": waiting.at}

    for name in (*OTHERS, "maja", "mod"):
        assert await forum[name].refused("forum.approve", **fields) == "forbidden"
    await forum["bo"].do("forum.approve", **fields)

    for name in ("eleni", waiting.author, "anna"):
        snapshot = await forum.fresh(name)
        assert snapshot["held"] == []
        [summary] = snapshot["threads"]
        assert not summary["held"]
        page = await forum.page(name, waiting.thread_id)
        assert page["posts"][-1]["id"] == waiting.post_id
        assert page["posts"][-1]["edited_at"] is None
        assert [p["place"] for p in page["posts"]] == list(range(1, summary["posts"] + 1))
    assert (await forum.fresh("nils"))["reads"][0]["unread"] == summary["posts"]
    assert await forum["anna"].refused("forum.approve", **fields) == "forum.not_held"


async def test_a_teacher_approves_only_what_they_have_read(forum: Forum) -> None:
    waiting = await held_reply(forum)
    await forum["maja"].do("forum.edit", post_id=waiting.post_id, text="Quite other words")
    [held] = (await forum.fresh("bo"))["held"]

    fields = {"post_id": waiting.post_id, "at": waiting.at}
    assert await forum["bo"].refused("forum.approve", **fields) == "forum.edited_since"
    await forum["bo"].do("forum.approve", post_id=waiting.post_id, at=held["at"])
    assert "Waiting words" not in await stored_events(forum)


async def test_a_returned_post_can_be_handed_in_again(forum: Forum) -> None:
    waiting = await held_reply(forum)
    fields = {"post_id": waiting.post_id, "reason": "Please say \u202ewhich bees."}

    for name in (*OTHERS, "maja", "mod"):
        assert await forum[name].refused("forum.return", **fields) == "forbidden"
    nothing = {**fields, "reason": "\u200b"}
    assert await forum["bo"].refused("forum.return", **nothing) == "forum.empty"
    await forum["bo"].do("forum.return", **fields)
    for name in ("maja", "anna"):
        [held] = (await forum.fresh(name))["held"]
        assert (held["state"], held["reason"]) == ("returned", "Please say which bees.")
        assert held["teacher_id"] == forum["bo"].member_id

    await forum["maja"].do("forum.edit", post_id=waiting.post_id, text="Which: the black ones")
    for name in ("maja", "anna"):
        [held] = (await forum.fresh(name))["held"]
        assert (held["state"], held["reason"], held["teacher_id"]) == ("waiting", "", None)
        assert held["text"] == "Which: the black ones"


@CASES
async def test_its_author_or_a_teacher_takes_it_out_without_a_trace(
    forum: Forum, hold: Any
) -> None:
    for name in ("author", "anna"):
        waiting: Waiting = await hold(forum)
        forum.clear()
        remover = waiting.author if name == "author" else name
        await forum[remover].do("forum.delete", post_id=waiting.post_id)

        snapshot = await forum.fresh("anna")
        assert snapshot["held"] == []
        assert (hold is held_thread) == (snapshot["threads"] == [])
        for person in (waiting.author, "anna"):
            [push] = forum[person].pushes()
            assert (push["type"], push["post_id"]) == ("forum.held_deleted", waiting.post_id)
        assert forum["eleni"].pushes() == []
        assert waiting.text not in await stored_events(forum)
        if snapshot["threads"]:
            [thread] = snapshot["threads"]
            await forum["anna"].do("forum.thread_delete", thread_id=thread["id"])


async def test_a_removed_thread_takes_what_waits_in_it_along(forum: Forum) -> None:
    waiting = await held_reply(forum)
    await forum["anna"].do("forum.thread_delete", thread_id=waiting.thread_id)
    assert (await forum.fresh("maja"))["held"] == []
    assert waiting.text not in await stored_events(forum)


async def test_nobody_writes_in_a_thread_that_waits(forum: Forum) -> None:
    waiting = await held_thread(forum)
    fields = {"thread_id": waiting.thread_id, "text": "x"}
    for name in ("olga", "anna"):
        assert await forum[name].refused("forum.reply", **fields) == "forum.thread_waiting"
    await forum["anna"].do("forum.approve", post_id=waiting.post_id, at=waiting.at)
    await forum.reply("olga", waiting.thread_id)


async def test_a_waiting_thread_is_renamed_and_moved_unseen(forum: Forum) -> None:
    waiting = await held_thread(forum)
    forum.clear()
    await forum["olga"].do("forum.rename", thread_id=waiting.thread_id, title="Better title")
    await forum["bo"].do("forum.move", thread_id=waiting.thread_id, board_id=forum.open_board)

    for name in ("eleni", "maja", "vera"):
        assert forum[name].pushes() == []
    for name in ("olga", "anna", "mod"):
        assert len(forum[name].pushes("forum.thread_changed")) == 2
    await forum["anna"].do("forum.approve", post_id=waiting.post_id, at=waiting.at)
    [thread] = (await forum.fresh("eleni"))["threads"]
    assert (thread["title"], thread["board_id"]) == ("Better title", forum.open_board)
    assert (await forum["eleni"].read("forum.search", query="better words"))["found"]


async def test_teachers_posts_never_wait(forum: Forum) -> None:
    made = await forum.start("bo", board_id=forum.held_board)
    assert not made["held"]
    assert not (await forum.reply("anna", made["thread_id"]))["held"]


async def test_pupils_do_not_change_what_a_teacher_approved(forum: Forum) -> None:
    waiting = await held_thread(forum)
    await forum["bo"].do("forum.approve", post_id=waiting.post_id, at=waiting.at)
    edit = {"post_id": waiting.post_id, "text": "Something else"}
    rename = {"thread_id": waiting.thread_id, "title": "Something else"}
    assert await forum["olga"].refused("forum.edit", **edit) == "forum.approved"
    assert await forum["olga"].refused("forum.rename", **rename) == "forum.approved"

    board = {"board_id": forum.held_board, "name": "Stories", "description": ""}
    await forum["anna"].do("forum.board_edit", **board, hold=False)
    await forum["olga"].do("forum.edit", **edit)
    await forum["olga"].do("forum.rename", **rename)


async def test_a_rule_switched_off_lets_nothing_out_by_itself(forum: Forum) -> None:
    waiting = await held_reply(forum)
    board = {"board_id": forum.held_board, "name": "Stories", "description": ""}
    await forum["anna"].do("forum.board_edit", **board, hold=False)
    await forum["maja"].do("forum.edit", post_id=waiting.post_id, text="Still waiting")
    [held] = (await forum.fresh("maja"))["held"]
    assert held["state"] == "waiting"
    assert not (await forum.reply("maja", waiting.thread_id))["held"]


async def test_one_person_has_so_many_waiting_and_no_more(forum: Forum) -> None:
    thread = await forum.start("anna", board_id=forum.held_board)
    made = [await forum.reply("maja", thread["thread_id"], f"{n}") for n in range(HELD_MAX)]
    fields = {"thread_id": thread["thread_id"], "text": "One more"}
    assert await forum["maja"].refused("forum.reply", **fields) == "forum.held_full"

    await forum["maja"].do("forum.delete", post_id=made[0]["post_id"])
    await forum["maja"].do("forum.reply", **fields)


async def test_a_waiting_quote_of_a_removed_post_is_empty(forum: Forum) -> None:
    thread = await forum.start("anna", board_id=forum.held_board, text="Regretted words")
    quote = {"post_id": thread["post_id"], "text": "Regretted words"}
    await forum.reply("maja", thread["thread_id"], "Oh", quote=quote)
    await forum["anna"].do("forum.delete", post_id=thread["post_id"])
    [held] = (await forum.fresh("maja"))["held"]
    assert held["quote"]["text"] == ""
    assert "Regretted" not in await stored_events(forum)
