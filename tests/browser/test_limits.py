"""What a room costs to open, what its policy forbids, and words that would like to be a script."""

import gzip
import re

from playwright.async_api import Response, expect

from tests.browser.conftest import OpenAs
from tests.browser.talk import EVERYONE, open_chat
from tests.browser.window import Window, until
from tests.browser.writing import paper, paste, says_saved, write_at_end
from tests.client import RoomClient
from tests.live import Live, SeededRoom

FIRST_PAGE_MAX_BYTES = 250_000

CORPUS = (
    "<script>stolen()</script>",
    '"><img src=x onerror=stolen()>',
    "<svg/onload=stolen()>",
    "<svg><script href=data:,stolen() />",
    "javascript:stolen()//",
    "[click](javascript:stolen())",
    "<iframe srcdoc='<script>parent.stolen()</script>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 "
    "onerror=stolen()&gt;'>",
    '<a href="jAvAsCrIpT&colon;stolen()">x</a>',
    "<details open ontoggle=stolen()>",
    "<input autofocus onfocus=stolen()>",
    "<template><img src=x onerror=stolen()></template>",
    "{{constructor.constructor('stolen()')()}}",
    "<form><button formaction=javascript:stolen()>x",
    "<style>@import'data:,*{x:expression(stolen())}'</style>",
)
"""After OWASP's cheat sheet and the known mutations of parsers (mXSS), a line for each way in."""


async def test_first_page_of_a_room_is_small_and_leaves_the_editor_out(
    open_as: OpenAs, room: SeededRoom
) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    scripts: dict[str, Response] = {}

    def note(response: Response) -> None:
        if response.request.resource_type == "script":
            scripts[response.url] = response

    maja.page.on("response", note)
    await maja.enter(room)
    await expect(maja.page.get_by_role("heading", name="Hello Maja")).to_be_visible()
    await maja.page.wait_for_load_state("networkidle")
    assert scripts
    weights = {url: len(gzip.compress(await script.body(), 9)) for url, script in scripts.items()}
    assert sum(weights.values()) <= FIRST_PAGE_MAX_BYTES, weights
    before = set(scripts)
    await maja.enter(room, f"docs/{room.documents[0]}")
    await expect(paper(maja)).to_be_editable()
    assert any("rich" in url for url in set(scripts) - before)
    assert not any("rich" in url or "katex" in url for url in before)


async def test_policy_lets_no_inline_script_run(open_as: OpenAs, room: SeededRoom) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    response = await maja.page.goto(f"{maja.origin}/rooms/{room.room_id}")
    assert response is not None
    policy = response.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    await maja.main.wait_for()
    # The policy is not only said: a script put into the page does not run, and is told.
    ran = await maja.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            return window.ran === true;
        }"""
    )
    assert ran is False

    async def told() -> bool:
        return any(problem.startswith("console error: policy: script") for problem in maja.problems)

    await until(told, lambda: f"told was {maja.problems}")
    assert all("script-src" in problem for problem in maja.problems)
    maja.problems.clear()


async def fill_with_scripts(live: Live, room: SeededRoom) -> str:
    """Put the corpus wherever a person can write, over the wire; returns the thread's id."""
    async with await RoomClient.open(live, room.room_id, room.people["anna"]) as anna:
        await anna.hello()
        everything = "\n".join(CORPUS)
        title = "<img src=x onerror=stolen()>"
        await anna.do("people.edit_room", title=title, description=CORPUS[0])
        await anna.do(
            "people.rename", member_id=room.people["maja"].member_id, name="<svg/onload=stolen()>"
        )
        await anna.do("chat.post", channel_id=EVERYONE, text=everything, reply_to=None)
        board = await anna.do("forum.board_create", name=title, description=CORPUS[1], hold=False)
        made = await anna.do("forum.start", board_id=board["result"], title=title, text=everything)
        await anna.do("docs.create_folder", title=title)
        return str(made["result"]["thread_id"])


async def test_words_stay_words_wherever_they_are_written(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    await open_chat(live, room)
    thread = await fill_with_scripts(live, room)
    # Without the policy, too: the pages alone must not run a word of it.
    for policy in (False, True):
        eleni = await open_as(room.people["eleni"], name=f"eleni-{policy}", bypass_csp=not policy)
        await eleni.context.add_init_script("window.stolen = () => console.error('a script ran')")
        for path in (
            "",
            f"chat/{EVERYONE}",
            "forum",
            f"forum/threads/{thread}",
            "docs",
            "people",
        ):
            await eleni.enter(room, path)
            await expect(eleni.text("onerror=stolen()").first).to_be_attached()
        assert eleni.problems == []
        eleni.excuse_blocked_paste()
        await type_scripts(eleni, room)
        assert eleni.problems == []


async def type_scripts(window: Window, room: SeededRoom) -> None:
    """Type and paste the corpus into a document, and open it again."""
    await window.enter(room, f"docs/{room.documents[0]}")
    await expect(paper(window)).to_be_editable()
    await write_at_end(window, CORPUS[1])
    await paste(window, "".join(CORPUS), "\n".join(CORPUS))
    await says_saved(window)
    await window.page.reload()
    await expect(paper(window)).to_contain_text("onerror=stolen()")
    links = await paper(window).locator("a").evaluate_all("all => all.map(one => one.href)")
    assert [link for link in links if not re.match("https?:|mailto:", link)] == []
