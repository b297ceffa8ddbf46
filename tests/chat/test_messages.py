"""Posting, answering, changing and removing; who hears of it, and what is kept."""

import json

import pytest
from sqlalchemy import select, update

from tests.chat.talk import history, post
from tests.classroom import Classroom, Person, nonce
from twinspace_rt.chat.messages import MENTIONS_MAX
from twinspace_rt.ids import new_id
from twinspace_rt.plain_text import MARKS_MAX
from twinspace_rt.rooms.models import member
from twinspace_rt.streams.models import entry


async def test_a_message_reaches_everyone_once_with_its_author_and_nonce(
    room: Classroom,
) -> None:
    maja, eleni, vera = [await room.enter(n) for n in ("maja", "eleni", "vera")]
    key = nonce()
    reply = await maja.do("chat.post", channel_id="everyone", text="Hej!", nonce=key)
    for person in (maja, eleni):
        [push] = person.pushes("chat.posted")
        assert push["nonce"] == key
        assert push["seq"] == reply["seq"]
        assert push["message_id"] == reply["result"]
        assert push["author_id"] == maja.member_id
        assert push["text"] == "Hej!"
        assert push["channel_id"] == "everyone"
    assert vera.pushes("chat.posted") == []


async def test_a_resent_message_is_answered_and_not_doubled(room: Classroom) -> None:
    """T4."""
    maja, eleni = [await room.enter(n) for n in ("maja", "eleni")]
    key = nonce()
    first = await maja.do("chat.post", channel_id="everyone", text="Once", nonce=key)
    again = await (await room.enter("maja")).do(
        "chat.post", channel_id="everyone", text="Once", nonce=key
    )
    assert again == {"seq": first["seq"], "repeated": True}
    assert len(eleni.pushes("chat.posted")) == 1
    assert [m["text"] for m in await history(eleni)] == ["Once"]


@pytest.mark.parametrize("channel", ["staff", "bees"])
async def test_a_channel_is_known_only_to_those_who_see_it(room: Classroom, channel: str) -> None:
    """K1: Refused and unknown look alike, and nothing of it is pushed, listed or found."""
    channel_id = room.teams.get(channel, channel)
    anna, nils = [await room.enter(n) for n in ("anna", "nils")]
    message_id = await post(anna, "Between us", channel_id)
    unknown = await nils.refused("chat.post", channel_id=new_id(), text="x")
    assert unknown == "not_found"
    assert await nils.refused("chat.post", channel_id=channel_id, text="x") == unknown
    assert await nils.refused(
        "chat.post", channel_id="everyone", text="x", reply_to=message_id
    ) == (unknown)
    for kind, fields in (
        ("chat.edit", {"text": "x"}),
        ("chat.delete", {}),
        ("chat.react", {"emoji": "👍", "on": True}),
        ("chat.read", {"channel_id": channel_id}),
    ):
        assert await nils.refused(kind, message_id=message_id, **fields) == unknown
        missing = await nils.refused(kind, message_id=new_id(), **fields)
        assert missing == unknown
    for kind, fields in (
        ("chat.history", {"channel_id": channel_id}),
        ("chat.history", {"channel_id": "everyone", "around": message_id}),
        ("chat.search", {"query": "between", "channel_id": channel_id}),
        ("chat.type", {"channel_id": channel_id}),
    ):
        reply = await nils.ask(kind, **fields)
        assert reply["error"]["code"] == unknown
    found = await nils.read("chat.search", query="between")
    assert found["messages"] == []
    assert nils.pushes("chat.posted") == []
    listed = [c["id"] for c in nils.welcome["features"]["chat"]["channels"]]
    assert listed == ["everyone"]
    assert [m["text"] for m in await history(anna, channel_id)] == ["Between us"]


async def test_a_team_has_its_channel_for_its_members_and_the_staff(
    room: Classroom,
) -> None:
    """K1."""
    bees = room.teams["bees"]
    maja, eleni, mod = [await room.enter(n) for n in ("maja", "eleni", "mod")]
    await post(maja, "Hi bees", bees)
    assert [p["text"] for p in eleni.pushes("chat.posted")] == ["Hi bees"]
    assert [p["text"] for p in mod.pushes("chat.posted")] == ["Hi bees"]
    channels = [c["id"] for c in mod.welcome["features"]["chat"]["channels"]]
    assert channels == ["everyone", "staff", room.teams["ants"], bees]
    refusal = await mod.refused("chat.post", channel_id=bees, text="I only watch")
    assert refusal == "forbidden"


