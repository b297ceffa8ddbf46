"""Golden frames: what each person's client holds, is told, and would read afresh.

For every action of the chat and for several people, a record holds the state *before* it, the
*pushes* it caused, and the state *after*, as the server gives them. The server's tests compare the
records with what it says now; the client's tests put the pushes on the state before and compare.
``python -m tests.chat.frames`` writes them anew after a change that is meant.
"""

import asyncio
import json
import re
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection

from tests.chat.talk import post
from tests.classroom import Classroom, Json, Person, open_classroom
from twinspace_rt.chat import feature, queries
from twinspace_rt.chat.messages import GetHistory

FOLDER = Path(__file__).parent.parent / "frames" / "chat"
WATCHERS = ("anna", "maja", "nils")
A_MOMENT = 1_700_000_000_000
_ID = re.compile("[0-9a-hjkmnp-tv-z]{20}")
_NONCE = re.compile("nonce-[0-9]{8}")
People = dict[str, Person]
Step = Callable[[People, Classroom, dict[str, str]], Awaitable[Any]]


async def _post(people: People, room: Classroom, ids: dict[str, str]) -> None:
    ids["first"] = await post(people["maja"], "Where do bees sleep?")


async def _answer(people: People, room: Classroom, ids: dict[str, str]) -> None:
    ids["answer"] = await post(people["nils"], "In the hive", reply_to=ids["first"])


async def _mention(people: People, room: Classroom, ids: dict[str, str]) -> None:
    text = f"Do you know, <@{people['nils'].member_id}>?"
    ids["mention"] = await post(people["eleni"], text)


async def _post_to_team(people: People, room: Classroom, ids: dict[str, str]) -> None:
    ids["team"] = await post(people["eleni"], "Hi bees", room.teams["bees"])


async def _post_to_staff(people: People, room: Classroom, ids: dict[str, str]) -> None:
    ids["staff"] = await post(people["bo"], "Meeting at three", "staff")


async def _edit_what_is_answered(people: People, room: Classroom, ids: dict[str, str]) -> None:
    await people["maja"].do("chat.edit", message_id=ids["first"], text="Where do bees go at night?")


async def _edit_away_a_mention(people: People, room: Classroom, ids: dict[str, str]) -> None:
    await people["eleni"].do("chat.edit", message_id=ids["mention"], text="Do you know?")


async def _edit_in_a_mention(people: People, room: Classroom, ids: dict[str, str]) -> None:
    text = f"<@{people['nils'].member_id}>, <@{people['maja'].member_id}>, do you know?"
    await people["eleni"].do("chat.edit", message_id=ids["mention"], text=text)


async def _react(people: People, room: Classroom, ids: dict[str, str]) -> None:
    for name, emoji in (("eleni", "🎉"), ("maja", "🎉"), ("nils", "👍")):
        await people[name].do("chat.react", message_id=ids["answer"], emoji=emoji, on=True)


async def _take_back_a_reaction(people: People, room: Classroom, ids: dict[str, str]) -> None:
    for name in ("eleni", "maja"):
        await people[name].do("chat.react", message_id=ids["answer"], emoji="🎉", on=False)


async def _read(people: People, room: Classroom, ids: dict[str, str]) -> None:
    await people["nils"].do("chat.read", channel_id="everyone", message_id=ids["answer"])
    await people["maja"].do("chat.read", channel_id="everyone", message_id=ids["mention"])


async def _delete_by_teacher(people: People, room: Classroom, ids: dict[str, str]) -> None:
    await people["bo"].do("chat.delete", message_id=ids["mention"])


async def _delete_what_is_answered(people: People, room: Classroom, ids: dict[str, str]) -> None:
    await people["maja"].do("chat.delete", message_id=ids["first"])


async def _delete_with_reactions(people: People, room: Classroom, ids: dict[str, str]) -> None:
    await people["nils"].do("chat.delete", message_id=ids["answer"])


