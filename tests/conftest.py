"""Fixtures that every test may use: a real server, a seeded room, a PostgreSQL, a Redis."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests import programs
from tests.databases import use_postgresql
from tests.figures import told_in
from tests.live import Live, SeededRoom, seed_room, serve_here
from twinspace_rt.db.migrate import migrate
from twinspace_rt.db.postgresql import PostgresqlDatabase

SLOW = ("browser", "faults", "peers", "properties")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the folders that take long, so that no process is left alone with them."""
    items.sort(key=lambda item: item.path.parent.name not in SLOW)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Close with what the tests that passed have measured."""
    found = [
        f"{report.nodeid.removeprefix('tests/')}: {figure}"
        for report in terminalreporter.getreports("passed")
        for figure in told_in(report.capstdout)
        if report.when == "call"
    ]
    if found:
        terminalreporter.section("figures")
        for line in sorted(found):
            terminalreporter.line(line)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let those tests that open a database by themselves do so in PostgreSQL."""
    parser.addoption("--postgresql", action="store_true", help="use PostgreSQL where possible")


@pytest.fixture(scope="session", autouse=True)
def database_server(request: pytest.FixtureRequest) -> None:
    """Start PostgreSQL for all tests, if it was asked for."""
    if request.config.getoption("--postgresql"):
        use_postgresql(request.getfixturevalue("postgresql_url"))


@pytest_asyncio.fixture(scope="module")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """A server on the embedded database, listening on a port of the loopback.

    The tests of a file share it: one that does something to the server itself starts its own.
    """
    async with serve_here(tmp_path_factory.mktemp("data")) as server:
        yield server


@pytest_asyncio.fixture
async def seeded(live: Live) -> SeededRoom:
    """A room of the test's own, with people and two empty documents, a rich and a plain one."""
    assert live.node is not None
    return await live.node.database.write(seed_room)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The address of a PostgreSQL that the tests share; each uses rows of its own."""
    with programs.postgresql() as url:
        PostgresqlDatabase(url).write_now(migrate)
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The address of a Redis that the tests share; each uses channels of its own."""
    with programs.redis() as url:
        yield url
