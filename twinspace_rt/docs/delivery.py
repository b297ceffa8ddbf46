"""What leaves a document after a commit: updates, acknowledgements, answers and refusals.

A frame is made once for all who are sent it, and each connection is written to once a commit.
"""

import asyncio
from collections.abc import Collection, Coroutine, Sequence
from typing import Any

from twinspace_rt.docs import wire
from twinspace_rt.docs.edits import Edit, Missed, Outcome, Rejected, Sync, Taken
from twinspace_rt.docs.engine import Engine, EngineError
from twinspace_rt.docs.joined import Batch, joined, piece_of
from twinspace_rt.docs.session import Asked, Scope, Session, covers
from twinspace_rt.docs.store import Loaded, TailEntry
from twinspace_rt.docs.validator import SENTENCES, write_state_vector
from twinspace_rt.docs.wire import SyncType
from twinspace_rt.errors import CloseCode
from twinspace_rt.rooms.connection import BINARY, Frame
from twinspace_rt.rooms.lane import Lane

PARTIAL_BYTES = 64 * 1024
LARGE_BYTES = 2**20
"""Who does not take at once what is more than that, and than an outbox holds, is not slow."""
EMPTY_UPDATE = b"\0\0"
HISTORIES_MAX = 4
"""Of how many addresses the frames for a joiner are kept; a client may name its own."""


