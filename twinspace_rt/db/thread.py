"""A thread for what must happen one after the other, and often."""

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
_Job = tuple[Callable[[], Any], asyncio.AbstractEventLoop, "asyncio.Future[Any]"]


class WorkThread:
    """Runs functions in a thread of its own, in the order they were given.

    The way there and back costs a third of what it costs through an executor, with its futures of
    two kinds and their locks; a busy node goes it at each commit.
    """

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[], T]) -> T:
        """Run ``work`` and return what it returns, or raise what it raises.

        What has been begun is not undone if the caller is cancelled.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._jobs.put((work, loop, done))
        return await done

    def shutdown(self) -> None:
        """Wait for what was given, and end; nothing may be given after that."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, loop, done = job
            try:
                value, error = work(), None
            except BaseException as raised:
                value, error = None, raised
            if not loop.is_closed():  # else nobody waits any more
                loop.call_soon_threadsafe(_settle, done, value, error)
            del job, work, value, error  # hold nobody's rows until the next job


def _settle(done: "asyncio.Future[Any]", value: Any, error: BaseException | None) -> None:
    if done.cancelled():
        return
    if error is not None:
        done.set_exception(error)
    else:
        done.set_result(value)
