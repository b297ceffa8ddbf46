"""A process that compacts a document and kills itself at a line of that work, as often as asked.

Reads orders from its standard input, one a line: a data folder, a PostgreSQL address or ``-``, a
document, and at which line that is run to die; 0 is never. Each order is carried out by a child,
since starting Python takes longer than compacting; the answer is how the child ended, how many
lines it ran, and at which of them it began to store.
"""

import asyncio
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from twinspace_rt import app
from twinspace_rt.docs.store import store_snapshot
from twinspace_rt.settings import Settings

PACKAGE = str(Path(app.__file__).parent)
WATCHED = tuple(
    str(Path(PACKAGE, part))
    for part in ("docs/tending.py", "docs/store.py", "docs/engine", "db/engine.py", "db/postgresql")
)


class Fuse:
    """Counts lines as they are run, in every thread, and ends the process at one of them."""

    def __init__(self, dies_at: int) -> None:
        self.lines = 0
        self.storing = 0
        self._dies_at = dies_at
        self._lit = False

    def light(self) -> None:
        """Count from here on."""
        self._lit = True

    def watch(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Trace a function; see :func:`sys.settrace`."""
        if not frame.f_code.co_filename.startswith(WATCHED):
            return None
        if frame.f_code is store_snapshot.__code__ and not self.storing:
            self.storing = self.lines
        if event == "line" and self._lit:
            self.lines += 1
            if self.lines == self._dies_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.watch


async def compact(settings: Settings, document_id: str, fuse: Fuse) -> None:
    """Compact one document as a server does."""
    node = app.build_node(settings)
    async with node.engine:
        document = await node.library.open(document_id)
        assert document is not None
        fuse.light()
        await node.tending.compact(document)
        await node.tending.close()
    await node.database.close()


def obey(folder: str, url: str, document_id: str, dies_at: int) -> str:
    """Compact in this process; returns how many lines that took, and where storing began."""
    fuse = Fuse(dies_at)
    threading.settrace(fuse.watch)
    sys.settrace(fuse.watch)
    settings = Settings(data_dir=Path(folder), database_url=url.strip("-"), demo=False)
    asyncio.run(compact(settings, document_id, fuse))
    sys.settrace(None)
    return f"{fuse.lines} {fuse.storing}"


def main() -> None:
    """Carry out orders until there are no more."""
    for order in sys.stdin:
        folder, url, document_id, dies_at = order.split()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writer, obey(folder, url, document_id, int(dies_at)).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as answer:
            lines = answer.read() or "0 0"
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), lines, flush=True)


if __name__ == "__main__":
    main()
