"""The engine's process, but it dies of any input that holds ``POISON``: a bug not yet known."""

import os
import signal
import sys

import msgspec

from twinspace_rt.docs import engine_worker
from twinspace_rt.docs.engine_wire import Request

POISON = b"POISON"


def answer(request: Request) -> object:
    """Answer as the engine does, or die."""
    if POISON in msgspec.msgpack.encode(request):
        os.kill(os.getpid(), signal.SIGSEGV)
    return engine_worker.answer(request)


if __name__ == "__main__":
    engine_worker.warm_up()
    engine_worker.confine()
    engine_worker.serve(sys.stdin.buffer, sys.stdout.buffer, answer)
