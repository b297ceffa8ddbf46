"""Reading the document list."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select

from twinspace_rt.docs.messages import (
    DocsSnapshot,
    DocumentFacts,
    FolderFacts,
    FoundDocument,
    FoundDocuments,
    Written,
    WrittenDocuments,
)
from twinspace_rt.docs.models import document, document_text, folder
from twinspace_rt.plain_text import fold, like_pattern
from twinspace_rt.rooms.access import Principal, Role
from twinspace_rt.streams.models import archive, entry, snapshot, stream

FOUND_MAX = 50
EXCERPT_CHARS = 60
WRITTEN_MAX = 50
PAGES_MAX = 4
"""So often the next documents are looked at when one's own words are the newest in most of them."""
PARTS_MAX = 1_000
"""So many entries of a document are looked through for who wrote them: an hour of one person."""

_last_part = (
    select(func.max(archive.c.from_seq))
    .where(archive.c.stream_id == stream.c.id, archive.c.epoch == stream.c.epoch)
    .correlate(stream)
    .scalar_subquery()
)
_facts = (
    select(
        document,
        stream.c.epoch,
        stream.c.state,
        func.coalesce(entry.c.at, archive.c.at, snapshot.c.at, 0).label("written_at"),
        func.coalesce(entry.c.member_id, archive.c.member_id).label("written_by"),
    )
    .join(stream, stream.c.id == document.c.id)
    # The entry at the head is the last one written. A snapshot is made later, and so stands for it
    # only where nothing that it covers is kept.
    .outerjoin(
        entry,
        and_(
            entry.c.stream_id == stream.c.id,
            entry.c.epoch == stream.c.epoch,
            entry.c.seq == stream.c.head_seq,
        ),
    )
    .outerjoin(
        archive,
        and_(
            archive.c.stream_id == stream.c.id,
            archive.c.epoch == stream.c.epoch,
            archive.c.from_seq == _last_part,
            entry.c.seq.is_(None),  # else that is the last one, and nothing older is looked up
        ),
    )
    .outerjoin(
        snapshot,
        and_(
            snapshot.c.stream_id == stream.c.id,
            snapshot.c.epoch == stream.c.epoch,
            snapshot.c.upto_seq == stream.c.snapshot_seq,
        ),
    )
)
# Asked for by everyone who comes. Made once: to make a statement takes longer than to ask it.
_DOCUMENTS = _facts.where(
    document.c.room_id == bindparam("room_id"), stream.c.state != "erased"
).order_by(document.c.created_at, document.c.id)
_DOCUMENT = _facts.where(document.c.id == bindparam("document_id"))
_FOLDERS = (
    select(folder.c.id, folder.c.title, folder.c.archived)
    .where(folder.c.room_id == bindparam("room_id"))
    .order_by(folder.c.created_at, folder.c.id)
)


def docs_snapshot(connection: Connection, principal: Principal) -> DocsSnapshot:
    """Read the document list as ``principal`` sees it; a visitor sees none."""
    if principal.role is Role.VISITOR:
        return DocsSnapshot(documents=[], folders=[])
    asked = {"room_id": principal.room_id}
    rows = connection.execute(_DOCUMENTS, asked)
    folders = connection.execute(_FOLDERS, asked)
    return DocsSnapshot(
        documents=[_document(row) for row in rows], folders=[folder_facts(row) for row in folders]
    )


def document_facts(connection: Connection, document_id: str) -> DocumentFacts:
    """Read what the list shows of one document."""
    return _document(connection.execute(_DOCUMENT, {"document_id": document_id}).one())


def folder_facts(row: Any) -> FolderFacts:
    """Make what the list shows of a folder."""
    return FolderFacts(id=row.id, title=row.title, archived=row.archived)


