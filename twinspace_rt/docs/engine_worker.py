"""The engine process: the only place where pycrdt runs.

Started by ``engine.Engine`` as ``python -m twinspace_rt.docs.engine_worker``. It reads
calls from standard input and writes replies to standard output, one at a time, keeping
nothing from one to the next: each loads its own ``Doc`` and throws it away.

Before the first call it gives up what it does not need, for good: address space beyond
``MEMORY_MAX_BYTES``, core files, writing to files, and new descriptors of any sort
(hence no files and no sockets). On Linux it also leaves the network, by a namespace of
its own, where the system lets an ordinary process do that; where it does not, the
limit on descriptors stands alone. Each call runs under a timer of processor time that
kills the process, so an input that never ends also ends when the gateway is gone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

import msgspec
from pycrdt import Decoder, Doc, Snapshot, get_update, merge_updates

from twinspace_rt.docs import ytree
from twinspace_rt.docs.engine_wire import (
    LENGTH_BYTES,
    RESULT_MAX_BYTES,
    BuildTemplate,
    Call,
    Check,
    Compacted,
    DocumentText,
    Export,
    Merge,
    Missing,
    ReadText,
    Reply,
    Request,
    Verify,
    frame,
)
from twinspace_rt.docs.export import export
from twinspace_rt.docs.nodes import Node, count_words, text_of
from twinspace_rt.docs.problems import problems

MEMORY_MAX_BYTES = 2 * 1024**3
NICENESS = 5
READER_ID = 0
"""The client id of a ``Doc`` that is only read; it never writes a struct."""

_CLONE_NEWNET = 0x40000000
_CLONE_NEWUSER = 0x10000000

_call_decoder = msgspec.msgpack.Decoder(Call)
_request_decoder: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)


class Mismatch(Exception):
    """A compacted document differs from its replay, or part of it is pending."""


def answer(request: Request) -> object:
    """Do what a request asks and return its result."""
    match request:
        case Merge(updates):
            return merge_updates(*updates)
        case Missing(snapshot, state_vector):
            return get_update(snapshot, state_vector)
        case Verify():
            return _verify(request)
        case ReadText(kind, snapshot, updates):
            text = ytree.read_text(_load(snapshot, updates), kind)
            return DocumentText(text, count_words(text))
        case Check(kind, snapshot, updates):
            return _check(_load(snapshot, updates), kind)
        case Export(kind, snapshot, updates, title, format_, language):
            content = ytree.read(_load(snapshot, updates), kind)
            return export(content, title=title, format=format_, language=language)
        case BuildTemplate(kind, content, client_id):
            doc: Doc[Any] = Doc(client_id=client_id)
            ytree.write(doc, kind, content)
            return doc.get_update()


def _load(snapshot: bytes | None, updates: list[bytes]) -> Doc[Any]:
    """Replay a document from its snapshot and what came after."""
    doc: Doc[Any] = Doc(client_id=READER_ID)
    if snapshot is not None:
        doc.apply_update(snapshot)
    for update in updates:
        doc.apply_update(update)
    return doc


def _verify(request: Verify) -> Compacted:
    replay = _load(request.snapshot, request.updates)
    loaded = _load(request.merged, [])
    if _state(replay) != _state(loaded):
        raise Mismatch("states differ")
    content = ytree.read(loaded, request.kind)
    if ytree.read(replay, request.kind) != content:
        raise Mismatch("contents differ")
    # What a document lacks of its own bytes is pending in it.
    state_vector = loaded.get_state()
    lacking = Decoder(get_update(request.merged, state_vector))
    if lacking.read_var_uint() != 0:
        raise Mismatch("structs are pending")
    deleted = _state(loaded)[0]
    if not _covers(deleted, _read_delete_set(lacking)):
        raise Mismatch("deletions are pending")
    text = content if isinstance(content, str) else text_of(content)
    return Compacted(request.merged, state_vector, text, count_words(text))


def _check(doc: Doc[Any], kind: str) -> list[str]:
    roots = ["schema-root" for name in doc.keys() if name != ytree.ROOTS.get(kind)]  # noqa: SIM118
    content = ytree.read(doc, kind)
    return roots + (problems(content) if isinstance(content, Node) else [])


Ranges = dict[int, list[tuple[int, int]]]


def _state(doc: Doc[Any]) -> tuple[Ranges, dict[int, int]]:
    """Return the delete set and the state vector of a document, comparable with another's."""
    decoder = Decoder(Snapshot.from_doc(doc).encode())
    deleted = _read_delete_set(decoder)
    vector = {}
    for _ in range(decoder.read_var_uint()):
        client = decoder.read_var_uint()
        vector[client] = decoder.read_var_uint()
    return deleted, vector


