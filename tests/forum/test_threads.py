"""What changes a thread as a whole: title, pin, lock, best answer, board, removal."""

from typing import Any

import pytest

from tests.classroom import Json
from tests.forum.conftest import Forum
from tests.forum.test_posts import stored_events


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("forum.pin", {"pinned": True}),
        ("forum.lock", {"locked": True}),
        ("forum.move", {"board_id": "held_board"}),
    ],
)
async def test_teachers_arrange_threads(forum: Forum, kind: str, change: Json) -> None:
    thread = await forum.start("olga")
    [before] = (await forum.fresh("maja"))["threads"]
    change = {key: getattr(forum, str(value), value) for key, value in change.items()}
    forum.clear()

    for name in ("olga", "maja", "mod", "vera"):
        code = await forum[name].refused(kind, thread_id=thread["thread_id"], **change)
        assert code == "forbidden"
    await forum["bo"].do(kind, thread_id=thread["thread_id"], **change)

    [push] = forum["maja"].pushes()
    assert push["type"] == "forum.thread_changed"
    assert push["thread"] == {**before, **change}
    assert (await forum.fresh("maja"))["threads"] == [push["thread"]]
    repeated = await forum["bo"].do(kind, thread_id=thread["thread_id"], **change)
    assert repeated["seq"] == 0
    assert len(forum["maja"].pushes()) == 1


async def test_a_thread_moves_only_to_a_board_of_the_room(forum: Forum) -> None:
    thread = await forum.start("olga")
    fields = {"thread_id": thread["thread_id"], "board_id": "0" * 20}
    assert await forum["anna"].refused("forum.move", **fields) == "not_found"


@pytest.mark.parametrize("name", ["anna", "olga"])
async def test_its_author_or_a_teacher_renames_a_thread(forum: Forum, name: str) -> None:
    thread = await forum.start("olga", "Our baes")
    await forum["anna"].do("forum.pin", thread_id=thread["thread_id"], pinned=True)
    fields = {"thread_id": thread["thread_id"], "title": "Our wasps"}

    for wrong in ("maja", "mod"):
        assert await forum[wrong].refused("forum.rename", **fields) == "forbidden"
    await forum[name].do("forum.rename", **fields)

    [summary] = (await forum.fresh("maja"))["threads"]
    assert summary["title"] == "Our wasps"
    assert "baes" not in await stored_events(forum)
    for query, count in [("baes", 0), ("wasps", 1)]:
        found = (await forum["maja"].read("forum.search", query=query))["found"]
        assert len(found) == count


@pytest.mark.parametrize("name", ["anna", "olga"])
async def test_its_author_or_a_teacher_chooses_the_best_answer(forum: Forum, name: str) -> None:
    thread = await forum.start("olga")
    other = await forum.start("olga", "Other")
    made = await forum.reply("maja", thread["thread_id"])
    fields: dict[str, Any] = {"thread_id": thread["thread_id"], "post_id": made["post_id"]}

    assert await forum["maja"].refused("forum.best", **fields) == "forbidden"
    for wrong, code in [(thread, "forum.not_a_reply"), (other, "not_found")]:
        refusal = await forum[name].refused("forum.best", **{**fields, "post_id": wrong["post_id"]})
        assert refusal == code
    await forum[name].do("forum.best", **fields)

    assert (await forum.page("eleni", thread["thread_id"]))["thread"]["best_post_id"] == made[
        "post_id"
    ]
    await forum[name].do("forum.best", **{**fields, "post_id": None})
    assert (await forum.page("eleni", thread["thread_id"]))["thread"]["best_post_id"] is None


async def test_a_teacher_removes_a_thread_and_nothing_of_it_is_left(forum: Forum) -> None:
    thread = await forum.start("olga", "Secret title", text="Secret text")
    quote = {"post_id": thread["post_id"], "text": "Secret text"}
    made = await forum.reply("maja", thread["thread_id"], "Secret reply", quote=quote)
    await forum["eleni"].do("forum.like", post_id=made["post_id"], liked=True)
    await forum["eleni"].do("forum.read", thread_id=thread["thread_id"], place=2)

    for name in ("olga", "maja", "mod"):
        code = await forum[name].refused("forum.thread_delete", thread_id=thread["thread_id"])
        assert code == "forbidden"
    await forum["anna"].do("forum.thread_delete", thread_id=thread["thread_id"])

    [push] = forum["eleni"].pushes("forum.thread_deleted")
    assert push["thread_id"] == thread["thread_id"]
    assert (await forum.fresh("eleni"))["threads"] == []
    assert "Secret" not in await stored_events(forum)
    reply = await forum["eleni"].ask("forum.thread", thread_id=thread["thread_id"])
    assert reply["error"]["code"] == "not_found"
