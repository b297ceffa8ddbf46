"""Judges the edits of one document, in the order of its queue."""

import asyncio
import logging

from twinspace_rt import meters
from twinspace_rt.docs.edits import Doubted, Edit, Missed, Outcome, Rejected, Taken
from twinspace_rt.docs.session import Scope, Session
from twinspace_rt.docs.store import OFF_LOOP_BYTES, Loaded
from twinspace_rt.docs.typed import take_typed
from twinspace_rt.docs.validator import (
    GAP_CODES,
    SYNC_LIMITS,
    TRUSTED_LIMITS,
    DocumentState,
    Refused,
    Update,
    Verdict,
    parse,
)
from twinspace_rt.rooms.bucket import Bucket

log = logging.getLogger(__name__)
CLIENTS_PER_HOUR = 60.0


class Judge:
    """Decides about each edit, and has the validator take in what is new in it.

    What it has taken in is tentative until it is committed; the caller sees to it that nothing is
    judged while something else waits for its commit.

    Args:
        document_id: The document, for the log.
    """

    def __init__(self, document_id: str) -> None:
        self._document_id = document_id
        self._client_buckets: dict[str, Bucket] = {}

    def judge(self, loaded: Loaded, edit: Edit, *, final: bool = False) -> Outcome | None:
        """Judge an edit; ``None`` if nothing is to be said of it.

        Raises:
            Doubted: It would be refused, unless this is ``final``: whoever comes from a node that
                is ahead brings words of others that are not known here.
        """
        if edit.session.connection.shut_out:
            # Removed or signed out while it waited here. Who merely left is stored to the last key.
            return None
        if edit.session.refused is not None:
            return self._reject(edit, edit.session.refused)
        session = edit.session
        if session.receiving and not edit.step_2 and session.scope is Scope.WRITE:
            typed = take_typed(loaded.validator, edit.data, session.principal.member_id)
            if typed is not None:
                edit.owed = session.counts(typed.client, typed.start)
                return Taken(edit, edit.data, (typed[:3],), (), typed)
        update = _parsed(edit.data)
        if isinstance(update, Refused):
            return self._reject(edit, update.code)
        if not _counts(edit, update):
            return None
        verdict = _checked(loaded.validator, update, edit.session.principal.member_id)
        return self._conclude(loaded, edit, update, verdict, final)

    async def judge_large(
        self, loaded: Loaded, edit: Edit, *, final: bool = False
    ) -> Outcome | None:
        """Judge an edit, beside the event loop if it is large.

        Raises:
            Doubted: See `judge`.
        """
        shut_out, refused = edit.session.connection.shut_out, edit.session.refused
        if not is_large(edit) or shut_out or refused is not None:
            return self.judge(loaded, edit, final=final)
        update = await asyncio.to_thread(_parsed, edit.data)
        if isinstance(update, Refused):
            return self._reject(edit, update.code)
        if not _counts(edit, update):
            return None
        return await self._check_large(loaded, edit, update, final)

    async def check_again(self, loaded: Loaded, taken: Taken) -> Outcome:
        """Check an edit against what other nodes have stored meanwhile."""
        # It was parsed before; once more is cheaper than keeping what was made of every edit.
        update = await asyncio.to_thread(parse, taken.edit.data, TRUSTED_LIMITS)
        return await self._check_large(loaded, taken.edit, update, True)

    def check_parsed(self, loaded: Loaded, taken: Taken, update: Update) -> Outcome:
        """Check an edit as `check_again` does, but one that is not large and has been parsed."""
        verdict = _checked(loaded.validator, update, taken.edit.session.principal.member_id)
        return self._conclude(loaded, taken.edit, update, verdict, True)

    async def _check_large(
        self, loaded: Loaded, edit: Edit, update: Update, final: bool
    ) -> Outcome:
        member = edit.session.principal.member_id
        if is_large(edit):
            verdict = await asyncio.to_thread(_checked, loaded.validator, update, member)
        else:
            verdict = _checked(loaded.validator, update, member)
        return self._conclude(loaded, edit, update, verdict, final)

    def _conclude(
        self,
        loaded: Loaded,
        edit: Edit,
        update: Update,
        verdict: Verdict | Refused,
        final: bool,
    ) -> Outcome:
        session = edit.session
        if isinstance(verdict, Refused):
            # A reader may know what the server does not show any more: that is no offence.
            if verdict.code in GAP_CODES or session.scope is Scope.READ:
                return Missed(edit)
            if not final:
                raise Doubted
            return self._reject(edit, verdict.code)
        if session.scope is Scope.READ:
            # What a reader sends is taken only if nothing in it is new.
            return Taken(edit, None, (), ()) if verdict.canonical is None else Missed(edit)
        if verdict.new_clients and not edit.counted:
            if self._too_many_clients(session, len(verdict.new_clients)):
                return self._reject(edit, "new-clients")
            edit.counted = True
        loaded.validator.apply(verdict)
        return Taken(edit, verdict.canonical, verdict.ranges, verdict.new_clients)

    def _too_many_clients(self, session: Session, count: int) -> int:
        # Each page load that edits is one client id, and each id slows every edit for everyone.
        bucket = self._client_buckets.setdefault(
            session.principal.member_id, Bucket(CLIENTS_PER_HOUR / 3600, CLIENTS_PER_HOUR)
        )
        # Many days offline come in one SyncStep2, which nobody can split: it may take all there is.
        return bucket.take(min(count, CLIENTS_PER_HOUR))

    def _reject(self, edit: Edit, code: str) -> Rejected:
        first = edit.session.refused is None
        edit.session.refused = code
        meters.refusals.labels("edit", code).inc()
        if first:
            number = edit.session.connection.number
            log.info("refused document=%s connection=%d code=%s", self._document_id, number, code)
        return Rejected(edit, code, first)


def is_large(edit: Edit) -> bool:
    """Tell whether an edit would hold up the event loop."""
    return len(edit.data) > OFF_LOOP_BYTES


def _counts(edit: Edit, update: Update) -> bool:
    """Tell whether an edit is to be taken in, and not one that its SyncStep2 holds as well."""
    session = edit.session
    if not edit.step_2 and not session.receiving:
        if session.acknowledges:
            session.hold(update, edit.pongs, edit.since)
        return False
    session.receiving = True
    edit.owed = session.is_counted(update.starts())
    return True


def _parsed(data: bytes) -> Update | Refused:
    try:
        return parse(data, SYNC_LIMITS)
    except Refused as error:
        return error


def _checked(validator: DocumentState, update: Update, member: str) -> Verdict | Refused:
    try:
        return validator.check(update, member)
    except Refused as error:
        return error