class Delivery:
    """Tells the sessions of one document what has been committed.

    To be called with the committed state alone: no edit may be in the validator that is not on the
    disk, since its state vector says what need not be sent again.

    Args:
        sessions: Who is in the document, now and later.
        engine: Makes the missing part of a large snapshot.
    """

    def __init__(self, sessions: Collection[Session], engine: Engine) -> None:
        self._sessions = sessions
        self._engine = engine
        self._receivers: dict[bytes, dict[Lane, Session]] = {}
        """Who receives what others write, by what each message to them begins with."""
        self._history: dict[bytes, list[Frame]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def leave(self, session: Session) -> None:
        """Send a session nothing more; an unknown one is ignored."""
        alike = self._receivers.get(session.prefix, {})
        if alike.get(session.connection.lane) is session:
            del alike[session.connection.lane]
            if not alike:
                del self._receivers[session.prefix]

    def forget(self) -> None:
        """Drop the frames made of the snapshot and the tail: these have been replaced."""
        self._history.clear()

    def send_snapshot(self, snapshot: bytes) -> None:
        """Send everyone a whole snapshot, which holds what was not sent yet."""
        whole = wire.sync(SyncType.UPDATE, snapshot)
        for receivers in self._receivers.values():
            for session in receivers.values():
                session.connection.send_owed(session.frame(whole))

    def follow(
        self,
        loaded: Loaded,
        outcomes: Sequence[Outcome],
        entries: Sequence[TailEntry],
        authors: Sequence[Session | None],
    ) -> None:
        """Send new entries to all but their authors, and to each what became of its own.

        Args:
            loaded: The document, with the entries in its tail.
            outcomes: What was judged, in order.
            entries: What has been added to the tail.
            authors: For each entry its session, if it is here.
        """
        out: dict[Session, list[Frame]] = {}
        for outcome in outcomes:
            session = outcome.session if isinstance(outcome, Sync) else outcome.edit.session
            if session in self._sessions:
                out[session] = []
        if entries:
            self._send_updates(entries, authors, out)
        for outcome in outcomes:
            if isinstance(outcome, Sync):
                self._answer(loaded, outcome, out.get(outcome.session, []))
                continue
            edit = outcome.edit
            frames = out.get(edit.session, [])
            if isinstance(outcome, Taken):
                frames += edit.session.acknowledgements(_due(edit))
            elif isinstance(outcome, Missed):
                self._miss(loaded, edit, frames)
            else:
                frames += _refusal(outcome)
        for session, frames in out.items():
            if sum([len(frame.wire) for frame in frames]) > LARGE_BYTES:
                session.connection.send_owed(*frames)
            elif frames:
                session.connection.send_all(frames)

    def _send_updates(
        self,
        entries: Sequence[TailEntry],
        authors: Sequence[Session | None],
        out: dict[Session, list[Frame]],
    ) -> None:
        batch = Batch(entries, authors)
        apart = {session.connection.lane for session in out}
        for prefix, receivers in self._receivers.items():
            frames = _frames_of(prefix, batch.whole())
            data = b"".join([frame.wire for frame in frames])
            is_large = len(data) > LARGE_BYTES
            for lane in receivers:
                if lane not in apart and not is_large and lane.write(data):
                    continue
                session = receivers[lane]
                if session in out:
                    out[session] += _frames_of(prefix, batch.without(session))
                elif is_large:
                    session.connection.send_owed(*frames)
                else:
                    session.connection.send_all(frames)

    def _miss(self, loaded: Loaded, edit: Edit, frames: list[Frame]) -> None:
        session = edit.session
        if session.scope is Scope.READ:
            if edit.step_2:
                session.postpone(edit.asked, edit.pongs, edit.since)
            elif edit.owed:
                session.replace(edit.since)
            if session.acknowledges:
                frames.append(session.frame(wire.NOT_SAVED))
            return
        if edit.step_2:
            # All that it knows is in there, and yet something is missing: start anew.
            session.connection.close(CloseCode.GAP, "gap")
            return
        if edit.owed:
            session.replace(edit.since)
        if Asked.GAP not in session.asked:
            vector = loaded.validator.encoded_state_vector()
            frames.append(session.frame(session.ask(Asked.GAP, vector)))

    # -- joining

    def _answer(self, loaded: Loaded, sync: Sync, frames: list[Frame]) -> None:
        """Answer a SyncStep1: ask back, send what is missing as updates, SyncStep2 last.

        Providers report "synced" at the first SyncStep2. There is no merging and no CRDT here: a
        new joiner gets the snapshot's bytes and the tail, the same frames as everybody else.
        """
        session = sync.session
        if session not in self._sessions:
            return
        vector = loaded.validator.encoded_state_vector()
        ask = []
        if session.acknowledges or not session.live:
            # y-websocket may repeat its SyncStep1 for ever, and sends its edits all the same.
            ask = [session.frame(session.ask(Asked.JOIN, vector))]
        session.live = True
        self._receivers.setdefault(session.prefix, {})[session.connection.lane] = session
        if not sync.vector:
            owed = [*ask, *self._history_frames(loaded, session.prefix)]
            owed.append(session.frame(wire.sync(SyncType.STEP_2, EMPTY_UPDATE)))
            session.connection.send_owed(*frames, *owed)
            frames.clear()
            return
        missing = [e for e in loaded.tail if not covers(sync.vector, e.ranges) or not e.ranges]
        rest = _frames_of(session.prefix, joined([piece_of(e) for e in missing]))
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
            part = await self._engine.missing(snapshot, write_state_vector(vector))
        except EngineError:
            part = snapshot
        if session not in self._sessions:
            return  # whoever is at its address now would take it for an answer
        session.connection.send_owed(session.frame(wire.sync(SyncType.UPDATE, part)), *rest)

    def _history_frames(self, loaded: Loaded, prefix: bytes) -> list[Frame]:
        frames = self._history.get(prefix)
        if frames is None:
            if len(self._history) >= HISTORIES_MAX:
                self._history.clear()
            frames = self._history[prefix] = []
            if loaded.snapshot is not None:
                snapshot = wire.sync(SyncType.UPDATE, loaded.snapshot)
                frames.append(Frame(BINARY, prefix + snapshot))
        known = len(frames) - (loaded.snapshot is not None)
        frames += _frames_of(prefix, [entry.body for entry in loaded.tail[known:]])
        return frames

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _due(edit: Edit) -> int:
    """Count the acknowledgements that a committed edit earns."""
    session = edit.session
    if edit.step_2:
        return session.settle(edit.asked, edit.pongs, edit.since)
    return int(edit.owed and edit.since == session.since)


def _refusal(rejected: Rejected) -> list[Frame]:
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


def _frames_of(prefix: bytes, updates: Sequence[bytes]) -> list[Frame]:
    return [Frame(BINARY, prefix + wire.sync(SyncType.UPDATE, update)) for update in updates]
