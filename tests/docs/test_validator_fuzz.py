"""Hostile bytes: nothing but a refusal comes of them, and what is taken, Yjs agrees on."""

import random
import re
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.docs import yjs
from tests.docs.forge import (
    blocks,
    element,
    gone,
    hollow,
    mark,
    text,
    update,
    values,
    xml_text,
)
from twinspace_rt.docs.update import Id
from twinspace_rt.docs.validator import (
    SYNC_LIMITS,
    DocumentState,
    Kind,
    Refused,
    parse,
    read_state_vector,
    schema_for,
)

WRITTEN = update(
    1,
    0,
    element("paragraph", parent="default"),
    xml_text(parent=(1, 0)),
    mark("link", '{"href": "https://example.org"}', parent=(1, 1)),
    text("Grüße 🦋 x", origin=(1, 2)),
    element("heading", origin=(1, 0)),
    values(2, parent=(1, 13), key="level"),
    gone(300),
    deletes={1: [(4, 6), (8, 9)]},
)
MORE = blocks(
    (3, 0, [text("b", origin=(2, 0)), hollow(2, origin=(3, 0))]),
    (2, 0, [text("a🦋", origin=(1, 4), right=(1, 5)), xml_text(parent=(1, 13))]),
    deletes={1: [(0, 3)], 2: [(0, 1)]},
)


def written() -> DocumentState:
    """Return a document that a member has written in."""
    state = DocumentState(schema_for(Kind.RICH, 1))
    state.apply(state.check(parse(WRITTEN, SYNC_LIMITS), "ann"))
    return state


def judge(state: DocumentState, data: bytes, member: str = "ben") -> str:
    """Check an update and apply it if it is taken; return its code if it is refused."""
    before = state.dump()
    code, verdict = "", None
    try:
        verdict = state.check(parse(data, SYNC_LIMITS), member)
    except Refused as refused:
        code = refused.code
    assert state.dump() == before
    if verdict is None:
        return code
    state.apply(verdict)
    if verdict.canonical is None:
        assert state.dump() == before
    else:
        again = state.check(parse(verdict.canonical, SYNC_LIMITS), member)
        assert again.canonical is None
    assert state.size >= 0
    return code


def mutations(data: bytes, source: random.Random) -> Iterator[bytes]:
    """Change a few bytes, drop some, double some, cut the end off."""
    for _ in range(1_500):
        changed = bytearray(data)
        for _ in range(source.choice([1, 1, 1, 2, 3, 8])):
            at = source.randrange(len(changed))
            match source.randrange(5):
                case 0:
                    changed[at] = source.randrange(256)
                case 1:
                    changed[at] ^= 1 << source.randrange(8)
                case 2:
                    del changed[at : at + source.randrange(1, 5)]
                case 3:
                    changed[at:at] = changed[at : at + source.randrange(1, 30)]
                case 4:
                    del changed[at + 1 :]
            if not changed:
                break
        yield bytes(changed)


def test_what_is_mutated_is_taken() -> None:
    state = written()
    assert judge(state, MORE) == ""
    assert judge(state, WRITTEN) == ""


@given(st.binary(max_size=80))
@example(b"")
def test_random_bytes_are_refused_or_taken(data: bytes) -> None:
    judge(written(), data)
    judge(written(), b"\x01\x01\x02\x00" + data)
    judge(written(), b"\x00\x01\x01" + data)
    with suppress(Refused):
        read_state_vector(data, SYNC_LIMITS)


@pytest.mark.parametrize("seed", range(4))
def test_mutated_updates_are_refused_or_taken(seed: int) -> None:
    source = random.Random(seed)
    state = written()
    judge(state, MORE)
    outcomes = {judge(state, data, "ann") for data in mutations(WRITTEN, source)}
    outcomes |= {judge(state, data) for data in mutations(MORE, source)}
    outcomes |= {judge(written(), data) for data in mutations(MORE, source)}
    assert len(outcomes) > 15, f"seed {seed} finds too little"


_NODES = ("paragraph", "heading", "bulletList", "listItem", "codeBlock", "table", "script")
_WORDS = ("a", "bc", "é🦋x", "hello")
_ROOT_SHARE = 0.2


