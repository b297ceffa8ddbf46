"""Real programs for the tests: throw-away servers, and the Chromium, Node and others found.

Each server lives in a folder of its own and ends with its ``with`` block, or with the tests
when these are killed. PostgreSQL and Redis listen on a Unix socket there and nowhere else, so
no port can be taken.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from scripts.node import PEERS, find_node
from scripts.programs import (
    find_chromium,
    find_nginx,
    find_openssl,
    find_postgresql,
    find_prometheus,
    find_redis,
)

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30


class ProgramMissing(RuntimeError):
    """A program that the tests need is not installed."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was not found; `make test` installs it, or says how to.")


def chromium() -> Path:
    """Return the Chromium to hand to Playwright as ``executable_path``.

    Raises:
        ProgramMissing: None is installed.
    """
    return _found(find_chromium(), "Chromium")


def node() -> Path:
    """Return the ``node`` program, which finds the stock providers when run in ``PEERS``.

    Raises:
        ProgramMissing: Node 20.19 or the peers' packages are not installed.
    """
    _found(next(PEERS.glob("node_modules/yjs"), None), "tests/peers/node_modules")
    return _found(find_node(), "Node.js 20.19") / "node"


@contextmanager
def postgresql(*, durable: bool = False) -> Iterator[str]:
    """Run a new, empty PostgreSQL and yield the SQLAlchemy address of its database.

    Unless it is ``durable`` it does not wait for the disk: fit to test what is written,
    and what outlives a killed server, not what outlives a power cut.

    Raises:
        ProgramMissing: PostgreSQL is not installed.
    """
    programs = _found(find_postgresql(), "PostgreSQL")
    with _private_folder() as folder:
        data = folder / "data"
        initdb = [str(programs / "initdb"), "--pgdata", str(data), "--username=twinspace"]
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        with _started([*initdb, *options], folder) as process:
            if process.wait(START_TIMEOUT_S):
                raise RuntimeError(_log(folder))
        ask = [str(programs / "pg_isready"), "--quiet", "--host", str(folder)]

        def is_ready() -> bool:
            return subprocess.run(ask, timeout=START_TIMEOUT_S).returncode == 0

        settings = ["-k", str(folder), "-c", "listen_addresses="]
        if not durable:
            settings += ["-c", "fsync=off"]
        with _serving([str(programs / "postgres"), "-D", str(data), *settings], folder, is_ready):
            yield f"postgresql+asyncpg://twinspace@/postgres?host={folder}"


@contextmanager
def redis() -> Iterator[str]:
    """Run a new, empty Redis that keeps nothing on disk and yield its address for redis-py.

    Raises:
        ProgramMissing: Redis is not installed.
    """
    server = _found(find_redis(), "Redis")
    with _private_folder() as folder:
        address = folder / "redis.sock"

        def is_ready() -> bool:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(START_TIMEOUT_S)
                if client.connect_ex(str(address)):
                    return False
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")

        options = ["--port", "0", "--unixsocket", str(address), "--save", "", "--appendonly", "no"]
        with _serving([str(server), *options], folder, is_ready):
            yield f"unix://{address}"


@contextmanager
def nginx(sites: str, files: Mapping[str, bytes]) -> Iterator[None]:
    """Run an nginx until the block ends; it listens where its sites say.

    Args:
        sites: What stands inside ``http { }``.
        files: What the sites name, by names without a folder.

    Raises:
        ProgramMissing: nginx is not installed.
        RuntimeError: nginx does not take the sites; the message is what it says.
    """
    program = _found(find_nginx(), "nginx")
    parts = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    with _private_folder() as folder:
        for name, content in files.items():
            (folder / name).write_bytes(content)
        (folder / "nginx.conf").write_text(
            "daemon off; worker_processes 1; pid nginx.pid; error_log stderr notice;\n"
            "events { worker_connections 1024; }\nhttp { access_log off;\n"
            + "".join(f"{part}_temp_path {part};\n" for part in parts)
            + f"{sites}\n}}\n"
        )
        command = [str(program), "-p", f"{folder}/", "-c", "nginx.conf", "-e", "stderr"]
        # It is written when the ports are open.
        with _serving(command, folder, (folder / "nginx.pid").exists):
            yield


@contextmanager
def prometheus(config: str, port: int) -> Iterator[str]:
    """Run a new, empty Prometheus and yield the address of its HTTP API.

    Args:
        config: What stands in its ``prometheus.yml``.
        port: A free one of the loopback.

    Raises:
        ProgramMissing: Prometheus is not installed.
        RuntimeError: It does not take the configuration; the message is what it says.
    """
    program = _found(find_prometheus(), "Prometheus")
    address = f"http://127.0.0.1:{port}"

    def is_ready() -> bool:
        try:
            with urllib.request.urlopen(f"{address}/-/ready", timeout=START_TIMEOUT_S):
                return True
        except urllib.error.URLError:
            return False

    with _private_folder() as folder:
        (folder / "prometheus.yml").write_text(config)
        options = ["--config.file=prometheus.yml", "--storage.tsdb.path=data"]
        listen = f"--web.listen-address=127.0.0.1:{port}"
        with _serving([str(program), *options, listen], folder, is_ready):
            yield address


def promtool() -> Path:
    """Return the program that checks what is written for Prometheus.

    Raises:
        ProgramMissing: Prometheus is not installed.
    """
    return _found(find_prometheus(), "Prometheus").with_name("promtool")


def certificate(name: str) -> tuple[bytes, bytes]:
    """Make a certificate for a name that signs itself, good for a day; returns it and its key.

    Raises:
        ProgramMissing: OpenSSL is not installed.
    """
    openssl = str(_found(find_openssl(), "OpenSSL"))
    with tempfile.TemporaryDirectory() as made:
        paths = [Path(made, "certificate.pem"), Path(made, "key.pem")]
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        says = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-days", "1"]
        into = ["-out", str(paths[0]), "-keyout", str(paths[1])]
        command = [openssl, "req", "-x509", *kind, *says, *into]
        subprocess.run(command, check=True, capture_output=True, timeout=START_TIMEOUT_S)
        return paths[0].read_bytes(), paths[1].read_bytes()


def _found(program: Path | None, name: str) -> Path:
    if program is None:
        raise ProgramMissing(name)
    return program


def _user() -> str | None:
    """Return whom servers run as: PostgreSQL refuses root, so another then."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def hand_over(folder: Path) -> None:
    """Give a folder to whom the servers run as."""
    user = _user()
    if user:
        shutil.chown(folder, user)


@contextmanager
def _private_folder() -> Iterator[Path]:
    """Make a folder that is the servers' alone, with a name short enough for a socket in it."""
    folder = Path(tempfile.mkdtemp(prefix="ts-"))
    hand_over(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _started(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program in its folder, its words going to a log there, and end it afterwards."""
    end_with_parent: list[str] = []
    if shutil.which("setpriv"):
        end_with_parent = ["setpriv", "--pdeathsig", "INT"]
    user = _user()
    with open(folder / "log", "ab") as log:
        process = subprocess.Popen(
            end_with_parent + command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _serving(command: list[str], folder: Path, is_ready: Callable[[], bool]) -> Iterator[None]:
    with _started(command, folder) as process:
        give_up = time.monotonic() + START_TIMEOUT_S
        while not is_ready():
            if process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(_log(folder))
            time.sleep(0.02)
        yield


def _log(folder: Path) -> str:
    return (folder / "log").read_text(errors="replace")
