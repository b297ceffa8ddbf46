"""Every page there is: open to everyone, in every language, on every screen, and still."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from sqlalchemy import Connection

from tests.browser.axe import barriers
from tests.browser.conftest import OpenAs
from tests.browser.window import Window
from tests.live import Live, Someone, seed_administrator
from twinspace_rt.accounts import sessions
from twinspace_rt.demo import make_demo
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.access import Role

IN_A_ROOM = {
    "home": "",
    "channels": "chat",
    "channel": "chat/everyone",
    "chat search": "chat/search?q=sea",
    "boards": "forum",
    "posts that wait": "forum/waiting",
    "forum search": "forum/search?q=sea",
    "board": "forum/boards/{board}",
    "new thread": "forum/boards/{board}/new",
    "thread": "forum/threads/{thread}",
    "documents": "docs",
    "rich document": "docs/{rich}",
    "note": "docs/{text}",
    "members": "people",
    "teams": "people/teams",
    "visits": "people/visits",
    "settings": "settings",
    "nothing there": "nowhere",
}
OUTSIDE = {
    "my rooms": "/",
    "my account": "/account",
    "new project": "/new",
    "not found": "/nowhere",
}
FOR_NOBODY = {"start": "/", "sign in": "/sign-in", "join": "/join", "dead link": "/link#nothing"}
FOR_ADMINISTRATORS = {
    "schools": "/administration",
    "staff": "/administration/staff",
    "projects": "/administration/projects",
    "operations": "/administration/operations",
}
# Set in a document or chosen by people, so not the catalogue's: never a key all the same.
_KEY = re.compile(
    r"\b(accounts|chat|docs|forum|home|operations|pages|people|room|ui)\.[a-z_]+(\.[a-z_]+)*\b"
)
_IS_STILL = """
() => document.querySelector("main h1, main h2, main form")
    && !document.querySelector('[class*="_skeleton"]')
    && document.getAnimations().every(({ playState }) => playState !== "running")
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
        find = "select id from {} where room_id = '{}'".format
        places = {
            "board": read(find("forum_board", room)).scalars().first(),
            "thread": read(find("forum_thread", room) + " and pinned").scalars().first(),
            "rich": read(find("document", room) + " and kind = 'rich'").scalars().first(),
            "text": read(find("document", room) + " and kind = 'text'").scalars().first(),
        }
        return Demo(room, {key: str(value) for key, value in places.items()}, people)

    yield await node.database.write(gather)


def room_pages(demo: Demo) -> dict[str, str]:
    """List the addresses in the demonstration's room."""
    return {
        name: f"/rooms/{demo.room}/{path}".format(**demo.places) for name, path in IN_A_ROOM.items()
    }


async def settled(page: Page) -> None:
    """Wait until the page has what it was opened for, and nothing on it moves."""
    await page.wait_for_function(_IS_STILL)


async def speak(window: Window, language: str) -> None:
    """Have the person's language changed, as their menu does."""
    await window.go("/favicon.svg")
    status = await window.page.evaluate(
        """async (language) => (await fetch("/api/me", {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ language }),
        })).status""",
        language,
    )
    assert status == 200
    await window.page.evaluate(
        "language => localStorage.setItem('twinspace.language', language)", language
    )


async def wrong_with(window: Window, language: str) -> list[str]:
    """List what is wrong with the page as it stands."""
    page = window.page
    wrong = await barriers(page)
    wide, screen = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    if wide > screen:
        wrong.append(f"scrolls sideways: {wide} px on a screen of {screen} px")
    lang = await page.evaluate("document.documentElement.lang")
    if lang != language:
        wrong.append(f"lang is {lang!r}")
    texts: str = await page.evaluate(
        """() => [document.title, document.body.innerText,
            ...[...document.querySelectorAll("[aria-label], [placeholder], [title]")].flatMap(
                (one) => [one.ariaLabel, one.placeholder, one.title])].join("\\n")"""
    )
    wrong += [f"shows a key: {match[0]}" for match in _KEY.finditer(texts)]
    return wrong


