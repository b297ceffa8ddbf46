"""Reading: pages of a thread, marks and searches (PROTOCOL.md F4, F7, F9)."""

from typing import Any

import pytest
from sqlalchemy import insert, update

from tests.forum.conftest import Forum
from twinspace_rt.forum.models import post, thread
from twinspace_rt.forum.queries import PAGE_FOUND, PAGE_POSTS
from twinspace_rt.ids import new_id
from twinspace_rt.rooms.models import member


async def long_thread(forum: Forum, posts: int) -> str:
    """Make a thread with so many posts, places 1, 2, 3…, by Anna."""
    made = await forum.start("anna")

    def add(db: Any) -> None:
        for place in range(2, posts + 1):
            db.execute(
                insert(post).values(
                    id=new_id(),
                    room_id=forum.classroom.room_id,
                    thread_id=made["thread_id"],
                    author_id=forum["anna"].member_id,
                    created_at=place,
                    shown_at=place,
                    state="seen",
                    place=place,
                    text=f"Post {place}",
                    search_text=f"post {place}",
                )
            )
        db.execute(
            update(thread)
            .where(thread.c.id == made["thread_id"])
            .values(posts=posts, last_place=posts)
        )

    await forum.classroom.database.write(add)
    return str(made["thread_id"])


@pytest.mark.parametrize("posts", [1, PAGE_POSTS, PAGE_POSTS + 1, 2 * PAGE_POSTS + 3])
async def test_a_thread_is_read_page_by_page(forum: Forum, posts: int) -> None:
    thread_id = await long_thread(forum, posts)

    forward: list[int] = []
    page = await forum.page("maja", thread_id)
    assert not page["more_before"]
    while True:
        forward += [p["place"] for p in page["posts"]]
        if not page["more_after"]:
            break
        page = await forum.page("maja", thread_id, after=forward[-1])
        assert page["more_before"]
    assert forward == list(range(1, posts + 1))

    backward = [p["place"] for p in page["posts"]]
    while page["more_before"]:
        page = await forum.page("maja", thread_id, before=backward[0])
        backward = [p["place"] for p in page["posts"]] + backward
    assert backward == forward
    assert len(page["posts"]) <= PAGE_POSTS


async def test_a_link_to_a_post_opens_the_page_around_it(forum: Forum) -> None:
    thread_id = await long_thread(forum, 200)
    page = await forum.page("maja", thread_id, after=120)
    wanted = page["posts"][9]
    page = await forum.page("maja", thread_id, post_id=wanted["id"])
    assert wanted in page["posts"][10:-10]
    assert page["more_before"]
    assert page["more_after"]


async def test_what_is_not_there_is_not_found(forum: Forum) -> None:
    thread_id = await long_thread(forum, 1)
    other = await forum.start("anna", "Other")
    for fields in [
        {"thread_id": "0" * 20},
        {"thread_id": thread_id, "post_id": "0" * 20},
        {"thread_id": thread_id, "post_id": other["post_id"]},
    ]:
        reply = await forum["maja"].ask("forum.thread", **fields)
        assert reply["error"]["code"] == "not_found"


@pytest.mark.parametrize("kind", ["forum.thread", "forum.search"])
async def test_visitors_read_nothing(forum: Forum, kind: str) -> None:
    thread_id = await long_thread(forum, 1)
    fields = {"forum.thread": {"thread_id": thread_id}, "forum.search": {"query": "bees"}}[kind]
    assert (await forum["vera"].ask(kind, **fields))["error"]["code"] == "forbidden"
    assert "ok" in await forum["maja"].ask(kind, **fields)


async def test_unread_counts_others_posts_after_ones_mark(forum: Forum) -> None:
    made = await forum.start("anna")
    thread_id = made["thread_id"]
    mine = await forum.reply("maja", thread_id)
    late = await forum.reply("eleni", thread_id, "Late")

    async def read_of(name: str) -> tuple[int, int]:
        [read] = (await forum.fresh(name))["reads"]
        return read["place"], read["unread"]

    assert await read_of("maja") == (0, 2)
    assert await read_of("nils") == (0, 3)
    await forum["maja"].do("forum.read", thread_id=thread_id, place=1)
    [push] = forum["maja"].pushes("forum.read_marked")
    assert push["read"] == {"thread_id": thread_id, "place": 1, "unread": 1}
    assert await read_of("maja") == (1, 1)
    assert forum["nils"].pushes("forum.read_marked") == []

    repeated = await forum["maja"].do("forum.read", thread_id=thread_id, place=1)
    assert repeated["seq"] == 0
    await forum["maja"].do("forum.read", thread_id=thread_id, place=999)
    assert await read_of("maja") == (3, 0)
    await forum["nils"].do("forum.read", thread_id=thread_id, place=2)
    await forum["eleni"].do("forum.delete", post_id=late["post_id"])
    assert await read_of("nils") == (2, 0)
    assert (await forum.post("nils", mine))["place"] == 2


