"""What the house sees of a feature, and what a feature's handlers get."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec
from sqlalchemy import Connection as DbConnection

from twinspace_rt.protocol import Command, Push, Signal, WriteCommand
from twinspace_rt.rooms.access import Principal, Rule, recheck
from twinspace_rt.streams.log import Event, Transaction

if TYPE_CHECKING:
    from twinspace_rt.rooms.connection import Connection
    from twinspace_rt.rooms.room import Room

T = TypeVar("T")
Handler = Callable[["Call", Any], Awaitable[Any]]


class Changed(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The reply to a write: the last event it caused, and its result.

    A repeat gets a result only where the action has one that can be told again.
    """

    seq: int
    result: Any = None
    repeated: bool = False


class Act:
    """One action on the room, inside its transaction: who, when, and what it causes."""

    def __init__(self, transaction: Transaction, principal: Principal, nonce: str | None) -> None:
        self.connection = transaction.connection
        self.now = transaction.now
        self.principal = principal
        self.seq = 0
        self._transaction = transaction
        self._nonce = nonce

    def emit(self, push: Push, audience: str = "room") -> int:
        """Append ``push`` to the room's events, for ``audience`` to see; returns its ``seq``."""
        self.seq = self._transaction.emit(
            self.principal.room_id,
            push,
            member_id=self.principal.member_id,
            audience=audience,
            nonce=self._nonce,
        )
        self._nonce = None  # the first event carries it; it is unique in the stream
        return self.seq

    def amend(self, seq: int, change: Callable[[Any], None]) -> None:
        """Change what an earlier event of this room says, for instance to take out a text."""
        self._transaction.amend(self.principal.room_id, seq, change)


@dataclass(frozen=True, slots=True)
class Call:
    """One command on its way: the room, the connection, and the rights it arrived with."""

    room: "Room"
    connection: "Connection"
    principal: Principal

    async def act(
        self,
        command: WriteCommand,
        work: Callable[[Act], Any],
        *,
        again: Callable[[DbConnection, Event], Any] | None = None,
    ) -> Changed:
        """Run an action once, however often ``command`` is sent.

        Its rows and events are stored together. The person's rights and the room's state are
        looked at again inside the transaction: what was revoked or closed meanwhile, here or on
        another node, has no effect. What took effect before stays so.

        Args:
            command: What was sent.
            work: The action.
            again: What to tell a repeat, given the first event of what took effect.

        Returns:
            The reply: the action's last event and what ``work``, or ``again``, returned.
        """

        _, rule = self.room.features.handlers[type(command)]

        def run(transaction: Transaction) -> Changed:
            state = recheck(transaction.connection, self.principal)
            earlier = transaction.repeated(
                self.principal.room_id, self.principal.member_id, command.nonce
            )
            if earlier is not None:
                told = again(transaction.connection, earlier) if again else None
                return Changed(seq=earlier.seq, result=told, repeated=True)
            rule.require(self.principal.role, state)
            act = Act(transaction, self.principal, command.nonce)
            result = work(act)
            return Changed(seq=act.seq, result=result)

        return await self.room.log.act(run, self.principal.room_id)

    def pace(self, what: str, rate: float, burst: float) -> None:
        """Count one ``what`` of this person: ``burst`` at once, ``rate`` a second after that.

        Raises:
            RateLimited: That was too much; nothing was counted.
        """
        self.room.pace(self.principal.member_id, what, rate, burst)

    async def read(self, work: Callable[[DbConnection], T]) -> T:
        """Run ``work`` on one consistent state of the database."""
        return await self.room.log.database.read(work)


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature's whole face to the house.

    Attributes:
        name: The noun of the product, also the first half of its frames' types.
        commands: For each command its handler and its row of the permission table.
        pushes: What it tells clients; the client's types are made from these.
        snapshot: Reads this feature's part of what a joiner receives.
        on_push: Called on every node, in ``seq`` order, after an event of that type was delivered.
        replies: What its commands answer, where that is more than :class:`Changed`.
    """

    name: str
    commands: Mapping[type[Command], tuple[Handler, Rule]]
    pushes: Sequence[type[Push] | type[Signal]] = ()
    snapshot: Callable[[DbConnection, Principal], msgspec.Struct] | None = None
    snapshot_type: type[msgspec.Struct] | None = None
    on_push: Mapping[type[Push], Callable[["Room", Any], None]] = field(default_factory=dict)
    replies: Mapping[type[Command], type] = field(default_factory=dict)


class BinaryChannel(Protocol):
    """The documents' end of one connection: takes its binary frames."""

    def receive(self, frame: bytes) -> None:
        """Take a frame; raises :class:`~twinspace_rt.errors.Disconnect` if it is malformed."""
        ...

    def principal_changed(self, principal: Principal) -> None:
        """Follow a change of role."""
        ...

    def keep_alive(self) -> None:
        """Send what keeps a stock provider from giving up on a quiet socket; each 20 seconds."""
        ...

    def close(self) -> None:
        """Forget the connection; called once, when it is gone."""
        ...
