"""What the page says of a newer version: what becomes of the older nodes, and of their start."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from tests.client import RoomClient
from tests.faults.storage import new_database
from tests.live import seed_room, serve_here
from tests.peers.raw import Peer, Pen, update
from twinspace_rt.app import build_node
from twinspace_rt.db.metadata import metadata
from twinspace_rt.db.postgresql import PostgresqlDatabase
from twinspace_rt.errors import BadSetting
from twinspace_rt.settings import Settings


def migrate_as_newer(db: Connection) -> None:
    """Do what a newer version may do as it starts: every table gets a column more."""
    for table in metadata.sorted_tables:
        db.execute(text(f"ALTER TABLE \"{table.name}\" ADD COLUMN newer VARCHAR(20) DEFAULT 'x'"))
    db.execute(text("CREATE TABLE newest (id INTEGER PRIMARY KEY)"))
    db.execute(text("UPDATE alembic_version SET version_num = '9999'"))


async def test_an_older_node_goes_on_below_a_newer_version_and_does_not_start_again(
    tmp_path: Path, postgresql_url: str
) -> None:
    with new_database(postgresql_url) as url:
        async with serve_here(tmp_path / "old", database_url=url) as live:
            assert live.node is not None
            room = await live.node.database.write(seed_room)
            anna, maja = room.people["anna"], room.people["maja"]
            async with (
                await RoomClient.open(live, room.room_id, anna) as window,
                await Peer.open(live, room.room_id, maja, room.documents[1]) as peer,
            ):
                await window.hello()
                await window.do("chat.open")
                await peer.enter()
                pen = Pen(7)
                for word in ("before ", "after "):
                    await window.do("chat.post", channel_id="everyone", text=word)
                    await peer.send(update(pen.write(word)))
                    assert await peer.expect("status") == 1
                    if word == "before ":
                        newer = PostgresqlDatabase(url)
                        await asyncio.to_thread(newer.write_now, migrate_as_newer)
            async with await RoomClient.open(live, room.room_id, anna) as window:
                await window.hello()
                found = await window.ask("chat.history", channel_id="everyone", limit=50)
            texts = [message["text"].strip() for message in found["ok"]["messages"]]
            assert sorted(texts) == ["after", "before"]
        settings = Settings(data_dir=tmp_path / "again", database_url=url)
        with pytest.raises(BadSetting, match=r"\[database\.newer\]"):
            await asyncio.to_thread(build_node, settings)
