"""JSON over HTTP: a request's body in, an answer out."""

from typing import Any, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from twinspace_rt import meters
from twinspace_rt.errors import CommandError, InvalidCommand
from twinspace_rt.protocol import ErrorBody, encode, wrong_form

T = TypeVar("T")
BODY_MAX_BYTES = 64 * 1024


class Body(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A request's body; what it does not name is refused."""


async def read_body(request: Request, kind: type[T]) -> T:
    """Read a request's body as ``kind``.

    Raises:
        InvalidCommand: Larger than 64 KiB, not JSON, or not of this form.
    """
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_MAX_BYTES:
                raise InvalidCommand("This request is too large.", code="too_large")
    except ClientDisconnect as error:
        raise InvalidCommand("This request was not sent to its end.") from error
    try:
        return msgspec.json.decode(bytes(body) or b"{}", type=kind)
    except msgspec.ValidationError as error:
        raise wrong_form(error) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidCommand("This request is not JSON.") from error


class Done(msgspec.Struct, kw_only=True):
    """Nothing to say but that it was done."""

    done: bool = True


def answer(content: Any, status: int = 200) -> Response:
    """Write ``content`` as JSON; nobody may keep a copy of it."""
    return Response(
        encode(content),
        status,
        headers={"cache-control": "no-store"},
        media_type="application/json",
    )


class _Failed(msgspec.Struct):
    error: ErrorBody


def answer_error(error: CommandError) -> Response:
    """Write why a request was refused, with the HTTP status of that kind of refusal."""
    meters.refusals.labels("request", error.code).inc()
    response = answer(
        _Failed(
            ErrorBody(
                code=error.code,
                message=error.message,
                retryable=error.retryable,
                retry_after_s=error.retry_after_s,
            )
        ),
        error.status,
    )
    if error.retry_after_s is not None:
        response.headers["retry-after"] = str(error.retry_after_s)
    return response
