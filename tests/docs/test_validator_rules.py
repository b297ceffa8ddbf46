"""What is refused, each rule beside the nearest update that is taken."""

import pytest

from tests.docs.forge import (
    any_value,
    blocks,
    delete_set,
    deletion,
    element,
    gone,
    hollow,
    item,
    mark,
    number,
    raw_string,
    string,
    text,
    update,
    values,
    xml_text,
)
from twinspace_rt.docs.refused import SENTENCES
from twinspace_rt.docs.validator import (
    GAP_CODES,
    SYNC_LIMITS,
    TRUSTED_LIMITS,
    UPDATE_LIMITS,
    DocumentState,
    Kind,
    Limits,
    Refused,
    parse,
    read_state_vector,
    schema_for,
    write_state_vector,
)

ANN, BEN = 1, 2

# What Ann wrote, under her client id 1, by clock.
PARAGRAPH, WORDS, HELLO = (1, 0), (1, 1), (1, 2)
CODE, CODE_WORDS, SOURCE = (1, 7), (1, 8), (1, 9)
TABLE, HEADING, LEVEL, COLLECTED, HOLLOWED = (1, 11), (1, 12), (1, 13), (1, 14), (1, 16)
END = 17


def document() -> DocumentState:
    """Return a document that Ann has written in."""
    state = DocumentState(schema_for(Kind.RICH, 1))
    written = update(
        1,
        0,
        element("paragraph", parent="default"),
        xml_text(parent=PARAGRAPH),
        text("Hello", parent=WORDS),
        element("codeBlock", origin=PARAGRAPH),
        xml_text(parent=CODE),
        text("x=", parent=CODE_WORDS),
        element("table", origin=CODE),
        element("heading", origin=TABLE),
        values(2, parent=HEADING, key="level"),
        gone(2),
        hollow(1, origin=HEADING),
    )
    state.apply(state.check(parse(written, UPDATE_LIMITS), ANN))
    assert state.state_vector() == {1: END}
    return state


def refusal(
    state: DocumentState, data: bytes, limits: Limits = UPDATE_LIMITS, member: int = BEN
) -> str:
    """Return the code with which an update is refused; it must leave no trace."""
    before = state.dump()
    with pytest.raises(Refused) as refused:
        state.check(parse(data, limits), member)
    assert state.dump() == before
    return refused.value.code


def ben(*structs: bytes, deletes: dict[int, list[tuple[int, int]]] | None = None) -> bytes:
    """Return Ben's first update, under his client id 2."""
    return update(2, 0, *structs, deletes=deletes)


def nested_json(depth: int) -> str:
    """Return a list in a list, as JSON."""
    return "[" * depth + "]" * depth


def link(href: str) -> bytes:
    """Return a link on Ann's words."""
    return mark("link", f'{{"href": "{href}", "target": null, "title": "t"}}', origin=HELLO)


WORD = text("w", origin=HELLO)
LONG = "n" * 257
BOLD = mark("bold", "{}", origin=HELLO)

