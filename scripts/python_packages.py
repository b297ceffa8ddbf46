"""The virtual environment in ``.venv`` and the locked Python packages in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.steps import ROOT, VENV, Stamp, digest, fail, run, say

OLDEST = (3, 11)
PYTHON = VENV / "bin" / "python"


def install(lock: str) -> None:
    """Put the packages of ``requirements/<lock>.txt`` into the environment, making it if needed.

    Each file is checked against the hashes in the lock. A lock that is installed
    already costs nothing.
    """
    _ensure_environment()
    path = ROOT / "requirements" / f"{lock}.txt"
    stamp = Stamp(VENV / f".{lock}-packages", digest([path]))
    if stamp.current:
        return
    say(f"Installing the Python packages of {path.relative_to(ROOT)}")
    options = ["--disable-pip-version-check", "--no-deps", "--require-hashes"]
    if run([PYTHON, "-m", "pip", "install", *options, "-r", path]):
        fail("The Python packages could not be installed; pip says why above.")
    stamp.write()


def _ensure_environment() -> None:
    if _is_recent(PYTHON):
        return
    if sys.version_info < OLDEST:
        fail("Python 3.11 or newer is needed; name one with `make PYTHON=python3.11`.")
    say(f"Making the Python environment {VENV.name} with Python {sys.version.split()[0]}")
    if not _can_make_environments():
        _install_debian_venv()
    if run([sys.executable, "-m", "venv", "--clear", VENV]):
        fail("The Python environment could not be made; Python says why above.")


def _is_recent(python: Path) -> bool:
    """Tell whether an interpreter starts at all (its base may be gone) and is new enough."""
    check = f"import pip, sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([python, "-c", check], capture_output=True).returncode == 0
    except OSError:
        return False


def _can_make_environments() -> bool:
    check = [sys.executable, "-c", "import ensurepip, venv"]
    return subprocess.run(check, capture_output=True).returncode == 0


def _install_debian_venv() -> None:
    """Fetch what Debian splits from Python: the part that makes environments."""
    package = f"python3.{sys.version_info.minor}-venv"
    if shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update"], environment=quiet)
        run(["apt-get", "install", "-y", "--no-install-recommends", package], environment=quiet)
    if not _can_make_environments():
        fail(f"Python's venv module is missing; install it (on Debian and Ubuntu: {package}).")
