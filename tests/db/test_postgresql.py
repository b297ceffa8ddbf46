"""PostgreSQL as the database: what holds with several nodes, and when it fails or stays silent."""

import asyncio
import random
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from asyncpg import PostgresError
from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

import twinspace_rt.app  # noqa: F401 - brings in every table
from tests.databases import create_database, drop_database
from tests.pausing import postgresql_paused
from twinspace_rt.accounts.models import spent_ticket
from twinspace_rt.db.migrate import differences, migrate
from twinspace_rt.db.postgresql import PostgresqlDatabase
from twinspace_rt.errors import BadSetting, StorageUnavailable
from twinspace_rt.ids import new_id

# One row with a number in it, which these tests count up.
NUMBER = spent_ticket.c.at


@pytest_asyncio.fixture
async def database(postgresql_url: str) -> AsyncIterator[PostgresqlDatabase]:
    database = PostgresqlDatabase(postgresql_url)
    yield database
    await database.close()


@pytest_asyncio.fixture
async def row(database: PostgresqlDatabase) -> str:
    """A row that counts from nought."""
    row_id = new_id()
    new = insert(spent_ticket).values(id=row_id, at=0)
    await database.write(lambda db: db.execute(new) and None)
    return row_id


def read_number(db: Connection, row_id: str) -> int:
    return int(db.execute(select(NUMBER).where(spent_ticket.c.id == row_id)).scalar_one())


def set_number(db: Connection, row_id: str, number: int) -> None:
    db.execute(update(spent_ticket).where(spent_ticket.c.id == row_id).values(at=number))


def count_up(row_id: str) -> Callable[[Connection], int]:
    def work(db: Connection) -> int:
        number = read_number(db, row_id) + 1
        set_number(db, row_id, number)
        return number

    return work


def count_up_at_once(row_id: str) -> Callable[[Any], Awaitable[int]]:
    """Count up in one statement of the driver."""

    async def work(driver: Any) -> int:
        counted = "UPDATE spent_ticket SET at = at + 1 WHERE id = $1 RETURNING at"
        return int(await driver.fetchval(counted, row_id))

    return work


async def test_writers_at_once_are_as_if_one_after_the_other(
    database: PostgresqlDatabase, row: str
) -> None:
    """What was read and is written back was nobody else's meanwhile."""
    counted = await asyncio.gather(*(database.write(count_up(row)) for _ in range(12)))
    assert sorted(counted) == list(range(1, 13))


async def test_a_limit_that_is_counted_holds_for_writers_at_once(
    database: PostgresqlDatabase,
) -> None:
    """Count, then insert while fewer than three: guesses at once do not slip through."""
    at = random.getrandbits(40)

    def take(db: Connection) -> bool:
        mine = select(func.count()).select_from(spent_ticket).where(spent_ticket.c.at == at)
        if db.execute(mine).scalar_one() >= 3:
            return False
        db.execute(insert(spent_ticket).values(id=new_id(), at=at))
        return True

    taken = await asyncio.gather(*(database.write(take) for _ in range(10)))
    assert sum(taken) == 3


async def test_a_reader_sees_one_state(
    database: PostgresqlDatabase, postgresql_url: str, row: str
) -> None:
    other = PostgresqlDatabase(postgresql_url)

    def read_twice(db: Connection) -> tuple[int, int]:
        first = read_number(db, row)
        other.write_now(count_up(row))
        return first, read_number(db, row)

    assert await database.read(read_twice) == (0, 0)
    assert await database.read(lambda db: read_number(db, row)) == 1


async def test_a_reader_writes_nothing(database: PostgresqlDatabase, row: str) -> None:
    with pytest.raises(StorageUnavailable) as refused:
        await database.read(count_up(row))
    assert refused.value.code == "database_readonly"
    assert await database.read(lambda db: read_number(db, row)) == 0


async def test_a_deadlock_is_run_again(database: PostgresqlDatabase, row: str) -> None:
    def lock_in_turn(first: str, second: str) -> Callable[[Connection], None]:
        def work(db: Connection) -> None:
            for row_id in (first, second):
                query = select(NUMBER).where(spent_ticket.c.id == row_id).with_for_update()
                number = db.execute(query).scalar_one()
                db.execute(select(func.pg_sleep(0.1)))
                set_number(db, row_id, number + 1)

        return work

    other = new_id()
    new = insert(spent_ticket).values(id=other, at=0)
    await database.write(lambda db: db.execute(new) and None)
    await asyncio.gather(
        database.write(lock_in_turn(row, other), locked=True),
        database.write(lock_in_turn(other, row), locked=True),
    )
    for row_id in (row, other):
        assert await database.read(partial(read_number, row_id=row_id)) == 2


