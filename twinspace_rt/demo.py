"""The demonstration project: two schools, their people, and a room with life in it.

Its contents stand in ``demo.json`` and go into the room the way everyone's do: through the
features' own actions, as of the last two days.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, TypeVar

from twinspace_rt.accounts.invitations import Purpose, create_invitation
from twinspace_rt.accounts.people import AccountKind, create_account
from twinspace_rt.app import Node
from twinspace_rt.chat import actions as chat
from twinspace_rt.chat import opening
from twinspace_rt.chat.hours import Slot
from twinspace_rt.chat.messages import OpenChat, PostMessage, React, SetTimetable
from twinspace_rt.docs.store import create_document
from twinspace_rt.forum import actions as forum
from twinspace_rt.forum.board_actions import do_create_board, do_edit_board
from twinspace_rt.forum.messages import (
    ChooseBest,
    CreateBoard,
    EditBoard,
    LikePost,
    PinThread,
    ReplyToThread,
    StartThread,
)
from twinspace_rt.forum.thread_actions import do_choose_best, do_pin
from twinspace_rt.ids import new_id
from twinspace_rt.people.messages import CreateTeam
from twinspace_rt.people.team_actions import do_create_team
from twinspace_rt.rooms.access import Principal, Role
from twinspace_rt.rooms.feature import Act
from twinspace_rt.rooms.founding import add_member, create_room, create_school
from twinspace_rt.streams.log import NewEntry, Transaction
from twinspace_rt.web.security import is_loopback

C = TypeVar("C")
T = TypeVar("T")
LINK_DAYS = 1
STEP_MS = 9 * 60_000
LENGTH_MS = 24 * 3_600_000
FROM_HERE: dict[str, Any] = {"id": 0, "nonce": "demonstration"}
NO_PASSWORD = "-"  # noqa: S105 - is the hash of nothing: nobody signs in with it


@dataclass(frozen=True, slots=True)
class DemoLink:
    """A way into the demonstration: whose, and under which name of this host."""

    key: str
    name: str
    role: str
    place: str
    secret: str


@dataclass
class _Stage:
    """What was made so far, by the keys of ``demo.json``."""

    transaction: Transaction
    room_id: str = ""
    at: int = 0
    schools: dict[str, str] = field(default_factory=dict)
    principals: dict[str, Principal] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    teams: dict[str, str] = field(default_factory=dict)

    def act(self, key: str, do: Callable[[Act, C], T], command: C) -> T:
        """Run an action as somebody, some minutes after the one before it."""
        self.transaction.now, self.at = self.at, self.at + STEP_MS
        return do(Act(self.transaction, self.principals[key], None), command)


async def make_demo(node: Node) -> list[DemoLink]:
    """Make the demonstration project, and sign-in links for some of its people.

    The links hold for a day; on a server that listens to this machine alone they may be used
    again within it.
    """
    content = json.loads(files("twinspace_rt").joinpath("demo.json").read_text("utf-8"))
    written = []
    for document in content["documents"]:
        client_id = secrets.randbits(31)
        update = await node.engine.template(document["kind"], document["content"], client_id)
        written.append((document, client_id, update))

    def make(transaction: Transaction) -> tuple[list[DemoLink], list[tuple[str, NewEntry]]]:
        now = transaction.now
        stage = _Stage(transaction)
        _found(stage, content, now - LENGTH_MS)
        entries = []
        for document, client_id, update in written:
            author = stage.principals[document["by"]].member_id
            document_id = create_document(
                transaction.connection,
                stage.room_id,
                document["title"],
                document["kind"],
                author,
                now,
            )
            entries.append((document_id, NewEntry(author, update, [client_id])))
        _talk(stage, content)
        _discuss(stage, content)
        transaction.now = now
        reusable = is_loopback(node.settings.host) and not node.settings.public_url
        return _links(stage, content, now, reusable=reusable), entries

    links, entries = await node.hub.log.act(make)
    for document_id, entry in entries:
        await node.hub.log.append(document_id, 1, 0, [entry])
    return links


def _found(stage: _Stage, content: dict[str, Any], now: int) -> None:
    db = stage.transaction.connection
    for school in content["schools"]:
        facts = {name: value for name, value in school.items() if name != "key"}
        stage.schools[school["key"]] = create_school(db, **facts, now=now)
    stage.room_id = create_room(
        db,
        title=content["title"],
        description=content["description"],
        school_ids=list(stage.schools.values()),
        now=now,
    )
    for person in content["teachers"]:
        account_id = _account(stage, person, AccountKind.TEACHER, now)
        _member(stage, person, now, account_id=account_id)
    for person in content["pupils"]:
        _member(stage, person, now, real_name=person["real_name"])
    _account(stage, content["moderator"], AccountKind.MODERATOR, now)
    stage.at = now
    for one in content["teams"]:
        members = [stage.principals[key].member_id for key in one["members"]]
        create = CreateTeam(**FROM_HERE, name=one["name"], member_ids=members)
        stage.teams[one["name"]] = stage.act("karin", do_create_team, create)


def _account(stage: _Stage, person: dict[str, Any], kind: AccountKind, now: int) -> str:
    account_id = create_account(
        stage.transaction.connection,
        kind=kind,
        # A second demonstration in the same database has people of its own.
        email=f"{person['key']}.{new_id()[:6]}@example.org",
        password_hash=NO_PASSWORD,
        name=person["name"],
        school_id=stage.schools.get(person.get("school", "")),
        countries=person.get("countries", ""),
        language=person["language"],
        now=now,
    )
    stage.accounts[person["key"]] = account_id
    return account_id


def _member(
    stage: _Stage,
    person: dict[str, Any],
    now: int,
    *,
    account_id: str | None = None,
    real_name: str = "",
) -> None:
    role, school_id = Role(person["role"]), stage.schools[person["school"]]
    member_id = add_member(
        stage.transaction.connection,
        stage.room_id,
        role=role,
        name=person["name"],
        school_id=school_id,
        account_id=account_id,
        real_name=real_name,
        language=person["language"],
        now=now,
    )
    stage.principals[person["key"]] = Principal(
        room_id=stage.room_id,
        member_id=member_id,
        role=role,
        school_id=school_id,
        name=person["name"],
        session_id="",
        role_version=1,
    )


def _talk(stage: _Stage, content: dict[str, Any]) -> None:
    hours = content["chat_slots"]
    slots = [Slot(weekday=day, start=hours["start"], end=hours["end"]) for day in hours["weekdays"]]
    timetable = SetTimetable(**FROM_HERE, time_zone=hours["time_zone"], slots=slots)
    stage.act("karin", opening.do_set_timetable, timetable)
    # Whoever tries it out may do so at any hour.
    now_open = OpenChat(**FROM_HERE)
    stage.act("karin", opening.do_open, now_open)
    for message in content["chat"]:
        channel = message["channel"]
        post = PostMessage(
            **FROM_HERE,
            channel_id=stage.teams.get(channel, channel),
            text=message["text"],
        )
        message_id = stage.act(message["by"], chat.do_post, post)
        for emoji, key in message.get("reactions", ()):
            react = React(**FROM_HERE, message_id=message_id, emoji=emoji, on=True)
            stage.act(key, chat.do_react, react)


def _discuss(stage: _Stage, content: dict[str, Any]) -> None:
    boards = {}
    for board in content["boards"]:
        # Without its rule first: what pupils are told to have written there was approved.
        create = CreateBoard(**FROM_HERE, name=board["name"], description=board["description"])
        boards[board["name"]] = stage.act("karin", do_create_board, create)
    for thread in content["threads"]:
        start = StartThread(
            **FROM_HERE,
            board_id=boards[thread["board"]],
            title=thread["title"],
            text=thread["text"],
        )
        made = stage.act(thread["by"], forum.do_start_thread, start)
        for reply in thread["replies"]:
            answer = ReplyToThread(**FROM_HERE, thread_id=made.thread_id, text=reply["text"])
            post = stage.act(reply["by"], forum.do_reply, answer)
            for key in reply.get("likes", ()):
                like = LikePost(**FROM_HERE, post_id=post.post_id, liked=True)
                stage.act(key, forum.do_like, like)
            if reply.get("best"):
                best = ChooseBest(**FROM_HERE, thread_id=made.thread_id, post_id=post.post_id)
                stage.act(thread["by"], do_choose_best, best)
        if thread.get("pinned"):
            pin = PinThread(**FROM_HERE, thread_id=made.thread_id, pinned=True)
            stage.act(thread["by"], do_pin, pin)
    for board in content["boards"]:
        edit = EditBoard(**FROM_HERE, board_id=boards[board["name"]], **board)
        stage.act("karin", do_edit_board, edit)
    held = content["held"]
    start = StartThread(
        **FROM_HERE, board_id=boards[held["board"]], title=held["title"], text=held["text"]
    )
    stage.act(held["by"], forum.do_start_thread, start)


def _links(stage: _Stage, content: dict[str, Any], now: int, *, reusable: bool) -> list[DemoLink]:
    people = [*content["teachers"], *content["pupils"], content["moderator"]]
    links = []
    for key in content["links"]:
        person = next(person for person in people if person["key"] == key)
        account_id = stage.accounts.get(key)
        secret = create_invitation(
            stage.transaction.connection,
            Purpose.SIGN_IN,
            account_id=account_id,
            member_id=None if account_id else stage.principals[key].member_id,
            reusable=reusable,
            days=LINK_DAYS,
            now=now,
        )
        school = next((s for s in content["schools"] if s["key"] == person.get("school")), None)
        place = f"{school['city']}, {school['country']}" if school else person["countries"]
        kind = person.get("role", "moderator")
        links.append(DemoLink(key, person["name"], kind, place, secret))
    return links
