"""Plain text that people write: cleaned for storing, folded for searching. No I/O."""

import re
import unicodedata

# Embeddings, overrides and isolates turn the order of letters that follow, beyond the text's own
# end (the "trojan source" trick). The single marks U+200E, U+200F and U+061C stay: right-to-left
# writers need them, and they reach no further than themselves.
_BIDI_CONTROLS = "\u202a-\u202e\u2066-\u2069"
# Invisible, and of use only for slipping words past a reader's eye or a search. The zero-width
# joiners stay: emoji, Persian and several Indian scripts are written with them.
_INVISIBLE = "\u00ad\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb"
_UNWANTED = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDI_CONTROLS}{_INVISIBLE}\ud800-\udfff]")
_LINE_END = re.compile("\r\n?|\x0b|\x0c|\x85|\u2028|\u2029")
_SPACE_AT_LINE_END = re.compile(r"[ \t]+(?=\n|\Z)")
_EMPTY_LINES = re.compile(r"\n{4,}")
# Hebrew and Vietnamese need three on one letter; a tower of them covers other people's lines.
MARKS_MAX = 4


def clean_text(text: str) -> str:
    """Make what somebody wrote safe to store and to show: line breaks stay, tricks go.

    Control characters, bidirectional overrides and invisible characters are taken out, letters
    are composed (NFC), at most ``MARKS_MAX`` combining marks stay on one letter, at most two
    empty lines stand together, and space at the ends goes. The result may be empty. Markup is
    left as it is: it means nothing, for the text is shown as text.
    """
    text = _LINE_END.sub("\n", text)
    text = unicodedata.normalize("NFC", _UNWANTED.sub("", text))
    text = _SPACE_AT_LINE_END.sub("", _cap_marks(text))
    text = _EMPTY_LINES.sub("\n\n\n", text).strip()
    return "" if _shows_nothing(text) else text


def clean_line(text: str) -> str:
    """Clean ``text`` as :func:`clean_text` does, and put it on one line with single spaces."""
    return " ".join(clean_text(text).split())


def fold(text: str) -> str:
    """Bring text to the form in which searching compares: without case, composed, single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFC", folded).split())


def like_pattern(word: str) -> str:
    """Write the ``LIKE`` pattern, escaped with a backslash, of texts that hold ``word``."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _cap_marks(text: str) -> str:
    if text.isascii():
        return text
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char) in {"Mn", "Me"} else 0
        if marks <= MARKS_MAX:
            kept.append(char)
    return "".join(kept)


def _shows_nothing(text: str) -> bool:
    # Joiners, marks and spaces alone would be a message without anything to see or to report.
    return all(unicodedata.category(c) in {"Cf", "Mn", "Me", "Zs", "Cc", "Cn"} for c in text)