async def look_at(window: Window, pages: dict[str, str], language: str) -> dict[str, list[str]]:
    """Open pages one after the other; returns what is wrong with each."""
    wrong = {}
    with window.excuse_refusals():
        for name, path in pages.items():
            await window.go(path)
            await settled(window.page)
            found = await wrong_with(window, language)
            if found:
                wrong[f"{name} ({path})"] = found
    return wrong


SCREENS = [
    pytest.param(320, "light", "en", id="small-phone-light-en"),
    pytest.param(1280, "dark", "sv", id="laptop-dark-sv"),
    pytest.param(320, "dark", "da", id="small-phone-dark-da", marks=pytest.mark.long),
    pytest.param(390, "light", "da", id="phone-light-da", marks=pytest.mark.long),
    pytest.param(390, "dark", "sv", id="phone-dark-sv", marks=pytest.mark.long),
    pytest.param(768, "light", "sv", id="tablet-light-sv", marks=pytest.mark.long),
    pytest.param(768, "dark", "en", id="tablet-dark-en", marks=pytest.mark.long),
    pytest.param(1280, "light", "da", id="laptop-light-da", marks=pytest.mark.long),
]


@pytest.mark.parametrize(("width", "scheme", "language"), SCREENS)
async def test_pages_shut_nobody_out(
    open_as: OpenAs, demo: Demo, width: int, scheme: str, language: str
) -> None:
    """WCAG 2.2 AA by axe, no sideways scrolling (1.4.10), one language throughout (3.1.1)."""
    karin = await open_as(demo.people["karin"], width, name="karin", color_scheme=scheme)
    await speak(karin, language)
    assert await look_at(karin, room_pages(demo) | OUTSIDE, language) == {}


@pytest.mark.parametrize(("width", "scheme", "language"), SCREENS)
async def test_pages_before_a_room_shut_nobody_out(
    open_as: OpenAs, demo: Demo, width: int, scheme: str, language: str
) -> None:
    nobody = await open_as(None, width, name="nobody", color_scheme=scheme, locale=language)
    assert await look_at(nobody, FOR_NOBODY, language) == {}
    ada = await open_as(demo.people["ada"], width, name="ada", color_scheme=scheme)
    await speak(ada, language)
    assert await look_at(ada, FOR_ADMINISTRATORS, language) == {}


@pytest.mark.long
@pytest.mark.parametrize("who", ["maja", "nefeli"])
async def test_small_phone_shows_a_pupil_everything(open_as: OpenAs, demo: Demo, who: str) -> None:
    pupil = await open_as(demo.people[who], 320, name=who)
    await speak(pupil, "da")
    assert await look_at(pupil, room_pages(demo), "da") == {}


async def test_menus_and_dialogs_shut_nobody_out(open_as: OpenAs, demo: Demo) -> None:
    """What opens above a page is looked at while it is open."""
    karin = await open_as(demo.people["karin"], name="karin")
    await speak(karin, "en")
    pages = room_pages(demo)
    opened: list[tuple[str, str, str | None]] = [
        ("home", "Who is here", None),
        ("home", "You: Karin Lindqvist", None),
        ("channel", "Open for pupils", None),
        ("channel", "Open for pupils", "Timetable of the chat"),
        ("boards", "New board", None),
        ("thread", "More for this thread", None),
        ("thread", "More for this thread", "Delete thread"),
        ("documents", "New", None),
        ("documents", "New", "New document"),
        ("rich document", "Insert", None),
        ("rich document", "Insert", "Formula"),
        ("rich document", "Link", None),
        ("members", "Add pupils", None),
        ("members", "Choose my picture", None),
        ("teams", "New team", None),
    ]
    wrong = {}
    for name, button, item in opened:
        await karin.go(pages[name])
        await settled(karin.page)
        await karin.page.get_by_role("button", name=re.compile(f"^{button}")).first.click()
        if item:
            choice = karin.page.get_by_role("menuitem", name=item).or_(karin.button(item))
            await choice.first.click()
        await expect(karin.page.locator("[role=dialog], [role=menu]").first).to_be_visible()
        await settled(karin.page)
        found = await wrong_with(karin, "en")
        if found:
            wrong[f"{name}: {button} {item or ''}"] = found
    assert wrong == {}


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