async def test_connections_that_were_cut_while_idle_are_not_noticed(
    database: PostgresqlDatabase, postgresql_url: str, row: str
) -> None:
    # Side by side, so that each pool has more than one of them.
    await asyncio.gather(*(database.write(count_up(row)) for _ in range(3)))
    await database.write_driver(count_up_at_once(row))
    await database.read(lambda db: read_number(db, row))
    cut_all = select(func.pg_terminate_backend(text("pid"))).select_from(
        text("pg_stat_activity where application_name = 'twinspace-rt' and pid != pg_backend_pid()")
    )
    other = PostgresqlDatabase(postgresql_url)
    other.write_now(lambda db: db.execute(cut_all) and None)
    assert await database.write_driver(count_up_at_once(row)) == 5
    assert await database.write(count_up(row)) == 6
    assert await database.read(lambda db: read_number(db, row)) == 6


async def test_a_database_that_falls_silent_is_given_up_and_found_again(
    postgresql_url: str, row: str
) -> None:
    database = PostgresqlDatabase(postgresql_url, transaction_s=0.4, connect_s=0.4)
    try:
        await database.write(count_up(row))
        with postgresql_paused(postgresql_url):
            outcomes = await asyncio.gather(
                *(database.write(count_up(row)) for _ in range(3)),
                *(database.read(lambda db: read_number(db, row)) for _ in range(3)),
                return_exceptions=True,
            )
        told = {getattr(outcome, "code", outcome) for outcome in outcomes}
        assert told <= {"database_away", "database_busy"}
        # What was told to have failed has not happened behind our back.
        assert await _eventually(lambda: database.write(count_up(row))) == 2
    finally:
        await database.close()


async def test_a_statement_that_was_given_up_is_told_and_the_next_goes_through(
    postgresql_url: str, row: str
) -> None:
    database = PostgresqlDatabase(postgresql_url, transaction_s=0.4, connect_s=0.4)
    try:
        await database.write_driver(count_up_at_once(row))
        with postgresql_paused(postgresql_url), pytest.raises(StorageUnavailable) as away:
            await database.write_driver(count_up_at_once(row))
        assert away.value.code == "database_away"
        # Nobody knows whether the one in between was done.
        counted = await _eventually(lambda: database.write_driver(count_up_at_once(row)))
        assert counted in {2, 3}
    finally:
        await database.close()


async def test_what_postgresql_cannot_do_is_not_called_away(
    database: PostgresqlDatabase, row: str
) -> None:
    """A damaged page, say: of a commit's rows it concerns some, and the log finds out which."""

    async def damaged(driver: Any) -> None:
        await driver.execute("DO $$ BEGIN RAISE SQLSTATE 'XX001'; END $$")

    with pytest.raises(PostgresError):
        await database.write_driver(damaged)
    assert await database.write_driver(count_up_at_once(row)) == 1


async def test_a_silent_database_holds_up_no_closing(postgresql_url: str, row: str) -> None:
    database = PostgresqlDatabase(postgresql_url, transaction_s=0.4, connect_s=0.4)
    await asyncio.gather(*(database.read(lambda db: read_number(db, row)) for _ in range(3)))
    await database.write_driver(count_up_at_once(row))
    with postgresql_paused(postgresql_url):
        writing = asyncio.create_task(database.write(count_up(row)))
        await asyncio.sleep(0)
        await asyncio.wait_for(database.close(), 30)
        with pytest.raises(StorageUnavailable):
            await writing


async def test_a_lock_that_is_held_for_long_is_told(postgresql_url: str, row: str) -> None:
    database = PostgresqlDatabase(postgresql_url, transaction_s=0.5)
    other = create_async_engine(postgresql_url)
    try:
        async with other.begin() as holding:
            await holding.run_sync(lambda db: set_number(db, row, 5))
            with pytest.raises(StorageUnavailable) as refused:
                await database.write(lambda db: set_number(db, row, 7), locked=True)
        assert refused.value.code == "database_busy"
        assert await database.read(lambda db: read_number(db, row)) == 5
    finally:
        await other.dispose()
        await database.close()


