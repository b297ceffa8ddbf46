"""Honest traffic is never refused, and what is passed on is the whole document."""

import base64
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from pycrdt import Doc, Text, XmlElement, XmlFragment

from scripts.steps import ROOT
from tests.docs import yjs
from twinspace_rt.docs.draft import MAX_MARKS_IN_ROW
from twinspace_rt.docs.update import FORMAT
from twinspace_rt.docs.validator import (
    SYNC_LIMITS,
    DocumentState,
    Kind,
    Refused,
    parse,
    schema_for,
    write_state_vector,
)

DATA = ROOT.parent / "shared" / "data"


def trace(name: str) -> dict[str, Any]:
    """Return one of the typing traces."""
    with gzip.open(DATA / f"{name}.json.gz", "rt") as file:
        content: dict[str, Any] = json.load(file)
    return content


class Gate:
    """A document's state and the log it lets through."""

    def __init__(self, kind: Kind) -> None:
        self.state = DocumentState(schema_for(kind, 1))
        self.log: list[bytes] = []
        self.outcomes: Counter[str] = Counter()

    def take(self, data: bytes, member: str) -> None:
        """Let an update in; a refusal is a failed test."""
        verdict = self.state.check(parse(data, SYNC_LIMITS), member)
        self.state.apply(verdict)
        if verdict.canonical is None:
            self.outcomes["known"] += 1
            return
        self.outcomes["whole" if verdict.canonical is data else "cut"] += 1
        self.log.append(verdict.canonical)


class Writer:
    """One person with a plain text, whose words are ASCII so that bytes count as characters."""

    def __init__(self, client_id: int) -> None:
        self.doc: Doc[Text] = Doc(client_id=client_id)
        self.text = self.doc.get("t", type=Text)
        self.updates: list[bytes] = []

    def patch(self, patches: list[tuple[int, int, str]]) -> bytes:
        """Edit, and return the update."""
        watching = self.doc.observe(lambda event: self.updates.append(bytes(event.update)))
        with self.doc.transaction():
            for position, deleted, inserted in patches:
                if deleted:
                    del self.text[position : position + deleted]
                if inserted:
                    self.text.insert(position, inserted)
        self.doc.unobserve(watching)
        return self.updates.pop()


class Txn(NamedTuple):
    """One transaction of a concurrent trace: who wrote it, and what that person saw first."""

    agent: int
    seen: set[int]
    update: bytes


def concurrent(txns: list[dict[str, Any]], writers: list[Writer]) -> Iterator[Txn]:
    """Replay a concurrent trace, bringing each writer to the state the transaction was made in."""
    updates: list[bytes] = []
    seen: list[set[int]] = [set() for _ in writers]
    for number, txn in enumerate(txns):
        agent = txn["agent"]
        missing: set[int] = set()
        queue = list(txn["parents"])
        while queue:
            parent = queue.pop()
            if parent not in seen[agent] and parent not in missing:
                missing.add(parent)
                queue += txns[parent]["parents"]
        for parent in sorted(missing):
            writers[agent].doc.apply_update(updates[parent])
        seen[agent] |= {number, *missing}
        updates.append(writers[agent].patch(txn["patches"]))
        yield Txn(agent, missing, updates[-1])


def test_two_writers_with_outages_are_let_in_whole() -> None:
    """Cut off again and again, one returns with a SyncStep2 that repeats what is known.

    The outage ends when the trace lets the other see what was written in it.
    """
    recorded = trace("friendsforever")
    gate = Gate(Kind.TEXT)
    writers = [Writer(1), Writer(4_000_000_000)]
    vectors = [b"\x00"]
    away, unsent = None, set[int]()
    for number, txn in enumerate(concurrent(recorded["txns"], writers)):
        if away is not None and txn.seen & unsent:
            gate.take(bytes(writers[away].doc.get_update(vectors[-2])), f"member {away}")
            away, unsent = None, set()
        if number % 40 == 0:
            vectors.append(write_state_vector(gate.state.state_vector()))
            if away is None:
                away = txn.agent
        if txn.agent == away:
            unsent.add(number)
        else:
            gate.take(txn.update, f"member {txn.agent}")
    for agent, writer in enumerate(writers):
        gate.take(bytes(writer.doc.get_update()), f"member {agent}")
    assert gate.outcomes["cut"] > 100
    (read,) = yjs.read_logs("t", [gate.log])
    assert read["live"] == read["joiner"]
    assert read["live"]["content"] == recorded["endContent"]
    assert gate.state.owners == {1: "member 0", 4_000_000_000: "member 1"}


