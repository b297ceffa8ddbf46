"""The gateway's side of the engine: start the process, watch it, call it.

pycrdt can be crashed by bytes (y-crdt's decoder and its byte functions alike), and Python
cannot catch that. So it runs in a process of its own (``engine_worker``), which gets bytes
and gives bytes. Whatever happens to it, a caller here sees an ``EngineError``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from twinspace_rt.docs.engine_wire import (
    FRAME_MAX_BYTES,
    LENGTH_BYTES,
    BuildTemplate,
    Call,
    Check,
    Compacted,
    DocumentText,
    ErrorCode,
    Export,
    Merge,
    Missing,
    ReadText,
    Reply,
    Request,
    Verify,
    frame,
)
from twinspace_rt.docs.export import Format
from twinspace_rt.docs.nodes import Node

__all__ = ["Compacted", "DocumentText", "Engine", "EngineError"]

log = logging.getLogger(__name__)

T = TypeVar("T")

WORKER = (sys.executable, "-P", "-m", "twinspace_rt.docs.engine_worker")
START_TIMEOUT_S = 30.0
RESTART_DELAY_MAX_S = 1.0

BATCH_UPDATES = 512
"""Updates merged at a time: the cost grows faster than their number (13,000 take 1.3 s)."""

BATCH_BYTES = 16 * 1024 * 1024
"""Bytes merged at a time, so that a batch of long updates stays one message."""

STEP_BYTES = 1024 * 1024
"""What one step's time is meant for; longer input gets proportionally more."""

READ_AHEAD_BYTES = 1024 * 1024
EXIT_TIMEOUT_S = 1.0
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


class _Job:
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


