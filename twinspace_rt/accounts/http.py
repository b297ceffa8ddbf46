"""HTTP for signing in and out and for one's own account, under ``/api``."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import Connection, select, update
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from twinspace_rt.accounts import sessions
from twinspace_rt.accounts.entry import Caller, Entry, WrongSecret
from twinspace_rt.accounts.guessing import of_owner, take_try, was_right
from twinspace_rt.accounts.models import account, session
from twinspace_rt.accounts.passwords import check_password, hash_secret, verify_secret
from twinspace_rt.accounts.people import AccountKind, find_account
from twinspace_rt.accounts.sessions import (
    HOUR_MS,
    REMEMBERED_DAYS,
    Opened,
    SignedIn,
    cookie_name,
    is_https,
    last_cookie_name,
)
from twinspace_rt.errors import CommandError, Forbidden, NotFound
from twinspace_rt.json_http import Body, Done, answer, read_body
from twinspace_rt.protocol import Id

Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^\s*[^\s@]+@[^\s@]+\s*$")]
Password = Annotated[str, Meta(min_length=1, max_length=200)]
Secret = Annotated[str, Meta(min_length=1, max_length=100)]


class NotSignedIn(CommandError):
    """Nobody is signed in, or not any more."""

    status = 401


class SignIn(Body):
    """With e-mail and password."""

    email: Email
    password: Password


class Join(Body):
    """With what is printed on a join card."""

    code: Secret
    words: Secret


class Link(Body):
    """With the secret of a one-time link."""

    token: Secret


class NewPassword(Body):
    """The present password proves that it is still the same person at the keyboard."""

    current: Password
    new: Password


class EndSession(Body):
    """Sign out one of my devices."""

    session_id: Id


class SessionFacts(msgspec.Struct, kw_only=True):
    """One of my sign-ins that hold."""

    id: str
    device: str
    created_at: int
    last_seen_at: int
    here: bool


def caller(entry: Entry, request: Request) -> Caller:
    """Tell who sends a request."""
    return Caller(
        address=request.state.address,
        device=device(request.headers.get("user-agent", "")),
        token=request.cookies.get(cookie_name(entry.settings)),
        last_token=request.cookies.get(last_cookie_name(entry.settings)),
    )


async def signed_in(entry: Entry, request: Request) -> SignedIn:
    """Find who sends a request.

    Raises:
        NotSignedIn: Nobody, or their session has ended.
    """
    token = request.cookies.get(cookie_name(entry.settings))
    found = await entry.database.read(lambda db: sessions.find(db, token, entry.now()))
    if found is None:
        raise NotSignedIn("Please sign in.", code="signed_out")
    return found


async def staff(entry: Entry, request: Request) -> tuple[SignedIn, str]:
    """Find which account sends a request.

    Raises:
        NotSignedIn: Nobody, or their session has ended.
        Forbidden: A pupil.
    """
    found = await signed_in(entry, request)
    if found.account_id is None:
        raise Forbidden("This is for teachers.", code="staff_only")
    return found, found.account_id


async def administrator(entry: Entry, request: Request) -> str:
    """Find which administrator sends a request.

    Raises:
        NotSignedIn: Nobody is signed in.
        Forbidden: A pupil.
        NotFound: Somebody else, to whom there is nothing here.
    """
    _, account_id = await staff(entry, request)
    found = await entry.database.read(lambda db: find_account(db, account_id))
    if found is None or found.kind != AccountKind.ADMINISTRATOR:
        raise NotFound
    return account_id


def with_session(entry: Entry, response: Response, opened: Opened) -> Response:
    """Hand the session's token to the browser, out of reach of scripts.

    A second cookie keeps an account's: when the session has ended, it opens nothing any more, but
    tells this browser from those of strangers who guess.
    """
    _put_cookie(entry, response, cookie_name(entry.settings), opened, opened.expires_at)
    if opened.account_id is not None:
        until = entry.now() + REMEMBERED_DAYS * 24 * HOUR_MS
        _put_cookie(entry, response, last_cookie_name(entry.settings), opened, until)
    return response


def _put_cookie(entry: Entry, response: Response, name: str, opened: Opened, until: int) -> None:
    response.set_cookie(
        name,
        opened.token,
        max_age=(until - entry.now()) // 1000,
        path="/",
        secure=is_https(entry.settings),
        httponly=True,
        samesite="lax",
    )


def device(user_agent: str) -> str:
    """Name the browser and system roughly, so that people know their own devices again."""
    browsers = {"Edg/": "Edge", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
    systems = {
        "Android": "Android",
        "iPhone": "iPhone",
        "iPad": "iPad",
        "CrOS": "Chromebook",
        "Windows": "Windows",
        "Mac OS": "Mac",
        "Linux": "Linux",
    }
    found = [
        next((name for mark, name in known.items() if mark in user_agent), "")
        for known in (browsers, systems)
    ]
    return ", ".join(filter(None, found))


class SignInRoutes:
    """The routes, around one :class:`Entry`."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._database = entry.database

    def routes(self) -> list[BaseRoute]:
        """List them."""
        return [
            Route("/sign-in", self.sign_in, methods=["POST"]),
            Route("/join", self.join, methods=["POST"]),
            Route("/link/sign-in", self.link_sign_in, methods=["POST"]),
            Route("/sign-out", self.sign_out, methods=["POST"]),
            Route("/sign-out-everywhere", self.sign_out_everywhere, methods=["POST"]),
            Route("/account/password", self.set_password, methods=["POST"]),
            Route("/account/sessions", self.list_sessions, methods=["GET"]),
            Route("/account/sessions/end", self.end_session, methods=["POST"]),
        ]

    async def sign_in(self, request: Request) -> Response:
        """Sign in with e-mail and password."""
        body = await read_body(request, SignIn)
        who = caller(self._entry, request)
        opened = await self._entry.with_password(body.email, body.password, who)
        return with_session(self._entry, answer(Done()), opened)

    async def join(self, request: Request) -> Response:
        """Sign in with a join card."""
        body = await read_body(request, Join)
        opened = await self._entry.with_card(body.code, body.words, caller(self._entry, request))
        return with_session(self._entry, answer(Done()), opened)

    async def link_sign_in(self, request: Request) -> Response:
        """Sign in with a link."""
        body = await read_body(request, Link)
        opened = await self._entry.with_link(body.token, caller(self._entry, request))
        return with_session(self._entry, answer(Done()), opened)

    async def sign_out(self, request: Request) -> Response:
        """End this session."""
        return await self._leave(request, everywhere=False)

    async def sign_out_everywhere(self, request: Request) -> Response:
        """End all my sessions, on every device."""
        return await self._leave(request, everywhere=True)

    async def _leave(self, request: Request, *, everywhere: bool) -> Response:
        token = caller(self._entry, request).token
        await self._entry.sign_out(token, everywhere=everywhere)
        response = answer(Done())
        response.delete_cookie(
            cookie_name(self._entry.settings),
            path="/",
            secure=is_https(self._entry.settings),
            httponly=True,
            samesite="lax",
        )
        return response

    async def set_password(self, request: Request) -> Response:
        """Change my password; my other devices are signed out."""
        found, account_id = await staff(self._entry, request)
        body = await read_body(request, NewPassword)
        entry = self._entry

        def begin(db: Connection) -> tuple[Any, tuple[str, ...] | None]:
            row: Any = find_account(db, account_id)
            check_password(body.new, row.email)
            return row, take_try(db, of_owner(account_id), entry.now())

        row, taken = await self._database.write(begin)
        right = await verify_secret(row.password_hash if taken else None, body.current)
        if taken is None or not right:
            raise WrongSecret("Your present password is not right.", code="accounts.wrong_password")
        hashed = await hash_secret(body.new)

        def change(db: Connection) -> list[str]:
            was_right(db, taken)
            db.execute(
                update(account).where(account.c.id == account_id).values(password_hash=hashed)
            )
            return sessions.revoke_account(db, account_id, entry.now(), but=found.session_id)

        entry.close_sessions(await self._database.write(change))
        return answer(Done())

    async def list_sessions(self, request: Request) -> Response:
        """List where I am signed in."""
        found = await signed_in(self._entry, request)
        now = self._entry.now()

        def read(db: Connection) -> list[SessionFacts]:
            rows = db.execute(
                select(session)
                .where(_mine(found), session.c.revoked_at.is_(None), session.c.expires_at > now)
                .order_by(session.c.last_seen_at.desc())
            )
            return [
                SessionFacts(
                    id=row.id,
                    device=row.device,
                    created_at=row.created_at,
                    last_seen_at=row.last_seen_at,
                    here=row.id == found.session_id,
                )
                for row in rows
            ]

        return answer(await self._database.read(read))

    async def end_session(self, request: Request) -> Response:
        """Sign out one of my devices; one that is not mine is no error and stays."""
        found = await signed_in(self._entry, request)
        body = await read_body(request, EndSession)

        def end(db: Connection) -> list[str]:
            mine = db.execute(
                select(session.c.id).where(_mine(found), session.c.id == body.session_id)
            ).first()
            return sessions.revoke(db, body.session_id, self._entry.now()) if mine else []

        self._entry.close_sessions(await self._database.write(end))
        return answer(Done())


def _mine(found: SignedIn) -> Any:
    if found.account_id:
        return session.c.account_id == found.account_id
    return session.c.member_id == found.member_id
