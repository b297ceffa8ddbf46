"""The nginx configuration for operators, with a real nginx before two real nodes, over TLS."""

import asyncio
import re
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests import programs
from tests.client import RoomClient
from tests.deploy.pages import DEPLOY
from tests.live import Live, SeededRoom, Someone, free_port, seed_room, serve_here
from tests.peers.raw import Peer, eventually
from twinspace_rt.accounts.sessions import cookie_name
from twinspace_rt.app import Node
from twinspace_rt.rooms.access import Role

SITE = (DEPLOY / "nginx" / "site.conf").read_text("utf-8")
NODES = (DEPLOY / "nginx" / "nodes.conf").read_text("utf-8")
NAME = "localhost"
ROOMS = 12
QUIET_FOR_S = 70
PAIR = {"anna": (Role.TEACHER_ADMIN, 0), "maja": (Role.PUPIL, 0)}


@dataclass
class Front:
    """nginx with two nodes behind it, and rooms that both have."""

    port: int
    plain_port: int
    nodes: list[Live]
    rooms: list[SeededRoom]
    trust: ssl.SSLContext
    running: list[AsyncExitStack]

    async def stop(self, number: int) -> None:
        """Let a node end as SIGTERM does."""
        await self.running[number].aclose()

    @property
    def origin(self) -> str:
        return f"https://{NAME}:{self.port}"

    def node(self, number: int) -> Node:
        node = self.nodes[number].node
        assert node is not None
        return node

    def browser(self, local_address: str = "127.0.0.1") -> httpx.AsyncClient:
        """Open a browser at an address of the loopback."""
        transport = httpx.AsyncHTTPTransport(
            verify=self.trust, local_address=local_address, http2=False
        )
        return httpx.AsyncClient(
            base_url=self.origin, headers={"origin": self.origin}, transport=transport
        )

    async def socket(
        self, path: str, person: Someone, *, origin: str | None = None, text: bool = True
    ) -> ClientConnection:
        """Open a WebSocket; raises ``InvalidStatus`` if it is refused."""
        cookie = f"{cookie_name(self.nodes[0].settings)}={person.token}"
        return await connect(
            f"wss://{NAME}:{self.port}{path}",
            host="127.0.0.1",
            ssl=self.trust,
            additional_headers={"Cookie": cookie, "Origin": origin or self.origin},
            subprotocols=[Subprotocol("twinspace.v1")] if text else None,
            compression=None,
            ping_interval=None,
        )

    async def window(self, room: SeededRoom, name: str) -> RoomClient:
        """Open a window of somebody in a room."""
        path = f"/ws/rooms/{room.room_id}"
        return RoomClient(await self.socket(path, room.people[name]))

    def places(self, room: SeededRoom) -> list[int]:
        """Count who is in a room, on each node."""
        found = [self.node(number).hub.get(room.room_id) for number in (0, 1)]
        return [len(room.connections) if room else 0 for room in found]


def configuration(port: int, plain_port: int, nodes: tuple[int, int]) -> str:
    """Read the files, and change their ports, name and certificate."""
    changes = {
        "ROOMS.EXAMPLE.ORG": NAME,
        "/etc/nginx/tls/FULLCHAIN.pem": "fullchain.pem",
        "/etc/nginx/tls/PRIVKEY.pem": "privkey.pem",
        "listen 443": f"listen 127.0.0.1:{port}",
        "listen 80": f"listen 127.0.0.1:{plain_port}",
        "127.0.0.1:8000": f"127.0.0.1:{nodes[0]}",
        "127.0.0.1:8001": f"127.0.0.1:{nodes[1]}",
    }
    # Not every machine has IPv6.
    text = re.sub(r"^ *listen \[::\].*\n", "", SITE + NODES, flags=re.M)
    for theirs, ours in changes.items():
        assert theirs in text
        text = text.replace(theirs, ours)
    return text


@asynccontextmanager
async def before_two_nodes(
    folder: Path, postgresql_url: str, redis_url: str
) -> AsyncIterator[Front]:
    """Put nginx before two nodes, as its files say but for names, ports and certificate."""
    port, plain_port = free_port(), free_port()
    certificate, key = programs.certificate(NAME)
    async with AsyncExitStack() as stack:
        running = [await stack.enter_async_context(AsyncExitStack()) for _ in range(2)]
        nodes = [
            await life.enter_async_context(
                serve_here(
                    folder / name,
                    database_url=postgresql_url,
                    bus_url=redis_url,
                    public_url=f"https://{NAME}:{port}",
                    trusted_proxies=1,
                )
            )
            for life, name in zip(running, ("first", "second"), strict=True)
        ]
        text = configuration(port, plain_port, (nodes[0].port, nodes[1].port))
        files = {"fullchain.pem": certificate, "privkey.pem": key}
        stack.enter_context(programs.nginx(text, files))
        assert nodes[0].node is not None
        database = nodes[0].node.database
        rooms = [
            await database.write(lambda db: seed_room(db, people=PAIR, documents=("text",)))
            for _ in range(ROOMS)
        ]
        trust = ssl.create_default_context(cadata=certificate.decode())
        yield Front(port, plain_port, nodes, rooms, trust, running)


