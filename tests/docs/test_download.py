"""Taking a document away as a file (PROTOCOL.md, section 4)."""

import httpx
import pytest

from tests.live import Live, SeededRoom
from twinspace_rt.streams.log import NewEntry

CONTENT = {
    "type": "doc",
    "content": [
        {
            "type": "heading",
            "attrs": {"level": 1},
            "content": [{"type": "text", "text": "Høje å & Axios"}],
        },
        {
            "type": "paragraph",
            "content": [{"type": "text", "text": "wet", "marks": [{"type": "bold"}]}],
        },
    ],
}


async def _written(live: Live, seeded: SeededRoom) -> str:
    assert live.node is not None
    document_id = seeded.documents[0]
    update = await live.node.engine.template("rich", CONTENT, 77)
    member = seeded.people["maja"].member_id
    await live.node.hub.log.append(document_id, 1, 0, [NewEntry(member, update, [77])])
    return document_id


async def _get(
    live: Live, seeded: SeededRoom, person: str, document: str, form: str
) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(
            f"{live.http}/api/rooms/{seeded.room_id}/documents/{document}/export",
            params={"format": form},
            headers={"Cookie": seeded.people[person].cookie},
        )


@pytest.mark.parametrize(
    ("form", "kind", "ending", "words"),
    [
        ("markdown", "text/markdown", "md", ["# Høje å", "**wet**"]),
        ("html", "text/html", "html", ["<h2>Høje å &amp; Axios</h2>", "<strong>wet</strong>"]),
    ],
)
async def test_a_document_is_taken_away_as_a_file(
    live: Live, seeded: SeededRoom, form: str, kind: str, ending: str, words: list[str]
) -> None:
    answer = await _get(live, seeded, "eleni", await _written(live, seeded), form)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["content-disposition"].startswith(
        f'attachment; filename="Page 1.{ending}"'
    )
    assert "sandbox" in answer.headers["content-security-policy"]
    for word in words:
        assert word in answer.text


async def test_a_file_of_no_known_form_is_refused(live: Live, seeded: SeededRoom) -> None:
    answer = await _get(live, seeded, "eleni", await _written(live, seeded), "exe")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "docs.format"


@pytest.mark.parametrize("person", ["vera"])
async def test_who_may_not_read_a_document_finds_nothing(
    live: Live, seeded: SeededRoom, person: str
) -> None:
    document_id = await _written(live, seeded)
    refused = await _get(live, seeded, person, document_id, "html")
    unknown = await _get(live, seeded, person, "0" * 20, "html")
    assert refused.status_code == 404
    assert refused.json() == unknown.json()