async def test_a_cancelled_caller_spoils_nobodys_answer(database: PostgresqlDatabase) -> None:
    """B11: callers go away at random moments; everyone else gets the answer to their question."""
    order = random.Random(11)
    at_once = asyncio.Semaphore(30)

    async def ask(number: int) -> int:
        return await database.read(
            lambda db: int(db.execute(select(text(f"{number} + 0 * random()"))).scalar_one())
        )

    async def ask_and_check(number: int) -> bool:
        # On a slow machine, more at once would wait longer for a connection than anybody may.
        async with at_once:
            asking = asyncio.create_task(ask(number))
            if order.random() < 0.5:
                await asyncio.sleep(order.random() * 0.02)
                asking.cancel()
            [answer] = await asyncio.gather(asking, return_exceptions=True)
        if isinstance(answer, asyncio.CancelledError):
            return False
        assert answer == number
        return True

    answered = await asyncio.gather(*map(ask_and_check, range(300)))
    assert 0 < sum(answered) < 300


async def test_what_a_cancelled_caller_began_is_done(
    database: PostgresqlDatabase, postgresql_url: str, row: str
) -> None:
    writing = asyncio.create_task(database.write(count_up(row)))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await database.close()
    fresh = PostgresqlDatabase(postgresql_url)
    assert await fresh.read(lambda db: read_number(db, row)) == 1
    await fresh.close()


async def test_a_failure_that_was_passed_over_is_never_called_stored(
    database: PostgresqlDatabase, row: str
) -> None:
    """PostgreSQL would answer the commit with success, and have stored nothing."""

    def pass_over(db: Connection) -> None:
        set_number(db, row, 9)
        with pytest.raises(IntegrityError):
            db.execute(insert(spent_ticket).values(id=row, at=1))

    with pytest.raises(AssertionError):
        await database.write(pass_over)
    assert await database.write(count_up(row)) == 1

    def go_back(db: Connection) -> None:
        set_number(db, row, 9)
        savepoint = db.begin_nested()
        with pytest.raises(IntegrityError):
            db.execute(insert(spent_ticket).values(id=row, at=1))
        savepoint.rollback()

    await database.write(go_back)
    assert await database.read(lambda db: read_number(db, row)) == 9


async def test_an_error_tells_nothing_of_what_was_written(
    database: PostgresqlDatabase, row: str
) -> None:
    with pytest.raises(IntegrityError) as failed:
        await database.write(lambda db: db.execute(insert(spent_ticket).values(id=row, at=1)))
    assert "uq" in str(failed.value) or "pk" in str(failed.value)
    assert row not in "".join(traceback.format_exception(failed.value))

    async def by_driver(driver: Any) -> None:
        await driver.execute("INSERT INTO spent_ticket (id, at) VALUES ($1, 1)", row)

    with pytest.raises(PostgresError) as refused:
        await database.write_driver(by_driver)
    assert row not in "".join(traceback.format_exception(refused.value))
    assert await database.write_driver(count_up_at_once(row)) == 1


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("postgresql+asyncpg://twinspace@/postgres?host=/nowhere", "database_away"),
        ("postgresql+asyncpg://twinspace@127.0.0.1:1/postgres", "database_away"),
        ("{url}&database=nothing", "database_refuses"),
        ("{url}&user=nobody", "database_refuses"),
    ],
)
async def test_a_wrong_address_is_told(postgresql_url: str, wrong: str, code: str) -> None:
    database = PostgresqlDatabase(wrong.format(url=postgresql_url))
    try:
        with pytest.raises(StorageUnavailable) as refused:
            await database.read(lambda db: None)
        assert refused.value.code == code
        with pytest.raises(StorageUnavailable) as refused:
            database.write_now(lambda db: None)
        assert refused.value.code == code
    finally:
        await database.close()


def test_nodes_that_start_at_once_migrate_one_after_the_other(new_database: str) -> None:
    with ThreadPoolExecutor(3) as nodes:
        list(nodes.map(lambda _: PostgresqlDatabase(new_database).write_now(migrate), range(3)))
    assert PostgresqlDatabase(new_database).write_now(differences) == []


@pytest.fixture
def new_database(postgresql_url: str) -> Iterator[str]:
    """The address of an empty database in the shared server."""
    yield create_database(postgresql_url, "empty")
    drop_database(postgresql_url, "empty")


async def _eventually(ask: Callable[[], object]) -> object:
    for _ in range(100):
        try:
            return await ask()  # type: ignore[misc]
        except StorageUnavailable:
            await asyncio.sleep(0.05)
    raise AssertionError("the database is not found again")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "rooms",
        "postgresql://rooms@host/rooms",
        "sqlite+aiosqlite:///rooms.db",
        "postgresql+asyncpg://host:port/",
    ],
)
def test_an_address_that_is_not_for_us_is_refused(url: str) -> None:
    with pytest.raises(BadSetting, match="TWINSPACE_DATABASE_URL"):
        PostgresqlDatabase(url)
