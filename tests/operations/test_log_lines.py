"""Log lines have one form in the whole program, and can be read by a machine."""

import ast
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.live import REPOSITORY, free_port, start_process, stop_process
from twinspace_rt.errors import BadSetting
from twinspace_rt.operations.log_lines import JsonLines, event_name, set_up_logging

FORM = re.compile(r"[a-z][a-z', -]*[a-z]( [a-z_]+=%[sd])*")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def templates() -> Iterator[tuple[str, str]]:
    """Find every message that the program can log, and where."""
    for path in (REPOSITORY / "twinspace_rt").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in LEVELS
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "log"
            ):
                first = node.args[0]
                assert isinstance(first, ast.Constant), f"{path}:{node.lineno} is put together"
                yield f"{path.name}:{node.lineno}", str(first.value)


def test_every_message_is_an_event_and_its_values() -> None:
    found = dict(templates())
    assert len(found) > 20
    assert {place: one for place, one in found.items() if not FORM.fullmatch(one)} == {}


def record(message: str, *values: object, name: str = "twinspace_rt.rooms") -> logging.LogRecord:
    """Make what a logger hands to its formatter."""
    return logging.LogRecord(name, logging.INFO, __file__, 1, message, values, None)


def test_a_line_is_one_object_with_values_of_their_own_kind() -> None:
    line = JsonLines().format(record("loop blocked ms=%d place=%s", 154.7, "docs/draft.py:80\n"))
    read = json.loads(line)
    assert "\n" not in line
    assert datetime.fromisoformat(read.pop("at")).tzinfo is not None
    assert read == {
        "level": "info",
        "logger": "twinspace_rt.rooms",
        "event": "loop_blocked",
        "ms": 154,
        "place": "docs/draft.py:80\n",
    }


def test_what_a_library_says_is_kept_as_it_is() -> None:
    read = json.loads(JsonLines().format(record("50%% of %s", "it", name="uvicorn.error")))
    assert read["event"] == "library"
    assert read["message"] == "50% of it"


def test_an_exception_stays_in_its_line() -> None:
    try:
        raise ZeroDivisionError("by nothing")
    except ZeroDivisionError:
        failed = record("commit failed")
        failed.exc_info = sys.exc_info()
    line = JsonLines().format(failed)
    assert "\n" not in line
    assert "ZeroDivisionError: by nothing" in json.loads(line)["traceback"]


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("close connection=%d code=%d", "close"),
        ("an operator's request failed", "an_operator_s_request_failed"),
    ],
)
def test_an_event_has_one_name(template: str, name: str) -> None:
    assert event_name(template) == name


def test_another_format_is_refused() -> None:
    with pytest.raises(BadSetting, match="TWINSPACE_LOG_FORMAT"):
        set_up_logging("xml")


def test_a_server_logs_objects_when_told_to(tmp_path: Path) -> None:
    live = start_process(
        tmp_path, free_port(), TWINSPACE_LOG_FORMAT="json", TWINSPACE_METRICS_PORT=str(free_port())
    )
    stop_process(live)
    assert live.log is not None
    lines = [json.loads(one) for one in live.log.read_text().splitlines() if one.startswith("{")]
    assert "metrics" in {one["event"] for one in lines}


def test_a_server_that_cannot_log_so_says_why(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "twinspace_rt", "serve"],
        cwd=REPOSITORY,
        env={**os.environ, "TWINSPACE_DATA_DIR": str(tmp_path), "TWINSPACE_LOG_FORMAT": "xml"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.strip() == "twinspace-rt: TWINSPACE_LOG_FORMAT is either text or json."
