"""The gate of a document: honest traffic passes, and what is passed on is only what is new."""

import pytest
from pycrdt import Doc, Text

from twinspace_rt.docs.validator import (
    SYNC_LIMITS,
    UPDATE_LIMITS,
    DocumentState,
    Kind,
    Refused,
    parse,
    schema_for,
)


def test_typing_passes_unchanged_and_is_bound_to_its_author() -> None:
    state = DocumentState(schema_for(Kind.TEXT, 1))
    doc: Doc[Text] = Doc(client_id=7)
    text = doc.get("t", type=Text)
    updates: list[bytes] = []
    doc.observe(lambda event: updates.append(bytes(event.update)))
    for index, letter in enumerate("naïve 🦋"):
        text.insert(len("naïve 🦋"[:index].encode()), letter)
    for data in updates:
        verdict = state.check(parse(data, UPDATE_LIMITS), "ann")
        assert verdict.canonical is data
        state.apply(verdict)
    assert state.owner(7) == "ann"
    assert state.state_vector() == {7: 8}
    whole = parse(bytes(doc.get_update()), SYNC_LIMITS)
    assert state.check(whole, "ben").canonical is None


def test_new_structs_under_a_foreign_id_are_refused() -> None:
    state = DocumentState(schema_for(Kind.TEXT, 1))
    doc: Doc[Text] = Doc(client_id=7)
    text = doc.get("t", type=Text)
    text += "a"
    state.apply(state.check(parse(bytes(doc.get_update()), UPDATE_LIMITS), "ann"))
    text += "b"
    update = parse(bytes(doc.get_update()), UPDATE_LIMITS)
    with pytest.raises(Refused) as refusal:
        state.check(update, "ben")
    assert refusal.value.code == "foreign-client"
    state.apply(state.check(update, "ann"))
