"""A room's first page: since when things are new to each person, on whichever device."""

from twinspace_rt.home import handlers, queries
from twinspace_rt.home.messages import HomeSnapshot, NoteVisit, Visited
from twinspace_rt.rooms.access import reading
from twinspace_rt.rooms.feature import Feature

feature = Feature(
    name="home",
    # A visit is one's own and part of reading: closed and archived rooms are visited too.
    commands={NoteVisit: (handlers.handle_visit, reading())},
    pushes=(Visited,),
    snapshot=queries.home_snapshot,
    snapshot_type=HomeSnapshot,
)
