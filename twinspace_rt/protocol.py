"""Text frames: commands, replies and pushes, and their JSON. No I/O.

A command asks (``{"id":7,"type":"chat.post",…}``), a reply answers it (``{"id":7,"ok":…}`` or
``{"id":7,"error":…}``), a push tells what happened (``{"type":"chat.posted","seq":412,…}``), a
signal is a push that is not stored and has no ``seq``. Every frame type is a msgspec struct whose
tag is its ``type``; fields the struct does not name are refused.
"""

import re
import time
from collections.abc import Iterable
from typing import Annotated, Any, Union

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from twinspace_rt.errors import CommandError, InvalidCommand

NAMED_CHARS = 100
"""So much of the beginning and of the end of what is said about a wrong form."""

Id = Annotated[str, Meta(pattern="^[0-9a-hjkmnp-tv-z]{20}$")]
"""An identifier as :mod:`twinspace_rt.ids` makes them."""
Nonce = Annotated[str, Meta(min_length=8, max_length=40, pattern="^[0-9A-Za-z_-]+$")]
"""A client's own key for one command: sent twice, it takes effect once."""
Title = Annotated[str, Meta(min_length=1, max_length=200)]
Millis = Annotated[int, Meta(ge=0, le=2**53)]
"""A moment, in milliseconds since 1970 UTC."""


class Command(Struct, kw_only=True, forbid_unknown_fields=True, frozen=True, tag_field="type"):
    """What a client asks for; ``id`` comes back in the reply."""

    id: Annotated[int, Meta(ge=0, le=2**53)]


class WriteCommand(Command, kw_only=True, frozen=True):
    """A command that changes the room; a repeat with the same ``nonce`` is answered, not redone."""

    nonce: Nonce


class Push(Struct, kw_only=True, tag_field="type"):
    """A stored event of the room; its fields here are set when it is appended.

    ``nonce`` is that of the command that caused it, so that its sender knows its own again.
    """

    seq: int = 0
    at: Millis = 0
    nonce: str | UnsetType = UNSET


class Signal(Struct, kw_only=True, tag_field="type"):
    """A passing fact of the room (who is here, who is typing): sent, never stored."""


class ErrorBody(Struct, kw_only=True, omit_defaults=True):
    """What a refused command is told."""

    code: str
    message: str
    retryable: bool = False
    retry_after_s: int | None = None


class Ok(Struct, kw_only=True):
    """The reply to a command that took effect."""

    id: int
    ok: Any


class Failed(Struct, kw_only=True):
    """The reply to a command that did not."""

    id: int
    error: ErrorBody


_encoder = msgspec.json.Encoder()


def encode(message: Any) -> bytes:
    """Write a frame, or a part of one, as UTF-8 JSON."""
    return _encoder.encode(message)


def encode_error(command_id: int, error: CommandError) -> bytes:
    """Write the reply that tells a client why its command was refused."""
    body = ErrorBody(
        code=error.code,
        message=error.message,
        retryable=error.retryable,
        retry_after_s=error.retry_after_s,
    )
    return encode(Failed(id=command_id, error=body))


def wrong_form(error: msgspec.ValidationError) -> InvalidCommand:
    """Make the refusal of what is JSON and not what was asked for.

    Of a value that it names a part will do: whoever sends megabytes does not get them back.
    """
    what = str(error)
    if len(what) > 2 * NAMED_CHARS:
        what = f"{what[:NAMED_CHARS]} … {what[-NAMED_CHARS:]}"
    return InvalidCommand(f"This request has a wrong form: {what}.")


class CommandDecoder:
    """Reads text frames into the commands that the features listed."""

    def __init__(self, commands: Iterable[type[Command]]) -> None:
        self._decoder: msgspec.json.Decoder[Command] = msgspec.json.Decoder(
            Union[tuple(commands)]  # noqa: UP007 - a union made of a list
        )

    def decode(self, text: str | bytes) -> Command:
        """Return the command in ``text``.

        Raises:
            InvalidCommand: Not JSON, no known ``type``, or a field wrong, missing or unknown.
        """
        try:
            return self._decoder.decode(text)
        except msgspec.ValidationError as error:
            raise wrong_form(error) from error
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise InvalidCommand("This request is not JSON.") from error


class _IdOnly(Struct):
    id: int = 0


_id_decoder = msgspec.json.Decoder(_IdOnly)
_ID_FIRST = re.compile(r'\s*\{\s*"id"\s*:\s*([0-9]{1,16})\s*[,}]')


def command_id(text: str) -> int:
    """Find the ``id`` of a frame that could not be decoded, or 0: the reply needs one.

    Of what is not JSON, it is found where it stands first, as the client writes it.
    """
    try:
        return _id_decoder.decode(text).id
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        found = _ID_FIRST.match(text)
        return int(found[1]) if found else 0


def now_ms() -> int:
    """Tell the time, in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000
