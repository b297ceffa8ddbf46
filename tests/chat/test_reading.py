"""Reading back, searching, unread marks, and who is typing."""

from sqlalchemy import update

from tests.chat.talk import post
from tests.classroom import Classroom, Person
from twinspace_rt.chat.handlers import POSTS_BURST
from twinspace_rt.chat.models import message


async def fill(person: Person, count: int, channel_id: str = "everyone") -> list[str]:
    """Post numbered messages; fewer than are held back as a flood."""
    assert count <= POSTS_BURST
    return [await post(person, f"message {n}", channel_id) for n in range(count)]


def numbers(page: dict[str, list[dict[str, str]]]) -> list[int]:
    return [int(message["text"].split()[1]) for message in page["messages"]]


async def test_history_is_read_backwards_forwards_and_around(room: Classroom) -> None:
    """K2."""
    anna = await room.enter("anna")
    ids = await fill(anna, 12)
    newest = await anna.read("chat.history", channel_id="everyone", limit=5)
    assert numbers(newest) == [7, 8, 9, 10, 11]
    assert (newest["more_before"], newest["more_after"]) == (True, False)
    first, last = newest["messages"][0]["seq"], newest["messages"][-1]["seq"]
    assert newest["seq"] == last
    earlier = await anna.read("chat.history", channel_id="everyone", before=first, limit=7)
    assert numbers(earlier) == [0, 1, 2, 3, 4, 5, 6]
    assert (earlier["more_before"], earlier["more_after"]) == (False, True)
    start = earlier["messages"][0]["seq"]
    later = await anna.read("chat.history", channel_id="everyone", after=start, limit=3)
    assert numbers(later) == [1, 2, 3]
    around = await anna.read("chat.history", channel_id="everyone", around=ids[5], limit=4)
    assert numbers(around) == [4, 5, 6, 7]
    assert (around["more_before"], around["more_after"]) == (True, True)


async def test_search_finds_all_words_in_any_order_and_case(room: Classroom) -> None:
    """K11."""
    maja, nils = [await room.enter(n) for n in ("maja", "nils")]
    bees = room.teams["bees"]
    await post(maja, "Bees sleep in the HIVE")
    await post(maja, "100% sure")
    await post(maja, "Flowers", bees)
    await post(maja, f"Straße <@{nils.member_id}>")

    async def found(query: str, **fields: str) -> list[str]:
        reply = await maja.read("chat.search", query=query, **fields)
        return [message["text"] for message in reply["messages"]]

    assert await found("hive bees") == ["Bees sleep in the HIVE"]
    assert await found("hive wasps") == []
    assert await found("0%") == ["100% sure"]
    assert await found("_") == []
    assert await found("STRASSE") == [f"Straße <@{nils.member_id}>"]
    assert await found(nils.member_id[:6]) == []
    assert await found("flowers") == ["Flowers"]
    assert await found("flowers", channel_id="everyone") == []
    assert await found("  ") == []


async def test_search_goes_on_page_by_page(room: Classroom) -> None:
    people = [await room.enter(n) for n in ("anna", "bo")]
    for person in people:
        await fill(person, 20)
    first = await people[0].read("chat.search", query="message")
    assert (len(first["messages"]), first["more"]) == (30, True)
    last = first["messages"][-1]["seq"]
    second = await people[0].read("chat.search", query="message", before=last)
    assert (len(second["messages"]), second["more"]) == (10, False)
    assert not {m["id"] for m in first["messages"]} & {m["id"] for m in second["messages"]}


def everyone(overview: dict[str, list[dict[str, object]]]) -> dict[str, object]:
    return next(c for c in overview["channels"] if c["id"] == "everyone")


async def test_reading_moves_the_mark_forward_in_all_of_ones_windows(
    room: Classroom,
) -> None:
    """K8."""
    maja, nils = [await room.enter(n) for n in ("maja", "nils")]
    other_window = await room.enter("nils")
    ids = await fill(maja, 3)
    await post(maja, f"<@{nils.member_id}>")
    seqs = [push["seq"] for push in nils.pushes("chat.posted")]
    before = everyone(await nils.read("chat.overview"))
    assert (before["unread"], before["mentions"], before["last_seq"]) == (4, seqs[3:], seqs[3])
    await nils.do("chat.read", channel_id="everyone", message_id=ids[1])
    for window in (nils, other_window):
        [push] = window.pushes("chat.marked")
        assert (push["read_seq"], push["unread"]) == (seqs[1], 2)
    assert maja.pushes("chat.marked") == []
    await nils.do("chat.read", channel_id="everyone", message_id=ids[0])
    assert len(other_window.pushes("chat.marked")) == 1  # a mark does not go back
    after = everyone(await nils.read("chat.overview"))
    assert (after["unread"], after["read_seq"]) == (2, seqs[1])
    bees = room.teams["bees"]
    assert await maja.refused("chat.read", channel_id=bees, message_id=ids[0]) == (
        "chat.other_channel"
    )


async def test_ones_own_and_removed_messages_are_not_unread(room: Classroom) -> None:
    """K8."""
    maja, nils = [await room.enter(n) for n in ("maja", "nils")]
    gone = await post(maja, f"<@{nils.member_id}>")
    await post(maja, "Here")
    await post(nils, "Mine")
    await maja.do("chat.delete", message_id=gone)
    channel = everyone(await nils.read("chat.overview"))
    assert (channel["unread"], channel["mentions"]) == (1, [])


async def test_what_was_written_before_one_came_is_not_unread(room: Classroom) -> None:
    """K8."""
    maja, nils = [await room.enter(n) for n in ("maja", "nils")]
    long_ago = await post(maja, "Before")
    await post(maja, "After")
    assert everyone(await nils.read("chat.overview"))["unread"] == 2
    earlier = update(message).where(message.c.id == long_ago).values(at=0)
    await room.database.write(lambda db: db.execute(earlier))
    assert everyone(await nils.read("chat.overview"))["unread"] == 1


async def test_typing_is_told_to_those_who_see_the_channel(room: Classroom) -> None:
    """K9."""
    maja, eleni, nils = [await room.enter(n) for n in ("maja", "eleni", "nils")]
    bees = room.teams["bees"]
    for _ in range(5):
        assert await maja.read("chat.type", channel_id=bees) is None
    assert eleni.pushes("chat.typing") == [
        {"type": "chat.typing", "channel_id": bees, "member_id": maja.member_id}
    ]
    assert nils.pushes("chat.typing") == []
    assert maja.pushes("chat.typing") == []
