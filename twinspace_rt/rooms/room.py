"""One project's live state on this node: its connections, and the way of a command through it."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import InitVar, dataclass, field, replace
from typing import Any

import msgspec
from sqlalchemy import Connection as DbConnection
from sqlalchemy import bindparam, select

from twinspace_rt import meters
from twinspace_rt.bus.neighbours import Neighbours
from twinspace_rt.errors import (
    CloseCode,
    CommandError,
    Disconnect,
    InvalidCommand,
    RateLimited,
    StorageUnavailable,
)
from twinspace_rt.protocol import (
    Command,
    CommandDecoder,
    Ok,
    Push,
    Signal,
    command_id,
    encode,
    encode_error,
    now_ms,
)
from twinspace_rt.rooms.access import (
    EVERYONE,
    ROOM,
    Principal,
    Role,
    RoomState,
    Rule,
    can_see,
    reading,
)
from twinspace_rt.rooms.bucket import Bucket
from twinspace_rt.rooms.connection import TEXT, Connection, Frame
from twinspace_rt.rooms.feature import Call, Feature, Handler
from twinspace_rt.rooms.messages import Hello, RoomFacts, Welcome, You
from twinspace_rt.rooms.models import member, room, team, team_member
from twinspace_rt.rooms.presence import Presence
from twinspace_rt.streams.follow import EventsGone, Head, events_after, stream_head
from twinspace_rt.streams.log import Event, Log

log = logging.getLogger(__name__)
COMMANDS_PER_S = 20.0
COMMANDS_BURST = 60.0
REFRESH_AGAIN_S = 0.25
_FACTS = select(room.c.id, room.c.title, room.c.description, room.c.state).where(
    room.c.id == bindparam("room_id")
)


class _Tag(msgspec.Struct):
    type: str


_tag_decoder = msgspec.json.Decoder(_Tag)
_passing_encoder = msgspec.msgpack.Encoder()
_passing_decoder = msgspec.msgpack.Decoder(tuple[str, bytes])


class FeatureSet:
    """All that the features listed, in the form the rooms use it in."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self.features = tuple(features)
        self.handlers: dict[type[Command], tuple[Handler, Rule]] = {}
        self.on_push: dict[str, list[tuple[type[Push], Any]]] = {}
        for feature in features:
            for command, row in feature.commands.items():
                if command in self.handlers:
                    raise ValueError(f"{command.__name__} is listed twice")
                self.handlers[command] = row
            for push, hook in feature.on_push.items():
                self.listen(push, hook)
        self.decoder = CommandDecoder([*self.handlers, Hello])

    def listen(self, push: type[Push], hook: Callable[["Room", Any], None]) -> None:
        """Call ``hook`` after each delivery of such an event, as `Feature.on_push` does."""
        tag = str(push.__struct_config__.tag)
        self.on_push.setdefault(tag, []).append((push, hook))

    @property
    def table(self) -> Mapping[str, Rule]:
        """The permission table of commands: message type to its row."""
        rows = {str(c.__struct_config__.tag): rule for c, (_, rule) in self.handlers.items()}
        return rows | {str(Hello.__struct_config__.tag): reading(EVERYONE)}