async def test_an_answer_shows_what_it_answers_as_it_reads_now(room: Classroom) -> None:
    maja, eleni = [await room.enter(n) for n in ("maja", "eleni")]
    first = await post(maja, "Where do bees sleep?")
    await post(eleni, "In the hive", reply_to=first)
    [_, push] = maja.pushes("chat.posted")
    expected = {"message_id": first, "author_id": maja.member_id, "excerpt": "Where do bees sleep?"}
    assert push["reply"] == expected
    await maja.do("chat.edit", message_id=first, text="Where do bees sleep at night?")
    [_, answer] = await history(eleni)
    assert answer["reply"] == expected | {"excerpt": "Where do bees sleep at night?"}
    bees = room.teams["bees"]
    assert await maja.refused("chat.post", channel_id=bees, text="x", reply_to=first) == (
        "chat.other_channel"
    )
    await maja.do("chat.delete", message_id=first)
    assert await eleni.refused("chat.post", channel_id="everyone", text="x", reply_to=first) == (
        "chat.removed"
    )
    [_, answer] = await history(eleni)
    assert answer["reply"] == expected | {"excerpt": ""}


async def test_a_message_is_changed_by_its_author_alone(room: Classroom) -> None:
    """K4."""
    anna, maja, eleni = [await room.enter(n) for n in ("anna", "maja", "eleni")]
    message_id = await post(maja, "Helo")
    for other in (anna, eleni):
        assert await other.refused("chat.edit", message_id=message_id, text="Mine") == (
            "chat.not_yours"
        )
    await maja.do("chat.edit", message_id=message_id, text="Hello")
    [push] = eleni.pushes("chat.edited")
    assert (push["text"], push["message_id"]) == ("Hello", message_id)
    [message] = await history(eleni)
    assert message["text"] == "Hello"
    assert message["edited_at"] == push["edited_at"] == push["at"]
    await maja.do("chat.edit", message_id=message_id, text="Hello")
    assert len(eleni.pushes("chat.edited")) == 1  # the same text again is no change


@pytest.mark.parametrize(("who", "mark"), [("maja", "author"), ("bo", "teacher")])
async def test_removing_takes_the_text_away_and_leaves_a_mark(
    room: Classroom, who: str, mark: str
) -> None:
    """K4."""
    maja, eleni, nils = [await room.enter(n) for n in ("maja", "eleni", "nils")]
    message_id = await post(maja, f"Unkind words <@{nils.member_id}>")
    await eleni.do("chat.react", message_id=message_id, emoji="😢", on=True)
    assert await eleni.refused("chat.delete", message_id=message_id) == "chat.not_yours"
    remover = await room.enter(who)
    await remover.do("chat.delete", message_id=message_id)
    [push] = eleni.pushes("chat.deleted")
    assert push["removed_by"] == mark
    [message] = await history(eleni)
    assert (message["text"], message["removed_by"], message["reactions"]) == ("", mark, [])
    assert (await eleni.read("chat.search", query="unkind"))["messages"] == []
    for kind, fields in (("chat.edit", {"text": "x"}), ("chat.react", {"emoji": "👍", "on": True})):
        assert await maja.refused(kind, message_id=message_id, **fields) == "chat.removed"
    await remover.do("chat.delete", message_id=message_id)
    assert len(eleni.pushes("chat.deleted")) == 1  # removing it again is no event


@pytest.mark.parametrize("end", ["edit", "delete"])
async def test_text_that_was_taken_back_is_not_in_the_stored_events(
    room: Classroom, end: str
) -> None:
    """K4: Who resumes from before sees the end of the story, not the text on the way."""
    maja, eleni = [await room.enter(n) for n in ("maja", "eleni")]
    since = {"epoch": eleni.welcome["epoch"], "seq": eleni.welcome["seq"]}
    message_id = await post(maja, "SECRET one")
    await post(eleni, "What?", reply_to=message_id)
    await maja.do("chat.edit", message_id=message_id, text="SECRET two")
    if end == "edit":
        await maja.do("chat.edit", message_id=message_id, text="Nothing")
    else:
        await maja.do("chat.delete", message_id=message_id)
    returned = await room.enter("eleni", since=since)
    assert returned.welcome["resumed"]
    received = returned.pushes("chat.posted") + returned.pushes("chat.edited")
    assert len(received) == 4 if end == "edit" else 3
    assert "SECRET" not in json.dumps(received)
    stored = await room.database.read(lambda db: db.execute(select(entry.c.body)).scalars().all())
    assert not [body for body in stored if b"SECRET" in body]
    [message, answer] = await history(returned)
    assert message["text"] == answer["reply"]["excerpt"] == ("Nothing" if end == "edit" else "")


