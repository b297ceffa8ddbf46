"""What a pasted list of pupils makes, line by line."""

import pytest

from twinspace_rt.people.messages import LINES_MAX
from twinspace_rt.people.roster import read_roster

TAKEN = {"owl 1", "maja"}
KNOWN = {"nils holgersson"}


@pytest.mark.parametrize(
    ("line", "pupil"),
    [
        ("Pippi Lång", ("Pippi Lång", "")),
        ("Pippi Lång, Comet", ("Pippi Lång", "Comet")),
        ("Pippi Lång;Comet", ("Pippi Lång", "Comet")),
        ("Pippi Lång\tComet", ("Pippi Lång", "Comet")),
        ("  Pippi   Lång ,  Comet  ", ("Pippi Lång", "Comet")),
        ("Pippi, Comet, the third", ("Pippi", "Comet, the third")),
        ("Pippi, pippi", ("Pippi", "pippi")),
        ("Pi\u202eppi\x00, Comet", ("Pippi", "Comet")),
    ],
)
def test_a_good_line_makes_a_pupil(line: str, pupil: tuple[str, str]) -> None:
    lines, problems = read_roster(line, taken=TAKEN, known=KNOWN)
    assert [(made.real_name, made.name) for made in lines] == [pupil]
    assert problems == []


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (", Comet", "name_missing"),
        ("x" * 121, "name_long"),
        ("Pippi, " + "x" * 61, "name_long"),
        ("Pippi, " + "\ufdfa" * 60, "name_long"),
        ("Pippi, MAJA", "name_taken"),
        ("Pippi,  Owl  1", "name_taken"),
        ("NILS Holgersson", "pupil_known"),
        ("Pippi Lång, pippi  lång", "name_real"),
    ],
)
def test_a_bad_line_says_why_and_spoils_no_other(line: str, code: str) -> None:
    lines, problems = read_roster(f"Ada\n\n{line}\nBo", taken=TAKEN, known=KNOWN)
    assert [made.real_name for made in lines] == ["Ada", "Bo"]
    assert [(problem.line, problem.code) for problem in problems] == [(3, code)]


def test_lines_are_counted_as_the_client_counts_them() -> None:
    text = "Ada\r\nBo\rCy\x0bDi\x0cEd\x85Fay\u2028Gus\u2029Hal\x1cx\nada\n"
    lines, problems = read_roster(text, taken=(), known=())
    assert [made.real_name for made in lines] == [
        "Ada",
        "Bo",
        "Cy",
        "Di",
        "Ed",
        "Fay",
        "Gus",
        "Halx",
    ]
    assert [(problem.line, problem.code) for problem in problems] == [(9, "pupil_twice")]


def test_repeats_within_the_list_are_told_apart_from_earlier_ones() -> None:
    lines, problems = read_roster("Ada, Comet\nada\nBo, comet\nCy, Nova", taken=TAKEN, known=KNOWN)
    assert [made.name for made in lines] == ["Comet", "Nova"]
    assert [(p.line, p.code) for p in problems] == [(2, "pupil_twice"), (3, "name_twice")]


def test_a_list_has_an_end() -> None:
    text = "\n".join(f"Pupil {n}" for n in range(LINES_MAX + 2))
    lines, problems = read_roster(text, taken=(), known=())
    assert len(lines) == LINES_MAX
    assert [p.code for p in problems] == ["list_long"] * 2
