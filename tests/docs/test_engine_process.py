"""The engine's process dies in every way it can, and nothing else notices."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
import uvloop
from pycrdt import Doc, Text

from twinspace_rt.docs.engine import Engine, EngineError

FAULTY = (sys.executable, "-P", str(Path(__file__).parent / "faulty_worker.py"))
DEEP = b"\x01\x01\x03\x00\x08\x01\x01t\x01" + b"\x75\x01" * 30_000 + b"\x7e\x00"
"""An array in an array, 30,000 deep, in 60 kB: it kills every function of pycrdt that reads it."""


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    async with Engine(step_s=0.3, command=FAULTY) as engine:
        yield engine


def words(text: str = "words") -> bytes:
    """Return an update that writes some text."""
    doc: Doc[Any] = Doc(client_id=5)
    doc.get("t", type=Text).insert(0, text)
    return doc.get_update()


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the state of another process
            await asyncio.sleep(0.01)


async def stopped(pid: int) -> None:
    """Wait until a process stands still in the middle of a call."""
    process = psutil.Process(pid)
    await until(lambda: process.status() == psutil.STATUS_STOPPED)


async def assert_works(engine: Engine) -> None:
    """Check that the engine answers, and that it has one process and no dead ones."""
    assert (await engine.text(None, [words("alive")], kind="text")).text == "alive"
    mine = [child for child in psutil.Process().children() if child.pid == engine.pid]
    assert len(mine) == 1
    assert [c for c in psutil.Process().children() if c.status() == psutil.STATUS_ZOMBIE] == []


async def ask(engine: Engine, word: bytes) -> bytes:
    """Ask the faulty process for one of its faults."""
    return await engine.merge([word, b"\0\0"])


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (b"hang", "timeout"),
        (b"recurse", "refused"),
        (b"stop", "busy"),
        (b"abort", "crashed"),
        (b"exit", "crashed"),
        (b"babble", "crashed"),
        (b"panic", "refused"),
        (b"allocate", "refused"),
    ],
)
async def test_a_call_that_ends_the_process_fails_alone(
    engine: Engine, fault: bytes, code: str
) -> None:
    await assert_works(engine)
    before = [asyncio.create_task(engine.merge([words(), words()])) for _ in range(3)]
    guilty = asyncio.create_task(ask(engine, fault))
    behind = [asyncio.create_task(engine.merge([words(), words()])) for _ in range(3)]

    with pytest.raises(EngineError) as failed:
        await guilty

    assert failed.value.code == code
    for innocent in before + behind:
        assert await innocent == words()
    await assert_works(engine)
    assert engine.restarts == (0 if fault == b"recurse" else 1)


@pytest.mark.parametrize("function", ["merge", "missing", "text", "compact", "check"])
async def test_bytes_that_kill_pycrdt_kill_only_the_process(function: str) -> None:
    async with Engine() as engine:
        calls: dict[str, Callable[[], Awaitable[object]]] = {
            "merge": lambda: engine.merge([DEEP, words()]),
            "missing": lambda: engine.missing(DEEP, b"\0"),
            "text": lambda: engine.text(None, [DEEP], kind="text"),
            "compact": lambda: engine.compact(words(), [DEEP], kind="text"),
            "check": lambda: engine.check(DEEP, [], kind="rich"),
        }

        with pytest.raises(EngineError) as failed:
            await calls[function]()

        assert failed.value.code == "crashed"
        await assert_works(engine)
        assert engine.restarts == 1


async def test_bytes_that_are_no_update_are_refused_by_a_process_that_lives_on(
    engine: Engine,
) -> None:
    for garbage in (b"", b"\xff", b"\xff" * 21, os.urandom(100)):
        with pytest.raises(EngineError) as failed:
            await engine.text(None, [garbage], kind="text")
        assert failed.value.code in ("refused", "crashed")
    await assert_works(engine)


async def test_a_process_killed_in_the_middle_of_a_call_is_replaced(engine: Engine) -> None:
    for _ in range(20):
        waiting = asyncio.create_task(ask(engine, b"stop"))
        behind = asyncio.create_task(engine.merge([words(), words()]))
        pid = engine.pid
        assert pid is not None
        await stopped(pid)

        os.kill(pid, signal.SIGKILL)

        with pytest.raises(EngineError) as failed:
            await waiting
        assert failed.value.code == "crashed"
        assert await behind == words()
    assert engine.restarts == 20
    await assert_works(engine)


async def test_a_process_killed_between_calls_costs_no_call(engine: Engine) -> None:
    for expected in range(1, 6):
        pid = engine.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await until(partial(lambda wanted: engine.restarts == wanted, expected))
        await assert_works(engine)


async def test_a_cancelled_caller_leaves_the_others_their_answers(engine: Engine) -> None:
    pid = await ask(engine, b"pid")
    gone = [asyncio.create_task(engine.merge([words(str(n)), words(str(n))])) for n in range(20)]
    await asyncio.sleep(0)
    for task in gone[::2]:
        task.cancel()

    for number, task in enumerate(gone):
        if number % 2:
            assert await task == words(str(number))
    assert await ask(engine, b"pid") == pid


async def test_the_process_has_no_network_no_files_and_no_environment(engine: Engine) -> None:
    assert await ask(engine, b"socket") == b"Too many open files"
    assert await ask(engine, b"open") == b"Too many open files"
    assert set((await ask(engine, b"environment")).decode().split()) <= {
        "LC_CTYPE",
        "PYTHONPATH",
        "PYTHONUTF8",
    }
    assert engine.pid is not None
    process = psutil.Process(engine.pid)
    assert process.num_fds() == 3
    assert process.nice() > psutil.Process().nice()
    for limit, most in (
        (psutil.RLIMIT_AS, 2 * 1024**3),
        (psutil.RLIMIT_CORE, 0),
        (psutil.RLIMIT_FSIZE, 0),
        (psutil.RLIMIT_NOFILE, 3),
    ):
        assert process.rlimit(limit) == (most, most)


@pytest.mark.skipif(
    subprocess.run(["unshare", "-Un", "true"], check=False, capture_output=True).returncode != 0,
    reason="this system lets an ordinary process make no network of its own",
)
async def test_even_a_socket_in_place_of_the_input_reaches_nothing(engine: Engine) -> None:
    assert await ask(engine, b"socket-instead-of-input") == b"Network is unreachable"


async def test_waiting_calls_are_bounded() -> None:
    async with Engine(queue_max=2, command=FAULTY) as small:
        held = asyncio.create_task(ask(small, b"stop"))
        pid = small.pid
        assert pid is not None
        await stopped(pid)
        waiting = [asyncio.create_task(small.merge([words(), words()])) for _ in range(2)]
        await asyncio.sleep(0)

        with pytest.raises(EngineError) as refused:
            await small.merge([words(), words()])

        assert refused.value.code == "busy"
        os.kill(pid, signal.SIGKILL)
        await asyncio.gather(held, return_exceptions=True)
        assert await asyncio.gather(*waiting) == [words(), words()]


async def test_leaving_fails_what_waits_and_leaves_no_process() -> None:
    async with Engine(command=FAULTY) as engine:
        pid = engine.pid
        assert pid is not None
        held = asyncio.create_task(ask(engine, b"stop"))
        waiting = asyncio.create_task(engine.merge([words(), words()]))
        await stopped(pid)

    for task in (held, waiting):
        with pytest.raises(EngineError) as failed:
            await task
        assert failed.value.code == "closed"
    assert not psutil.pid_exists(pid)
    assert engine.pid is None
    with pytest.raises(EngineError) as failed:
        await engine.merge([words(), words()])
    assert failed.value.code == "closed"


async def test_a_process_that_cannot_start_is_an_error_at_once() -> None:
    for command in (("/nonexistent",), (sys.executable, "-c", "raise SystemExit(1)")):
        with pytest.raises(EngineError) as failed:
            async with Engine(command=command):
                pass
        assert failed.value.code == "crashed"


def test_the_server_s_own_event_loop_serves_it_as_well() -> None:
    async def scenario() -> None:
        async with Engine(step_s=0.3, command=FAULTY) as engine:
            for fault, code in ((b"hang", "timeout"), (b"abort", "crashed")):
                with pytest.raises(EngineError) as failed:
                    await ask(engine, fault)
                assert failed.value.code == code
            await assert_works(engine)
            big = words("x" * 3_000_000)
            assert (await engine.compact(None, [big, big], kind="text")).snapshot == big

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scenario())


async def test_the_process_ends_with_its_gateway(tmp_path: Path) -> None:
    """A gateway that is killed leaves no engine, though the engine was in an endless loop."""
    program = tmp_path / "gateway.py"
    program.write_text(
        "import asyncio, sys\n"
        "from twinspace_rt.docs.engine import Engine\n"
        "async def main():\n"
        "    async with Engine(step_s=0.5, command=sys.argv[1:]) as engine:\n"
        "        print(engine.pid, flush=True)\n"
        "        await engine.merge([b'hang', b''])\n"
        "asyncio.run(main())\n"
    )
    gateway = await asyncio.create_subprocess_exec(
        sys.executable,
        str(program),
        *FAULTY,
        stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert gateway.stdout is not None
    engine = psutil.Process(int(await gateway.stdout.readline()))
    await until(lambda: engine.cpu_times().user > 0.2)

    gateway.kill()
    await gateway.wait()

    await until(lambda: not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE)


async def test_no_content_reaches_the_log(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for fault in (b"abort", b"panic"):
        with pytest.raises(EngineError):
            await engine.merge([fault, b"secret words"])
    await assert_works(engine)

    assert "engine" in caplog.text
    assert "secret" not in caplog.text