async def test_reactions_are_added_and_taken_back(room: Classroom) -> None:
    maja, eleni = [await room.enter(n) for n in ("maja", "eleni")]
    message_id = await post(maja, "We won!")
    for person in (eleni, maja):
        await person.do("chat.react", message_id=message_id, emoji="🎉", on=True)
    await eleni.do("chat.react", message_id=message_id, emoji="👍", on=True)
    await eleni.do("chat.react", message_id=message_id, emoji="🎉", on=True)
    pushes = maja.pushes("chat.reacted")
    assert [(p["member_id"], p["emoji"], p["on"]) for p in pushes] == [
        (eleni.member_id, "🎉", True),
        (maja.member_id, "🎉", True),
        (eleni.member_id, "👍", True),
    ]
    [message] = await history(eleni)
    assert message["reactions"] == [
        {"emoji": "👍", "member_ids": [eleni.member_id]},
        {"emoji": "🎉", "member_ids": [eleni.member_id, maja.member_id]},
    ]
    await eleni.do("chat.react", message_id=message_id, emoji="👍", on=False)
    [message] = await history(eleni)
    assert [r["emoji"] for r in message["reactions"]] == ["🎉"]
    assert await eleni.refused("chat.react", message_id=message_id, emoji="💣", on=True) == (
        "invalid"
    )


async def test_only_those_who_see_the_channel_are_mentioned(room: Classroom) -> None:
    """K3."""
    maja, nils, vera = [await room.enter(n) for n in ("maja", "nils", "vera")]
    bees = room.teams["bees"]
    text = f"Look, <@{nils.member_id}>!"
    assert await maja.refused("chat.post", channel_id=bees, text=text) == "chat.mention"
    for nobody in (new_id(), vera.member_id):
        assert await maja.refused("chat.post", channel_id="everyone", text=f"<@{nobody}>") == (
            "chat.mention"
        )
    await post(maja, text)
    [channel, *_] = (await nils.read("chat.overview"))["channels"]
    [push] = nils.pushes("chat.posted")
    assert channel["mentions"] == [push["seq"]]


async def test_a_message_that_names_somebody_who_left_can_still_be_changed(
    room: Classroom,
) -> None:
    maja, nils = [await room.enter(n) for n in ("maja", "nils")]
    named = f"<@{nils.member_id}>"
    message_id = await post(maja, f"Hi {named}")
    gone = update(member).where(member.c.id == nils.member_id).values(removed_at=1)
    await room.database.write(lambda db: db.execute(gone))
    await maja.do("chat.edit", message_id=message_id, text=f"Bye {named}")
    refused = await maja.refused("chat.post", channel_id="everyone", text=f"Hi {named}")
    assert refused == "chat.mention"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * 4001, "invalid"),
        ("", "invalid"),
        (" \n\u200b\u202e ", "chat.empty"),
        ("".join(f"<@{new_id()}>" for _ in range(MENTIONS_MAX + 1)), "chat.many_mentions"),
    ],
    ids=["long", "none", "nothing to see", "mentions"],
)
async def test_text_that_cannot_be_posted_is_refused(room: Classroom, text: str, code: str) -> None:
    """K3."""
    maja = await room.enter("maja")
    message_id = await post(maja, "Fine")
    assert await maja.refused("chat.post", channel_id="everyone", text=text) == code
    assert await maja.refused("chat.edit", message_id=message_id, text=text) == code
    assert [m["text"] for m in await history(maja)] == ["Fine"]


async def test_tricks_in_a_text_are_taken_out(room: Classroom) -> None:
    """K3."""
    maja = await room.enter("maja")
    await post(maja, "a\u202eb\x07" + "o" + "\u0335" * 50)
    [message] = await history(maja)
    assert message["text"] == "abo" + "\u0335" * MARKS_MAX


async def test_a_flood_is_refused_with_the_seconds_to_wait(room: Classroom) -> None:
    """K10."""
    maja, anna = [await room.enter(n) for n in ("maja", "anna")]

    async def flood(person: Person) -> list[dict[str, object]]:
        replies = [
            await person.ask("chat.post", channel_id="everyone", text=f"{n}", nonce=nonce())
            for n in range(40)
        ]
        return [reply["error"] for reply in replies if "error" in reply]

    refusals = await flood(maja)
    assert refusals
    assert all(r["code"] == "rate_limited" and r["retryable"] for r in refusals)
    assert all(r["retry_after_s"] for r in refusals)
    assert await post(anna, "Slowly, please")  # nobody else is held up
