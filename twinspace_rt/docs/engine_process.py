"""One run of the engine process: start it, ask it, end it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import msgspec

from twinspace_rt.docs.engine_wire import (
    FRAME_MAX_BYTES,
    LENGTH_BYTES,
    Call,
    ErrorCode,
    Reply,
    Request,
    frame,
)

WORKER = (sys.executable, "-P", "-m", "twinspace_rt.docs.engine_worker")
START_TIMEOUT_S = 30.0
EXIT_TIMEOUT_S = 1.0
READ_AHEAD_BYTES = 1024 * 1024

STEP_BYTES = 1024 * 1024
"""What one step's time is meant for; longer input gets proportionally more."""

WALL_FACTOR = 10
"""Patience by the clock, in budgets: a process may wait long for its turn on a busy machine."""

_SENTENCES: dict[ErrorCode, str] = {
    "crashed": "The document engine died on this input.",
    "timeout": "The document engine needed too long for this input.",
    "refused": "The document engine could not read this input.",
    "busy": "The document engine is too busy; try again later.",
    "mismatch": "The compacted document differs from its replay.",
    "closed": "The document engine is shut.",
}

_BROKEN = (ConnectionError, EOFError, ValueError, msgspec.MsgspecError)
"""What reading from or writing to a process that died, or babbles, can raise."""

_reply_decoder = msgspec.msgpack.Decoder(Reply)


class EngineError(Exception):
    """An engine call failed.

    Codes: ``crashed`` and ``timeout`` (the process died or was killed over this input),
    ``refused`` (the input cannot be read), ``mismatch`` (a compaction is not to be
    trusted); trying again will not help. ``busy`` (the queue is full, or the machine gave
    the process no time) and ``closed`` say nothing about the input.
    """

    def __init__(self, code: ErrorCode) -> None:
        super().__init__(_SENTENCES[code])
        self.code: ErrorCode = code


class Job:
    """A call that waits for its turn."""

    def __init__(self, request: Request, step_s: float) -> None:
        """Encode the call.

        Raises:
            EngineError: ``refused``: it is longer than a message may be.
        """
        body = msgspec.msgpack.encode(request)
        self.name = type(request).__name__
        self.budget_s = step_s * max(1.0, len(body) / STEP_BYTES)
        try:
            self.frame = frame(Call(self.budget_s, msgspec.Raw(body)))
        except ValueError as error:
            raise EngineError("refused") from error
        self.result: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()

    def fail(self, code: ErrorCode) -> None:
        """Give the caller an error, unless the caller has gone."""
        if not self.result.done():
            self.result.set_exception(EngineError(code))


class EngineProcess:
    """One run of the engine process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._calls = process.stdin
        self._replies = process.stdout

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it is gone, and reaped."""
        return self._process.returncode is not None

    async def ended(self) -> None:
        """Wait until it is gone."""
        await self._process.wait()

    @classmethod
    async def start(cls, command: Sequence[str]) -> Self:
        """Start a process and wait until it is ready.

        It inherits neither descriptors nor environment, and its error output goes
        nowhere: a Rust panic may quote the text it stumbled over.

        Raises:
            EngineError: ``crashed``: it did not start, or not within ``START_TIMEOUT_S``.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUTF8": "1"},
                cwd="/",
                start_new_session=True,  # Ctrl-C is for the server, which then shuts this
                limit=READ_AHEAD_BYTES,
            )
        except OSError as error:
            raise EngineError("crashed") from error
        started = cls(process)
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await started._read_reply()
        except BaseException as error:
            await started.stop()
            if isinstance(error, (TimeoutError, *_BROKEN)):
                raise EngineError("crashed") from error
            raise
        return started

    async def ask(self, job: Job) -> Reply:
        """Send a call and return its reply.

        After an ``EngineError``, or when cancelled, the process has to be stopped: what
        it says next belongs to this call.

        Raises:
            EngineError: ``crashed``, ``timeout`` or ``busy``.
        """
        try:
            async with asyncio.timeout(WALL_FACTOR * job.budget_s):
                self._calls.write(job.frame)
                await self._calls.drain()
                return await self._read_reply()
        except TimeoutError as error:
            raise EngineError("busy") from error
        except _BROKEN as error:
            status = await self.stop()
            raise EngineError("timeout" if status == -signal.SIGPROF else "crashed") from error

    async def stop(self) -> int:
        """End the process, reap it and return its exit status."""
        self._calls.close()
        with contextlib.suppress(TimeoutError):
            # One that has closed its pipes is about to have a status of its own.
            async with asyncio.timeout(EXIT_TIMEOUT_S if self._replies.at_eof() else 0):
                await self._process.wait()
        if self._process.returncode is None:
            self._process.kill()
        return await self._process.wait()

    async def _read_reply(self) -> Reply:
        header = await self._replies.readexactly(LENGTH_BYTES)
        length = int.from_bytes(header, "big")
        if length > FRAME_MAX_BYTES:
            raise ValueError("the reply is over the limit")
        return _reply_decoder.decode(await self._replies.readexactly(length))
