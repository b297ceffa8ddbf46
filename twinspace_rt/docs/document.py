"""One document that is open on this node: one ordered queue of edits, syncs and acknowledgements.

What is validated but not committed is tentative. Nothing is acknowledged, sent to others or told
to a joiner before it is committed, so nobody ever builds on an edit that can vanish.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from typing import Any, Protocol

from twinspace_rt import meters
from twinspace_rt.bus.neighbours import Ephemera, Neighbours
from twinspace_rt.db.engine import Database
from twinspace_rt.docs import wire
from twinspace_rt.docs.awareness import Awareness
from twinspace_rt.docs.engine import Engine, EngineError
from twinspace_rt.docs.session import Asked, Scope, Session, covers
from twinspace_rt.docs.store import Loaded, TailEntry, load, read_news
from twinspace_rt.docs.validator import (
    GAP_CODES,
    SENTENCES,
    SYNC_LIMITS,
    Limits,
    Refused,
    Update,
    Verdict,
    parse,
    write_state_vector,
)
from twinspace_rt.docs.wire import SyncType
from twinspace_rt.errors import CloseCode, StorageUnavailable
from twinspace_rt.rooms.bucket import Bucket
from twinspace_rt.rooms.connection import BINARY, Frame
from twinspace_rt.streams.log import HeadMoved, Log, NewEntry, StreamClosed

log = logging.getLogger(__name__)
OFF_LOOP_BYTES = 64 * 1024
PARTIAL_BYTES = 64 * 1024
AWARENESS_TICK_S = 0.1
SYNC_EVERY_S = 2.0
CLIENTS_PER_HOUR = 60.0
RETRY_S = (0.1, 0.25, 0.5, 1.0)
EMPTY_UPDATE = b"\0\0"


@dataclass(slots=True)
class _Edit:
    session: Session
    data: bytes
    step_2: bool
    asked: Asked | None
    after_pong: bool


@dataclass(slots=True)
class _Sync:
    session: Session
    vector: dict[int, int]


@dataclass(slots=True)
class _Turn:
    """A place in the queue for whoever needs the committed state."""

    ready: asyncio.Future[None]
    done: asyncio.Future[None]


@dataclass(slots=True)
class _Taken:
    """An edit the validator took in, or found to hold nothing new."""

    edit: _Edit
    update: Update
    verdict: Verdict


@dataclass(slots=True)
class _Missed:
    """An edit that builds on something not here."""

    edit: _Edit


@dataclass(slots=True)
class _Rejected:
    edit: _Edit
    code: str
    first: bool


_Outcome = _Taken | _Missed | _Rejected | _Sync


class Budget(Protocol):
    """Counts the bytes of edits that wait, over all documents of a node."""

    def add(self, count: int) -> None:
        """Count bytes in (or, negative, out)."""
        ...


@dataclass(eq=False)
class Document:
    """A document's state on this node, a copy of what the database has.

    Args:
        id: The document, and its stream.
        loaded: What the database had when it was opened.
    """

    id: str
    loaded: Loaded
    log: Log
    database: Database
    engine: Engine
    budget: Budget
    neighbours: InitVar[Neighbours]
    sessions: set[Session] = field(default_factory=set)
    idle_since: float | None = None
    storage_down: bool = False
    awareness: Awareness = field(init=False)
    cursors: Ephemera = field(init=False)
    """The cursors that other nodes show, and that they are shown."""
    _queue: list[_Edit | _Sync | _Turn] = field(default_factory=list)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _busy_since: float | None = None
    _queued_since: float | None = None
    _failed: bool = False
    _history: dict[bytes, list[Frame]] = field(default_factory=dict)
    _awareness_timer: asyncio.TimerHandle | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _client_buckets: dict[str, Bucket] = field(default_factory=dict)

    def __post_init__(self, neighbours: Neighbours) -> None:
        self.awareness = Awareness(self._is_foreign)
        self.cursors = neighbours.share(
            f"{self.id}.cursors", whole=self.awareness.own, told=self._shown_elsewhere
        )

    @property
    def head_seq(self) -> int:
        """The last committed entry this node knows."""
        return self.loaded.head_seq

    @property
    def quiet(self) -> bool:
        """Whether nothing waits and nothing is being committed."""
        return not self._queue and self._busy_since is None

    @property
    def waiting_since(self) -> float | None:
        """When the oldest of what waits here came, by the loop's clock; ``None``: nothing does."""
        return self._queued_since if self._busy_since is None else self._busy_since

    # -- taking

    def enter(self, session: Session) -> None:
        """Let a provider in; it receives updates once its SyncStep1 is answered."""
        self.sessions.add(session)
        self.idle_since = None
        if self.loaded.state not in {"open", "suspect"} or self.loaded.archived:
            session.scope = Scope.READ

    def leave(self, session: Session) -> None:
        """Let a provider go; a second call does nothing."""
        if session in self.sessions:
            self.sessions.discard(session)
            if self.awareness.leave(session):
                self._tell_soon()
            if not self.sessions:
                self.idle_since = asyncio.get_running_loop().time()

    def receive_update(self, session: Session, data: bytes, *, after_pong: bool) -> None:
        """Queue an Update."""
        self._put(_Edit(session, data, False, None, after_pong))

    def receive_step_2(self, session: Session, data: bytes) -> None:
        """Queue a SyncStep2: the answer to the oldest SyncStep1 that is still unanswered."""
        asked = session.asked.popleft() if session.asked else None
        self._put(_Edit(session, data, True, asked, True))

    def receive_step_1(self, session: Session, vector: dict[int, int]) -> None:
        """Queue a SyncStep1; answered at most once in two seconds, the last of more then.

        One answer is enough for all of them: the provider's counter starts at one with each.
        """
        if not session.live:
            session.vector = vector
        if session.waiting_sync is not None:
            session.waiting_sync = vector
            return
        loop = asyncio.get_running_loop()
        due = session.next_sync_at
        if due <= loop.time():
            session.next_sync_at = loop.time() + SYNC_EVERY_S
            self._put(_Sync(session, vector))
        else:
            session.waiting_sync = vector
            loop.call_at(due, self._sync_later, session)

    def _sync_later(self, session: Session) -> None:
        vector, session.waiting_sync = session.waiting_sync, None
        if vector is not None and session in self.sessions:
            session.next_sync_at = asyncio.get_running_loop().time() + SYNC_EVERY_S
            self._put(_Sync(session, vector))

    def receive_awareness(self, session: Session, body: bytes) -> None:
        """Take in a cursor; told to the others in the next batch."""
        if self.awareness.receive(body, session, session.principal):
            self._tell_soon()

    @contextlib.asynccontextmanager
    async def committed(self) -> AsyncIterator[Loaded]:
        """Hold the queue at a point where all that is validated is committed.

        Raises:
            StorageUnavailable: The document has failed and is being opened anew.
        """
        loop = asyncio.get_running_loop()
        turn = _Turn(loop.create_future(), loop.create_future())
        self._put(turn)
        try:
            await turn.ready
            yield self.loaded
        finally:
            if not turn.done.done():
                turn.done.set_result(None)

    def _put(self, item: _Edit | _Sync | _Turn) -> None:
        if self._failed:
            _refuse_turns([item])
            return
        if isinstance(item, _Edit):
            self.budget.add(len(item.data))
        if not self._queue:
            self._queued_since = asyncio.get_running_loop().time()
        self._queue.append(item)
        self._wake.set()

    # -- the queue

    async def run(self) -> None:
        """Work through the queue until cancelled; after that, or a failure, nothing is taken."""
        items: list[_Edit | _Sync | _Turn] = []
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._queue:
                    items, self._queue = self._queue, []
                    self._busy_since, self._queued_since = self._queued_since, None
                    try:
                        await self._process(items)
                    finally:
                        self._busy_since = None
                        self._count_out(items)
        finally:
            self._failed = True
            self._count_out(self._queue)
            _refuse_turns([*items, *self._queue])
            self._queue = []

    def _count_out(self, items: Sequence[_Edit | _Sync | _Turn]) -> None:
        self.budget.add(-sum(len(i.data) for i in items if isinstance(i, _Edit)))

    async def _process(self, items: Sequence[_Edit | _Sync | _Turn]) -> None:
        outcomes: list[_Outcome] = []
        for item in items:
            if isinstance(item, _Turn):
                # Commit what came before it, hand over, and take the rest as a batch of its own.
                await self._commit(outcomes)
                outcomes = []
                if not item.done.done():
                    if not item.ready.done():
                        item.ready.set_result(None)
                    await item.done
            elif isinstance(item, _Sync):
                outcomes.append(item)
            else:
                outcome = await self._judge(item)
                if outcome is not None:
                    outcomes.append(outcome)
        await self._commit(outcomes)

    async def _judge(self, edit: _Edit) -> _Outcome | None:
        session = edit.session
        if session.connection.shut_out:
            # Removed or signed out while it waited here. Who merely left is stored to the last key.
            return None
        limits = SYNC_LIMITS if edit.step_2 else self.loaded.validator.update_limits()
        try:
            if session.refused is not None:
                raise Refused(session.refused)
            update = await _parse(edit.data, limits)
        except Refused as error:
            return self._reject(edit, error)
        if session.acknowledges and not edit.step_2 and not session.receiving:
            session.hold(update, after_pong=edit.after_pong)
            return None
        if not edit.step_2 and not session.receiving:
            return None
        session.receiving = True
        return await self._check(edit, update)

    async def _check(self, edit: _Edit, update: Update) -> _Outcome:
        validator = self.loaded.validator
        try:
            if len(edit.data) > OFF_LOOP_BYTES:
                verdict = await asyncio.to_thread(
                    validator.check, update, edit.session.principal.member_id
                )
            else:
                verdict = validator.check(update, edit.session.principal.member_id)
        except Refused as error:
            # A reader may know what the server does not show any more: that is no offence.
            if error.code in GAP_CODES or edit.session.scope is Scope.READ:
                return _Missed(edit)
            return self._reject(edit, error)
        if edit.session.scope is Scope.READ:
            # What a reader sends is taken only if nothing in it is new.
            return _Taken(edit, update, verdict) if verdict.canonical is None else _Missed(edit)
        if verdict.new_clients and self._new_clients(edit.session, len(verdict.new_clients)):
            return self._reject(edit, Refused("new-clients"))
        validator.apply(verdict)
        return _Taken(edit, update, verdict)

    def _new_clients(self, session: Session, count: int) -> int:
        # Each page load that edits is one client id, and each id slows every edit for everyone.
        bucket = self._client_buckets.setdefault(
            session.principal.member_id, Bucket(CLIENTS_PER_HOUR / 3600, CLIENTS_PER_HOUR)
        )
        # Many days offline come in one SyncStep2, which nobody can split: it may take all there is.
        return bucket.take(min(count, CLIENTS_PER_HOUR))

    def _reject(self, edit: _Edit, error: Refused) -> _Rejected:
        first = edit.session.refused is None
        edit.session.refused = error.code
        meters.refusals.labels("edit", error.code).inc()
        if first:
            log.info(
                "refused document=%s connection=%d code=%s",
                self.id,
                edit.session.connection.number,
                error.code,
            )
        return _Rejected(edit, error.code, first)

    async def _commit(self, outcomes: list[_Outcome]) -> None:
        """Store what is new, then acknowledge, then tell the others."""
        retries = 0
        while True:
            taken = [o for o in outcomes if isinstance(o, _Taken) and o.verdict.canonical]
            if not taken:
                entries: list[TailEntry] = []
                break
            try:
                at = await self.log.append(
                    self.id,
                    self.loaded.epoch,
                    self.loaded.head_seq,
                    [
                        NewEntry(
                            o.edit.session.principal.member_id,
                            o.verdict.canonical or b"",
                            o.verdict.new_clients,
                        )
                        for o in taken
                    ],
                )
            except HeadMoved:
                await self.catch_up()
                outcomes[:] = [
                    await self._check(o.edit, o.update) if isinstance(o, _Taken) else o
                    for o in outcomes
                ]
            except StreamClosed as error:
                await self._closed(error)
                # Nothing is stored any more, but whoever joins is answered all the same.
                self._follow([o for o in outcomes if isinstance(o, _Sync)], [], [])
                return
            except StorageUnavailable as error:
                self._tell_storage(False, error.code)
                await asyncio.sleep(RETRY_S[min(retries, len(RETRY_S) - 1)])
                retries += 1
            else:
                entries = [
                    TailEntry(
                        self.loaded.head_seq + i,
                        o.edit.session.principal.member_id,
                        at,
                        o.verdict.canonical or b"",
                        o.verdict.ranges,
                    )
                    for i, o in enumerate(taken, 1)
                ]
                break
        self._tell_storage(True, "ok")
        self.loaded.tail.extend(entries)
        self.loaded.head_seq += len(entries)
        self._follow(outcomes, entries, [o.edit.session for o in taken])

    def _follow(
        self,
        outcomes: Sequence[_Outcome],
        entries: Sequence[TailEntry],
        authors: Sequence[Session | None],
    ) -> None:
        out: dict[Session, list[Frame]] = {s: [] for s in self.sessions}
        if entries:
            made: dict[bytes, list[Frame]] = {}
            writers = set(authors)
            for session, frames in out.items():
                if not session.live:
                    continue
                updates = made.get(session.prefix)
                if updates is None:
                    updates = made[session.prefix] = _update_frames(session.prefix, entries)
                if session in writers:
                    frames += [
                        f
                        for f, author in zip(updates, authors, strict=True)
                        if author is not session
                    ]
                else:
                    frames += updates
        for outcome in outcomes:
            session = outcome.session if isinstance(outcome, _Sync) else outcome.edit.session
            frames = out.get(session, [])
            if isinstance(outcome, _Taken):
                edit = outcome.edit
                due = session.settle(edit.asked) if edit.step_2 else 1
                frames += session.acknowledgements(due)
            elif isinstance(outcome, _Missed):
                self._missed(outcome.edit, frames)
            elif isinstance(outcome, _Rejected):
                frames += self._refusal(outcome)
            else:
                self._answer(outcome, frames)
        for session, frames in out.items():
            if frames:
                session.connection.send(*frames)

    def _refusal(self, rejected: _Rejected) -> list[Frame]:
        # The connection stays: closed, a stock provider would come back with the same bytes. The
        # document is frozen for it; the app offers a copy and a reload.
        session, code = rejected.edit.session, rejected.code
        if not session.acknowledges:
            return []
        frames = [session.frame(wire.NOT_SAVED)]
        if rejected.first:
            told = wire.stateless(type="refused", code=code, message=SENTENCES[code])
            frames.append(session.frame(told))
        return frames

    def _missed(self, edit: _Edit, frames: list[Frame]) -> None:
        session = edit.session
        if session.scope is Scope.READ:
            if edit.step_2:
                session.postpone(edit.asked)
            else:
                session.replace()
            if session.acknowledges:
                frames.append(session.frame(wire.NOT_SAVED))
            return
        if edit.step_2:
            # All that it knows is in there, and yet something is missing: start anew.
            session.connection.close(CloseCode.GAP, "gap")
            return
        session.replace()
        if Asked.GAP not in session.asked:
            vector = self.loaded.validator.encoded_state_vector()
            frames.append(session.frame(session.ask(Asked.GAP, vector)))

    # -- joining

    def _answer(self, sync: _Sync, frames: list[Frame]) -> None:
        """Answer a SyncStep1: ask back, send what is missing as updates, SyncStep2 last.

        Providers report "synced" at the first SyncStep2. There is no merging and no CRDT here: a
        new joiner gets the snapshot's bytes and the tail, the same frames as everybody else.
        """
        session, loaded = sync.session, self.loaded
        if session not in self.sessions:
            return
        vector = loaded.validator.encoded_state_vector()
        ask = []
        if session.acknowledges or not session.live:
            # y-websocket may repeat its SyncStep1 for ever, and sends its edits all the same.
            ask = [session.frame(session.ask(Asked.JOIN, vector))]
        session.live = True
        if not sync.vector:
            owed = [*ask, *self._history_frames(session.prefix)]
            owed.append(session.frame(wire.sync(SyncType.STEP_2, EMPTY_UPDATE)))
            session.connection.send_owed(*frames, *owed)
            frames.clear()
            return
        missing = [e for e in loaded.tail if not covers(sync.vector, e.ranges) or not e.ranges]
        rest = _update_frames(session.prefix, missing)
        deletes = loaded.validator.encoded_delete_set()
        rest.append(session.frame(wire.sync(SyncType.STEP_2, deletes)))
        snapshot = loaded.snapshot
        held = all(sync.vector.get(c, 0) >= n for c, n in loaded.snapshot_vector.items())
        if snapshot is None or held:
            session.connection.send_owed(*frames, *ask, *rest)
        elif len(snapshot) <= PARTIAL_BYTES:
            whole = session.frame(wire.sync(SyncType.UPDATE, snapshot))
            session.connection.send_owed(*frames, *ask, whole, *rest)
        else:
            session.connection.send_owed(*frames, *ask)
            self._spawn(self._send_missing(session, snapshot, sync.vector, rest))
        frames.clear()

    async def _send_missing(
        self, session: Session, snapshot: bytes, vector: dict[int, int], rest: list[Frame]
    ) -> None:
        # Updates that others make meanwhile arrive first; Yjs keeps them until this has come.
        try:
            part = await self.engine.missing(snapshot, write_state_vector(vector))
        except EngineError:
            part = snapshot
        session.connection.send_owed(session.frame(wire.sync(SyncType.UPDATE, part)), *rest)

    def _history_frames(self, prefix: bytes) -> list[Frame]:
        frames = self._history.get(prefix)
        if frames is None:
            frames = self._history[prefix] = []
            if self.loaded.snapshot is not None:
                snapshot = wire.sync(SyncType.UPDATE, self.loaded.snapshot)
                frames.append(Frame(BINARY, prefix + snapshot))
        known = len(frames) - (self.loaded.snapshot is not None)
        frames += _update_frames(prefix, self.loaded.tail[known:])
        return frames

    # -- scopes, storage, other nodes

    def set_scope(self, session: Session, scope: Scope) -> None:
        """Let a session write or only read from now on; its provider is told."""
        if session.scope is scope:
            return
        session.scope = scope
        if session.acknowledges:
            session.send(wire.authenticated(scope.value))
        if scope is Scope.WRITE:
            # What it wrote meanwhile is on its side alone; the answer brings it, and is paid for.
            session.send(session.ask(Asked.GAP, self.loaded.validator.encoded_state_vector()))

    def replaced(self, snapshot_seq: int, snapshot: bytes, vector: dict[int, int]) -> None:
        """Take over a stored snapshot: the entries it covers are dropped from memory."""
        loaded = self.loaded
        loaded.snapshot_seq, loaded.snapshot, loaded.snapshot_vector = (
            snapshot_seq,
            snapshot,
            vector,
        )
        loaded.tail = [e for e in loaded.tail if e.seq > snapshot_seq]
        self._history.clear()

    async def take_news(self) -> None:
        """Read what other nodes wrote, and tell the sessions; to be called with the queue held."""
        loaded = self.loaded
        news = await self.database.read(lambda db: read_news(db, self.id, loaded))
        if news is None:
            await self.catch_up()
            return
        loaded.tail.extend(news)
        loaded.head_seq += len(news)
        self._follow([], news, [None] * len(news))

    async def catch_up(self) -> None:
        """Read again what the database has, and tell the sessions what other nodes wrote."""
        known = self.loaded.head_seq
        fresh = await self.database.read(lambda db: load(db, self.id))
        if fresh is None:
            raise StreamClosed("erased", 0)
        self.loaded = fresh
        self._history.clear()
        if fresh.snapshot is not None and fresh.snapshot_seq > known:
            # Another node has compacted what was not sent yet: it is in the snapshot.
            for session in self.sessions:
                if session.live:
                    whole = wire.sync(SyncType.UPDATE, fresh.snapshot)
                    session.connection.send_owed(session.frame(whole))
        news = [e for e in fresh.tail if e.seq > known]
        self._follow([], news, [None] * len(news))

    async def _closed(self, error: StreamClosed) -> None:
        """Follow a stream that takes no entries any more."""
        if error.epoch != self.loaded.epoch:
            self.superseded(error.epoch)
            return
        await self.close_to_edits()

    def superseded(self, epoch: int) -> None:
        """Send everyone to the document's new epoch: nothing of this one is ever merged into it."""
        for session in tuple(self.sessions):
            if session.acknowledges:
                session.send(wire.denied(f"epoch:{epoch}"))
            else:
                # Refused before the upgrade when it comes back to the old address.
                session.connection.close(CloseCode.EPOCH, "epoch")
            self.leave(session)

    async def close_to_edits(self) -> None:
        """Read the document again, which takes no edits any more, and tell everyone in it.

        To be called while the queue is held, or from it.
        """
        await self.catch_up()
        for session in self.sessions:
            self.set_scope(session, Scope.READ)
            if session.acknowledges:
                session.send(wire.stateless(type="state", state=self.loaded.state))

    def _tell_storage(self, up: bool, code: str) -> None:
        if self.storage_down is not up:
            return
        self.storage_down = not up
        for session in self.sessions:
            if session.acknowledges:
                session.send(wire.stateless(type="storage", available=up, code=code))

    # -- awareness

    def _is_foreign(self, client: int, member_id: str) -> bool:
        owner = self.loaded.validator.owner(client)
        return owner is not None and owner != member_id

    def _shown_elsewhere(self, node: str, values: Mapping[str, bytes | None]) -> None:
        if self.awareness.show(node, values):
            self._tell_soon()

    def _tell_soon(self) -> None:
        if self._awareness_timer is None:
            loop = asyncio.get_running_loop()
            self._awareness_timer = loop.call_later(AWARENESS_TICK_S, self._tell_awareness)

    def _tell_awareness(self) -> None:
        self._awareness_timer = None
        changes = self.awareness.changes()
        self.cursors.tell(changes.own)
        made: dict[tuple[bytes, bytes], Frame] = {}
        for session in self.sessions:
            body = changes.for_owner(session)
            if body is None:
                continue
            frame = made.get((session.prefix, body))
            if frame is None:
                frame = made[session.prefix, body] = session.frame(wire.awareness(body))
            session.connection.send(frame)

    def tell_everyone(self, session: Session) -> None:
        """Send a session the cursors of all who are here."""
        body = self.awareness.everyone()
        if body is not None:
            session.send(wire.awareness(body))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _refuse_turns(items: Sequence[_Edit | _Sync | _Turn]) -> None:
    for item in items:
        if isinstance(item, _Turn) and not item.ready.done():
            error = StorageUnavailable("document_failed", "This document is being opened anew.")
            item.ready.set_exception(error)


async def _parse(data: bytes, limits: Limits) -> Update:
    if len(data) > OFF_LOOP_BYTES:
        return await asyncio.to_thread(parse, data, limits)
    return parse(data, limits)


def _update_frames(prefix: bytes, entries: Sequence[TailEntry]) -> list[Frame]:
    return [Frame(BINARY, prefix + wire.sync(SyncType.UPDATE, e.body)) for e in entries]
