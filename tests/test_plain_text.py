"""What people write: what stays, what goes, and what a search finds."""

import pytest

from twinspace_rt.plain_text import MARKS_MAX, clean_line, clean_text, fold, like_pattern


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("  Hej!  \r\nVi ses.  ", "Hej!\nVi ses."),
        ("a\x00b\x07c\x1bd", "abcd"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("\u2067abc\u2069", "abc"),
        ("sti\u200blle", "stille"),
        ("e\u0301te\u0301", "\u00e9t\u00e9"),
        ("a\n\n\n\n\n\nb", "a\n\n\nb"),
        ("one\u2028two", "one\ntwo"),
        ("<b>&amp;</b>", "<b>&amp;</b>"),
        (
            "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd \u200f!",
            "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd \u200f!",
        ),
        ("\U0001f469\u200d\U0001f3eb \u2764\ufe0f", "\U0001f469\u200d\U0001f3eb \u2764\ufe0f"),
        ("tab\tstays", "tab\tstays"),
        (" \u200d \u0301 ", ""),
        ("\ud83d", ""),
    ],
)
def test_clean_text_keeps_words_and_takes_out_tricks(written: str, stored: str) -> None:
    assert clean_text(written) == stored
    assert clean_text(stored) == stored


def test_a_tower_of_marks_is_cut() -> None:
    assert clean_text("q" + "\u0335" * 60 + "r") == "q" + "\u0335" * MARKS_MAX + "r"


def test_clean_line_has_no_line_breaks() -> None:
    assert clean_line(" a \n\n b\tc ") == "a b c"


def test_fold_ignores_case_and_form() -> None:
    assert fold("STRA\u00dfE \uff21  x") == fold("strasse a X")
    assert fold("\u0391\u03a3") == fold("\u03b1\u03c2")


def test_like_pattern_takes_wildcards_literally() -> None:
    assert like_pattern("50%_\\") == "%50\\%\\_\\\\%"
