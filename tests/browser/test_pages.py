"""Every page there is: open to everyone, in every language, on every screen, and still."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import ViewportSize, expect
from sqlalchemy import Connection

from tests.browser.conftest import OpenAs
from tests.browser.looks import settled, speak, turn_to, wrong_anywhere, wrong_with
from tests.browser.window import WIDTHS, Window
from tests.live import Live, SeededRoom, Someone, seed_administrator
from twinspace_rt.accounts import sessions
from twinspace_rt.accounts.invitations import Purpose, create_invitation
from twinspace_rt.demo import make_demo
from twinspace_rt.errors import CloseCode
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.access import Role
from twinspace_rt.rooms.founding import add_member

IN_A_ROOM = {
    "home": "",
    "channels": "chat",
    "channel": "chat/everyone",
    "message": "chat/everyone/{message}",
    "chat search": "chat/search?q=sea",
    "boards": "forum",
    "posts that wait": "forum/waiting",
    "forum search": "forum/search?q=sea",
    "board": "forum/boards/{board}",
    "new thread": "forum/boards/{board}/new",
    "thread": "forum/threads/{thread}",
    "documents": "docs",
    "folder": "docs/folder/{folder}",
    "rich document": "docs/{rich}",
    "note": "docs/{text}",
    "members": "people",
    "teams": "people/teams",
    "visits": "people/visits",
    "settings": "settings",
    "nothing there": "nowhere",
}
FOR_VISITORS = ("home", "channels", "rich document", "members", "visits", "settings")
"""Those a visitor finds, and some of those that they are told are not there."""
FOR_MODERATORS = (
    "home", "channel", "boards", "posts that wait", "thread", "documents", "rich document",
    "members", "visits", "settings",
)  # fmt: skip
"""Those on which a moderator finds other things than a teacher."""
OUTSIDE = {
    "my rooms": "/",
    "my account": "/account",
    "new project": "/new",
    "not found": "/nowhere",
}
FOR_NOBODY = {
    "start": "/",
    "sign in": "/sign-in",
    "join": "/join",
    "card": "/join#ABCDEFGH.bee-sea-sun",
    "dead link": "/link#nothing",
    "invitation": "/link#{invitation}",
    "new password": "/link#{password}",
}
FOR_ADMINISTRATORS = {
    "schools": "/administration",
    "staff": "/administration/staff",
    "projects": "/administration/projects",
    "operations": "/administration/operations",
}


# On a screen to touch, a dialog waits unseen for the keyboard to come up.
_IS_SHOWN = """
() => document.querySelector("[role=dialog], [role=menu]")
    ?.checkVisibility({ opacityProperty: true })
"""


@dataclass
class Demo:
    """The demonstration's room, with somebody of every kind signed in."""

    room: str
    places: dict[str, str]
    people: dict[str, Someone]


@pytest_asyncio.fixture(scope="module")
async def demo(live: Live) -> AsyncIterator[Demo]:
    """A room in which much has been written, so that no page is empty."""
    node = live.node
    assert node is not None
    await make_demo(node)

    def gather(db: Connection) -> Demo:
        now = now_ms()
        read = db.exec_driver_sql
        room = read("select id from room where title like 'Two seas%'").scalar_one()
        school = read("select school_id from room_school").scalars().first()
        members = read(
            "select id, name, role, account_id from member where room_id = ?", (room,)
        ).all()
        people = {}
        for member, name, role, account in members:
            opened = (
                sessions.open_for_account(db, account, hours=1, now=now)
                if account
                else sessions.open_for_member(db, member, hours=1, now=now)
            )
            key = name.partition(" ")[0].lower()
            people[key] = Someone(member, Role(role), opened.token, opened.session_id)
        people["ada"] = seed_administrator(db)
        inga = read("select id from account where kind = 'moderator'").scalar_one()
        opened = sessions.open_for_account(db, inga, hours=1, now=now)
        people["inga"] = Someone(inga, Role.MODERATOR, opened.token, opened.session_id)
        vera = add_member(db, room, role=Role.VISITOR, name="Vera", school_id=school, now=now)
        opened = sessions.open_for_member(db, vera, hours=1, now=now)
        people["vera"] = Someone(vera, Role.VISITOR, opened.token, opened.session_id)
        find = "select id from {} where room_id = '{}'".format
        places = {
            "board": read(find("forum_board", room)).scalars().first(),
            "thread": read(find("forum_thread", room) + " and pinned").scalars().first(),
            "rich": read(find("document", room) + " and kind = 'rich'").scalars().first(),
            "text": read(find("document", room) + " and kind = 'text'").scalars().first(),
            "message": read(find("chat_message", room) + " order by seq").scalars().first(),
            "folder": read(find("folder", room)).scalars().first(),
            "invitation": create_invitation(
                db,
                Purpose.ACCOUNT,
                days=1,
                now=now,
                kind="teacher",
                room_id=room,
                role="teacher",
                school_id=school,
            ),
            "password": create_invitation(db, Purpose.PASSWORD, days=1, now=now, account_id=inga),
        }
        return Demo(room, {key: str(value) for key, value in places.items()}, people)

    yield await node.database.write(gather)