# (code, what is taken, what is refused), to be read against Ann's document.
CASES: list[tuple[str, bytes, bytes]] = [
    # Bytes
    ("short", ben(WORD), ben(WORD)[:-1]),
    ("short", ben(WORD), b""),
    ("short", ben(WORD), ben(WORD)[:5]),
    ("short", ben(WORD), b"\x01\x7f" + ben(WORD)[2:]),
    ("short", ben(WORD), b"\x00\x05"),
    ("trailing", ben(WORD), ben(WORD) + b"\x00"),
    ("varint", ben(WORD), b"\x81\x00" + ben(WORD)[1:]),
    ("utf8", ben(WORD), ben(item(4, raw_string(b"\xed\xa0\x80"), origin=HELLO))),
    ("json", ben(BOLD), ben(mark("bold", "{", origin=HELLO))),
    ("json", ben(BOLD), ben(mark("bold", "NaN", origin=HELLO))),
    ("json", ben(BOLD), ben(mark("bold", '{"a": Infinity}', origin=HELLO))),
    ("json", ben(BOLD), ben(mark("bold", "1e999", origin=HELLO))),
    ("json", ben(BOLD), ben(mark("bold", "undefined", origin=HELLO))),
    ("json", ben(BOLD), ben(mark("bold", '"\\ud800"', origin=HELLO))),
    ("json", ben(BOLD), ben(mark("bold", "{} {}", origin=HELLO))),
    ("json", ben(BOLD), ben(mark("bold", nested_json(100_000), origin=HELLO))),
    ("empty", ben(WORD), ben(text("", origin=HELLO))),
    ("empty", ben(gone(1)), ben(gone(0))),
    ("empty", ben(hollow(1, origin=HELLO)), ben(hollow(0, origin=HELLO))),
    ("empty", ben(values(2, origin=LEVEL)), ben(values(origin=LEVEL))),
    ("empty", ben(WORD), ben()),
    ("empty", deletion({1: [(2, 3)]}), deletion({1: [(2, 2)]})),
    ("empty", deletion({1: [(2, 3)]}), deletion({1: []})),
    (
        "client-twice",
        blocks((2, 0, [WORD]), (3, 0, [WORD])),
        blocks((2, 0, [WORD]), (2, 1, [WORD])),
    ),
    (
        "client-twice",
        deletion({1: [(2, 4)]}),
        b"\x00\x02" + 2 * delete_set({1: [(2, 4)]})[1:],
    ),
    ("clock", ben(gone(2**31 - 1)), ben(gone(2**31))),
    ("clock", deletion({1: [(0, END)]}), deletion({1: [(0, 2**40)]})),
    ("content-kind", ben(WORD), ben(b"\x20\x01")),
    ("content-kind", ben(WORD), ben(item(2, b"\x01" + string("1"), origin=HELLO))),
    ("content-kind", ben(WORD), ben(item(3, string("bytes"), origin=HELLO))),
    ("content-kind", ben(WORD), ben(item(5, string("{}"), origin=HELLO))),
    ("content-kind", ben(WORD), ben(item(11, b"\x00", origin=HELLO))),
    ("subdocument", ben(WORD), ben(item(9, string("guid") + b"\x7e", origin=HELLO))),
    ("skip", ben(gone(1)), ben(b"\x0a\x01")),
    ("type-kind", ben(xml_text(parent=HEADING)), ben(item(7, b"\x07", parent=HEADING))),
    (
        "type-kind",
        ben(xml_text(parent=HEADING)),
        ben(item(7, b"\x05" + string("hook"), parent=HEADING)),
    ),
    ("parent-form", ben(xml_text(parent=HEADING)), ben(b"\x07\x02\x01\x0c\x06")),
    (
        "name-length",
        ben(element("paragraph", parent="default")),
        ben(element("paragraph", parent=LONG)),
    ),
    ("name-length", ben(BOLD), ben(mark(LONG, "{}", origin=HELLO))),
    ("value-tag", ben(values(2, origin=LEVEL)), ben(values(b"\x02", origin=LEVEL))),
    ("value-number", ben(values(2, origin=LEVEL)), ben(values(float("nan"), origin=LEVEL))),
    ("value-key", ben(BOLD), ben(mark("bold", '{"a": [{"__proto__": 1}]}', origin=HELLO))),
    ("value-key", ben(BOLD), ben(mark("constructor", "{}", origin=HELLO))),
    ("value-key", ben(values(2, origin=LEVEL)), ben(values({"__proto__": 1}, origin=LEVEL))),
    (
        "value-key",
        ben(values(1, parent=HEADING, key="level")),
        ben(values(1, parent=HEADING, key="prototype")),
    ),
    ("value-depth", ben(BOLD), ben(mark("bold", nested_json(18), origin=HELLO))),
    ("value-depth", ben(BOLD), ben(mark("bold", '{"a":' * 18 + "1" + "}" * 18, origin=HELLO))),
    (
        "value-depth",
        ben(values(2, origin=LEVEL)),
        ben(values(b"\x75\x01" * 40_000 + any_value(1), origin=LEVEL)),
    ),
    # Order of arrival
    ("gap", ben(WORD), update(2, 1, WORD)),
    ("gap", update(1, END, WORD), update(1, END + 1, WORD)),
    ("unknown-id", ben(WORD), ben(text("w", origin=(1, END)))),
    ("unknown-id", ben(WORD), ben(text("w", right=(9, 0)))),
    ("unknown-id", ben(xml_text(parent=HEADING)), ben(xml_text(parent=(9, 0)))),
    (
        "unknown-id",
        blocks((2, 0, [text("w", origin=(3, 0))]), (3, 0, [WORD])),
        blocks((2, 0, [text("w", origin=(3, 1))]), (3, 0, [WORD])),
    ),
    ("delete-beyond", deletion({1: [(0, END)]}), deletion({1: [(0, END + 1)]})),
    ("delete-beyond", ben(WORD, deletes={2: [(0, 1)]}), ben(WORD, deletes={2: [(0, 2)]})),
    ("delete-beyond", deletion({1: [(2, 3)]}), deletion({9: [(2, 3)]})),
    # Structure
    ("cycle", ben(WORD, text("w", origin=(2, 0))), ben(text("w", origin=(2, 0)))),
    ("cycle", ben(WORD, text("w", right=(2, 0))), ben(text("w", right=(2, 1)), WORD)),
    (
        "cycle",
        blocks((2, 0, [text("w", origin=(3, 0))]), (3, 0, [WORD])),
        blocks((2, 0, [text("w", origin=(3, 0))]), (3, 0, [text("w", origin=(2, 0))])),
    ),
    ("parent-not-type", ben(text("w", parent=WORDS)), ben(text("w", parent=HELLO))),
    ("parent-not-type", ben(text("w", parent=HOLLOWED)), ben(text("w", parent=LEVEL))),
    (
        "two-parents",
        ben(text("w", origin=HELLO, right=(1, 3))),
        ben(text("w", origin=HELLO, right=SOURCE)),
    ),
    (
        "two-parents",
        ben(element("paragraph", origin=CODE, right=TABLE)),
        ben(element("paragraph", origin=PARAGRAPH, right=SOURCE)),
    ),
    (
        "two-parents",
        ben(text("w", origin=COLLECTED, right=(1, 15))),
        ben(text("w", origin=COLLECTED, right=HELLO)),
    ),
    (
        "two-parents",
        ben(text("w", origin=HELLO, right=(1, 3))),
        ben(text("w", origin=HELLO, right=COLLECTED)),
    ),
    (
        "two-parents",
        ben(values(2, origin=LEVEL)),
        ben(xml_text(parent=HEADING), values(2, origin=LEVEL, right=(2, 0))),
    ),
    (
        "format-chain",
        ben(BOLD, *(mark("bold", "{}", origin=(2, clock)) for clock in range(63))),
        ben(BOLD, *(mark("bold", "{}", origin=(2, clock)) for clock in range(64))),
    ),
    ("format-chain", ben(*[BOLD] * 64), ben(*[BOLD] * 65)),
    # Schema
    (
        "schema-root",
        ben(element("paragraph", parent="default")),
        ben(element("paragraph", parent="other")),
    ),
    ("schema-root", ben(gone(1)), ben(hollow(1, parent="t"))),
    (
        "schema-node",
        ben(element("paragraph", parent="default")),
        ben(element("script", parent="default")),
    ),
    (
        "schema-node",
        ben(element("tableRow", parent=TABLE)),
        ben(element("paragraph", parent=TABLE)),
    ),
    (
        "schema-node",
        ben(element("bulletList", parent="default"), element("listItem", parent=(2, 0))),
        ben(element("bulletList", parent="default"), element("paragraph", parent=(2, 0))),
    ),
    (
        "schema-node",
        ben(element("hardBreak", parent=PARAGRAPH)),
        ben(element("hardBreak", parent="default")),
    ),
    ("schema-node", ben(xml_text(parent=PARAGRAPH)), ben(xml_text(parent=TABLE))),
    ("schema-node", ben(xml_text(parent=PARAGRAPH)), ben(xml_text(parent="default"))),
    ("schema-node", ben(xml_text(parent=PARAGRAPH)), ben(xml_text(parent=WORDS))),
    *(
        (
            "schema-node",
            ben(xml_text(parent=PARAGRAPH)),
            ben(item(7, bytes([kind]), parent=PARAGRAPH)),
        )
        for kind in (0, 1, 2, 4)
    ),
    ("schema-text", ben(WORD), ben(text("w", parent="default"))),
    ("schema-text", ben(WORD), ben(text("w", parent=TABLE))),
    ("schema-text", ben(WORD), ben(text("w", origin=PARAGRAPH))),
    ("schema-content", ben(WORD), ben(values(1, origin=HELLO))),
    ("schema-content", ben(WORD), ben(values(1, parent="default"))),
    (
        "schema-key",
        ben(values(3, parent=HEADING, key="level")),
        ben(values(3, parent=PARAGRAPH, key="level")),
    ),
    (
        "schema-key",
        ben(values(3, parent=HEADING, key="level")),
        ben(hollow(1, parent=HEADING, key="onclick")),
    ),
    (
        "schema-key",
        ben(text("w", parent=WORDS)),
        ben(text("w", parent=WORDS, key="level")),
    ),
    ("schema-value", ben(values(6, origin=LEVEL)), ben(values(7, origin=LEVEL))),
    ("schema-value", ben(values(6, origin=LEVEL)), ben(values(True, origin=LEVEL))),
    ("schema-value", ben(values(6, origin=LEVEL)), ben(values("6", origin=LEVEL))),
    ("schema-value", ben(values(6, origin=LEVEL)), ben(values(6, 7, origin=LEVEL))),
    ("schema-value", ben(values(b"\x7f", origin=LEVEL)), ben(values(None, origin=LEVEL))),
    ("schema-value", ben(values(6, origin=LEVEL)), ben(text("6", origin=LEVEL))),
    ("schema-value", ben(values(6, origin=LEVEL)), ben(xml_text(origin=LEVEL))),
    ("schema-mark", ben(BOLD), ben(mark("blink", "{}", origin=HELLO))),
    ("schema-mark", ben(BOLD), ben(mark("bold--aGFzaA==", "{}", origin=HELLO))),
    ("schema-mark", ben(BOLD), ben(mark("bold", "{}", origin=SOURCE))),
    ("schema-mark", ben(BOLD), ben(mark("bold", "{}", origin=PARAGRAPH))),
    (
        "schema-mark-value",
        ben(mark("bold", "null", origin=HELLO)),
        ben(mark("bold", "true", origin=HELLO)),
    ),
    ("schema-mark-value", ben(BOLD), ben(mark("bold", '{"style": "x"}', origin=HELLO))),
    *(
        (
            "schema-mark-value",
            ben(mark("link", f'{{"title": {good}}}', origin=HELLO)),
            ben(mark("link", f'{{"title": {bad}}}', origin=HELLO)),
        )
        for good, bad in [("1879", "[1879]"), ("true", "{}"), ("-0.5", '"' + "a" * 2_049 + '"')]
    ),
    *(
        ("schema-mark-value", ben(link(good)), ben(link(bad)))
        for good, bad in [
            ("https://example.org/a?b#c", "javascript:alert(1)"),
            ("http://example.org", "data:text/html,x"),
            ("HTTPS://example.org", "/relative"),
            ("mailto:a@example.org", "tel:112"),
            ("https://example.org/%0a", "java\\nscript:alert(1)"),
            ("https://example.org/", " https://example.org/"),
            ("https://example.org/", "https://exa mple.org/"),
            ("https://example.org/", "https://example.org/\\n"),
            ("https://e.org/" + "a" * 8_178, "https://e.org/" + "a" * 8_179),
        ]
    ),
]


