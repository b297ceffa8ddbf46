"""What other sites, hostile bytes and bad manners get from the server (PROTOCOL.md C2, W1-W3, T13).

Each refusal stands beside the request that is let through, so that it fails for its own reason.
"""

import asyncio
import json
import re
from pathlib import Path

import pytest

from tests.classroom import nonce, open_classroom
from tests.client import RoomClient
from tests.live import COOKIE
from tests.security.asking import browser, database_hash, every_request, knock, told
from tests.security.conftest import Country
from tests.security.naming import unknown
from twinspace_rt.app import FEATURES
from twinspace_rt.web import http as pages
from twinspace_rt.web.http_protocol import HEAD_MAX_BYTES
from twinspace_rt.web.security import SECURITY_HEADERS

SAFE = {"GET", "HEAD"}
JSON = {"content-type": "application/json"}
MALFORMED = b"\xff\xff\xff"
XSS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "</script><script>alert(1)</script>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=a()>',
    "{{constructor.constructor('alert(1)')()}}",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "' onmouseover='alert(1)",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "\\u003cscript\\u003ealert(1)",
)


# -- other sites


FOREIGN: list[tuple[dict[str, str], int]] = [
    ({"origin": ""}, 403),
    ({"origin": "null"}, 403),
    ({"origin": "https://evil.example"}, 403),
    ({"origin": "http://localhost.evil.example:{port}"}, 403),
    ({"origin": "https://localhost:{port}"}, 403),
    ({"sec-fetch-site": "cross-site"}, 403),
    ({"sec-fetch-site": "same-site"}, 403),
    ({"sec-fetch-site": "none"}, 403),
    ({"content-type": "text/plain"}, 400),
    ({"content-type": "application/x-www-form-urlencoded"}, 400),
    ({"content-type": "multipart/form-data; boundary=x"}, 400),
    ({"content-type": ""}, 400),
]


async def test_no_request_that_changes_something_comes_from_another_site(country: Country) -> None:
    live, token = country.live, country.here.people["anna"].token
    before = database_hash(country.live)
    changing = [asked for asked in every_request(live) if asked.method not in SAFE]
    assert len(changing) > 20
    async with browser(live, token) as window:
        for asked in changing:
            path = country.here.fill_path(asked.path)[0]
            content = json.dumps(asked.filled(country.here.id_of))
            for wrong, status in FOREIGN:
                headers = JSON | {k: v.format(port=live.port) for k, v in wrong.items()}
                answer = await window.request(asked.method, path, content=content, headers=headers)
                assert answer.status_code == status, (asked, wrong)
                assert answer.json()["error"]["code"] in {"origin", "content_type"}
                assert "access-control-allow-origin" not in answer.headers
    assert database_hash(country.live) == before


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_reading_changes_nothing(country: Country, method: str) -> None:
    people = {**country.here.people, "nobody": None}
    paths = {country.here.fill_path(a.path)[0] for a in every_request(country.live)}
    paths |= {"/", "/health/live", f"/rooms/{country.here.room_id}", "/link", "/assets/x"}
    before = database_hash(country.live)
    for person in people.values():
        async with browser(country.live, person.token if person else None) as window:
            for path in sorted(paths):
                assert (await window.request(method, path)).status_code < 500, path
    assert database_hash(country.live) == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_another_method_is_told_so_and_does_nothing(country: Country, method: str) -> None:
    before = database_hash(country.live)
    async with browser(country.live, country.here.people["anna"].token) as window:
        for asked in every_request(country.live):
            path = country.here.fill_path(asked.path)[0]
            answer = await window.request(method, path, content="{}", headers=JSON)
            assert answer.status_code == 405, asked
            assert answer.json()["error"]["code"] == "method"
            assert answer.headers["allow"]
    assert database_hash(country.live) == before


