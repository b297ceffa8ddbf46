"""Opening and closing the chat for pupils: what teachers decide, and what follows from it."""

from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, insert, select, update

from twinspace_rt.chat.channels import STAFF_ROOM, access_channel
from twinspace_rt.chat.hours import Rules, Slot, check_timetable
from twinspace_rt.chat.messages import (
    CloseChat,
    Hours,
    HoursChanged,
    OpenChat,
    Opening,
    SetTimetable,
)
from twinspace_rt.chat.models import hours
from twinspace_rt.errors import Forbidden, InvalidCommand
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.access import ROOM, Principal
from twinspace_rt.rooms.feature import Act

_slots_decoder = msgspec.json.Decoder(tuple[Slot, ...])
# Asked for by everyone who comes. Made once: to make a statement takes longer than to ask it.
_HOURS = select(hours).where(hours.c.room_id == bindparam("room_id"))


def read_rules(connection: Connection, room_id: str) -> Rules:
    """Read what the teachers decided about when pupils may write."""
    row = connection.execute(_HOURS, {"room_id": room_id}).one_or_none()
    return Rules() if row is None else rules_of(row)


def rules_of(row: Row[Any]) -> Rules:
    """Make the rules from the row that holds them."""
    return Rules(
        by_hand=row.by_hand,
        by_hand_until=row.by_hand_until,
        time_zone=row.time_zone,
        slots=_slots_decoder.decode(row.timetable),
    )


def hours_at(rules: Rules, at: int) -> Hours:
    """Say what the rules mean at the moment ``at``."""
    by_hand = rules.by_hand_holds(at)
    return Hours(
        open=rules.is_open(at),
        changes_at=rules.changes_at(at),
        by_hand=rules.by_hand if by_hand else None,
        by_hand_until=rules.by_hand_until if by_hand else None,
        time_zone=rules.time_zone,
        slots=list(rules.slots),
        openings=[Opening(start=start, end=end) for start, end in rules.coming(at)],
    )


def require_open(connection: Connection, principal: Principal, channel_id: str, at: int) -> None:
    """Make sure that a person may write in a channel at the moment ``at``; teachers always may.

    Raises:
        Forbidden: A pupil, while the chat is closed.
    """
    if not principal.is_pupil or channel_id == STAFF_ROOM:
        return
    if not read_rules(connection, principal.room_id).is_open(at):
        raise Forbidden(
            "The chat is closed now. You can read it, and write when it opens again.",
            code="chat.closed",
        )


def access_writable(connection: Connection, principal: Principal, channel_id: str) -> str:
    """Return the audience of a channel in which a person may write now.

    Raises:
        NotFound: There is no such channel, or not for this person.
        Forbidden: A pupil, while the chat is closed.
    """
    audience = access_channel(connection, principal, channel_id)
    require_open(connection, principal, channel_id, now_ms())
    return audience


def do_open(act: Act, command: OpenChat) -> None:
    """Let pupils write, until then or until further notice.

    Raises:
        InvalidCommand: That moment is past.
    """
    rules = read_rules(act.connection, act.principal.room_id)
    _decide(act, replace(rules, by_hand="open", by_hand_until=command.until))


def do_close(act: Act, command: CloseChat) -> None:
    """Let pupils only read, until then or until further notice.

    Raises:
        InvalidCommand: That moment is past.
    """
    rules = read_rules(act.connection, act.principal.room_id)
    _decide(act, replace(rules, by_hand="closed", by_hand_until=command.until))


def do_set_timetable(act: Act, command: SetTimetable) -> None:
    """Let a weekly timetable decide from now on.

    Raises:
        InvalidCommand: The time zone is unknown, or a slot ends before it starts.
    """
    slots = check_timetable(command.time_zone, command.slots)
    _decide(act, Rules(time_zone=command.time_zone, slots=slots))


def _decide(act: Act, rules: Rules) -> None:
    if rules.by_hand_until is not None and rules.by_hand_until <= act.now:
        raise InvalidCommand("Choose a time that is still to come.", code="chat.until")
    values: dict[str, Any] = {
        "by_hand": rules.by_hand,
        "by_hand_until": rules.by_hand_until,
        "time_zone": rules.time_zone,
        "timetable": msgspec.json.encode(rules.slots).decode(),
    }
    room_id = act.principal.room_id
    changed = act.connection.execute(update(hours).where(hours.c.room_id == room_id).values(values))
    if changed.rowcount == 0:
        act.connection.execute(insert(hours).values(room_id=room_id, **values))
    act.emit(HoursChanged(hours=hours_at(rules, act.now)), ROOM)
