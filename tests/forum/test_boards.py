"""Boards: who may make, name, order and put them away (PROTOCOL.md F8)."""

import pytest

from tests.classroom import Json
from tests.forum.conftest import Forum
from twinspace_rt.forum.messages import BOARDS_MAX

BOARD_COMMANDS = ("board_create", "board_edit", "board_archive", "board_order")


async def test_a_teacher_makes_a_board_that_everyone_but_visitors_sees(forum: Forum) -> None:
    reply = await forum["anna"].do("forum.board_create", name="  Trips \n", hold=True)

    for name in ("anna", "maja", "eleni", "mod"):
        [push] = forum[name].pushes("forum.board_changed")
        assert push["board"] == {
            "id": reply["result"],
            "name": "Trips",
            "description": "",
            "position": 2,
            "hold": True,
            "archived": False,
        }
        assert push["board"] in (await forum.fresh(name))["boards"]
    assert forum["vera"].pushes() == []
    assert await forum.fresh("vera") == {"boards": [], "threads": [], "held": [], "reads": []}


@pytest.mark.parametrize("command", BOARD_COMMANDS)
@pytest.mark.parametrize("name", ["olga", "maja", "vera", "mod"])
async def test_nobody_else_changes_boards(forum: Forum, command: str, name: str) -> None:
    all_fields: dict[str, Json] = {
        "board_create": {"name": "Mine"},
        "board_edit": {
            "board_id": forum.open_board,
            "name": "Mine",
            "description": "",
            "hold": False,
        },
        "board_archive": {"board_id": forum.open_board, "archived": True},
        "board_order": {"board_ids": [forum.held_board, forum.open_board]},
    }
    fields = all_fields[command]
    before = await forum.fresh("anna")

    assert await forum[name].refused(f"forum.{command}", **fields) == "forbidden"
    assert await forum.fresh("anna") == before

    assert "seq" in await forum["anna"].do(f"forum.{command}", **fields)
    assert await forum.fresh("anna") != before


async def test_a_name_of_nothing_is_refused(forum: Forum) -> None:
    assert await forum["anna"].refused("forum.board_create", name="\u200b \u202e") == "forum.empty"


async def test_the_order_must_name_all_boards(forum: Forum) -> None:
    anna = forum["anna"]
    assert (
        await anna.refused("forum.board_order", board_ids=[forum.open_board])
        == "forum.boards_changed"
    )

    await anna.do("forum.board_order", board_ids=[forum.held_board, forum.open_board])

    boards = (await forum.fresh("maja"))["boards"]
    assert [b["id"] for b in boards] == [forum.held_board, forum.open_board]


async def test_a_board_put_away_is_read_only_until_it_is_taken_back(forum: Forum) -> None:
    made = await forum.start("anna")
    move = {"thread_id": made["thread_id"], "board_id": forum.held_board}
    await forum["anna"].do("forum.board_archive", board_id=forum.open_board, archived=True)

    for kind, fields in [
        ("forum.start", {"board_id": forum.open_board, "title": "x", "text": "x"}),
        ("forum.reply", {"thread_id": made["thread_id"], "text": "x"}),
        ("forum.edit", {"post_id": made["post_id"], "text": "x"}),
        ("forum.rename", {"thread_id": made["thread_id"], "title": "x"}),
    ]:
        assert await forum["anna"].refused(kind, **fields) == "forum.board_archived"
    assert (await forum.page("maja", made["thread_id"]))["posts"]

    await forum["anna"].do("forum.move", **move)
    back = {**move, "board_id": forum.open_board}
    assert await forum["anna"].refused("forum.move", **back) == "forum.board_archived"
    await forum["anna"].do("forum.board_archive", board_id=forum.open_board, archived=False)
    await forum["anna"].do("forum.move", **back)


async def test_a_forum_holds_so_many_boards_and_no_more(forum: Forum) -> None:
    for n in range(BOARDS_MAX - 2):
        await forum["anna" if n % 2 else "bo"].do("forum.board_create", name=f"Board {n}")
    assert await forum["anna"].refused("forum.board_create", name="More") == "forum.boards_full"


async def test_a_board_of_another_room_is_not_here(forum: Forum) -> None:
    elsewhere = "0" * 20
    assert (
        await forum["anna"].refused("forum.board_archive", board_id=elsewhere, archived=True)
        == "not_found"
    )
