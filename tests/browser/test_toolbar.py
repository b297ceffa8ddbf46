"""Every button above the paper: it does what it says, for others too, and it comes off again."""

from dataclasses import dataclass

from playwright.async_api import Locator, expect

from tests.browser.conftest import OpenAs
from tests.browser.window import Window
from tests.browser.writing import paper, says_saved, write_at_end
from tests.live import SeededRoom


@dataclass(frozen=True)
class Tool:
    """One thing to do with a line, by a button of the toolbar or in its menu of more."""

    name: str
    makes: str
    in_menu: bool = False

    @property
    def line(self) -> str:
        return f"made with {self.name.lower()}"

    def made(self, window: Window) -> Locator:
        """Find what it has made of its line."""
        return paper(window).locator(self.makes).filter(has_text=self.line)

    async def press(self, window: Window) -> None:
        if self.in_menu:
            await window.button("More ways to write").click()
            await window.page.get_by_role("menuitemcheckbox", name=self.name, exact=True).click()
        else:
            await window.button(self.name).click()

    async def is_on(self, window: Window, on: bool) -> None:
        """Make sure that its button tells whether it is on at the cursor."""
        if not self.in_menu:
            await expect(window.button(self.name)).to_have_attribute(
                "aria-pressed", str(on).lower()
            )
            return
        await window.button("More ways to write").click()
        item = window.page.get_by_role("menuitemcheckbox", name=self.name, exact=True)
        await expect(item).to_be_checked(checked=on)
        await window.page.keyboard.press("Escape")


TOOLS = (
    Tool("Bold", "strong"),
    Tool("Italic", "em"),
    Tool("Underline", "u"),
    Tool("Strike out", "s", in_menu=True),
    Tool("Code", "p > code", in_menu=True),
    Tool("List", "ul:not([data-type]) > li"),
    Tool("Numbered list", "ol > li"),
    Tool("List to tick off", "ul[data-type=taskList] > li"),
    Tool("Quote", "blockquote > p", in_menu=True),
    Tool("Block of code", "pre > code", in_menu=True),
)
PLAIN = "made by hand"


async def at_one_paper(open_as: OpenAs, room: SeededRoom) -> list[Window]:
    """Seat two pupils of two schools before the same empty paper."""
    both = [await open_as(room.people[name], name=name) for name in ("maja", "eleni")]
    for window in both:
        await window.enter(room, f"docs/{room.documents[0]}")
        await expect(paper(window)).to_be_editable()
    return both


async def mark(window: Window, line: str) -> None:
    """Select a line, as three clicks do."""
    await paper(window).get_by_text(line, exact=True).click(click_count=3)


async def test_every_tool_does_what_it_says_and_comes_off_again(
    open_as: OpenAs, room: SeededRoom
) -> None:
    both = await at_one_paper(open_as, room)
    maja, eleni = both
    await write_at_end(maja, "\n".join([*(tool.line for tool in TOOLS), PLAIN]))

    for tool in TOOLS:
        await mark(maja, tool.line)
        await tool.press(maja)
        await expect(paper(maja)).to_be_focused()
        for window in both:
            await expect(tool.made(window)).to_have_count(1)
        await tool.is_on(maja, True)
    await paper(maja).get_by_role("checkbox").check()
    await expect(paper(eleni).get_by_role("checkbox")).to_be_checked()
    await says_saved(maja)
    await maja.page.reload()
    await expect(paper(maja)).to_be_editable()
    await expect(paper(maja).get_by_role("checkbox")).to_be_checked()

    await mark(maja, PLAIN)
    for tool in TOOLS:
        await tool.is_on(maja, False)
    for tool in TOOLS:
        await expect(tool.made(maja)).to_have_count(1)
        await mark(maja, tool.line)
        await tool.is_on(maja, True)
        await tool.press(maja)
        for window in both:
            await expect(tool.made(window)).to_have_count(0)
        await tool.is_on(maja, False)
    for window in both:
        await expect(paper(window).locator("p")).to_have_text([*(t.line for t in TOOLS), PLAIN])
        await expect(paper(window).locator("ul, ol, blockquote, pre, p > *")).to_have_count(0)
    await says_saved(maja)


async def set_link(window: Window, address: str, *, words: str = "") -> None:
    """Set, change or take away the link at the cursor."""
    await window.button("Link").click()
    if words:
        await window.field("Words of the link").fill(words)
    await window.field("Address").fill(address)
    await window.button("Set the link").click()


async def test_link_is_set_changed_and_taken_away(open_as: OpenAs, room: SeededRoom) -> None:
    both = await at_one_paper(open_as, room)
    maja = both[0]
    await write_at_end(maja, "our school")
    pressed = maja.button("Link")

    await mark(maja, "our school")
    await expect(pressed).to_have_attribute("aria-pressed", "false")
    await set_link(maja, "javascript:alert(1)")
    await expect(maja.page.get_by_role("dialog")).to_contain_text("This is not an address")
    await maja.field("Address").fill("example.org/school")
    await maja.button("Set the link").click()
    for window in both:
        link = paper(window).get_by_role("link", name="our school", exact=True)
        await expect(link).to_have_attribute("href", "https://example.org/school")
    await expect(pressed).to_have_attribute("aria-pressed", "true")
    await says_saved(maja)
    await maja.page.reload()

    # The cursor anywhere in it is enough to change it.
    await paper(maja).get_by_role("link", name="our school").click()
    await expect(pressed).to_have_attribute("aria-pressed", "true")
    await maja.button("Link").click()
    await expect(maja.field("Address")).to_have_value("https://example.org/school")
    await maja.page.keyboard.press("Escape")
    await set_link(maja, "anna@school.eu")
    for window in both:
        link = paper(window).get_by_role("link", name="our school", exact=True)
        await expect(link).to_have_attribute("href", "mailto:anna@school.eu")
    await paper(maja).get_by_role("link", name="our school").click()
    await set_link(maja, "")
    for window in both:
        await expect(paper(window).get_by_role("link")).to_have_count(0)
        await expect(paper(window).locator("p")).to_contain_text("our school")
    await expect(pressed).to_have_attribute("aria-pressed", "false")

    # Without words selected, they are asked for; what is typed behind them is no link.
    await write_at_end(maja, " and ")
    await set_link(maja, "example.org", words="theirs")
    await maja.page.keyboard.type(" too")
    await expect(paper(maja)).to_have_text("our school and theirs too")
    for window in both:
        await expect(paper(window).get_by_role("link")).to_have_text("theirs")
    await says_saved(maja)
