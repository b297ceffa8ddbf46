"""What every set-up step shares: saying what happens, running a command, remembering it is done.

This folder runs before anything is installed, so it uses the standard library alone.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"


def say(sentence: str) -> None:
    """Tell the person who waits what is being done."""
    print(f"==> {sentence}", flush=True)


def fail(sentence: str) -> NoReturn:
    """End the set-up with one sentence that says what to do about it."""
    sys.stdout.flush()
    raise SystemExit(f"==> {sentence}")


def run(
    command: Sequence[str | Path],
    *,
    folder: Path = ROOT,
    environment: Mapping[str, str] | None = None,
) -> int:
    """Run a command with its output in view and return its exit code.

    ``environment`` is added to this process's own. The command gets no input, so
    that one which would ask a question goes on with its default or fails.
    """
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        check=False,
    ).returncode


def digest(paths: Iterable[Path], more: bytes = b"") -> str:
    """Return a hash over the names and bytes of files, and over ``more``."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode())
        total.update(path.read_bytes())
    total.update(more)
    return total.hexdigest()


class Stamp:
    """The note that a step was done with these very inputs, so that it need not run again.

    It lies inside what the step made: who removes that removes the note with it.
    """

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key = key

    @property
    def current(self) -> bool:
        """Whether the step has run to its end with the same inputs."""
        return self._path.is_file() and self._path.read_text() == self._key

    def write(self) -> None:
        """Note that the step is done."""
        self._path.write_text(self._key)
