"""No log holds a secret, a name, an address, or a word of what people wrote (house rules 8)."""

import json
import logging
import re

import pytest
from sqlalchemy import Connection, text

from tests.client import RoomClient
from tests.live import Live
from tests.peers import raw
from tests.peers.raw import Peer, Pen
from tests.security.asking import browser, every_request, knock
from tests.security.projects import PASSWORD, Project, found_project
from twinspace_rt.operations.log_lines import JsonLines, event_name

WORD = "Kanariefågel"
SECRETS = re.compile(r"[A-Za-z0-9_-]{43}|\$argon2", re.ASCII)


async def test_a_day_at_school_leaves_nothing_in_the_log(
    live: Live, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "uvicorn")  # as `set_up_logging` has it
    caplog.set_level(logging.DEBUG)
    here = await found_project(live, WORD, "SE")
    said = await a_day_at_school(live, here)
    records = [
        record
        for record in caplog.records
        if record.name.split(".")[0] in {"twinspace_rt", "uvicorn", "sqlalchemy", "root"}
    ]
    events = {event_name(str(record.msg)) for record in records}
    # The day was eventful: what must not be in the log had its chances to get there.
    assert events >= {"open", "close", "command_failed", "request_failed", "refused"}
    for form in (logging.Formatter("%(name)s %(levelname)s %(message)s"), JsonLines()):
        everything = "\n".join(form.format(record) for record in records)
        assert WORD.casefold() not in everything.casefold()
        assert not SECRETS.search(everything)
        for one in said:
            assert one not in everything


async def a_day_at_school(live: Live, here: Project) -> list[str]:
    """Do what is done in a day, well and badly; returns what was said that nobody may find."""
    email = f"{WORD}-email-anna@example.org"
    said = [one.token for one in here.people.values()] + [PASSWORD, email, "fox-fox-fox"]
    async with browser(live, None) as window:
        for password in (PASSWORD, "a wrong one"):
            await window.post("/api/sign-in", json={"email": email, "password": password})
        said += list(window.cookies.values())
        for asked in every_request(live):
            path = here.fill_path(asked.path)[0]
            filled = json.dumps(asked.filled(here.id_of)).replace("anything", f"{WORD}-anything")
            await window.request(
                asked.method, path, content=filled, headers={"content-type": "application/json"}
            )
        await window.post("/api/join", content=f'{{"code": "{WORD}"', headers={})
        await window.get(f"/api/{WORD}?{WORD}={WORD}")
    async with (
        await RoomClient.open(live, here.room_id, here.people["anna"]) as anna,
        await RoomClient.open(live, here.room_id, here.people["maja"]) as maja,
        await Peer.open(live, here.room_id, here.people["maja"], here.ids["document_id"]) as peer,
    ):
        await anna.hello()
        await maja.hello()
        card = await anna.do("people.reset_card", member_id=here.people["eleni"].member_id)
        said += [card["result"]["code"], card["result"]["words"]]
        async with browser(live, None) as window:
            for words in (card["result"]["words"], "fox-fox-fox"):
                body = {"code": card["result"]["code"], "words": words}
                await window.post("/api/join", json=body)
        await maja.do("chat.post", channel_id="everyone", text=f"{WORD} sings")
        await maja.ask("chat.post", channel_id="everyone", text=f"{WORD} sings")
        await maja.ask("chat.post", channel_id=WORD, text=WORD, nonce=WORD, more=WORD)
        await maja.socket.send(f"{{{WORD}")
        await peer.enter()
        await peer.send(raw.update(Pen(77).write("Kanariefagel in a document")))
        await peer.send(raw.awareness((77, 1, json.dumps({"user": {"name": WORD}}))))
        await peer.send(raw.update(WORD.encode()))
        await peer.expect("stateless")
        await unforeseen(live, here, maja)
        await peer.socket.send(WORD.encode())
        await peer.closed()
    await knock(live, f"/ws/rooms/{WORD}", "x" * 43)
    await knock(live, f"/ws/rooms/{here.room_id}", None, json.dumps({"ticket": WORD}))
    return [*said, "Kanariefagel"]


async def unforeseen(live: Live, here: Project, maja: RoomClient) -> None:
    """Break tables while people work: errors of our own, which are logged with tracebacks."""
    await alter(
        live,
        "create trigger broken before insert on chat_message when new.text like '%bad time' "
        "begin select raise(abort, 'broken'); end",
        "alter table session rename column device to broken",
    )
    reply = await maja.ask(
        "chat.post", channel_id="everyone", text=f"{WORD} at a bad time", nonce="unforeseen"
    )
    assert reply["error"]["code"] == "internal"
    async with browser(live, here.people["anna"].token) as window:
        assert (await window.get("/api/account/sessions")).status_code == 500
    await alter(live, "alter table session rename column broken to device")


async def alter(live: Live, *statements: str) -> None:
    def run(db: Connection) -> None:
        for statement in statements:
            db.execute(text(statement))

    assert live.node is not None
    await live.node.database.write(run)
