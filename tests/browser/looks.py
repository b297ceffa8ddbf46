"""What is wrong with a page as it stands: barriers, keys for words, and a layout that breaks."""

import re

from playwright.async_api import Page, ViewportSize

from tests.browser.axe import barriers
from tests.browser.window import WIDTHS, Window

# Set in a document or chosen by people, so not the catalogue's: never a key all the same.
_KEY = re.compile(
    r"\b(accounts|chat|docs|forum|home|operations|pages|people|room|ui)\.[a-z_]+(\.[a-z_]+)*\b"
)
_IS_STILL = """
() => document.querySelector("main h1, main h2, main form")
    && !document.querySelector('[class*="_skeleton"]')
    && document.getAnimations().every(({ playState }) => playState !== "running")
"""
_DRAWN = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
_TEXTS = """
() => [document.title, document.body.innerText,
    ...[...document.querySelectorAll("[aria-label], [placeholder], [title]")].flatMap(
        (one) => [one.ariaLabel, one.placeholder, one.title])].join("\\n")
"""
# What can be pressed, and what begins with words of its own. What scrolls may hide a part of it;
# what only hides must not, unless it says so by an ellipsis. Whatever is in the middle of
# something to press has to be a part of it.
_LAYOUT = """
async () => {
    const wrong = [];
    const wide = document.documentElement.scrollWidth;
    if (wide > innerWidth) wrong.push(`scrolls sideways: ${wide} px`);
    const PRESSED = "a[href], button, input, textarea, select, [role=button], [role=textbox]";
    const scrolls = (how) => how === "auto" || how === "scroll";
    const hides = (how) => how === "hidden" || how === "clip";
    const told = (one) => `${one.tagName.toLowerCase()} “${
        (one.ariaLabel || one.innerText || one.placeholder || "").trim().slice(0, 40)}”`;
    const scroller = (one) => {
        for (let above = one.parentElement; above; above = above.parentElement)
            if (scrolls(getComputedStyle(above).overflowY)) return above;
        return document.documentElement;
    };
    const isSeen = (one) => {
        if (one.closest("[inert], a[href='#main']:not(:focus)")) return false;
        for (let box = one; box; box = box.parentElement) {
            const { width, height } = box.getBoundingClientRect();
            if (width <= 1 || height <= 1) return false; // for screen readers alone
        }
        return one.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    };
    const isCut = (one, box) => {
        const own = getComputedStyle(one);
        const isTyped = one.matches("input, textarea"); // what is typed in one goes along
        if (!isTyped && hides(own.overflowX) && own.textOverflow !== "ellipsis"
            && one.scrollWidth > one.clientWidth + 1) return true;
        let [freeX, freeY] = [false, false];
        for (let above = one.parentElement; above; above = above.parentElement) {
            const { overflowX, overflowY, textOverflow, webkitLineClamp, position } =
                getComputedStyle(above);
            freeX ||= scrolls(overflowX) || textOverflow === "ellipsis";
            freeY ||= scrolls(overflowY) || webkitLineClamp !== "none";
            const edge = above.getBoundingClientRect();
            const [fitsX, fitsY] = [
                box.left >= edge.left - 1 && box.right <= edge.right + 1,
                box.top >= edge.top - 1 && box.bottom <= edge.bottom + 1,
            ];
            if (!freeX && hides(overflowX) && !fitsX) return true;
            if (!freeY && hides(overflowY) && !fitsY) return true;
            if (position === "fixed") break;
        }
        return !freeX && (box.left < -1 || box.right > innerWidth + 1);
    };
    const cover = async (one) => {
        const middle = () => {
            const { left, top, width, height } = one.getBoundingClientRect();
            return document.elementFromPoint(left + width / 2, top + height / 2);
        };
        const isPart = (hit) => hit && (one.contains(hit) || hit.contains(one)
            || hit.closest("label")?.contains(one));
        if (isPart(middle())) return null;
        one.scrollIntoView({ block: "center", inline: "center" });
        await DRAWN; // what floats above the end of a list goes when that is reached
        const hit = middle();
        const around = scroller(one);
        const goesOn = around.scrollTop + around.clientHeight < around.scrollHeight - 1;
        return isPart(hit) || (goesOn && !around.contains(hit)) ? null : hit;
    };
    for (const one of document.body.querySelectorAll("*")) {
        const isPressed = one.matches(PRESSED);
        const hasWords = [...one.childNodes].some(
            (node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
        if (!(isPressed || hasWords) || !isSeen(one)) continue;
        if (isCut(one, one.getBoundingClientRect())) wrong.push(`cut off: ${told(one)}`);
        const above = isPressed && (await cover(one));
        if (above) wrong.push(`covered: ${told(one)} by ${told(above)}`);
    }
    return wrong;
}
""".replace("DRAWN", _DRAWN)


async def settled(page: Page) -> None:
    """Wait until the page has what it was opened for, and nothing on it moves."""
    await page.evaluate(_DRAWN)
    await page.wait_for_function(_IS_STILL)


async def wrong_layout(window: Window) -> list[str]:
    """List what scrolls sideways, is cut off or covered in the window as wide as it is."""
    await window.page.evaluate(_DRAWN)
    found: list[str] = await window.page.evaluate(_LAYOUT)
    return found


async def wrong_with(window: Window, language: str) -> list[str]:
    """List what is wrong with the page as it stands."""
    page = window.page
    wrong = [*await wrong_layout(window), *await barriers(page)]
    lang = await page.evaluate("document.documentElement.lang")
    if lang != language:
        wrong.append(f"lang is {lang!r}")
    texts: str = await page.evaluate(_TEXTS)
    return wrong + [f"shows a key: {match[0]}" for match in _KEY.finditer(texts)]


async def wrong_anywhere(window: Window, language: str) -> list[str]:
    """List what is wrong with the page on each screen, light on the phone and dark on the laptop.

    The page is not opened again in between, as nobody does who turns a tablet.
    """
    wrong = []
    for width, scheme in ((390, "light"), (320, ""), (768, ""), (1280, "dark")):
        await window.page.set_viewport_size(ViewportSize(width=width, height=WIDTHS[width]))
        if scheme:
            await window.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            await settled(window.page)
            found = await wrong_with(window, language)
        else:
            found = await wrong_layout(window)
        wrong += [f"{width} px {scheme}: {what}" for what in found]
    return wrong


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


async def turn_to(window: Window, path: str) -> None:
    """Go to another address as a link on the page does, without opening the page again."""
    await window.page.evaluate("path => history.pushState(null, '', path)", path)