@pytest_asyncio.fixture(scope="module")
async def front(
    tmp_path_factory: pytest.TempPathFactory, postgresql_url: str, redis_url: str
) -> AsyncIterator[Front]:
    """One nginx and two nodes for all tests that leave them as they are."""
    folder = tmp_path_factory.mktemp("nodes")
    async with before_two_nodes(folder, postgresql_url, redis_url) as front:
        yield front


async def test_pages_come_by_tls_with_one_set_of_security_headers(front: Front) -> None:
    async with front.browser() as browser:
        answers = [await browser.get("/health/live"), await browser.get("/api/me")]
        too_large = await browser.post("/api/sign-in", json={"password": "x" * 200_000})
    assert [answer.status_code for answer in answers] == [200, 401]
    assert too_large.status_code == 413  # nginx's own
    for answer in (*answers, too_large):
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        assert len(answer.headers.get_list("content-security-policy")) == 1
        assert "server" not in answer.headers or "/" not in answer.headers["server"]


async def test_a_body_that_the_server_refuses_reaches_it(front: Front) -> None:
    async with front.browser() as browser:
        answer = await browser.post("/api/sign-in", json={"password": "x" * 70_000})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "too_large")


async def test_without_tls_there_is_only_the_way_to_it(front: Front) -> None:
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(f"http://127.0.0.1:{front.plain_port}/rooms/1?a=b")
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://{NAME}/rooms/1?a=b"


async def test_a_location_for_certificates_can_stand_beside_the_way_to_tls() -> None:
    plain_port = free_port()
    text = configuration(free_port(), plain_port, (free_port(), free_port()))
    ours = "    location / {\n        return 301 "
    challenges = '    location /.well-known/acme-challenge/ { return 200 "a token"; }\n'
    assert text.count(ours) == 1
    certificate, key = programs.certificate(NAME)
    files = {"fullchain.pem": certificate, "privkey.pem": key}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{plain_port}") as browser:
        with programs.nginx(text.replace(ours, challenges + ours), files):
            challenge = await browser.get("/.well-known/acme-challenge/1")
            other = await browser.get("/.well-known/other")
    assert (challenge.status_code, challenge.text) == (200, "a token")
    assert other.headers["location"] == f"https://{NAME}/.well-known/other"


async def test_another_name_reaches_no_node(front: Front) -> None:
    async with front.browser() as browser:
        answer = await browser.get("/health/live", headers={"host": "elsewhere.example"})
        assert answer.status_code == 421
    with pytest.raises(ssl.SSLError):
        await asyncio.open_connection(
            "127.0.0.1", front.port, ssl=front.trust, server_hostname="elsewhere.example"
        )


async def test_a_page_from_elsewhere_opens_no_socket(front: Front) -> None:
    room = front.rooms[0]
    path, anna = f"/ws/rooms/{room.room_id}", room.people["anna"]
    with pytest.raises(InvalidStatus, match="403"):
        await front.socket(path, anna, origin="https://elsewhere.example")
    async with RoomClient(await front.socket(path, anna)) as window:
        assert (await window.hello())["you"]["member_id"] == anna.member_id


async def test_a_room_is_on_one_node_and_rooms_are_on_both(front: Front) -> None:
    async with AsyncExitStack() as stack:
        for room in front.rooms:
            for name in PAIR:
                window = await stack.enter_async_context(await front.window(room, name))
                await window.hello()
            stock = await front.socket(
                f"/ws/yjs/{room.documents[0]}.1", room.people["anna"], text=False
            )
            await stack.enter_async_context(stock)
        # A document's socket is open a moment before its person is in the room.
        everyone = len(PAIR) + 1
        await eventually(lambda: all(sum(front.places(room)) == everyone for room in front.rooms))
        places = [front.places(room) for room in front.rooms]
    assert all(max(place) >= len(PAIR) for place in places)
    busy = [max(range(2), key=place.__getitem__) for place in places]
    assert set(busy) == {0, 1}


async def test_a_document_is_on_one_node_in_every_epoch(front: Front) -> None:
    """The stock provider's address names no room, but the same document each time."""
    room = front.rooms[1]
    path = f"/ws/yjs/{room.documents[0]}"
    async with AsyncExitStack() as stack:
        for address in (path, f"{path}.1", f"{path}.1?anything=1"):
            stock = await front.socket(address, room.people["anna"], text=False)
            await stack.enter_async_context(stock)
        await eventually(lambda: sum(front.places(room)) == 3)
        assert sorted(front.places(room)) == [0, 3]


async def test_whoever_comes_to_a_closed_node_is_brought_to_the_other(front: Front) -> None:
    front.node(0).hub.closed = True
    try:
        for room in front.rooms:
            async with await front.window(room, "anna") as anna:
                await anna.hello()
                assert front.places(room) == [0, 1]
    finally:
        front.node(0).hub.closed = False


