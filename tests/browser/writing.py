"""What people do in a document, said once; and what the database says of it."""

import re
from collections.abc import Sequence

from playwright.async_api import Locator, expect
from pycrdt import Doc, Text, XmlFragment

from tests.browser.window import Window, until
from tests.live import Live

# Other people's cursors stand among the words, with their names, and are none of them.
_BLOCKS = """
(paper) => {
    const copy = paper.cloneNode(true);
    for (const caret of copy.querySelectorAll(".caret")) caret.remove();
    return [...copy.querySelectorAll("h1, h2, h3, p, pre, annotation, .cm-line")]
        .map((block) => block.textContent.replaceAll("\\u2060", "").trim())
        .filter(Boolean);
}
"""


def paper(window: Window, title: str = "Page 1") -> Locator:
    """Find what is written on, by the document's title."""
    return window.page.get_by_role("textbox", name=title, exact=True)


def saved_sign(window: Window) -> Locator:
    """Find the sign that says whether all is saved."""
    return window.page.get_by_test_id("saved-sign")


async def says_saved(window: Window) -> None:
    """Wait until the sign says that all is saved."""
    await expect(saved_sign(window)).to_have_attribute("data-state", "saved")


async def write_at_end(window: Window, words: str) -> None:
    """Set the cursor behind the last word and type."""
    await paper(window).click()
    await _press(window, "Control+End")
    await window.page.keyboard.type(words)


async def write_behind(window: Window, start: str, words: str) -> None:
    """Set the cursor at the end of the block that begins so, and type at a child's speed."""
    await block(window, start).click()
    await _press(window, "End")
    await window.page.keyboard.type(words, delay=15)


async def _press(window: Window, key: str) -> None:
    """Press a key that moves the cursor, and the next one no sooner than a quick hand could."""
    await window.page.keyboard.press(key)
    await window.page.evaluate("new Promise(requestAnimationFrame)")


async def paste(window: Window, rich: str, plain: str) -> None:
    """Paste at the cursor what another program put on the clipboard."""
    await paper(window).evaluate(
        """(paper, [rich, plain]) => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/html", rich);
            clipboardData.setData("text/plain", plain);
            paper.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
        }""",
        [rich, plain],
    )


def block(window: Window, start: str) -> Locator:
    """Find the paragraph or heading that begins with some words."""
    lines = paper(window).locator("h1, h2, h3, p")
    return lines.filter(has_text=re.compile(f"^{re.escape(start)}")).first


async def blocks(window: Window, title: str = "Page 1") -> list[str]:
    """Read the words of all headings, paragraphs and formulas that the window shows."""
    found: list[str] = await paper(window, title).evaluate(_BLOCKS)
    return found


async def all_alike(windows: Sequence[Window], *words: str) -> list[str]:
    """Wait until all windows show the same blocks, with these words in them; return the blocks."""
    shown: list[list[str]] = []

    async def alike() -> bool:
        shown[:] = [await blocks(window) for window in windows]
        together = "\n".join(shown[0])
        return all(one == shown[0] for one in shown) and all(word in together for word in words)

    await until(alike, lambda: f"windows show {shown}, wanted {words}")
    return shown[0]


def stored(live: Live, document_id: str) -> str:
    """Read a document's words from the database alone: its last snapshot and what came since."""
    document: Doc[XmlFragment | Text] = Doc()
    with live.database() as database:
        kind, upto = database.execute(
            "select kind, snapshot_seq from stream where id = ?", [document_id]
        ).fetchone()
        bodies = database.execute(
            "select body from snapshot where stream_id = ? and upto_seq = ?", [document_id, upto]
        ).fetchall()
        bodies += database.execute(
            "select body from entry where stream_id = ? and seq > ? order by seq",
            [document_id, upto],
        ).fetchall()
    if kind == "text":
        plain = document.get("t", type=Text)
        for (body,) in bodies:
            document.apply_update(body)
        return str(plain)
    rich = document.get("default", type=XmlFragment)
    for (body,) in bodies:
        document.apply_update(body)
    return re.sub(r"<[^>]*>", "", str(rich))