async def _close(people: People, room: Classroom, ids: dict[str, str]) -> None:
    await people["anna"].do("chat.close")


async def _set_timetable(people: People, room: Classroom, ids: dict[str, str]) -> None:
    # Open all week: a record must not depend on when it was made.
    slots = [{"weekday": day, "start": 0, "end": 1440} for day in range(7)]
    await people["bo"].do("chat.set_timetable", time_zone="Europe/Stockholm", slots=slots)


async def _open(people: People, room: Classroom, ids: dict[str, str]) -> None:
    await people["anna"].do("chat.open")


STEPS: dict[str, Step] = {
    "post": _post,
    "answer": _answer,
    "mention": _mention,
    "post_to_team": _post_to_team,
    "post_to_staff": _post_to_staff,
    "edit_what_is_answered": _edit_what_is_answered,
    "edit_away_a_mention": _edit_away_a_mention,
    "edit_in_a_mention": _edit_in_a_mention,
    "react": _react,
    "take_back_a_reaction": _take_back_a_reaction,
    "read": _read,
    "delete_by_teacher": _delete_by_teacher,
    "delete_what_is_answered": _delete_what_is_answered,
    "delete_with_reactions": _delete_with_reactions,
    "close": _close,
    "set_timetable": _set_timetable,
    "open": _open,
}


async def record(room: Classroom) -> dict[str, Json]:
    """Take every step in turn, and return its record; the chat must be open."""
    people = {name: await room.enter(name) for name in ("anna", "bo", "maja", "nils", "eleni")}
    names = _Names(room)
    ids: dict[str, str] = {}
    records: dict[str, Json] = {}
    after = {watcher: await _state(room, people[watcher]) for watcher in WATCHERS}
    for name, step in STEPS.items():
        before = after
        for person in people.values():
            person.inbox.frames.clear()
            person.sent.clear()
        await step(people, room, ids)
        sent = sorted(set[str]().union(*(person.sent for person in people.values())))
        after = {watcher: await _state(room, people[watcher]) for watcher in WATCHERS}
        records[name] = names.plain(
            [
                {
                    "you": people[watcher].member_id,
                    "sent": sent,
                    "before": before[watcher],
                    "pushes": [p for p in people[watcher].pushes() if "seq" in p],
                    "after": after[watcher],
                }
                for watcher in WATCHERS
            ]
        )
    return records


async def _state(room: Classroom, person: Person) -> Json:
    principal = person.connection.principal

    def read(db: Connection) -> Json:
        overview = queries.read_overview(db, principal)
        overview.seq = 0  # no part of the state
        pages = [
            queries.read_history(db, principal, GetHistory(id=0, channel_id=channel.id))
            for channel in overview.channels
        ]
        messages = [message for page in pages for message in page.messages]
        state: Json = msgspec.to_builtins({"overview": overview, "messages": messages})
        return state

    return await room.database.read(read)


class _Names:
    """Puts the same stand-in for what is different each time: identifiers, nonces, moments."""

    def __init__(self, room: Classroom) -> None:
        self._known: dict[str, str] = {}
        for member_id in room.members.values():
            self._stand_in(member_id)

    def plain(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self.plain(key): self.plain(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.plain(part) for part in value]
        if isinstance(value, str):
            text = _NONCE.sub("nonce-00000000", value)
            return _ID.sub(lambda found: self._stand_in(found[0]), text)
        if isinstance(value, int) and value > A_MOMENT // 2:
            return A_MOMENT
        return value

    def _stand_in(self, identifier: str) -> str:
        return self._known.setdefault(identifier, f"{len(self._known):020d}")


async def _write() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with open_classroom(Path(folder), [feature]) as room:
            await (await room.enter("anna")).do("chat.open")
            records = await record(room)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, body in records.items():
        text = json.dumps(body, ensure_ascii=False, indent=1)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(_write())
