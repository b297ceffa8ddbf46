"""Secrets that are carried about: made here, stored only as their SHA-256."""

import hashlib
import secrets

from twinspace_rt.ids import ALPHABET

TOKEN_LENGTH = 43


def new_token() -> str:
    """Make a secret of 256 random bits, as 43 characters safe in cookies and addresses."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """Turn a token into what is stored and looked up.

    Looking up by hash takes the place of a comparison in constant time: what can be learnt from
    timing is the hash, which leads to no token.
    """
    return hashlib.sha256(token.encode()).digest()


def new_code(length: int = 8) -> str:
    """Make a code for people to type: ``length`` capitals and digits, five bits each."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length)).upper()
