"""Dialogs, with the keyboard alone."""

from playwright.async_api import Locator, expect

from tests.browser.keys import Focus, Keyboard


def dialog(keys: Keyboard, name: str = "") -> Locator:
    """Find the dialog that is open."""
    return keys.window.page.get_by_role("dialog", name=name)


async def follows(keys: Keyboard, name: str) -> Focus:
    """Wait until the dialog that follows on a form has the focus.

    The answer may come while Enter is still held down on the form's button. The dialog then takes
    that for a screen reader's press, and the focus only when nothing on the page moves any more.
    """
    await expect(dialog(keys, name)).to_be_visible()
    await expect(keys.window.page.locator(":focus")).to_have_count(1)
    return await keys.focus()


async def is_back(keys: Keyboard) -> Focus:
    """Wait until no dialog is open, and the page behind it has the focus again."""
    await expect(dialog(keys)).to_have_count(0)
    await expect(keys.window.page.locator(":focus")).to_have_count(1)
    return await keys.focus()


async def sends(keys: Keyboard, action: str) -> None:
    """Press a dialog's main button; the focus comes back to where it was, or near it."""
    await keys.tab_to(f"^{action}$", inside=dialog(keys))
    await keys.press("Enter")
    await is_back(keys)


async def picks(keys: Keyboard, label: str, choice: str) -> None:
    """Choose from a list that opens, in a dialog."""
    await keys.tab_to(f"{label}", inside=dialog(keys).last)
    await keys.press("Enter")
    await expect(
        keys.window.page.get_by_role("option").and_(keys.window.page.locator(":focus"))
    ).to_have_count(1)
    await keys.walk_to(f"^{choice}", "ArrowDown")
    await keys.press("Enter")
    await expect(keys.window.page.get_by_role("listbox")).to_have_count(0)
    await keys.focus()
