"""How often somebody may guess.

Each card and each account: at most 20 wrong tries within any hour, from wherever they come; then
it rests until the hour is over. Each network address: only a generous measure, because a whole
school stands behind one, and beyond it the right words still open: a class is never locked out by
the pupil next door who guesses.
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

from sqlalchemy import Connection, delete, func, insert, select

from twinspace_rt.accounts.models import wrong_try
from twinspace_rt.ids import new_id

WRONG_MAX = 20
WINDOW_MS = 3_600_000
KEPT_MS = 24 * WINDOW_MS
ADDRESS_WRONG_MAX = 1000
ADDRESSES_MAX = 20_000
NOBODY = "nobody"


def take_try(connection: Connection, subject: str, now: int) -> str | None:
    """Count a try before it is judged, so that tries made at once cannot pass the limit together.

    Args:
        subject: The card or account, or ``NOBODY``: unknown ones cost the same work.

    Returns:
        The try, to be given back if it turns out right; none if the subject rests.
    """
    connection.execute(delete(wrong_try).where(wrong_try.c.at < now - KEPT_MS))
    recent = connection.execute(
        select(func.count())
        .select_from(wrong_try)
        .where(wrong_try.c.subject == subject, wrong_try.c.at > now - WINDOW_MS)
    ).scalar_one()
    if recent >= WRONG_MAX and subject != NOBODY:
        return None
    try_id = new_id()
    connection.execute(insert(wrong_try).values(id=try_id, subject=subject, at=now))
    return try_id


def was_right(connection: Connection, try_id: str) -> None:
    """Give a try back. Those that others spent stay counted."""
    connection.execute(delete(wrong_try).where(wrong_try.c.id == try_id))


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
