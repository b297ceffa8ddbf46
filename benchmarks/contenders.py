"""The servers that are compared, each started as a process of its own on the servers' core."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import redis
from sqlalchemy.engine import make_url

from benchmarks.machine import Cores, on_core, tree
from benchmarks.people import Door
from scripts.node import BENCHMARK_OLDEST, BENCHMARK_PEERS, find_node
from tests import programs
from tests.live import REPOSITORY, Live, free_port, start_process, stop_process
from twinspace_rt.admin import LoadRoom, ask

HOCUSPOCUS, Y_WEBSOCKET = "Hocuspocus", "y-websocket"
BARE = "bare storing"
SQLITE, POSTGRESQL = "TwinSpace RT, SQLite", "TwinSpace RT, PostgreSQL"
PEERS = (HOCUSPOCUS, Y_WEBSOCKET)
OURS = (SQLITE, POSTGRESQL)
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 10


@dataclass(frozen=True)
class LoadTarget:
    """Documents of a running server, and who may open them.

    Attributes:
        documents: What to ask for, one for each document.
        cookies: What to send in a Cookie header, one for each member; empty where nobody is asked.
    """

    documents: list[str]
    room: str = ""
    cookies: list[str] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Write the file from which the load generator takes documents and members."""
        members = [{"cookie": cookie} for cookie in self.cookies]
        path.write_text(json.dumps({"documents": self.documents, "members": members}))


@dataclass(frozen=True)
class Peer:
    """A running server of the peers: in memory, as it comes; or the bare one that stores."""

    name: str
    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def processes(self) -> list[psutil.Process]:
        """The server's processes."""
        return tree(self.process.pid)

    def load_options(self) -> list[str]:
        """What the load generator has to be told: peers send a writer its own words back."""
        address = f"ws://127.0.0.1:{self.port}"
        if self.name == BARE:
            return ["--url", f"{address}/{{doc}}"]
        if self.name == HOCUSPOCUS:
            return ["--hocus", "--echo", "1", "--url", address]
        return ["--echo", "1", "--url", f"{address}/{{doc}}"]

    def make_target(self, name: str, *, documents: int, members: int) -> LoadTarget:
        """Name documents that were not used before; whoever comes may open them."""
        return LoadTarget([f"{name}{number}" for number in range(documents)])

    def door(self, target: LoadTarget, document: int, member: int) -> Door:
        """Tell how somebody opens a document."""
        address = f"ws://127.0.0.1:{self.port}"
        name = target.documents[document]
        if self.name == HOCUSPOCUS:
            return Door(address, name)
        return Door(f"{address}/{name}", "")


@dataclass(frozen=True)
class Ours:
    """One or more running nodes of this server, and what keeps their data.

    Attributes:
        environment: The nodes' settings beyond folder and port.
        beside: The database's and the bus's processes, if they are not the server's own.
    """

    name: str
    nodes: list[Live]
    environment: dict[str, str]
    beside: list[psutil.Process]

    @property
    def processes(self) -> list[psutil.Process]:
        """The processes of all nodes, each with its engine."""
        return [process for node in self.nodes for process in tree(_pid(node))]

    @property
    def engines(self) -> list[psutil.Process]:
        """The engines' processes alone."""
        return [process for node in self.nodes for process in tree(_pid(node))[1:]]

    @property
    def databases(self) -> list[psutil.Process]:
        """The processes of PostgreSQL and Redis, as many as there are by now."""
        return [process for root in self.beside for process in tree(root.pid)]

    def load_options(self, node: int = 0) -> list[str]:
        """What the load generator has to be told."""
        live = self.nodes[node]
        return ["--url", f"{live.ws}/ws/yjs/{{doc}}", "--header", f"Origin:{live.origin}"]

    def make_target(self, name: str, *, documents: int, members: int) -> LoadTarget:
        """Make a room with signed-in members and empty plain documents, in which all may write."""
        request = LoadRoom(documents=documents, members=members)
        made: Any = ask(self.nodes[0].settings, request)
        cookies = [str(member["cookie"]) for member in made["members"]]
        return LoadTarget(list(made["documents"]), str(made["room"]), cookies)

    def restart(self, cores: Cores) -> None:
        """End the first node and start it again, with nothing in its memory."""
        live = self.nodes[0]
        stop_process(live)
        with on_core(cores.server):
            self.nodes[0] = start_process(live.settings.data_dir, live.port, **self.environment)

    def door(self, target: LoadTarget, document: int | None, member: int, *, node: int = 0) -> Door:
        """Tell how a member comes in as a browser does: one socket for room and documents."""
        live = self.nodes[node]
        cookie = target.cookies[member % len(target.cookies)]
        return Door(
            f"{live.ws}/ws/rooms/{target.room}",
            None if document is None else target.documents[document],
            (("Origin", live.origin), ("Cookie", cookie)),
            speaks_text=True,
        )