@dataclass(slots=True, eq=False)
class Room:
    """One room that is open on this node.

    Events reach connections in ``seq`` order. A failure of one connection or one feature's hook
    is kept to it.
    """

    id: str
    state: RoomState
    head: Head
    """The last event this node has delivered, or knew of when the room was opened."""
    log: Log
    features: FeatureSet
    follow: Callable[[Coroutine[Any, Any, None]], None]
    """Runs what follows an event and has to wait, such as :meth:`refresh`."""
    neighbours: InitVar[Neighbours]
    connections: set[Connection] = field(default_factory=set)
    presence: Presence = field(init=False)
    _team_changes: int = 0
    _buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)

    def __post_init__(self, neighbours: Neighbours) -> None:
        self.presence = Presence(self, neighbours)

    # -- coming and going

    def enter(self, connection: Connection) -> None:
        """Take a connection in; it receives nothing before its ``room.hello``."""
        self.connections.add(connection)

    def make_place(self, member_id: str) -> bool:
        """Close a connection of whoever has most of them, for one more of a member.

        Their newest goes: the older ones are likelier to be worked in. Nobody is left with fewer
        than the newcomer has then.

        Returns:
            Whether there is a place now.
        """
        held = Counter(one.principal.member_id for one in self.connections)
        [(most, count)] = held.most_common(1)
        if count <= held[member_id] + 1:
            return False
        theirs = (one for one in self.connections if one.principal.member_id == most)
        newest = max(theirs, key=lambda one: one.number)
        newest.close(CloseCode.OVERLOAD, "room_full")
        self.leave(newest)
        return True

    def leave(self, connection: Connection) -> None:
        """Forget a connection; a second call does nothing."""
        if connection in self.connections:
            self.connections.discard(connection)
            self.presence.leave(connection)
            if connection.channel is not None:
                connection.channel.close()

    async def greet(self, connection: Connection, hello: Hello) -> None:
        """Admit a connection and send all it needs to catch up.

        Events are held while state is read, so one committed meanwhile can be read as well; the
        repeat is dropped by ``seq``. The other order would lose it.
        """
        if connection.greeted:
            raise InvalidCommand("This connection has said hello already.", code="room.greeted")
        connection.hold()
        principal = connection.principal

        def read(db: DbConnection) -> tuple[Head, list[Event] | None, RoomFacts, dict[str, Any]]:
            head = stream_head(db, self.id)
            known = RoomFacts(**db.execute(_FACTS, {"room_id": self.id}).one()._mapping)
            if hello.since is not None:
                try:
                    since = hello.since
                    missed = events_after(db, self.id, since.epoch, since.seq, head=head)
                    return head, missed, known, {}
                except EventsGone:
                    pass  # the answer is everything, never a part of what was missed
            parts = {
                f.name: f.snapshot(db, principal) for f in self.features.features if f.snapshot
            }
            return head, None, known, parts

        try:
            head, missed, facts, parts = await self.log.database.read(read)
        except StorageUnavailable:
            connection.let_go()  # nothing piles up for whoever never says hello again
            raise
        if connection.closed:
            return
        self.presence.enter(connection)
        welcome = Welcome(
            id=hello.id,
            epoch=head.epoch,
            seq=head.seq,
            resumed=missed is not None,
            server_time=now_ms(),
            you=You(
                member_id=principal.member_id,
                name=principal.name,
                role=principal.role.value,
                school_id=principal.school_id,
                language=principal.language,
                teams=sorted(principal.teams),
            ),
            room=facts,
            present=self.presence.everyone() if can_see(principal, ROOM) else [],
            features=parts,
        )
        frames = [Frame(TEXT, encode(welcome))]
        frames += [
            Frame(TEXT, event.frame) for event in missed or () if can_see(principal, event.audience)
        ]
        connection.send_owed(*frames)
        connection.release(head.seq)

    # -- commands

    async def receive(self, connection: Connection, text: str) -> None:
        """Take one text frame through to its reply.

        Raises:
            Disconnect: The connection is to be closed.
        """
        # Captured with the frame: a change of role while it waits must not lend it new rights.
        principal = connection.principal
        frame_id = 0
        try:
            try:
                command = self.features.decoder.decode(text)
            except InvalidCommand:
                frame_id = command_id(text)
                raise
            frame_id = command.id
            if isinstance(command, Hello):
                await self.greet(connection, command)
                return
            if not connection.greeted:
                raise InvalidCommand("Say room.hello first.", code="room.not_greeted")
            result = await self.dispatch(connection, principal, command)
        except CommandError as error:
            _refuse(connection, frame_id, error)
        except StorageUnavailable as error:
            told = CommandError(
                "This could not be saved just now. Nothing is lost: it will be tried again.",
                code=f"storage.{error.code}",
                retryable=True,
                retry_after_s=2,
            )
            _refuse(connection, frame_id, told)
        except Disconnect:
            raise
        except Exception:
            log.exception("command failed room=%s connection=%d", self.id, connection.number)
            told = CommandError(
                "Something went wrong on the server. It has been noted.", code="internal"
            )
            _refuse(connection, frame_id, told)
        else:
            connection.send(Frame(TEXT, encode(Ok(id=frame_id, ok=result))))

    async def dispatch(self, connection: Connection, principal: Principal, command: Command) -> Any:
        """Ask the permission table, then call the handler; returns what the reply says."""
        handler, rule = self.features.handlers[type(command)]
        rule.require(principal.role, self.state)
        self.pace(principal.member_id, "commands", COMMANDS_PER_S, COMMANDS_BURST)
        return await handler(Call(self, connection, principal), command)

    def pace(self, member_id: str, what: str, rate: float, burst: float) -> None:
        """Count one ``what`` of a member: ``burst`` at once, ``rate`` a second after that.

        Raises:
            RateLimited: That was too much; nothing was counted.
        """
        bucket = self._buckets.setdefault((member_id, what), Bucket(rate, burst))
        wait_s = bucket.take(1)
        if wait_s:
            raise RateLimited("That was very fast. Please wait a moment.", retry_after_s=wait_s)

    # -- events and signals

    def deliver(self, event: Event) -> bool:
        """Send a committed event to all who may see it, then let features follow it.

        A repeat is dropped.

        Returns:
            Whether nothing before it is missing; if something is, it was not delivered, and what
            is missing has to be read from the database (`RoomHub.catch_up`).
        """
        if event.epoch == self.head.epoch and event.seq <= self.head.seq:
            return True
        if event.epoch != self.head.epoch or event.seq != self.head.seq + 1:
            return False
        self.head = replace(self.head, seq=event.seq)
        frame = Frame(TEXT, event.frame)
        for connection in tuple(self.connections):
            if connection.speaks_text and can_see(connection.principal, event.audience):
                connection.push(event.seq, frame)
        tag = _tag_decoder.decode(event.frame).type
        for push_type, hook in self.features.on_push.get(tag, ()):
            hook(self, msgspec.json.decode(event.frame, type=push_type))
        return True

    def signal(self, signal: Signal, audience: str, *, skip: Connection | None = None) -> None:
        """Send a passing fact to all who may see it and are here now, on any node."""
        self.signal_here(signal, audience, skip=skip)
        self.presence.nodes.pass_on(_passing_encoder.encode((audience, encode(signal))))

    def signal_here(self, signal: Signal, audience: str, *, skip: Connection | None = None) -> None:
        """Send a passing fact to all on this node who may see it and are here now."""
        self._signal(Frame(TEXT, encode(signal)), audience, skip)

    def signalled(self, message: bytes) -> None:
        """Send on what another node's :meth:`signal` says."""
        audience, payload = _passing_decoder.decode(message)
        self._signal(Frame(TEXT, payload), audience, None)

    def _signal(self, frame: Frame, audience: str, skip: Connection | None) -> None:
        for connection in tuple(self.connections):
            if (
                connection is not skip
                and connection.speaks_text
                and connection.greeted
                and can_see(connection.principal, audience)
            ):
                connection.send(frame)

    # -- what changes people

    def close_where(
        self, matches: Callable[[Principal], bool], code: CloseCode, reason: str
    ) -> None:
        """Close every connection whose principal matches."""
        for connection in tuple(self.connections):
            if matches(connection.principal):
                connection.close(code, reason)
                self.leave(connection)

    def close_ended(self, now: int) -> None:
        """Close the connections of sign-ins whose time is over at ``now``."""
        self.close_where(lambda p: p.session_ends_at <= now, CloseCode.SIGNED_OUT, "signed_out")

    def set_state(self, state: RoomState) -> None:
        """Open, close or archive the room for everyone who is in it."""
        self.state = state
        for connection in self.connections:
            if connection.channel is not None:
                connection.channel.principal_changed(connection.principal)

    def set_team(self, team_id: str, member_ids: Collection[str]) -> None:
        """Say who belongs to a team from the next event on.

        :meth:`refresh` takes a moment, in which an event for the team alone could still reach
        somebody who has left it, or miss somebody who has come.
        """
        self._team_changes += 1
        for connection in self.connections:
            principal = connection.principal
            mine = {team_id} if principal.member_id in member_ids else set()
            teams = (principal.teams - {team_id}) | mine
            connection.principal = replace(principal, teams=teams)

    async def refresh(self, member_ids: Sequence[str]) -> None:
        """Read these people's rights again and have their connections follow; close the removed.

        With the database away it is tried until it is back: nobody else would come back to it.
        """
        changes, fresh = -1, {}
        while changes != self._team_changes:
            changes = self._team_changes  # one that comes meanwhile is newer than what is read
            try:
                fresh = await self.log.database.read(lambda db: read_rights(db, member_ids))
            except StorageUnavailable as error:
                log.warning("rights not read room=%s code=%s", self.id, error.code)
                await asyncio.sleep(REFRESH_AGAIN_S)
                changes = -1
        for connection in tuple(self.connections):
            if connection.principal.member_id not in member_ids:
                continue
            rights = fresh.get(connection.principal.member_id)
            if rights is None:
                connection.close(CloseCode.REMOVED, "removed")
                self.leave(connection)
                continue
            connection.principal = replace(connection.principal, **rights)
            if connection.channel is not None:
                connection.channel.principal_changed(connection.principal)


def _refuse(connection: Connection, frame_id: int, error: CommandError) -> None:
    meters.refusals.labels("command", error.code).inc()
    connection.send(Frame(TEXT, encode_error(frame_id, error)))


def read_rights(db: DbConnection, member_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read what a principal takes from the member's rows; who was removed is not in the answer."""
    teams: dict[str, set[str]] = {}
    for row in db.execute(
        select(team_member.c.member_id, team_member.c.team_id)
        .join(team, team.c.id == team_member.c.team_id)
        .where(team_member.c.member_id.in_(member_ids), team.c.removed.is_(False))
    ):
        teams.setdefault(row.member_id, set()).add(row.team_id)
    rows = db.execute(
        select(member).where(member.c.id.in_(member_ids), member.c.removed_at.is_(None))
    )
    return {
        row.id: {
            "role": Role(row.role),
            "school_id": row.school_id or "",
            "name": row.name,
            "language": row.language,
            "role_version": row.role_version,
            "teams": frozenset(teams.get(row.id, ())),
        }
        for row in rows
    }
