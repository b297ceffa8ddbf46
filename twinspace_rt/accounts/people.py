"""Accounts: administrators, teachers, moderators, and guests of rooms."""

from enum import StrEnum

from sqlalchemy import Connection, Row, insert, select

from twinspace_rt.accounts.models import account
from twinspace_rt.errors import Conflict
from twinspace_rt.ids import new_id
from twinspace_rt.plain_text import fold

EVERY_COUNTRY = "*"


class AccountKind(StrEnum):
    """What an account is for."""

    ADMINISTRATOR = "administrator"
    TEACHER = "teacher"
    MODERATOR = "moderator"
    VISITOR = "visitor"
    """A parent or another guest: of no school, and nothing but a visitor of rooms."""


def create_account(
    connection: Connection,
    *,
    kind: AccountKind,
    email: str,
    password_hash: str,
    name: str,
    school_id: str | None = None,
    countries: str = "",
    language: str = "en",
    now: int,
) -> str:
    """Make an account.

    Raises:
        Conflict: The e-mail address has one already.
    """
    if find_by_email(connection, email) is not None:
        raise Conflict("This e-mail address has an account already.", code="accounts.exists")
    account_id = new_id()
    connection.execute(
        insert(account).values(
            id=account_id,
            kind=kind.value,
            email=email.strip(),
            email_key=email_key(email),
            password_hash=password_hash,
            name=name,
            school_id=school_id,
            countries=countries,
            language=language,
            created_at=now,
        )
    )
    return account_id


def email_key(email: str) -> str:
    """Turn an e-mail address into the form it is compared in."""
    return fold(email)


def find_by_email(connection: Connection, email: str) -> Row[tuple[object, ...]] | None:
    """Find an account by its e-mail address, however it is written."""
    return connection.execute(
        select(account).where(account.c.email_key == email_key(email))
    ).one_or_none()


def find_account(connection: Connection, account_id: str) -> Row[tuple[object, ...]] | None:
    """Find an account."""
    return connection.execute(select(account).where(account.c.id == account_id)).one_or_none()


def watches(countries: str, country: str) -> bool:
    """Tell whether a moderator for ``countries`` looks after schools of ``country``."""
    return EVERY_COUNTRY in countries.split() or country in countries.split()
