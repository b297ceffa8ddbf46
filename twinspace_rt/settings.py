"""What an operator may set, read once from ``TWINSPACE_*`` environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_type_hints

from twinspace_rt.errors import BadSetting

SQLITE_INTERVAL_MS = 22.0
POSTGRESQL_INTERVAL_MS = 20.0
_KIB = 1024
_MIB = 1024 * _KIB
_LARGEST_COPY_BYTES = 10 * _MIB + 64 * _KIB
"""A whole document with what is around it in its frame: any client may send one (C5, R4)."""
RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "port": (0, 65_535),
        "trusted_proxies": (0, 100),
        "room_max_connections": (1, 100_000),
        "frame_max_bytes": (_LARGEST_COPY_BYTES, 1024 * _MIB),
        "outbox_max_bytes": (64 * _KIB, 1024 * _MIB),
        "outbox_max_age_s": (1, 3_600),
        "commit_interval_ms": (0, 10_000),
        "backlog_max_bytes": (_MIB, 1024 * 1024 * _MIB),
        "pupil_session_hours": (1, 8_760),
        "staff_session_hours": (1, 8_760),
        "metrics_port": (0, 65_535),
        "engine_step_s": (0.1, 600),
    }
)
"""The least and the most that each number may be; beyond, the server would start and not work."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, with its default; each is read from ``TWINSPACE_<NAME IN CAPITALS>``."""

    host: str = "127.0.0.1"
    """Address the server listens on."""
    port: int = 8000
    """TCP port the server listens on; 0 takes a free one."""
    data_dir: Path = Path("var")
    """Folder of the embedded database and of the operator's socket."""
    database_url: str = ""
    """``postgresql+asyncpg://user:password@host/name``; empty: a file in the data folder."""
    bus_url: str = ""
    """Redis over which nodes talk (``redis://``, ``rediss://``, ``unix://``); empty: one node."""
    public_url: str = ""
    """Address people open, such as ``https://rooms.example.org``; empty: from host and port."""
    allowed_origins: tuple[str, ...] = ()
    """More origins, comma-separated, that may open WebSockets and change things."""
    trusted_proxies: int = 0
    """How many reverse proxies stand in front and append to ``X-Forwarded-For``."""
    demo: bool = True
    """Make a demonstration project and print sign-in links when the database is empty."""
    default_time_zone: str = "Europe/Brussels"
    """Time zone given to a school when none is chosen."""
    room_max_connections: int = 600
    """Sockets one room holds on one node."""
    frame_max_bytes: int = _LARGEST_COPY_BYTES
    """Largest WebSocket frame once a connection has proved who it is."""
    outbox_max_bytes: int = 1024 * 1024
    """Bytes that may wait for one slow reader before it is closed with 4508."""
    outbox_max_age_s: float = 15.0
    """Seconds that bytes may wait for one slow reader before it is closed with 4508."""
    commit_interval_ms: float = 0.0
    """Shortest time between the starts of two group commits, in ms; 0: what suits the database."""
    backlog_max_bytes: int = 64 * 1024 * 1024
    """Bytes of uncommitted edits one node holds before it reads no more; browsers keep theirs."""
    pupil_session_hours: int = 12
    """Hours a pupil stays signed in."""
    staff_session_hours: int = 8
    """Hours a teacher, moderator or administrator stays signed in."""
    metrics_port: int = 0
    """TCP port at which Prometheus reads this process; taken: the next free one. 0: not at all."""
    metrics_host: str = "127.0.0.1"
    """Address of that port; one that other machines reach needs a token."""
    metrics_token: str = ""
    """What Prometheus sends as its bearer token; empty: this machine may read without."""
    log_format: str = "text"
    """``text``, or ``json`` for one object a line."""
    engine_step_s: float = 1.0
    """Seconds the document engine may spend on one step before it is ended and restarted."""

    @property
    def sqlite_path(self) -> Path:
        """The embedded database's file."""
        return self.data_dir / "twinspace.db"

    @property
    def commit_interval_s(self) -> float:
        """Shortest time between the starts of two group commits, in seconds; less for large ones.

        Each commit that is saved is processor time, and half an interval is waited on average: a
        file of one's own commits within a millisecond, a database server takes some of them.
        """
        suiting = POSTGRESQL_INTERVAL_MS if self.database_url else SQLITE_INTERVAL_MS
        return (self.commit_interval_ms or suiting) / 1000

    @property
    def origin(self) -> str:
        """The origin people's browsers name: scheme, host and port of the public address."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")


def load_settings(environ: Mapping[str, str] = MappingProxyType(os.environ)) -> Settings:
    """Read the settings from ``environ``.

    Raises:
        BadSetting: A variable has a value of the wrong form or out of range, or its name is unknown
            (a misspelt setting would otherwise be silently without effect).
    """
    hints = get_type_hints(Settings)
    values: dict[str, Any] = {}
    known = {f"TWINSPACE_{f.name.upper()}": f.name for f in fields(Settings)}
    for variable, text in environ.items():
        if not variable.startswith("TWINSPACE_"):
            continue
        if variable not in known:
            raise BadSetting(f"{variable} is not a setting of this server.")
        name = known[variable]
        try:
            values[name] = _read(hints[name], text)
            if name in RANGES:
                _check(values[name], *RANGES[name])
        except ValueError as error:
            raise BadSetting(f"{variable} has a value it cannot take: {error}.") from error
    return Settings(**values)


def _read(kind: Any, text: str) -> Any:
    if kind is bool:
        lowered = text.strip().lower()
        if lowered not in {"1", "0", "true", "false", "yes", "no"}:
            raise ValueError("use 1 or 0")
        return lowered in {"1", "true", "yes"}
    if kind is int:
        return int(text)
    if kind is float:
        return float(text)
    if kind is Path:
        return Path(text)
    if kind is str:
        return text
    return tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())


def _check(number: float, least: float, most: float) -> None:
    if not least <= number <= most:  # no number (nan) is neither
        raise ValueError(f"use {least} to {most}")
