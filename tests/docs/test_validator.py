"""The gate of a document: what is passed on is what is new, and nothing else changes."""

import hashlib
from itertools import pairwise

import pytest
from pycrdt import Doc, Text

from tests.docs.forge import blocks, deletion, element, gone, hollow, text, update, values
from twinspace_rt.docs.known import DumpDamaged
from twinspace_rt.docs.validator import (
    SYNC_LIMITS,
    TRUSTED_LIMITS,
    UPDATE_LIMITS,
    DocumentState,
    Kind,
    Verdict,
    parse,
    schema_for,
)


def plain() -> DocumentState:
    """Return an empty plain text."""
    return DocumentState(schema_for(Kind.TEXT, 1))


def take(state: DocumentState, data: bytes, member: str | None = "ann") -> Verdict:
    """Let an update in."""
    verdict = state.check(parse(data, UPDATE_LIMITS), member, trusted=member is None)
    state.apply(verdict)
    return verdict


def read(*log: bytes | None) -> str:
    """Return the plain text of a log."""
    doc: Doc[Text] = Doc()
    for entry in log:
        assert entry is not None
        doc.apply_update(entry)
    return str(doc.get("t", type=Text))


def test_typing_passes_unchanged_and_is_bound_to_its_author() -> None:
    state = plain()
    doc: Doc[Text] = Doc(client_id=7)
    words = doc.get("t", type=Text)
    updates: list[bytes] = []
    doc.observe(lambda event: updates.append(bytes(event.update)))
    for index, letter in enumerate("naïve 🦋"):
        words.insert(len("naïve 🦋"[:index].encode()), letter)
    for data, (start, end) in zip(updates, pairwise([0, 1, 2, 3, 4, 5, 6, 8]), strict=True):
        verdict = take(state, data)
        assert verdict.canonical is data
        assert verdict.ranges == ((7, start, end),)
        assert verdict.new_clients == ((7,) if start == 0 else ())
    assert state.owner(7) == "ann"
    assert state.state_vector() == {7: 8}
    assert state.items == 1
    assert take(state, bytes(doc.get_update()), "ben").canonical is None


def test_an_overlap_with_other_content_is_cut_for_everyone_alike() -> None:
    """Relay 3.3: uncut, live clients and later joiners would read different texts."""
    state = plain()
    log = [
        take(state, update(1, 0, text("ABC", parent="t"))).canonical,
        take(state, update(1, 3, text("DE", origin=(1, 2)))).canonical,
        take(state, update(1, 0, text("abcdefghij", parent="t"))).canonical,
    ]
    assert log[2] == update(1, 5, text("fghij", origin=(1, 4)))
    assert read(*log) == "ABCDEfghij"


@pytest.mark.parametrize(
    ("whole", "rest"),
    [
        (gone(10), gone(6)),
        (hollow(10, parent="t"), hollow(6, origin=(1, 3))),
        (hollow(10, right=(2, 0)), hollow(6, origin=(1, 3), right=(2, 0))),
        (text("abc🦋🦋xyz", right=(2, 0)), text("\ufffd🦋xyz", origin=(1, 3), right=(2, 0))),
    ],
)
def test_what_is_known_is_cut_off(whole: bytes, rest: bytes) -> None:
    state = plain()
    take(state, update(2, 0, text("!", parent="t")), "ben")
    take(state, update(1, 0, text("ABCD", right=(2, 0))))
    assert take(state, update(1, 0, whole)).canonical == update(1, 4, rest)


def test_known_blocks_structs_and_deletes_are_dropped_whoever_sends_them() -> None:
    state = plain()
    take(state, update(1, 0, text("ABCDEFGHIJ", parent="t"), deletes={1: [(2, 4), (6, 8)]}))
    returning = blocks(
        (2, 0, [text("x", origin=(1, 9))]),
        (1, 0, [text("ABCDEFGHIJ", parent="t")]),
        deletes={1: [(0, 1), (2, 7), (8, 10)]},
    )
    verdict = take(state, returning, "ben")
    fresh = {1: [(0, 1), (4, 6), (8, 10)]}
    assert verdict.canonical == update(2, 0, text("x", origin=(1, 9)), deletes=fresh)
    assert verdict.ranges == ((2, 0, 1),)
    assert verdict.deleted_others == 5
    assert state.delete_set() == {1: [(0, 1), (2, 10)]}
    assert state.encoded_delete_set() == deletion({1: [(0, 1), (2, 10)]})
    assert take(state, returning, "ben").canonical is None


def test_deletes_out_of_order_are_put_in_order() -> None:
    state = plain()
    take(state, update(1, 0, text("ABCDEFGHIJ", parent="t")))
    tangled = deletion({1: [(5, 7), (2, 4), (3, 5), (6, 7)]})
    assert take(state, tangled).canonical == deletion({1: [(2, 7)]})


def test_blocks_out_of_order_are_put_in_order() -> None:
    """Merging relies on falling client ids: a snapshot merged from others lacks structs."""
    state = plain()
    words = text("a", parent="t"), text("b", origin=(1, 0)), text("c", parent="t")
    rising = blocks((1, 0, [words[0]]), (2, 0, [words[1]]), (3, 0, [words[2]]))
    falling = blocks((3, 0, [words[2]]), (2, 0, [words[1]]), (1, 0, [words[0]]))
    assert take(state, rising).canonical == falling
    assert take(plain(), falling).canonical is falling


