"""Why an update is refused: stable codes, each with its sentence."""

from typing import Final

GAP_CODES: Final = frozenset({"gap", "unknown-id", "delete-beyond"})
"""Normal traffic after a reconnect: drop the update and answer with a SyncStep1."""

_MALFORMED: Final = "This change is damaged and cannot be read."
_FORGED: Final = "This change does not fit into the document."
_TOO_LARGE: Final = "This change is too large. Make it in smaller parts."
_BEHIND: Final = "This change builds on others that have not arrived yet."
_NOT_ALLOWED: Final = "This kind of document cannot hold that content."

SENTENCES: Final[dict[str, str]] = {
    # Bytes
    "short": _MALFORMED,
    "trailing": _MALFORMED,
    "varint": _MALFORMED,
    "utf8": _MALFORMED,
    "json": _MALFORMED,
    "empty": _MALFORMED,
    "client-twice": _MALFORMED,
    "clock": _MALFORMED,
    "content-kind": _MALFORMED,
    "type-kind": _MALFORMED,
    "parent-form": _MALFORMED,
    "name-length": _MALFORMED,
    "skip": _MALFORMED,
    "subdocument": _MALFORMED,
    "value-tag": _MALFORMED,
    "value-key": _MALFORMED,
    "value-number": _MALFORMED,
    "value-depth": _MALFORMED,
    # Size
    "too-large": _TOO_LARGE,
    "too-many-clients": _TOO_LARGE,
    "too-many-structs": _TOO_LARGE,
    "too-many-ranges": _TOO_LARGE,
    "document-full": "This document is full. Go on in a new one.",
    # Order of arrival
    "gap": _BEHIND,
    "unknown-id": _BEHIND,
    "delete-beyond": _BEHIND,
    # Authorship
    "foreign-client": "This change is signed with somebody else's name.",
    "new-clients": "You have opened this document very often. Wait a while, then load it again.",
    "retired-client": "This change was made in an older state of the document.",
    # Structure
    "cycle": _FORGED,
    "parent-not-type": _FORGED,
    "two-parents": _FORGED,
    "depth": "This is nested too deeply.",
    "format-chain": "Too many marks follow one another here.",
    # Schema
    "schema-root": _NOT_ALLOWED,
    "schema-node": _NOT_ALLOWED,
    "schema-text": _NOT_ALLOWED,
    "schema-content": _NOT_ALLOWED,
    "schema-key": _NOT_ALLOWED,
    "schema-value": _NOT_ALLOWED,
    "schema-mark": _NOT_ALLOWED,
    "schema-mark-value": _NOT_ALLOWED,
}


class Refused(Exception):
    """An update that is not taken in; ``code`` is one of `SENTENCES`, ``str()`` its sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(SENTENCES[code])
        self.code = code
