"""A rich page as one client has it: paragraphs with words and marks."""

import random

from pycrdt import XmlElement, XmlFragment, XmlText

from tests.peers.raw import Pen

LETTERS = "abcdefgh"


class Page(Pen):
    """A rich document in the place of a pen's plain text, which stays empty; ASCII alone."""

    def __init__(self, client_id: int) -> None:
        super().__init__(client_id)
        self._page = self.doc.get("default", type=XmlFragment)

    def scribble(self, dice: random.Random) -> bytes:
        """Change a paragraph's words or marks, or add or take away a paragraph."""
        paragraphs = list(self._page.children)
        chance = dice.random()
        with self.doc.transaction():
            if not paragraphs or chance < 0.15:
                words = XmlText(LETTERS[: dice.randint(1, 8)])
                place = dice.randrange(len(paragraphs) + 1)
                self._page.children.insert(place, XmlElement("paragraph", None, [words]))
            elif len(paragraphs) > 3 and chance < 0.2:
                del self._page.children[dice.randrange(len(paragraphs))]
            else:
                [text] = dice.choice(paragraphs).children
                self._change(text, dice)
        return self._made.pop()

    def _change(self, text: XmlText, dice: random.Random) -> None:
        length = len(text)
        if length > 5 and dice.random() < 0.4:
            start = dice.randrange(length - 1)
            stop = min(length, start + dice.randint(1, 6))
            if dice.random() < 0.5:
                del text[start:stop]
            else:
                # Never the mark that is there already: that would change nothing.
                address = f"https://example.org/{dice.randrange(10**9)}"
                text.format(start, stop, {"link": {"href": address}})
        else:
            text.insert(dice.randrange(length + 1), LETTERS[: dice.randint(1, 8)])

    def __str__(self) -> str:
        return str(self._page)
