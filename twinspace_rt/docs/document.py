"""One document that is open on this node: one ordered queue of edits, syncs and acknowledgements.

What is validated but not committed is tentative. Nothing is acknowledged, sent to others or told
to a joiner before it is committed, so nobody ever builds on an edit that can vanish.

What comes waits in the queue until the node's next commit begins; then it is judged and goes into
that commit, without a task or a future of its own. What cannot be done in one go (an edit that is
parsed beside the event loop, a commit that failed, somebody who needs the committed state) is done
by the document's task, and all that comes meanwhile waits behind it.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import InitVar, dataclass, field
from functools import partial

from twinspace_rt.bus.neighbours import Neighbours
from twinspace_rt.db.engine import Database
from twinspace_rt.docs import wire
from twinspace_rt.docs.contended import LockedAttempt, new_entries, parse_again
from twinspace_rt.docs.cursors import Cursors
from twinspace_rt.docs.delivery import Delivery
from twinspace_rt.docs.edits import (
    Budget,
    Doubted,
    Edit,
    Item,
    Outcome,
    Sync,
    Taken,
    Turn,
    is_rapid,
    new_ones,
)
from twinspace_rt.docs.engine import Engine
from twinspace_rt.docs.judge import Judge, is_large
from twinspace_rt.docs.session import Asked, Scope, Session
from twinspace_rt.docs.store import Loaded, TailEntry, load, load_news
from twinspace_rt.docs.validator import Update
from twinspace_rt.errors import CloseCode, StorageUnavailable
from twinspace_rt.streams.follow import stream_head
from twinspace_rt.streams.log import LATE_S, Append, HeadMoved, Log, StreamClosed

log = logging.getLogger(__name__)
SYNC_EVERY_S = 2.0
EDIT_BYTES = 128
"""What an edit that waits takes beside what is in it."""
BEHIND_BYTES = 1024 * 1024
"""Whoever has so much waiting for it is given nothing that it asks for."""
RETRY_S = (0.1, 0.25, 0.5, 1.0)


@dataclass(slots=True)
class _Flight:
    """What is being committed: what became of each edit, and what of them is stored."""

    outcomes: list[Outcome]
    taken: list[Taken]
    size_bytes: int


@dataclass(eq=False)
class Document:
    """A document's state on this node, a copy of what the database has.

    Args:
        id: The document, and its stream.
        loaded: What the database had when it was opened.

    Attributes:
        trouble: Why nothing can be stored for now, as people here were told, as a code of
            `StorageUnavailable`; else empty.
    """

    id: str
    loaded: Loaded
    log: Log
    database: Database
    engine: InitVar[Engine]
    budget: Budget
    neighbours: InitVar[Neighbours]
    sessions: set[Session] = field(default_factory=set)
    idle_since: float | None = None
    trouble: str = ""
    cursors: Cursors = field(init=False)
    _queue: list[Item] = field(default_factory=list)
    _queued_since: float | None = None
    _busy_since: float | None = None
    _flight: _Flight | None = None
    _setback: tuple[_Flight, Exception] | None = None
    _slow: bool = False
    _held: list[Item] = field(default_factory=list)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _failure: Exception | None = None
    _ended: bool = False
    _waiting_bytes: int = 0
    _judge: Judge = field(init=False)
    _delivery: Delivery = field(init=False)

    def __post_init__(self, engine: Engine, neighbours: Neighbours) -> None:
        met = partial(self.log.announce, self.id)
        self.cursors = Cursors(self.id, self.sessions, self._is_foreign, neighbours, met)
        self._judge = Judge(self.id)
        self._delivery = Delivery(self.sessions, engine)

    @property
    def head_seq(self) -> int:
        """The last committed entry this node knows."""
        return self.loaded.head_seq

    @property
    def quiet(self) -> bool:
        """Whether nothing waits and nothing is being committed."""
        return not self._queue and self._flight is None and not self._slow

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
            self.cursors.leave(session)
            self._delivery.leave(session)
            if not self.sessions:
                self.idle_since = asyncio.get_running_loop().time()

    def receive_update(self, session: Session, data: bytes) -> None:
        """Queue an Update."""
        self._put_edit(Edit(session, data, False, None, session.greeting.pongs, session.since))

    def receive_step_2(self, session: Session, data: bytes) -> None:
        """Queue a SyncStep2: the answer to the oldest SyncStep1 that is still unanswered."""
        asked = session.asked.pop(0) if session.asked else None
        self._put_edit(Edit(session, data, True, asked, session.greeting.pongs, session.since))

    def receive_step_1(self, session: Session, vector: dict[int, int]) -> None:
        """Queue a SyncStep1; answered at most once in two seconds, the last of more then.

        One answer is enough for all of them: the provider's counter starts at one with each.
        """
        is_due = session.waiting_sync is None
        session.waiting_sync = vector
        if is_due:
            self._sync_when_due(session)

    def _sync_when_due(self, session: Session) -> None:
        vector = session.waiting_sync
        if vector is None or session not in self.sessions:
            return
        loop = asyncio.get_running_loop()
        now, due = loop.time(), session.next_sync_at
        # An answer does not count against the outbox: who does not take one is given no other.
        if due <= now and session.connection.outbox_bytes > BEHIND_BYTES:
            due = now + SYNC_EVERY_S
        if due > now:
            loop.call_at(due, self._sync_when_due, session)
            return
        session.waiting_sync, session.next_sync_at = None, now + SYNC_EVERY_S
        self._put(Sync(session, vector))

    @contextlib.asynccontextmanager
    async def committed(self) -> AsyncIterator[Loaded]:
        """Hold the queue at a point where all that is validated is committed.

        Raises:
            StorageUnavailable: The document has failed and is being opened anew.
        """
        loop = asyncio.get_running_loop()
        turn = Turn(loop.create_future(), loop.create_future())
        self._put(turn)
        try:
            await turn.ready
            with self._asking():
                yield self.loaded
        finally:
            if not turn.done.done():
                turn.done.set_result(None)

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        """Have those who write told if the database is long in answering what is asked within.

        Nothing of theirs has come to a commit that could be late: it waits behind the question.
        """
        loop = asyncio.get_running_loop()
        limit = loop.call_later(LATE_S, self.hear_of_trouble, "database_away")
        try:
            yield
        finally:
            limit.cancel()

    def _put_edit(self, edit: Edit) -> None:
        if self._ended:
            return
        self._count(len(edit.data) + EDIT_BYTES)
        self._put_last(edit)
        self._slow = self._slow or is_large(edit)
        if self.log.late:
            self._tell_storage(False, self.log.late)
        self._go_on()

    def _put(self, item: Sync | Turn) -> None:
        if self._ended:
            _refuse_turns([item])
        elif isinstance(item, Turn):
            self._put_last(item)
            self._slow = True
            self._go_on()
        elif self.quiet:
            # Nothing is stored for it, so it need not wait for a commit (nor for a database).
            self._delivery.follow(self.loaded, [item], [], [])
        else:
            self._put_last(item)
            self._go_on()

    def _put_last(self, item: Item) -> None:
        if not self._queue:
            self._queued_since = asyncio.get_running_loop().time()
        self._queue.append(item)

    def _go_on(self) -> None:
        """See to it that the queue is worked on: by the task, or when the next commit begins."""
        if self._flight is None:
            if self._slow:
                self._wake.set()
            elif self._queue:
                self.log.offer(self)

    def _count(self, size: int) -> None:
        self._waiting_bytes += size
        self.budget.add(size)

    # -- in one go

    def take(self) -> Append | None:
        """Judge what waits, and give the log what is to be stored of it."""
        if self._slow or self._flight is not None:
            return None
        items, self._queue = self._queue, []
        self._busy_since, self._queued_since = self._queued_since, None
        size = self._waiting_bytes
        outcomes: list[Outcome] = []
        try:
            for place, item in enumerate(items):
                try:
                    outcome = self._judge_now(item)
                except Doubted:
                    size -= self._put_back(items[place:])
                    break
                if outcome is not None:
                    outcomes.append(outcome)
            taken = new_ones(outcomes)
            if taken:
                self._flight = _Flight(outcomes, taken, size)
                return self._append(taken, rapid=is_rapid(outcomes))
            self._tell_storage(True, "ok")
            self._delivery.follow(self.loaded, outcomes, [], [])
        except Exception as error:
            self._fail(error)
        self._busy_since = None
        self._count(-size)
        self._go_on()
        return None

    def _put_back(self, items: list[Item]) -> int:
        """Leave items to the task, which can wait; returns how many bytes they are."""
        self._queue, self._queued_since = items, self._busy_since
        self._slow = True
        return _size(items)

    def _judge_now(self, item: Item) -> Outcome | None:
        assert not isinstance(item, Turn), "whoever holds the queue is the task's"
        return item if isinstance(item, Sync) else self._judge.judge(self.loaded, item)

    def _append(self, taken: Sequence[Taken], *, rapid: bool) -> Append:
        entries, loaded = new_entries(taken), self.loaded
        return Append(
            self.id,
            loaded.epoch,
            loaded.head_seq,
            entries,
            self._told,
            rapid=rapid,
            is_shared=self.cursors.are_shared,
        )

    def _told(self, result: int | Exception) -> None:
        """Follow the end of a commit: with its moment, or with why nothing was stored."""
        flight, self._flight = self._flight, None
        if flight is None or self._ended:
            return
        if isinstance(result, Exception):
            self._setback = (flight, result)
            self._slow = True
        else:
            try:
                self._stored(flight.outcomes, flight.taken, result)
            except Exception as error:
                self._fail(error)
            self._busy_since = None
            self._count(-flight.size_bytes)
        self._go_on()

    def _fail(self, error: Exception) -> None:
        self._failure = error
        self._slow = True
        self._wake.set()

    def _stored(self, outcomes: Sequence[Outcome], taken: Sequence[Taken], at: int) -> None:
        """Take committed edits into the tail, and tell everyone."""
        loaded = self.loaded
        entries = [
            TailEntry(
                loaded.head_seq + i,
                o.edit.session.principal.member_id,
                at,
                o.canonical or b"",
                o.ranges,
            )
            for i, o in enumerate(taken, 1)
        ]
        loaded.tail.extend(entries)
        loaded.head_seq += len(entries)
        if entries:
            self._tell_storage(True, "ok")
        self._delivery.follow(loaded, outcomes, entries, [o.edit.session for o in taken])

    # -- step by step

    async def run(self) -> None:
        """Do what takes several steps until cancelled; after that, or a failure, nothing is taken.

        Raises:
            Exception: What has failed; the document has to be opened anew.
        """
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                if self._failure is not None:
                    raise self._failure
                if self._slow and self._flight is None:
                    await self._work()
        finally:
            self._ended = True
            self._slow = True
            self._count(-self._waiting_bytes)
            _refuse_turns([*self._held, *self._queue])
            self._queue = []

    async def _work(self) -> None:
        """Work through what takes several steps; the commits in between are waited for one by one.

        What can be done in one go again is left for the next commit: where people go on typing,
        something always waits.
        """
        if self._setback is not None:
            (flight, error), self._setback = self._setback, None
            await self._commit(flight.outcomes, error)
            self._count(-flight.size_bytes)
        more = bool(self._queue)
        while more:
            self._held, self._queue = self._queue, []
            self._busy_since, self._queued_since = self._queued_since, None
            await self._process(self._held)
            self._count(-_size(self._held))
            self._held = []
            more = any(_takes_steps(item) for item in self._queue)
        self._busy_since = None
        self._slow = False
        if not self._queue:  # else that is told when it is stored
            self._tell_storage(True, "ok")
        self._go_on()

    async def _process(self, items: Sequence[Item]) -> None:
        outcomes: list[Outcome] = []
        for item in items:
            if isinstance(item, Turn):
                # Commit what came before it, hand over, and take the rest as a batch of its own.
                await self._commit(outcomes)
                outcomes = []
                if not item.done.done():
                    if not item.ready.done():
                        item.ready.set_result(None)
                    await item.done
            elif isinstance(item, Sync):
                outcomes.append(item)
            else:
                try:
                    outcome = await self._judge.judge_large(self.loaded, item)
                except Doubted:
                    await self._commit(outcomes)
                    outcomes = []
                    await self._hear_others()
                    outcome = await self._judge.judge_large(self.loaded, item, final=True)
                if outcome is not None:
                    outcomes.append(outcome)
        await self._commit(outcomes)

    async def _hear_others(self) -> None:
        """Read what other nodes have stored, however long storage is away."""
        retries = 0
        while True:
            try:
                with self._asking():
                    head = await self.database.read(lambda db: stream_head(db, self.id))
                    if head.epoch == self.loaded.epoch and head.seq > self.head_seq:
                        await self.take_news()
            except StorageUnavailable as error:
                await self._wait_for_storage(error, retries)
                retries += 1
            else:
                self._tell_storage(True, "ok")
                return

    async def _wait_for_storage(self, error: StorageUnavailable, retries: int) -> None:
        self._tell_storage(False, error.code)
        await asyncio.sleep(RETRY_S[min(retries, len(RETRY_S) - 1)])

    async def _commit(self, outcomes: list[Outcome], setback: Exception | None = None) -> None:
        """Store what is new, then acknowledge, then tell the others.

        Args:
            outcomes: What was judged.
            setback: Why it was not stored when that was tried before.
        """
        retries = at = 0
        while setback is not None or new_ones(outcomes):
            if setback is None:
                loaded, taken = self.loaded, new_ones(outcomes)
                try:
                    at = await self.log.append(
                        self.id,
                        loaded.epoch,
                        loaded.head_seq,
                        new_entries(taken),
                        self.cursors.are_shared,
                    )
                    break
                except (HeadMoved, StreamClosed, StorageUnavailable) as error:
                    setback = error
            try:
                if isinstance(setback, HeadMoved):
                    with self._asking():
                        await self.catch_up()
                    updates = await asyncio.to_thread(parse_again, outcomes)
                    if updates is not None:
                        try:
                            at = await self._store_locked(outcomes, updates)
                            break
                        except (HeadMoved, StreamClosed) as error:
                            setback = error
                            continue
                    # So much takes too long to judge while other nodes wait.
                    outcomes = [
                        await self._judge.check_again(self.loaded, o) if isinstance(o, Taken) else o
                        for o in outcomes
                    ]
                elif isinstance(setback, StreamClosed):
                    with self._asking():
                        await self._closed(setback)
                    self._tell_storage(True, "ok")
                    # Nothing is stored any more, but whoever joins is answered all the same.
                    joining = [o for o in outcomes if isinstance(o, Sync)]
                    self._delivery.follow(self.loaded, joining, [], [])
                    return
                elif setback is not None:
                    raise setback
            except StorageUnavailable as error:
                await self._wait_for_storage(error, retries)
                retries += 1
                if error is not setback:
                    continue  # it still has to be read what others wrote
            setback = None
        self._stored(outcomes, new_ones(outcomes), at)

    async def _store_locked(self, outcomes: list[Outcome], updates: Sequence[Update | None]) -> int:
        """Judge and store with the stream locked, after what other nodes have stored meanwhile.

        To be called when the document has just been read; if this raises, it has to be read again.

        Args:
            outcomes: What was judged by an earlier head, changed here to what it has become.
            updates: What `parse_again` made of them.

        Returns:
            The moment of the commit.

        Raises:
            HeadMoved, StreamClosed, StorageUnavailable: Nothing was stored.
        """
        attempt = LockedAttempt(self.id, self.loaded, self._judge, outcomes, updates)
        at = await self.log.act(attempt.run, self.id)
        self._heard(attempt.news)
        return at

    # -- scopes, storage, other nodes

    def hear_of_trouble(self, code: str) -> None:
        """Tell everyone that nothing can be stored for now, if anything waits here for that.

        That it can again is told when what waits is stored.
        """
        if not self.quiet:
            self._tell_storage(False, code)

    def set_scope(self, session: Session, scope: Scope) -> None:
        """Let a session write or only read from now on; its provider is told."""
        if session.scope is scope:
            return
        session.scope = scope
        if session.acknowledges:
            session.send(wire.authenticated(scope.value))
        if scope is Scope.WRITE and session.receiving:
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
        self._delivery.forget()

    async def take_news(self) -> None:
        """Read what other nodes wrote, and tell the sessions; to be called with the queue held."""
        loaded = self.loaded
        news = await load_news(self.database, self.id, loaded)
        if news is None:
            await self.catch_up()
            return
        self._heard(news)

    def _heard(self, news: list[TailEntry]) -> None:
        """Take what other nodes wrote into the tail, and tell the sessions."""
        self.loaded.tail.extend(news)
        self.loaded.head_seq += len(news)
        self._delivery.follow(self.loaded, [], news, [None] * len(news))

    async def catch_up(self) -> None:
        """Read again what the database has, and tell the sessions what other nodes wrote.

        If the document has begun another epoch, everyone is sent there instead; the next beacon has
        this node let go of the old one.
        """
        known, archived = self.loaded.head_seq, self.loaded.archived
        fresh = await load(self.database, self.id)
        if fresh is None:
            raise StreamClosed("erased", 0)
        if fresh.epoch != self.loaded.epoch:
            self.superseded(fresh.epoch)
            return
        if self.loaded.archived is not archived:
            fresh.archived = self.loaded.archived  # told meanwhile, and told once
        self.loaded = fresh
        self._delivery.forget()
        if fresh.snapshot is not None and fresh.snapshot_seq > known:
            # Another node has compacted what was not sent yet: it is in the snapshot.
            self._delivery.send_snapshot(fresh.snapshot)
        news = [e for e in fresh.tail if e.seq > known]
        self._delivery.follow(self.loaded, [], news, [None] * len(news))

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
        if bool(self.trouble) is not up:
            return
        self.trouble = "" if up else code
        for session in self.sessions:
            if session.acknowledges:
                session.send(wire.stateless(type="storage", available=up, code=code))

    def _is_foreign(self, client: int, member_id: str) -> bool:
        owner = self.loaded.validator.owner(client)
        return owner is not None and owner != member_id


def _takes_steps(item: Item) -> bool:
    return isinstance(item, Turn) or (isinstance(item, Edit) and is_large(item))


def _size(items: Sequence[Item]) -> int:
    return sum(len(item.data) + EDIT_BYTES for item in items if isinstance(item, Edit))


def _refuse_turns(items: Sequence[Item]) -> None:
    for item in items:
        if isinstance(item, Turn) and not item.ready.done():
            error = StorageUnavailable("document_failed", "This document is being opened anew.")
            item.ready.set_exception(error)
