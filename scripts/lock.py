"""Write the lock files anew: ``python -m scripts.lock [--upgrade]``.

Versions stay as they are where they still fit, unless ``--upgrade`` is given. The
locks hold hashes and versions and name no registry: where packages come from is
for each machine to say.
"""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts import node, python_packages
from scripts.steps import ROOT, VENV, fail, run, say


def lock_python(upgrade: list[str]) -> None:
    """Compile ``requirements/*.txt`` for every system and every Python from 3.11 on.

    The runtime's versions follow those of the development lock, so that both can be
    installed into one environment in any order.
    """
    python_packages.install("lock")
    oldest = ".".join(map(str, python_packages.OLDEST))
    options = [
        *("--quiet", "--universal", "--python-version", oldest, "--generate-hashes"),
        *("--no-emit-index-url", "--no-annotate", "--custom-compile-command", "make lock"),
        *upgrade,
    ]
    for name, sources in {
        "lock": ["requirements/lock.in"],
        "node": ["requirements/node.in"],
        "dev": ["pyproject.toml", "--extra", "dev"],
        "runtime": ["pyproject.toml", "--constraint", "requirements/dev.txt"],
        "bench": ["requirements/bench.in", "--constraint", "requirements/dev.txt"],
    }.items():
        say(f"Locking requirements/{name}.txt")
        output = ["--output-file", f"requirements/{name}.txt"]
        if run([VENV / "bin" / "uv", "pip", "compile", *options, *sources, *output]):
            fail(f"requirements/{name}.txt could not be written; uv says why above.")


def lock_npm(upgrade: list[str]) -> None:
    """Write each ``package-lock.json`` from its ``package.json``, without addresses.

    npm works in an empty folder: beside a ``node_modules`` it leaves out what other
    systems need. A lock that ``npm ci`` would refuse is not taken.
    """
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund"]
    for folder in (node.CLIENT, node.PEERS, node.BENCHMARK_PEERS):
        say(f"Locking {folder.relative_to(ROOT)}/package-lock.json")
        with TemporaryDirectory() as empty:
            shutil.copy(folder / "package.json", empty)
            if not upgrade:
                shutil.copy(folder / "package-lock.json", empty)
            options = ["--package-lock-only", "--omit-lockfile-registry-resolved", *quiet]
            if node.npm(Path(empty), "install", *options):
                fail("The npm packages could not be locked; npm says why above.")
            if node.npm(Path(empty), "ci", "--dry-run", "--silent", *quiet):
                fail("`npm ci` would refuse this lock: a package has no release for some system.")
            shutil.copy(Path(empty) / "package-lock.json", folder)


if __name__ == "__main__":
    lock_python(sys.argv[1:])
    lock_npm(sys.argv[1:])
