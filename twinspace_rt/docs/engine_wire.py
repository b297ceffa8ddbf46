"""What the gateway and the engine process say to each other.

Each message is a length (four bytes, big-endian) and that many bytes of MessagePack.
The process answers every ``Call`` with one ``Reply``, in order, and sends one empty
``Reply`` of its own accord when it is ready. This module knows no pycrdt: the gateway
imports it.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from twinspace_rt.docs.export import Format
from twinspace_rt.docs.nodes import Node

FRAME_MAX_BYTES = 128 * 1024 * 1024
"""The longest message either side takes: a document at its limit several times over."""

RESULT_MAX_BYTES = FRAME_MAX_BYTES - 1024
"""The longest result, so that its reply fits a frame."""

LENGTH_BYTES = 4


ErrorCode = Literal["crashed", "timeout", "refused", "busy", "mismatch", "closed"]


class Merge(msgspec.Struct, frozen=True, tag=True):
    """Merge updates into one; answered with its bytes."""

    updates: list[bytes]


class Verify(msgspec.Struct, frozen=True, tag=True):
    """Compare ``merged``, loaded afresh, with the replay; answered with ``Compacted``."""

    kind: str
    snapshot: bytes | None
    updates: list[bytes]
    merged: bytes


class Missing(msgspec.Struct, frozen=True, tag=True):
    """Find what a state vector lacks; answered with an update."""

    snapshot: bytes
    state_vector: bytes


class ReadText(msgspec.Struct, frozen=True, tag=True):
    """Read the words of a document; answered with ``DocumentText``."""

    kind: str
    snapshot: bytes | None
    updates: list[bytes]


class Check(msgspec.Struct, frozen=True, tag=True):
    """Look for what the schema does not allow; answered with a list of lines."""

    kind: str
    snapshot: bytes | None
    updates: list[bytes]


class Export(msgspec.Struct, frozen=True, tag=True):
    """Write a document as a file; answered with its bytes."""

    kind: str
    snapshot: bytes | None
    updates: list[bytes]
    title: str
    format: Format
    language: str


class BuildTemplate(msgspec.Struct, frozen=True, tag=True):
    """Write content into an empty document; answered with its update."""

    kind: str
    content: Node | str
    client_id: int


Request = Merge | Verify | Missing | ReadText | Check | Export | BuildTemplate


class Call(msgspec.Struct, frozen=True):
    """An encoded ``Request``, and the processor time it may take before the process is killed."""

    budget_s: float
    request: msgspec.Raw


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result, or an error ``code``; ``leaving`` says that the process ends after it."""

    result: msgspec.Raw = msgspec.Raw(b"\xc0")
    code: ErrorCode | None = None
    leaving: bool = False


class DocumentText(msgspec.Struct, frozen=True):
    """The words of a document, for search and for checks."""

    text: str
    words: int


class Compacted(msgspec.Struct, frozen=True):
    """A snapshot that equals the replay it was made from, nothing pending in it."""

    snapshot: bytes
    state_vector: bytes
    text: str
    words: int


def frame(message: Call | Reply) -> bytes:
    """Encode a message with its length in front.

    Raises:
        ValueError: The message is longer than ``FRAME_MAX_BYTES``.
    """
    body = msgspec.msgpack.encode(message)
    if len(body) > FRAME_MAX_BYTES:
        raise ValueError(f"a message of {len(body)} bytes is over the limit")
    return len(body).to_bytes(LENGTH_BYTES, "big") + body
