"""The ways in: e-mail and password, a join card, a sign-in link; and the way out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from twinspace_rt.accounts import sessions
from twinspace_rt.accounts.cards import find_card, read_code, read_words
from twinspace_rt.accounts.guessing import (
    NOBODY,
    Addresses,
    Measure,
    of_account,
    of_card,
    take_try,
    was_right,
)
from twinspace_rt.accounts.invitations import Purpose, find_invitation, use_invitation
from twinspace_rt.accounts.passwords import verify_secret
from twinspace_rt.accounts.people import find_by_email
from twinspace_rt.accounts.sessions import Opened
from twinspace_rt.db.engine import Database
from twinspace_rt.errors import CommandError, NotFound, RateLimited
from twinspace_rt.protocol import now_ms
from twinspace_rt.settings import Settings


class WrongSecret(CommandError):
    """The code and words, or the address and password, do not belong together."""

    status = 401


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the network address, the kind of device, and the sessions they came with."""

    address: str
    device: str
    token: str | None
    last_token: str | None = None
    """Of the browser's last sign-in to an account, which need not hold any more."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Whose secret it may be."""

    measures: tuple[Measure, ...]
    secret_hash: str
    account_id: str | None = None
    member_id: str | None = None


class Entry:
    """Opens sessions for those who prove who they are, and ends them.

    Wrong, unknown, disabled and resting get the same answer after the same work.

    Args:
        clock: Milliseconds since 1970 UTC.
        close_sessions: Closes the sockets of sessions that have ended, on every node.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        close_sessions: Callable[[Sequence[str]], None],
        *,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self.settings = settings
        self.database = database
        self.close_sessions = close_sessions
        self.now = clock
        self._addresses = Addresses()

    async def with_password(self, email: str, password: str, caller: Caller) -> Opened:
        """Sign a member of staff in.

        Raises:
            WrongSecret: Whatever it is that does not hold.
            RateLimited: The same, from a network that has guessed wrong too often.
        """

        def find(db: Connection) -> _Found | None:
            row = find_by_email(db, email)
            if row is None or row.disabled_at is not None:
                return None
            known = sessions.earlier(db, caller.last_token, row.id, self.now())
            measures = of_account(row.id, caller.address, known)
            return _Found(measures, row.password_hash, account_id=row.id)

        wrong = WrongSecret(
            "This e-mail address and password do not belong together.", code="accounts.wrong"
        )
        return await self._judge(find, password, caller, wrong)

    async def with_card(self, code: str, words: str, caller: Caller) -> Opened:
        """Sign a pupil in with what is printed on their join card.

        Raises:
            WrongSecret: Whatever it is that does not hold.
            RateLimited: The same, from a network that has guessed wrong too often.
        """

        def find(db: Connection) -> _Found | None:
            card = find_card(db, read_code(code))
            if card is None:
                return None
            measures = of_card(card.member_id)
            return _Found(measures, card.words_hash, member_id=card.member_id)

        wrong = WrongSecret(
            "This code and these words do not belong together. Look at your card once more, "
            "or ask your teacher for a new one.",
            code="accounts.wrong_card",
        )
        return await self._judge(find, read_words(words), caller, wrong)

    async def with_link(self, token: str, caller: Caller) -> Opened:
        """Sign somebody in with a sign-in link.

        Raises:
            NotFound: No such link, or it does not hold any more.
        """

        def enter(db: Connection) -> tuple[Opened, list[str]]:
            now = self.now()
            row = find_invitation(db, token, now)
            if row.purpose != Purpose.SIGN_IN:
                raise NotFound(code="accounts.link_gone")
            use_invitation(db, row.id, now)
            return self.enter(db, row.account_id, row.member_id, caller)

        return self.admit(await self.database.write(enter))

    async def sign_out(self, token: str | None, *, everywhere: bool = False) -> None:
        """End the session of ``token``, or all sessions of its person; none is no error."""

        def leave(db: Connection) -> list[str]:
            now = self.now()
            found = sessions.find(db, token, now)
            if found is None:
                return []
            if everywhere and found.account_id:
                return sessions.revoke_account(db, found.account_id, now)
            if everywhere and found.member_id:
                return sessions.revoke_members(db, [found.member_id], now)
            return sessions.revoke(db, found.session_id, now)

        self.close_sessions(await self.database.write(leave))

    async def _judge(
        self,
        find: Callable[[Connection], _Found | None],
        secret: str,
        caller: Caller,
        wrong: WrongSecret,
    ) -> Opened:
        def begin(db: Connection) -> tuple[_Found | None, tuple[str, ...] | None]:
            found = find(db)
            if found is None and self._addresses.is_spent(caller.address):
                return None, None
            return found, take_try(db, found.measures if found else NOBODY, self.now())

        found, taken = await self.database.write(begin)
        stored = found.secret_hash if found and taken else None
        opened = None
        if await verify_secret(stored, secret) and found is not None and taken is not None:

            def enter(db: Connection) -> tuple[Opened, list[str]] | None:
                # What was proved must still hold: the card may have been reset meanwhile.
                if find(db) != found:
                    return None
                was_right(db, taken)
                return self.enter(db, found.account_id, found.member_id, caller)

            opened = await self.database.write(enter)
        if opened is not None:
            return self.admit(opened)
        # Asked again here: tries made at once all began with some measure left.
        spent = self._addresses.is_spent(caller.address)
        self._addresses.note_wrong(caller.address)
        if spent:
            raise RateLimited(
                "There were many wrong tries from your network. Look closely, and try again.",
                code="accounts.slow",
                retry_after_s=60,
            )
        raise wrong

    def enter(
        self, db: Connection, account_id: str | None, member_id: str | None, caller: Caller
    ) -> tuple[Opened, list[str]]:
        """Open a session for an account or a member, in the caller's transaction.

        The session that the browser came with ends: the new one has a new token (against
        fixation), and nobody stays signed in below another.

        Returns:
            What :meth:`admit` takes when the transaction has committed.
        """
        now = self.now()
        old = sessions.find(db, caller.token, now)
        ended = sessions.revoke(db, old.session_id, now) if old else []
        if account_id is not None:
            hours = self.settings.staff_session_hours
            opened = sessions.open_for_account(
                db, account_id, hours=hours, now=now, device=caller.device
            )
        else:
            hours = self.settings.pupil_session_hours
            opened = sessions.open_for_member(
                db, str(member_id), hours=hours, now=now, device=caller.device
            )
        return opened, ended

    def admit(self, result: tuple[Opened, list[str]]) -> Opened:
        """Close the sockets of the session that ended; returns the one that began."""
        opened, ended = result
        self.close_sessions(ended)
        return opened
