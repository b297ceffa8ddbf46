"""Runs a driver of stock providers in Node, and gathers what it tells."""

import asyncio
import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import programs
from tests.live import Live, SeededRoom
from tests.peers.saved import Signal

HERE = Path(__file__).parent
LINE_MAX_BYTES = 64 * 1024 * 1024


@dataclass
class Run:
    """What a driver told.

    Attributes:
        edits: The local updates of each copy, in order.
        signals: Each time a copy's provider said "all saved".
        end: What the driver found at its end.
    """

    edits: dict[str, list[bytes]] = field(default_factory=dict)
    signals: dict[str, list[Signal]] = field(default_factory=dict)
    end: dict[str, Any] = field(default_factory=dict)

    @property
    def signal_count(self) -> int:
        return sum(map(len, self.signals.values()))

    def take(self, fact: dict[str, Any]) -> None:
        """Keep one line."""
        if "edit" in fact:
            self.edits.setdefault(fact["edit"], []).append(base64.b64decode(fact["update"]))
        elif "saved" in fact:
            signal = Signal(fact["at"], fact["edits"])
            self.signals.setdefault(fact["saved"], []).append(signal)
        elif "end" in fact:
            self.end = fact["end"]


async def drive(
    script: str,
    live: Live,
    seeded: SeededRoom,
    *,
    timeout_s: float,
    port: int | None = None,
    on_fact: Callable[[Run, dict[str, Any]], None] = lambda run, fact: None,
    people: Sequence[str] = ("maja", "eleni", "anna"),
    **config: object,
) -> Run:
    """Run a driver to its end; one that fails or hangs is a failed test.

    Args:
        script: A file beside this one.
        live: The server; the driver connects to ``port``, or directly.
        seeded: The room.
        timeout_s: How long it may take.
        port: Of a line in between.
        on_fact: Called with each thing it tells, as soon as it does.
        people: Whose cookies the driver gets, by place.
        config: The rest of its configuration.
    """
    whole = {
        "ws": f"ws://127.0.0.1:{port or live.port}",
        "origin": live.origin,
        "room": seeded.room_id,
        "cookies": [seeded.people[name].cookie for name in people],
        **config,
    }
    process = await asyncio.create_subprocess_exec(
        str(programs.node()),
        str(HERE / script),
        json.dumps(whole),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LINE_MAX_BYTES,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    run = Run()
    errors = asyncio.create_task(process.stderr.read())
    try:
        async with asyncio.timeout(timeout_s):
            async for line in process.stdout:
                fact = json.loads(line)
                run.take(fact)
                on_fact(run, fact)
            code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        said = (await errors).decode()
    assert code == 0, said[-2000:]
    assert run.end, said[-2000:]
    return run
