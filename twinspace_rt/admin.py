"""What an operator asks of a server from the command line, whether it runs or not.

The embedded database belongs to one process. So a running server listens on a Unix socket in its
data folder, which only its own user may open; each request is one line of JSON, and so is the
answer. Without a running server the command opens the database itself.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import shlex
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import Connection, select

from twinspace_rt.accounts import sessions
from twinspace_rt.accounts.invitations import (
    PASSWORD_LINK_DAYS,
    Purpose,
    create_invitation,
    link,
    revoke_invitations,
)
from twinspace_rt.accounts.models import account, invitation
from twinspace_rt.accounts.people import AccountKind
from twinspace_rt.app import Node, build_node, create_app
from twinspace_rt.demo import make_demo
from twinspace_rt.docs.store import create_document
from twinspace_rt.errors import TwinspaceError
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.access import Role
from twinspace_rt.rooms.founding import add_member, create_room, create_school
from twinspace_rt.rooms.models import room
from twinspace_rt.settings import Settings

log = logging.getLogger(__name__)
FIRST_START_MS = 60_000
LOAD_SESSION_HOURS = 30 * 24
REQUEST_MAX_BYTES = 64 * 1024


class CreateAdministrator(Struct, tag="create-administrator", forbid_unknown_fields=True):
    """Make a one-time link with which somebody becomes an administrator; older ones end."""


class LoadRoom(Struct, tag="load-room", forbid_unknown_fields=True):
    """Make a room for load tests, with signed-in members and empty documents."""

    documents: Annotated[int, Meta(ge=0, le=10_000)] = 1
    members: Annotated[int, Meta(ge=1, le=10_000)] = 1
    kind: Literal["text", "rich"] = "text"


class MakeDemo(Struct, tag="demo", forbid_unknown_fields=True):
    """Make the demonstration project."""


Request = CreateAdministrator | LoadRoom | MakeDemo


class Way(Struct, kw_only=True):
    """A link, and whose it is."""

    who: str
    link: str


class LoadMember(Struct, kw_only=True):
    """A member of a room for load tests; ``cookie`` is for a Cookie header."""

    id: str
    cookie: str


class LoadedRoom(Struct, kw_only=True):
    """A room for load tests: its documents and its members, already signed in."""

    room: str
    documents: list[str]
    members: list[LoadMember]


class AdminFailed(TwinspaceError):
    """The running server did not do what was asked; the message says why."""


async def carry_out(node: Node, request: Request) -> Any:
    """Do what an operator asks; returns what is printed."""
    match request:
        case CreateAdministrator():
            token = await node.database.write(_invite_administrator)
            return [Way(who="Administrator", link=link(node.settings, token))]
        case LoadRoom():
            return await node.database.write(lambda db: _load_room(db, node.settings, request))
        case MakeDemo():
            return [
                Way(
                    who=f"{made.name} ({made.role}, {made.place})",
                    link=link(node.settings, made.secret, host=f"{made.key}.localhost"),
                )
                for made in await make_demo(node)
            ]


async def nobody_is_here(node: Node) -> bool:
    """Tell whether the database holds neither an account nor a room."""
    return not await node.database.read(holds_anybody)


def how_to_begin(settings: Settings) -> str:
    """Say how the first administrator comes in, without a link that would stay in a log."""
    program = f"{shlex.quote(sys.executable)} -m twinspace_rt admin create-administrator"
    folder = shlex.quote(str(settings.data_dir.resolve()))
    return (
        "Nobody is here yet. This prints a link for the first administrator, run with the "
        f"server's settings and as its user, or as root:\n  TWINSPACE_DATA_DIR={folder} {program}"
    )


async def first_start(node: Node) -> list[Way]:
    """Make the first administrator's link and the demonstration, if nobody is here yet.

    Of several nodes that start on an empty database at once, one does it.

    Returns:
        The links to show; none if the database holds an account or a room, or another node has
        begun with it within the last minute.
    """
    token = await node.database.write(
        lambda db: _begin(db, shared=bool(node.settings.database_url))
    )
    if token is None:
        return []
    ways: list[Way] = [Way(who="Administrator", link=link(node.settings, token))]
    if node.settings.demo:
        ways += await carry_out(node, MakeDemo())
    return ways


def _begin(db: Connection, *, shared: bool) -> str | None:
    """Invite the first administrator, if nobody is here and (if ``shared``) nobody else does."""
    just_now = select(invitation.c.id).where(
        invitation.c.kind == AccountKind.ADMINISTRATOR,
        invitation.c.created_at > now_ms() - FIRST_START_MS,
    )
    if holds_anybody(db) or (shared and db.execute(just_now.limit(1)).first()):
        return None
    return _invite_administrator(db)


def holds_anybody(db: Connection) -> bool:
    """Tell whether a database holds an account or a room."""
    ids = (account.c.id, room.c.id)
    return any(db.execute(select(column).limit(1)).first() for column in ids)


def _invite_administrator(db: Connection) -> str:
    """Make a link to print, and end those printed before: nobody knows where they are kept."""
    now, kind = now_ms(), AccountKind.ADMINISTRATOR
    revoke_invitations(db, None, now, kind=kind)
    return create_invitation(db, Purpose.ACCOUNT, kind=kind, days=PASSWORD_LINK_DAYS, now=now)


def _load_room(db: Connection, settings: Settings, request: LoadRoom) -> LoadedRoom:
    now = now_ms()
    school_id = create_school(
        db,
        name="Load test",
        country="BE",
        city="",
        time_zone=settings.default_time_zone,
        now=now,
    )
    room_id = create_room(db, title="Load test", school_ids=[school_id], now=now)
    members = []
    for number in range(1, request.members + 1):
        member_id = add_member(
            db,
            room_id,
            role=Role.TEACHER_ADMIN if number == 1 else Role.PUPIL,
            name=f"Member {number}",
            school_id=school_id,
            # One would otherwise be looked for among all members, each time anew.
            avatar=("fox", number % 24),
            now=now,
        )
        opened = sessions.open_for_member(db, member_id, hours=LOAD_SESSION_HOURS, now=now)
        cookie = f"{sessions.cookie_name(settings)}={opened.token}"
        members.append(LoadMember(id=member_id, cookie=cookie))
    documents = [
        create_document(db, room_id, f"Load {number}", request.kind, members[0].id, now)
        for number in range(1, request.documents + 1)
    ]
    return LoadedRoom(room=room_id, documents=documents, members=members)


# -- the running server's side


@contextlib.asynccontextmanager
async def listening(node: Node) -> AsyncIterator[None]:
    """Take operators' requests while the context lasts.

    Of several processes with one data folder, the first one takes them: all can do the same.
    """
    with (node.settings.data_dir / "admin.lock").open("wb") as lock:
        try:
            # A lock of the operating system, so that it is gone when the process is.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield
            return
        with _bound(node.settings.data_dir / "admin.sock") as listener:
            server = await asyncio.start_unix_server(
                partial(_serve, node), sock=listener, limit=REQUEST_MAX_BYTES
            )
            try:
                yield
            finally:
                server.close()


@contextlib.contextmanager
def _bound(path: Path) -> Iterator[socket.socket]:
    with _reachable(path) as address:
        path.unlink(missing_ok=True)  # of a server that was killed
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            listener.bind(address)
        finally:
            os.umask(before)
    try:
        yield listener
    finally:
        path.unlink(missing_ok=True)


async def _serve(node: Node, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.closing(writer), contextlib.suppress(ConnectionError):
        writer.write(msgspec.json.encode(await _answer(node, await reader.readline())) + b"\n")
        await writer.drain()


async def _answer(node: Node, line: bytes) -> dict[str, Any]:
    try:
        return {"ok": await carry_out(node, msgspec.json.decode(line, type=Request))}
    except msgspec.MsgspecError as error:
        return {"error": f"This server does not know that request: {error}."}
    except TwinspaceError as error:
        return {"error": str(error)}
    except Exception:
        log.exception("an operator's request failed")
        return {"error": "Something went wrong on the server; its log says more."}


# -- the command line's side


def ask(settings: Settings, request: Request) -> Any:
    """Have the server of this data folder do something; without one running, do it here.

    Raises:
        AdminFailed: The running server could not do it.
        DatabaseBusy: A process has the database that does not answer.
    """
    path = settings.data_dir / "admin.sock"
    if path.exists():
        with contextlib.suppress(ConnectionRefusedError), _reachable(path) as address:
            return _ask_running(address, request)
    return asyncio.run(_do_here(settings, request))


def _ask_running(address: str, request: Request) -> Any:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(address)
        connection.sendall(msgspec.json.encode(request) + b"\n")
        with connection.makefile("rb") as lines:
            line = lines.readline()
    answer = msgspec.json.decode(line or b'{"error":"The server stopped meanwhile."}')
    if "error" in answer:
        raise AdminFailed(answer["error"])
    return answer["ok"]


async def _do_here(settings: Settings, request: Request) -> Any:
    node = build_node(settings)
    app = create_app(node)
    async with app.router.lifespan_context(app):
        return msgspec.to_builtins(await carry_out(node, request))


@contextlib.contextmanager
def _reachable(path: Path) -> Iterator[str]:
    # The address of a Unix socket holds about a hundred bytes; a folder's may be longer.
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}" if len(os.fsencode(path)) > 100 else str(path)
    finally:
        os.close(folder)
