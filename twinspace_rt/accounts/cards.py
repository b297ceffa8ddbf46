"""Join cards: a code that finds the card, and three words that prove whose it is.

The code has 40 random bits, the words about 27 more. They leave the server once, in the reply
that a teacher prints; stored are the code and a hash of the words.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sqlalchemy import Connection, delete, insert, select

from twinspace_rt.accounts.models import card
from twinspace_rt.accounts.tokens import new_code
from twinspace_rt.plain_text import fold

WORDS = 3
LANGUAGES = ("en", "sv", "da")
# Letters that Crockford's base 32 reads as digits, since people do.
_LOOK_ALIKES = str.maketrans("OILU", "011V")


@dataclass(frozen=True, slots=True)
class Card:
    """A stored card."""

    member_id: str
    room_id: str
    words_hash: str


def new_words(language: str) -> str:
    """Draw three words a child of that language can read and type, joined by hyphens."""
    known = _word_list(language if language in LANGUAGES else "en")
    return "-".join(secrets.choice(known) for _ in range(WORDS))


def read_code(typed: str) -> str:
    """Bring a typed code to its stored form: without spaces and look-alikes, in capitals."""
    return re.sub(r"[\s-]+", "", typed).upper().translate(_LOOK_ALIKES)


def read_words(typed: str) -> str:
    """Bring typed words to the form that was hashed, whatever stands between them."""
    return "-".join(re.findall(r"\w+", fold(typed)))


def put_card(
    connection: Connection, member_id: str, room_id: str, words_hash: str, now: int
) -> str:
    """Give a pupil a new card in place of any old one; returns its code."""
    take_cards(connection, [member_id])
    code = new_code()
    connection.execute(
        insert(card).values(
            member_id=member_id, room_id=room_id, code=code, words_hash=words_hash, created_at=now
        )
    )
    return code


def take_cards(connection: Connection, member_ids: Sequence[str]) -> None:
    """Make these pupils' cards worthless."""
    connection.execute(delete(card).where(card.c.member_id.in_(member_ids)))


def find_card(connection: Connection, code: str) -> Card | None:
    """Find the card with a code in its stored form."""
    row = connection.execute(select(card).where(card.c.code == code)).one_or_none()
    return None if row is None else Card(row.member_id, row.room_id, row.words_hash)


@cache
def _word_list(language: str) -> tuple[str, ...]:
    text = files("twinspace_rt.accounts").joinpath(f"words/{language}.txt").read_text("utf-8")
    return tuple(text.split())
