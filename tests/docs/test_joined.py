"""Edits of one commit joined: the same document, in fewer updates."""

import random

import pytest
from pycrdt import Doc, Text

from tests.docs.texts import content
from twinspace_rt.docs.joined import Batch, Piece, joined, piece_of
from twinspace_rt.docs.store import TailEntry
from twinspace_rt.docs.update import TRUSTED_LIMITS, parse


def tail_of(updates: list[bytes]) -> list[TailEntry]:
    made = []
    for seq, body in enumerate(updates, 1):
        blocks = parse(body, TRUSTED_LIMITS).blocks
        ranges = tuple((block.client, block.start, block.end) for block in blocks)
        made.append(TailEntry(seq, "member", 0, body, ranges))
    return made


def entries_of(updates: list[bytes]) -> list[Piece]:
    return [piece_of(entry) for entry in tail_of(updates)]


def write_together(seed: int, steps: int, *, deletes: bool) -> list[bytes]:
    """Have three people write and meet now and then; the order is one in which all can be read."""
    order = random.Random(seed)
    copies: list[Doc[Text]] = [Doc(client_id=order.randrange(2**53)) for _ in range(3)]
    log: list[bytes] = []
    for copy in copies:
        copy.observe(lambda event: log.append(event.update))
    for _ in range(steps):
        copy = order.choice(copies)
        text = copy.get("t", type=Text)
        if deletes and len(text) > 3 and order.random() < 0.2:
            del text[order.randrange(len(text) - 1)]
        else:
            text.insert(order.randint(0, len(text)), order.choice("abc d"))
        # All see it, and what they are told again is none of the log.
        for other in copies:
            if other is not copy:
                known = len(log)
                other.apply_update(log[known - 1])
                del log[known:]
    return log


def test_typing_of_several_people_is_one_update() -> None:
    log = write_together(1, 40, deletes=False)
    # Each person's first letter has no neighbour of its own client; it is one struct all the same.
    together = joined(entries_of(log))
    assert len(together) == 1
    assert content(together)[0] == content(log)[0]
    assert len(together[0]) < sum(map(len, log))
    parsed = parse(together[0], TRUSTED_LIMITS)
    assert parsed.tidy


def test_joined_updates_come_to_the_same_in_pieces_of_any_size() -> None:
    for seed in range(40):
        order = random.Random(seed)
        log = write_together(seed, 30, deletes=True)
        together: list[bytes] = []
        rest = entries_of(log)
        while rest:
            size = order.randint(1, 8)
            together += joined(rest[:size])
            rest = rest[size:]
        assert len(together) <= len(log)
        assert content(together)[0] == content(log)[0], seed
        for update in together:
            parse(update, TRUSTED_LIMITS)


def test_a_client_whose_middle_is_missing_is_not_joined_over_it() -> None:
    document: Doc[Text] = Doc(client_id=7)
    log: list[bytes] = []
    document.observe(lambda event: log.append(event.update))
    text = document.get("t", type=Text)
    for letter in "abc":
        text += letter
    first, middle, last = entries_of(log)
    apart = joined([first, last])
    assert len(apart) == 2
    assert content([*apart, middle.body])[0] == "abc"


@pytest.mark.parametrize("deletes", [False, True])
def test_each_receiver_gets_what_others_wrote_joined_alike(deletes: bool) -> None:
    """As if it was joined for this receiver alone, whoever wrote with which client."""
    joined_at_once = 0
    for seed in range(60):
        order = random.Random(seed)
        log = write_together(seed, order.randint(1, 12), deletes=deletes)
        entries = tail_of(log)
        clients = sorted({client for entry in entries for client, _, _ in entry.ranges})
        people = [object() for _ in range(order.randint(1, 3))]
        writer = {client: order.choice(people) for client in clients}
        if order.random() < 0.3:  # one client, said over two connections
            authors = [order.choice(people) for _ in entries]
        else:
            authors = [writer[e.ranges[0][0]] if e.ranges else people[0] for e in entries]
        batch = Batch(entries, authors)
        assert content(batch.whole())[0] == content(log)[0], seed
        assert batch.whole() == joined(entries_of(log)), seed
        joined_at_once += len(batch.whole()) == 1 < len(log)
        for person in people:
            others = [body for body, a in zip(log, authors, strict=True) if a is not person]
            assert batch.without(person) == joined(entries_of(others)), seed
    assert joined_at_once
