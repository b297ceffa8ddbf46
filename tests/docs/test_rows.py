"""What one session typed in a row is stored as one entry, which means the same."""

import random
from typing import Any, cast

import pytest
from pycrdt import Doc, Text

from tests.docs import forge
from tests.docs.texts import content
from twinspace_rt.docs.edits import Edit, Outcome, Taken, is_rapid, new_ones
from twinspace_rt.docs.session import Session
from twinspace_rt.docs.typed import take_typed
from twinspace_rt.docs.validator import (
    TRUSTED_LIMITS,
    UPDATE_LIMITS,
    DocumentState,
    Kind,
    parse,
    schema_for,
)

WORDS = ["a", " ", "ö", "ѣ", "🐝", "words ", "x" * 130]


def a_session() -> Session:
    return cast(Session, object())  # it is only compared


def empty() -> DocumentState:
    return DocumentState(schema_for(Kind.TEXT, 1))


def judged(state: DocumentState, data: bytes, session: Session, member: str = "maja") -> Taken:
    """Take an edit in as a document's judge does."""
    edit = Edit(session, data, False, None, 2, 0)
    typed = take_typed(state, data, member)
    if typed is not None:
        return Taken(edit, data, (typed[:3],), (), typed)
    verdict = state.check(parse(data, UPDATE_LIMITS), member)
    state.apply(verdict)
    return Taken(edit, verdict.canonical, verdict.ranges, verdict.new_clients)


class Person:
    """Somebody who writes, and now and then reads what others wrote."""

    def __init__(self, number: int, dice: random.Random) -> None:
        self.session = a_session()
        self.member = f"member {number}"
        self.unread: list[bytes] = []
        self._dice = dice
        self._made: list[bytes] = []
        self._doc: Doc[Text] = Doc(client_id=dice.choice([number + 1, 2**31 + number]))
        self._text = self._doc.get("t", type=Text)
        self._doc.observe(lambda event: self._made.append(event.update))

    def read(self) -> None:
        """Take in what others wrote."""
        for body in self.unread:
            self._doc.apply_update(body)
        del self.unread[:], self._made[:]

    def write(self) -> list[bytes]:
        """Type, at the end or elsewhere, or delete something."""
        dice, text = self._dice, self._text
        size, dealt = len(str(text)), dice.random()
        if dealt < 0.7 or not str(text).isascii():
            text += dice.choice(WORDS)
        elif dealt < 0.9 or not size:
            place = dice.randrange(size + 1)
            for letter in "and"[: dice.randrange(1, 4)]:
                text.insert(place, letter)
                place += 1
        else:
            del text[dice.randrange(size)]
        made = self._made[:]
        del self._made[:]
        return made


@pytest.mark.parametrize("seed", range(8))
def test_a_commit_of_several_people_means_the_same_in_fewer_entries(seed: int) -> None:
    dice = random.Random(seed)
    people = [Person(number, dice) for number in range(3)]
    state, sent, stored = empty(), list[bytes](), list[Taken]()
    for _ in range(40):
        outcomes: list[Outcome] = []
        for _ in range(dice.randrange(1, 25)):
            person = dice.choice(people)
            if dice.random() < 0.2:
                person.read()
            for update in person.write():
                outcomes.append(judged(state, update, person.session, person.member))
                sent.append(update)
        new = new_ones(outcomes)
        stored += new
        for person in people:
            person.unread += [taken.canonical or b"" for taken in new]
    bodies = [taken.canonical or b"" for taken in stored]
    assert content(bodies) == content(sent)
    assert len(stored) < 0.8 * len(sent)
    for taken in stored:
        parsed = parse(taken.canonical or b"", TRUSTED_LIMITS)
        assert sorted(taken.ranges) == sorted((b.client, b.start, b.end) for b in parsed.blocks)
    # Whoever reads it from the database comes to the same verdicts.
    again = empty()
    for taken in stored:
        member = next(p.member for p in people if p.session is taken.edit.session)
        again.apply(again.check(parse(taken.canonical or b"", TRUSTED_LIMITS), member))
    assert again.state_vector() == state.state_vector()
    assert again.encoded_delete_set() == state.encoded_delete_set()
    assert (again.items, again.owners) == (state.items, state.owners)


def three_letters(**last: Any) -> list[bytes]:
    """Write "a", "b" and "c", the last one elsewhere if so told."""
    place = {"origin": (7, 6), **last}
    return [
        forge.update(7, 5, forge.text("a", origin=(7, 4))),
        forge.update(7, 6, forge.text("b", origin=(7, 5))),
        forge.update(7, 7, forge.text("c", **place)),
    ]


def stored_of(updates: list[bytes], sessions: list[Session]) -> list[bytes]:
    state = empty()
    judged(state, forge.update(7, 0, forge.text("hello", parent="t")), sessions[0])
    outcomes = [judged(state, data, s) for data, s in zip(updates, sessions, strict=True)]
    return [taken.canonical or b"" for taken in new_ones(outcomes)]


def test_three_letters_are_one_text() -> None:
    [whole] = stored_of(three_letters(), [a_session()] * 3)
    assert whole == forge.update(7, 5, forge.text("abc", origin=(7, 4)))


def test_a_text_before_something_is_one_as_well() -> None:
    updates = [
        forge.update(7, 5, forge.text("a", origin=(7, 4), right=(7, 1))),
        forge.update(7, 6, forge.text("ö", origin=(7, 5), right=(7, 1))),
    ]
    [whole] = stored_of(updates, [a_session()] * 2)
    assert whole == forge.update(7, 5, forge.text("aö", origin=(7, 4), right=(7, 1)))


@pytest.mark.parametrize("last", [{"origin": (7, 1)}, {"right": (7, 1)}])
def test_what_was_typed_elsewhere_stays_apart(last: dict[str, Any]) -> None:
    updates = three_letters(**last)
    together = forge.update(7, 5, forge.text("ab", origin=(7, 4)))
    assert stored_of(updates, [a_session()] * 3) == [together, updates[2]]


def test_what_came_through_two_connections_stays_apart() -> None:
    one, other = a_session(), a_session()
    updates = three_letters()
    # Each is sent what came through the other one.
    assert stored_of(updates, [one, other, other]) == [
        updates[0],
        forge.update(7, 6, forge.text("bc", origin=(7, 5))),
    ]


def test_nobody_types_four_letters_between_two_commits() -> None:
    state, maja = empty(), a_session()
    outcomes: list[Outcome] = [
        judged(state, forge.update(7, 0, forge.text("h", parent="t")), maja),
        judged(state, forge.update(7, 1, forge.text("i", origin=(7, 0))), maja),
        judged(state, forge.update(7, 2, forge.text("!", origin=(7, 1))), maja),
    ]
    for client in range(8, 12):
        edit = forge.update(client, 0, forge.text("others", parent="t"))
        outcomes.append(judged(state, edit, a_session(), f"member {client}"))
    assert not is_rapid(outcomes)
    outcomes.append(judged(state, forge.update(7, 3, forge.text("!", origin=(7, 2))), maja))
    assert is_rapid(outcomes)
