"""Sessions: what holds, what has ended, and what is stored of them."""

import pytest
from sqlalchemy import Connection, insert, select, update

from twinspace_rt.accounts import sessions
from twinspace_rt.accounts.models import account, session, spent_ticket
from twinspace_rt.accounts.tickets import TICKET_MAX_AGE_S, Tickets
from twinspace_rt.accounts.tokens import hash_token
from twinspace_rt.db.engine import SqliteDatabase
from twinspace_rt.ids import new_id
from twinspace_rt.settings import Settings

NOW = 1_700_000_000_000


def add_account(connection: Connection) -> str:
    account_id = new_id()
    connection.execute(
        insert(account).values(
            id=account_id,
            kind="teacher",
            email=f"{account_id}@example.org",
            email_key=f"{account_id}@example.org",
            password_hash="-",
            name="Karin",
            language="sv",
            created_at=NOW,
        )
    )
    return account_id


async def test_a_token_finds_its_session_until_it_ends(database: SqliteDatabase) -> None:
    opened = await database.write(
        lambda db: sessions.open_for_member(db, new_id(), hours=12, now=NOW)
    )

    def found(db: Connection, at: int) -> bool:
        return sessions.find(db, opened.token, at) is not None

    end = NOW + 12 * sessions.HOUR_MS
    assert await database.read(lambda db: found(db, NOW))
    assert await database.read(lambda db: found(db, end - 1))
    assert not await database.read(lambda db: found(db, end))


@pytest.mark.parametrize("token", [None, "", "x" * 43, "x" * 5000, "å" * 43])
async def test_a_wrong_token_finds_nothing(database: SqliteDatabase, token: str | None) -> None:
    await database.write(lambda db: sessions.open_for_member(db, new_id(), hours=12, now=NOW))
    assert await database.read(lambda db: sessions.find(db, token, NOW)) is None


async def test_the_token_is_stored_as_its_hash_alone(database: SqliteDatabase) -> None:
    opened = await database.write(
        lambda db: sessions.open_for_member(db, new_id(), hours=12, now=NOW)
    )
    row = await database.read(lambda db: db.execute(select(session)).one())
    assert row.token_hash == hash_token(opened.token)
    assert opened.token not in [str(value) for value in row]


async def test_revoking_an_account_spares_the_session_in_use(database: SqliteDatabase) -> None:
    def work(db: Connection) -> tuple[list[str], str, str]:
        mine = add_account(db)
        here = sessions.open_for_account(db, mine, hours=8, now=NOW)
        there = sessions.open_for_account(db, mine, hours=8, now=NOW)
        other = sessions.open_for_account(db, add_account(db), hours=8, now=NOW)
        ended = sessions.revoke_account(db, mine, NOW, but=here.session_id)
        assert ended == [there.session_id]
        held = [s.token for s in (here, there, other) if sessions.find(db, s.token, NOW)]
        return held, here.token, other.token

    held, here, other = await database.write(work)
    assert held == [here, other]


async def test_a_disabled_account_is_signed_out_everywhere(database: SqliteDatabase) -> None:
    def work(db: Connection) -> tuple[bool, bool]:
        mine = add_account(db)
        opened = sessions.open_for_account(db, mine, hours=8, now=NOW)
        before = sessions.find(db, opened.token, NOW) is not None
        db.execute(update(account).where(account.c.id == mine).values(disabled_at=NOW))
        return before, sessions.find(db, opened.token, NOW) is not None

    assert await database.write(work) == (True, False)


async def test_use_is_noted_to_within_five_minutes(database: SqliteDatabase) -> None:
    def work(db: Connection) -> list[int]:
        opened = sessions.open_for_member(db, new_id(), hours=12, now=NOW)
        seen = []
        for later in (sessions.SEEN_EVERY_MS - 1, sessions.SEEN_EVERY_MS):
            found = sessions.find(db, opened.token, NOW)
            assert found is not None
            sessions.touch(db, found, NOW + later)
            seen.append(db.execute(select(session.c.last_seen_at)).scalar_one())
        return seen

    assert await database.write(work) == [NOW, NOW + sessions.SEEN_EVERY_MS]


async def test_a_ticket_opens_its_room_once(database: SqliteDatabase) -> None:
    tickets, room_id, session_id = Tickets(b"a key"), new_id(), new_id()
    ticket = tickets.make(session_id, room_id)

    def redeem(db: Connection, room: str, made: str) -> str | None:
        return tickets.redeem(db, made, room, NOW)

    assert await database.write(lambda db: redeem(db, new_id(), ticket)) is None
    forged = Tickets(b"another key").make(session_id, room_id)
    assert await database.write(lambda db: redeem(db, room_id, forged)) is None
    assert await database.write(lambda db: redeem(db, room_id, ticket)) == session_id
    assert await database.write(lambda db: redeem(db, room_id, ticket)) is None


async def test_spent_tickets_are_forgotten_when_they_are_old(database: SqliteDatabase) -> None:
    tickets, room_id = Tickets(b"a key"), new_id()

    def work(db: Connection) -> int:
        for now in (NOW, NOW + 10 * TICKET_MAX_AGE_S * 1000):
            tickets.redeem(db, tickets.make(new_id(), room_id), room_id, now)
        return len(db.execute(select(spent_ticket)).all())

    assert await database.write(work) == 1


def test_the_cookie_is_bound_to_the_host_over_https() -> None:
    assert sessions.cookie_name(Settings(public_url="https://rooms.example.org")) == (
        "__Host-twinspace"
    )
    assert sessions.cookie_name(Settings()) == "twinspace"