def _read_delete_set(decoder: Decoder) -> Ranges:
    """Read a V1 delete set as sorted ``(from, to)`` ranges that do not touch."""
    deleted: Ranges = {}
    for _ in range(decoder.read_var_uint()):
        client = decoder.read_var_uint()
        ranges = []
        for _ in range(decoder.read_var_uint()):
            start = decoder.read_var_uint()
            ranges.append((start, start + decoder.read_var_uint()))
        merged: list[tuple[int, int]] = []
        for start, end in sorted(ranges):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            elif end > start:
                merged.append((start, end))
        if merged:
            deleted[client] = merged
    return deleted


def _covers(outer: Ranges, inner: Ranges) -> bool:
    """Tell whether every range of ``inner`` lies within one of ``outer``."""
    for client, ranges in inner.items():
        candidates = iter(outer.get(client, []))
        around = next(candidates, None)
        for start, end in ranges:
            while around is not None and around[1] < end:
                around = next(candidates, None)
            if around is None or around[0] > start:
                return False
    return True


def confine() -> None:
    """Give up, for the rest of this process, all that an engine does not need."""
    os.nice(NICENESS)
    limits = {
        resource.RLIMIT_AS: MEMORY_MAX_BYTES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 3,
    }
    if sys.platform == "linux":
        ctypes.CDLL(None).unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))


def reply_to(call: Call, handle: Callable[[Request], object]) -> Reply:
    """Run one call and return its reply, whatever it raises.

    A pycrdt panic is a ``BaseException`` and may leave anything behind, as may memory
    that ran out: after one of these the process ends and a fresh one takes over.
    """
    try:
        result = msgspec.msgpack.encode(handle(_request_decoder.decode(call.request)))
        if len(result) > RESULT_MAX_BYTES:
            return Reply(code="refused")
        return Reply(result=msgspec.Raw(result))
    except Mismatch:
        return Reply(code="mismatch")
    except MemoryError:
        return Reply(code="refused", leaving=True)
    except Exception:
        return Reply(code="refused")
    except BaseException:
        return Reply(code="refused", leaving=True)


def serve(calls: BinaryIO, replies: BinaryIO, handle: Callable[[Request], object] = answer) -> None:
    """Answer calls until the input ends or a call leaves the process unfit for the next."""
    replies.write(frame(Reply()))
    replies.flush()
    while header := calls.read(LENGTH_BYTES):
        call = _call_decoder.decode(calls.read(int.from_bytes(header, "big")))
        # The timer ends in SIGPROF, and that ends a process which has not asked for it.
        signal.setitimer(signal.ITIMER_PROF, call.budget_s)
        reply = reply_to(call, handle)
        signal.setitimer(signal.ITIMER_PROF, 0)
        replies.write(frame(reply))
        replies.flush()
        if reply.leaving:
            return


def warm_up() -> None:
    """Load what the libraries import on first use, while files can still be opened."""
    for kind in ytree.ROOTS:
        answer(ReadText(kind, None, [Doc(client_id=READER_ID).get_update()]))


def main(handle: Callable[[Request], object] = answer) -> None:
    """Confine this process, then serve on standard input and output."""
    warm_up()
    confine()
    with contextlib.suppress(BrokenPipeError):
        serve(sys.stdin.buffer, sys.stdout.buffer, handle)


if __name__ == "__main__":
    main()
