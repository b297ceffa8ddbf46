"""Stopping real servers for a while: half-open connections, as behind a dead network."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil


@contextmanager
def postgresql_paused(url: str) -> Iterator[None]:
    """Stop all processes of a PostgreSQL of :mod:`tests.programs`; they go on afterwards."""
    folder = Path(parse_qs(urlsplit(url).query)["host"][0])
    pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    with _paused(pid):
        yield


@contextmanager
def redis_paused(url: str) -> Iterator[None]:
    """Stop a Redis of :mod:`tests.programs`; it goes on afterwards."""
    folder = Path(urlsplit(url).path).parent
    [pid] = [process.pid for process in psutil.process_iter(["cwd"]) if _is_in(process, folder)]
    with _paused(pid):
        yield


def _is_in(process: psutil.Process, folder: Path) -> bool:
    return bool(process.info["cwd"] == str(folder))


@contextmanager
def _paused(pid: int) -> Iterator[None]:
    # The first process before the others: it must not start new ones meanwhile.
    processes = [psutil.Process(pid)]
    processes[0].send_signal(signal.SIGSTOP)
    processes += processes[0].children(recursive=True)
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGCONT)