def test_one_writers_long_text_is_let_in_unchanged() -> None:
    txns = trace("automerge-paper")["txns"][:60_000]
    gate = Gate(Kind.TEXT)
    writer = Writer(4_000_000_000)
    for first in range(0, len(txns), 20):
        patches = [patch for txn in txns[first : first + 20] for patch in txn["patches"]]
        gate.take(writer.patch(patches), "ann")
    gate.take(bytes(writer.doc.get_update()), "ben")
    assert gate.outcomes == {"whole": 3_000, "known": 1}
    (read,) = yjs.read_logs("t", [gate.log])
    assert read["joiner"]["content"] == str(writer.text)


@pytest.mark.parametrize("seed", range(1, 4))
def test_real_editors_are_let_in_whole(seed: int) -> None:
    *sent, end = yjs.run("tiptap_session.mjs", str(seed), "300")
    gate = Gate(Kind.RICH)
    for message in sent:
        gate.take(base64.b64decode(message["data"]), message["member"])
    assert end["same"]
    vector = {str(client): clock for client, clock in gate.state.state_vector().items()}
    assert vector == end["vector"]
    (read,) = yjs.read_logs("default", [gate.log])
    assert read["live"]["content"] == read["joiner"]["content"] == end["content"]
    assert min(gate.outcomes[kind] for kind in ("whole", "cut", "known")) > 0
    loaded = DocumentState.load(gate.state.dump(), gate.state.schema)
    assert loaded.dump() == gate.state.dump()


def test_what_an_undo_brings_back_is_let_in_however_many_marks_follow_one_another() -> None:
    *sent, end = yjs.run("marks_undone.mjs")
    gate = Gate(Kind.RICH)
    for message in sent:
        gate.take(base64.b64decode(message["data"]), message["member"])
    (undone,) = parse(base64.b64decode(sent[-1]["data"]), SYNC_LIMITS).blocks
    row = [
        s for s in undone.structs if s.kind == FORMAT and s.origin == (undone.client, s.clock - 1)
    ]
    assert len(row) > MAX_MARKS_IN_ROW, "Yjs put them behind one another"
    (read,) = yjs.read_logs("default", [gate.log])
    assert read["live"] == read["joiner"]
    assert read["live"]["content"] == end["content"]


def test_a_hole_in_a_browsers_copy_matters_only_where_it_is_a_hole_here() -> None:
    """Later words of others may be there before the earlier ones, in a browser and on a node."""
    *parts, copy = [base64.b64decode(str(line)) for line in yjs.run("hole.mjs")]
    gate = Gate(Kind.TEXT)
    gate.take(parts[0], "ann")
    with pytest.raises(Refused, match="damaged"):
        gate.take(copy, "ben")
    gate.take(parts[1], "ann")
    gate.take(parts[2], "ann")
    gate.take(copy, "ben")
    (read,) = yjs.read_logs("t", [gate.log])
    assert read["live"] == read["joiner"]
    assert read["live"]["content"] == "three two own one "


@pytest.mark.parametrize("away", [False, True], ids=["in part", "whole"])
def test_an_attribute_changed_again_and_again_is_let_in(away: bool) -> None:
    """Yjs joins the earlier values, which it keeps for the undo, into one struct."""
    made, first, whole = [base64.b64decode(str(line)) for line in yjs.run("changed_attribute.mjs")]
    assert max(s.length for s in parse(whole, SYNC_LIMITS).blocks[0].structs) == 4
    gate = Gate(Kind.RICH)
    for data in [whole] if away else [made, first, whole]:
        gate.take(data, "maja")
    assert gate.outcomes == ({"whole": 1} if away else {"whole": 2, "cut": 1})
    (read,) = yjs.read_logs("default", [gate.log])
    assert read["live"] == read["joiner"]
    assert read["live"]["content"] == '<heading level="5"></heading>'
    doc: Doc[XmlFragment] = Doc()
    for entry in gate.log:
        doc.apply_update(entry)
    (heading,) = doc.get("default", type=XmlFragment).children
    assert isinstance(heading, XmlElement)
    assert heading.attributes.get("level") == 5