@pytest.mark.parametrize(
    ("code", "taken", "bad"),
    [pytest.param(*case, id=f"{index}-{case[0]}") for index, case in enumerate(CASES)],
)
def test_refusals(code: str, taken: bytes, bad: bytes) -> None:
    state = document()
    member = ANN if taken[2] == 1 else BEN
    assert refusal(state, bad, member=member) == code
    verdict = state.check(parse(taken, UPDATE_LIMITS), member)
    assert verdict.canonical is not None
    state.apply(verdict)
    assert state.check(parse(taken, UPDATE_LIMITS), member).canonical is None


def test_sizes() -> None:
    largest = ben(text("w" * 30, origin=HELLO))
    limits = Limits(size_bytes=len(largest), structs=2, clients=2, ranges=2)
    cases = {
        "too-large": (largest, ben(text("w" * 31, origin=HELLO))),
        "too-many-structs": (ben(WORD, WORD), blocks((2, 0, [WORD, WORD]), (3, 0, [WORD]))),
        "too-many-clients": (
            blocks((2, 0, [gone(1)]), (3, 0, [gone(1)])),
            blocks((2, 0, [gone(1)]), (3, 0, [gone(1)]), (4, 0, [gone(1)])),
        ),
        "too-many-ranges": (
            deletion({1: [(2, 3), (4, 5)]}),
            ben(WORD, deletes={1: [(2, 3), (4, 5)], 2: [(0, 1)]}),
        ),
    }
    for code, (taken, bad) in cases.items():
        state = document()
        assert refusal(state, bad, limits) == code
        state.apply(state.check(parse(taken, limits), BEN))


