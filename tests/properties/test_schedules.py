"""Random schedules of edits, drops, returns, compactions and evictions: all equal, nothing lost."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.live import PEOPLE, Live, SeededRoom, seed_room, serve_here
from tests.peers.raw import eventually
from tests.peers.saved import Held
from tests.peers.test_traces import stored, text_in_database
from tests.properties.schedule import Desk, Doing, Schedule
from twinspace_rt.docs import tending
from twinspace_rt.docs.validator import Kind
from twinspace_rt.rooms.access import WRITERS

SEED = os.environ.get("SCHEDULE_SEED")  # of a schedule that failed, to see it again
SEEDS = [int(SEED)] if SEED else [1, 3]


class Checked(Schedule):
    """Checks at every "all saved" that it is true; the server in this process is looked into."""

    def __init__(self, live: Live, seeded: SeededRoom, seed: int) -> None:
        super().__init__(seeded, [Kind.TEXT], seed)
        assert live.node is not None
        self.live, self.node = live, live.node
        [self.document] = seeded.documents
        self.false_signals = 0
        for person in seeded.people.values():
            self.sit_down(person, self.document)

    def server(self) -> Live:
        """Return the only one."""
        return self.live

    def often(self) -> Sequence[Doing]:
        """List compactions and evictions as well."""
        return [*super().often(), self.compact, self.compact, self.evict]

    def saved(self, desk: Desk) -> None:
        """Check that all that was written is stored."""
        held = Held(Kind.TEXT)
        snapshot, entries = stored(self.live.settings.sqlite_path, self.document)
        held.take([*filter(None, [snapshot]), *entries])
        if not held.holds(desk.provider.pen.lacking(b"\0")):
            self.false_signals += 1

    async def compact(self, desk: Desk) -> None:
        """Replace the log by a snapshot, whoever is writing."""
        document = await self.node.library.open(self.document)
        assert document is not None
        self.done["compact"] += await self.node.tending.compact(document)

    async def evict(self, desk: Desk) -> None:
        """Have everybody gone until the server has let go of the document."""
        self.done["evict"] += bool(self.node.tending.documents)
        await self.close()
        await eventually(lambda: not self.node.tending.documents)


@pytest.mark.parametrize(
    ("seed", "steps"),
    [
        *((seed, 200) for seed in SEEDS),
        *(pytest.param(seed, 600, marks=pytest.mark.long) for seed in range(100, 140)),
    ],
)
async def test_all_end_equal_and_nothing_saved_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, steps: int
) -> None:
    monkeypatch.setattr(tending, "IDLE_S", 0.2)
    people = {name: (role, at) for name, (role, at) in PEOPLE.items() if role in WRITERS}
    async with serve_here(tmp_path / "data") as live:
        assert live.node is not None
        seeded = await live.node.database.write(
            lambda db: seed_room(db, people=people, documents=["text"])
        )
        schedule = Checked(live, seeded, seed)
        try:
            print(f"\nschedule of seed {seed} (SCHEDULE_SEED={seed} repeats it)")
            await schedule.play(steps)
            texts = await schedule.finish()
        finally:
            await schedule.close()
        assert [desk.provider.refused for desk in schedule.desks] == [None] * len(people)
        assert schedule.false_signals == 0
        assert {schedule.document: await text_in_database(live, schedule.document)} == texts
    signals = sum(desk.provider.signals for desk in schedule.desks)
    print(f"{dict(schedule.done)}, {signals} signals, 0 false")
