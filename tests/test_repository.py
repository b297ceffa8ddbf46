"""What holds for the repository as a whole: who imports whom, the locks, the settings."""

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from scripts.node import BENCHMARK_PEERS, CLIENT, PEERS
from scripts.steps import ROOT
from twinspace_rt import __version__
from twinspace_rt.settings import Settings, load_settings

PACKAGE = ROOT / "twinspace_rt"

# The house from the roof down: a part may import what stands on a lower floor.
ROOF = 0
FLOORS = {"web": 1, "rooms": 3, "streams": 4, "accounts": 5, "bus": 6, "db": 6}
FEATURES = 2
GROUND = 7
ON_THE_GROUND = {"errors", "ids", "json_http", "meters", "plain_text", "protocol", "settings"}


def floor(part: str) -> int:
    """Return the floor of a package or module directly under ``twinspace_rt``.

    A folder not named above is a feature; a single file knows everything.
    """
    if part in ON_THE_GROUND:
        return GROUND
    if part in FLOORS:
        return FLOORS[part]
    return FEATURES if (PACKAGE / part).is_dir() else ROOF


def may_import(importer: str, imported: str) -> bool:
    """Tell whether one part may import another: itself, or what stands lower.

    Modules on the roof and on the ground are single files and may import each other.
    """
    if importer == imported:
        return True
    if floor(importer) == floor(imported):
        return floor(importer) in {ROOF, GROUND}
    return floor(importer) < floor(imported)


def imported_parts(source: str, module: str) -> Iterator[str]:
    """Yield the part that each import of a module reaches into, wherever in it the import is."""
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(module.split(".")[: -node.level]) if node.level else ""
            start = ".".join(filter(None, [base, node.module]))
            names = [f"{start}.{alias.name}" for alias in node.names]
        for name in names:
            package, _, inner = name.partition(".")
            if package == PACKAGE.name and inner:
                yield inner.split(".")[0]


@pytest.mark.parametrize(
    ("importer", "imported", "allowed"),
    [
        ("app", "chat", True),
        ("web", "rooms", True),
        ("chat", "streams", True),
        ("rooms", "protocol", True),
        ("accounts", "db", True),
        ("chat", "forum", False),
        ("rooms", "chat", False),
        ("streams", "rooms", False),
        ("protocol", "db", False),
        ("web", "app", False),
        ("bus", "db", False),
    ],
)
def test_house_has_floors(importer: str, imported: str, allowed: bool) -> None:
    assert may_import(importer, imported) is allowed


@pytest.mark.parametrize(
    ("statement", "parts"),
    [
        ("import twinspace_rt.chat.actions", ["chat"]),
        ("from twinspace_rt import chat, errors", ["chat", "errors"]),
        ("from twinspace_rt.chat import queries", ["chat"]),
        ("from ..chat import queries", ["chat"]),
        ("from . import models", ["forum"]),
        ("def f():\n    from twinspace_rt.chat import queries", ["chat"]),
        ("import json\nfrom collections import abc", []),
    ],
)
def test_every_form_of_import_is_seen(statement: str, parts: list[str]) -> None:
    assert list(imported_parts(statement, "twinspace_rt.forum.handlers")) == parts


def test_imports_go_down_the_house() -> None:
    upward = []
    for path in PACKAGE.rglob("*.py"):
        inside = path.relative_to(PACKAGE).with_suffix("")
        module = ".".join([PACKAGE.name, *inside.parts])
        for part in imported_parts(path.read_text("utf-8"), module):
            known = (PACKAGE / part).is_dir() or (PACKAGE / f"{part}.py").is_file()
            if known and not may_import(inside.parts[0], part):
                upward.append(f"{inside} imports {part}")
    assert upward == []


@pytest.mark.parametrize("name", ["runtime", "dev", "node", "lock", "bench"])
def test_python_lock_pins_hashes_and_names_no_host(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    pins = _pins(name)
    assert pins
    assert all("--hash=sha256:" in rest for rest in pins.values())


def test_one_environment_holds_both_python_locks() -> None:
    development = {package: rest.split()[0] for package, rest in _pins("dev").items()}
    runtime = {package: rest.split()[0] for package, rest in _pins("runtime").items()}
    assert runtime.items() <= development.items()


@pytest.mark.parametrize(
    "folder", [CLIENT, PEERS, BENCHMARK_PEERS], ids=["client", "peers", "benchmarks"]
)
def test_npm_lock_pins_hashes_for_every_system_and_names_no_host(folder: Path) -> None:
    packages = json.loads((folder / "package-lock.json").read_text("utf-8"))["packages"]
    installed = {path: entry for path, entry in packages.items() if path}
    assert installed
    assert [path for path, entry in installed.items() if "resolved" in entry] == []
    assert [path for path, entry in installed.items() if "integrity" not in entry] == []
    names = {path.rpartition("node_modules/")[2] for path in installed}
    optional = {
        name for entry in packages.values() for name in entry.get("optionalDependencies", ())
    }
    assert optional <= names, "what other systems need is missing"


def test_the_program_knows_its_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == __version__


def test_readme_lists_every_setting_with_its_default() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `(TWINSPACE_[A-Z_]+)` \| (?:`([^`]*)`)? ?\|", readme, flags=re.M)
    listed = load_settings(dict(rows))
    assert listed == Settings()
    assert [name for name, _ in rows] == [f"TWINSPACE_{f.name.upper()}" for f in fields(Settings)]


def test_no_large_file_is_committed() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    assert paths
    large = [str(path) for path in paths if path.is_file() and path.stat().st_size > 512 * 1024]
    assert large == []


def _pins(name: str) -> dict[str, str]:
    """Return each package of a lock with the rest of its entry: version, marker and hashes."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    entries = re.split(r"^(?=[a-zA-Z0-9])", re.sub(r"^#.*\n", "", text, flags=re.M), flags=re.M)
    return dict(entry.split("==", 1) for entry in entries if entry.strip())
