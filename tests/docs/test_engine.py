"""What the engine computes, over its real process."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, Text, TransactionEvent, XmlElement, XmlFragment, XmlText

from twinspace_rt.docs.engine import Engine, EngineError
from twinspace_rt.docs.schema import Kind, schema_for
from twinspace_rt.docs.update import UPDATE_LIMITS, parse
from twinspace_rt.docs.validator import DocumentState

TRACE = Path(__file__).parents[3] / "shared" / "data" / "friendsforever.json.gz"

RICH: dict[str, Any] = {
    "type": "doc",
    "content": [
        {
            "type": "heading",
            "attrs": {"level": 2},
            "content": [{"type": "text", "text": "Räksmörgås 😀"}],
        },
        {
            "type": "paragraph",
            "content": [
                {"type": "text", "text": "Bold ö", "marks": [{"type": "bold"}]},
                {"type": "text", "text": " plain "},
                {"type": "inlineMath", "attrs": {"latex": "a^2"}},
            ],
        },
    ],
}


@pytest.fixture(scope="module")
async def engine() -> AsyncIterator[Engine]:
    async with Engine() as engine:
        yield engine


def typed(doc: Doc[Any], edits: int) -> list[bytes]:
    """Type into a plain document, one update per edit, with characters of four widths."""
    updates: list[bytes] = []

    def collect(event: TransactionEvent) -> None:
        updates.append(event.update)

    text = doc.get("t", type=Text)
    subscription = doc.observe(collect)
    for edit in range(edits):
        text.insert(len(text) // 2 if str(text).isascii() else 0, "aé€😀"[edit % 4])
        if edit % 7 == 6:
            text.insert(0, "xx")
            del text[0:1]
    doc.unobserve(subscription)
    return updates


def loaded(*updates: bytes) -> Doc[Any]:
    """Return a fresh document with these updates."""
    doc: Doc[Any] = Doc()
    for update in updates:
        doc.apply_update(update)
    return doc


def replayed_trace() -> tuple[list[bytes], str]:
    """Replay the two-author trace and return its updates and the text it must end with."""
    trace = json.loads(gzip.decompress(TRACE.read_bytes()))
    agents: list[Doc[Any]] = [Doc(client_id=1 + agent) for agent in range(trace["numAgents"])]
    known: list[set[int]] = [set() for _ in agents]
    updates: list[bytes] = []
    for number, transaction in enumerate(trace["txns"]):
        agent = transaction["agent"]
        missing: set[int] = set()
        walk = list(transaction["parents"])
        while walk:
            earlier = walk.pop()
            if earlier not in known[agent] and earlier not in missing:
                missing.add(earlier)
                walk.extend(trace["txns"][earlier]["parents"])
        for earlier in sorted(missing):
            agents[agent].apply_update(updates[earlier])
        known[agent] |= missing | {number}
        text = agents[agent].get("t", type=Text)
        state = agents[agent].get_state()
        with agents[agent].transaction():
            for position, deleted, inserted in transaction["patches"]:
                content = str(text)
                start = len(content[:position].encode())
                end = start + len(content[position : position + deleted].encode())
                if end > start:
                    del text[start:end]
                if inserted:
                    text.insert(start, inserted)
        updates.append(agents[agent].get_update(state))
    return updates, trace["endContent"]


async def test_merging_nothing_gives_the_empty_update(engine: Engine) -> None:
    assert await engine.merge([]) == b"\0\0"


async def test_merging_thousands_of_updates_keeps_all_of_them(engine: Engine) -> None:
    author: Doc[Any] = Doc(client_id=5)
    updates = typed(author, 3000)
    assert len(updates) > 3000

    merged = await engine.merge(updates)

    assert str(loaded(merged).get("t", type=Text)) == str(author.get("t", type=Text))


async def test_compacting_a_real_trace_ends_in_its_text(engine: Engine) -> None:
    updates, end = replayed_trace()
    middle = len(updates) // 2

    first = await engine.compact(None, updates[:middle], kind="text")
    second = await engine.compact(first.snapshot, updates[middle:], kind="text")

    assert second.text == end
    assert str(loaded(second.snapshot).get("t", type=Text)) == end
    assert second.state_vector == loaded(*updates).get_state()


async def test_a_hole_in_the_log_is_not_compacted(engine: Engine) -> None:
    updates = typed(Doc(client_id=5), 20)
    assert (await engine.compact(None, updates, kind="text")).text

    with pytest.raises(EngineError) as refused:
        await engine.compact(None, updates[:5] + updates[6:], kind="text")

    assert refused.value.code == "mismatch"


async def test_a_deletion_of_unknown_text_is_not_compacted(engine: Engine) -> None:
    author: Doc[Any] = Doc(client_id=5)
    text = author.get("t", type=Text)
    text += "abc"
    whole = author.get_update()
    before = author.get_state()
    del text[0:1]
    deletion = author.get_update(before)
    assert (await engine.compact(whole, [deletion], kind="text")).text == "bc"

    with pytest.raises(EngineError) as refused:
        await engine.compact(None, [deletion], kind="text")

    assert refused.value.code == "mismatch"


async def test_missing_completes_a_client_and_brings_every_deletion(engine: Engine) -> None:
    author: Doc[Any] = Doc(client_id=5)
    updates = typed(author, 50)
    client = loaded(*updates[:20])

    client.apply_update(await engine.missing(author.get_update(), client.get_state()))

    assert str(client.get("t", type=Text)) == str(author.get("t", type=Text))


async def test_a_template_is_the_document_that_was_asked_for(engine: Engine) -> None:
    template = await engine.template("rich", RICH, 4_000_000_000)

    doc = loaded(template)
    heading, paragraph = doc.get("default", type=XmlFragment).children
    assert isinstance(heading, XmlElement)
    assert isinstance(paragraph, XmlElement)
    assert heading.tag == "heading"
    assert heading.attributes["level"] == 2
    run, formula = paragraph.children
    assert isinstance(run, XmlText)
    assert run.diff() == [("Bold ö", {"bold": {}}), (" plain ", None)]
    assert isinstance(formula, XmlElement)
    assert formula.attributes["latex"] == "a^2"
    assert list(doc.keys()) == ["default"]


async def test_the_text_of_a_document_has_a_line_per_block(engine: Engine) -> None:
    template = await engine.template("rich", RICH, 7)

    found = await engine.text(template, [], kind="rich")

    assert found.text == "Räksmörgås 😀\nBold ö plain a^2"
    assert found.words == 6


async def test_plain_text_keeps_every_character(engine: Engine) -> None:
    content = "Blåbär — 😀\n\n日本語 e\u0301\ttab "
    template = await engine.template("text", content, 7)

    assert (await engine.text(None, [template], kind="text")).text == content


async def test_a_string_makes_paragraphs_in_a_rich_document(engine: Engine) -> None:
    template = await engine.template("rich", "One\ntwo\n\nThree", 7)

    assert (await engine.text(None, [template], kind="rich")).text == "One\ntwo\nThree"


async def test_an_unknown_kind_is_refused(engine: Engine) -> None:
    template = await engine.template("text", "words", 7)

    with pytest.raises(EngineError) as refused:
        await engine.text(None, [template], kind="board")

    assert refused.value.code == "refused"


async def test_content_that_is_no_document_is_refused(engine: Engine) -> None:
    with pytest.raises(EngineError) as refused:
        await engine.template("rich", {"type": 5}, 7)

    assert refused.value.code == "refused"


async def test_a_template_passes_the_validator(engine: Engine) -> None:
    template = await engine.template("rich", RICH, 7)
    state = DocumentState(schema_for(Kind.RICH, 1))

    verdict = state.check(parse(template, UPDATE_LIMITS), "ann")

    assert verdict.canonical == template
    assert verdict.new_clients == (7,)


async def test_a_check_names_the_place_and_the_rule(engine: Engine) -> None:
    assert await engine.check(None, [await engine.template("rich", RICH, 7)], kind="rich") == []
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": "words"}]}
    marked = {"type": "text", "text": "words", "marks": [{"type": "blink"}]}
    content = [
        {"type": "heading", "attrs": {"level": 9, "onclick": "x"}, "content": [marked]},
        {"type": "bulletList", "content": [paragraph]},
        {"type": "blockquote", "content": [{"type": "text", "text": "bare"}]},
    ]
    template = await engine.template("rich", {"type": "doc", "content": content}, 7)
    stray: Doc[Any] = Doc(client_id=8)
    stray.get("elsewhere", type=Text).insert(0, "hidden")

    found = await engine.check(template, [stray.get_update()], kind="rich")

    assert sorted(found) == [
        "schema-key at 1",
        "schema-mark at 1.1",
        "schema-node at 2.1",
        "schema-root",
        "schema-text at 3.1",
        "schema-value at 1",
    ]


async def test_marks_set_at_the_same_time_compact_as_they_replay(engine: Engine) -> None:
    """Two people format overlapping words; pieces and format ends differ inside, not outside."""
    first: Doc[Any] = Doc(client_id=5)
    text = first.get("default", type=XmlFragment).children.append(XmlText("one two three four"))
    base = first.get_update()
    second: Doc[Any] = Doc(client_id=6)
    second.apply_update(base)
    other = second.get("default", type=XmlFragment).children[0]
    assert isinstance(other, XmlText)
    text.format(0, 9, {"bold": {}})
    text.format(4, 13, {"link": {"href": "https://example.org/"}})
    other.format(4, 18, {"bold": {}, "italic": {}})
    other.format(0, 6, {"bold": None})
    del other[8:10]

    one = await engine.compact(base, [first.get_update(), second.get_update()], kind="rich")
    two = await engine.compact(base, [second.get_update(), first.get_update()], kind="rich")

    assert (one.text, one.state_vector) == (two.text, two.state_vector)
    assert one.text == "one two ree four"
