"""Commands of the document list."""

from twinspace_rt.docs import actions, queries
from twinspace_rt.docs.messages import (
    ChangeDocument,
    ChangeFolder,
    CreateDocument,
    CreateFolder,
    FoundDocuments,
    ListWritten,
    SearchDocuments,
    WrittenDocuments,
)
from twinspace_rt.rooms.feature import Call, Changed


async def handle_create(call: Call, command: CreateDocument) -> Changed:
    """Make a document; the result is its id."""
    return await call.act(command, lambda act: actions.do_create(act, command))


async def handle_change(call: Call, command: ChangeDocument) -> Changed:
    """Rename, move, archive or bring back a document."""
    return await call.act(command, lambda act: actions.do_change(act, command))


async def handle_create_folder(call: Call, command: CreateFolder) -> Changed:
    """Make a folder; the result is its id."""
    return await call.act(command, lambda act: actions.do_create_folder(act, command))


async def handle_change_folder(call: Call, command: ChangeFolder) -> Changed:
    """Rename, archive or bring back a folder."""
    return await call.act(command, lambda act: actions.do_change_folder(act, command))


async def handle_search(call: Call, command: SearchDocuments) -> FoundDocuments:
    """Find documents by their words."""
    call.pace("search", 1, 10)
    room_id = call.principal.room_id
    return await call.read(lambda db: queries.search(db, room_id, command.text))


async def handle_written(call: Call, command: ListWritten) -> WrittenDocuments:
    """Tell in which documents others have written."""
    call.pace("docs.written", 1, 10)
    return await call.read(lambda db: queries.written_since(db, call.principal, command.since))
