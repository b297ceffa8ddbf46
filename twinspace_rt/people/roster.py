"""Reads a pasted list of pupils: which lines make a pupil, and what is wrong with the others."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from twinspace_rt.people.messages import LINES_MAX, Problem
from twinspace_rt.plain_text import clean_line
from twinspace_rt.rooms.founding import name_key

REAL_NAME_MAX = 120
NAME_MAX = 60
# The client splits as we do, to keep the lines that have problems: they go by their numbers.
_LINE_END = re.compile("\r\n?|[\n\x0b\x0c\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that makes a pupil; without a pseudonym, one is drawn."""

    number: int
    real_name: str
    name: str


def lines_of(text: str) -> list[tuple[int, str, str]]:
    """Split a list into its lines that hold something: number, real name, pseudonym.

    Between the two stands a comma, a semicolon or, copied from a spreadsheet, a tab.
    """
    lines = []
    for number, line in enumerate(_LINE_END.split(text), 1):
        real_name, *rest = re.split(r"[,;\t]", line, maxsplit=1)
        parts = clean_line(real_name), clean_line("".join(rest))
        if any(parts):
            lines.append((number, *parts))
    return lines


def read_roster(
    text: str, *, taken: Iterable[str], known: Iterable[str]
) -> tuple[list[Line], list[Problem]]:
    """Judge each line of a list by itself, so that one bad line spoils no other.

    Args:
        taken: Name keys of all members of the room, removed ones too.
        known: Real names of the school's pupils in this room, as :func:`name_key` writes them.

    Returns:
        The pupils to make, and why the other lines make none: ``list_long``, ``name_missing``,
        ``name_long``, ``name_real`` (the whole real name as pseudonym), ``name_taken`` (in the
        room), ``name_twice`` (in the list), ``pupil_known``, ``pupil_twice``.
    """
    names, pupils = set(taken), set(known)
    here_names: set[str] = set()
    here_pupils: set[str] = set()
    good: list[Line] = []
    problems: list[Problem] = []
    for number, real_name, name in lines_of(text):
        key, real_key = name_key(name), name_key(real_name)
        if len(good) >= LINES_MAX:
            code = "list_long"
        elif not real_name:
            code = "name_missing"
        elif len(real_name) > REAL_NAME_MAX or len(name) > NAME_MAX or len(key) > 2 * NAME_MAX:
            code = "name_long"
        elif real_key in here_pupils:
            code = "pupil_twice"
        elif real_key in pupils:
            code = "pupil_known"
        elif key and key == real_key and " " in key:
            code = "name_real"
        elif key in here_names:
            code = "name_twice"
        elif key in names:
            code = "name_taken"
        else:
            good.append(Line(number, real_name, name))
            here_pupils.add(real_key)
            here_names.update({key} - {""})
            continue
        problems.append(Problem(line=number, code=code, text=(real_name or name)[:REAL_NAME_MAX]))
    return good, problems
