"""Real typing through the running server with the stock providers: all equal, all saved."""

import asyncio
import contextlib
import gzip
import json
import logging
import random
import signal
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests import figures
from tests.live import (
    SHARED_DATA,
    Live,
    SeededRoom,
    free_port,
    seed_before_start,
    start_process,
    stop_process,
)
from tests.peers.drive import Run, drive
from tests.peers.line import Line, open_line
from tests.peers.saved import Commit, Commits, false_signals, recorded
from twinspace_rt.docs.engine import Engine
from twinspace_rt.docs.validator import Kind

HOCUSPOCUS, Y_WEBSOCKET = "hocuspocus", "y-websocket"
FRIENDS, PAPER = "friendsforever", "automerge-paper"
LONG = pytest.mark.long
CLIENTS = [1_000, 4_000_000_000]  # agent 0's is the smaller one: see the traces' README


def trace(name: str) -> Path:
    return SHARED_DATA / f"{name}.json.gz"


def end_content(name: str) -> str:
    recorded_trace: dict[str, Any] = json.loads(gzip.decompress(trace(name).read_bytes()))
    return str(recorded_trace["endContent"])


def stored(path: Path, document: str) -> tuple[bytes | None, list[bytes]]:
    """Read a document's snapshot and the entries after it, as they were at one moment."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        database.execute("begin")
        snapshot = database.execute(
            "select body from snapshot where stream_id = ? order by upto_seq desc", (document,)
        ).fetchone()
        entries = database.execute(
            "select body from entry where stream_id = ? order by seq", (document,)
        )
        return snapshot and snapshot[0], [body for (body,) in entries]


async def text_in_database(live: Live, document: str) -> str:
    """Replay a document from its snapshot and entries, in the engine."""
    snapshot, entries = stored(live.settings.sqlite_path, document)
    async with Engine() as engine:
        return (await engine.text(snapshot, entries, kind="text")).text


def check(run: Run, commits: Sequence[Commit], end: str) -> str:
    """Check what every run must show; returns a line about it."""
    for copy in run.end["copies"]:
        assert copy["text"] == end, copy["name"]
        assert copy["refused"] == 0
        assert copy["pending"] is False
    for name, signals in run.signals.items():
        claimed = [s for s in signals if s.at <= commits[-1].at]
        wrong = false_signals(Kind.TEXT, commits, run.edits.get(name, []), claimed)
        assert wrong[:3] == [], f"{len(wrong)} of {name}"
    cuts = sum(copy["cuts"] for copy in run.end["copies"])
    edits = sum(map(len, run.edits.values()))
    return f"{edits} edits, {cuts} cuts by the client, {run.signal_count} signals, 0 false"


async def cut_now_and_then(line: Line) -> None:
    """Cut all connections at random moments, until cancelled."""
    dice = random.Random(7)
    while True:
        await asyncio.sleep(dice.uniform(0.5, 2))
        line.cut()


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        pytest.param(FRIENDS, (HOCUSPOCUS, HOCUSPOCUS), id="friends-two-hocuspocus"),
        pytest.param(FRIENDS, (HOCUSPOCUS, Y_WEBSOCKET), id="friends-mixed", marks=LONG),
        pytest.param(FRIENDS, (Y_WEBSOCKET, Y_WEBSOCKET), id="friends-two-y", marks=LONG),
        pytest.param(PAPER, (HOCUSPOCUS, Y_WEBSOCKET), id="paper-mixed"),
        pytest.param(PAPER, (HOCUSPOCUS, HOCUSPOCUS), id="paper-two-hocuspocus", marks=LONG),
    ],
)
async def test_a_trace_comes_through_bad_lines_whole(
    live: Live,
    seeded: SeededRoom,
    caplog: pytest.LogCaptureFixture,
    name: str,
    kinds: tuple[str, str],
) -> None:
    caplog.set_level(logging.INFO, "twinspace_rt.docs")
    document = seeded.documents[1]
    with recorded(live, [document]) as commits:
        async with open_line(live.port) as line, asyncio.TaskGroup() as tasks:
            cutting = tasks.create_task(cut_now_and_then(line))
            run = await drive(
                "replay.mjs",
                live,
                seeded,
                timeout_s=200,
                port=line.port,
                trace=str(trace(name)),
                document=document,
                clients=CLIENTS,
                kinds=kinds,
                members=[0, 1],
                cutEvery=400 if name == FRIENDS else 80,
                seed=11,
            )
            cutting.cancel()
        commits.look()
    end = end_content(name)
    told = check(run, commits.of[document], end)
    assert await text_in_database(live, document) == end
    assert [r for r in caplog.records if r.getMessage().startswith("refused")] == []
    figures.tell(f"{name} {'+'.join(kinds)}: {told}")


@pytest.mark.parametrize(
    ("name", "kinds", "kill"),
    [
        pytest.param(FRIENDS, (HOCUSPOCUS, Y_WEBSOCKET), True, id="friends-mixed-kill"),
        pytest.param(PAPER, (Y_WEBSOCKET, Y_WEBSOCKET), False, id="paper-two-y-stop"),
        pytest.param(FRIENDS, (HOCUSPOCUS, HOCUSPOCUS), True, id="friends-kill", marks=LONG),
        pytest.param(FRIENDS, (HOCUSPOCUS, HOCUSPOCUS), False, id="friends-stop", marks=LONG),
        pytest.param(PAPER, (HOCUSPOCUS, HOCUSPOCUS), True, id="paper-kill", marks=LONG),
    ],
)
async def test_a_trace_comes_through_a_restart_whole(
    tmp_path: Path, name: str, kinds: tuple[str, str], kill: bool
) -> None:
    seeded = seed_before_start(tmp_path)
    document = seeded.documents[1]
    servers = [await asyncio.to_thread(start_process, tmp_path, free_port())]
    commits: list[Commits] = []
    restarts: list[asyncio.Task[None]] = []
    ended_at = 0

    async def restart() -> None:
        nonlocal ended_at
        live = servers[-1]
        code = await asyncio.to_thread(stop_process, live, kill=kill)
        assert code == (-signal.SIGKILL if kill else -signal.SIGTERM)
        # Whatever was said to be saved up to now must be here.
        ended_at = time.monotonic_ns()
        commits.append(Commits(str(live.settings.sqlite_path), [document]))
        commits[0].look(0)
        servers.append(await asyncio.to_thread(start_process, tmp_path, live.port))

    def on_fact(_: Run, fact: dict[str, Any]) -> None:
        if "half" in fact:
            restarts.append(asyncio.create_task(restart()))
        elif "saved" in fact and commits and fact["at"] > ended_at:
            # The new server is another process: what it had committed is seen as soon as what it
            # said is heard of.
            commits[0].look(fact["at"])

    try:
        run = await drive(
            "replay.mjs",
            servers[0],
            seeded,
            timeout_s=200,
            on_fact=on_fact,
            trace=str(trace(name)),
            document=document,
            clients=CLIENTS,
            kinds=kinds,
            members=[0, 1],
            cutEvery=0,
            seed=13,
        )
        await restarts[0]
    finally:
        stop_process(servers[-1])
    end = end_content(name)
    told = check(run, commits[0].of[document], end)
    commits[0].close()
    before = sum(s.at <= ended_at for signals in run.signals.values() for s in signals)
    assert 0 < before < run.signal_count or HOCUSPOCUS not in kinds
    log = (tmp_path / "server.log").read_text()
    assert "refused document" not in log
    assert await text_in_database(servers[-1], document) == end
    figures.tell(
        f"{name} {'+'.join(kinds)}, {'kill -9' if kill else 'SIGTERM'} half-way: {told}; "
        f"{before} of {run.signal_count} signals were from before it"
    )