def test_types_nest_to_a_limit() -> None:
    def quotes(depth: int) -> bytes:
        nested = [element("blockquote", parent=(2, clock)) for clock in range(depth - 1)]
        return ben(element("blockquote", parent="default"), *nested)

    state = document()
    assert refusal(state, quotes(65)) == "depth"
    state.apply(state.check(parse(quotes(64), UPDATE_LIMITS), BEN))
    assert refusal(state, update(2, 64, element("paragraph", parent=(2, 63)))) == "depth"


def test_marks_are_counted_over_several_updates() -> None:
    state = document()
    state.apply(state.check(parse(ben(*[BOLD] * 60), UPDATE_LIMITS), BEN))
    assert refusal(state, update(2, 60, *[BOLD] * 5)) == "format-chain"
    state.apply(state.check(parse(update(2, 60, WORD, *[BOLD] * 5), UPDATE_LIMITS), BEN))


def test_only_its_member_writes_under_an_id() -> None:
    state = document()
    assert refusal(state, update(1, END, WORD), member=BEN) == "foreign-client"
    state.apply(state.check(parse(update(1, END, WORD), UPDATE_LIMITS), ANN))
    assert state.owner(1) == ANN


def test_an_id_bound_but_unused_is_kept_for_its_member() -> None:
    state = document()
    state.bind(5, ANN)
    assert refusal(state, update(5, 0, WORD), member=BEN) == "foreign-client"
    verdict = state.check(parse(update(5, 0, WORD), UPDATE_LIMITS), ANN)
    assert verdict.new_clients == ()
    with pytest.raises(ValueError, match="belongs to another"):
        state.bind(5, BEN)


