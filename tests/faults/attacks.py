"""Hostile updates: structured ones, which must be refused, and mutated honest ones."""

import random
from collections.abc import Iterator

from tests.docs import forge
from tests.docs.test_validator_fuzz import WRITTEN
from tests.peers.raw import Pen

VICTIM, MINE = 1, 666
# Who is not the victim sees a gap where the document does not hold what is forged upon.
_OUTSIDE = {"gap", "unknown-id", "delete-beyond"}
_SCHEMA = {
    f"schema-{part}"
    for part in ("root", "node", "text", "content", "key", "value", "mark", "mark-value")
}
Attack = tuple[set[str], bytes]
"""The codes it may be refused with, and the update."""
# Written once: drawn anew each time, these took longer than all the attacks together.
_HOLES = forge.deleted([(2 * n, 2 * n + 1) for n in range(40_000)])


def structured(dice: random.Random, root: str) -> list[Attack]:
    """Make one of each attack on a document with this root; the numbers in them are drawn."""
    mine, clock = dice.randrange(1000, 2**32 - 3000), dice.randrange(50)
    depth = dice.choice([17, 100, 30_000])
    huge = dice.choice([2**31, 2**40, 2**53 - 1])
    nested = forge.values(b"\x75\x01" * depth + b"\x7e", parent=root)
    proto = forge.values(b"\x76\x01" + forge.string("__proto__") + b"\x7e", parent=root)
    surrogate = forge.item(4, forge.raw_string(b"\xed\xa0\x80"), parent=root)
    subdocument = forge.item(9, forge.string("guid") + b"\x7e", parent=root)
    forged = [forge.text("forged", parent=root)] * 4000
    # However long the victim has written: what lies in that alone says nothing new, and is cut.
    beyond = forge.gone(10_000_000)
    crowd = [(mine + n, 0, [forge.gone(1)]) for n in range(2_000)]
    holes = b"\x00\x01" + forge.number(mine) + _HOLES

    def lone(*structs: bytes) -> bytes:
        return forge.update(mine, 0, *structs)

    return [
        ({"value-depth"}, lone(nested)),
        ({"value-key"}, lone(proto)),
        ({"foreign-client"}, forge.update(VICTIM, 0, beyond)),
        ({"foreign-client"}, forge.update(VICTIM, 0, *forged, beyond)),
        ({"clock"}, lone(forge.gone(huge))),
        ({"clock", *_OUTSIDE}, forge.deletion({VICTIM: [(0, huge)]})),
        (_SCHEMA, lone(forge.text("hidden", parent=f"root{clock}"))),
        (_SCHEMA, lone(forge.element("script", parent=root))),
        (_SCHEMA, lone(forge.mark("evil", "true", parent=root))),
        ({"json", *_SCHEMA}, lone(forge.mark("bold", "NaN", parent=root))),
        ({"json", "content-kind"}, lone(forge.item(5, forge.string("{"), parent=root))),
        ({"utf8"}, lone(surrogate)),
        ({"cycle", "parent-not-type", *_OUTSIDE}, lone(forge.text("x", parent=(mine, 0)))),
        ({"cycle", *_OUTSIDE}, lone(forge.text("x", origin=(mine, 5)))),
        ({"skip", "parent-form"}, lone(b"\x0a\x05")),
        ({"subdocument", "content-kind"}, lone(subdocument)),
        ({"client-twice"}, forge.blocks((mine, 0, [forge.gone(1)]), (mine, 1, [forge.gone(1)]))),
        ({"too-many-clients"}, forge.blocks(*crowd)),
        (_OUTSIDE, holes),
        ({"trailing"}, lone(forge.text("x", parent=root)) + b"\x00"),
        ({"varint"}, b"\x80\x00\x00"),
        ({"too-many-clients", "short", "varint"}, forge.number(huge) + b"\x01\x01"),
    ]


def mutated(dice: random.Random, honest: bytes) -> bytes:
    """Change honest bytes in one to four places."""
    data = bytearray(honest)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(data) + 1)
        match dice.randrange(5):
            case 0:
                data[place : place + 1] = dice.randbytes(1)
            case 1:
                del data[place : place + dice.randint(1, 5)]
            case 2:
                data[place:place] = dice.randbytes(dice.randint(1, 5))
            case 3:
                data[place:place] = b"\xff" * dice.randint(1, 9)
            case 4:
                other = dice.randrange(len(data) + 1)
                data[place:place] = data[other : other + dice.randint(1, 30)]
    return bytes(data)


def updates(dice: random.Random, root: str) -> Iterator[tuple[set[str] | None, bytes]]:
    """Yield hostile updates without end; the structured ones with the codes they must get."""
    pen = Pen(MINE)
    honest = [pen.write("some honest words "), pen.write("more "), pen.lacking(b"\0"), WRITTEN]
    while True:
        yield from structured(dice, root)
        for _ in range(80):
            yield None, mutated(dice, dice.choice(honest))
        yield None, dice.randbytes(dice.randint(0, 200))
