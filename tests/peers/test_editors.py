"""Real Tiptap editors through the running server: nothing refused, both show the same."""

import logging

import pytest

from tests import figures
from tests.live import Live, SeededRoom
from tests.peers.drive import drive
from tests.peers.saved import false_signals, recorded
from twinspace_rt.docs.validator import Kind


@pytest.mark.parametrize(
    ("kinds", "steps", "seed"),
    [
        (("hocuspocus", "hocuspocus"), 300, 1),
        pytest.param(("hocuspocus", "y-websocket"), 300, 2, marks=pytest.mark.long),
        *[
            pytest.param(("hocuspocus", "hocuspocus"), 900, seed, marks=pytest.mark.long)
            for seed in range(3, 8)
        ],
    ],
)
async def test_two_editors_come_to_the_same(
    live: Live,
    seeded: SeededRoom,
    caplog: pytest.LogCaptureFixture,
    kinds: tuple[str, str],
    steps: int,
    seed: int,
) -> None:
    caplog.set_level(logging.INFO, "twinspace_rt.docs")
    document = seeded.documents[0]
    with recorded(live, [document]) as commits:
        run = await drive(
            "editing.mjs",
            live,
            seeded,
            timeout_s=60 + steps / 4,
            document=document,
            kinds=kinds,
            members=[0, 1],
            steps=steps,
            cutEvery=25,
            seed=seed,
        )
    assert [r for r in caplog.records if r.getMessage().startswith("refused")] == []
    first, *others = run.end["copies"]
    assert first["json"]["content"]
    for copy in others:
        assert copy["json"] == first["json"], copy["name"]
        assert copy["xml"] == first["xml"]
    for copy in run.end["copies"]:
        assert copy["refused"] == 0
        assert copy["pending"] is False
    for name, signals in run.signals.items():
        edits = run.edits.get(name, [])
        assert false_signals(Kind.RICH, commits.of[document], edits, signals) == []
    cuts = sum(copy["cuts"] for copy in run.end["copies"])
    assert cuts > 0
    figures.tell(
        f"editors {'+'.join(kinds)}: {steps} operations, {sum(map(len, run.edits.values()))} "
        f"updates, {cuts} cuts, {run.signal_count} signals, 0 false"
    )
