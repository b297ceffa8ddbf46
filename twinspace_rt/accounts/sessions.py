"""Sign-ins: rows that can be looked at and ended, each known by a random token in a cookie."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)

from twinspace_rt.accounts.models import account, session
from twinspace_rt.accounts.tokens import TOKEN_LENGTH, hash_token, new_token
from twinspace_rt.ids import new_id
from twinspace_rt.settings import Settings

HOUR_MS = 3_600_000
SEEN_EVERY_MS = 5 * 60_000
KEPT_AFTER_END_MS = 30 * 24 * HOUR_MS
REMEMBERED_DAYS = 180
# Asked for at every door. Made once: to make a statement takes longer than to ask it.
_HOLDING = (
    select(session)
    .outerjoin(account, account.c.id == session.c.account_id)
    .where(
        session.c.revoked_at.is_(None),
        session.c.expires_at > bindparam("now"),
        or_(session.c.account_id.is_(None), account.c.disabled_at.is_(None)),
    )
)
_BY_TOKEN = _HOLDING.where(session.c.token_hash == bindparam("key"))
_BY_ID = _HOLDING.where(session.c.id == bindparam("key"))


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One sign-in that holds: of an account (staff) or of a member (a pupil), never both."""

    session_id: str
    account_id: str | None
    member_id: str | None
    created_at: int
    last_seen_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A new sign-in; the token leaves the server in a cookie and is stored nowhere."""

    session_id: str
    token: str
    expires_at: int
    account_id: str | None


def cookie_name(settings: Settings) -> str:
    """Name the session cookie.

    ``__Host-`` binds it to this very host over https (RFC 6265bis 4.1.3.2); browsers do not take
    such a cookie over plain http.
    """
    return "__Host-twinspace" if is_https(settings) else "twinspace"


def last_cookie_name(settings: Settings) -> str:
    """Name the cookie that tells a browser on which somebody signed in to an account before."""
    return f"{cookie_name(settings)}-last"


def is_https(settings: Settings) -> bool:
    """Tell whether people reach this server over https."""
    return settings.origin.startswith("https://")


def open_for_account(
    connection: Connection, account_id: str, *, hours: int, now: int, device: str = ""
) -> Opened:
    """Sign an account in; ``hours`` later the session ends by itself."""
    return _open(connection, account_id, None, hours, now, device)


def open_for_member(
    connection: Connection, member_id: str, *, hours: int, now: int, device: str = ""
) -> Opened:
    """Sign a pupil in; ``hours`` later the session ends by itself."""
    return _open(connection, None, member_id, hours, now, device)


def _open(
    connection: Connection,
    account_id: str | None,
    member_id: str | None,
    hours: int,
    now: int,
    device: str,
) -> Opened:
    opened = Opened(new_id(), new_token(), now + hours * HOUR_MS, account_id)
    # Signing in is rare enough to carry the sweeping of what ended long ago. Staff sessions stay:
    # a moderator's visits are logged under them.
    connection.execute(
        delete(session).where(
            session.c.member_id.is_not(None), session.c.expires_at < now - KEPT_AFTER_END_MS
        )
    )
    connection.execute(
        insert(session).values(
            id=opened.session_id,
            token_hash=hash_token(opened.token),
            account_id=account_id,
            member_id=member_id,
            device=device[:60],
            created_at=now,
            last_seen_at=now,
            expires_at=opened.expires_at,
        )
    )
    return opened


def find(connection: Connection, token: str | None, now: int) -> SignedIn | None:
    """Find the sign-in a token stands for; none if it ended, was revoked or never was.

    A disabled account's sessions do not hold either.
    """
    if token is None or len(token) != TOKEN_LENGTH:
        return None
    return _find(connection, _BY_TOKEN, hash_token(token), now)


def earlier(connection: Connection, token: str | None, account_id: str, now: int) -> str | None:
    """Find a sign-in to this account that a browser remembers, though it may have ended.

    Returns:
        Its id; none if there was none within ``REMEMBERED_DAYS``.
    """
    if token is None or len(token) != TOKEN_LENGTH:
        return None
    return connection.execute(
        select(session.c.id).where(
            session.c.token_hash == hash_token(token),
            session.c.account_id == account_id,
            session.c.created_at > now - REMEMBERED_DAYS * 24 * HOUR_MS,
        )
    ).scalar_one_or_none()


def find_by_id(connection: Connection, session_id: str, now: int) -> SignedIn | None:
    """Find a sign-in that holds, as :func:`find` does, by its id."""
    return _find(connection, _BY_ID, session_id, now)


def _find(
    connection: Connection, statement: Select[Any], key: str | bytes, now: int
) -> SignedIn | None:
    row = connection.execute(statement, {"key": key, "now": now}).one_or_none()
    if row is None:
        return None
    return SignedIn(
        session_id=row.id,
        account_id=row.account_id,
        member_id=row.member_id,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
    )


def touch(connection: Connection, signed_in: SignedIn, now: int) -> None:
    """Note that a session is in use, to within five minutes."""
    if now - signed_in.last_seen_at >= SEEN_EVERY_MS:
        connection.execute(
            update(session).where(session.c.id == signed_in.session_id).values(last_seen_at=now)
        )


def revoke(connection: Connection, session_id: str, now: int) -> list[str]:
    """End one session; returns the ids ended, whose sockets the caller closes."""
    return _revoke(connection, session.c.id == session_id, now)


def revoke_account(
    connection: Connection, account_id: str, now: int, *, but: str | None = None
) -> list[str]:
    """End an account's sessions, except perhaps the one being used; returns the ids ended."""
    where = session.c.account_id == account_id
    return _revoke(connection, where & (session.c.id != but) if but else where, now)


def revoke_members(connection: Connection, member_ids: Sequence[str], now: int) -> list[str]:
    """End these pupils' sessions; returns the ids ended."""
    return _revoke(connection, session.c.member_id.in_(member_ids), now)


def _revoke(connection: Connection, where: ColumnElement[bool], now: int) -> list[str]:
    return list(
        connection.execute(
            update(session)
            .where(where, session.c.revoked_at.is_(None))
            .values(revoked_at=now)
            .returning(session.c.id)
        ).scalars()
    )
