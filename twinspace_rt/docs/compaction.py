"""Making a document's next snapshot: when it has earned one, from what, and how it is proved."""

from collections.abc import Sequence
from dataclasses import dataclass

from twinspace_rt.docs.document import Document
from twinspace_rt.docs.engine import Engine
from twinspace_rt.docs.store import HistoryEntry, Loaded, NewSnapshot, TailEntry
from twinspace_rt.protocol import now_ms

REST_S = 20.0
REST_ENTRIES = 32
LONG_REST_S = 120.0
TAIL_MAX_ENTRIES = 512
TAIL_MIN_BYTES = 16 * 1024
HISTORY_SPAN_MS = 5_000


@dataclass(frozen=True, slots=True)
class Material:
    """All that a snapshot is made from, as it is at one moment."""

    document_id: str
    epoch: int
    base_seq: int
    upto_seq: int
    kind: str
    snapshot: bytes | None
    tail: Sequence[TailEntry]
    validator: bytes
    vector: dict[int, int]


def gather(document_id: str, loaded: Loaded) -> Material | None:
    """Take down what a snapshot is made from; ``None`` if there is nothing new for one."""
    if not loaded.tail:
        return None
    return Material(
        document_id,
        loaded.epoch,
        loaded.snapshot_seq,
        loaded.head_seq,
        loaded.kind.value,
        loaded.snapshot,
        tuple(loaded.tail),
        loaded.validator.dump(),
        loaded.validator.state_vector(),
    )


async def prove(engine: Engine, material: Material) -> NewSnapshot:
    """Make the snapshot, and history of the entries it covers.

    Raises:
        EngineError: The snapshot could not be made or does not equal the replay.
    """
    bodies = [entry.body for entry in material.tail]
    made = await engine.compact(material.snapshot, bodies, kind=material.kind)
    history = [
        HistoryEntry(
            part[0].seq,
            part[-1].seq,
            part[0].member_id,
            part[-1].at,
            await engine.merge([entry.body for entry in part]),
        )
        for part in _by_author(material.tail)
        if len(part) > 1
    ]
    return NewSnapshot(
        material.document_id,
        material.epoch,
        material.base_seq,
        material.upto_seq,
        made.snapshot,
        material.validator,
        history,
        made.text,
        made.words,
    )


def wants_snapshot(document: Document, *, idle: bool) -> bool:
    """Tell whether a document has earned a new snapshot: it has grown much, or it is at rest.

    Searching finds the words of the last snapshot, so even a small change is taken in once
    nobody has written for two minutes.
    """
    tail, snapshot = document.loaded.tail, document.loaded.snapshot or b""
    if not tail or document.loaded.state not in {"open", "suspect"}:
        return False
    rest_s = (now_ms() - tail[-1].at) / 1000
    if idle or rest_s > LONG_REST_S or (rest_s > REST_S and len(tail) >= REST_ENTRIES):
        return True
    if len(tail) < TAIL_MAX_ENTRIES:
        return False
    return sum([len(e.body) for e in tail]) >= max(TAIL_MIN_BYTES, len(snapshot) // 4)


def _by_author(tail: Sequence[TailEntry]) -> list[list[TailEntry]]:
    """Group consecutive entries of one member that lie within a few seconds."""
    parts: list[list[TailEntry]] = []
    for e in tail:
        last = parts[-1] if parts else None
        if (
            last is not None
            and last[0].member_id == e.member_id
            and e.at - last[0].at <= HISTORY_SPAN_MS
            and len(last) < TAIL_MAX_ENTRIES
        ):
            last.append(e)
        else:
            parts.append([e])
    return parts
