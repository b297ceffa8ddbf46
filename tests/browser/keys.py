"""A person who has only a keyboard goes from place to place and must always see where they are."""

import re
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Locator, expect

from tests.browser.conftest import OpenAs
from tests.browser.window import Window
from tests.browser.writing import paper
from tests.live import SeededRoom

STEPS_MAX = 400
"""Once round a page, in the list of schools past all that other tests have registered."""

_FOCUS = """
async (isSettling) => {
    // What comes into sight when it has the focus takes a frame to begin and one to be there.
    const FRAMES = 3;
    const find = () => {
        let one = document.activeElement;
        while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
        const lost = !one || one === document.body;
        const heard = (element) => [...element.childNodes]
            .filter((node) => node.ariaHidden !== "true").map((node) => node.textContent).join("");
        const labels = [...(one?.getAttribute("aria-labelledby") ?? "").split(" ")
            .map((id) => document.getElementById(id)), ...(one?.labels ?? [])].filter(Boolean);
        const name = lost ? "" : one.getAttribute("aria-label")
            || labels.map(heard).join(" ") || heard(one);
        // A ring is drawn on what has the focus, or on what holds it: a frame, a box's label.
        const outlined = (element) => {
            const style = getComputedStyle(element);
            return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
        };
        const looks = (element) =>
            outlined(element) || getComputedStyle(element).boxShadow !== "none";
        const rings = [];
        for (let e = one; !lost && e && e !== document.body; e = e.parentElement)
            if (outlined(e)) rings.push(e);
        let holder = one, ring = !lost && (one.isContentEditable || one.id === "main");
        for (let i = 0; i < 4 && holder && holder !== document.body; i++) {
            ring ||= looks(holder)
                || [...holder.children].some((child) => i === 0 && looks(child));
            holder = holder.parentElement;
        }
        const box = lost ? null : one.getBoundingClientRect();
        const inSight = !lost && box.bottom > 0 && box.right > 0
            && box.top < innerHeight && box.left < innerWidth;
        return { lost, name: name.trim(), role: one?.getAttribute("role") ?? one?.localName,
            ring, inSight, twice: rings.length > 1, html: one?.outerHTML.slice(0, 200) };
    };
    for (let i = 0; ; i++) {
        const found = find();
        const isSeen = found.ring && found.inSight && !found.twice;
        if (i === FRAMES || (!isSettling && (found.lost || isSeen))) return found;
        await new Promise(requestAnimationFrame);
    }
}
"""


@dataclass(frozen=True)
class Focus:
    """What has the focus."""

    name: str
    role: str


class Keyboard:
    """Presses keys in a window and watches where the focus is."""

    def __init__(self, window: Window) -> None:
        self.window = window

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            await self.window.page.keyboard.press(key)

    async def move(self, *keys: str) -> None:
        """Press keys that move a cursor, each no sooner than a quick hand could."""
        for key in keys:
            await self.press(key)
            # The browser tells the editor of the new place in a task of its own.
            await self.window.page.evaluate(
                "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
            )

    async def type(self, text: str) -> None:
        """Type a text where the focus is."""
        await self.window.page.keyboard.type(text)

    async def focus(self) -> Focus:
        """Tell what has the focus, once all is done that the last key has set off.

        Raises:
            AssertionError: Nothing has it, it cannot be seen, it is out of sight (WCAG 2.4.7 and
                2.4.11), or its ring stands in another one.
        """
        focus = await self._look(is_settling=True)
        assert focus, "the focus is lost"
        return focus

    async def _look(self, *, is_settling: bool) -> Focus | None:
        found: dict[str, Any] = await self.window.page.evaluate(_FOCUS, is_settling)
        if found["lost"]:
            return None
        assert found["ring"], f"the focus cannot be seen: {found['html']}"
        assert not found["twice"], f"one ring stands in another: {found['html']}"
        assert found["inSight"], f"the focus is out of sight: {found['html']}"
        return Focus(found["name"], found["role"])

    async def tab_to(self, name: str, key: str = "Tab", *, inside: Locator | None = None) -> Focus:
        """Press Tab until the focus is on what is called so, there if a place is named."""
        wanted = re.compile(name)
        passed = []
        for _ in range(STEPS_MAX):
            await self.press(key)
            focus = await self._look(is_settling=False)
            if focus is None:
                # Behind the last thing comes the browser's own frame, and then the first again.
                passed.append("(end)")
                await self.press(key)
                focus = await self.focus()
            if wanted.search(focus.name) and (
                inside is None or await inside.locator(":focus").count()
            ):
                return focus
            passed.append(focus.name[:40])
        raise AssertionError(f"no {name!r} among {passed}")

    async def go_back_to(self, name: str, *, inside: Locator | None = None) -> Focus:
        """Press Shift and Tab until the focus is on what is called so."""
        return await self.tab_to(name, "Shift+Tab", inside=inside)

    async def walk_to(self, name: str, key: str) -> Focus:
        """Press an arrow key until the focus is on what is called so."""
        wanted = re.compile(name)
        focus = await self.focus()
        passed: list[str] = []
        while not wanted.search(focus.name):
            assert len(passed) < STEPS_MAX, f"no {name!r} among {passed}"
            passed.append(focus.name[:40])
            await self.press(key)
            focus = await self.focus()
        return focus

    async def choose(self, *names: str) -> None:
        """Open the menu on whose button the focus is, and choose; the last name is the action's."""
        await self.press("Enter")
        for name in names:
            await expect(self.window.page.get_by_role("menu").last.locator(":focus")).to_have_count(
                1
            )
            await self.walk_to(f"^{name}", "ArrowDown")
            await self.press("Enter")
        await expect(self.window.page.get_by_role("menu")).to_have_count(0)

    async def goes_to(self, tool: str) -> None:
        """Go to a tool by the rail; the focus goes along to the work."""
        await self.go_back_to("^Go to the work")
        await self.tab_to(f"^{tool}")
        await self.press("Enter")
        await expect(self.window.main).to_be_focused()


async def sits_down(open_as: OpenAs, room: SeededRoom, name: str, path: str = "") -> Keyboard:
    """Open a room for somebody who puts the mouse away."""
    window = await open_as(room.people[name], name=name)
    await window.enter(room, path)
    return Keyboard(window)


async def takes_the_paper(one: Keyboard) -> None:
    """Go to the document, and to where it is written."""
    await one.goes_to("Documents")
    await one.tab_to("^Page 1")
    await one.press("Enter")
    await expect(paper(one.window)).to_be_editable()
    await one.focus()
    await one.tab_to("^Page 1$")
