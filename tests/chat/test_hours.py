"""When pupils may write: by hand, by timetable, and through changes of the clock."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from twinspace_rt.chat.hours import ByHand, Rules, Slot, check_timetable
from twinspace_rt.errors import InvalidCommand

STOCKHOLM = "Europe/Stockholm"
ATHENS = "Europe/Athens"
MINUTE = 60_000


def wall(text: str, zone: str = STOCKHOLM) -> int:
    """Turn a time on a wall clock into milliseconds."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def slot(weekday: int, start: str, end: str) -> Slot:
    def minutes(text: str) -> int:
        hour, minute = text.split(":")
        return int(hour) * 60 + int(minute)

    return Slot(weekday=weekday, start=minutes(start), end=minutes(end))


MONDAY_LESSON = Rules(time_zone=STOCKHOLM, slots=(slot(0, "09:00", "10:00"),))


def test_without_any_decision_the_chat_is_closed_for_good() -> None:
    assert not Rules().is_open(wall("2026-03-02T09:30"))
    assert Rules().changes_at(wall("2026-03-02T09:30")) is None


@pytest.mark.parametrize(
    ("at", "open_then", "change"),
    [
        ("2026-03-02T08:59:59.999", False, "2026-03-02T09:00"),
        ("2026-03-02T09:00", True, "2026-03-02T10:00"),
        ("2026-03-02T09:59:59.999", True, "2026-03-02T10:00"),
        ("2026-03-02T10:00", False, "2026-03-09T09:00"),
        ("2026-03-08T23:59", False, "2026-03-09T09:00"),
    ],
)
def test_a_slot_opens_and_closes_to_the_moment(at: str, open_then: bool, change: str) -> None:
    assert MONDAY_LESSON.is_open(wall(at)) is open_then
    assert MONDAY_LESSON.changes_at(wall(at)) == wall(change)


def test_the_lesson_keeps_its_hour_when_the_clocks_change() -> None:
    before = MONDAY_LESSON.changes_at(wall("2026-03-23T12:00"))  # clocks change on 29 March
    after = MONDAY_LESSON.changes_at(wall("2026-03-30T12:00"))
    assert before == wall("2026-03-30T09:00") == wall("2026-03-30T10:00", ATHENS)
    assert after is not None
    assert after - before == 7 * 24 * 60 * MINUTE
    winter = MONDAY_LESSON.changes_at(wall("2026-03-17T12:00"))
    assert winter is not None
    assert before - winter == (7 * 24 - 1) * 60 * MINUTE


def test_a_skipped_hour_comes_an_hour_later_and_a_doubled_one_is_taken_once() -> None:
    night = Rules(time_zone=STOCKHOLM, slots=(slot(6, "02:30", "03:45"),))
    spring = night.changes_at(wall("2026-03-28T12:00"))
    assert spring == wall("2026-03-29T03:30")
    assert night.changes_at(spring) == wall("2026-03-29T03:45")
    autumn = night.changes_at(wall("2026-10-24T12:00"))
    assert autumn == wall("2026-10-25T02:30")
    closing = night.changes_at(autumn)
    assert closing is not None
    assert closing - autumn == (60 + 75) * MINUTE  # the hour from two to three comes twice


def test_a_slot_that_the_change_of_clocks_swallows_never_opens() -> None:
    swallowed = Rules(time_zone=STOCKHOLM, slots=(slot(6, "02:45", "03:15"),))
    assert swallowed.changes_at(wall("2026-03-28T12:00")) == wall("2026-04-05T02:45")


def test_slots_that_touch_or_overlap_are_one_opening() -> None:
    rules = Rules(
        time_zone=STOCKHOLM,
        slots=(slot(0, "09:00", "10:00"), slot(0, "09:30", "11:00"), slot(0, "11:00", "12:00")),
    )
    assert rules.changes_at(wall("2026-03-02T09:15")) == wall("2026-03-02T12:00")


def test_a_slot_may_end_at_midnight_and_go_on_in_the_next_day() -> None:
    rules = Rules(time_zone=STOCKHOLM, slots=(slot(6, "22:00", "24:00"), slot(0, "00:00", "01:00")))
    assert rules.changes_at(wall("2026-03-01T23:00")) == wall("2026-03-02T01:00")


@pytest.mark.parametrize(("by_hand", "open_then"), [("open", True), ("closed", False)])
def test_by_hand_goes_before_the_timetable_until_further_notice(
    by_hand: ByHand, open_then: bool
) -> None:
    rules = Rules(by_hand=by_hand, time_zone=STOCKHOLM, slots=MONDAY_LESSON.slots)
    for at in ("2026-03-02T09:30", "2026-03-02T12:00"):
        assert rules.is_open(wall(at)) is open_then
        assert rules.changes_at(wall(at)) is None


def test_by_hand_until_a_moment_gives_way_to_the_timetable() -> None:
    until = wall("2026-03-02T09:30")
    rules = Rules(by_hand="open", by_hand_until=until, time_zone=STOCKHOLM)
    assert rules.is_open(until - 1)
    assert rules.changes_at(until - 1) == until
    assert not rules.is_open(until)
    # The lesson takes over at that very moment: nothing changes for the pupils until its end.
    lesson = Rules(
        by_hand="open", by_hand_until=until, time_zone=STOCKHOLM, slots=MONDAY_LESSON.slots
    )
    assert lesson.changes_at(until - 1) == wall("2026-03-02T10:00")
    closed = Rules(
        by_hand="closed", by_hand_until=until, time_zone=STOCKHOLM, slots=MONDAY_LESSON.slots
    )
    assert closed.changes_at(until - 1) == until


def test_the_openings_of_the_coming_week_are_listed() -> None:
    lesson, next_lesson = wall("2026-03-02T09:00"), wall("2026-03-09T09:00")
    hour = 60 * MINUTE
    noon = MONDAY_LESSON.coming(wall("2026-03-02T12:00"))
    assert noon == [(next_lesson, next_lesson + hour)]
    half_past = lesson + hour // 2
    during = MONDAY_LESSON.coming(half_past)
    assert during == [(None, lesson + hour), (next_lesson, next_lesson + hour)]
    assert Rules().coming(lesson) == []
    assert Rules(by_hand="open").coming(lesson) == [(None, None)]
    closed_today = Rules(
        by_hand="closed",
        by_hand_until=lesson + 2 * hour,
        time_zone=STOCKHOLM,
        slots=MONDAY_LESSON.slots,
    )
    assert closed_today.coming(lesson - hour) == []
    assert closed_today.coming(lesson) == []


def test_a_timetable_is_put_in_order_and_checked() -> None:
    late, early = slot(4, "13:00", "14:00"), slot(1, "08:00", "09:00")
    assert check_timetable(STOCKHOLM, [late, early, late]) == (early, late)
    with pytest.raises(InvalidCommand) as backwards:
        check_timetable(STOCKHOLM, [slot(1, "09:00", "08:00")])
    assert backwards.value.code == "chat.timetable"
    with pytest.raises(InvalidCommand) as unknown:
        check_timetable("Europe/Atlantis", [early])
    assert unknown.value.code == "chat.time_zone"
