"""One-time links. The secret stands in the address's fragment, which no server and no log sees."""

from enum import StrEnum

from sqlalchemy import Connection, Row, insert, select, update

from twinspace_rt.accounts.models import invitation
from twinspace_rt.accounts.tokens import TOKEN_LENGTH, hash_token, new_token
from twinspace_rt.errors import NotFound
from twinspace_rt.ids import new_id
from twinspace_rt.settings import Settings

DAY_MS = 24 * 3_600_000
INVITATION_DAYS = 14
PASSWORD_LINK_DAYS = 2


class Purpose(StrEnum):
    """What a link does for the person who opens it."""

    ACCOUNT = "account"  # make an account (and join a room)
    SIGN_IN = "sign-in"  # sign in without a password: demonstration only
    PASSWORD = "password"  # choose a new password  # noqa: S105


def create_invitation(
    connection: Connection,
    purpose: Purpose,
    *,
    days: int,
    now: int,
    kind: str = "",
    email: str = "",
    school_id: str | None = None,
    countries: str = "",
    room_id: str | None = None,
    role: str = "",
    account_id: str | None = None,
    member_id: str | None = None,
    reusable: bool = False,
    created_by: str | None = None,
) -> str:
    """Make a link; returns its secret, which is not stored."""
    token = new_token()
    connection.execute(
        insert(invitation).values(
            id=new_id(),
            token_hash=hash_token(token),
            purpose=purpose.value,
            kind=kind,
            email=email.strip(),
            school_id=school_id,
            countries=countries,
            room_id=room_id,
            role=role,
            account_id=account_id,
            member_id=member_id,
            reusable=reusable,
            created_by=created_by,
            created_at=now,
            expires_at=now + days * DAY_MS,
        )
    )
    return token


def find_invitation(connection: Connection, token: str, now: int) -> Row[tuple[object, ...]]:
    """Find the link a secret belongs to.

    Raises:
        NotFound: Never made, used, taken back or too old; nobody can tell which.
    """
    row = None
    if len(token) == TOKEN_LENGTH:
        row = connection.execute(
            select(invitation).where(
                invitation.c.token_hash == hash_token(token),
                invitation.c.expires_at > now,
                invitation.c.used_at.is_(None) | invitation.c.reusable,
                invitation.c.revoked_at.is_(None),
            )
        ).one_or_none()
    if row is None:
        raise _link_gone()
    return row


def _link_gone() -> NotFound:
    return NotFound(
        "This link does not work any more. Ask for a new one.", code="accounts.link_gone"
    )


def use_invitation(connection: Connection, invitation_id: str, now: int) -> None:
    """Spend a link, in the transaction that does what it is for.

    Raises:
        NotFound: It was spent since it was found.
    """
    spent = connection.execute(
        update(invitation)
        .where(
            invitation.c.id == invitation_id,
            invitation.c.used_at.is_(None) | invitation.c.reusable,
        )
        .values(used_at=now)
    )
    if spent.rowcount != 1:
        raise _link_gone()


def revoke_invitations(
    connection: Connection,
    created_by: str | None,
    now: int,
    *,
    room_id: str | None = None,
    kind: str | None = None,
) -> None:
    """Take back the links that an account has made and nobody has used.

    Args:
        created_by: Whose; ``None`` for those that an operator has printed.
        room_id: Only those to this room.
        kind: Only those that make an account of this kind.
    """
    query = update(invitation).where(
        invitation.c.created_by == created_by,
        invitation.c.used_at.is_(None),
        invitation.c.revoked_at.is_(None),
    )
    if room_id is not None:
        query = query.where(invitation.c.room_id == room_id)
    if kind is not None:
        query = query.where(invitation.c.kind == kind)
    connection.execute(query.values(revoked_at=now))


def revoke_every_invitation(connection: Connection, now: int) -> int:
    """Take back all links that still work, whoever has made them; returns how many."""
    return connection.execute(
        update(invitation)
        .where(
            invitation.c.used_at.is_(None) | invitation.c.reusable,
            invitation.c.revoked_at.is_(None),
            invitation.c.expires_at > now,
        )
        .values(revoked_at=now)
    ).rowcount


def link(settings: Settings, token: str, *, host: str | None = None) -> str:
    """Write the address of a link, perhaps under another name of this host."""
    origin = settings.origin
    if host is not None:
        origin = origin.replace("://localhost", f"://{host}", 1)
    return f"{origin}/link#{token}"
