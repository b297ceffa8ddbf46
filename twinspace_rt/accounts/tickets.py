"""One-time tickets: how a page that cannot send its cookie opens a room's WebSocket.

A ticket travels in the first frame, never in an address, where logs would keep it.
"""

import secrets

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Connection, delete, insert, select

from twinspace_rt.accounts.models import server_secret, spent_ticket
from twinspace_rt.ids import is_id, new_id

TICKET_MAX_AGE_S = 30
SIGNING = "tickets"


def shared_secret(connection: Connection) -> bytes:
    """Read what every node of this database signs tickets with; the first one makes it.

    To be called while nobody else does, as in the transaction that migrates the database.
    """
    made = connection.execute(
        select(server_secret.c.secret).where(server_secret.c.name == SIGNING)
    ).scalar_one_or_none()
    if made is None:
        made = secrets.token_bytes(32)
        connection.execute(insert(server_secret).values(name=SIGNING, secret=made))
    return bytes(made)


class Tickets:
    """Makes and takes tickets, each bound to one session and one room.

    Args:
        secret: The server's key; the same on every node.
    """

    def __init__(self, secret: bytes) -> None:
        self._serializer = URLSafeTimedSerializer(secret, salt="room-ticket")

    def make(self, session_id: str, room_id: str) -> str:
        """Make a ticket that holds for 30 seconds."""
        return self._serializer.dumps([new_id(), session_id, room_id])

    def redeem(self, connection: Connection, ticket: str, room_id: str, now: int) -> str | None:
        """Take a ticket, inside a transaction that writes.

        Returns:
            The id of the session it was made for; none if it is forged, old, for another room,
            or was taken before.
        """
        try:
            ticket_id, session_id, for_room = self._serializer.loads(
                ticket, max_age=TICKET_MAX_AGE_S
            )
        except (BadSignature, ValueError, TypeError):
            return None
        if for_room != room_id or not is_id(ticket_id):
            return None
        connection.execute(
            delete(spent_ticket).where(spent_ticket.c.at < now - 4 * TICKET_MAX_AGE_S * 1000)
        )
        if connection.execute(
            select(spent_ticket.c.id).where(spent_ticket.c.id == ticket_id)
        ).one_or_none():
            return None
        connection.execute(insert(spent_ticket).values(id=ticket_id, at=now))
        return str(session_id)