class _Worker:
    """One run of the engine process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self._calls = process.stdin
        self._replies = process.stdout

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
        worker = cls(process)
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await worker._read_reply()
        except (TimeoutError, *_BROKEN) as error:
            raise EngineError("crashed") from error
        except BaseException:
            await worker.stop()
            raise
        return worker

    async def ask(self, job: _Job) -> Reply:
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
                await self.process.wait()
        if self.process.returncode is None:
            self.process.kill()
        return await self.process.wait()

    async def _read_reply(self) -> Reply:
        header = await self._replies.readexactly(LENGTH_BYTES)
        length = int.from_bytes(header, "big")
        if length > FRAME_MAX_BYTES:
            raise ValueError("the reply is over the limit")
        return _reply_decoder.decode(await self._replies.readexactly(length))


class Engine:
    """One engine process, replaced whenever it dies.

    Calls run one after the other, in the order they came. A call that kills the process
    fails; the calls behind it run on the next process. A caller that is cancelled leaves
    the process untouched. Two runs of calls never share state.

    Use it as an async context manager: leaving it kills the process and fails every
    waiting call with ``closed``.
    """

    def __init__(
        self,
        *,
        step_s: float = 1.0,
        queue_max: int = 256,
        queue_max_bytes: int = 2 * FRAME_MAX_BYTES,
        command: Sequence[str] = WORKER,
    ) -> None:
        """Prepare an engine; nothing is started yet.

        Args:
            step_s: Processor time of one step with up to ``STEP_BYTES`` of input. The
                clock does not count: a process that waits for its turn is not guilty.
            queue_max: Calls that may wait; one more fails with ``busy``.
            queue_max_bytes: Bytes of all waiting calls.
            command: The program to run.
        """
        self.restarts = 0
        self._step_s = step_s
        self._queue_max = queue_max
        self._queue_max_bytes = queue_max_bytes
        self._command = command
        self._jobs: deque[_Job] = deque()
        self._queued_bytes = 0
        self._wake = asyncio.Event()
        self._worker: _Worker | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process that runs now; ``None`` while there is none."""
        return self._worker.process.pid if self._worker else None

    async def __aenter__(self) -> Self:
        """Start the process.

        Raises:
            EngineError: ``crashed``: it cannot be started at all.
        """
        self._worker = await _Worker.start(self._command)
        self._task = asyncio.create_task(self._run(), name="docs-engine")
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._task is not None
        task, self._task = self._task, None
        task.cancel()
        await asyncio.wait([task])
        while self._jobs:
            self._jobs.popleft().fail("closed")
        if not task.cancelled():
            task.result()

    async def merge(self, updates: Sequence[bytes]) -> bytes:
        """Merge updates into one, in batches, each of them a step of its own.

        A single update comes back as it is, none as the empty update.
        """
        level = list(updates) or [b"\0\0"]
        while len(level) > 1:
            level = [
                batch[0] if len(batch) == 1 else await self._call(Merge(batch), bytes)
                for batch in _batches(level)
            ]
        return level[0]

    async def compact(
        self, snapshot: bytes | None, updates: Sequence[bytes], *, kind: str
    ) -> Compacted:
        """Merge a snapshot and its tail into the next snapshot, and prove it.

        The merged bytes are loaded afresh and compared with the replay: content, state
        vector and delete set are equal and nothing is pending.

        Raises:
            EngineError: ``mismatch`` if they are not; then keep the old snapshot.
        """
        tail = await self.merge(updates)
        merged = tail if snapshot is None else await self.merge([snapshot, tail])
        return await self._call(Verify(kind, snapshot, list(updates), merged), Compacted)

    async def missing(self, snapshot: bytes, state_vector: bytes) -> bytes:
        """Return what a client with this state vector lacks, and the whole delete set."""
        return await self._call(Missing(snapshot, state_vector), bytes)

    async def text(
        self, snapshot: bytes | None, updates: Sequence[bytes], *, kind: str
    ) -> DocumentText:
        """Return the words of a document, one line per block."""
        return await self._call(ReadText(kind, snapshot, list(updates)), DocumentText)

    async def check(
        self, snapshot: bytes | None, updates: Sequence[bytes], *, kind: str
    ) -> list[str]:
        """Return what the document holds beyond its schema, such as ``schema-mark at 3.1``."""
        return await self._call(Check(kind, snapshot, list(updates)), list[str])

    async def export(
        self,
        snapshot: bytes | None,
        updates: Sequence[bytes],
        *,
        kind: str,
        title: str,
        format: Format,
        language: str,
    ) -> bytes:
        """Return a document as a file in UTF-8, ``html`` or ``markdown``."""
        request = Export(kind, snapshot, list(updates), title, format, language)
        return await self._call(request, bytes)

    async def template(
        self, kind: str, content: Mapping[str, object] | str, client_id: int
    ) -> bytes:
        """Return an update that writes this content into an empty document.

        Args:
            kind: ``rich`` or ``text``.
            content: A Tiptap document (``getJSON()``), or text.
            client_id: Below 2^32, and never used in this document before.
        """
        try:
            tree = content if isinstance(content, str) else msgspec.convert(content, Node)
        except (msgspec.ValidationError, RecursionError) as error:
            raise EngineError("refused") from error
        return await self._call(BuildTemplate(kind, tree, client_id), bytes)

    async def _call(self, request: Request, result: type[T]) -> T:
        """Queue a request and return its result.

        Raises:
            EngineError: With any of the codes.
        """
        if self._task is None:
            raise EngineError("closed")
        job = _Job(request, self._step_s)
        size = len(job.frame)
        if len(self._jobs) >= self._queue_max or self._queued_bytes + size > self._queue_max_bytes:
            raise EngineError("busy")
        self._jobs.append(job)
        self._queued_bytes += size
        self._wake.set()
        raw = await job.result
        try:
            return msgspec.msgpack.decode(raw, type=result)
        except msgspec.MsgspecError as error:
            raise EngineError("crashed") from error

    async def _run(self) -> None:
        """Serve the queue with one process after the other, until cancelled."""
        fruitless = 0
        while True:
            assert self._worker is not None
            worker = self._worker
            watcher = asyncio.create_task(self._watch(worker))
            try:
                served = await self._serve(worker)
            finally:
                self._worker = None
                status = await worker.stop()
                await watcher
            log.warning("the document engine ended with status %d; starting another", status)
            fruitless = 0 if served else fruitless + 1
            self._worker = await self._restart(fruitless)
            self.restarts += 1

    async def _watch(self, worker: _Worker) -> None:
        await worker.process.wait()
        self._wake.set()

    async def _serve(self, worker: _Worker) -> int:
        """Run jobs until the process has ended or must; return how many were answered."""
        answered = 0
        while (job := await self._next_job(worker)) is not None:
            try:
                reply = await worker.ask(job)
            except EngineError as error:
                log.warning("a call of the document engine failed: %s, %s", job.name, error.code)
                job.fail(error.code)
                return answered
            except BaseException:
                job.fail("closed")
                raise
            answered += 1
            if reply.code:
                job.fail(reply.code)
            elif not job.result.done():
                job.result.set_result(reply.result)
            if reply.leaving:
                break
        return answered

    async def _next_job(self, worker: _Worker) -> _Job | None:
        """Wait for a job whose caller still waits; ``None`` if the process ended first."""
        while worker.process.returncode is None:
            while self._jobs:
                job = self._jobs.popleft()
                self._queued_bytes -= len(job.frame)
                if not job.result.done():
                    return job
            self._wake.clear()
            await self._wake.wait()
        return None

    async def _restart(self, fruitless: int) -> _Worker:
        """Start another process, later and later if none of them gets anything done."""
        while True:
            if fruitless:
                await asyncio.sleep(min(RESTART_DELAY_MAX_S, 0.05 * 2 ** min(fruitless, 10)))
            try:
                return await _Worker.start(self._command)
            except EngineError:
                log.exception("the document engine does not start")
                fruitless += 1


def _batches(updates: list[bytes]) -> Iterator[list[bytes]]:
    """Cut updates into batches of ``BATCH_UPDATES`` or ``BATCH_BYTES``, two at the least."""
    batch: list[bytes] = []
    size = 0
    for update in updates:
        full = len(batch) >= BATCH_UPDATES or size + len(update) > BATCH_BYTES
        if full and len(batch) > 1:
            yield batch
            batch, size = [], 0
        batch.append(update)
        size += len(update)
    yield batch
