"""The short way for typed text does what the long one does, or nothing."""

import random

import pytest
from pycrdt import Doc, Text

from tests.docs import forge
from tests.faults.attacks import mutated
from twinspace_rt.docs.typed import take_typed
from twinspace_rt.docs.validator import (
    UPDATE_LIMITS,
    DocumentState,
    Kind,
    Refused,
    parse,
    schema_for,
)

WORDS = ["a", "b", " ", "ö", "ѣ", "🐝", "words ", "many more words than one "]


def long_way(state: DocumentState, data: bytes, member: str) -> object:
    """Judge an update in general; returns what came of it."""
    try:
        verdict = state.check(parse(data, UPDATE_LIMITS), member)
    except Refused as refused:
        return refused.code
    state.apply(verdict)
    return verdict.canonical, verdict.ranges, verdict.new_clients, verdict.deleted_others


def short_way(state: DocumentState, data: bytes, member: str) -> object:
    """Judge an update the short way, if that takes it."""
    taken = take_typed(state, data, member)
    return long_way(state, data, member) if taken is None else (data, (taken[:3],), (), 0)


def known(state: DocumentState) -> object:
    """Tell all that a state knows, what is not stored included."""
    tails = {id_: (client.tail, client.marks_in_row) for id_, client in state.clients.items()}
    return state.dump(), state.revision, tails


@pytest.mark.parametrize("seed", range(6))
def test_both_ways_come_to_the_same(seed: int) -> None:
    dice = random.Random(seed)
    short, long = (DocumentState(schema_for(Kind.TEXT, 1)) for _ in range(2))
    writers: list[tuple[str, Doc[Text], Text]] = []
    log: list[bytes] = []
    for number in range(3):
        doc: Doc[Text] = Doc(client_id=dice.choice([number + 1, 2**31 + number]))
        writers.append((f"member {number}", doc, doc.get("t", type=Text)))
        doc.observe(lambda event: log.append(event.update))
    taken_short = 0
    for _ in range(500):
        name, doc, text = dice.choice(writers)
        size, dealt = len(str(text).encode()), dice.random()
        del log[:]
        if dealt < 0.75 or not size:
            text += dice.choice(WORDS)
        elif dealt < 0.9:
            places = [i for i in range(size + 1) if is_boundary(str(text).encode(), i)]
            text.insert(dice.choice(places), dice.choice(WORDS))
        else:
            text.clear()
        [update] = log
        for data in [mutated(dice, update), update, update]:
            revision = short.revision
            member = dice.choice([name, name, "somebody else"]) if data is not update else name
            came = short_way(short, data, member)
            assert came == long_way(long, data, member), seed
            assert known(short) == known(long), seed
            taken_short += short.revision != revision
        if dice.random() < 0.5:
            for _, other, _ in writers:
                if other is not doc:
                    other.apply_update(update)
    assert taken_short > 300


def is_boundary(data: bytes, place: int) -> bool:
    """Tell whether a byte of UTF-8 begins a character."""
    return place == len(data) or data[place] & 0xC0 != 0x80


def state_with_text(member: str = "maja") -> DocumentState:
    """A plain text whose client 7 has written five characters."""
    state = DocumentState(schema_for(Kind.TEXT, 1))
    long_way(state, forge.update(7, 0, forge.text("hello", parent="t")), member)
    return state


TYPED = forge.update(7, 5, forge.text("!", origin=(7, 4)))


def test_typed_text_is_taken() -> None:
    assert take_typed(state_with_text(), TYPED, "maja") == (7, 5, 6, len(TYPED) - 3, b"!", True)


@pytest.mark.parametrize(
    ("data", "member"),
    [
        (TYPED, "eleni"),  # under somebody else's client
        (forge.update(8, 0, forge.text("!", parent="t")), "maja"),  # a client of its own
        (forge.update(7, 6, forge.text("!", origin=(7, 5))), "maja"),  # a gap
        (forge.update(7, 4, forge.text("!", origin=(7, 3))), "maja"),  # known in part
        (forge.update(7, 5, forge.text("!", origin=(7, 2))), "maja"),  # elsewhere
        (forge.update(7, 5, forge.text("!", origin=(9, 0))), "maja"),  # behind nobody
        (forge.update(7, 5, forge.text("!", origin=(7, 4), right=(9, 0))), "maja"),
        (forge.update(7, 5, forge.mark("bold", "true", origin=(7, 4))), "maja"),
        (TYPED[:-1] + b"\1\7\1\0\1", "maja"),  # deletes as well
        (TYPED + b"\0", "maja"),  # something behind it
        (TYPED[:-1], "maja"),  # cut short
        (forge.update(7, 5, forge.text("", origin=(7, 4))), "maja"),
        (b"", "maja"),
    ],
)
def test_nothing_else_is_taken_and_nothing_changes(data: bytes, member: str) -> None:
    state = state_with_text()
    before = known(state)
    assert take_typed(state, data, member) is None
    assert known(state) == before


def test_a_retired_client_types_nothing() -> None:
    state = state_with_text()
    state.retire(7)
    assert take_typed(state, TYPED, "maja") is None
