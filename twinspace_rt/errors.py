"""What can go wrong, and how a client is told.

::

    TwinspaceError
    ├── BadSetting            the server refuses to start
    ├── DatabaseBusy          another process has the SQLite file
    ├── StorageUnavailable    nothing can be committed now (disk full, database away)
    ├── CommandError          an error reply; the connection lives on
    │   ├── InvalidCommand    the frame or request is not of the form asked for
    │   ├── NotFound          not there, or not for this person: the same answer
    │   ├── Forbidden         may see it, may not do this
    │   ├── Conflict          the state it was meant for has changed
    │   └── RateLimited       too much, too fast
    └── Disconnect            closes the connection with a code
"""

from enum import IntEnum


class TwinspaceError(Exception):
    """The root of every error this package raises on purpose."""


class BadSetting(TwinspaceError):
    """A setting cannot be used; the message says which, and why."""


class DatabaseBusy(TwinspaceError):
    """Another process works on this SQLite file."""


class StorageUnavailable(TwinspaceError):
    """Nothing can be stored now; what was not acknowledged may be sent again later."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class CommandError(TwinspaceError):
    """Refuses one command or request; carries what the client is told.

    Args:
        message: A sentence for people, in English; clients translate by ``code``.
        code: Stable and dotted, such as ``chat.closed``.
        retryable: Whether sending the same thing again later can succeed.
        retry_after_s: Seconds to wait before that, where known.
    """

    default_code = "error"
    status = 400

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        retryable: bool = False,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.retryable = retryable
        self.retry_after_s = retry_after_s


class InvalidCommand(CommandError):
    """The frame or request is not of the form asked for."""

    default_code = "invalid"


class NotFound(CommandError):
    """Not there, or not for this person; nobody can tell which."""

    default_code = "not_found"
    status = 404

    def __init__(
        self, message: str = "There is nothing here that you can open.", *, code: str = ""
    ) -> None:
        super().__init__(message, code=code)


class Forbidden(CommandError):
    """The person may see this, but may not do this to it."""

    default_code = "forbidden"
    status = 403


class Conflict(CommandError):
    """The state it was meant for has changed."""

    default_code = "conflict"
    status = 409


class RateLimited(CommandError):
    """Too much, too fast."""

    default_code = "rate_limited"
    status = 429

    def __init__(self, message: str, *, code: str = "", retry_after_s: int = 10) -> None:
        super().__init__(message, code=code, retryable=True, retry_after_s=retry_after_s)


class CloseCode(IntEnum):
    """WebSocket close codes: 4400-4499 stop and tell the person, 4500-4599 come back."""

    TOO_LARGE = 1009
    INTERNAL = 1011
    RESTART = 1012
    OVERLOAD = 1013
    MALFORMED = 4400
    SIGNED_OUT = 4401
    FORBIDDEN = 4403
    EPOCH = 4409
    REMOVED = 4410
    SLOW = 4508
    GAP = 4510


class Disconnect(TwinspaceError):
    """Closes the connection with ``code``; ``reason`` is a short stable word."""

    def __init__(self, code: CloseCode, reason: str = "") -> None:
        super().__init__(f"{int(code)} {reason}")
        self.code = code
        self.reason = reason