def room_pages(demo: Demo) -> dict[str, str]:
    """List the addresses in the demonstration's room."""
    return {
        name: f"/rooms/{demo.room}/{path}".format(**demo.places) for name, path in IN_A_ROOM.items()
    }


async def look_at(window: Window, pages: dict[str, str], language: str) -> list[str]:
    """Go to pages one after the other; returns what is wrong with each on each screen."""
    wrong = []
    with window.excuse_refusals():
        for number, (name, path) in enumerate(pages.items()):
            await (turn_to if number else Window.go)(window, path)
            await settled(window.page)
            wrong += [f"{name}, {what}" for what in await wrong_anywhere(window, language)]
    return wrong


def all_well(wrong: list[str]) -> None:
    """Make sure that nothing is wrong; say all of it, a line each."""
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize(
    ("who", "language"),
    [
        pytest.param("karin", "sv", id="teacher-sv"),
        pytest.param("maja", "da", id="pupil-da"),
        pytest.param("vera", "sv", id="visitor-sv"),
        pytest.param("karin", "en", id="teacher-en", marks=pytest.mark.long),
        pytest.param("karin", "da", id="teacher-da", marks=pytest.mark.long),
        pytest.param("nova", "en", id="pupil-trusted-en", marks=pytest.mark.long),
        pytest.param("nefeli", "sv", id="pupil-sv", marks=pytest.mark.long),
    ],
)
async def test_pages_shut_nobody_out(open_as: OpenAs, demo: Demo, who: str, language: str) -> None:
    """WCAG 2.2 AA by axe; nothing cut off, covered or sideways (1.4.10); one language (3.1.1)."""
    window = await open_as(demo.people[who], name=who)
    await speak(window, language)
    pages = room_pages(demo)
    if window.name == "vera":
        pages = {name: pages[name] for name in FOR_VISITORS}
    all_well(await look_at(window, pages | OUTSIDE, language))


async def test_pages_of_a_visit_shut_no_moderator_out(open_as: OpenAs, demo: Demo) -> None:
    """From the question whether to enter to all that they may look at."""
    inga = await open_as(demo.people["inga"], name="inga")
    await speak(inga, "en")
    all_well(await look_at(inga, {"my rooms": "/", "visit": f"/visit/{demo.room}"}, "en"))
    await inga.button("Enter as moderator").click()
    await inga.page.wait_for_url(f"**/rooms/{demo.room}/")
    await inga.main.wait_for()
    pages = room_pages(demo)
    all_well(await look_at(inga, {name: pages[name] for name in FOR_MODERATORS}, "en"))


@pytest.mark.parametrize("language", ["en", pytest.param("da", marks=pytest.mark.long)])
async def test_pages_before_a_room_shut_nobody_out(
    open_as: OpenAs, demo: Demo, language: str
) -> None:
    nobody = await open_as(None, name="nobody", locale=language)
    pages = {name: path.format(**demo.places) for name, path in FOR_NOBODY.items()}
    all_well(await look_at(nobody, pages, language))
    ada = await open_as(demo.people["ada"], name="ada")
    await speak(ada, language)
    all_well(await look_at(ada, FOR_ADMINISTRATORS, language))


