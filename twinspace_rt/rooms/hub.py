"""The rooms that are open on this node."""

import asyncio
import itertools
import logging
import random
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection as DbConnection
from sqlalchemy import select

from twinspace_rt.bus.base import BEACON_ALONE_S, Bus, Subscription, beacon_s
from twinspace_rt.bus.neighbours import Neighbours
from twinspace_rt.db.engine import Database
from twinspace_rt.errors import CloseCode, NotFound, StorageUnavailable
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.access import RoomState
from twinspace_rt.rooms.admission import ended_sessions
from twinspace_rt.rooms.connection import KEEPALIVE_S, Connection, Pause
from twinspace_rt.rooms.models import room as room_table
from twinspace_rt.rooms.room import FeatureSet, Room
from twinspace_rt.streams.follow import EventsGone, Head, events_after, heads, stream_head
from twinspace_rt.streams.log import Event, Intake, Log

log = logging.getLogger(__name__)
CONTROL = "control"
GROWN = b"grown"
SIGN_INS_S = 15.0
SIGN_INS_ALONE_S = 1.0
"""Between two looks at whether sign-ins still hold: the bus tells of their end at once."""
RETURN_MAX_MS = 10_000
RETURNS_PER_S = 50


class RoomFull(Exception):
    """The room holds as many connections as it may."""


