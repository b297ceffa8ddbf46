"""Binary frames: the protocol of Hocuspocus 4, and y-protocols as y-websocket speaks it.

A Hocuspocus frame is a document's address, a message type and a body; ping and pong are single
bytes without an address. A y-websocket frame is the same without the address.
"""

from dataclasses import dataclass
from enum import IntEnum

import msgspec

from twinspace_rt.docs.lib0 import (
    Malformed,
    read_bytes,
    read_string,
    read_var_uint,
    write_string,
    write_var_uint,
)
from twinspace_rt.errors import CloseCode, Disconnect
from twinspace_rt.ids import is_id
from twinspace_rt.streams.epochs import EPOCH_MAX

ADDRESS_MAX_LENGTH = 64


class MessageType(IntEnum):
    """The types of messages; what a client may not send is not read."""

    SYNC = 0
    AWARENESS = 1
    AUTH = 2
    QUERY_AWARENESS = 3
    STATELESS = 5
    CLOSE = 7
    SYNC_STATUS = 8


class SyncType(IntEnum):
    """The messages of the Yjs sync protocol."""

    STEP_1 = 0
    STEP_2 = 1
    UPDATE = 2


PING = b"\x09"
PONG = b"\x0a"
YJS_KEEPALIVE = b"\x01\x01\x00"
"""An empty awareness update: y-websocket gives up after 30 seconds without a message."""


@dataclass(frozen=True, slots=True)
class Address:
    """Which document, in which epoch, and for which of several sessions on one socket."""

    document_id: str
    epoch: int


def parse_address(text: str) -> Address:
    """Read ``{document_id}.{epoch}``; without an epoch it is the first.

    Raises:
        ValueError: It does not have that form.
    """
    document_id, dot, epoch = text.partition(".")
    if not is_id(document_id):
        raise ValueError("not a document address")
    if not dot:
        return Address(document_id, 1)
    digits = epoch.isascii() and epoch.isdigit() and len(epoch) < 11 and not epoch.startswith("0")
    if not digits or int(epoch) > EPOCH_MAX:
        raise ValueError("not an epoch")
    return Address(document_id, int(epoch))


def split_key(key: str) -> str:
    """Take the address out of ``address\\0session``, as one socket's second provider names itself.

    Raises:
        Disconnect: Not ASCII, too long, or more than one session.
    """
    if not key.isascii() or len(key) > ADDRESS_MAX_LENGTH or key.count("\0") > 1:
        raise Disconnect(CloseCode.MALFORMED, "address")
    return key.partition("\0")[0]


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message about one document, its body still as bytes."""

    type: MessageType
    kind: int
    """For SYNC the `SyncType`; otherwise 0."""
    body: bytes


def read_address(frame: bytes) -> tuple[str, int]:
    """Read the address of a Hocuspocus frame, and where the message begins.

    Raises:
        Disconnect: The frame is malformed.
    """
    try:
        return read_string(frame, 0)
    except Malformed as error:
        raise Disconnect(CloseCode.MALFORMED, error.code) from error


_UPDATE = bytes((MessageType.SYNC, SyncType.UPDATE))


def read_message(frame: bytes, pos: int) -> Message:
    """Read the message at ``pos``; only what a client may send.

    Raises:
        Disconnect: The frame is malformed, or the type is not a client's to send.
    """
    start = pos + len(_UPDATE) + 1
    size = len(frame) - start
    if 0 <= size < 0x80 and frame[pos : start - 1] == _UPDATE and frame[start - 1] == size:
        return Message(MessageType.SYNC, SyncType.UPDATE, frame[start:])  # what people type
    try:
        number, pos = read_var_uint(frame, pos)
        if number == MessageType.SYNC:
            kind, pos = read_var_uint(frame, pos)
            if kind > SyncType.UPDATE:
                raise Malformed("sync-type")
            body, pos = read_bytes(frame, pos)
            _end(frame, pos)
            return Message(MessageType.SYNC, kind, body)
        if number == MessageType.AWARENESS:
            body, pos = read_bytes(frame, pos)
            _end(frame, pos)
            return Message(MessageType.AWARENESS, 0, body)
        if number == MessageType.QUERY_AWARENESS:
            _end(frame, pos)
            return Message(MessageType.QUERY_AWARENESS, 0, b"")
        if number == MessageType.AUTH:
            return _read_auth(frame, pos)
        if number == MessageType.CLOSE:
            return Message(MessageType.CLOSE, 0, b"")
    except Malformed as error:
        raise Disconnect(CloseCode.MALFORMED, error.code) from error
    raise Disconnect(CloseCode.MALFORMED, "opcode")


def _read_auth(frame: bytes, pos: int) -> Message:
    kind, pos = read_var_uint(frame, pos)
    if kind != 0:
        raise Malformed("auth")
    _, pos = read_string(frame, pos)  # the token: the socket has proved who it is already
    if pos < len(frame):
        _, pos = read_string(frame, pos)  # the provider's version
    _end(frame, pos)
    return Message(MessageType.AUTH, 0, b"")


def _end(frame: bytes, pos: int) -> None:
    if pos != len(frame):
        raise Malformed("trailing")


def address_prefix(key: str) -> bytes:
    """Write the address that begins a Hocuspocus frame."""
    out = bytearray()
    write_string(out, key)
    return bytes(out)


def sync(kind: SyncType, body: bytes) -> bytes:
    """Write a sync message."""
    if len(body) < 0x80:
        return bytes((MessageType.SYNC, kind, len(body))) + body
    out = bytearray((MessageType.SYNC, kind))
    write_var_uint(out, len(body))
    return bytes(out) + body


def awareness(body: bytes) -> bytes:
    """Write an awareness message."""
    out = bytearray((MessageType.AWARENESS,))
    write_var_uint(out, len(body))
    return bytes(out) + body


SAVED = bytes((MessageType.SYNC_STATUS, 1))
NOT_SAVED = bytes((MessageType.SYNC_STATUS, 0))


def authenticated(scope: str) -> bytes:
    """Tell what the connection may do here: ``read-write`` or ``readonly``."""
    return _auth(2, scope)


def denied(reason: str) -> bytes:
    """Tell that this document is not for this connection: ``forbidden`` or ``epoch:n``."""
    return _auth(1, reason)


def _auth(kind: int, text: str) -> bytes:
    out = bytearray((MessageType.AUTH, kind))
    write_string(out, text)
    return bytes(out)


def closed(reason: str) -> bytes:
    """Tell that the document is closed for this connection."""
    out = bytearray((MessageType.CLOSE,))
    write_string(out, reason)
    return bytes(out)


def stateless(**facts: object) -> bytes:
    """Tell the app something about the document, as JSON that is not part of it."""
    out = bytearray((MessageType.STATELESS,))
    write_string(out, msgspec.json.encode(facts).decode())
    return bytes(out)
