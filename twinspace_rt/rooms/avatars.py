"""Drawn avatars: a creature and a tint, one pair for each member of a room."""

import secrets
from collections import Counter

from sqlalchemy import Connection, select

from twinspace_rt.rooms.models import member

# The creature's key, and its name in the languages that the product speaks.
NAMES = {
    "bear": {"en": "Bear", "sv": "Björn", "da": "Bjørn"},
    "bee": {"en": "Bee", "sv": "Bi", "da": "Bi"},
    "cat": {"en": "Cat", "sv": "Katt", "da": "Kat"},
    "fox": {"en": "Fox", "sv": "Räv", "da": "Ræv"},
    "frog": {"en": "Frog", "sv": "Groda", "da": "Frø"},
    "hedgehog": {"en": "Hedgehog", "sv": "Igelkott", "da": "Pindsvin"},
    "octopus": {"en": "Octopus", "sv": "Bläckfisk", "da": "Blæksprutte"},
    "owl": {"en": "Owl", "sv": "Uggla", "da": "Ugle"},
    "penguin": {"en": "Penguin", "sv": "Pingvin", "da": "Pingvin"},
    "rabbit": {"en": "Rabbit", "sv": "Kanin", "da": "Kanin"},
    "turtle": {"en": "Turtle", "sv": "Sköldpadda", "da": "Skildpadde"},
    "whale": {"en": "Whale", "sv": "Val", "da": "Hval"},
}
CREATURES = tuple(NAMES)
TINTS = 24


def free_avatar(connection: Connection, room_id: str) -> tuple[str, int]:
    """Pick an avatar that nobody in the room has; in a very large room, one that few have."""
    taken = Counter(
        (row.creature, row.tint)
        for row in connection.execute(
            select(member.c.creature, member.c.tint).where(member.c.room_id == room_id)
        )
    )
    pairs = [(creature, tint) for creature in CREATURES for tint in range(TINTS)]
    fewest = min(taken[pair] for pair in pairs)
    return secrets.choice([pair for pair in pairs if taken[pair] == fewest])
