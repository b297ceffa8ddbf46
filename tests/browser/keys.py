"""A person who has only a keyboard goes from place to place and must always see where they are."""

import re
from dataclasses import dataclass
from typing import Any

from tests.browser.window import Window

STEPS_MAX = 80

_FOCUS = """
async () => {
    // What comes into sight when it has the focus takes a frame to begin and one to be there.
    for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
    const one = document.activeElement;
    const lost = !one || one === document.body;
    const heard = (element) => [...element.childNodes]
        .filter((node) => node.ariaHidden !== "true").map((node) => node.textContent).join("");
    const labels = [...(one?.getAttribute("aria-labelledby") ?? "").split(" ")
        .map((id) => document.getElementById(id)), ...(one?.labels ?? [])].filter(Boolean);
    const name = lost ? "" : one.getAttribute("aria-label")
        || labels.map(heard).join(" ") || heard(one);
    // A ring is drawn on what has the focus, or on what holds it: a field's frame, a box's label.
    const looks = (element) => {
        const style = getComputedStyle(element);
        return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2)
            || style.boxShadow !== "none";
    };
    let holder = one, ring = false;
    for (let i = 0; i < 4 && holder && holder !== document.body; i++, holder = holder.parentElement)
        ring ||= looks(holder) || [...holder.children].some((child) => i === 0 && looks(child));
    const isText = lost ? false : one.isContentEditable;
    const box = lost ? null : one.getBoundingClientRect();
    const inSight = !lost && box.bottom > 0 && box.right > 0
        && box.top < innerHeight && box.left < innerWidth;
    return { lost, name: name.trim(), role: one?.getAttribute("role") ?? one?.tagName.toLowerCase(),
        ring: ring || isText || one?.id === "main", inSight, html: one?.outerHTML.slice(0, 200) };
}
"""
_IS_AT_THE_END = "() => !document.activeElement || document.activeElement === document.body"


@dataclass(frozen=True)
class Focus:
    """What has the focus."""

    name: str
    role: str


class Keyboard:
    """Presses keys in a window and watches where the focus is."""

    def __init__(self, window: Window) -> None:
        self._window = window

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            await self._window.page.keyboard.press(key)

    async def type(self, text: str) -> None:
        """Type a text where the focus is."""
        await self._window.page.keyboard.type(text)

    async def focus(self) -> Focus:
        """Tell what has the focus.

        Raises:
            AssertionError: Nothing has it, it cannot be seen, or it is out of sight
                (WCAG 2.4.7 and 2.4.11).
        """
        found: dict[str, Any] = await self._window.page.evaluate(_FOCUS)
        assert not found["lost"], "the focus is lost"
        assert found["ring"], f"the focus cannot be seen: {found['html']}"
        assert found["inSight"], f"the focus is out of sight: {found['html']}"
        return Focus(found["name"], found["role"])

    async def tab_to(self, name: str, key: str = "Tab") -> Focus:
        """Press Tab until the focus is on what is called so."""
        wanted = re.compile(name)
        passed = []
        for _ in range(STEPS_MAX):
            await self.press(key)
            if await self._window.page.evaluate(_IS_AT_THE_END):
                # Behind the last thing comes the browser's own frame, and then the first again.
                passed.append("(end)")
                await self.press(key)
            focus = await self.focus()
            if wanted.search(focus.name):
                return focus
            passed.append(focus.name[:40])
        raise AssertionError(f"no {name!r} among {passed}")

    async def go_back_to(self, name: str) -> Focus:
        """Press Shift and Tab until the focus is on what is called so."""
        return await self.tab_to(name, "Shift+Tab")
