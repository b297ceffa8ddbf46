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
    with _paused(_postmaster(_parameters(url)["host"]).pid):
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
    folder = Path(urlsplit(url).path).parent
    [pid] = [process.pid for process in psutil.process_iter(["cwd"]) if _is_in(process, folder)]
    with _paused(pid):
        yield


def _parameters(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def _postmaster(folder: str) -> psutil.Process:
    return psutil.Process(int(Path(folder, "data", "postmaster.pid").read_text().split()[0]))


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
