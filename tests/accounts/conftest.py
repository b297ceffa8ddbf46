"""A real database, the sign-in routes behind their guard, and a clock that tests set."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.databases import open_new
from twinspace_rt.accounts.cards import new_words, put_card
from twinspace_rt.accounts.entry import Entry
from twinspace_rt.accounts.http import SignInRoutes
from twinspace_rt.accounts.passwords import hash_secret
from twinspace_rt.accounts.people import AccountKind, create_account
from twinspace_rt.db.engine import Database
from twinspace_rt.ids import new_id
from twinspace_rt.rooms import models as rooms_models
from twinspace_rt.settings import Settings
from twinspace_rt.streams import models as streams_models
from twinspace_rt.web.api import Api
from twinspace_rt.web.security import Origins

TABLES = (rooms_models, streams_models)
NOW = 1_700_000_000_000
ORIGIN = "http://localhost:8000"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = open_new(tmp_path)
    yield database
    await database.close()


@dataclass
class Site:
    """The sign-in routes of a server that has no sockets, and what it would have closed."""

    database: Database
    settings: Settings = field(default_factory=Settings)
    now: int = NOW
    closed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.entry = Entry(self.settings, self.database, self._close, clock=lambda: self.now)
        api = Api(
            SignInRoutes(self.entry).routes(),
            origins=Origins(self.settings),
            trusted_proxies=self.settings.trusted_proxies,
        )
        self.app = Starlette(routes=[Mount("/api", api)])

    def _close(self, session_ids: Sequence[str]) -> None:
        self.closed += session_ids

    def browser(self, address: str = "192.0.2.1") -> httpx.AsyncClient:
        """Open a browser: it keeps cookies and names its origin."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, client=(address, 4321)),
            base_url=ORIGIN,
            headers={"origin": ORIGIN},
        )

    async def teacher(
        self,
        email: str = "karin@example.org",
        password: str = "lingon och mjölk",
        *,
        password_hash: str | None = None,
    ) -> str:
        """Make a teacher's account."""
        hashed = password_hash or await hash_secret(password)
        return await self.database.write(
            lambda db: create_account(
                db,
                kind=AccountKind.TEACHER,
                email=email,
                password_hash=hashed,
                name="Karin",
                now=self.now,
            )
        )

    async def pupil(self) -> "PupilCard":
        """Make a pupil's card."""
        words, member_id = new_words("sv"), new_id()
        hashed = await hash_secret(words)

        def put(db: Connection) -> str:
            return put_card(db, member_id, new_id(), hashed, self.now)

        return PupilCard(member_id, await self.database.write(put), words)


@dataclass(frozen=True)
class PupilCard:
    """What is printed on a card, and whose it is."""

    member_id: str
    code: str
    words: str

    @property
    def body(self) -> dict[str, str]:
        """What joining with it sends."""
        return {"code": self.code, "words": self.words}


@pytest.fixture
def site(database: Database) -> Site:
    return Site(database)
