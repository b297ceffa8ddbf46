"""An engine process that does, on request, what one must not: a program for tests only.

It is the real process, confinement and all, except that merging one of the words below
does what the word says.
"""

from __future__ import annotations

import os
import signal
import socket
import sys

from twinspace_rt.docs import engine_worker
from twinspace_rt.docs.engine_wire import Merge, Request


class Panic(BaseException):
    """Stands for pycrdt's PanicException, which is no ``Exception`` either."""


def handle(request: Request) -> object:
    """Do the fault that a request asks for, or answer it."""
    if isinstance(request, Merge):
        match request.updates[0]:
            case b"hang":
                while True:
                    pass
            case b"abort":
                os.abort()
            case b"stop":
                os.kill(os.getpid(), signal.SIGSTOP)
            case b"exit":
                os._exit(3)
            case b"panic":
                raise Panic
            case b"recurse":
                return handle(request)
            case b"allocate":
                return bytes(3 * 1024**3)
            case b"babble":
                os.write(1, b"\xff\xff\xff\xff not a reply")
            case b"socket":
                return _name_of_error(lambda: socket.socket())
            case b"socket-instead-of-input":
                os.close(0)
                return _name_of_error(_connect)
            case b"open":
                return _name_of_error(lambda: open(sys.executable, "rb"))
            case b"environment":
                return " ".join(sorted(os.environ)).encode()
            case b"pid":
                return str(os.getpid()).encode()
    return engine_worker.answer(request)


def _connect() -> object:
    with socket.socket() as client:
        client.connect(("127.0.0.1", 9))
        return client


def _name_of_error(act: object) -> bytes:
    assert callable(act)
    try:
        act()
    except OSError as error:
        return (error.strerror or "").encode()
    return b"nothing stopped it"


if __name__ == "__main__":
    engine_worker.main(handle)
