"""What the gateway asks of the engine.

pycrdt can be crashed by bytes (y-crdt's decoder and its byte functions alike), and Python
cannot catch that. So it runs in a process of its own (``engine_worker``), which gets bytes
and gives bytes. Whatever happens to it, a caller here sees an ``EngineError``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from twinspace_rt.docs.engine_process import EngineError
from twinspace_rt.docs.engine_runner import Runner
from twinspace_rt.docs.engine_wire import (
    BuildTemplate,
    Check,
    Compacted,
    DocumentText,
    Export,
    Merge,
    Missing,
    ReadText,
    Verify,
)
from twinspace_rt.docs.export import Format
from twinspace_rt.docs.nodes import Node

__all__ = ["Compacted", "DocumentText", "Engine", "EngineError"]

BATCH_UPDATES = 512
"""Updates merged at a time: the cost grows faster than their number (13,000 take 1.3 s)."""

BATCH_BYTES = 16 * 1024 * 1024
"""Bytes merged at a time, so that a batch of long updates stays one message."""


class Engine(Runner):
    """The document engine. Every method raises ``EngineError``, with any of its codes.

    An async context manager. One process serves all calls, one after the other, and is
    replaced when it dies: see ``Runner``.
    """

    async def merge(self, updates: Sequence[bytes]) -> bytes:
        """Merge updates into one, in batches, each of them a step of its own.

        A single update comes back as it is, none as the empty update.
        """
        level = list(updates) or [b"\0\0"]
        while len(level) > 1:
            level = [
                batch[0] if len(batch) == 1 else await self.call(Merge(batch), bytes)
                for batch in _batches(level)
            ]
        return level[0]

    async def compact(
        self, snapshot: bytes | None, updates: Sequence[bytes], *, kind: str
    ) -> Compacted:
        """Merge a snapshot and its tail into the next snapshot, and prove it.

        The merged bytes are loaded afresh and compared with the replay: content, state
        vector and delete set are equal and nothing is pending.

        Raises:
            EngineError: ``mismatch`` if they are not; then keep the old snapshot.
        """
        tail = await self.merge(updates)
        merged = tail if snapshot is None else await self.merge([snapshot, tail])
        return await self.call(Verify(kind, snapshot, list(updates), merged), Compacted)

    async def missing(self, snapshot: bytes, state_vector: bytes) -> bytes:
        """Return what a client with this state vector lacks, and the whole delete set."""
        return await self.call(Missing(snapshot, state_vector), bytes)

    async def text(
        self, snapshot: bytes | None, updates: Sequence[bytes], *, kind: str
    ) -> DocumentText:
        """Return the words of a document, one line per block."""
        return await self.call(ReadText(kind, snapshot, list(updates)), DocumentText)

    async def check(
        self, snapshot: bytes | None, updates: Sequence[bytes], *, kind: str
    ) -> list[str]:
        """Return what the document holds beyond its schema, such as ``schema-mark at 3.1``."""
        return await self.call(Check(kind, snapshot, list(updates)), list[str])

    async def export(
        self,
        snapshot: bytes | None,
        updates: Sequence[bytes],
        *,
        kind: str,
        title: str,
        format: Format,
        language: str,
    ) -> bytes:
        """Return a document as a file in UTF-8, ``html`` or ``markdown``."""
        request = Export(kind, snapshot, list(updates), title, format, language)
        return await self.call(request, bytes)

    async def template(
        self, kind: str, content: Mapping[str, object] | str, client_id: int
    ) -> bytes:
        """Return an update that writes this content into an empty document.

        Args:
            kind: ``rich`` or ``text``.
            content: A Tiptap document (``getJSON()``), or text.
            client_id: Below 2^32, and never used in this document before.
        """
        try:
            tree = content if isinstance(content, str) else msgspec.convert(content, Node)
        except (msgspec.ValidationError, RecursionError) as error:
            raise EngineError("refused") from error
        return await self.call(BuildTemplate(kind, tree, client_id), bytes)


def _batches(updates: list[bytes]) -> Iterator[list[bytes]]:
    """Cut updates into batches of ``BATCH_UPDATES`` or ``BATCH_BYTES``, two at the least."""
    batch: list[bytes] = []
    size = 0
    for update in updates:
        full = len(batch) >= BATCH_UPDATES or size + len(update) > BATCH_BYTES
        if full and len(batch) > 1:
            yield batch
            batch, size = [], 0
        batch.append(update)
        size += len(update)
    yield batch
