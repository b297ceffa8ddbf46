"""Text frames of the document list. What is written in a document goes in binary frames."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from twinspace_rt.protocol import Command, Id, Millis, Push, WriteCommand

DocumentTitle = Annotated[str, Meta(min_length=1, max_length=200)]
DocumentKind = Literal["rich", "text"]


class DocumentFacts(Struct, kw_only=True):
    """What the list shows of a document."""

    id: str
    epoch: int
    """Part of its address on the wire: ``{id}.{epoch}``."""
    kind: DocumentKind
    title: str
    folder_id: str | None
    created_by: str
    created_at: Millis
    updated_at: Millis
    """When its title or place last changed."""
    written_at: Millis
    """When somebody last wrote in it; 0: nobody has yet. As of when this was read."""
    written_by: str | None
    """Who did, as of then; null: nobody has, or not since it began anew after trouble."""
    archived: bool
    state: Literal["open", "readonly", "quarantined"]


class FolderFacts(Struct, kw_only=True):
    """A folder of the document list."""

    id: str
    title: str
    archived: bool


class DocsSnapshot(Struct, kw_only=True):
    """The document list of a room."""

    documents: list[DocumentFacts]
    folders: list[FolderFacts]


class CreateDocument(WriteCommand, tag="docs.create", kw_only=True, frozen=True):
    """Make a document, rich or plain."""

    title: DocumentTitle
    kind: DocumentKind
    folder_id: Id | None = None


class ChangeDocument(WriteCommand, tag="docs.change", kw_only=True, frozen=True):
    """Rename, move, archive or bring back a document; what is not given stays."""

    document_id: Id
    title: DocumentTitle | UnsetType = UNSET
    folder_id: Id | UnsetType | None = UNSET
    archived: bool | UnsetType = UNSET


class CreateFolder(WriteCommand, tag="docs.create_folder", kw_only=True, frozen=True):
    """Make a folder."""

    title: DocumentTitle


class ChangeFolder(WriteCommand, tag="docs.change_folder", kw_only=True, frozen=True):
    """Rename, archive or bring back a folder."""

    folder_id: Id
    title: DocumentTitle | UnsetType = UNSET
    archived: bool | UnsetType = UNSET


class SearchDocuments(Command, tag="docs.search", kw_only=True, frozen=True):
    """Find documents by the words in them or in their titles."""

    text: Annotated[str, Meta(min_length=2, max_length=100)]


class FoundDocument(Struct, kw_only=True):
    """A document that holds what was looked for."""

    document_id: str
    excerpt: str


class FoundDocuments(Struct, kw_only=True):
    """The answer to a search, best first, at most 50."""

    found: list[FoundDocument]


class ListWritten(Command, tag="docs.written", kw_only=True, frozen=True):
    """Ask in which documents others have written since a moment."""

    since: Millis


class Written(Struct, kw_only=True):
    """A document in which others have written: who, the last one first, and when last."""

    document_id: str
    member_ids: list[str]
    at: Millis


class WrittenDocuments(Struct, kw_only=True):
    """The documents that others have written in, the newest first, at most 50."""

    written: list[Written]


class DocumentCreated(Push, tag="docs.created", kw_only=True):
    """There is a new document."""

    document: DocumentFacts


class DocumentChanged(Push, tag="docs.changed", kw_only=True):
    """A document has another title or place, or was archived or brought back."""

    document: DocumentFacts


class FolderCreated(Push, tag="docs.folder_created", kw_only=True):
    """There is a new folder."""

    folder: FolderFacts


class FolderChanged(Push, tag="docs.folder_changed", kw_only=True):
    """A folder has another title, or was archived or brought back."""

    folder: FolderFacts
