"""Keep an engine process running, and hand it one call after the other."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from twinspace_rt.docs.engine_process import WORKER, EngineError, EngineProcess, Job
from twinspace_rt.docs.engine_wire import FRAME_MAX_BYTES, Request

log = logging.getLogger(__name__)

T = TypeVar("T")

RESTART_DELAY_MAX_S = 1.0


class Runner:
    """One engine process at a time, replaced whenever it dies.

    Calls run one after the other, in the order they came. A call that kills the process
    fails; the calls behind it run on the next process. A caller that is cancelled leaves
    the process untouched. Two calls never share state.

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
        """Prepare; nothing is started yet.

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
        self._jobs: deque[Job] = deque()
        self._queued_bytes = 0
        self._wake = asyncio.Event()
        self._process: EngineProcess | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process that runs now; ``None`` while there is none."""
        return self._process.pid if self._process else None

    async def __aenter__(self) -> Self:
        """Start the process.

        Raises:
            EngineError: ``crashed``: it cannot be started at all.
        """
        self._process = await EngineProcess.start(self._command)
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

    async def call(self, request: Request, result: type[T]) -> T:
        """Queue a request and return its result.

        Raises:
            EngineError: With any of the codes.
        """
        if self._task is None:
            raise EngineError("closed")
        job = Job(request, self._step_s)
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
            assert self._process is not None
            process = self._process
            watcher = asyncio.create_task(self._watch(process))
            try:
                served = await self._serve(process)
            finally:
                self._process = None
                status = await process.stop()
                await watcher
            log.warning("engine ended status=%d", status)
            fruitless = 0 if served else fruitless + 1
            self._process = await self._restart(fruitless)
            self.restarts += 1

    async def _watch(self, process: EngineProcess) -> None:
        await process.ended()
        self._wake.set()

    async def _serve(self, process: EngineProcess) -> int:
        """Run jobs until the process has ended or must; return how many were answered."""
        answered = 0
        while (job := await self._next_job(process)) is not None:
            try:
                reply = await process.ask(job)
            except EngineError as error:
                log.warning("engine call failed name=%s code=%s", job.name, error.code)
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

    async def _next_job(self, process: EngineProcess) -> Job | None:
        """Wait for a job whose caller still waits; ``None`` if the process ended first."""
        while not process.has_ended:
            while self._jobs:
                job = self._jobs.popleft()
                self._queued_bytes -= len(job.frame)
                if not job.result.done():
                    return job
            self._wake.clear()
            await self._wake.wait()
        return None

    async def _restart(self, fruitless: int) -> EngineProcess:
        """Start another process, later and later if none of them gets anything done."""
        while True:
            if fruitless:
                await asyncio.sleep(min(RESTART_DELAY_MAX_S, 0.05 * 2 ** min(fruitless, 10)))
            try:
                return await EngineProcess.start(self._command)
            except EngineError:
                log.exception("engine does not start")
                fruitless += 1
