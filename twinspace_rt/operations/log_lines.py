"""Log lines: words for people, or one JSON object a line for whatever collects them.

Every message of this program is an event in plain words and then its values as ``key=value``, so
that the event has one name wherever it is looked for. Values are numbers, codes and identifiers
that mean nothing outside the database: never what people wrote, are called or know as a secret.
"""

import logging
import re
from datetime import UTC, datetime
from typing import Any

from twinspace_rt.errors import BadSetting
from twinspace_rt.protocol import encode

FORMATS = ("text", "json")
_TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_VALUE = re.compile(r" ([a-z_]+)=%([sd])")
_NOT_A_NAME = re.compile(r"[^a-z]+")
QUIET = ("uvicorn.error", "alembic")


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object: when, how grave, who says it, the event, its values."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line; a traceback is a value of it, as text."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        keys = _VALUE.findall(str(record.msg))
        values: Any = record.args or ()
        if record.name.startswith("twinspace_rt") and len(keys) == len(values):
            line["event"] = event_name(str(record.msg))
            for (key, form), value in zip(keys, values, strict=True):
                line[key] = int(value) if form == "d" else str(value)
        else:
            line |= {"event": "library", "message": record.getMessage()}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return encode(line).decode()


def event_name(template: str) -> str:
    """Name the event of a message: ``"loop blocked ms=%d"`` is ``loop_blocked``."""
    return _NOT_A_NAME.sub("_", _VALUE.sub("", template).lower()).strip("_")


def set_up_logging(log_format: str) -> None:
    """Log to standard error, one record a line.

    Args:
        log_format: ``text`` or ``json``.

    Raises:
        BadSetting: Neither.
    """
    if log_format not in FORMATS:
        raise BadSetting("TWINSPACE_LOG_FORMAT is either text or json.")
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if log_format == "json" else logging.Formatter(_TEXT))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for quiet in QUIET:
        logging.getLogger(quiet).setLevel(logging.WARNING)