async def test_no_answer_sends_anybody_to_the_host_that_was_named(country: Country) -> None:
    async with browser(country.live, None) as window:
        answer = await window.get("/api/me/", headers={"host": "evil.example"})
    assert answer.status_code == 404
    assert "evil" not in told(answer)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "https://localhost:{port}",
        "http://localhost:1",
        "http://localhost.evil.example:{port}",
        "http://a.localhost.evil:{port}",
        "http://localhost:{port}@evil.example",
        "http://localhost:{port}/",
        "http://LOCALHOST:{port}",
    ],
)
async def test_a_foreign_page_opens_no_socket(country: Country, origin: str | None) -> None:
    live, here = country.live, country.here
    named = origin.format(port=live.port) if origin else origin
    token = here.people["maja"].token
    for path in (f"/ws/rooms/{here.room_id}", f"/ws/yjs/{here.addresses[0]}"):
        own = await knock(live, path, token, MALFORMED)
        refused = await knock(live, path, token, MALFORMED, origin=named)
        assert " 4400 " in own
        assert refused.startswith("403 "), path
        assert refused == await knock(live, path, None, MALFORMED, origin=named)


# -- headers


async def test_every_answer_carries_the_headers_that_guard_it(country: Country) -> None:
    live = country.live
    assets = [f"/assets/{one.name}" for one in (pages.CLIENT / "assets").glob("*")][:3]
    files = [f"/{one.name}" for one in pages.CLIENT.glob("*.*")]
    paths = [
        "/",
        "/health/live",
        "/api/me",
        "/api/nothing",
        "/api/sign-in",
        "/assets/none",
        "/a/b/c",
    ]
    async with browser(live, None) as window:
        answers = [await window.get(path) for path in [*paths, *assets, *files]]
        answers += [await window.post(path, json={}) for path in ("/", "/api/me", "/api/join")]
        answers += [await window.get("/api/me", headers={"a": "x" * 2 * HEAD_MAX_BYTES})]
    for answer in answers:
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers[name] == value, answer.url
    nowhere = ("/ws/", "/ws/rooms", "/ws/rooms/1/2", "/ws/anything", "/", "/assets/x", "/api/me")
    for path in (f"/ws/rooms/{country.here.room_id}", "/ws/yjs/none", *nowhere):
        refused = await knock(live, path, "x" * 43)
        assert refused.startswith("404 " if path in nowhere else "403 "), path
        assert all(value in refused for value in SECURITY_HEADERS.values())


