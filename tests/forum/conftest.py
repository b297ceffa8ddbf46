"""A forum with an open board and one whose posts wait for a teacher, and people who use it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest_asyncio

from tests.classroom import Classroom, Json, Person, open_classroom
from twinspace_rt.forum import feature


@dataclass
class Forum:
    """The people who are in, and the identifiers of what is there."""

    classroom: Classroom
    people: dict[str, Person]
    open_board: str
    held_board: str

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    async def start(self, name: str, title: str = "Our bees", **fields: Any) -> Json:
        """Have somebody start a thread; returns ``thread_id``, ``post_id`` and ``held``."""
        fields.setdefault("board_id", self.open_board)
        fields.setdefault("text", "We saw forty bees today.")
        made: Json = (await self[name].do("forum.start", title=title, **fields))["result"]
        return made

    async def reply(self, name: str, thread_id: str, text: str = "So did we!", **more: Any) -> Json:
        """Have somebody reply; returns ``thread_id``, ``post_id`` and ``held``."""
        reply = await self[name].do("forum.reply", thread_id=thread_id, text=text, **more)
        made: Json = reply["result"]
        return made

    async def fresh(self, name: str) -> Json:
        """Read somebody's forum afresh, as a new window receives it."""
        window = await self.classroom.enter(name)
        window.leave()
        snapshot: Json = window.welcome["features"]["forum"]
        return snapshot

    async def page(self, name: str, thread_id: str, **fields: Any) -> Json:
        """Read a page of a thread as somebody."""
        page: Json = await self[name].read("forum.thread", thread_id=thread_id, **fields)
        return page

    async def post(self, name: str, made: Json) -> Json:
        """Read one post as somebody sees it."""
        page = await self.page(name, made["thread_id"], post_id=made["post_id"])
        return next(dict(p) for p in page["posts"] if p["id"] == made["post_id"])

    def clear(self) -> None:
        """Forget what everyone has received so far."""
        for person in self.people.values():
            person.inbox.frames.clear()


@pytest_asyncio.fixture
async def forum(tmp_path: Path) -> AsyncIterator[Forum]:
    async with open_classroom(tmp_path, [feature]) as classroom:
        people = {name: await classroom.enter(name) for name in classroom.members}
        anna = people["anna"]
        made = await anna.do("forum.board_create", name="Nature", description="What we see.")
        held = await anna.do("forum.board_create", name="Stories", hold=True)
        forum = Forum(classroom, people, made["result"], held["result"])
        forum.clear()
        yield forum