@pytest.mark.parametrize(
    ("code", "title"),
    [
        (CloseCode.SIGNED_OUT, "You are signed out"),
        (CloseCode.REMOVED, "You are no longer in this room"),
        (CloseCode.MALFORMED, "TwinSpace has a new version"),
        (CloseCode.FORBIDDEN, "This is not open to you"),
    ],
)
async def test_ends_of_a_room_shut_nobody_out(
    open_as: OpenAs, live: Live, room: SeededRoom, code: CloseCode, title: str
) -> None:
    """Whatever closes the room for a person, what they are told is a page like the others."""
    maja = await open_as(room.people["maja"], name="maja")
    await maja.enter(room)
    assert live.node is not None
    opened = live.node.hub.get(room.room_id)
    assert opened is not None
    opened.close_where(lambda _: True, code, "test")
    await expect(maja.page.get_by_role("heading", name=title)).to_be_visible()
    all_well(await wrong_anywhere(maja, "en"))


async def test_menus_and_dialogs_shut_nobody_out(open_as: OpenAs, demo: Demo) -> None:
    """What opens above a page is looked at while it is open."""
    karin = await open_as(demo.people["karin"], 390, name="karin")
    await speak(karin, "en")
    pages = room_pages(demo)
    opened: list[tuple[str, str, str | None]] = [
        ("home", "Who is here", None),
        ("home", "More", None),
        ("channel", "Open", None),
        ("channel", "Open", "Timetable of the chat"),
        ("boards", "New board", None),
        ("thread", "More for this thread", None),
        ("thread", "More for this thread", "Delete thread"),
        ("documents", "New", None),
        ("documents", "New", "New document"),
        ("documents", "More about", None),
        ("documents", "More about", "Move to a folder"),
        ("rich document", "More about", "Contents"),
        ("rich document", "More ways to write", None),
        ("rich document", "Insert", None),
        ("rich document", "Insert", "Formula"),
        ("rich document", "Link", None),
        ("members", "Add pupils", None),
        ("members", "Invite", None),
        ("members", "Choose my picture", None),
        ("teams", "New team", None),
    ]
    above = karin.page.locator("[role=dialog], [role=menu]").first
    wrong = []

    async def press(button: str, item: str | None) -> None:
        await karin.page.set_viewport_size(ViewportSize(width=390, height=WIDTHS[390]))
        await karin.page.get_by_role("button", name=re.compile(f"^{button}")).first.click()
        if item:
            choice = karin.page.get_by_role("menuitem", name=item).or_(karin.button(item))
            await choice.first.click()
        await karin.page.wait_for_function(_IS_SHOWN)

    await karin.go(pages["home"])
    for name, button, item in opened:
        await karin.page.set_viewport_size(ViewportSize(width=390, height=WIDTHS[390]))
        while await above.is_visible():
            await karin.page.keyboard.press("Escape")
        await turn_to(karin, pages[name])
        await settled(karin.page)
        await press(button, item)
        found = await wrong_anywhere(karin, "en")
        if not await above.is_visible():  # a list that scrolls closes it, a wide screen needs none
            await press(button, item)
            found += await wrong_with(karin, "en")
        wrong += [f"{name}, {button} {item or ''}, {what}" for what in found]
    all_well(wrong)


async def test_join_cards_shut_nobody_out(open_as: OpenAs, room: SeededRoom) -> None:
    anna = await open_as(room.people["anna"], name="anna")
    await anna.enter(room, "people")
    await anna.button("Add pupils").click()
    await anna.field("One pupil on each line").fill("Astrid Nilsson\nHugo Holm")
    await anna.button("Make the cards").click()
    await anna.button("Show the cards").click()
    await expect(anna.page.get_by_role("dialog").locator("article")).to_have_count(2)
    all_well(await wrong_anywhere(anna, "en"))


async def test_nothing_moves_for_whom_motion_is_too_much(open_as: OpenAs, demo: Demo) -> None:
    """Reduced motion: no transition or animation longer than an instant (WCAG 2.3.3)."""
    karin = await open_as(demo.people["karin"], name="karin", reduced_motion="reduce")
    for name in ("home", "channel", "rich document"):
        await karin.go(room_pages(demo)[name])
        await settled(karin.page)
        slow = await karin.page.evaluate(
            """() => [...document.querySelectorAll("*")].filter((one) => {
                const style = getComputedStyle(one);
                return [style.transitionDuration, style.animationDuration].some((duration) =>
                    duration.split(",").some((part) => parseFloat(part) > 0.001));
            }).map((one) => one.className)"""
        )
        assert slow == []