async def test_an_error_nobody_foresaw_is_guarded_too_and_says_nothing(
    country: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index.html").mkdir()  # a page that cannot be read
    monkeypatch.setattr(pages, "CLIENT", tmp_path)
    async with browser(country.live, None) as window:
        answer = await window.get("/")
    assert answer.status_code == 500
    assert str(tmp_path) not in answer.text
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_no_page_may_run_what_stands_in_it() -> None:
    policy = dict(
        part.split(maxsplit=1) for part in SECURITY_HEADERS["content-security-policy"].split("; ")
    )
    assert "unsafe" not in str(policy)
    assert policy["default-src"] == policy["base-uri"] == policy["object-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    for kind in ("script-src", "style-src", "connect-src", "font-src"):
        assert policy[kind] == "'self'"


# -- hostile words and bytes


async def test_markup_is_stored_and_told_as_the_text_it_is(country: Country) -> None:
    live, here = country.live, country.elsewhere
    async with (
        await RoomClient.open(live, here.room_id, here.people["anna"]) as anna,
        await RoomClient.open(live, here.room_id, here.people["maja"]) as maja,
    ):
        await anna.hello()
        await maja.hello()
        for word in XSS:
            await anna.do("chat.post", channel_id="everyone", text=word)
            assert (await maja.expect("chat.posted"))["text"] == word
        for word in XSS[:3]:
            await anna.do("forum.start", board_id=here.ids["board_id"], title=word, text=word)
            await anna.do("docs.create", title=word, kind="text")
            await anna.do("docs.create_folder", title=word)
            await anna.do("people.edit_room", title=word, description=word)
            name = {"member_id": here.people["maja"].member_id, "name": word}
            await anna.do("people.rename", **name)
            assert (await maja.expect("forum.started"))["post"]["text"] == word
            assert (await maja.expect("docs.created"))["document"]["title"] == word
            assert (await maja.expect("docs.folder_created"))["folder"]["title"] == word
            assert (await maja.expect("people.room_changed"))["description"] == word
            assert (await maja.expect("people.changed"))["member"]["name"] == word
    async with browser(live, here.people["maja"].token) as window:
        answer = await window.get("/api/me")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["rooms"][0]["title"] == XSS[2]


async def raw_answer(country: Country, *parts: bytes) -> bytes:
    """Send bytes to the port and read what comes until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", country.live.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


GET = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([GET, b"\r\n"], 200),
        ([GET, b"A: " + b"x" * (HEAD_MAX_BYTES // 2) + b"\r\n\r\n"], 200),
        ([GET, b"A: " + b"x" * HEAD_MAX_BYTES + b"\r\n\r\n"], 431),
        ([GET, b"".join(b"A%d: x\r\n" % n for n in range(9000)), b"\r\n"], 431),
        ([b"GET /" + b"x" * 2 * HEAD_MAX_BYTES + b" HTTP/1.1\r\n\r\n"], 431),
        ([b"no such thing\r\n\r\n"], 400),
        ([b"POST /api/me HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{"], 400),
        (
            [
                b"POST /api/me HTTP/1.1\r\nContent-Length: 4\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            ],
            400,
        ),
    ],
)
async def test_a_head_that_is_too_large_or_says_two_things_is_refused(
    country: Country, parts: list[bytes], status: int
) -> None:
    answer = await raw_answer(country, *parts)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"content-security-policy: " in answer


async def test_a_header_without_an_end_is_not_read_to_the_end(country: Country) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", country.live.port)
    sent = 0
    try:
        writer.write(GET + b"A: ")
        while sent < 64 * 1024 * 1024:
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536
            await asyncio.sleep(0)
    except ConnectionError:
        pass
    finally:
        writer.close()
    assert sent < 64 * 1024 * 1024


async def test_a_body_that_is_too_large_is_refused(country: Country) -> None:
    async with browser(country.live, None) as window:
        for size, status in ((100, 400), (100_000, 400), (30_000_000, 400)):
            answer = await window.post("/api/join", content=b" " * size, headers=JSON)
            assert answer.status_code == status
            code = answer.json()["error"]["code"]
            assert code == ("invalid" if size == 100 else "too_large")


async def test_a_cookie_of_any_bytes_is_nobody(country: Country) -> None:
    async with browser(country.live, None) as window:
        for value in ("", "=", ";;", "x" * 43, "\xff" * 43, "../../etc/passwd", '"', "x" * 20_000):
            header = {b"cookie": f"{COOKIE}={value}".encode("latin-1")}
            answer = await window.get("/api/me", headers=header)
            assert answer.status_code == 401


# -- floods


async def test_commands_beyond_the_measure_wait_and_others_do_not(tmp_path: Path) -> None:
    async with open_classroom(tmp_path, FEATURES) as room:
        maja, anna = await room.enter("maja"), await room.enter("anna")
        await anna.do("chat.open")
        codes = []
        for _ in range(80):
            reply = await maja.ask("room.place", place={"tool": "chat"})
            codes.append(reply.get("error", {"code": "ok"})["code"])
            if "error" in reply:
                assert reply["error"]["retryable"]
                assert reply["error"]["retry_after_s"] >= 1
            again = await anna.ask("people.visits")
            assert "ok" in again or len(codes) > 55
        assert codes[:60] == ["ok"] * 60
        assert codes[-1] == "rate_limited"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * 4_001, "invalid"),
        ("x" * 65_536, "invalid"),
        (" ".join(f"<@{'0' * 18}{n:02d}>" for n in range(40)), "chat.many_mentions"),
        ("\u202e\u202e", "chat.empty"),
    ],
)
async def test_a_message_that_is_too_much_is_refused(tmp_path: Path, text: str, code: str) -> None:
    async with open_classroom(tmp_path, FEATURES) as room:
        anna = await room.enter("anna")
        refused = await anna.ask("chat.post", channel_id="everyone", text=text, nonce=nonce())
        assert refused["error"]["code"] == code
        assert not anna.pushes("chat.posted")


async def test_zalgo_and_overrides_reach_nobody_elses_lines(tmp_path: Path) -> None:
    async with open_classroom(tmp_path, FEATURES) as room:
        anna = await room.enter("anna")
        await anna.do("chat.post", channel_id="everyone", text="a" + "\u0301" * 200 + "\u202eb")
        text = anna.pushes("chat.posted")[0]["text"]
        assert len(text) < 10
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)


async def test_known_routes_are_all_tried(country: Country) -> None:
    bodies = {asked.path for asked in every_request(country.live) if asked.body is not None}
    assert {"/api/sign-in", "/api/rooms", "/api/link/accept"} <= bodies
    for asked in every_request(country.live):
        assert asked.filled(unknown) == {} or asked.body is not None
