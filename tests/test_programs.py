"""Each real program the tests lean on is started and talked to, and leaves nothing behind."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest
from playwright.async_api import async_playwright
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from scripts.node import PEERS
from scripts.steps import ROOT
from tests import programs


async def test_postgresql_keeps_what_is_written_and_leaves_nothing() -> None:
    with programs.postgresql() as url:
        engine = create_async_engine(url)
        async with engine.begin() as writing:
            await writing.execute(text("create table said (word text)"))
            await writing.execute(text("insert into said values ('hej på dig')"))
        async with engine.connect() as reading:
            assert (await reading.execute(text("select word from said"))).scalar() == "hej på dig"
        await engine.dispose()
    assert not _folder(url).exists()


async def test_redis_carries_a_message_and_leaves_nothing() -> None:
    with programs.redis() as url:
        async with Redis.from_url(url) as client, client.pubsub() as listener:
            await listener.subscribe("room")
            assert (await listener.get_message(timeout=30))["type"] == "subscribe"
            await client.publish("room", "hej")
            message = await listener.get_message(ignore_subscribe_messages=True, timeout=30)
            assert message["data"] == b"hej"
    assert not _folder(url).exists()


async def test_chromium_runs_a_script() -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=programs.chromium())
        page = await browser.new_page()
        assert await page.evaluate("[1, 2, 3].map(n => n * n)") == [1, 4, 9]
        await browser.close()


def test_node_has_the_stock_peers() -> None:
    script = """
        import * as Y from "yjs";
        import { HocuspocusProvider } from "@hocuspocus/provider";
        import { WebsocketProvider } from "y-websocket";
        const document = new Y.Doc();
        document.getText("t").insert(0, "hej");
        console.log(JSON.stringify({
            text: document.getText("t").toString(),
            providers: [HocuspocusProvider.name, WebsocketProvider.name],
        }));
    """
    command = [str(programs.node()), "--input-type=module", "--eval", script]
    done = subprocess.run(command, cwd=PEERS, capture_output=True, check=True, timeout=60)
    said = json.loads(done.stdout)
    assert said == {"text": "hej", "providers": ["HocuspocusProvider", "WebsocketProvider"]}


@pytest.mark.parametrize("name", ["postgresql", "redis"])
def test_server_ends_with_killed_tests(name: str) -> None:
    script = (
        "import psutil\n"
        "from tests import programs\n"
        f"with programs.{name}():\n"
        "    print(psutil.Process().children()[0].pid, flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as tests:
        assert tests.stdout
        server = psutil.Process(int(tests.stdout.readline()))
        folder = Path(server.cwd())
        tests.send_signal(signal.SIGKILL)
    server.wait(timeout=30)
    shutil.rmtree(folder)


def test_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "find_redis", lambda: None)
    with pytest.raises(programs.ProgramMissing, match="Redis was not found"), programs.redis():
        pass


def _folder(url: str) -> Path:
    """Return the folder a server's address points into."""
    parts = urlsplit(url)
    return Path(parse_qs(parts.query)["host"][0]) if parts.query else Path(parts.path).parent
