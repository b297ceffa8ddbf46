"""Stock Yjs in Node, to compare with."""

import base64
import json
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from scripts.node import PEERS
from tests import programs

_SCRIPTS = Path(__file__).parent / "js"
_TIMEOUT_S = 120


def run(script: str, *arguments: str, lines: Iterable[object] = ()) -> list[dict[str, Any]]:
    """Run a script of ``js/``; JSON lines go in, JSON lines come out."""
    command = [str(programs.node()), "--input-type=module", "--eval", _source(script)]
    done = subprocess.run(
        [*command, "--", *arguments],
        cwd=PEERS,
        input="".join(f"{json.dumps(line)}\n" for line in lines),
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def _source(script: str) -> str:
    return (_SCRIPTS / script).read_text()


def read_logs(root: str, logs: Sequence[Sequence[bytes]]) -> list[dict[str, Any]]:
    """Apply logs of updates one by one and merged, and tell what both come to."""
    encoded = [
        {"root": root, "log": [base64.b64encode(entry).decode() for entry in log]} for log in logs
    ]
    return run("read_log.mjs", lines=encoded)
