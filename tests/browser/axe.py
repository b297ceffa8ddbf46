"""axe-core, run inside a page: what would shut somebody out."""

from functools import cache
from typing import Any

from playwright.async_api import Page

from scripts.node import PEERS

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Good practice and no WCAG criterion: a panel's unseen button that closes it stands beside it.
WITHOUT = ["region"]
# Where react-aria has things read out; its pointers to what has gone since harm nobody.
ANNOUNCER = "[data-live-announcer]"

_RUN = """
async ([tags, without, announcer]) => {
    const found = await axe.run({ exclude: [announcer] }, {
        runOnly: { type: "tag", values: tags },
        rules: Object.fromEntries(without.map((rule) => [rule, { enabled: false }])),
    });
    return found.violations.flatMap(({ id, help, nodes }) =>
        nodes.map(({ target, failureSummary }) => ({ id, help, target: target.join(" "),
            why: failureSummary })));
}
"""


@cache
def _source() -> str:
    return (PEERS / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


async def barriers(page: Page) -> list[str]:
    """List what axe finds on the page as it is now, a line for each element.

    The script comes over the debugging protocol, which the page's policy does not concern.
    """
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_source())
    found: list[dict[str, Any]] = await page.evaluate(_RUN, [TAGS, WITHOUT, ANNOUNCER])
    return [f"{one['id']}: {one['target']}: {one['why']}" for one in found]