def test_own_deletions_are_told_from_those_of_others() -> None:
    state = plain()
    take(state, update(1, 0, text("ABCDEFGHIJ", parent="t")))
    assert take(state, deletion({1: [(0, 3)]}), "ann").deleted_others == 0
    typed = update(2, 0, text("xyz", origin=(1, 9)), deletes={1: [(0, 5)], 2: [(0, 1)]})
    assert take(state, typed, "ben").deleted_others == 2


def test_collected_content_counts_as_deleted() -> None:
    state = plain()
    take(state, update(1, 0, gone(3), hollow(2, parent="t"), text("x", origin=(1, 4))))
    assert state.delete_set() == {1: [(0, 5)]}


def test_what_hangs_on_collected_content_is_taken_and_gone() -> None:
    """A snapshot that was garbage-collected knows deleted types as bare ContentDeleted."""
    state = DocumentState(schema_for(Kind.RICH, 1))
    take(state, update(1, 0, hollow(1, parent="default"), gone(2)), None)
    late = update(
        2,
        0,
        text("in it", parent=(1, 0)),
        element("script", parent=(1, 0)),
        values(1, parent=(2, 5), key="onclick"),
        text("beside it", origin=(1, 2), right=(1, 1)),
        element("paragraph", origin=(1, 0)),
    )
    assert take(state, late, "ben").canonical is late
    assert len(state.rules) == 3  # no type, the root, and one paragraph


def test_a_verdict_is_good_for_one_state() -> None:
    state = plain()
    early = state.check(parse(update(1, 0, text("a", parent="t")), UPDATE_LIMITS), "ann")
    take(state, update(2, 0, text("b", parent="t")), "ben")
    with pytest.raises(RuntimeError):
        state.apply(early)
    assert state.state_vector() == {2: 1}


def test_an_edit_may_rewrite_a_long_document() -> None:
    state = plain()
    take(state, update(1, 0, text("x" * 40_000, parent="t")))
    take(state, deletion({1: [(clock, clock + 1) for clock in range(0, 40_000, 4)]}))
    take(state, deletion({1: [(0, 4), (100, 104)]}))
    assert state.deleted_ranges == len(state.delete_set()[1]) == 9_998
    again = [text("x", parent="t") for _ in range(19_000)]
    update_again = parse(update(1, 40_000, *again), SYNC_LIMITS)
    state.apply(state.check(update_again, "ann"))


def test_a_parsed_update_tells_its_sizes() -> None:
    data = update(1, 3, text("ab", origin=(1, 2)), gone(4), deletes={1: [(0, 1), (2, 3)]})
    parsed = parse(data, UPDATE_LIMITS)
    assert (parsed.size, parsed.struct_count, parsed.range_count) == (len(data), 2, 2)
    assert [(block.client, block.start, block.end) for block in parsed.blocks] == [(1, 3, 9)]
    assert not parsed.is_delete_only
    assert parse(deletion({1: [(0, 1)]}), UPDATE_LIMITS).is_delete_only


def test_what_is_stored_is_loaded() -> None:
    state = DocumentState(schema_for(Kind.RICH, 1))
    take(state, update(1, 0, element("heading", parent="default"), gone(2)))
    state.retire(99)
    state.bind(5, 12)
    loaded = DocumentState.load(state.dump(), state.schema)
    assert loaded.dump() == state.dump()
    assert loaded.owners == {1: "ann", 5: 12}
    assert loaded.retired == {99}
    for judge in (state, loaded):
        take(judge, update(1, 3, values(3, parent=(1, 0), key="level"), deletes={1: [(0, 1)]}))
    assert loaded.dump() == state.dump()


def test_stored_state_is_loaded_whole_or_not_at_all() -> None:
    state = plain()
    take(state, update(1, 0, text("ABC", parent="t")))
    stored = state.dump()
    for index in range(len(stored)):
        damaged = bytearray(stored)
        damaged[index] ^= 1
        with pytest.raises(DumpDamaged, match="checksum"):
            DocumentState.load(bytes(damaged), state.schema)
    for length in range(len(stored)):
        with pytest.raises(DumpDamaged, match="checksum"):
            DocumentState.load(stored[:length], state.schema)
    with pytest.raises(DumpDamaged, match="schema"):
        DocumentState.load(stored, schema_for(Kind.RICH, 1))


def test_stored_state_of_another_version_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    state = plain()
    with monkeypatch.context() as patch:
        patch.setattr("twinspace_rt.docs.known._DUMP_VERSION", 2)
        stored = state.dump()
    with pytest.raises(DumpDamaged, match="version"):
        DocumentState.load(stored, state.schema)
    body = b"\x90"
    signed = hashlib.blake2b(body, digest_size=16).digest() + body
    with pytest.raises(DumpDamaged, match="layout"):
        DocumentState.load(signed, state.schema)


def test_an_unknown_schema_is_an_error() -> None:
    with pytest.raises(LookupError):
        schema_for(Kind.RICH, 2)


def test_a_snapshot_of_many_authors_is_trusted_and_then_bound() -> None:
    snapshot = blocks(
        (2**45, 0, [text("from the engine", parent="t")]),
        (1, 0, [text("x", parent="t")]),
    )
    state = plain()
    verdict = state.check(parse(snapshot, TRUSTED_LIMITS), None, trusted=True)
    assert verdict.new_clients == ()
    state.apply(verdict)
    state.bind(1, "ann")
    assert take(state, update(1, 1, text("y", origin=(1, 0)))).canonical is not None
    assert state.check(parse(snapshot, TRUSTED_LIMITS), "ben").canonical is None
