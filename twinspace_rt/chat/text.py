"""What a message's text may be, whom it mentions, and how it begins. No I/O."""

import re

from twinspace_rt.chat.messages import EXCERPT_MAX, MENTIONS_MAX
from twinspace_rt.errors import InvalidCommand
from twinspace_rt.plain_text import clean_text, fold

# A mention holds the identifier, so that it follows its person through a change of name.
_MENTION = re.compile("<@([0-9a-hjkmnp-tv-z]{20})>")
_CUT_MENTION = re.compile("<@?[0-9a-hjkmnp-tv-z]*$")


def checked_text(text: str) -> str:
    """Clean a message's text.

    Raises:
        InvalidCommand: Nothing is left of it, or it mentions more than ``MENTIONS_MAX`` people.
    """
    text = clean_text(text)
    if not text:
        raise InvalidCommand("Write something first.", code="chat.empty")
    if len(mentioned(text)) > MENTIONS_MAX:
        raise InvalidCommand(
            f"One message can mention at most {MENTIONS_MAX} people.", code="chat.many_mentions"
        )
    return text


def mentioned(text: str) -> set[str]:
    """Read the identifiers of those whom a text mentions."""
    return set(_MENTION.findall(text))


def search_form(text: str) -> str:
    """Fold a text for searching, without the identifiers in its mentions."""
    return fold(_MENTION.sub(" ", text))


def excerpt(text: str) -> str:
    """Take the beginning of a text, on one line and without half a mention at its end."""
    line = " ".join(text.split())
    if len(line) <= EXCERPT_MAX:
        return line
    return _CUT_MENTION.sub("", line[: EXCERPT_MAX - 1]).rstrip() + "…"
