"""Passwords and the words on join cards, hashed with argon2 in two threads of their own.

Two at once, however many ask: hashing must not take the processors from the rooms, nor memory
without bound. Whoever has to wait, waits in line.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from twinspace_rt.errors import InvalidCommand

T = TypeVar("T")
THREADS = 2
PASSWORD_MIN = 10
PASSWORD_MAX = 200
# OWASP's password storage cheat sheet: 19 MiB, two passes, one lane; about 20 ms.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
_nobody = _hasher.hash("a secret that nobody has")


class _Load:
    """How many wait or run, and how long one takes."""

    running = 0
    typical_s = 0.02


async def hash_secret(secret: str) -> str:
    """Hash a password, or a card's words, for storing."""
    return await _run(_hasher.hash, secret)


async def verify_secret(stored: str | None, secret: str) -> bool:
    """Tell whether ``secret`` is what was hashed. Nobody's hash (``None``) costs the same.

    While both threads are busy, a check against nobody's hash only waits as long as a real one
    would: guessing at people who are not there takes no turn from those who are.
    """
    if stored is None and _Load.running >= THREADS:
        await asyncio.sleep(_Load.typical_s * (1 + _Load.running // THREADS))
        return False
    return await _run(_matches, stored or _nobody, secret) and stored is not None


async def _run(work: Callable[..., T], *arguments: str) -> T:
    started = time.perf_counter()
    ahead = 1 + _Load.running // THREADS
    _Load.running += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work, *arguments)
    finally:
        _Load.running -= 1
        took = (time.perf_counter() - started) / ahead
        _Load.typical_s += (took - _Load.typical_s) / 8


def _matches(stored: str, secret: str) -> bool:
    try:
        return _hasher.verify(stored, secret)
    except (VerificationError, InvalidHashError):
        return False


def check_password(password: str, email: str) -> None:
    """Refuse a password that is easily guessed.

    Raises:
        InvalidCommand: Too short, made of three different characters or fewer, or made of the
            e-mail address.
    """
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise InvalidCommand(
            f"Choose a password of at least {PASSWORD_MIN} characters.",
            code="accounts.password_short",
        )
    local = email.partition("@")[0].casefold()
    folded = password.casefold()
    if len(set(folded)) <= 3 or folded == email.casefold() or folded.replace(local, "") == "":
        raise InvalidCommand(
            "This password is easy to guess. Choose another one.", code="accounts.password_weak"
        )