def search(connection: Connection, room_id: str, text: str) -> FoundDocuments:
    """Find documents that hold every word of ``text``, in their titles or their words.

    Words count as of the document's last snapshot, made within a minute of the last edit.
    """
    words = fold(text).split()
    if not words:
        return FoundDocuments(found=[])
    rows = connection.execute(
        select(document.c.id, document.c.title, document_text.c.text, document_text.c.folded)
        .outerjoin(document_text, document_text.c.document_id == document.c.id)
        .join(stream, stream.c.id == document.c.id)
        .where(
            document.c.room_id == room_id,
            stream.c.state != "erased",
            *(
                or_(
                    document.c.title_key.like(like_pattern(word), escape="\\"),
                    document_text.c.folded.like(like_pattern(word), escape="\\"),
                )
                for word in words
            ),
        )
        .order_by(document.c.updated_at.desc(), document.c.id)
        .limit(FOUND_MAX)
    )
    return FoundDocuments(
        found=[
            FoundDocument(document_id=row.id, excerpt=_excerpt(row.text or "", words))
            for row in rows
        ]
    )


def written_since(connection: Connection, principal: Principal, since: int) -> WrittenDocuments:
    """List the documents that others have written in since a moment, the newest `WRITTEN_MAX`.

    Looked at are those last written in, by anybody, at most `PAGES_MAX` times as many.
    Of a document that was brought back from trouble, what was written before that is not looked at.
    """
    moved_at = func.coalesce(entry.c.at, archive.c.at, snapshot.c.at)
    moved = (
        _facts.where(
            document.c.room_id == principal.room_id,
            document.c.archived.is_(False),
            stream.c.state != "erased",
            moved_at > since,
        )
        .order_by(moved_at.desc(), document.c.id)
        .limit(WRITTEN_MAX)
    )
    writers: dict[str, dict[str, int]] = {}
    for page in range(PAGES_MAX):
        rows = connection.execute(moved.offset(page * WRITTEN_MAX)).all()
        writers |= _writers(connection, [row.id for row in rows], since, principal.member_id)
        if len(rows) < WRITTEN_MAX:
            break
    found = []
    for document_id, moments in writers.items():
        last_first = sorted(moments, key=lambda one: (-moments[one], one))
        at = moments[last_first[0]]
        found.append(Written(document_id=document_id, member_ids=last_first, at=at))
    found.sort(key=lambda one: (-one.at, one.document_id))
    return WrittenDocuments(written=found[:WRITTEN_MAX])


def _writers(
    connection: Connection, document_ids: Sequence[str], since: int, me: str
) -> dict[str, dict[str, int]]:
    """Find who but ``me`` wrote in each of some documents, and when last."""
    writers: dict[str, dict[str, int]] = {}
    for table, place in ((archive, archive.c.from_seq), (entry, entry.c.seq)):
        first = (
            select(place)
            .where(table.c.stream_id == stream.c.id, table.c.epoch == stream.c.epoch)
            .order_by(place.desc())
            .offset(PARTS_MAX - 1)
            .limit(1)
            .scalar_subquery()
        )
        # Where to begin is looked up once for each document, not for each entry.
        newest = (
            select(stream.c.id, stream.c.epoch, func.coalesce(first, 0).label("first"))
            .where(stream.c.id.in_(document_ids))
            .cte("newest")
            .prefix_with("MATERIALIZED")
        )
        for document_id, member_id, at in connection.execute(
            select(newest.c.id, table.c.member_id, func.max(table.c.at))
            .join(
                table,
                and_(
                    table.c.stream_id == newest.c.id,
                    table.c.epoch == newest.c.epoch,
                    place >= newest.c.first,
                ),
            )
            .where(table.c.at > since, table.c.member_id != me)
            .group_by(newest.c.id, table.c.member_id)
        ):
            moments = writers.setdefault(document_id, {})
            moments[member_id] = max(at, moments.get(member_id, 0))
    return writers


def _excerpt(text: str, words: list[str]) -> str:
    lowered = text.casefold()
    places = [place for word in words if (place := lowered.find(word)) >= 0]
    start = max(0, min(places, default=0) - EXCERPT_CHARS // 2)
    part = " ".join(text[start : start + 2 * EXCERPT_CHARS].split())
    return ("…" if start else "") + part


def _document(row: Any) -> DocumentFacts:
    return DocumentFacts(
        id=row.id,
        epoch=row.epoch,
        kind=row.kind,
        title=row.title,
        folder_id=row.folder_id,
        created_by=row.created_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
        written_at=row.written_at,
        written_by=row.written_by,
        archived=row.archived,
        state="open" if row.state == "suspect" else row.state,
    )