Contender = Peer | Ours


@contextmanager
def peer(name: str, folder: Path, cores: Cores) -> Iterator[Peer]:
    """Run one of the peers on Node, or the bare server with its data in a folder.

    Raises:
        ProgramMissing: Node 22 or the peers' packages are not installed.
    """
    port = free_port()
    if name == BARE:
        folder.mkdir(parents=True)
        where = REPOSITORY
        command = [sys.executable, "-m", "benchmarks.bare", str(port), str(folder)]
    else:
        where, command = BENCHMARK_PEERS, _node_command(name, port)
    with on_core(cores.server):
        process = subprocess.Popen(
            command, cwd=where, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
    try:
        _wait_for_port(process, port)
        yield Peer(name, port, process)
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _node_command(name: str, port: int) -> list[str]:
    bin_folder = find_node(BENCHMARK_OLDEST)
    if bin_folder is None:
        raise programs.ProgramMissing("Node.js 22")
    script = {HOCUSPOCUS: "hocuspocus.mjs", Y_WEBSOCKET: "y_websocket.cjs"}[name]
    return [str(bin_folder / "node"), script, str(port)]


@contextmanager
def ours(
    name: str, folder: Path, cores: Cores, *, nodes: int = 1, **environment: str
) -> Iterator[Ours]:
    """Run this server with durability on, on the embedded database or PostgreSQL and Redis.

    Args:
        name: ``SQLITE`` or ``POSTGRESQL``.
        folder: For the data and the log.
        cores: Who runs where.
        nodes: How many processes serve; more than one only on PostgreSQL.
        environment: More settings.
    """
    with ExitStack() as stack:
        beside: list[psutil.Process] = []
        if name == POSTGRESQL:
            with on_core(cores.database):
                database_url = stack.enter_context(programs.postgresql(durable=True))
                bus_url = stack.enter_context(programs.redis())
            environment |= {"TWINSPACE_DATABASE_URL": database_url, "TWINSPACE_BUS_URL": bus_url}
            beside = [psutil.Process(_postmaster(database_url)), psutil.Process(_redis(bus_url))]
        running: list[Live] = []
        stack.callback(lambda: [stop_process(live) for live in running])
        for number in range(nodes):
            with on_core(cores.server):
                running.append(start_process(folder / str(number), free_port(), **environment))
        yield Ours(name, running, environment, beside)


def contender(name: str, folder: Path, cores: Cores) -> AbstractContextManager[Contender]:
    """Run a server by its name, as one process, until the ``with`` block ends."""
    return ours(name, folder, cores) if name in OURS else peer(name, folder, cores)


def _pid(live: Live) -> int:
    assert live.process is not None
    return live.process.pid


def _postmaster(database_url: str) -> int:
    folder = make_url(database_url).query["host"]
    assert isinstance(folder, str)
    return int(Path(folder, "data", "postmaster.pid").read_text().split()[0])


def _redis(bus_url: str) -> int:
    with redis.Redis.from_url(bus_url) as client:
        told: Any = client.info("server")
    return int(told["process_id"])


def _wait_for_port(process: "subprocess.Popen[bytes]", port: int) -> None:
    give_up = time.monotonic() + START_TIMEOUT_S
    while not any(c.laddr.port == port for c in psutil.Process(process.pid).net_connections()):
        if process.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"a peer did not start (exit code {process.poll()})")
        time.sleep(0.02)