async def test_what_is_written_comes_through_and_is_called_saved(front: Front) -> None:
    room = front.rooms[2]
    async with await front.window(room, "anna") as anna, await front.window(room, "maja") as maja:
        for window in (anna, maja):
            await window.hello()
        await anna.do("chat.open")
        await maja.do("chat.post", channel_id="everyone", text="Hej!")
        assert (await anna.expect("chat.posted"))["text"] == "Hej!"
    socket = await front.socket(f"/ws/rooms/{room.room_id}", room.people["maja"], text=False)
    async with Peer(socket, f"{room.documents[0]}.1", addressed=True) as peer:
        joined = await peer.join()
    assert joined[-1].name == "step2"


async def test_the_server_sees_the_address_that_nginx_saw(front: Front) -> None:
    """What a client says of itself in the header is not believed."""
    wrong = {"email": "nobody@example.org", "password": "not mine"}
    claimed = {"x-forwarded-for": "203.0.113.9, 203.0.113.10"}
    async with front.browser("127.0.0.2") as browser:
        for _ in range(4):  # on both nodes, most likely; whichever it is
            answer = await browser.post("/api/sign-in", json=wrong, headers=claimed)
            assert answer.status_code == 401
    counted = {
        network for number in (0, 1) for network in front.node(number).entry._addresses._counts
    }
    assert "127.0.0.2" in counted
    assert counted <= {"127.0.0.1", "127.0.0.2"}


def test_nginx_waits_longer_than_the_server() -> None:
    """C6: a word every 20 seconds, and 60 until a silent client is given up."""
    for name in ("proxy_read_timeout", "proxy_send_timeout"):
        [seconds] = re.findall(rf"^\s*{name}\s+(\d+)s;", SITE, flags=re.M)
        assert int(seconds) > 60


@pytest.mark.long
async def test_a_quiet_socket_stays_open(front: Front) -> None:
    """Past nginx's own 60 seconds."""
    async with await front.window(front.rooms[3], "anna") as window:
        await window.hello()
        closed = asyncio.create_task(window.socket.wait_closed())
        assert not (await asyncio.wait([closed], timeout=QUIET_FOR_S))[0]
        assert "ok" in await window.ask("chat.overview")


async def test_newcomers_of_a_closed_node_are_served_by_the_other(front: Front) -> None:
    front.node(0).hub.closed = True
    try:
        async with AsyncExitStack() as stack:
            for room in front.rooms:
                window = await stack.enter_async_context(await front.window(room, "maja"))
                await window.hello()
            assert [front.places(room) for room in front.rooms] == [[0, 1]] * ROOMS
            async with front.browser() as browser:
                answers = [await browser.get("/health/live") for _ in range(4)]
        assert {answer.status_code for answer in answers} == {200}
    finally:
        front.node(0).hub.closed = False


async def test_people_of_a_node_that_goes_come_back_to_the_other(
    tmp_path: Path, postgresql_url: str, redis_url: str
) -> None:
    async with before_two_nodes(tmp_path, postgresql_url, redis_url) as front:
        room = front.rooms[0]
        async with await front.window(room, "anna") as anna:
            await anna.hello()
            [gone] = [number for number in (0, 1) if front.places(room)[number]]
            ending = asyncio.create_task(front.stop(gone))
            assert await anna.closed() == 1012
            await ending
        async with await front.window(room, "anna") as anna:
            assert (await anna.hello())["type"] == "room.welcome"
            assert front.places(room)[1 - gone] == 1
        await front.stop(1 - gone)
        async with front.browser() as browser:
            answer = await browser.get("/")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "10"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_renewed_certificate_is_read_anew_and_cuts_nobody_off(
    tmp_path: Path, postgresql_url: str, redis_url: str
) -> None:
    async with (
        before_two_nodes(tmp_path, postgresql_url, redis_url) as front,
        await front.window(front.rooms[0], "anna") as anna,
    ):
        await anna.hello()
        await anna.do("chat.open")
        trust = await asyncio.to_thread(renew_certificate, front.port)
        async with asyncio.timeout(30):
            while not await is_trusted(front.port, trust):  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.05)
        await anna.do("chat.post", channel_id="everyone", text="Still here")


def renew_certificate(port: int) -> ssl.SSLContext:
    """Give the nginx at a port another certificate, which alone is trusted by what is returned."""
    [master] = [
        process
        for process in psutil.Process().children()
        if port in {line.laddr.port for line in process.net_connections() if line.laddr}
    ]
    certificate, key = programs.certificate(NAME)
    Path(master.cwd(), "fullchain.pem").write_bytes(certificate)
    Path(master.cwd(), "privkey.pem").write_bytes(key)
    master.send_signal(signal.SIGHUP)  # as `nginx -s reload` does
    return ssl.create_default_context(cadata=certificate.decode())


async def is_trusted(port: int, trust: ssl.SSLContext) -> bool:
    """Tell whether whoever trusts one certificate alone may open a connection."""
    try:
        _, line = await asyncio.open_connection("127.0.0.1", port, ssl=trust, server_hostname=NAME)
    except ssl.SSLCertVerificationError:
        return False
    line.close()
    return True
