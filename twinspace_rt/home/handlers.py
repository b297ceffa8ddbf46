"""Takes the commands of the room's first page."""

from twinspace_rt.home import actions
from twinspace_rt.home.messages import NoteVisit
from twinspace_rt.rooms.feature import Call, Changed


async def handle_visit(call: Call, command: NoteVisit) -> Changed:
    return await call.act(command, lambda act: actions.do_visit(act, command))
