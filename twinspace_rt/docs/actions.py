"""Writing the document list: rows and events together."""

from typing import Any

from msgspec import UNSET
from sqlalchemy import Connection, insert, select, update

from twinspace_rt.docs.messages import (
    ChangeDocument,
    ChangeFolder,
    CreateDocument,
    CreateFolder,
    DocumentChanged,
    DocumentCreated,
    FolderChanged,
    FolderCreated,
)
from twinspace_rt.docs.models import document, folder
from twinspace_rt.docs.queries import document_facts, folder_facts
from twinspace_rt.docs.store import create_document
from twinspace_rt.errors import Conflict, Forbidden, InvalidCommand, NotFound
from twinspace_rt.ids import new_id
from twinspace_rt.plain_text import clean_line, fold
from twinspace_rt.rooms.feature import Act
from twinspace_rt.streams.models import stream

DOCUMENTS_MAX = 2000
FOLDERS_MAX = 200


def do_create(act: Act, command: CreateDocument) -> str:
    """Make an empty document; returns its id."""
    room_id = act.principal.room_id
    held = act.connection.execute(
        select(document.c.id).where(document.c.room_id == room_id).limit(DOCUMENTS_MAX)
    ).all()
    if len(held) >= DOCUMENTS_MAX:
        raise Conflict("This room has as many documents as it can hold.", code="docs.too_many")
    if command.folder_id is not None:
        access_folder(act.connection, room_id, command.folder_id)
    document_id = create_document(
        act.connection,
        room_id,
        access_title(command.title),
        command.kind,
        act.principal.member_id,
        act.now,
        folder_id=command.folder_id,
    )
    act.emit(DocumentCreated(document=document_facts(act.connection, document_id)))
    return document_id


def do_change(act: Act, command: ChangeDocument) -> None:
    """Rename, move, archive or bring back a document."""
    row = access_document(act.connection, act.principal.room_id, command.document_id)
    if not act.principal.is_teacher and row.created_by != act.principal.member_id:
        raise Forbidden("You can change only documents that you made.", code="docs.not_yours")
    changes: dict[str, Any] = {"updated_at": act.now}
    if command.title is not UNSET:
        title = access_title(command.title)
        changes |= {"title": title, "title_key": fold(title)}
    if command.folder_id is not UNSET:
        if command.folder_id is not None:
            access_folder(act.connection, act.principal.room_id, command.folder_id)
        changes["folder_id"] = command.folder_id
    if command.archived is not UNSET:
        changes["archived"] = command.archived
    act.connection.execute(update(document).where(document.c.id == row.id).values(changes))
    act.emit(DocumentChanged(document=document_facts(act.connection, row.id)))


def do_create_folder(act: Act, command: CreateFolder) -> str:
    """Make a folder; returns its id."""
    room_id = act.principal.room_id
    held = act.connection.execute(select(folder.c.id).where(folder.c.room_id == room_id)).all()
    if len(held) >= FOLDERS_MAX:
        raise Conflict("This room has as many folders as it can hold.", code="docs.too_many")
    folder_id = new_id()
    act.connection.execute(
        insert(folder).values(
            id=folder_id,
            room_id=room_id,
            title=access_title(command.title),
            created_at=act.now,
        )
    )
    act.emit(FolderCreated(folder=_folder(act.connection, folder_id)))
    return folder_id


def do_change_folder(act: Act, command: ChangeFolder) -> None:
    """Rename, archive or bring back a folder; the documents in it stay where they are."""
    row = access_folder(act.connection, act.principal.room_id, command.folder_id)
    changes: dict[str, Any] = {}
    if command.title is not UNSET:
        changes["title"] = access_title(command.title)
    if command.archived is not UNSET:
        changes["archived"] = command.archived
    if changes:
        act.connection.execute(update(folder).where(folder.c.id == row.id).values(changes))
    act.emit(FolderChanged(folder=_folder(act.connection, row.id)))


def access_document(connection: Connection, room_id: str, document_id: str) -> Any:
    """Fetch a document of this room; one of another room is as if it were not there."""
    row = connection.execute(
        select(document)
        .join(stream, stream.c.id == document.c.id)
        .where(
            document.c.id == document_id,
            document.c.room_id == room_id,
            stream.c.state != "erased",
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def access_folder(connection: Connection, room_id: str, folder_id: str) -> Any:
    """Fetch a folder of this room; one of another room is as if it were not there."""
    row = connection.execute(
        select(folder).where(folder.c.id == folder_id, folder.c.room_id == room_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def access_title(text: str) -> str:
    """Clean a title; refuses one with nothing to see in it."""
    title = clean_line(text)
    if not title:
        raise InvalidCommand("Please write a title.", code="docs.title_empty")
    return title


def _folder(connection: Connection, folder_id: str) -> Any:
    return folder_facts(connection.execute(select(folder).where(folder.c.id == folder_id)).one())
