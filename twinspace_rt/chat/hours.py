"""When pupils may write: by hand, or by a weekly timetable in the school's time zone. No I/O.

The timetable speaks of clocks on a wall. Each slot is turned into moments for its own day, so a
lesson at 09:00 is at 09:00 in summer and in winter. A time that a change of clocks skips is taken
an hour later, one that comes twice is taken the first time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Meta, Struct

from twinspace_rt.errors import InvalidCommand

DAY_MINUTES = 24 * 60
SLOTS_MAX = 50
# A week and a day each way: every slot comes round, and one that spans now is seen whole.
_LOOK_DAYS = 8

_WEEK_MS = 7 * 24 * 3_600_000

ByHand = Literal["open", "closed"]


class Slot(Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """One weekly time in which pupils may write, on one day."""

    weekday: Annotated[int, Meta(ge=0, le=6)]
    """0 is Monday (ISO 8601)."""
    start: Annotated[int, Meta(ge=0, lt=DAY_MINUTES)]
    """Minutes since midnight by the clock on the wall."""
    end: Annotated[int, Meta(gt=0, le=DAY_MINUTES)]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the teachers of a room decided about its chat.

    What was decided by hand goes before the timetable until ``by_hand_until`` (``None``: until
    somebody decides again). Without either, the chat is closed.
    """

    by_hand: ByHand | None = None
    by_hand_until: int | None = None
    time_zone: str = ""
    slots: tuple[Slot, ...] = ()

    def is_open(self, at: int) -> bool:
        """Tell whether pupils may write at the moment ``at`` (milliseconds)."""
        if self.by_hand_holds(at):
            return self.by_hand == "open"
        return any(start <= at < end for start, end in self._openings(at))

    def changes_at(self, after: int) -> int | None:
        """Tell when this will next be different from how it is at ``after``, if ever."""
        now = self.is_open(after)
        edges: set[int] = set()
        if self.by_hand_holds(after):
            if self.by_hand_until is None:
                return None
            edges = {self.by_hand_until, *self._edges(self.by_hand_until)}
        else:
            edges = set(self._edges(after))
        return next((e for e in sorted(edges) if e > after and self.is_open(e) != now), None)

    def coming(self, at: int) -> list[tuple[int | None, int | None]]:
        """List when pupils may write in the week after ``at``: from when, and until when if ever.

        The first has no beginning if they may now.
        """
        openings: list[tuple[int | None, int | None]] = []
        moment = at
        while moment < at + _WEEK_MS:
            change = self.changes_at(moment)
            if self.is_open(moment):
                openings.append((moment if moment > at else None, change))
            if change is None:
                break
            moment = change
        return openings

    def by_hand_holds(self, at: int) -> bool:
        """Tell whether what was decided by hand is in force at the moment ``at``."""
        if self.by_hand is None:
            return False
        return self.by_hand_until is None or at < self.by_hand_until

    def _edges(self, around: int) -> Iterator[int]:
        for opening in self._openings(around):
            yield from opening

    def _openings(self, around: int) -> Sequence[tuple[int, int]]:
        if not self.slots:
            return ()
        zone = ZoneInfo(self.time_zone)
        day = datetime.fromtimestamp(around / 1000, zone).date()
        return _openings(self.slots, self.time_zone, day.toordinal())


def check_timetable(time_zone: str, slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """Return the slots in order, if they and their zone make sense.

    Raises:
        InvalidCommand: The zone is unknown, or a slot ends before it starts.
    """
    if time_zone not in available_timezones():
        raise InvalidCommand("This time zone is not known here.", code="chat.time_zone")
    if any(slot.end <= slot.start for slot in slots):
        raise InvalidCommand("A time must end after it starts.", code="chat.timetable")
    return tuple(sorted(set(slots), key=lambda s: (s.weekday, s.start, s.end)))


@lru_cache(maxsize=256)
def _openings(
    slots: tuple[Slot, ...], time_zone: str, day_number: int
) -> tuple[tuple[int, int], ...]:
    """List the openings, as moments, from a week before that day to a week after it."""
    zone = ZoneInfo(time_zone)
    openings: list[tuple[int, int]] = []
    for number in range(day_number - _LOOK_DAYS, day_number + _LOOK_DAYS + 1):
        midnight = datetime.fromordinal(number)
        for slot in slots:
            if slot.weekday == midnight.weekday():
                start = _moment(midnight + timedelta(minutes=slot.start), zone)
                end = _moment(midnight + timedelta(minutes=slot.end), zone)
                # A change of clocks can leave nothing of a slot.
                if start < end:
                    openings.append((start, end))
    return tuple(openings)


def _moment(wall: datetime, zone: ZoneInfo) -> int:
    return round(wall.replace(tzinfo=zone).timestamp() * 1000)
