"""The versions of all that takes part."""

import json
import platform
from importlib.metadata import version

from benchmarks.machine import program_version
from scripts.node import BENCHMARK_OLDEST, BENCHMARK_PEERS, find_node
from scripts.programs import find_postgresql, find_redis

OUR_PACKAGES = ("uvicorn", "uvloop", "websockets", "starlette", "sqlalchemy", "asyncpg", "pycrdt")
THEIR_PACKAGES = ("@hocuspocus/server", "y-websocket", "yjs", "ws", "crossws")


def describe() -> list[tuple[str, str]]:
    """List programs and packages with their versions; what is not installed is left out."""
    found = []
    if folder := find_node(BENCHMARK_OLDEST):
        found.append(("Node.js", program_version(folder / "node", "--version").lstrip("v")))
    if folder := find_postgresql():
        found.append(("PostgreSQL", program_version(folder / "postgres", "--version").split()[2]))
    if program := find_redis():
        said = dict(
            part.split("=", 1)
            for part in program_version(program, "--version").split()
            if "=" in part
        )
        found.append(("Redis", said["v"]))
    ours = (f"{name} {version(name)}" for name in OUR_PACKAGES)
    return [
        *found,
        ("Python", platform.python_version()),
        ("this server's packages", ", ".join(ours)),
        ("the peers' packages", ", ".join(f"{n} {_npm(n)}" for n in THEIR_PACKAGES)),
    ]


def _npm(name: str) -> str:
    package = BENCHMARK_PEERS / "node_modules" / name / "package.json"
    return str(json.loads(package.read_text())["version"])
