"""The programs that tests and benchmarks need, as databases and Chromium; found or installed."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.steps import VENV, fail, run, say


def find_postgresql() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest of those installed, if any.

    Debian keeps them off the PATH.
    """
    on_path = shutil.which("postgres")
    if on_path:
        return Path(on_path).resolve().parent
    installed = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    return max(installed, key=lambda folder: _numbers(folder.parent.name), default=None)


def find_redis() -> Path | None:
    """Return the Redis server's program, if there is one."""
    return _find_served("redis-server")


def find_nginx() -> Path | None:
    """Return the nginx program, if there is one."""
    return _find_served("nginx")


def find_openssl() -> Path | None:
    """Return the program that makes certificates, if there is one."""
    return _find_served("openssl")


def find_prometheus() -> Path | None:
    """Return the program Prometheus, if there is one; ``promtool`` stands beside it."""
    return _find_served("prometheus")


def find_chromium() -> Path | None:
    """Return a Chromium that starts, or the one Playwright keeps, if there is any.

    Ubuntu has a ``chromium-browser`` that only asks for a snap, hence the trial.
    """
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    found = [Path(path) for path in map(shutil.which, names) if path]
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache/ms-playwright"))
    kept = cache.glob("chromium-*/chrome-linux*/chrome")
    found += sorted(kept, key=lambda path: _numbers(path.parents[1].name), reverse=True)
    return next(filter(_starts, found), None)


@dataclass(frozen=True)
class Program:
    """One program that is needed: where to look, and who has it."""

    name: str
    debian_package: str
    find: Callable[[], Path | None]


DATABASES = (
    Program("PostgreSQL", "postgresql", find_postgresql),
    Program("Redis", "redis-server", find_redis),
)
PROGRAMS = (
    *DATABASES,
    Program("nginx", "nginx", find_nginx),
    Program("OpenSSL", "openssl", find_openssl),
    Program("Prometheus", "prometheus", find_prometheus),
    Program("Chromium", "chromium", find_chromium),
)


def install(programs: Sequence[Program] = PROGRAMS) -> None:
    """Install those programs that are missing, or say in one sentence which they are.

    Only root on Debian or Ubuntu installs; anyone else is told what to install.
    """
    missing = [program for program in programs if program.find() is None]
    if not missing:
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        say(f"Installing {_list(missing)}")
        run(["apt-get", "update"], environment=quiet)
        for program in missing:
            package = program.debian_package
            run(["apt-get", "install", "-y", "--no-install-recommends", package], environment=quiet)
        if any(program.find is find_chromium for program in missing) and find_chromium() is None:
            # Ubuntu ships Chromium only as a snap; Playwright, whose Node wants libatomic, has one.
            run(["apt-get", "install", "-y", "libatomic1"], environment=quiet)
            run([VENV / "bin" / "playwright", "install", "--with-deps", "chromium"])
        missing = [program for program in missing if program.find() is None]
    if missing:
        packages = " ".join(program.debian_package for program in missing)
        fail(f"Needed: {_list(missing)}; install it (on Debian: apt install {packages}).")


def _find_served(name: str) -> Path | None:
    """Look for a program, also where only root's PATH leads."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
    return Path(found) if found else None


def _list(programs: list[Program]) -> str:
    return ", ".join(program.name for program in programs)


def _starts(program: Path) -> bool:
    try:
        trial = subprocess.run([program, "--version"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return trial.returncode == 0


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]
