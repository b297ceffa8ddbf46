"""Identifiers: opaque, random, ASCII, and never made of anything a person typed."""

import secrets
from typing import NewType

SchoolId = NewType("SchoolId", str)
AccountId = NewType("AccountId", str)
RoomId = NewType("RoomId", str)
MemberId = NewType("MemberId", str)
TeamId = NewType("TeamId", str)
StreamId = NewType("StreamId", str)
SessionId = NewType("SessionId", str)

# Crockford's base 32 without look-alikes (i, l, o, u): safe in addresses, in Hocuspocus
# document names (which must be ASCII) and when read aloud.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ID_LENGTH = 20


def new_id() -> str:
    """Make an identifier of 100 random bits, as 20 characters of ``ALPHABET``."""
    bits = secrets.randbits(5 * ID_LENGTH)
    return "".join(ALPHABET[(bits >> (5 * i)) & 31] for i in range(ID_LENGTH))


def is_id(text: str) -> bool:
    """Tell whether ``text`` has the form of an identifier (not whether it names anything)."""
    return len(text) == ID_LENGTH and all(c in ALPHABET for c in text)