async def test_all_or_one_board_is_marked_as_read(forum: Forum) -> None:
    await forum.start("anna", "One")
    await forum.start("anna", "Two", board_id=forum.held_board)
    held = await forum.start("olga", "Waits", board_id=forum.held_board)
    assert held["held"]

    async def unread(name: str) -> list[int]:
        return [r["unread"] for r in (await forum.fresh(name))["reads"]]

    assert await unread("maja") == [1, 1]
    await forum["maja"].do("forum.read_all", board_id=forum.open_board)
    assert await unread("maja") == [0, 1]
    await forum["maja"].do("forum.read_all")
    assert await unread("maja") == [0, 0]
    assert await unread("nils") == [1, 1]
    assert await forum["maja"].refused("forum.read_all", board_id="0" * 20) == "not_found"


async def test_whoever_comes_late_finds_only_what_is_new_unread(forum: Forum) -> None:
    made = await forum.start("anna")
    before = (await forum.post("anna", made))["at"]
    await forum.classroom.database.write(
        lambda db: db.execute(
            update(member)
            .where(member.c.id == forum["nils"].member_id)
            .values(created_at=before + 1)
        )
    )
    assert (await forum.fresh("nils"))["reads"] == [
        {"thread_id": made["thread_id"], "place": 1, "unread": 0}
    ]
    assert (await forum.fresh("maja"))["reads"][0]["unread"] == 1


async def test_marks_move_in_a_closed_room_too(forum: Forum) -> None:
    made = await forum.start("anna")
    forum["maja"].room.state = type(forum["maja"].room.state)("archived")
    fields = {"thread_id": made["thread_id"]}
    assert await forum["maja"].refused("forum.reply", **fields, text="x") == "room.closed"
    await forum["maja"].do("forum.read", **fields, place=1)
    await forum["maja"].do("forum.read_all")
    assert (await forum.page("maja", made["thread_id"]))["posts"]


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("BEES", True),
        ("straße", True),
        ("STRASSE bees", True),
        ("forty garden", True),
        ("wasps", False),
        ("bees wasps", False),
        ("f%y", False),
        ("b_es", False),
        ("100%", True),
        ("e\u0301te\u0301", True),
    ],
)
async def test_a_search_finds_all_words_in_text_or_title(
    forum: Forum, query: str, finds: bool
) -> None:
    made = await forum.start("anna", "In the Garden", text="Forty Bees, Straße 7, été, 100%")
    await forum.start("anna", "Nothing", text="Nothing at all")
    found = (await forum["maja"].read("forum.search", query=query))["found"]
    assert [f["post_id"] for f in found] == ([made["post_id"]] if finds else [])
    if finds:
        assert found[0]["title"] == "In the Garden"
        assert "Bees" in found[0]["excerpt"]


async def test_a_search_is_paged_newest_first(forum: Forum) -> None:
    thread_id = await long_thread(forum, 2 * PAGE_FOUND + 6)
    places: list[str] = []
    fields: dict[str, Any] = {"query": "post"}
    while True:
        page = await forum["maja"].read("forum.search", **fields)
        places += [f["excerpt"] for f in page["found"]]
        if page["next"] is None:
            break
        fields["cursor"] = page["next"]
    assert places == [f"Post {n}" for n in range(2 * PAGE_FOUND + 6, 1, -1)]
    assert {f["thread_id"] for f in page["found"]} == {thread_id}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"query": "\u200b "}, "forum.no_words"),
        ({"query": "a", "cursor": "1.2"}, "forum.bad_cursor"),
        ({"query": "a", "cursor": f"{'9' * 20}.{'0' * 20}"}, "forum.bad_cursor"),
        ({"query": "a" * 101}, "invalid"),
    ],
)
async def test_a_search_for_nothing_is_refused(
    forum: Forum, fields: dict[str, str], code: str
) -> None:
    assert (await forum["maja"].ask("forum.search", **fields))["error"]["code"] == code


async def test_whoever_searches_too_fast_waits(forum: Forum) -> None:
    codes = [
        (await forum["maja"].ask("forum.search", query="bees")).get("error", {}).get("code")
        for _ in range(12)
    ]
    assert codes[:10] == [None] * 10
    assert codes[-1] == "rate_limited"