def test_an_id_whose_author_is_unknown_belongs_to_nobody() -> None:
    state = document()
    snapshot = parse(update(2**40, 0, WORD), TRUSTED_LIMITS)
    state.apply(state.check(snapshot, None, trusted=True))
    assert state.owner(2**40) is None
    more = parse(update(2**40, 1, WORD), TRUSTED_LIMITS)
    with pytest.raises(Refused, match="somebody else"):
        state.check(more, BEN)
    state.bind(2**40, BEN)
    state.apply(state.check(more, BEN))


def test_a_retired_id_writes_no_more() -> None:
    state = document()
    state.retire(1)
    assert refusal(state, update(1, END, WORD), member=ANN) == "retired-client"
    known = state.check(parse(update(1, END - 1, hollow(1, origin=HEADING)), SYNC_LIMITS), ANN)
    assert known.canonical is None


def test_a_full_document_takes_no_more_but_can_be_emptied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = document()
    monkeypatch.setattr("twinspace_rt.docs.validator.DOCUMENT_MAX_BYTES", state.size + 40)
    assert refusal(state, ben(text("w" * 50, origin=HELLO))) == "document-full"
    state.apply(state.check(parse(ben(text("w" * 20, origin=HELLO)), UPDATE_LIMITS), BEN))
    monkeypatch.setattr("twinspace_rt.docs.validator.DOCUMENT_MAX_BYTES", 0)
    monkeypatch.setattr("twinspace_rt.docs.validator.DOCUMENT_MAX_ITEMS", state.items)
    assert refusal(state, update(2, 20, WORD)) == "document-full"
    state.apply(state.check(parse(deletion({1: [(0, END)]}), UPDATE_LIMITS), BEN))
    engine_made = parse(update(3, 0, WORD), TRUSTED_LIMITS)
    state.apply(state.check(engine_made, "engine", trusted=True))


