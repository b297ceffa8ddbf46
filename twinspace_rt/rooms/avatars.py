"""Drawn avatars: a creature and a tint, one pair for each member of a room."""

import secrets
from collections import Counter

from sqlalchemy import Connection, select

from twinspace_rt.rooms.models import member

CREATURES = (
    "bear",
    "bee",
    "cat",
    "deer",
    "fox",
    "frog",
    "hare",
    "hedgehog",
    "mouse",
    "otter",
    "owl",
    "penguin",
    "seal",
    "snail",
    "turtle",
    "whale",
)
TINTS = 12


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
