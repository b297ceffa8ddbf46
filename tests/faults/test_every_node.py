"""What ends at once ends on every node, and the people of a node that is pulled are seen to go."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from tests import figures
from tests.client import Json, RoomClient
from tests.faults.conftest import crowding
from tests.faults.nodes import Nodes
from tests.live import SeededRoom
from tests.pausing import server_paused
from twinspace_rt.rooms.access import Role

ROUNDS = 3
EVERYWHERE_MAX_S = 1.0
GONE_MAX_S = 10.0
PEOPLE = {
    "anna": (Role.TEACHER_ADMIN, 0),
    "nikos": (Role.TEACHER, 1),
    "maja": (Role.PUPIL, 0),
    **{f"pupil{n}": (Role.PUPIL, n % 2) for n in range(ROUNDS)},
}


@pytest_asyncio.fixture
async def people(nodes: Nodes) -> "AsyncIterator[People]":
    """A room of the test's own."""
    async with AsyncExitStack() as stack:
        yield People(nodes, await nodes.seed(people=PEOPLE), stack)


@dataclass
class People:
    """The windows of a room's people, on all nodes."""

    nodes: Nodes
    seeded: SeededRoom
    stack: AsyncExitStack
    worst: dict[str, float] = field(default_factory=dict)
    """How long each thing took at most until it was so on every node; seconds."""

    async def window(self, node: int, name: str) -> RoomClient:
        """Open a window of somebody on one of the nodes."""
        client = await RoomClient.open(
            self.nodes.all[node], self.seeded.room_id, self.seeded.people[name]
        )
        await self.stack.enter_async_context(client)
        await client.hello()
        return client

    async def measure(self, what: str, *all_of_it: Awaitable[object]) -> None:
        """Note how long something takes: to do it, and until all who are to know do."""
        began = time.monotonic()
        await asyncio.gather(*all_of_it)
        took = time.monotonic() - began
        self.worst[what] = max(took, self.worst.get(what, 0.0))

    def id_of(self, name: str) -> str:
        return self.seeded.people[name].member_id


async def answers(
    window: RoomClient, wanted: Callable[[Json], bool], type_: str, /, **fields: str
) -> None:
    """Give a command again and again, until the answer is the one that is wanted."""
    while not wanted(await window.ask(type_, **fields)):  # noqa: ASYNC110 - it is asked for
        await asyncio.sleep(0.1)  # not more often than a member may


def is_done(reply: Json) -> bool:
    return "ok" in reply


def is_refused(reply: Json) -> bool:
    return bool(reply.get("error", {}).get("code") == "forbidden")


async def remove(people: People, number: int, anna: RoomClient) -> None:
    """Take a pupil out who has a window on either of the other nodes."""
    name = f"pupil{number}"
    windows = [await people.window(node, name) for node in (1, 2)]
    codes: list[int] = []

    async def is_closed(window: RoomClient) -> None:
        codes.append(await window.closed())

    await people.measure(
        "removed",
        anna.do("people.remove", member_id=people.id_of(name)),
        *(is_closed(window) for window in windows),
    )
    assert codes == [4410, 4410]


async def change_role(people: People, anna: RoomClient, nikos: list[RoomClient]) -> None:
    """Trust a teacher with more and with less again, who has a window on the other nodes."""
    member_id = people.id_of("nikos")
    for role, fits in (("teacher-admin", is_done), ("teacher", is_refused)):

        async def heard(window: RoomClient, fits: Callable[[Json], bool] = fits) -> None:
            await window.expect(
                lambda f: f.get("type") == "people.changed" and f["member"]["id"] == member_id
            )
            facts = {"title": "Lakes", "description": ""}
            nonce = f"nonce-{time.monotonic_ns()}"
            await answers(window, fits, "people.edit_room", nonce=nonce, **facts)

        await people.measure(
            f"made a {role}",
            anna.do("people.set_role", member_id=member_id, role=role),
            *(heard(window) for window in nikos),
        )


async def close_chat(people: People, anna: RoomClient, pupils: list[RoomClient]) -> None:
    """Close the chat for pupils, who are on the other nodes."""
    await anna.do("chat.open")
    for window in pupils:
        await window.expect("chat.hours_changed")

    async def heard(window: RoomClient) -> None:
        await window.expect("chat.hours_changed")
        reply = await window.ask(
            "chat.post", channel_id="everyone", text="?", nonce=f"nonce-{time.monotonic_ns()}"
        )
        assert reply["error"]["code"] == "chat.closed"

    await people.measure("chat closed", anna.do("chat.close"), *(heard(w) for w in pupils))


@pytest.mark.parametrize("away", [False, True], ids=["with redis", "redis away"])
async def test_what_ends_ends_on_every_node(nodes: Nodes, people: People, away: bool) -> None:
    anna = await people.window(0, "anna")
    nikos = [await people.window(node, "nikos") for node in (1, 2)]
    maja = [await people.window(node, "maja") for node in (1, 2)]
    with ExitStack() as faults:
        for bus in nodes.buses if away else ():
            faults.enter_context(bus.down())
        for number in range(ROUNDS):
            await remove(people, number, anna)
            await change_role(people, anna, nikos)
            await close_chat(people, anna, maja)
    worst = ", ".join(f"{what} {took:.2f} s" for what, took in people.worst.items())
    figures.tell(
        f"on every node with Redis {'away' if away else 'there'}, at most of {ROUNDS}: {worst}",
        allowed=crowding(),
    )
    assert max(people.worst.values()) <= EVERYWHERE_MAX_S * crowding()


async def changes(window: RoomClient, connections: int, *member_ids: str) -> list[float]:
    """Tell after how many seconds somebody was told that people are here, or are not."""
    began, at = time.monotonic(), dict[str, float]()
    while not at.keys() >= set(member_ids):
        told = await window.expect("room.presence")
        for person in told["present"]:
            if person["connections"] == connections:
                at.setdefault(person["member_id"], time.monotonic() - began)
    return [at[member_id] for member_id in member_ids]


async def test_the_people_of_a_pulled_node_are_seen_to_go(nodes: Nodes, people: People) -> None:
    """One node stands still, another is cut off from Redis and the database; both come back."""
    anna = await people.window(0, "anna")
    nikos, maja = people.id_of("nikos"), people.id_of("maja")
    for node, name in ((1, "nikos"), (2, "maja")):
        await people.window(node, name)
        await changes(anna, 1, people.id_of(name))
    with (
        server_paused(nodes.all[1].pid),
        nodes.buses[2].half_open(),
        nodes.databases[2].half_open(),
    ):
        gone = await changes(anna, 0, nikos, maja)
    back = await changes(anna, 1, nikos, maja)
    figures.tell(
        f"gone after {gone[0]:.1f} s from a node that stands still, after {gone[1]:.1f} s from one "
        f"that is cut off; here again after {max(back):.1f} s",
        allowed=crowding(),
    )
    assert max(gone) <= GONE_MAX_S * crowding()
