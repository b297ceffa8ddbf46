"""How often somebody may guess.

Each card: at most 20 wrong tries within any hour, from wherever they come; then it rests until the
hour is over. A teacher would be shut out like that by anybody who knows an e-mail address, so an
account has several measures: one for each browser on which its password was right before, one for
each network that it was never right on, and a generous one for all of these networks together.
Each network address: only a generous measure, because a whole school stands behind one, and beyond
it the right words still open: a class is never locked out by the pupil next door who guesses.
"""

import hashlib
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from twinspace_rt.accounts.models import wrong_try
from twinspace_rt.ids import new_id

WRONG_MAX = 20
ACCOUNT_WRONG_MAX = 100
WINDOW_MS = 3_600_000
KEPT_MS = 24 * WINDOW_MS
ADDRESS_WRONG_MAX = 1000
ADDRESSES_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Measure:
    """How many wrong tries something takes within an hour."""

    subject: str
    wrong_max: int | None = WRONG_MAX
    """None: they are only counted."""


NOBODY = (Measure("nobody", None),)
"""Of unknown cards and accounts: they cost the same work."""


def of_card(member_id: str) -> tuple[Measure, ...]:
    """Name the measure of a card."""
    return (Measure(f"card:{member_id}"),)


def of_account(account_id: str, address: str, known_browser: str | None) -> tuple[Measure, ...]:
    """Name the measures of an account.

    Args:
        account_id: Whose password is tried.
        address: Where the try comes from.
        known_browser: An earlier sign-in to this account on the browser that tries.
    """
    if known_browser is not None:
        return (Measure(f"browser:{known_browser}"),)
    # Not the address itself, which would say for a day who was where.
    source = hashlib.sha256(f"{account_id} {network_of(address)}".encode()).hexdigest()[:32]
    return (Measure(f"account:{account_id}", ACCOUNT_WRONG_MAX), Measure(f"from:{source}"))


def of_owner(account_id: str) -> tuple[Measure, ...]:
    """Name the measure of those who are signed in and prove it once more by the password."""
    return (Measure(f"owner:{account_id}"),)


def take_try(
    connection: Connection, measures: Sequence[Measure], now: int
) -> tuple[str, ...] | None:
    """Count a try before it is judged, so that tries made at once cannot pass the limit together.

    Returns:
        The try, to be given back if it turns out right; none if any of the measures is full, and
        then it counts in no other.
    """
    connection.execute(delete(wrong_try).where(wrong_try.c.at < now - KEPT_MS))
    for measure in measures:
        recent = connection.execute(
            select(func.count())
            .select_from(wrong_try)
            .where(wrong_try.c.subject == measure.subject, wrong_try.c.at > now - WINDOW_MS)
        ).scalar_one()
        if measure.wrong_max is not None and recent >= measure.wrong_max:
            return None
    taken = tuple(new_id() for _ in measures)
    connection.execute(
        insert(wrong_try),
        [
            {"id": try_id, "subject": measure.subject, "at": now}
            for try_id, measure in zip(taken, measures, strict=True)
        ],
    )
    return taken


def was_right(connection: Connection, taken: Sequence[str]) -> None:
    """Give a try back. Those that others spent stay counted."""
    connection.execute(delete(wrong_try).where(wrong_try.c.id.in_(taken)))


class Addresses:
    """Counts wrong tries by network address, on this node, in memory alone.

    Args:
        clock: Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def is_spent(self, address: str) -> bool:
        """Tell whether this network has guessed wrong too often within the hour."""
        since, count = self._counts.get(network_of(address), (0.0, 0))
        return count >= ADDRESS_WRONG_MAX and self._clock() - since < WINDOW_MS / 1000

    def note_wrong(self, address: str) -> None:
        """Count one wrong try."""
        network, now = network_of(address), self._clock()
        since, count = self._counts.pop(network, (now, 0))
        if now - since >= WINDOW_MS / 1000:
            since, count = now, 0
        self._counts[network] = (since, count + 1)
        while len(self._counts) > ADDRESSES_MAX:
            self._counts.popitem(last=False)


def network_of(address: str) -> str:
    """Name the network an address belongs to: IPv6 hosts pick theirs out of a /64 at will."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False))
