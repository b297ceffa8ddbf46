"""The whole of what the house sees of the documents.

It does not stand in the package's ``__init__``: the engine's process imports the package too, and
must not load the server with it.
"""

from twinspace_rt.docs import handlers, queries
from twinspace_rt.docs.messages import (
    ChangeDocument,
    ChangeFolder,
    CreateDocument,
    CreateFolder,
    DocsSnapshot,
    DocumentChanged,
    DocumentCreated,
    FolderChanged,
    FolderCreated,
    FoundDocuments,
    ListWritten,
    SearchDocuments,
    WrittenDocuments,
)
from twinspace_rt.rooms.access import AUTHORS, TEACHERS, WRITERS, Rule, reading
from twinspace_rt.rooms.feature import Feature

feature = Feature(
    name="docs",
    commands={
        CreateDocument: (handlers.handle_create, Rule(AUTHORS)),
        ChangeDocument: (handlers.handle_change, Rule(WRITERS)),
        CreateFolder: (handlers.handle_create_folder, Rule(AUTHORS)),
        ChangeFolder: (handlers.handle_change_folder, Rule(TEACHERS)),
        SearchDocuments: (handlers.handle_search, reading()),
        ListWritten: (handlers.handle_written, reading()),
    },
    pushes=(DocumentCreated, DocumentChanged, FolderCreated, FolderChanged),
    snapshot=queries.docs_snapshot,
    snapshot_type=DocsSnapshot,
    replies={SearchDocuments: FoundDocuments, ListWritten: WrittenDocuments},
)
