"""Golden frames: what people's clients hold of the people, are told, and would read afresh.

One file for each person: the state at the ``start``, and for every step the ``pushes`` it caused
and the state ``after`` it. The server's tests compare the files with what it says now; the client's
tests put the pushes on the states and compare. ``python -m tests.people.frames`` writes them anew
after a change that is meant.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection

from tests.classroom import Classroom, Json, Person, open_classroom
from tests.golden import same_each_time, state_of, write_anew
from tests.live import COOKIE
from twinspace_rt.accounts import sessions
from twinspace_rt.accounts.entry import Entry
from twinspace_rt.accounts.invitations import Purpose, create_invitation
from twinspace_rt.accounts.people import AccountKind, create_account
from twinspace_rt.accounts.tickets import Tickets
from twinspace_rt.people import feature, queries
from twinspace_rt.people.http import PeopleRoutes
from twinspace_rt.protocol import now_ms
from twinspace_rt.settings import Settings
from twinspace_rt.web.api import Api
from twinspace_rt.web.security import Origins

FOLDER = Path(__file__).parent.parent / "frames" / "people"
WATCHERS = ("anna", "bo", "maja", "eleni", "vera")
Step = tuple[str, str, str, Json]
ACCOUNT = {"name": "Lars", "email": "lars@example.org", "password": "en blå sol", "language": "sv"}

# Who does what, and under which name what came of it is known to the steps after it.
STEPS: list[Step] = [
    (
        "comet",
        "anna",
        "people.add_pupils",
        {"school_id": "lund", "roster": "Ada Berg, Comet\nBo Ek", "language": "sv"},
    ),
    ("", "anna", "people.rename", {"member_id": "comet", "name": "Nova", "real_name": "Ada B"}),
    ("", "bo", "people.reset_card", {"member_id": "comet"}),
    ("", "anna", "people.set_role", {"member_id": "bo", "role": "teacher-admin"}),
    ("", "anna", "people.set_role", {"member_id": "comet", "role": "pupil-admin"}),
    ("wasps", "anna", "people.create_team", {"name": "Wasps", "member_ids": ["comet", "eleni"]}),
    ("", "anna", "people.rename_team", {"team_id": "wasps", "name": "Hornets"}),
    ("", "anna", "people.assign_team", {"team_id": "wasps", "member_ids": ["comet", "nils"]}),
    ("", "anna", "people.remove", {"member_id": "comet"}),
    ("", "anna", "people.restore", {"member_id": "comet"}),
    ("", "anna", "people.remove", {"member_id": "nils"}),
    ("", "anna", "people.remove_team", {"team_id": "wasps"}),
    ("", "eleni", "people.choose_avatar", {"creature": "whale", "tint": 20}),
    ("", "maja", "people.choose_language", {"language": "da"}),
    ("", "anna", "people.edit_room", {"title": "Seas", "description": "Of Europe"}),
    ("", "anna", "people.set_room_state", {"state": "closed"}),
    # Over HTTP: whoever comes in cannot send a command before. The second visit is on another
    # device, and ends the first.
    ("", "inga", "/rooms/{room_id}/visit", {}),
    ("", "inga", "/rooms/{room_id}/visit", {}),
    ("", "inga's phone", "/rooms/{room_id}/visit", {}),
    ("", "inga's phone", "/rooms/{room_id}/leave", {}),
    ("", "karin", "/link/join", {"token": "karin's link"}),
    ("", "lars", "/link/accept", ACCOUNT | {"token": "lars's link"}),
]


async def record(folder: Path) -> dict[str, Json]:
    """Take every step in turn in a new room, and return each watcher's record."""
    with same_each_time():
        async with open_classroom(folder, [feature]) as room:
            people = {name: await room.enter(name) for name in room.members}
            records: dict[str, Json] = {
                name: {
                    "start": await state_of(room, people[name], queries.people_snapshot),
                    "steps": [],
                }
                for name in WATCHERS
            }
            outside: Outside | None = None
            ids = room.members | room.teams | dict(zip(("lund", "city"), room.schools, strict=True))
            for name, who, kind, fields in STEPS:
                for person in people.values():
                    person.inbox.frames.clear()
                if kind.startswith("/"):
                    outside = outside or await enter_outside(room)
                    await outside.post(who, kind, fields)
                    result = None
                else:
                    result = (await people[who].do(kind, **_named(fields, ids))).get("result")
                if name:
                    ids[name] = result if isinstance(result, str) else _first_card(result)
                pushes = {name: people[name].pushes() for name in WATCHERS}
                await _caught_up(people, kind)
                for watcher in WATCHERS:
                    after = await state_of(room, people[watcher], queries.people_snapshot)
                    step = {"step": f"{who}: {kind}", "pushes": pushes[watcher], "after": after}
                    records[watcher]["steps"].append(step)
    return records


@dataclass
class Outside:
    """Staff who are in no room yet, each with a sign-in, and the links they were given."""

    room_id: str
    client: httpx.AsyncClient
    tokens: dict[str, str]
    links: dict[str, str]

    async def post(self, who: str, path: str, fields: Json) -> None:
        """Ask something that must be granted."""
        answer = await self.client.post(
            path.format(room_id=self.room_id),
            json=fields | ({"token": self.links[fields["token"]]} if "token" in fields else {}),
            headers={"cookie": f"{COOKIE}={self.tokens.get(who, '')}"},
        )
        assert answer.is_success, answer.text


async def enter_outside(room: Classroom) -> Outside:
    """Register a moderator and a teacher, and serve what they ask over HTTP."""
    settings = Settings()
    entry = Entry(settings, room.database, lambda _: None)
    routes = PeopleRoutes(entry, room.hub.log, Tickets(b"")).routes()
    api = Api(routes, origins=Origins(settings), trusted_proxies=0)
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(api),
        base_url=settings.origin,
        headers={"origin": settings.origin},
    )
    outside = Outside(room.room_id, client, {}, {})

    def register(db: Connection) -> None:
        for name, kind in (("inga", AccountKind.MODERATOR), ("karin", AccountKind.TEACHER)):
            school_id = room.schools[1] if kind is AccountKind.TEACHER else None
            account_id = create_account(
                db,
                kind=kind,
                email=f"{name}@example.org",
                password_hash="",
                name=name.capitalize(),
                school_id=school_id,
                countries="*" if school_id is None else "",
                now=1,
            )
            for device in (name, f"{name}'s phone"):
                opened = sessions.open_for_account(db, account_id, hours=8, now=now_ms())
                outside.tokens[device] = opened.token
        for name in ("karin", "lars"):
            outside.links[f"{name}'s link"] = create_invitation(
                db,
                Purpose.ACCOUNT,
                kind=AccountKind.TEACHER,
                school_id=room.schools[1],
                room_id=room.room_id,
                role="teacher",
                days=1,
                now=now_ms(),
            )

    await room.database.write(register)
    return outside


async def _caught_up(people: dict[str, Person], kind: str) -> None:
    # Rights are read again after the push; the next step is judged by them.
    room = people["anna"].room
    if kind in {"people.set_role", "people.assign_team", "people.create_team"}:
        await room.refresh([person.member_id for person in people.values()])


def _first_card(result: Any) -> str:
    return str(result["cards"][0]["member_id"])


def _named(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _named(part, ids) for key, part in value.items()}
    if isinstance(value, list):
        return [_named(part, ids) for part in value]
    return ids.get(value, value)


if __name__ == "__main__":
    write_anew(record, FOLDER)
