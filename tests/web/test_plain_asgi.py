"""Under a server that is not ours everything goes through plain ASGI, and arrives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest_asyncio
import uvicorn

from tests.live import Live, free_port, seed_room
from tests.peers import raw
from tests.peers.raw import Pen, enter, eventually
from twinspace_rt.app import build_node, create_app
from twinspace_rt.settings import Settings
from twinspace_rt.web.fast_protocol import AsgiSink


@pytest_asyncio.fixture
async def elsewhere(tmp_path: Path) -> AsyncIterator[Live]:
    """The application in uvicorn as it comes."""
    settings = Settings(data_dir=tmp_path, port=free_port())
    node = build_node(settings)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(node),
            host="127.0.0.1",
            port=settings.port,
            ws="websockets-sansio",
            log_config=None,
        )
    )
    running = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    yield Live(settings, node=node)
    server.should_exit = True
    await running


async def test_everyone_in_a_document_receives_what_the_others_write(elsewhere: Live) -> None:
    assert elsewhere.node is not None
    seeded = await elsewhere.node.database.write(seed_room)
    async with AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(await enter(elsewhere, seeded, name))
            for name in ("maja", "eleni", "anna")
        ]
        [document] = elsewhere.node.tending.documents
        sinks = [session.connection._sink for session in document.sessions]
        assert [type(sink) for sink in sinks] == [AsgiSink] * len(people)
        for number, one in enumerate(people, 1):
            await one.send(raw.update(Pen(number).write("word")))
            assert await one.expect("status") == 1
            for other in people:
                if other is not one:
                    await other.expect("update")
