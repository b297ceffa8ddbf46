"""What plain documents come to, by a stock engine."""

from collections.abc import Iterable

from pycrdt import Doc, Text


def content(updates: Iterable[bytes]) -> tuple[str, bytes]:
    """Apply updates in their order; returns the text and the state vector."""
    document: Doc[Text] = Doc()
    text = document.get("t", type=Text)
    for update in updates:
        document.apply_update(update)
    return str(text), document.get_state()