class Forger:
    """Writes updates about a document at random: mostly near what it holds, now and then not."""

    def __init__(self, seed: int, state: DocumentState) -> None:
        self.random = random.Random(seed)
        self.state = state

    def update(self) -> bytes:
        """Return an update of one or two clients that may repeat what is known."""
        source = self.random
        clients = sorted(source.sample([1, 2, 3], source.choice([1, 1, 2])), reverse=True)
        written = []
        for client in clients:
            known = self.state.clients.get(client)
            start = max(0, (known.next if known else 0) - source.choice([0, 0, 0, 1, 2, 5]))
            written.append((client, start, list(self.structs(client, start))))
        return blocks(*written, deletes=self.deletes())

    def structs(self, client: int, clock: int) -> Iterator[bytes]:
        """Yield some structs, many of which follow the one before."""
        source = self.random
        last: Id | None = None
        for _ in range(source.randrange(1, 6)):
            place = self.place(last)
            length = source.randrange(1, 4)
            word = source.choice(_WORDS)
            kind = source.choices(range(7), weights=[40, 10, 8, 10, 17, 10, 5])[0]
            yield [
                text(word, **place),
                gone(length),
                hollow(length, **place),
                mark(source.choice(["bold", "link"]), source.choice(["{}", "null"]), **place),
                element(source.choice(_NODES), **place),
                xml_text(**place),
                values(2, **place),
            ][kind]
            clock += [len(word.encode("utf-16-le")) // 2, length, length][kind] if kind < 3 else 1
            last = (client, clock - 1)

    def place(self, last: Id | None) -> dict[str, object]:
        """Return where a struct is to stand."""
        source = self.random
        match source.choices(range(5), weights=[30 if last else 0, 20, 10, 15, 25])[0]:
            case 0:
                return {"origin": last}
            case 1:
                return {"origin": self.known_id()}
            case 2:
                return {"right": self.known_id()}
            case 3:
                return {"origin": self.known_id(), "right": self.known_id()}
        types = [
            (client, clock) for client, known in self.state.clients.items() for clock in known.types
        ]
        parent: str | Id = "default"
        if types and source.random() > _ROOT_SHARE:
            parent = source.choice(types)
        elif source.random() < _ROOT_SHARE:
            parent = self.known_id()
        key = source.choice(["level", "checked", "x"]) if source.random() < 0.1 else None
        return {"parent": parent, "key": key}

    def known_id(self) -> Id:
        """Return an id that exists, seldom one that does not."""
        source = self.random
        clients = self.state.clients
        if not clients or source.random() < 0.03:
            return source.choice([1, 2, 3, 9]), source.randrange(5)
        client = source.choice(list(clients))
        after = clients[client].next
        return client, source.choice([after - 1, after - 1, source.randrange(after)])

    def deletes(self) -> dict[int, list[tuple[int, int]]]:
        """Return a range or none for each client."""
        source = self.random
        ranges = {}
        for client, known in self.state.clients.items():
            if source.random() < 0.2:
                start = source.randrange(known.next)
                ranges[client] = [(start, min(known.next, start + source.randrange(1, 5)))]
        return ranges


def test_what_is_taken_reads_the_same_to_everyone() -> None:
    """Live clients, late joiners and the validator agree, whatever was forged."""
    states, logs = [], []
    for seed in range(150):
        state = DocumentState(schema_for(Kind.RICH, 1))
        forger = Forger(seed, state)
        log: list[bytes] = []
        for _ in range(150):
            try:
                verdict = state.check(parse(forger.update(), SYNC_LIMITS), "ann")
            except Refused:
                continue
            state.apply(verdict)
            if verdict.canonical is not None:
                log.append(verdict.canonical)
        assert DocumentState.load(state.dump(), state.schema).dump() == state.dump()
        states.append(state)
        logs.append(log)
    assert sum(map(len, logs)) > 6_000
    for seed, (state, read) in enumerate(zip(states, yjs.read_logs("default", logs), strict=True)):
        assert "error" not in read, f"seed {seed}"
        vector = {str(client): clock for client, clock in state.state_vector().items()}
        for reader in (read["live"], read["joiner"]):
            assert (reader["vector"], reader["pending"]) == (vector, False), f"seed {seed}"
        # Yjs tidies marks at every update, so a live client may have fewer of them for a while.
        live, joiner = (
            re.sub(r"</?(bold|link)[^>]*>", "", read[reader]["content"])
            for reader in ("live", "joiner")
        )
        assert live == joiner, f"seed {seed}"
