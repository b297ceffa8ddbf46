"""Stopping real servers for a while: half-open connections, as behind a dead network, or none."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import psutil


@contextmanager
def postgresql_paused(url: str) -> Iterator[None]:
    """Stop all processes of a PostgreSQL of :mod:`tests.programs`; they go on afterwards."""
    with _paused(_postmaster(_parameters(url)["host"])):
        yield


@contextmanager
def postgresql_refusing(url: str) -> Iterator[None]:
    """Cut all connections to a database, and let nobody connect until afterwards."""
    at = _parameters(url)
    address = Path(at["host"], ".s.PGSQL.5432")
    hidden = address.rename(address.with_suffix(".hidden"))
    try:
        for process in _postmaster(at["host"]).children():
            # PostgreSQL names its processes after their user and database.
            if f" {at['database']} " in " ".join(process.cmdline()):
                process.terminate()
        yield
    finally:
        hidden.rename(address)


@contextmanager
def redis_paused(url: str) -> Iterator[None]:
    """Stop a Redis of :mod:`tests.programs`; it goes on afterwards."""
    with _paused(redis_process(url)):
        yield


@contextmanager
def server_paused(pid: int) -> Iterator[None]:
    """Stop a server and the processes it has started; they go on afterwards."""
    with _paused(psutil.Process(pid)):
        yield


def redis_process(url: str) -> psutil.Process:
    """Find the process of a Redis of :mod:`tests.programs`."""
    folder = str(Path(urlsplit(url).path).parent)
    [found] = [p for p in psutil.process_iter(["cwd"]) if p.info["cwd"] == folder]
    return found


def _parameters(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def _postmaster(folder: str) -> psutil.Process:
    return psutil.Process(int(Path(folder, "data", "postmaster.pid").read_text().split()[0]))


@contextmanager
def _paused(first: psutil.Process) -> Iterator[None]:
    # The first process before the others: it must not start new ones meanwhile.
    processes = [first]
    first.send_signal(signal.SIGSTOP)
    processes += first.children(recursive=True)
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGCONT)
