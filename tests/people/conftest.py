"""Browsers of people, and rooms whose staff have accounts, on a real server."""

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
import pytest_asyncio
from sqlalchemy import Connection, select

from tests.client import RoomClient
from tests.live import Live, SeededRoom, Someone
from twinspace_rt.accounts import sessions
from twinspace_rt.accounts.models import account
from twinspace_rt.accounts.passwords import hash_secret
from twinspace_rt.accounts.people import AccountKind, create_account
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.access import Role

Json = dict[str, Any]
T = TypeVar("T")
PASSWORD = "lingon och mjölk"
_numbers = itertools.count(1)


@dataclass
class Town:
    """A server, its seeded room, and the browsers and windows that are open."""

    live: Live
    room: SeededRoom
    stack: AsyncExitStack
    _hash: str = field(default="", repr=False)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Change or read the server's database from beside it."""
        assert self.live.node is not None
        return await self.live.node.database.write(work)

    async def window(self, person: str | Someone) -> RoomClient:
        """Open a window on the room for somebody, and say hello."""
        if isinstance(person, str):
            person = self.room.people[person]
        client = await RoomClient.open(self.live, self.room.room_id, person)
        await self.stack.enter_async_context(client)
        await client.hello()
        return client

    async def browser(self, token: str | None = None) -> httpx.AsyncClient:
        """Open a browser, signed in with a session's token."""
        browser = httpx.AsyncClient(
            base_url=self.live.http,
            headers={"origin": self.live.origin},
            cookies={"twinspace": token} if token else None,
        )
        return await self.stack.enter_async_context(browser)

    async def account(
        self, kind: str, *, school: int | None = None, countries: str = ""
    ) -> tuple[str, Someone]:
        """Make an account that is signed in; returns its id, and its session."""
        self._hash = self._hash or await hash_secret(PASSWORD)

        def make(db: Connection) -> tuple[str, Someone]:
            account_id = create_account(
                db,
                kind=AccountKind(kind),
                email=f"person{next(_numbers)}@example.org",
                password_hash=self._hash,
                name=kind.capitalize(),
                school_id=None if school is None else self.room.schools[school],
                countries=countries,
                now=now_ms(),
            )
            opened = sessions.open_for_account(db, account_id, hours=8, now=now_ms())
            role = Role.MODERATOR if kind == "moderator" else Role.TEACHER
            return account_id, Someone("", role, opened.token, opened.session_id)

        return await self.write(make)

    async def signed_in(self, account_id: str) -> Someone:
        """Sign an account in anew."""
        opened = await self.write(
            lambda db: sessions.open_for_account(db, account_id, hours=8, now=now_ms())
        )
        return Someone("", Role.TEACHER, opened.token, opened.session_id)

    async def email(self, account_id: str) -> str:
        """Look an account's address up."""
        assert self.live.node is not None
        query = select(account.c.email).where(account.c.id == account_id)
        return str(await self.live.node.database.read(lambda db: db.execute(query).scalar_one()))


@pytest_asyncio.fixture
async def town(live: Live, seeded: SeededRoom) -> AsyncIterator[Town]:
    """A server with a room, and no window open yet."""
    async with AsyncExitStack() as stack:
        yield Town(live, seeded, stack)