def test_plain_text_holds_nothing_but_words() -> None:
    state = DocumentState(schema_for(Kind.TEXT, 1))
    cases = {
        "schema-root": text("w", parent="default"),
        "schema-mark": mark("bold", "{}", parent="t"),
        "schema-node": element("paragraph", parent="t"),
        "schema-content": values(1, parent="t"),
        "schema-key": text("w", parent="t", key="k"),
    }
    for code, struct in cases.items():
        assert refusal(state, ben(struct)) == code
    state.apply(state.check(parse(ben(text("w", parent="t")), UPDATE_LIMITS), BEN))


def test_attributes_of_the_editor() -> None:
    table = [
        element("table", parent="default"),
        element("tableRow", parent=(2, 0)),
        element("tableCell", parent=(2, 1)),
    ]
    tasks = [
        element("taskList", parent="default"),
        element("taskItem", parent=(2, 0)),
        element("orderedList", parent="default"),
    ]
    cases: list[tuple[list[bytes], int, str, object, object]] = [
        (table, 2, "colspan", 2, 1_001),
        (table, 2, "rowspan", 1_000, 0),
        (table, 2, "colwidth", [100, 0], [-1]),
        (table, 2, "colwidth", [0, 240.5], ["100"]),
        (table, 2, "colwidth", None, list(range(1_001))),
        (table, 2, "align", "center", 1),
        (tasks, 1, "checked", True, 1),
        (tasks, 2, "start", -3, 1.5),
        (tasks, 2, "start", 9_783_161_484_100, 2.0**53),
        (tasks, 2, "type", "a", "a" * 33),
    ]
    for structs, parent, key, good, bad in cases:
        state = document()
        place = {"parent": (2, parent), "key": key}
        assert refusal(state, ben(*structs, values(bad, **place))) == "schema-value"
        state.apply(state.check(parse(ben(*structs, values(good, **place)), UPDATE_LIMITS), BEN))


def test_every_code_has_its_test() -> None:
    elsewhere = {"foreign-client", "retired-client", "document-full", "depth", "new-clients"}
    sizes = {"too-large", "too-many-structs", "too-many-clients", "too-many-ranges"}
    assert {case[0] for case in CASES} | elsewhere | sizes == set(SENTENCES)
    assert set(SENTENCES) > GAP_CODES


def refused_vector(data: bytes, limits: Limits = SYNC_LIMITS) -> str:
    """Return the code with which a state vector is refused."""
    with pytest.raises(Refused) as refused:
        read_state_vector(data, limits)
    return refused.value.code


def test_state_vectors() -> None:
    vector = {7: 1, 2**32 - 1: 2**31 - 1}
    data = write_state_vector({**vector, 9: 0})
    assert read_state_vector(data, SYNC_LIMITS) == vector
    assert refused_vector(data[:-1]) == "short"
    assert refused_vector(data + b"\x00") == "trailing"
    assert refused_vector(b"\x02\x01\x01\x01\x01") == "client-twice"
    assert refused_vector(b"\x01\x01" + number(2**31)) == "clock"
    assert refused_vector(data, Limits(len(data) - 1, 1, 1, 1)) == "too-large"


def test_blocks_may_build_on_each_other_in_turn() -> None:
    ladder = blocks(
        (4, 0, [text("d", origin=(2, 1))]),
        (3, 0, [WORD, text("b", origin=(2, 0))]),
        (2, 0, [text("a", origin=(3, 0)), text("c", origin=(3, 1)), text("e", origin=(4, 0))]),
    )
    state = document()
    verdict = state.check(parse(ladder, UPDATE_LIMITS), BEN)
    assert verdict.canonical is ladder
    assert verdict.ranges == ((4, 0, 1), (3, 0, 2), (2, 0, 3))
    assert verdict.new_clients == (4, 3, 2)
    state.apply(verdict)
    assert state.owners == {1: ANN, 2: BEN, 3: BEN, 4: BEN}