class RoomHub:
    """Opens a room when the first connection comes and forgets it when the last one goes.

    Opening is single-flight: two who come at once find the same room.
    """

    def __init__(
        self,
        database: Database,
        features: FeatureSet,
        bus: Bus,
        *,
        interval_s: float,
        max_connections: int,
        intake: Intake | None = None,
    ) -> None:
        self.bus = bus
        self.neighbours = Neighbours(bus)
        self.log = Log(
            database,
            interval_s=interval_s,
            deliver=self._deliver,
            announce=self._announce,
            intake=intake,
        )
        bus.on_gap(self._catch_up_all)
        self._control = bus.subscribe(CONTROL, self._obey)
        self.features = features
        self.closed = False
        """Whether no more rooms are opened here, so that the node empties."""
        self._ending = False
        self._database = database
        self._max_connections = max_connections
        self._entered = 0
        self._rooms: dict[str, Room] = {}
        self._opening: dict[str, asyncio.Task[Room]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._seen: dict[str, Head] = {}
        self._hints: dict[str, Subscription] = {}
        self._reading: dict[Room, bool] = {}
        """What rooms are being read, and whether they were hinted at since that began."""

    @property
    def rooms(self) -> Sequence[Room]:
        """The rooms that are open now."""
        return tuple(self._rooms.values())

    def count(self) -> tuple[int, int]:
        """Count the connections that are here, and those that were before."""
        present = sum([len(room.connections) for room in self._rooms.values()])
        return present, self._entered - present

    def get(self, room_id: str) -> Room | None:
        """Find a room that is open on this node."""
        return self._rooms.get(room_id)

    def takes(self, room_id: str) -> bool:
        """Tell whether people of a room may come to this node."""
        return not self._ending and (not self.closed or room_id in self._rooms)

    async def enter(self, room_id: str, connection: Connection) -> Room:
        """Bring a connection into its room, opening the room if need be.

        Raises:
            NotFound: There is no such room.
            RoomFull: It holds as many connections as it may, and nobody can spare one.
        """
        while True:
            room = self._rooms.get(room_id) or await self._open(room_id)
            # It may have been left by everybody while we waited.
            if self._rooms.get(room_id) is room:
                break
        full = len(room.connections) >= self._max_connections
        if full and not room.make_place(connection.principal.member_id):
            raise RoomFull
        room.enter(connection)
        self._entered += 1
        if self._ending:  # it was on its way in
            connection.pause(Pause.ENDING)
        return room

    async def _open(self, room_id: str) -> Room:
        task = self._opening.get(room_id)
        if task is None:
            task = asyncio.create_task(self._load(room_id))
            self._opening[room_id] = task
            task.add_done_callback(lambda _: self._opening.pop(room_id, None))
        return await asyncio.shield(task)

    async def _load(self, room_id: str) -> Room:
        def read(db: DbConnection) -> tuple[str, Head] | None:
            state = db.execute(
                select(room_table.c.state).where(room_table.c.id == room_id)
            ).scalar_one_or_none()
            return None if state is None else (state, stream_head(db, room_id))

        found = await self._database.read(read)
        if found is None:
            raise NotFound
        state, head = found
        room = Room(
            room_id,
            RoomState(state),
            head,
            self.log,
            self.features,
            self.follow,
            self.neighbours,
        )
        self._rooms[room_id] = room
        # What comes between the reading and the first hint is found by the beacon.
        self._hints[room_id] = self.bus.subscribe(room_id, lambda _: self._hinted(room))
        return room

    def leave(self, room: Room, connection: Connection) -> None:
        """Let a connection go; the last one closes the room. A second call does nothing."""
        room.leave(connection)
        self._close_if_empty(room)

    def _close_if_empty(self, room: Room) -> None:
        if not room.connections and self._rooms.get(room.id) is room:
            room.presence.close()
            del self._rooms[room.id]
            self._hints.pop(room.id).end()

    def _deliver(self, events: Sequence[Event]) -> None:
        for event in events:
            room = self._rooms.get(event.stream_id)
            if room is not None and not self._deliver_one(room, event):
                self._hinted(room)

    def _announce(self, stream_ids: Iterable[str]) -> None:
        """Tell the other nodes which streams have grown; what is in them they read themselves."""
        for stream_id in stream_ids:
            self.bus.publish(stream_id, GROWN)

    def _hinted(self, room: Room) -> None:
        # However many hints come meanwhile, one reading after them finds all.
        if room in self._reading:
            self._reading[room] = True
        elif self._rooms.get(room.id) is room:
            self._reading[room] = True
            self.follow(self._read_news(room))

    async def _read_news(self, room: Room) -> None:
        try:
            while self._reading[room]:
                self._reading[room] = False
                await self.catch_up(room)
        finally:
            del self._reading[room]

    def _catch_up_all(self) -> None:
        for room in self.rooms:
            self._hinted(room)

    def _deliver_one(self, room: Room, event: Event) -> bool:
        try:
            return room.deliver(event)
        except Exception:
            log.exception("delivery failed room=%s seq=%d", room.id, event.seq)
            return True

    async def catch_up(self, room: Room) -> None:
        """Deliver what the database has and this node has not.

        Another node wrote it, or a hint was lost. Where not all of it is held any more, everyone
        is closed and comes back to a fresh copy. With the database away, or what is in it damaged,
        nothing is done; the beacon finds the same later.
        """
        head = room.head
        try:
            missed = await self._database.read(
                lambda db: events_after(db, room.id, head.epoch, head.seq)
            )
        except EventsGone:
            room.close_where(lambda _: True, CloseCode.RESTART, "reload")
            return
        except StorageUnavailable as error:
            log.warning("events not read room=%s code=%s", room.id, error.code)
            return
        except Exception:
            # A damaged entry, say: it must not keep other rooms from being looked at.
            log.exception("events not read room=%s", room.id)
            return
        for event in missed:
            self._deliver_one(room, event)

    async def _beacon(self) -> bool:
        """Compare the rooms that are open with the database, in one query.

        It finds also a lost *last* message, which no gap would ever show.

        Returns:
            Whether one may lack something: the next look will tell, and need not be far off.
        """
        rooms = {room.id: room for room in self.rooms}
        if not rooms:
            return False
        stored = await self._database.read(lambda db: heads(db, list(rooms)))
        read: set[str] = set()
        for room_id in stored:
            known, seen = rooms[room_id].head, self._seen.get(room_id)
            # What was there a look ago: what this node has just committed itself is on its way.
            if seen and (known.epoch != seen.epoch or known.seq < seen.seq):
                read.add(room_id)
                await self.catch_up(rooms[room_id])
        self._seen = stored
        # One that was read and still lacks something could not be: that takes its time.
        return any(
            rooms[room_id].head.epoch != head.epoch or rooms[room_id].head.seq < head.seq
            for room_id, head in stored.items()
            if room_id not in read
        )

    def follow(self, work: Coroutine[Any, Any, None]) -> None:
        """Run what follows an event (reading rights again, say); failures are logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._followed)

    def _followed(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("following an event failed", exc_info=task.exception())

    def close_sessions(self, session_ids: Sequence[str], reason: str = "signed_out") -> None:
        """Close every connection of these sign-in sessions, on every node."""
        self._close_sessions_here(session_ids, reason)
        if session_ids:
            self.bus.publish(CONTROL, msgspec.json.encode([list(session_ids), reason]))

    def _obey(self, message: bytes) -> None:
        session_ids, reason = msgspec.json.decode(message, type=tuple[list[str], str])
        self._close_sessions_here(session_ids, reason)

    def _close_sessions_here(self, session_ids: Sequence[str], reason: str) -> None:
        gone = set(session_ids)
        for room in self.rooms:
            room.close_where(lambda p: p.session_id in gone, CloseCode.SIGNED_OUT, reason)

    def take_no_more(self) -> None:
        """Admit nobody, and read nothing more from those who are here.

        What is still on its way then is sent again by its author: stored after the last
        acknowledgement, it would be in the room while its author sees it as not saved.
        """
        self.closed = self._ending = True
        for room in self.rooms:
            for connection in room.connections:
                connection.pause(Pause.ENDING)

    def send_away(self) -> None:
        """Close every connection of this node, telling each to come back at a moment of its own.

        Those moments lie within ten seconds, or fewer for a few people, so that whoever takes them
        in is not stormed.
        """
        connections = [connection for room in self.rooms for connection in room.connections]
        spread_ms = min(RETURN_MAX_MS, 1000 * len(connections) // RETURNS_PER_S)
        for connection in connections:
            after_ms = random.randint(0, spread_ms)  # noqa: S311 - jitter
            connection.close(CloseCode.RESTART, "restart", retry_after_ms=after_ms)
        for room in self.rooms:
            for connection in tuple(room.connections):
                room.leave(connection)

    async def watch(self) -> None:
        """Look for what other nodes wrote, and after all connections, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_for_news())
            # By itself: with the database silent, people are pinged all the same.
            tasks.create_task(self._look_after_all())

    async def _look_for_news(self) -> None:
        loop = asyncio.get_running_loop()
        looked_at = 0.0
        behind = False
        while True:
            pause_s = beacon_s(self.bus, shared=self._database.shared)
            await asyncio.sleep(BEACON_ALONE_S if behind else pause_s)
            behind = False
            try:
                behind = await self._beacon()
                every_s = SIGN_INS_S if self.bus.connected else SIGN_INS_ALONE_S
                if loop.time() - looked_at >= every_s:
                    looked_at = loop.time()
                    await self._close_ended_sessions()
            except StorageUnavailable as error:
                log.warning("beacon failed code=%s", error.code)
            except Exception:
                log.exception("beacon failed")

    async def _close_ended_sessions(self) -> None:
        """Close the connections of sign-ins that were ended without this node hearing of it."""
        held = {c.principal.session_id for room in self.rooms for c in room.connections}
        if held:
            ended = await self._database.read(lambda db: ended_sessions(db, held))
            if not ended:
                return
            # Whoever was removed is told that, and it stands in the room's events.
            for room in self.rooms:
                if any(c.principal.session_id in ended for c in room.connections):
                    await self.catch_up(room)
            self._close_sessions_here(sorted(ended), "signed_out")

    async def _look_after_all(self) -> None:
        """Look after a share of the connections each second: one timer for everyone."""
        for tick in itertools.count():
            await asyncio.sleep(1)
            try:
                self._look_after(tick)
            except Exception:
                # One room's failure stops no other: without this timer nobody would be pinged.
                log.exception("watching failed")

    def _look_after(self, tick: int) -> None:
        now, at = asyncio.get_running_loop().time(), now_ms()
        for room in self.rooms:
            room.close_ended(at)
            for connection in tuple(room.connections):
                connection.check_age(now)
                if connection.number % KEEPALIVE_S == tick % KEEPALIVE_S:
                    connection.keep_alive()
            self._close_if_empty(room)  # whoever it was opened for has gone meanwhile
