"""The client's files as browsers ask for them."""

import gzip
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from twinspace_rt.web.http import Assets, accepted_encodings

SCRIPT = b"console.log('rivers');\n" * 100


@pytest.fixture
def client(tmp_path: Path) -> httpx.AsyncClient:
    """A site of one script that has a gzip copy, and one that has none."""
    (tmp_path / "a-1.js").write_bytes(SCRIPT)
    (tmp_path / "a-1.js.gz").write_bytes(gzip.compress(SCRIPT))
    (tmp_path / "b-1.js").write_bytes(SCRIPT)
    app = Starlette(routes=[Mount("/assets", Assets(directory=tmp_path))])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


@pytest.mark.parametrize(
    ("name", "asks", "coding"),
    [
        ("a-1.js", "gzip, deflate, br", "gzip"),
        ("a-1.js", "br", None),
        ("a-1.js", "gzip;q=0", None),
        ("a-1.js", "identity", None),
        ("b-1.js", "gzip", None),
    ],
)
async def test_file_comes_as_the_browser_takes_it(
    client: httpx.AsyncClient, name: str, asks: str, coding: str | None
) -> None:
    answer = await client.get(f"/assets/{name}", headers={"accept-encoding": asks})
    assert answer.content == SCRIPT
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["vary"] == "accept-encoding"
    assert "immutable" in answer.headers["cache-control"]


async def test_missing_file_is_not_kept(client: httpx.AsyncClient) -> None:
    answer = await client.get("/assets/c-1.js", headers={"accept-encoding": "gzip"})
    assert answer.status_code == 404
    assert "cache-control" not in answer.headers


def test_weights_of_nothing_refuse() -> None:
    assert accepted_encodings("br;q=1.0, gzip; q=0.000, zstd;q=0") == {"br"}
